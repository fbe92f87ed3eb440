"""Layouts: what fits where, nothing in a quiet zone, every text whole, or a plain refusal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from printed import DPIS, MORE, PLAIN, SSCC, laid, pack, page_of, pallet, read, texts

from scanner import ScannerError
from scanner.labels import ROLLS, Label, Sheet, label_png, label_svg, layout, sheet_pdf
from scanner.labels.dimensions import millimetres
from scanner.labels.raster import dots_of
from scanner.labels.sheet import Block, Rule, Text
from scanner.reader import read_symbols

# Room


@settings(max_examples=80, deadline=None)
@given(
    serial=st.text("0123456789abcWXYZ()/-", min_size=1, max_size=20),
    title=st.text("Amoxicillin 500 mg", max_size=120),
    size=st.sampled_from([stock.page for stock in ROLLS.values()]),
    dpi=st.sampled_from(DPIS),
    logistic=st.booleans(),
)
def test_nothing_touches_a_symbol_nor_leaves_the_label(
    serial: str, title: str, size: tuple[float, float], dpi: int, *, logistic: bool
) -> None:
    label = pallet((*MORE[:2], ("21", serial)), title) if logistic else pack(serial, title=title)
    sheet = laid(label, size, dpi)
    if sheet is None:
        return
    rest = Sheet(
        sheet.kind, sheet.width, sheet.height, dpi, tuple(p for p in sheet.parts if not isinstance(p, Block))
    )
    ink = dots_of(rest)
    for block in sheet.blocks:
        quiet = block.quiet * block.module
        above = 0 if block.tall else quiet
        assert quiet <= block.x
        assert block.x + block.width + quiet <= sheet.width
        assert above <= block.y
        assert block.y + block.height + above <= sheet.height
        zone = (
            slice(block.y - above, block.y + block.height + above),
            slice(block.x - quiet, block.x + block.width + quiet),
        )
        assert not ink[zone].any()
    for part in sheet.parts:
        if isinstance(part, Text):
            assert part.x >= 0
            assert part.x + part.width <= sheet.width
            assert part.size * 0.7 <= part.y <= sheet.height - part.size * 0.2
        elif isinstance(part, Rule):
            assert 0 <= part.y < sheet.height


@pytest.mark.parametrize("name", list(ROLLS))
@pytest.mark.parametrize("dpi", [203, 300])
def test_every_roll_is_drawn_and_read_back(name: str, dpi: int) -> None:
    label = pack(serial="AB12CD34EF56", lines=("20 capsules",), plain=(("EXP", "2027-12-31"),))
    png = label_png(label, dpi=dpi, size=ROLLS[name].page)
    assert read(png) == ["]d2010952123454321321AB12CD34EF56\x1d1727123110L1"]


@pytest.mark.parametrize("name", ["100x50", "100x100", "100x150", "4x6in", "105x148", "148x210"])
def test_every_roll_for_pallets_is_drawn_and_read_back(name: str) -> None:
    png = label_png(pallet(()), dpi=203, size=ROLLS[name].page)
    matrix = [] if name == "100x50" else [f"]d200{SSCC}"]
    assert read(png) == [f"]C100{SSCC}", *matrix]


def test_a_large_logistic_label_has_all_elements_twice() -> None:
    assert read(label_png(pallet(), size=(148, 210))) == [
        f"]C100{SSCC}",
        "]C1020952123454321337240",
        "]C110LOT-42A",
        f"]d200{SSCC}020952123454321337240\x1d10LOT-42A",
    ]


def test_a_label_too_small_for_everything_says_what_it_leaves_out() -> None:
    long = pallet((*MORE[:2], ("99", "x" * 60)))
    assert f"]d200{SSCC}020952123454321337240\x1d99" + "x" * 60 in read(label_png(long, size=(148, 210)))
    full = pack("AB12CD34EF56", "A17-2026", lines=("20 capsules",), plain=(("EXP", "2027-12-31"),))
    assert layout(full, (50, 30)).left_out == ()
    assert layout(full, (20, 20)).left_out == ("name", "lines", "plain text")
    assert layout(pallet(()), (100, 50)).left_out == ("lines", "plain text")


def test_what_does_not_fit_is_refused_with_the_size_that_would_do() -> None:
    with pytest.raises(ScannerError, match=r"do not fit 15 x 15 mm: take 20 x 20 mm or more"):
        layout(pack(), (15, 15))
    with pytest.raises(ScannerError, match=r"do not fit 50 x 30 mm: take 100 x 100 mm or more"):
        layout(pallet(), (50, 30))
    with pytest.raises(ScannerError, match=r"with modules of 0\.6 mm: take smaller ones"):
        layout(pack(), (20, 20), dpi=600, module_mm=0.6)
    with pytest.raises(ScannerError, match="nor any size listed"):
        sheet_pdf([pallet((("91", "X" * 85),))])


def test_long_messages_find_room_on_a_large_label() -> None:
    label = Label(
        "pack", "Trial kit", (("01", "09521234543213"), *((f"9{n}", "ab" * 30) for n in range(1, 6)))
    )
    sheet = layout(label, (148, 210))
    assert sheet.blocks[0].modules.shape[0] > 60
    assert read(label_png(label, size=(148, 210)))[0].count("ab") == 150


# Text


def test_each_element_is_a_line_beside_or_below_the_matrix() -> None:
    for size, beside in (((50, 30), True), ((30, 45), False)):
        sheet = layout(pack(serial="A(1)", title=""), size)
        (block,) = sheet.blocks
        lines = [part for part in sheet.parts if isinstance(part, Text)]
        assert [line.text for line in lines] == ["(01) 09521234543213", "(21) A(1)", "(17) 271231", "(10) L1"]
        if beside:
            assert all(line.x > block.x + block.width for line in lines)
        else:
            assert all(line.y - line.size > block.y + block.height for line in lines)


def test_the_sscc_is_lowest_and_each_interpretation_is_right_under_its_bars() -> None:
    sheet = layout(pallet(), (148, 210))
    bars = [block for block in sheet.blocks if block.tall]
    assert bars[-1].modules.shape[1] == 156
    said = ["(02) 09521234543213  (37) 240", "(10) LOT-42A", f"(00) {SSCC}"]
    for block, line in zip(bars, said, strict=True):
        under = next(
            part for part in sheet.parts if isinstance(part, Text) and part.text == line and part.y > block.y
        )
        top = under.y - under.size * 0.73
        assert 0 < millimetres(top - block.y - block.height, 300) < 2
        assert abs((under.x + under.width / 2) - (block.x + block.width / 2)) <= 1
        assert millimetres(under.size * 0.729, 300) >= 2.9
        assert millimetres(block.tall, 300) >= 31.75


def test_plain_text_stands_under_its_data_title() -> None:
    said = texts(layout(pallet(), (105, 148)))
    for title, content in PLAIN:
        assert said.index(content) == said.index(title) + 1


def test_long_names_are_wrapped_and_never_cut() -> None:
    name = "Amoxicillin trihydrate and potassium clavulanate film-coated tablets 875 mg / 125 mg"
    said = texts(layout(pack(title=name), (50, 30)))
    assert " ".join(said[: said.index("(01) 09521234543213")]) == name
    assert layout(pallet((), title=name * 20), (105, 148)).left_out == ("name", "lines", "plain text")


@pytest.mark.parametrize("name", ["阿莫西林胶囊 500 毫克", "Średzka Ω-3 żółć", "Амоксициллин"])
def test_names_in_any_script_are_drawn_in_every_form(name: str) -> None:
    label = pack(title=name)
    sheet = layout(label)
    title = next(part for part in sheet.parts if isinstance(part, Text))
    area = (slice(title.y - title.size, title.y + 4), slice(title.x, title.x + title.width))
    assert dots_of(sheet)[area].sum() > 500
    assert name in label_svg(label)
    page = page_of(sheet_pdf([label], "63.5x33.9"), 0, 300)
    assert read_symbols(page)
    assert b"/Subtype /Form" in sheet_pdf([label])


def test_a_character_that_no_font_has_is_refused() -> None:
    with pytest.raises(ScannerError, match="No font here can write"):
        layout(pack(title="Good \U0001f600"))
