"""The demo's labels, drawn, photographed on a table and read back."""

from collections.abc import Iterable, Sequence
from datetime import date
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scanner import images, photograph, reader
from scanner.labels import Label, label_png, logistic_label, pack_label
from traceability.custody.state import Lot
from traceability.demo.cast import MAKER, PRODUCTS, pack, serial
from traceability.gs1 import element_strings

BUDGET = 4.0
"""Seconds to spend on one photograph; it takes a fraction of one."""


class Seen(NamedTuple):
    """What one photograph gave."""

    frame: NDArray[np.uint8]
    items: list[str]
    seconds: float


def pack_labels(lot: Lot, count: int) -> dict[str, Label]:
    """A label for each of the first packs of a lot, by the item on it."""
    product = PRODUCTS[lot.gtin]
    expiry = date.fromisoformat(lot.expiry).strftime("%y%m%d")
    lines = (f"{product['strength']}, {product['pack']}",)
    return {
        pack(lot, number): pack_label(
            str(product["name"]),
            gtin=lot.gtin,
            serial=serial(lot, number),
            expiry=expiry,
            lot=lot.number,
            lines=lines,
        )
        for number in range(count)
    }


def container_labels(containers: Iterable[str], product: str) -> dict[str, Label]:
    """A GS1 logistic label for each container, by the item on it."""
    return {epc: logistic_label(product, sscc=epc[-18:], lines=(MAKER.name,)) for epc in containers}


def photographed(labels: Sequence[Label], rng: np.random.Generator, today: date) -> Seen:
    """One photograph of labels side by side, askew, blurred and noisy, and the items read back from it."""
    pictures = [images.read_image(label_png(label)) for label in labels]
    frame = photograph.tray(pictures, rng)
    start = perf_counter()
    symbols = reader.read_symbols(frame, BUDGET)
    seconds = perf_counter() - start
    items: dict[str, None] = {}
    for symbol in symbols:
        elements = element_strings.parse(symbol.element_text, today)
        key = elements.sgtin or elements.sscc
        if key is not None:
            items[key.uri] = None
    return Seen(frame, list(items), seconds)
