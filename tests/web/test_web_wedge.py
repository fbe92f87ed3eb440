"""What hand scanners and keyboards do to a code, with real key events: named, to be scanned again, never taken."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from goods import fresh_lot, hand_over, said
from journey import now, scanned, wedge

import app as composition
from traceability.demo import cast
from traceability.gs1.keyboards import _AZERTY, _QWERTZ, _US

pytestmark = pytest.mark.browser

Garble = Callable[[str], str]
GARBLES: dict[str, tuple[Garble, str]] = {
    "azerty": (lambda text: text.translate(str.maketrans(_US, _AZERTY)), "different layouts (AZERTY)"),
    "qwertz": (lambda text: text.translate(str.maketrans(_US, _QWERTZ)), "different layouts (QWERTZ)"),
    "doubled": (lambda text: 2 * text, "read twice in one go"),
    "no separators": (lambda text: text.replace("\x1d", ""), "separator between fields is lost"),
}
"""What becomes of a label's text, and how that is called."""
_numbers = count(1)


def labelled(parts: composition.Parts) -> tuple[str, str]:
    """A pack at the counter whose serial has the keys that layouts disagree on, and its label's text."""
    epc = f"https://id.gs1.org/01/{cast.AMOXICILLIN}/21/MAZY{next(_numbers)}QW"
    said(parts, cast.MAKER, "commissioned", [epc], lot=fresh_lot())
    hand_over(parts, cast.MAKER, cast.BRUNNEN, [epc])
    return epc, scanned(now(parts, epc))


@pytest.mark.parametrize("garble", GARBLES)
def test_a_garbled_code_is_named_and_scanned_again(
    people: Any, parts: composition.Parts, garble: str
) -> None:
    """At the bench nothing is listed, at the counter nothing may be dispensed; the label read well is taken."""
    epc, text = labelled(parts)
    garbled, name = GARBLES[garble][0](text), GARBLES[garble][1]
    page = people(cast.BRUNNEN.login)
    page.goto("/ship")
    page.wait_for_selector("#basket")
    told = wedge(page, garbled, f".scanner-said .note.stop:has-text('{name}')").inner_text()
    assert name in told
    assert "scan" in told
    assert page.query_selector("#basket .item") is None
    assert page.query_selector("dialog[open]") is None  # AZERTY has "?", a key of the page, where M is
    assert wedge(page, text, "#basket .item").get_attribute("data-epc") == epc
    assert page.query_selector(".scanner-said .note") is None

    page.goto("/check")
    wedge(page, garbled, f"#verdict[data-verdict=scanner_fault]:has-text('{name}')")
    assert name in page.inner_text("#verdict")
    assert page.query_selector("#verdict [data-act]") is None
    assert page.is_hidden("#signing")
    assert page.query_selector("dialog[open]") is None
    wedge(page, text, "#verdict[data-verdict=clear]")
    assert page.query_selector("#verdict [data-act=dispensed]")


def test_a_second_scan_of_the_same_pack_is_said_mildly(people: Any, parts: composition.Parts) -> None:
    _, text = labelled(parts)
    page = people(cast.BRUNNEN.login)
    page.goto("/ship")
    wedge(page, text, "#basket .item")
    told = wedge(page, text, ".scanner-said .note.unknown")
    assert told.inner_text() == "Already scanned."
    assert len(page.query_selector_all("#basket .item")) == 1
