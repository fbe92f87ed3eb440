"""What a valid code may have been before it was garbled."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.gs1 import scanned
from traceability.gs1.element_strings import GS, parse
from traceability.gs1.rivals import is_slip, keyboard_rivals, rivals, slips

TODAY = date(2026, 11, 23)
PLAIN = "0109521321000018" + "21AYB77" + GS + "17270430" + "10LOT7"


def test_a_right_mark_clears_the_keyboard() -> None:
    assert [one.cause for one in rivals("]d2" + PLAIN, TODAY) if one.cause.startswith(("caps", "key"))] == []
    found = {(one.cause, one.candidates[0].serial) for one in keyboard_rivals(PLAIN, TODAY)}
    assert found >= {("caps_lock", "ayb77"), ("keyboard_qwertz", "AZB77"), ("keyboard_azerty", "QYB77")}


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("0109521321000018" + "21AYB7717270430" + "10LOT7", "lost_separator"),
        ("0109521321000018" + "21AYB77" + GS + "10LOT717270430", "lost_separator"),
        (PLAIN.replace("AY", "AAY"), "slip"),
        # Cut inside the expiry and repeated: a valid date, and the rest of it a value of AI 95.
        (
            "0109521321000018" + "17271" + "0109521321000018" + "17270430" + "10LOT7" + GS + "21AYB77",
            "double_scan",
        ),
        (PLAIN.replace("27043010LOT7", "270409") + GS + "10LOT7", ""),
    ],
)
def test_what_was_sent_is_among_them(text: str, cause: str) -> None:
    meant = set(parse(PLAIN, TODAY).pairs)
    found = [
        one.cause for one in rivals(text, TODAY) for guess in one.candidates if set(guess.pairs) == meant
    ]
    assert (cause in found) if cause else not found


def test_a_digit_lost_from_the_expiry_is_put_back() -> None:
    """What follows moves up into the date, which may be a valid one all the same."""
    head = "0109521321000018" + "21S" + GS + "10L" + GS
    sent, arrived = parse(head + "17271011" + "10L", TODAY), head + "1727101" + "10L"
    found = [guess for one in rivals(arrived, TODAY) for guess in one.candidates]
    assert sent in found


@given(st.text("ABC123", min_size=2, max_size=12), st.data())
def test_slips_undo_what_a_hasty_scanner_did(sent: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(sent) - 1))
    lost, twice = sent[:place] + sent[place + 1 :], sent[: place + 1] + sent[place:]
    for arrived in (lost, twice):
        assert is_slip(sent, arrived, "21")
        assert sent in slips(arrived, "21")
    assert is_slip(sent, "1" + sent, "21")
    assert not is_slip(sent, sent, "21")
    assert not is_slip(sent, sent + "ZZ", "21")


def test_items_that_codes_name() -> None:
    assert scanned.item_uri(scanned.read(" (01) 09521321000018 (21) AYB77 ", TODAY)) == (
        "https://id.gs1.org/01/09521321000018/21/AYB77"
    )
    assert scanned.item_uri(scanned.read("0109521321000018", TODAY)) is None
