"""Subjects of dossiers: one URI each, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from supply_chain import sscc

from traceability.custody import CustodyError
from traceability.custody.subjects import (
    Subject,
    device_subject,
    lot_subject,
    party_subject,
    site_subject,
)

GTIN, GLN, KID = "09521321000018", "9521321000100", "A" * 43
LOTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(LOTS)
def test_a_lot_is_found_again_whatever_its_number(number: str) -> None:
    subject = lot_subject(GTIN, number)
    assert Subject.parse(subject.uri) == subject
    assert (subject.gtin, subject.lot, subject.key) == (GTIN, number, f"{GTIN}/{number}")


@pytest.mark.parametrize("subject", [party_subject(GLN), site_subject(GLN), device_subject(KID)])
def test_parties_places_and_devices_are_found_again(subject: Subject) -> None:
    assert Subject.parse(subject.uri) == subject
    assert (subject.gtin, subject.lot) == ("", "")


@pytest.mark.parametrize("path", [f"01/{GTIN}/21/ABC", sscc(1)[19:], f"8003/{GTIN}A"])
def test_items_are_their_own_name(path: str) -> None:
    uri = f"https://id.gs1.org/{path}"
    subject = Subject.parse(uri)
    assert (subject.kind, subject.key) == ("item", uri)
    assert subject.gtin == (GTIN if path.startswith("01") else "")


@pytest.mark.parametrize(
    "text",
    ["", "A17", f"https://id.gs1.org/01/{GTIN}", f"https://id.gs1.org/01/{GTIN}/10/", f"https://id.gs1.org/417/{GLN}9",
     f"https://id.gs1.org/01/{GTIN}/10/%41", f"https://example.org/417/{GLN}", f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{KID}A"],
)  # fmt: skip
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(CustodyError):
        Subject.parse(text)
