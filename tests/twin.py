"""The modules of static/js in a real browser, without a server: each twin is asked in a page of its own."""

import json
import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
HOST = "http://localhost"  # a place that a browser trusts: WebCrypto is not elsewhere
CHROMIUM = Path("/usr/bin/chromium")
Run = Callable[[str, Any], Any]

# Gives what the browser finds of each [trust.json, evidence in base64]: what is proven, or what is refused.
EVIDENCE = """
async (given) => {
  const { verifyEvidence } = await import("/static/js/evidence.js");
  const found = [];
  for (const [trust, evidence] of given) {
    const bytes = Uint8Array.from(atob(evidence), (letter) => letter.charCodeAt(0));
    try {
      found.push({ proven: await verifyEvidence(bytes, trust) });
    } catch (error) {
      found.push(error.key ? { refused: error.part, key: error.key, why: error.message } : { broken: String(error.stack) });
    }
  }
  return found;
}
"""


@contextmanager
def in_chromium() -> Iterator[Run]:
    """How to call a JavaScript function with a value of JSON; gives what it makes, out of JSON again.

    The browser is driven from a thread of its own: others of the same session may drive theirs.
    """
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        missing = "needs chromium: apt-get install -y chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    opened: list[Any] = []

    def begin() -> None:
        playwright = sync_api.sync_playwright().start()
        opened.append(playwright)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=arguments)
        page = browser.new_page()
        page.route(f"{HOST}/**", _serve)
        page.goto(f"{HOST}/")
        opened.extend((browser, page))

    def call(function: str, value: Any) -> Any:
        script = f"async (given) => JSON.stringify(await ({function})(JSON.parse(given)))"
        return json.loads(opened[2].evaluate(script, json.dumps(value)))

    def end() -> None:
        for one in opened[1:2]:
            one.close()
        for one in opened[:1]:
            one.stop()

    with ThreadPoolExecutor(1) as hand:
        try:
            hand.submit(begin).result()
            yield lambda function, value: hand.submit(call, function, value).result()
        finally:
            hand.submit(end).result()


def evidence(run: Run, given: Iterable[tuple[bytes, bytes]]) -> list[dict[str, Any]]:
    """What the browser finds of each (trust.json, bundle or receipt)."""
    found: list[dict[str, Any]] = run(
        EVIDENCE, [(trust.decode(), b64encode(data).decode()) for trust, data in given]
    )
    return found


def _serve(route: Any) -> None:
    path = route.request.url.removeprefix(HOST)
    if path.startswith("/static/js/"):
        route.fulfill(body=(ROOT / path[1:]).read_text("utf-8"), content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")
