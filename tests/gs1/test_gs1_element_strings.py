import pickle
from datetime import date

import pytest
from gs1_values import values
from hypothesis import given
from hypothesis import strategies as st

from traceability.gs1 import Gs1Error
from traceability.gs1.application_identifiers import CSET82
from traceability.gs1.element_strings import GS, SYMBOLOGIES, ElementString, parse, parse_bracketed
from traceability.gs1.keys import Gtin, Lgtin, Sgtin, Sscc

TODAY = date(2026, 11, 23)
PACK = "0109521321000018" + "21ABC123" + GS + "17270430" + "10LOT"


def refusal(text: str, call=parse) -> Gs1Error:
    with pytest.raises(Gs1Error) as caught:
        call(text, TODAY)
    return caught.value


def parsed_or_refused(call, text: str) -> ElementString | None:
    refused = None
    try:
        return call(text, TODAY)
    except Gs1Error as error:
        refused = error
    assert 0 <= refused.position <= len(text)
    assert str(refused)
    return None


def test_a_pack():
    pack = parse("]d2" + PACK, TODAY)
    assert list(pack) == [("01", "09521321000018"), ("21", "ABC123"), ("17", "270430"), ("10", "LOT")]
    assert pack.get("21") == pack.serial == "ABC123"
    assert pack.get("11") is None
    assert pack.get("11", "") == ""
    assert "10" in pack
    assert len(pack) == 4
    assert str(pack) == pack.bracketed == "(01)09521321000018(21)ABC123(17)270430(10)LOT"
    assert pack.raw == PACK
    assert pack.gtin == Gtin("09521321000018")
    assert pack.sgtin == Sgtin(Gtin("09521321000018"), "ABC123")
    assert pack.lgtin == Lgtin(Gtin("09521321000018"), "LOT")
    assert pack.lot == "LOT"
    assert pack.sscc is None
    assert pack.expiry == date(2027, 4, 30)


def test_a_logistic_unit():
    unit = parse("]C100395213210000000019", TODAY)
    assert unit.sscc == Sscc("395213210000000019")
    assert unit.sgtin is unit.lgtin is unit.gtin is unit.expiry is None


@pytest.mark.parametrize("head", ["", GS, *SYMBOLOGIES, "]d2" + GS])
def test_heads(head):
    assert parse(head + PACK, today=TODAY) == parse(PACK, TODAY)


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("]E0", "retail barcode"),
        ("]d1", "begins with FNC1"),
        ("]Q1", "begins with FNC1"),
        ("]C0", "begins with FNC1"),
        ("]d8", "begins with FNC1"),
        ("]A0", "no symbol that carries GS1"),
        ("]D2", "no symbol that carries GS1"),
    ],
)
def test_other_symbologies_are_refused(head, sentence):
    error = refusal(head + PACK)
    assert error.position == 0
    assert sentence in str(error)
    assert "]d2" in str(error)


@pytest.mark.parametrize(
    ("text", "ai", "position", "sentence"),
    [
        ("", None, 0, "empty code"),
        ("]d2", None, 3, "empty code"),
        (GS, None, 1, "empty code"),
        ("0109521321000012", "01", 15, "check digit 8 at character 16, got 2"),
        ("010952132100001", "01", 15, "expected 14 characters, got 13"),
        ("0109521321\x1d00018", "01", 10, "expected 14 characters, got 8"),
        ("01095213210000A8", "01", 14, "expected a digit at character 15, got 'A'"),
        ("0109521321000018" + "10" + "A" * 20 + "17270430", "10", 38, "at most 20 characters"),
        ("0109521321000018" + "10" + "A" * 20 + "21XYZ", "10", 38, "too much from character 39"),
        ("0109521321000018" + "17271301", "17", 20, "month from 01 to 12 at character 21, got 13"),
        ("0109521321000018" + "17270229", "17", 22, "a day from 01 to 28"),
        ("0109521321000018" + "7003270200" + "1200", "7003", 24, "a day from 01 to 28"),
        ("0109521321000018" + "21", "21", 18, "expected a value at character 19, got nothing"),
        ("0109521321000018" + "21" + GS + "10A", "21", 18, "got nothing"),
        ("0109521321000018" + GS + GS + "10A", None, 17, "got an empty element"),
        ("0109521321000018" + "21A B", "21", 19, "got ' '"),
        ("0109521321000018" + "05ABC", None, 16, "got '05AB', with which no AI begins"),
        ("0109521321000018" + "236ABC", None, 16, "'236'"),
        ("(01)09521321000018", None, 0, "got a bracket"),
        ("hello", None, 0, "with which no AI begins"),
        ("21ABC", "21", 0, "expected also (01) / (03) / (8006)"),
        ("0109521321000018" + "0209521321000018" + "371", "01", 0, "may not stand in one code"),
        ("0109521321000018" + "10A" + GS + "10B", "10", 16, "expected the same value A again, got B"),
        ("0109521321000018" + "2502", "250", 16, "(01)+(21) / (03)+(21) / (8006)+(21)"),
        ("0109521321000018" + "39221999", "3922", 16, "(01)+(31nn)"),
    ],
)
def test_refusals_say_what_was_expected_and_where(text, ai, position, sentence):
    error = refusal(text)
    assert (error.ai, error.position) == (ai, position), error
    assert sentence in str(error)
    assert error.pattern % error.values == str(error)


def test_a_lot_of_twenty_is_not_split():
    lot = "ABCDEFGHIJKLMNOPQRST"
    assert parse("0109521321000018" + "10" + lot, TODAY).lot == lot
    assert refusal("0109521321000018" + "10" + lot + "21XYZ").values["got"] == 25


def test_needless_separators_are_tolerated_where_the_standard_says():
    assert parse("0109521321000018" + GS + "17270430" + GS + "10LOT" + GS, TODAY).raw == (
        "0109521321000018" + "17270430" + "10LOT"
    )


def test_an_ai_may_repeat_with_the_same_value():
    twice = parse("0109521321000018" + "10A" + GS + "0109521321000018", TODAY)
    assert [ai for ai, _ in twice] == ["01", "10", "01"]
    assert parse(twice.raw, TODAY) == twice


def test_three_companions_at_once():
    # The engine's own loop looks at the first two of a group only; the dictionary asks for all.
    assert "(8040)" in str(refusal("0109521321000018" + "21A" + GS + "8041123456789012345"))


@pytest.mark.parametrize(
    ("value", "today", "expiry"),
    [
        ("270400", date(2026, 1, 1), date(2027, 4, 30)),
        ("240200", date(2026, 1, 1), date(2024, 2, 29)),
        ("760101", date(2026, 1, 1), date(2076, 1, 1)),
        ("770101", date(2026, 1, 1), date(1977, 1, 1)),
        ("000229", date(2026, 1, 1), date(2000, 2, 29)),
    ],
)
def test_expiry(value, today, expiry):
    assert parse("0109521321000018" + "17" + value, today).expiry == expiry


def test_the_century_decides_whether_a_leap_day_exists():
    with pytest.raises(Gs1Error, match="from 01 to 28"):
        parse("0109521321000018" + "17000229", date(2080, 1, 1))


def test_other_dates():
    elements = parse("0109521321000018" + "11260101" + "15260630" + "70032707011200", TODAY)
    assert elements.production == date(2026, 1, 1)
    assert elements.best_before == date(2026, 6, 30)
    assert elements.expiry == date(2027, 7, 1)
    with pytest.raises(Gs1Error, match="is no date"):
        elements.date_of("01")


def test_brackets_in_values():
    text = r"(01)09521321000018(21)A\(10)B"
    elements = parse_bracketed(text, TODAY)
    assert elements.serial == "A(10)B"
    assert str(elements) == text
    error = refusal(r"(01)09521321000018(21)A\(\( B", parse_bracketed)
    assert error.position == text.index("A") + 5
    assert refusal(r"(01)09521321000018(21)A(10)B C", parse_bracketed).position == 28


@pytest.mark.parametrize(
    "text",
    ["", " (01)09521321000018", "(01)09521321000018 (21)A", "(01)09521321000018)", "[01]09521321000018"],
)
def test_bracketed_text_has_one_spelling(text):
    refusal(text, parse_bracketed)


def test_errors_survive_pickling():
    error = refusal("0109521321000012")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is Gs1Error
    assert (str(again), again.pattern, again.values) == (str(error), error.pattern, error.values)
    assert (again.ai, again.position) == ("01", 15)


def test_an_element_string_is_a_value():
    pack = parse(PACK, TODAY)
    assert hash(pack) == hash(parse("]d2" + PACK, TODAY))
    with pytest.raises(AttributeError):
        pack.pairs = ()


SERIALS = st.text(CSET82, min_size=1, max_size=20)


@given(
    values("01"), SERIALS, SERIALS, st.dates(date(1980, 1, 1), date(2070, 12, 31)), st.permutations(range(4))
)
def test_parse_and_str_are_inverses(gtin, serial, lot, expiry, order):
    pairs = [("01", gtin), ("21", serial), ("10", lot), ("17", f"{expiry:%y%m%d}")]
    elements = ElementString(tuple(pairs[i] for i in order), TODAY)
    assert parse(elements.raw, TODAY) == elements
    assert parse_bracketed(str(elements), TODAY) == elements
    assert elements.expiry == expiry


@given(st.text(st.sampled_from("0123456789ABab()]dC1\x1d\\ %"), max_size=60))
def test_any_text_is_parsed_back_or_refused(text):
    for call in (parse, parse_bracketed):
        elements = parsed_or_refused(call, text)
        if elements is None:
            continue
        assert parse(elements.raw, TODAY) == elements
        assert parse_bracketed(str(elements), TODAY) == elements


@given(st.integers(0, len(PACK) - 1), st.characters(codec="utf-8"))
def test_a_changed_character_never_raises_anything_else(place, character):
    parsed_or_refused(parse, PACK[:place] + character + PACK[place + 1 :])
