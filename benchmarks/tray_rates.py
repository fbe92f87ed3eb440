"""Trays of 48 codes: how many of them one picture gives, and how many a second of video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from benchmarks.reading import Tally, ours
from benchmarks.trays import picture, set_out, tray, unsteady

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Say: TypeAlias = Callable[[str], None]
Figures: TypeAlias = dict[str, Any]

TRAYS = 4  # of each kind
BUDGET, VIDEO_BUDGET = 2.0, 0.25  # seconds a frame
RATE = 25  # frames of video a second
_MARKS = (1, 5, 10, 25)


def full_trays(seed: int, pool: Executor, say: Say) -> Figures:
    """Shares of the codes of easy and of hard trays read in one picture, and over a second of video."""
    say(f"\n48 codes of 2 px a module in one 1080p frame, {TRAYS} trays, share read (budget {BUDGET} s)")
    found: Figures = {}
    wrong: list[str] = []
    for kind, key in (("easy", "easy_tray"), ("hard", "tray")):
        tally = Tally()
        for grey, texts in pool.map(_tray, [kind] * TRAYS, [(seed, 400, n) for n in range(TRAYS)]):
            tally.show(grey, texts, BUDGET)
        wrong += tally.ours.wrong
        found |= {f"{key}_rate": tally.rate, f"anchor_{key}_rate": tally.anchor_rate}
        found |= {f"{key}_ms": tally.ours.mean_ms, f"anchor_{key}_ms": tally.anchor.mean_ms}
        milliseconds = f"{tally.ours.mean_ms:.0f} / {tally.anchor.mean_ms:.0f} ms"
        say(f"{kind:14}{tally.rate:5.1%} / {tally.anchor_rate:5.1%}   {milliseconds}")
    video = _video(seed, pool, say)
    return {**found, **video, "wrong": wrong + video["wrong"]}


def _tray(kind: str, seed: tuple[int, ...]) -> tuple[Grey, list[str]]:
    return tray(kind, np.random.default_rng(seed))


def _film_frame(seed: tuple[int, ...], number: int) -> tuple[Grey, list[str]]:
    """One frame of the hard tray in an unsteady hand; each worker sets the same tray out for itself."""
    laid = set_out("hard", np.random.default_rng(seed))
    hold = list(unsteady(RATE, np.random.default_rng((*seed, 1))))[number]
    return picture(laid, np.random.default_rng((*seed, 2, number)), hold), laid.texts


def _video(seed: int, pool: Executor, say: Say) -> Figures:
    """What accumulates over the frames, and over one second when frames that come while it reads are lost."""
    made = list(pool.map(_film_frame, [(seed, 500)] * RATE, range(RATE)))
    film, texts = [grey for grey, _ in made], made[0][1]
    grown = accumulated(film, lambda grey: ours(grey, VIDEO_BUDGET))
    right = [len(seen & set(texts)) / len(texts) for seen in grown]
    live, taken = _live(film, set(texts))
    say(
        f"\nhard tray in an unsteady hand, codes known after so many frames (budget {VIDEO_BUDGET} s a frame)"
    )
    say(
        "  ".join(f"{n}: {right[n - 1]:.1%}" for n in _MARKS)
        + f"   within a second, live: {live:.1%}, {taken} frames"
    )
    return {
        **{f"tray_rate_after_{n}": right[n - 1] for n in _MARKS},
        "tray_rate_live_second": live,
        "wrong": sorted(grown[-1] - set(texts)),
    }


def accumulated(film: Iterable[Grey], read: Callable[[Grey], Sequence[str]]) -> list[set[str]]:
    """The distinct messages known after each frame."""
    known: set[str] = set()
    grown = []
    for grey in film:
        known |= set(read(grey))
        grown.append(set(known))
    return grown


def _live(film: Sequence[Grey], texts: set[str]) -> tuple[float, int]:
    """Share known, and frames looked at, when one second of video is read as it comes."""
    known: set[str] = set()
    start, taken = perf_counter(), 0
    while (number := int((perf_counter() - start) * RATE)) < len(film):
        known |= set(ours(film[number], VIDEO_BUDGET))
        taken += 1
        # The next frame is not there before its time.
        while int((perf_counter() - start) * RATE) == number:
            pass
    return len(known & texts) / len(texts), taken
