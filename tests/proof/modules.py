"""The modules of static/js in a real browser, without a server: each twin is asked in a page of its own."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HOST = "http://localhost"  # a place that a browser trusts: WebCrypto is not elsewhere
CHROMIUM = Path("/usr/bin/chromium")
Run = Callable[[str, Any], Any]


@contextmanager
def in_chromium() -> Iterator[Run]:
    """How to call a JavaScript function with a value of JSON; gives what it makes, out of JSON again."""
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("needs chromium: apt-get install -y chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        page = browser.new_page()
        page.route(f"{HOST}/**", _serve)
        page.goto(f"{HOST}/")

        def run(function: str, value: Any) -> Any:
            made = page.evaluate(
                f"async (given) => JSON.stringify(await ({function})(JSON.parse(given)))", json.dumps(value)
            )
            return json.loads(made)

        yield run
        browser.close()


def _serve(route: Any) -> None:
    path = route.request.url.removeprefix(HOST)
    if path.startswith("/static/js/"):
        route.fulfill(body=(ROOT / path[1:]).read_text("utf-8"), content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")
