from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.gs1 import Gs1Error, payloads
from traceability.gs1.element_strings import GS, parse
from traceability.gs1.garble import REASONS, diagnose
from traceability.gs1.keyboards import _AZERTY, _QWERTZ, _US, _capital, _shifted

TODAY = date(2026, 11, 23)
PLAIN = "0109521321000018" + "21ABCyz-12" + GS + "17270430" + "10LOT7"
GOOD = "]d2" + PLAIN
MEANT = parse(GOOD, TODAY)
RUSSIAN = f'010460742867182721000054C>qMg"%{GS}91EE07{GS}92' + "g" * 43 + "="
PPN = "[)>\x1e06\x1d9N110375286414\x1d1TLOT7\x1dD270430\x1dSABC12\x1e\x04"


def typed(text: str, scanner: str, computer: str) -> str:
    """What arrives when the scanner presses keys for one layout and the computer has the other."""
    keys: dict[str, str] = {}
    for meant, arrives in zip(scanner, computer, strict=True):
        keys.setdefault(meant, arrives)
    return "".join(keys.get(character, character) for character in text)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        ("caps_lock", GOOD.swapcase()),
        ("caps_lock", GOOD.swapcase().replace(GS, "")),
        ("caps_lock", typed(PLAIN, _QWERTZ, _shifted(_QWERTZ))),
        ("caps_lock", typed(PLAIN.replace(GS, ""), _AZERTY, _shifted(_AZERTY))),
        ("keyboard_qwertz", typed(PLAIN, _US, _shifted(_QWERTZ))),
        ("keyboard_azerty", typed(GOOD, _US, _capital(_AZERTY))),
        ("keyboard_azerty", typed(PLAIN, _QWERTZ, _AZERTY)),
        ("keyboard_qwertz", typed(GOOD, _AZERTY, _QWERTZ)),
        ("keyboard_qwertz", typed(GOOD, _US, _QWERTZ)),
        ("keyboard_qwertz", typed(GOOD.replace(GS, ""), _US, _QWERTZ)),
        ("keyboard_qwertz", typed(GOOD.replace(GS, "^]"), _US, _QWERTZ)),
        ("keyboard_azerty", typed(GOOD, _US, _AZERTY)),
        ("keyboard_azerty", typed(PLAIN, _US, _AZERTY)),
        ("keyboard_azerty", typed(PLAIN.replace(GS, ""), _US, _AZERTY)),
        ("keyboard_azerty", typed(PLAIN, _AZERTY, _US)),
        *(("written_separator", GOOD.replace(GS, mark)) for mark in ("<GS>", "<FNC1>", "{GS}", "^]", "\\x1d", "␝", "[GS]", "<gs>", "\x1e")),
        *(("other_separator", GOOD.replace(GS, mark)) for mark in "^#@$~|"),
        ("lost_separator", GOOD.replace(GS, "")),
        ("lost_separator", PLAIN.replace(GS, "")),
        ("double_scan", GOOD * 2),
        ("double_scan", GOOD * 3),
        ("double_scan", GOOD + "\r\n" + GOOD),
        ("several_codes", GOOD + GOOD.replace("ABC", "XYZ")),
        ("envelope", "[)><RS>05<GS>" + PLAIN + "<RS><EOT>"),
        ("envelope", "[)>05" + PLAIN),
        ("envelope", "[)>\x1e06\x1d" + PLAIN + "\x1e\x04"),
        ("brackets", str(MEANT)),
        ("brackets", "]d2" + str(MEANT)),
        ("brackets", str(MEANT).replace("(", " (").replace(")", ") ")),
        ("symbology", GOOD[1:]),
        ("symbology", "]D2" + PLAIN),
        ("stray", GOOD + "\r\n"),
        ("stray", "  " + GOOD),
    ],
)  # fmt: skip
def test_causes_are_recognised(cause, text):
    [garble] = diagnose(text, TODAY) or [None]
    assert garble is not None
    if text.startswith("]D2"):
        assert garble.cause in ("caps_lock", "symbology")
        return
    assert garble.cause == cause
    assert garble.certain
    assert MEANT in garble.candidates
    assert garble.reason.pattern % garble.reason.values == str(garble.reason)
    assert "can" in str(garble.reason) or "clear" in str(garble.reason)


@pytest.mark.parametrize("serial", ["ABMQ12", "493817"])
def test_a_label_in_capitals_or_digits_is_not_taken_for_caps_lock(serial):
    """On AZERTY the digits look alike with a lock, and capitals would have become small ones."""
    label = "0109521321000018" + "21" + serial + GS + "17270430" + "10LOT7"
    assert diagnose(typed(label, _US, _AZERTY), TODAY)[0].cause == "keyboard_azerty"
    assert diagnose(typed(label, _AZERTY, _shifted(_AZERTY)), TODAY)[0].cause == "caps_lock"


@pytest.mark.parametrize(
    "text",
    [GOOD, PLAIN, "]C100395213210000000019", "hello world", "4006381333931", "", "]d1" + PLAIN, "9" * 600],
)
def test_what_is_right_or_quite_different_is_left_alone(text):
    assert diagnose(text, TODAY) == []


@pytest.mark.parametrize("cut", [9, 17, 28, 29, 31, 33])
def test_the_beginning_of_a_code_is_partial(cut):
    text = "]d2" + PLAIN[:cut]
    [garble] = diagnose(text, TODAY)
    assert (garble.cause, garble.certain, garble.candidates) == ("partial", True, ())


def test_a_swallowed_serial_is_a_doubt():
    text = "0109521321000018" + "17270430" + "10LOT21ABC123"
    assert parse(text, TODAY).lot == "LOT21ABC123"
    [garble] = diagnose(text, TODAY)
    assert (garble.cause, garble.certain) == ("lost_separator", False)
    assert [guess.serial for guess in garble.candidates] == ["ABC123"]


def test_small_letters_are_a_doubt():
    [garble] = diagnose("0109521321000018" + "21abc12", TODAY)
    assert (garble.cause, garble.certain) == ("caps_lock", False)
    assert garble.candidates[0].serial == "ABC12"


def test_a_full_lot_that_runs_on():
    text = "0109521321000018" + "17270430" + "10ABCDEFGHIJKLMNOPQRST" + "21XYZ"
    with pytest.raises(Gs1Error):
        parse(text, TODAY)
    [garble] = diagnose(text, TODAY)
    assert str(garble.candidates[0]).endswith("(10)ABCDEFGHIJKLMNOPQRST(21)XYZ")


def test_codes_of_another_format_are_named():
    [garble] = diagnose("[)>069N110375286414D270430SABC12", TODAY)
    assert (garble.cause, garble.candidates) == ("data_identifiers", ())


def test_a_pharmacy_product_number_as_printed_is_not_garbled():
    assert diagnose(PPN, TODAY) == []
    [garble] = diagnose(PPN * 2, TODAY)
    assert (garble.cause, garble.candidates) == ("double_scan", (payloads.parse(PPN, TODAY),))


def test_format_05_as_printed_is_not_garbled():
    assert diagnose("[)>\x1e05\x1d" + PLAIN + "\x1e\x04", TODAY) == []


def test_a_russian_code_without_separators_is_told_apart_by_its_lengths():
    [garble] = diagnose(RUSSIAN.replace(GS, ""), TODAY)
    assert (garble.cause, garble.certain) == ("lost_separator", True)
    assert garble.candidates == (parse(RUSSIAN, TODAY),)


def test_a_short_russian_code_without_separators_is_a_doubt():
    text = "0104607428671827" + '21000054C>qMg"%' + "93dGVz"
    assert parse(text, TODAY).serial == '000054C>qMg"%93dGVz'
    [garble] = diagnose(text, TODAY)
    assert (garble.cause, garble.certain) == ("lost_separator", False)
    assert [guess.serial for guess in garble.candidates] == ['000054C>qMg"%']


def test_lot_and_expiry_at_the_end_of_a_serial_are_a_doubt():
    text = "0109521321000018" + "21ABC12" + "17270430" + "10LOT7"
    assert parse(text, TODAY).serial == "ABC121727043010LOT7"
    [garble] = diagnose(text, TODAY)
    assert (garble.cause, garble.certain) == ("lost_separator", False)
    assert parse("0109521321000018" + "21ABC12" + GS + "17270430" + "10LOT7", TODAY) in garble.candidates


def test_all_causes_are_tested():
    tested = {
        mark.args[1][i][0] for mark in test_causes_are_recognised.pytestmark for i in range(len(mark.args[1]))
    }
    assert tested | {"data_identifiers", "partial", "slip"} == set(REASONS)


@given(st.text(max_size=120))
def test_any_text_is_diagnosed_quickly_and_without_surprise(text):
    for garble in diagnose(text, TODAY):
        assert all(parse(guess.raw, TODAY) == guess for guess in garble.candidates)


@given(st.text(st.sampled_from("0121173010ABC\x1d"), max_size=80))
def test_guesses_are_few(text):
    for garble in diagnose("0109521321000018" + text, TODAY):
        assert len(garble.candidates) <= 8
