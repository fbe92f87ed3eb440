"""Known answers of GS1's own engine, linters and standards: tests/vectors/gs1.json."""

import json
from datetime import date
from pathlib import Path

import pytest

from traceability.gs1 import Gs1Error, digital_link, linters
from traceability.gs1.checks import check_pair
from traceability.gs1.element_strings import GS, parse, parse_bracketed
from traceability.gs1.keys import parse_epc_uri, parse_urn
from traceability.gs1.place import Place

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "gs1.json").read_text())
TODAY = date(2026, 11, 23)
HERE = Place("99", "(99)", 0, 2026)


def is_about_companions(error: Gs1Error) -> bool:
    return error.pattern.startswith(("%(label)s stands alone", "AI (%(ai)s) and AI", "AI (%(ai)s) beside AI"))


def only_content(call, text):
    """The engine's vectors for formats have no companions: a refusal for their lack shows that all else fits."""
    try:
        return call(text, TODAY)
    except Gs1Error as error:
        if not is_about_companions(error):
            raise
        return None


def refused_for_content(call, text):
    with pytest.raises(Gs1Error) as caught:
        call(text, TODAY)
    assert not is_about_companions(caught.value), caught.value
    return caught.value


@pytest.mark.parametrize("text", VECTORS["raw"]["accepted"])
def test_raw_accepted(text):
    only_content(parse, "]d2" + text.replace("^", GS))


@pytest.mark.parametrize("text", VECTORS["raw"]["refused"])
def test_raw_refused(text):
    error = refused_for_content(parse, "]d2" + text.replace("^", GS))
    assert error.position is not None


@pytest.mark.parametrize(("text", "raw"), VECTORS["bracketed"]["accepted"])
def test_bracketed_accepted(text, raw):
    elements = only_content(parse_bracketed, text)
    if elements is not None:
        assert elements.raw == raw.replace("^", GS)
        assert str(elements) == text


@pytest.mark.parametrize("text", VECTORS["bracketed"]["refused"])
def test_bracketed_refused(text):
    refused_for_content(parse_bracketed, text)


@pytest.mark.parametrize("text", VECTORS["linters"]["accepted"])
def test_content_accepted(text):
    only_content(parse_bracketed, text)


@pytest.mark.parametrize("text", VECTORS["linters"]["refused"])
def test_content_refused(text):
    error = refused_for_content(parse_bracketed, text)
    assert 0 <= error.position <= len(text)
    assert "expected" in str(error)


@pytest.mark.parametrize("text", VECTORS["companions"]["accepted"])
def test_companions_accepted(text):
    elements = parse_bracketed(text, TODAY)
    assert parse(elements.raw, TODAY) == elements


@pytest.mark.parametrize("text", VECTORS["companions"]["refused"])
def test_companions_refused(text):
    with pytest.raises(Gs1Error) as caught:
        parse_bracketed(text, TODAY)
    assert text.startswith(f"({caught.value.ai})", caught.value.position)


@pytest.mark.parametrize(("uri", "elements"), VECTORS["digital_link"]["accepted"])
def test_links_accepted(uri, elements):
    link = digital_link.parse(uri)
    assert str(link.element_string(TODAY)) == elements
    again = digital_link.parse(str(link))
    assert again == link
    assert str(again) == str(link)


@pytest.mark.parametrize("uri", VECTORS["digital_link"]["refused"])
def test_links_refused(uri):
    with pytest.raises(Gs1Error):
        digital_link.parse(uri)


@pytest.mark.parametrize(("stem", "elements", "uri"), VECTORS["build"]["accepted"])
def test_links_built(stem, elements, uri):
    link = digital_link.build(parse_bracketed(elements, TODAY), stem)
    assert str(link) == uri
    assert digital_link.parse(uri) == link


@pytest.mark.parametrize("elements", VECTORS["build"]["refused"])
def test_links_not_built(elements):
    with pytest.raises(Gs1Error):
        digital_link.build(parse_bracketed(elements, TODAY), "https://example.com")


@pytest.mark.parametrize("text", VECTORS["check_pairs"])
def test_check_pairs(text):
    assert check_pair(text[:-2]) == text[-2:]
    linters.csumalpha(text, HERE)
    with pytest.raises(Gs1Error):
        linters.csumalpha(text[:-2] + ("33" if text[-2:] != "33" else "44"), HERE)


@pytest.mark.parametrize("text", VECTORS["ibans"])
def test_ibans(text):
    linters.iban(text, HERE)
    with pytest.raises(Gs1Error):
        linters.iban(text[:-1] + ("0" if text[-1] != "0" else "1"), HERE)


@pytest.mark.parametrize(("urn", "uri"), VECTORS["urns"])
def test_urns(urn, uri):
    key = parse_urn(urn)
    assert key.uri == uri
    assert parse_epc_uri(uri) == key
    assert key.urn(7) == urn
