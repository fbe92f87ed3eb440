"""`labels`: codes to labels, for sheets and label printers."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import click
import msgspec

from scanner import ScannerError
from scanner.labels import (
    ROLLS,
    SHEETS,
    Kind,
    Label,
    Sheet,
    Stock,
    draw_png,
    draw_svg,
    draw_zpl,
    layout,
    paged_pdf,
    parse_stock,
)
from traceability.cli import codes
from traceability.cli.options import command, read_text
from traceability.cli.output import Output
from traceability.gs1 import Gs1Error
from traceability.reports.labels import label_of

FORMS = ("pdf", "svg", "png", "zpl")
OFFICE_DPI = 300  # 600 and 1200 are multiples of it: what is whole dots at 300 is whole dots there
_SEPARATORS = ",;\t"


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """One label that is asked for: a code in any spelling, and what people should read on it."""

    code: str
    title: str = ""
    lines: tuple[str, ...] = ()


class Told(msgspec.Struct):
    """What was drawn, for programs."""

    files: list[str]
    labels: int
    size_mm: tuple[float, float]
    dpi: int
    symbols: list[str]
    left_out: dict[str, int]
    """How many labels had no room for the name, the lines, the plain text."""


@command
@click.argument("source", default="-")
@click.option(
    "-o",
    "--out",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write.",
)
@click.option("--form", type=click.Choice(FORMS), help="What to write.  [default: as the file is named]")
@click.option(
    "--size",
    default="A4",
    show_default=True,
    help=f"{', '.join(SHEETS)}; a roll: {', '.join(ROLLS)}; or any width x height in mm.",
)
@click.option("--dpi", type=int, help=f"Dots an inch of the printer: 203, 300, 600.  [default: {OFFICE_DPI}]")
@click.option("--module", type=float, help="Module of the DataMatrix in mm.  [default: as the label allows]")
@click.option(
    "--kind",
    type=click.Choice(["pack", "logistic"]),
    help="Which label.  [default: logistic for codes with an SSCC]",
)
@click.option("--title", default="", help="Name on labels that bring none.")
@click.option(
    "--line", "lines", multiple=True, help="Line below the name on labels that bring none; repeatable."
)
def labels_command(
    out: Output,
    *,
    source: str,
    target: Path,
    form: str | None,
    size: str,
    dpi: int | None,
    module: float | None,
    kind: str | None,
    title: str,
    lines: tuple[str, ...],
) -> int:
    """Draw a label for each code in SOURCE, a file or "-" for stdin.

    SOURCE has a code a line, in any spelling; or JSON lines {"code": …, "title": …, "lines": […]}; or CSV
    with the columns code, title and any number of line. PDF holds all labels, ZPL too; SVG and PNG are a
    file a label, numbered where there are several. Every module is a whole number of the printer's dots,
    and within the range that GS1 gives it, or the label is refused.
    """
    form = form or target.suffix.lstrip(".").lower()
    if form not in FORMS:
        raise click.UsageError(f"{target}: expected a name that ends in {', '.join(FORMS)}, or --form")
    if form == "zpl" and dpi is None:
        raise click.UsageError("ZPL is for one printer's dots: give its --dpi, such as 203 or 300")
    stock = parse_stock(size)
    labels = list(_labels(read_text(source), title, lines, cast("Kind | None", kind)))
    if not labels:
        return out.refuse("There is no code to draw a label for.")
    sheets = [_laid(number, label, stock, dpi or OFFICE_DPI, module) for number, label in labels]
    files = _write(sheets, stock, target, form)
    _tell(out, sheets, files)
    return 0


def _laid(number: int, label: Label, stock: Stock, dpi: int, module: float | None) -> Sheet:
    try:
        return layout(label, stock.cut(label.kind).size, dpi=dpi, module_mm=module)
    except ScannerError as error:
        raise _at(number, error) from error


def _labels(text: str, title: str, lines: tuple[str, ...], kind: Kind | None) -> Iterator[tuple[int, Label]]:
    """Each label with the number of the line that asks for it."""
    for number, wanted in _wanted(text):
        try:
            elements = codes.elements_of(wanted.code)
        except Gs1Error as error:
            raise _at(number, error) from error
        yield number, label_of(elements, wanted.title or title, wanted.lines or lines, kind)


def _wanted(text: str) -> Iterator[tuple[int, Wanted]]:
    # Not splitlines(): it would break a code at its separators.
    rows = [
        (number, row) for number, row in enumerate(text.removeprefix("\ufeff").split("\n"), 1) if row.strip()
    ]
    if not rows:
        return
    first = rows[0][1].strip()
    header = _header(first)
    if first.startswith("{"):
        for number, row in rows:
            try:
                yield number, msgspec.json.decode(row, type=Wanted)
            except msgspec.DecodeError as error:
                raise _at(number, error) from error
    elif header is not None:
        yield from _from_csv(text.removeprefix("\ufeff"), header)
    else:
        for number, row in rows:
            yield number, Wanted(row)


def _header(row: str) -> str | None:
    """The separator of a CSV file whose first row this is; None for a code."""
    for separator in _SEPARATORS:
        if "code" in [cell.strip().lower() for cell in row.split(separator)]:
            return separator
    return None


def _from_csv(text: str, separator: str) -> Iterator[tuple[int, Wanted]]:
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    names: list[str] = []
    for row in reader:
        cells = [cell.strip(" \t") for cell in row]
        if not any(cells):
            continue
        if not names:
            names = [cell.lower() for cell in cells]
            continue
        if len(cells) != len(names):
            raise click.ClickException(
                f"Line {reader.line_num}: expected {len(names)} columns, got {len(cells)}"
            )
        told = list(zip(names, cells, strict=True))
        yield (
            reader.line_num,
            Wanted(
                next(cell for name, cell in told if name == "code"),
                next((cell for name, cell in told if name == "title"), ""),
                tuple(cell for name, cell in told if name in {"line", "lines"} and cell),
            ),
        )


def _at(number: int, error: Exception) -> click.ClickException:
    return click.ClickException(f"Line {number}: {error}")


def _write(sheets: Sequence[Sheet], stock: Stock, target: Path, form: str) -> list[Path]:
    if form == "pdf":
        target.write_bytes(paged_pdf(sheets, stock))
        return [target]
    if form == "zpl":
        target.write_text("".join(map(draw_zpl, sheets)), "ascii")
        return [target]
    draw = draw_png if form == "png" else lambda sheet: draw_svg(sheet).encode()
    files = _numbered(target, len(sheets))
    for path, sheet in zip(files, sheets, strict=True):
        path.write_bytes(draw(sheet))
    return files


def _numbered(target: Path, count: int) -> list[Path]:
    if count == 1:
        return [target]
    digits = len(str(count))
    return [
        target.with_name(f"{target.stem}-{number:0{digits}}{target.suffix}") for number in range(1, count + 1)
    ]


def _tell(out: Output, sheets: Sequence[Sheet], files: Sequence[Path]) -> None:
    symbols = list(dict.fromkeys(line for sheet in sheets for line in sheet.printed))
    left_out = Counter(word for sheet in sheets for word in sheet.left_out)
    width, height = sheets[0].size
    out.give(
        Told(
            [str(path) for path in files],
            len(sheets),
            (round(width, 2), round(height, 2)),
            sheets[0].dpi,
            symbols,
            dict(left_out),
        )
    )
    names = str(files[0]) if len(files) == 1 else f"{files[0]} to {files[-1].name}"
    out.say(f"{len(sheets)} {'label' if len(sheets) == 1 else 'labels'} in {names}")
    for line in symbols:
        out.say(line)
    for word, count in left_out.items():
        out.aside(f"No room for the {word} on {count} of {len(sheets)}: take a larger size to have it.")
