"""How tests look at a page: the rules of axe-core, what is too wide, and what a keyboard cannot reach or see."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1920, "height": 1080}

RUN = """axe.run({ resultTypes: ["violations"] })
  .then((found) => found.violations.map((one) => [one.id, one.nodes[0].html]))"""
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > room + 1);
  return wide.slice(-3).map((one) => one.outerHTML.slice(0, 200)).concat("wider than the window");
}"""
SMALL = """() => [...document.querySelectorAll("main button, main select, main textarea, main input:not([type=hidden])")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((one) => !["radio", "checkbox", "file", "range"].includes(one.type))
  .filter((one) => one.getBoundingClientRect().height < 47.5)
  .map((one) => "too small for a thumb: " + one.outerHTML.slice(0, 200))"""
UNREACHED = """() => {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  const shown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const marked = (one) => {
    const style = getComputedStyle(one);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  };
  const wrong = [];
  const say = (what, one) => wrong.push(what + ": " + one.outerHTML.slice(0, 200));
  const before = document.activeElement;
  const room = document.querySelector("dialog:modal") ?? document.body;
  for (const one of room.querySelectorAll("*")) {
    if (getComputedStyle(one).cursor !== "pointer" || !shown(one)) continue;
    if (!one.closest(CONTROLS + ", label")) say("a hand reaches it, a key does not", one);
  }
  for (const one of room.querySelectorAll(CONTROLS)) {
    if (!shown(one) || one.disabled || one.closest("[inert]")) continue;
    if (one.tabIndex > 0) say("out of its turn", one);
    if (one.tabIndex < 0) continue;
    one.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement !== one) say("takes no focus", one);
    else if (!marked(one) && !(one.parentElement && marked(one.parentElement)) && !marked(one.closest("label") ?? one)) {
      say("focus is not seen", one);
    }
  }
  before?.focus?.({ preventScroll: true });
  return wrong;
}"""


def axe_script() -> str:
    """The source of axe-core, which the tests' own package carries. Skips where it is missing."""
    script: str = pytest.importorskip("axe_playwright_python.sync_playwright").Axe().axe_script
    return script


def broken(page: Any) -> list[Any]:
    """What breaks a rule of axe-core on a page as it stands. Its context bypasses the content security policy."""
    page.evaluate(axe_script())
    found: list[Any] = page.evaluate(RUN)
    return found


def verify(page: Any, what: str) -> None:
    """No rule of axe-core is broken, and nothing wants to be scrolled sideways."""
    found = [*broken(page), *page.evaluate(TOO_WIDE)]
    assert not found, f"{what}: {found}"


def verify_keys(page: Any, what: str) -> None:
    """Whatever a hand may press, a keyboard reaches in its turn, and it is seen where the focus is."""
    found = page.evaluate(UNREACHED)
    assert not found, f"{what}: {found}"


def verify_targets(page: Any, what: str) -> None:
    """Whatever a thumb presses is 48 px high."""
    found = page.evaluate(SMALL)
    assert not found, f"{what}: {found}"


@contextmanager
def looking(browser: Any, address: str, **more: Any) -> Iterator[Any]:
    """A page for `verify`, on a small phone unless `viewport` says otherwise."""
    options = {"viewport": PHONE, "service_workers": "block", "locale": "en-GB", **more}
    context = browser.new_context(base_url=address, bypass_csp=True, **options)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()
