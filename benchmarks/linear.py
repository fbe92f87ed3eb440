"""Linear codes: what each reader alone makes of damaged ones, and what the pair does."""

import time
from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Frame, damaged, negatives
from scanner import grammar, linear, zbar
from scanner.decoder import LINEAR, decode

Grey = NDArray[np.uint8]
Read = Callable[[Grey], Iterable[str]]

EACH = 20  # frames of each of five kinds of code with each of twelve kinds of damage
SEED = 2026


def _zxing(grey: Grey) -> list[str]:
    found = decode(grey, LINEAR).symbols
    return [one.text for one in found if grammar.accepted(one.text, one.symbology)]


def _zbar(grey: Grey) -> list[str]:
    return [one.text for one, _ in zbar.read(grey, LINEAR) if grammar.accepted(one.text, one.symbology)]


def _pair(grey: Grey) -> list[str]:
    return [one.text for one in linear.read(grey, LINEAR)]


READERS: dict[str, Read] = {"zxing": _zxing, "zbar": _zbar, "pair": _pair}


def linear_codes(each: int = EACH, seed: int = SEED) -> dict[str, float]:
    """Codes read, readings that are wrong, and milliseconds a frame, for each reader and for the pair.

    A reader alone is given every help that needs no second one: its reading counts only where check digits
    and GS1 grammar are right. `strong` is GS1-128, `weak` EAN-13, EAN-8, ITF-14 and Code 128 of 20 digits.
    """
    count: Counter[str] = Counter()
    spent = dict.fromkeys(READERS, 0.0)
    for frame in [*damaged(seed, each), *negatives(seed, 3 * each)]:
        group = "strong" if frame.format == "GS1-128" else "weak"
        count["frames"] += 1
        count[f"{group}_codes"] += bool(frame.text)
        for name, read in READERS.items():
            start = time.perf_counter()
            texts = set(read(frame.grey))
            spent[name] += time.perf_counter() - start
            _score(count, frame, name, group, texts)
    figures: dict[str, float] = {"linear_frames": count["frames"]}
    for group in ("strong", "weak"):
        figures[f"linear_{group}_codes"] = count[f"{group}_codes"]
        for name in READERS:
            figures[f"linear_{group}_read_{name}"] = count[f"{group}_read_{name}"]
    for name in READERS:
        figures[f"linear_misread_{name}"] = count[f"misread_{name}"]
    for name in READERS:
        figures[f"linear_ms_{name}"] = spent[name] / count["frames"] * 1000
    return figures


def _score(count: Counter[str], frame: Frame, name: str, group: str, texts: set[str]) -> None:
    count[f"{group}_read_{name}"] += frame.text in texts
    count[f"misread_{name}"] += len(texts - {frame.text})
