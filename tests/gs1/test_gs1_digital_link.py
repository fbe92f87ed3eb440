from datetime import date

import pytest
from gs1_values import companions, values
from hypothesis import given, settings
from hypothesis import strategies as st

from traceability.gs1 import Gs1Error
from traceability.gs1.application_identifiers import APPLICATION_IDENTIFIERS, CSET82
from traceability.gs1.digital_link import build, parse
from traceability.gs1.element_strings import ElementString, parse_bracketed

TODAY = date(2026, 11, 23)
GTIN = "https://example.com/shop/01/09521321000018"
KEYS = sorted(ai for ai, entry in APPLICATION_IDENTIFIERS.items() if entry.qualifiers is not None)


def test_the_parts_of_a_link():
    link = parse(GTIN + "/10/A%2FB/21/1?17=270430&linkType=gs1:pip&x#top", TODAY)
    assert link.stem == "https://example.com/shop"
    assert link.path == (("01", "09521321000018"), ("10", "A/B"), ("21", "1"))
    assert link.attributes == (("17", "270430"),)
    assert link.others == ("linkType=gs1:pip", "x")
    assert link.fragment == "top"
    assert link.get("21") == "1"
    assert link.get("22") is None
    assert str(link) == GTIN + "/10/A%2FB/21/1?17=270430&linkType=gs1:pip&x#top"
    assert link.canonical == "https://id.gs1.org/01/09521321000018/10/A%2FB/21/1?17=270430"
    assert link.element_string(TODAY).expiry == date(2027, 4, 30)


@pytest.mark.parametrize(
    ("uri", "ai", "sentence"),
    [
        (GTIN[:-1] + "2", "01", "expected check digit 8"),
        (GTIN + "/21/A/10/B", "01", "22,10,21 / 235 in this order, got 21,10"),
        (GTIN + "/21/A/21/B", "01", "in this order"),
        (GTIN + "/235/A/10/B", "01", "in this order"),
        (GTIN + "?21=A", "21", "may not stand in the query"),
        (GTIN + "?10=A", "10", "expected it in the path after (01)"),
        (GTIN + "?8200=A", "8200", "may not stand in the query"),
        (GTIN + "?17=270430&17=270430", "17", "stands twice"),
        (GTIN + "?05=1", "05", "Expected a known AI"),
        (GTIN + "?17=271330", "17", "month"),
        (GTIN + "/10/A%2", "10", "two hexadecimal digits"),
        (GTIN + "/10/%00", "10", "got '\\x00'"),
        (GTIN + "/10/%C3%A9", "10", "got 'Ã'"),
        ("https://id.gs1.org/415/9521321000018", "415", "expected also (8020)"),
        ("https://id.gs1.org/gtin/09521321000018", "01", "in place of the name 'gtin'"),
        ("https://id.gs1.org/01/09521321000018/ser/A", "21", "in place of the name 'ser'"),
        ("https://id.gs1.org/DBCtr4hzQ_a0Y2Zo", None, "compressed"),
        ("https://example.com/about/us", None, "Expected a GS1 key"),
        ("https://exa mple.com/01/09521321000018", None, "at character 12, got ' '"),
        ("ftp://example.com/01/09521321000018", None, "Expected a link"),
    ],
)
def test_refused_links(uri, ai, sentence):
    with pytest.raises(Gs1Error) as caught:
        parse(uri, TODAY)
    assert caught.value.ai == ai
    assert sentence in str(caught.value)


def test_refusals_point_into_the_link():
    uri = GTIN + "/10/A?99=x&17=271330"
    with pytest.raises(Gs1Error) as caught:
        parse(uri)
    assert caught.value.position == uri.index("271330")


def test_leap_days_without_a_day_to_reckon_from():
    assert parse(GTIN + "?17=000229").get("17") == "000229"
    with pytest.raises(Gs1Error):
        parse(GTIN + "?17=000229", date(2080, 1, 1))


def test_the_number_sign_of_component_keys_is_escaped():
    link = build(parse_bracketed("(8010)9521321#A/B", TODAY))
    assert str(link) == "https://id.gs1.org/8010/9521321%23A%2FB"
    assert parse(str(link)) == link


def test_build_refuses_what_no_link_can_carry():
    with pytest.raises(Gs1Error, match="can lead a link"):
        build(parse_bracketed("(99)ABC", TODAY))
    for stem in (
        "",
        "example.com",
        "https://",
        "https://exa mple.com",
        "https://example.com/a b",
        "https://example.com/?a",
    ):
        with pytest.raises(Gs1Error):
            build(parse_bracketed("(01)09521321000018", TODAY), stem)


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_key_with_every_sequence_of_qualifiers(key, data):
    way = data.draw(st.sampled_from(APPLICATION_IDENTIFIERS[key].qualifiers or ((),)))
    # The dictionary lets (22) follow (8006), yet wants (01) beside (22), which excludes (8006).
    way = tuple(ai for ai in way if (key, ai) != ("8006", "22"))
    chosen = [ai for ai in way if data.draw(st.booleans())] if key != "415" else ["8020"]
    pairs = tuple((ai, data.draw(values(ai))) for ai in (key, *chosen))
    note = data.draw(st.text(CSET82, min_size=1, max_size=90))
    link = build(ElementString((*pairs, ("99", note)), TODAY), "https://example.com/a/b/")
    assert link.path == pairs
    assert parse(str(link)) == link
    assert parse(link.canonical).pairs == link.pairs


ATTRIBUTES = sorted(
    ai for ai, entry in APPLICATION_IDENTIFIERS.items() if entry.data_attribute and entry.qualifiers is None
)


@pytest.mark.parametrize("ai", ATTRIBUTES)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_every_attribute(ai, data):
    pairs = [(each, data.draw(values(each))) for each in companions(ai)]
    elements = ElementString(tuple(pairs), TODAY)
    if all(APPLICATION_IDENTIFIERS[each].qualifiers is None for each, _ in pairs):
        elements = ElementString((("00", "395213210000000019"), *pairs), TODAY)
    lead = next(each for each, _ in elements if APPLICATION_IDENTIFIERS[each].qualifiers is not None)
    ways = APPLICATION_IDENTIFIERS[lead].qualifiers or ((),)
    needed = {each for each, _ in elements if not APPLICATION_IDENTIFIERS[each].data_attribute}
    if not any(needed <= {*way} for way in ways):
        # An AI that this one needs has itself no place in a link.
        with pytest.raises(Gs1Error, match="may not stand in the query"):
            build(elements)
        return
    link = build(elements)
    assert dict(parse(str(link)).pairs) == dict(elements)
