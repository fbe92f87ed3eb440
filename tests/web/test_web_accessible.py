"""Every working screen passes axe-core's rules, in light and dark, and fits a small phone."""

from typing import Any

import pytest
from journey import log_in

pytestmark = pytest.mark.browser

PAGES = [
    ("", ["/", "/login"]),
    ("maker", ["/home", "/commission", "/ship", "/receive", "/pack", "/void", "/refuse", "/recall", "/devices", "/lots"]),
    ("pharmacy", ["/check", "/nothing-here"]),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("login", "paths"), PAGES)
def test_screens_are_accessible(
    browser: Any, address: str, login: str, paths: list[str], scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = browser.new_context(
        base_url=address, bypass_csp=True, color_scheme=scheme, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    if login:
        log_in(page, login)
    for path in paths:
        page.goto(path)
        found = [(v["id"], v["nodes"][0]["html"]) for v in axe.run(page).response["violations"]]
        assert found == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    context.close()
