"""What a label says, before anybody knows how large it will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from scanner.codes import bracketed
from scanner.labels.stock import Kind

Elements: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Label:
    """What one label says. `elements` are (AI, value) pairs in the order of the symbol; `lines` are free
    lines of text under the title, such as a strength or an address.

    `plain` is text that repeats elements for people: (data title, content) pairs such as ("EXP",
    "2027-12-31"). It is no human-readable interpretation, which every symbol has besides.
    """

    kind: Kind
    title: str
    elements: Elements
    lines: tuple[str, ...] = ()
    plain: Elements = ()

    @property
    def element_string(self) -> str:
        """The elements in square brackets. Raises ScannerError where they cannot be in a symbol."""
        return bracketed(self.elements)


def pack_label(
    title: str,
    *,
    gtin: str,
    serial: str,
    expiry: str,
    lot: str,
    lines: tuple[str, ...] = (),
    plain: Elements = (),
) -> Label:
    """The label of a medicine pack: (01), (21), (17) YYMMDD, (10), as the EU and the US ask."""
    elements = (("01", gtin), ("21", serial), ("17", expiry), ("10", lot))
    return Label("pack", title, elements, lines, plain)


def logistic_label(
    title: str, *, sscc: str, more: Elements = (), lines: tuple[str, ...] = (), plain: Elements = ()
) -> Label:
    """The label of a case or pallet: (00), and `more` elements such as (02), (37), (10)."""
    return Label("logistic", title, (("00", sscc), *more), lines, plain)
