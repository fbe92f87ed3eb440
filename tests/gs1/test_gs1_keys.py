import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.gs1 import Gs1Error
from traceability.gs1.application_identifiers import CSET82, DIGITS
from traceability.gs1.keys import (
    Giai,
    Gln,
    Grai,
    Gtin,
    Lgtin,
    Sgln,
    Sgtin,
    Sscc,
    check_digit,
    join_epc_uri,
    parse_epc_uri,
    parse_urn,
    split_epc_uri,
    verify_epc_uri,
)

GTIN = Gtin("09521321000018")


def numbers(size):
    return st.text(DIGITS, min_size=size - 1, max_size=size - 1).map(lambda text: text + check_digit(text))


def texts(low, high):
    return st.text(CSET82, min_size=low, max_size=high)


gtins = st.builds(Gtin, numbers(14))
glns = st.builds(Gln, numbers(13))
items = st.one_of(
    st.builds(Sgtin, gtins, texts(1, 20)),
    st.builds(Sscc, numbers(18)),
    st.builds(Grai, numbers(13), texts(1, 16)),
    st.builds(lambda head, tail: Giai(head + tail), st.text(DIGITS, min_size=4, max_size=4), texts(1, 26)),
)
keys = st.one_of(
    items,
    gtins,
    glns,
    st.builds(Lgtin, gtins, texts(1, 20)),
    st.builds(Sgln, glns, texts(1, 20).filter(lambda text: text != "0")),
    st.builds(Grai, numbers(13)),
)


@given(keys)
def test_parse_and_str_are_inverses(key):
    assert type(key).parse(str(key)) == key
    assert parse_epc_uri(key.uri) == key


@given(keys, st.integers(6, 12))
def test_urns_both_ways(key, length):
    if isinstance(key, Giai) and (len(key.value) <= length or key.value[:length].strip(DIGITS)):
        with pytest.raises(Gs1Error):
            key.urn(length)
        return
    urn = key.urn(length)
    assert parse_urn(urn) == key
    assert urn.split(":")[4].split(".")[0].isdigit()


@given(items)
def test_item_uris_split_and_join(item):
    verify_epc_uri(item.uri)
    prefix, own = split_epc_uri(item.uri)
    assert join_epc_uri(prefix, own) == item.uri


@given(items, st.data())
def test_one_changed_character_is_refused_or_another_item(item, data):
    uri = item.uri
    place = data.draw(st.integers(0, len(uri) - 1))
    changed = uri[:place] + data.draw(st.characters(codec="utf-8")) + uri[place + 1 :]
    try:
        verify_epc_uri(changed)
    except Gs1Error:
        return
    assert parse_epc_uri(changed).uri == changed


@given(st.text(max_size=60))
def test_verify_agrees_with_parse(text):
    uri = "https://id.gs1.org/" + text
    with pytest.raises(Gs1Error):
        verify_epc_uri(uri)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("96385074", "00000096385074"),
        ("614141123452", "00614141123452"),
        ("9521321000018", "09521321000018"),
        ("09521321000018", "09521321000018"),
    ],
)
def test_gtins_of_all_lengths(text, digits):
    assert str(Gtin.parse(text)) == digits


@pytest.mark.parametrize(
    ("kind", "text", "sentence", "position"),
    [
        (Gtin, "952132100001", "expected check digit", 11),
        (Gtin, "12345", "expected 8, 12, 13 or 14 digits, got 5", None),
        (Gtin, "0952132100001A", "expected only digits, got 'A' at character 14", 13),
        (Gtin, "09521321000012", "expected check digit 8 at character 14, got 2", 13),
        (Gtin, "٠٩٥٢١٣٢١٠٠٠٠١٨", "expected only digits", 0),
        (Sscc, "39521321000000001", "expected 18 digits, got 17", None),
        (Gln, "9521321000019", "expected check digit 8", 12),
        (Grai, "19521321000018", "expected 0 before the 13 digits, got '1'", 0),
        (Grai, "09521321000018" + "A" * 17, "expected 0 to 16 characters, got 17", None),
        (Giai, "952A1", "so a digit at character 4, got 'A'", 3),
        (Giai, "9521", "expected 5 to 30 characters, got 4", None),
        (Sgtin, "(01)09521321000018(21)", "expected 1 to 20 characters, got 0", None),
        (Sgtin, "(01)09521321000018(21)A B", "got ' '", 1),
        (Sgtin, "(01)09521321000018(21)A(10)B", r"is written \(", None),
        (Sgtin, "09521321000018", "Expected (01), 14 digits and (21)", None),
        (Lgtin, "(01)09521321000018(21)A", "Expected (01), 14 digits and (10)", None),
        (Sgln, "(414)9521321000018(254)0", "expected something else than 0", None),
    ],
)
def test_refused_keys(kind, text, sentence, position):
    with pytest.raises(Gs1Error) as caught:
        kind.parse(text)
    assert sentence in str(caught.value)
    assert caught.value.position == position


def test_keys_are_values():
    assert Gtin.parse("9521321000018") == GTIN
    assert hash(Sgtin(GTIN, "A")) == hash(Sgtin(GTIN, "A"))
    assert sorted([Sgtin(GTIN, "B"), Sgtin(GTIN, "A")])[0].serial == "A"
    with pytest.raises(AttributeError):
        GTIN.digits = "x"


def test_uris_escape_all_but_unreserved_characters():
    serial = "aZ09-._!\"%&'()"
    assert Sgtin(GTIN, serial).uri == "https://id.gs1.org/01/09521321000018/21/aZ09-._%21%22%25%26%27%28%29"
    assert Sgtin(GTIN, "*+,/:;<=>?").uri.endswith("/21/%2A%2B%2C%2F%3A%3B%3C%3D%3E%3F")


def test_parties_and_places():
    gln = Gln("9521321000018")
    assert gln.uri == "https://id.gs1.org/414/9521321000018"
    assert gln.party_uri == "https://id.gs1.org/417/9521321000018"
    assert gln.urn(7) == "urn:epc:id:sgln:9521321.00001.0"
    assert gln.party_urn(7) == "urn:epc:id:pgln:9521321.00001"
    assert parse_urn(gln.party_urn(7)) == gln


def test_the_prefix_length_comes_from_the_table():
    assert Sgtin(GTIN, "A").urn() == "urn:epc:id:sgtin:9521321.000001.A"
    assert Sscc("395213210000000019").urn() == "urn:epc:id:sscc:9521321.3000000001"
    # A GTIN-8 (TDS 7.3.2).
    assert Gtin.parse("96385074").urn() == "urn:epc:idpat:sgtin:00000963.08507.*"
    with pytest.raises(Gs1Error, match="expected its length"):
        Gtin.parse("07612345678900").urn()
    with pytest.raises(Gs1Error, match="6 to 12 digits, got 5"):
        GTIN.urn(5)


@pytest.mark.parametrize(
    "urn",
    [
        "",
        "urn:epc:id:sgtin:9521321.000001",
        "urn:epc:id:sgtin:9521321.00001.A",
        "urn:epc:id:sgtin:9521321.000001.",
        "urn:epc:id:sgtin:9521321.000001.A/B",
        "urn:epc:id:sgtin:9521321.000001.A%2fB",
        "urn:epc:id:sgtin:9521321.000001.%41",
        "urn:epc:id:sgtin:9521321.00000A.A",
        "urn:epc:id:sgtin:95213.00000001.A",
        "urn:epc:id:sscc:9521321.3000000001.1",
        "urn:epc:id:grai:9521321.00001.",
        "urn:epc:id:gid:1.2.3",
        "urn:epc:idpat:sgtin:9521321.000001.A",
        "urn:epc:id:giai:9521321.",
        "URN:EPC:id:giai:9521321.1",
        "urn:epc:id:sgtin:9521321..A",
    ],
)
def test_refused_urns(urn):
    with pytest.raises(Gs1Error):
        parse_urn(urn)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://id.gs1.org/",
        "http://id.gs1.org/01/09521321000018/21/A",
        "https://ID.gs1.org/01/09521321000018/21/A",
        "https://id.gs1.org/01/9521321000018/21/A",
        "https://id.gs1.org/01/09521321000012/21/A",
        "https://id.gs1.org/01/09521321000018/21/",
        "https://id.gs1.org/01/09521321000018/21/A/",
        "https://id.gs1.org/01/09521321000018/21/" + "A" * 21,
        "https://id.gs1.org/01/09521321000018/21/%41",
        "https://id.gs1.org/01/09521321000018/21/%2f",
        "https://id.gs1.org/01/09521321000018/21/A+B",
        "https://id.gs1.org/01/09521321000018/21/A%20B",
        "https://id.gs1.org/01/09521321000018/21/A\n",
        "https://id.gs1.org/01/09521321000018/10/A",
        "https://id.gs1.org/01/09521321000018",
        "https://id.gs1.org/00/395213210000000018",
        "https://id.gs1.org/00/395213210000000019?x",
        "https://id.gs1.org/00/39521321000000001٩",
        "https://id.gs1.org/414/9521321000018",
        "https://id.gs1.org/8003/09521321000018",
        "https://id.gs1.org/8003/19521321000018A",
        "https://id.gs1.org/8003/09521321000019A",
        "https://id.gs1.org/8004/952A123",
        "https://id.gs1.org/8004/9521",
        "https://id.gs1.org/8005/123456",
    ],
)
def test_what_is_no_canonical_item_uri_is_refused(uri):
    with pytest.raises(Gs1Error) as caught:
        verify_epc_uri(uri)
    assert "xpected" in str(caught.value)


def test_split_item_uris():
    assert split_epc_uri("https://id.gs1.org/01/09521321000018/21/A%2FB") == ("01/09521321000018", "A/B")
    assert split_epc_uri("https://id.gs1.org/00/395213210000000019") == ("00", "395213210000000019")
    assert split_epc_uri("https://id.gs1.org/8003/09521321000018A1") == ("8003/09521321000018", "A1")
    assert split_epc_uri("https://id.gs1.org/8004/9521321%2F1") == ("8004", "9521321/1")
    for call in (
        lambda: split_epc_uri("https://id.gs1.org/414/9521321000018"),
        lambda: join_epc_uri("414", "1"),
    ):
        with pytest.raises(Gs1Error):
            call()


def test_the_memory_of_products_is_bounded(monkeypatch):
    from traceability.gs1 import keys as module

    monkeypatch.setattr(module, "_KNOWN_AT_MOST", 2)
    module._known.clear()
    for number in range(5):
        digits = f"{number:013}"
        verify_epc_uri(f"https://id.gs1.org/01/{digits}{check_digit(digits)}/21/A")
        assert len(module._known) <= 2
