"""Label sheets of a lot carry the codes that the packs and cases have."""

import io
from collections import Counter
from datetime import date

import pytest
from pypdf import PdfReader

from scanner import ScannerError
from traceability.custody.registry import Product
from traceability.custody.state import Item, Lot
from traceability.gs1.element_strings import parse_bracketed
from traceability.reports.labels import (
    Container,
    container_labels,
    label_of,
    pack_labels,
    sheets,
    spaced,
    yymmdd,
)

GTIN = "09521321000012"
VALID = "09521321000018"  # with its check digit: codes are parsed strictly, items are not
LOT = Lot(GTIN, "A17", "2027-04-30")
PRODUCT = Product(gtin=GTIN, name="Amoxicillin", owner="9521321000104", strength="500 mg", pack="20 capsules")


def item(serial: str) -> Item:
    return Item(f"https://id.gs1.org/01/{GTIN}/21/{serial}", lot=LOT)


def test_a_pack_label_has_the_four_elements_and_the_product() -> None:
    (label,) = pack_labels([item("AB%2FC")], PRODUCT)
    assert label.elements == (("01", GTIN), ("21", "AB/C"), ("17", "270430"), ("10", "A17"))
    assert label.title == "Amoxicillin"
    assert label.lines == ("500 mg, 20 capsules",)
    assert label.plain == (("EXP", "2027-04-30"),)


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
    assert (label.title, label.lines) == ("Linden", ("Amoxicillin",))
    assert label.plain == (
        ("SSCC", "3 9521321 000000001 2"),
        ("CONTENT", GTIN),
        ("COUNT", "48"),
        ("BATCH/LOT", "A17"),
    )


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


@pytest.mark.parametrize(
    ("code", "kind", "plain"),
    [
        (f"(01){VALID}(21)A(17)270400", "pack", (("EXP", "2027-04"),)),
        (
            f"(01){VALID}(21)A(17)270430(11)250101",
            "pack",
            (("EXP", "2027-04-30"), ("PROD DATE", "2025-01-01")),
        ),
        (
            f"(00)395213210000000019(02){VALID}(37)48(15)270430",
            "logistic",
            (
                ("SSCC", "3 9521321 000000001 9"),
                ("CONTENT", VALID),
                ("COUNT", "48"),
                ("BEST BEFORE or BEST BY", "2027-04-30"),
            ),
        ),
    ],
)
def test_a_code_becomes_a_label_with_its_dates_for_people(
    code: str, kind: str, plain: tuple[tuple[str, str], ...]
) -> None:
    label = label_of(parse_bracketed(code, date(2026, 11, 23)), "Amoxicillin", ("500 mg",))
    assert (label.kind, label.title, label.lines) == (kind, "Amoxicillin", ("500 mg",))
    assert label.plain == plain


def test_the_century_of_a_date_on_a_label_depends_on_today() -> None:
    code = f"(01){VALID}(21)A(17)900101"
    assert label_of(parse_bracketed(code, date(2026, 1, 1))).plain == (("EXP", "1990-01-01"),)
    assert label_of(parse_bracketed(code, date(2060, 1, 1))).plain == (("EXP", "2090-01-01"),)


def test_sheets_and_rolls_are_printed_for_a_printer() -> None:
    labels = pack_labels([item("ABC"), item("DEF")], PRODUCT)
    assert len(PdfReader(io.BytesIO(sheets(labels, "58x40", 203))).pages) == 2
    with pytest.raises(ScannerError, match="10 to 420"):
        sheets(labels, "5x5")


def test_numbers_as_labels_write_them() -> None:
    assert yymmdd("2027-04-30") == "270430"
    assert spaced("395213210000000012") == "3 9521321 000000001 2"
