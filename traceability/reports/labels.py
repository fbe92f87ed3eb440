"""Label sheets of a lot: its packs, and the cases and pallets that they are in (by scanner.labels)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from scanner.labels import Label, logistic_label, pack_label, sheet_pdf
from traceability.custody.registry import Product
from traceability.custody.state import Item
from traceability.reports.trace import split

MOST = 2_000
"""Labels in one PDF; more come as further ranges."""


class Container(NamedTuple):
    """A case or pallet with an SSCC: its URI, and the packs inside it at any depth by (gtin, lot)."""

    epc: str
    packs: Counter[tuple[str, str]]


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
            )
        )
    return labels


def _lines(product: Product | None) -> tuple[str, ...]:
    if product is None:
        return ()
    return (", ".join(part for part in (product.strength, product.pack or product.form) if part),)


def container_labels(containers: Iterable[Container], sender: str, names: dict[str, str]) -> list[Label]:
    """One GS1 Logistic Label a container. `sender` is the text under the title; `names` are of GTINs.

    Where all inside is of one lot the label says so: (02) content, (37) count, (10) lot.
    """
    labels = []
    for container in containers:
        sscc = container.epc.rpartition("/")[2]
        lines: list[str] = [sender]
        more: tuple[tuple[str, str], ...] = ()
        if len(container.packs) == 1:
            ((gtin, lot), count) = next(iter(container.packs.items()))
            more = (("02", gtin), ("37", str(count)), ("10", lot))
            lines.append(names.get(gtin, gtin))
        labels.append(logistic_label(f"SSCC {spaced(sscc)}", sscc=sscc, more=more, lines=tuple(lines)))
    return labels


def sheets(labels: Sequence[Label], paper: str = "A4") -> bytes:
    """The labels as a PDF, packs and logistic units on sheets of their own."""
    return sheet_pdf(labels, paper)


def yymmdd(iso: str) -> str:
    """An expiry as AI 17 writes it: 2027-04-30 is 270430."""
    return date.fromisoformat(iso).strftime("%y%m%d")


def spaced(sscc: str) -> str:
    """An SSCC in groups that people can read aloud."""
    return f"{sscc[:1]} {sscc[1:8]} {sscc[8:17]} {sscc[17:]}"
