"""Reports on paper say what they were given, whatever characters are in it."""

import io

from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from traceability.reports.pdf import (
    TONES,
    Grid,
    LotReport,
    PackReport,
    Share,
    Stop,
    lot_pdf,
    marked,
    provenance_pdf,
)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def lot(rows: int = 2) -> LotReport:
    holders = [(f"Party {number} <b>&</b>", "1", "2") for number in range(rows)]
    return LotReport(
        title="Trace of lot A17",
        sentence="60 packs.",
        facts=[("GTIN", "09521321000012")],
        shares=[Share(tone, tone, 10) for tone in TONES],
        grids=[Grid("Who has them", ("Party", "held", "all"), holders, (3, 1, 1), frozenset({1, 2}))],
        notes=["A note."],
        foot="log.example/demo",
    )


def test_a_lot_is_summed_up_on_a_page() -> None:
    text = text_of(lot_pdf(lot()))
    for wanted in ("Trace of lot A17", "09521321000012", "Party 1 <b>&</b>", "12.5 %", "100 %", "A note."):
        assert wanted in text


def test_many_holders_run_over_pages_with_their_header() -> None:
    reader = PdfReader(io.BytesIO(lot_pdf(lot(120))))
    assert len(reader.pages) > 2
    assert "Party" in reader.pages[2].extract_text()


def test_equal_content_gives_equal_bytes() -> None:
    assert lot_pdf(lot()) == lot_pdf(lot())


def test_a_packs_way_is_printed_with_gaps_and_chinese_names() -> None:
    stops = [
        Stop("Nordmed → 药房", "9 Nov 2026, 14:32 +01:00", ["Bay 3"], "scanned"),
        Stop("Received by Nordmed", "8 Nov 2026, 09:00 +01:00", [], "unmatched", gap=True),
    ]
    report = PackReport(
        "Ibuprofen 布洛芬", "(01) 1 (21) <script>", "With Nordmed.", [("Lot", "A17")], stops, [], "f"
    )
    text = text_of(provenance_pdf(report))
    assert "<script>" in text
    assert "Received by Nordmed" in text
    assert "unmatched" in text


@given(st.text(max_size=60))
def test_any_text_can_be_printed(text: str) -> None:
    report = PackReport(text, text, text, [(text, text)], [Stop(text, text, [text], text)], [text], text)
    assert provenance_pdf(report).startswith(b"%PDF")
    assert "<script" not in marked("<script>")
