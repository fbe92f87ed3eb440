"""From what a label says to where everything on it stands."""

from __future__ import annotations

from dataclasses import replace

from scanner import ScannerError
from scanner.labels import logistic, pack
from scanner.labels.dimensions import verify_dpi
from scanner.labels.label import Label
from scanner.labels.lettering import tidy, verify_writable
from scanner.labels.sheet import Sheet
from scanner.labels.stock import ROLLS, SHEETS, Kind, Size, Stock, named_size, verify_size

_A4 = SHEETS["A4"]


def usual_size(kind: Kind) -> Size:
    """Width and height in mm of a label that nobody gave a size: one of an A4 sheet."""
    return _A4.cut(kind).size


def layout(
    label: Label, size: Size | None = None, *, dpi: int = 300, module_mm: float | None = None
) -> Sheet:
    """Where everything of a label of `size` mm stands, for a printer of `dpi`.

    `module_mm` asks for a module of the DataMatrix, in mm; what results is the nearest that the printer has
    in whole dots. Without it the layout chooses. Raises ScannerError for what cannot be in a symbol, for a
    module that lies outside the range of GS1, and for what does not fit, naming the size that would do.
    """
    verify_dpi(dpi)
    size = verify_size(size or usual_size(label.kind))
    label = _verified(label)
    sheet = _arranged(label, size, dpi, module_mm)
    if sheet is None:
        raise _no_room(label, size, dpi, module_mm)
    return sheet


def _arranged(label: Label, size: Size, dpi: int, module_mm: float | None) -> Sheet | None:
    arrange = pack.arrange if label.kind == "pack" else logistic.arrange
    return arrange(label, size, dpi, module_mm)


def _verified(label: Label) -> Label:
    if not label.elements:
        raise ScannerError("Expected at least one element on a label, got none")
    return replace(
        label,
        title=_written(label.title),
        lines=tuple(line for line in map(_written, label.lines) if line),
        plain=tuple((_written(title), _written(content)) for title, content in label.plain),
    )


def _written(text: str) -> str:
    return verify_writable(tidy(text))


def _no_room(label: Label, size: Size, dpi: int, module_mm: float | None) -> ScannerError:
    asked = {"what": label.title or label.element_string, "size": named_size(size)}
    if module_mm is not None and _arranged(label, size, dpi, None) is not None:
        return ScannerError(
            "The code and text of %(what)s do not fit %(size)s mm with modules of %(module)s mm: "
            "take smaller ones",
            module=f"{module_mm:g}",
            **asked,
        )
    fits = _fitting(label, dpi, module_mm)
    if fits is not None:
        return ScannerError(
            "The code and text of %(what)s do not fit %(size)s mm: take %(fits)s mm or more",
            fits=fits,
            **asked,
        )
    return ScannerError(
        "The code and text of %(what)s do not fit %(size)s mm, nor any size listed: say less on it", **asked
    )


def _fitting(label: Label, dpi: int, module_mm: float | None) -> str | None:
    """The smallest roll that takes the label with its name on it."""
    for stock in sorted(ROLLS.values(), key=_area):
        sheet = _arranged(label, stock.page, dpi, module_mm)
        if sheet is not None and "name" not in sheet.left_out:
            return named_size(stock.page)
    return None


def _area(stock: Stock) -> float:
    return stock.page[0] * stock.page[1]
