from datetime import date

import pytest
from gs1_values import companions, entry, values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from traceability.gs1 import Gs1Error, linters
from traceability.gs1.application_identifiers import AI_LENGTHS, APPLICATION_IDENTIFIERS, CHARACTERS, checker
from traceability.gs1.code_lists import countries, currencies
from traceability.gs1.dates import full_year
from traceability.gs1.element_strings import parse, parse_bracketed
from traceability.gs1.place import Place

TODAY = date(2026, 11, 23)
AIS = sorted(APPLICATION_IDENTIFIERS)
HERE = Place("99", "(99) INTERNAL", 0, 2026)


def test_the_table_is_whole():
    # 224 lines of the dictionary, ranges spelt out.
    assert len(APPLICATION_IDENTIFIERS) == 541
    assert all(len(ai) == AI_LENGTHS[ai[:2]] for ai in AIS)
    predefined = {ai[:2] for ai in AIS if entry(ai).predefined_length}
    # General Specifications, figure 7.8.5-2, without the prefixes that no AI uses.
    twos = (0, 1, 2, 3, 11, 12, 13, 15, 16, 17, 20, 31, 32, 33, 34, 35, 36, 41)
    assert predefined == {f"{two:02}" for two in twos}
    keys = " ".join(ai for ai in AIS if entry(ai).qualifiers is not None)
    assert keys == "00 01 253 255 401 402 414 415 417 8003 8004 8006 8010 8013 8017 8018"


def test_an_entry_reads_as_in_the_dictionary():
    gtin = entry("01")
    assert (gtin.title, gtin.label, gtin.minimum, gtin.maximum) == ("GTIN", "(01) GTIN", 14, 14)
    assert gtin.excludes == ("255", "37")
    assert gtin.qualifiers == (("22", "10", "21"), ("235",))
    assert entry("8008").minimum == 8
    assert entry("8008").maximum == 12
    assert entry("3105").excludes == ("310",)
    assert entry("3923").requires[0][1] == ("01", "31")
    assert not entry("21").data_attribute


@pytest.mark.parametrize("ai", AIS)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(data=st.data())
def test_every_ai_takes_its_values_and_refuses_broken_ones(ai, data):
    pairs = [(each, data.draw(values(each))) for each in companions(ai)]
    pairs = [
        (each, value + "1" if each in ("253", "255", "8003") and ai == "8030" else value)
        for each, value in pairs
    ]
    text = "".join(f"({each})" + value.replace("(", r"\(") for each, value in pairs)
    elements = parse_bracketed(text, TODAY)
    assert list(elements) == pairs
    assert str(elements) == text
    assert parse(elements.raw, TODAY) == elements
    assert parse("]d2" + elements.raw, TODAY) == elements
    value = elements.get(ai)
    check = checker(ai)
    for broken in ("", value + "0" * (entry(ai).maximum - len(value) + 1), value[:-1] + "~", "é" + value[1:]):
        with pytest.raises(Gs1Error) as caught:
            check(broken, 2026)
        assert caught.value.ai == ai
        assert caught.value.position is not None
        assert "expected" in str(caught.value)
        assert f"({ai})" in str(caught.value)


@pytest.mark.parametrize("ai", AIS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_the_fast_check_agrees_with_the_careful_one(ai, data):
    alphabet = sorted(CHARACTERS[entry(ai).components[0].charset])
    value = data.draw(st.one_of(values(ai), st.text(alphabet, max_size=entry(ai).maximum + 1)))

    def refused(check):
        try:
            check(value, 2026)
        except Gs1Error as error:
            return str(error)
        return None

    assert refused(checker(ai)) == refused(entry(ai).verify)


@pytest.mark.parametrize(
    ("lint", "text", "position", "sentence"),
    [
        (linters.csum, "09521321000012", 13, "expected check digit 8 at character 14, got 2"),
        (linters.gcppos2, "09A1", 2, "so a digit at character 3, got 'A'"),
        (linters.pcenc, "ABC%g", 3, "after % at character 4, got 'g'"),
        (linters.pieceoftotal, "0302", 0, "got 03 of 02"),
        (linters.hasnondigit, "1234", 0, "not a digit"),
        (linters.iban, "BE710961234", 2, "check digits of the IBAN"),
        (linters.importeridx, "=", 0, "got '='"),
        (linters.mediatype, "11", 0, "media type"),
        (linters.packagetype, "QQQ", 0, "package type"),
        (linters.latitude, "1800000001", 0, "0000000000 to 1800000000"),
        (linters.cset64, "=23", 0, "got ="),
        (linters.cset64, "12==", 2, "padding"),
        (linters.posinseqslash, "3/2", 0, "such as 1/3"),
    ],
)
def test_refusals_say_what_was_expected_and_where(lint, text, position, sentence):
    with pytest.raises(Gs1Error) as caught:
        lint(text, HERE)
    assert caught.value.position == position
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("(99) INTERNAL: ")


@pytest.mark.parametrize(
    ("two", "year", "full"),
    # General Specifications 7.12.1: 49 years back, 50 ahead.
    [(26, 2026, 2026), (76, 2026, 2076), (77, 2026, 1977), (75, 2026, 2075), (0, 2026, 2000), (49, 2099, 2149), (50, 2099, 2050), (99, 2000, 1999), (50, 2000, 2050), (51, 2000, 1951)],
)  # fmt: skip
def test_centuries_slide(two, year, full):
    assert full_year(two, year) == full


@given(st.integers(0, 99), st.integers(1990, 2200))
def test_every_two_digit_year_is_near(two, year):
    full = full_year(two, year)
    assert full % 100 == two
    assert -49 <= full - year <= 50


def test_code_lists_against_those_of_the_dictionary():
    # GS1's edition still has 975, the Bulgarian lev, withdrawn in 2026 when Bulgaria took the euro.
    assert {"978", "840", "156", "999"} <= currencies()
    assert "000" not in currencies()
    assert len(countries()) == 249
    assert {"276", "840"} <= countries()
    assert "999" not in countries()
