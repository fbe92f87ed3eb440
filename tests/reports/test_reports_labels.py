"""Label sheets of a lot carry the codes that the packs and cases have."""

import io
from collections import Counter

from pypdf import PdfReader

from traceability.custody.registry import Product
from traceability.custody.state import Item, Lot
from traceability.reports.labels import Container, container_labels, pack_labels, sheets, spaced, yymmdd

GTIN = "09521321000012"
LOT = Lot(GTIN, "A17", "2027-04-30")
PRODUCT = Product(gtin=GTIN, name="Amoxicillin", owner="9521321000104", strength="500 mg", pack="20 capsules")


def item(serial: str) -> Item:
    return Item(f"https://id.gs1.org/01/{GTIN}/21/{serial}", lot=LOT)


def test_a_pack_label_has_the_four_elements_and_the_product() -> None:
    (label,) = pack_labels([item("AB%2FC")], PRODUCT)
    assert label.elements == (("01", GTIN), ("21", "AB/C"), ("17", "270430"), ("10", "A17"))
    assert label.title == "Amoxicillin"
    assert label.lines == ("500 mg, 20 capsules",)


def test_what_has_no_lot_gets_no_pack_label() -> None:
    assert pack_labels([Item(f"https://id.gs1.org/01/{GTIN}/21/X")], PRODUCT) == []


def test_a_container_of_one_lot_says_what_is_inside() -> None:
    sscc = "395213210000000012"
    (label,) = container_labels(
        [Container(f"https://id.gs1.org/00/{sscc}", Counter({(GTIN, "A17"): 48}))],
        "Linden",
        {GTIN: "Amoxicillin"},
    )
    assert label.elements == (("00", sscc), ("02", GTIN), ("37", "48"), ("10", "A17"))
    assert label.lines == ("Linden", "Amoxicillin")


def test_a_mixed_container_has_its_number_alone() -> None:
    mixed = Counter({(GTIN, "A17"): 4, (GTIN, "A18"): 4})
    (label,) = container_labels([Container("https://id.gs1.org/00/395213210000000012", mixed)], "Linden", {})
    assert label.elements == (("00", "395213210000000012"),)


def test_packs_and_containers_are_printed_with_their_text() -> None:
    labels = pack_labels([item("ABC")], PRODUCT)
    labels += container_labels(
        [Container("https://id.gs1.org/00/395213210000000012", Counter({(GTIN, "A17"): 1}))], "Linden", {}
    )
    pages = PdfReader(io.BytesIO(sheets(labels))).pages
    text = "\n".join(page.extract_text() for page in pages)
    assert len(pages) == 2
    for wanted in ("(01) 09521321000012", "(21) ABC", "(17) 270430", "(10) A17", "(00) 395213210000000012"):
        assert wanted in text


def test_numbers_as_labels_write_them() -> None:
    assert yymmdd("2027-04-30") == "270430"
    assert spaced("395213210000000012") == "3 9521321 000000001 2"
