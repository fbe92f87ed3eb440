"""How well and how fast the scanner reads, beside plain zxing-cpp on the same pictures.

Pictures are made by all cores; whatever is timed runs alone, the two readers by turns.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeAlias

from benchmarks.rates import damaged_codes, nothing_to_read, photographs
from benchmarks.speed import threads, times
from benchmarks.tray_rates import full_trays

Say: TypeAlias = Callable[[str], None]
Figures: TypeAlias = dict[str, Any]

NEGATIVES = 2_100


def scan(seed: int, frames: int, say: Say) -> Figures:
    """Every figure of the scanner; `frames` for each severity. `say` takes the report line by line."""
    # Spawned: the fork of a process with threads of its own may hang.
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        parts = [
            damaged_codes(seed, frames, pool, say),
            photographs(seed, frames, pool, say),
            times(seed, say),
            full_trays(seed, pool, say),
            threads(seed, say),
            nothing_to_read(seed, NEGATIVES, pool, say),
        ]
    wrong = [text for part in parts for text in part.pop("wrong", ())]
    say(f"\nmisreads altogether: {len(wrong)}" + "".join(f"\n  {text!r}" for text in wrong[:20]))
    found = {key: value for part in parts for key, value in part.items()}
    return {"seed": seed, "frames": frames, **_rounded(found), "misreads": len(wrong)}


def _rounded(figures: Figures) -> Figures:
    """The figures to three decimals, at every depth."""
    return {
        key: _rounded(value) if isinstance(value, dict) else round(value, 3) for key, value in figures.items()
    }
