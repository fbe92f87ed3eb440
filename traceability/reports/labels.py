"""What goes on the labels of packs, cases and pallets (they are drawn by scanner.labels)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from scanner.labels import Kind, Label, logistic_label, pack_label, sheet_pdf
from traceability.custody.registry import Product
from traceability.custody.state import Item
from traceability.gs1.application_identifiers import APPLICATION_IDENTIFIERS
from traceability.gs1.element_strings import ElementString
from traceability.reports.trace import split

MOST = 2_000
"""Labels in one PDF; more come as further ranges."""
EXPIRES = "EXP"
"""The data title of an expiry on packs. Data titles are English the world over, as GS1 has them."""
_DATES = frozenset({"yymmd0", "yymmdd"})


class Container(NamedTuple):
    """A case or pallet with an SSCC: its URI, and the packs inside it at any depth by (gtin, lot)."""

    epc: str
    packs: Counter[tuple[str, str]]


def label_of(
    elements: ElementString, title: str = "", lines: Sequence[str] = (), kind: Kind | None = None
) -> Label:
    """The label of a code: a logistic label where it has an SSCC, else that of a pack, or as `kind` says.

    Plain text repeats the dates as people write them, and on logistic labels every element under its title.
    """
    kind = kind or ("pack" if elements.sscc is None else "logistic")
    return Label(kind, title, elements.pairs, tuple(lines), tuple(_plain(elements, kind)))


def _plain(elements: ElementString, kind: Kind) -> Iterable[tuple[str, str]]:
    for ai, value in elements:
        day = _day(elements, ai, value)
        if kind == "pack" and day is not None:
            yield EXPIRES if ai == "17" else APPLICATION_IDENTIFIERS[ai].title, day
        elif kind == "logistic":
            yield APPLICATION_IDENTIFIERS[ai].title, day or (spaced(value) if ai == "00" else value)


def _day(elements: ElementString, ai: str, value: str) -> str | None:
    """The date of an element, 2027-04-30, or its month where the day is not stated; None for no date."""
    if _DATES.isdisjoint(APPLICATION_IDENTIFIERS[ai].components[0].linters):
        return None
    day = elements.date_of(ai)
    if day is None:
        return None
    return day.isoformat() if value[4:6] != "00" else f"{day:%Y-%m}"


def pack_labels(items: Iterable[Item], product: Product | None) -> list[Label]:
    """One label a pack: DataMatrix with (01), (21), (17), (10), and the same in words."""
    labels = []
    for item in items:
        gtin, serial = split(item.epc)
        if item.lot is None:
            continue
        labels.append(
            pack_label(
                product.name if product is not None else gtin,
                gtin=gtin,
                serial=serial,
                expiry=yymmdd(item.lot.expiry),
                lot=item.lot.number,
                lines=_lines(product),
                plain=((EXPIRES, item.lot.expiry),),
            )
        )
    return labels


def _lines(product: Product | None) -> tuple[str, ...]:
    if product is None:
        return ()
    return (", ".join(part for part in (product.strength, product.pack or product.form) if part),)


def container_labels(containers: Iterable[Container], sender: str, names: dict[str, str]) -> list[Label]:
    """One GS1 Logistic Label a container. `sender` is its title; `names` are of GTINs.

    Where all inside is of one lot the label says so: (02) content, (37) count, (10) lot.
    """
    labels = []
    for container in containers:
        sscc = container.epc.rpartition("/")[2]
        lines: tuple[str, ...] = ()
        more: tuple[tuple[str, str], ...] = ()
        if len(container.packs) == 1:
            ((gtin, lot), count) = next(iter(container.packs.items()))
            more = (("02", gtin), ("37", str(count)), ("10", lot))
            lines = (names.get(gtin, gtin),)
        plain = (("SSCC", spaced(sscc)), *((APPLICATION_IDENTIFIERS[ai].title, value) for ai, value in more))
        labels.append(logistic_label(sender, sscc=sscc, more=more, lines=lines, plain=plain))
    return labels


def sheets(labels: Sequence[Label], paper: str = "A4", dpi: int = 300) -> bytes:
    """The labels as a PDF for a printer of `dpi`, packs and logistic units on pages of their own.

    `paper` is a sheet or a roll, by its name or its size (`scanner.labels.parse_stock`).
    """
    return sheet_pdf(labels, paper, dpi=dpi)


def yymmdd(iso: str) -> str:
    """An expiry as AI 17 writes it: 2027-04-30 is 270430."""
    return date.fromisoformat(iso).strftime("%y%m%d")


def spaced(sscc: str) -> str:
    """An SSCC in groups that people can read aloud."""
    return f"{sscc[:1]} {sscc[1:8]} {sscc[8:17]} {sscc[17:]}"
