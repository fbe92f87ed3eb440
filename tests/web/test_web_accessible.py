"""The camera while it runs passes axe-core's rules and fits a small phone; the pages are in test_web_every_page."""

from typing import Any

import pytest
from journey import log_in, scan
from looking import looking, verify

pytestmark = pytest.mark.browser


def test_the_camera_and_its_tools_are_accessible(browser: Any, address: str) -> None:
    """Live, with every tool, while the server is away and a code waits for it."""
    with looking(browser, address, permissions=["camera"]) as page:
        page.add_init_script("MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true })")
        log_in(page, "maker")
        page.goto("/ship")
        page.route("**/scan/**", lambda route: route.abort())
        page.click("[data-start]")
        scan(page, "(01)09521321000018(21)AWAY")
        page.wait_for_selector(".scanner-away:not([hidden])")
        page.click("[data-tool=freeze]")
        page.wait_for_selector(".viewfinder.frozen")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            verify(page, scheme)
        for control in page.query_selector_all(".scanner button:visible, .scanner input[type=range]"):
            box = control.bounding_box()
            assert min(box["width"], box["height"]) >= 48, control.inner_text()
        page.focus("[data-tool=freeze]")
        page.keyboard.press("Enter")
        page.wait_for_selector(".viewfinder:not(.frozen)")
