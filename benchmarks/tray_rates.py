"""Trays of 48 codes: how many of them one picture gives, and how many a second of video."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from benchmarks.reading import Tally
from benchmarks.trays import Tray, picture, set_out, tray, unsteady
from scanner.accumulation import Exposure
from scanner.camera import Frame, Shot, follow
from scanner.tracking import Tracker

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Say: TypeAlias = Callable[[str], None]
Figures: TypeAlias = dict[str, Any]

TRAYS, FILMS = 4, 2  # of each kind, and of the hard kind in an unsteady hand
BUDGET, VIDEO_BUDGET = 2.0, 0.25  # seconds a frame
RATE = 25  # frames of video a second
_MARKS = (1, 5, 10, 25)
_FIRST = 12  # places that a frame's reader is told to look at first


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


@lru_cache(maxsize=1)
def _laid(seed: tuple[int, ...]) -> Tray:
    """A hard tray, which every worker sets out for itself, once."""
    return set_out("hard", np.random.default_rng(seed))


def _film_frame(seed: tuple[int, ...], number: int) -> tuple[Grey, list[str]]:
    """One frame of a hard tray in an unsteady hand."""
    laid = _laid(seed)
    hold = list(unsteady(RATE, np.random.default_rng((*seed, 1))))[number]
    return picture(laid, np.random.default_rng((*seed, 2, number)), hold), laid.texts


def _video(seed: int, pool: Executor, say: Say) -> Figures:
    """What accumulates over the frames, and within a second when frames that come while it reads are lost."""
    shown = 0
    known = dict.fromkeys(_MARKS, 0)
    live = looked = 0
    wrong: set[str] = set()
    for number in range(FILMS):
        made = list(pool.map(_film_frame, [(seed, 500, number)] * RATE, range(RATE)))
        film, texts = [grey for grey, _ in made], set(made[0][1])
        grown = accumulated(film)
        second, taken = _live(film)
        shown += len(texts)
        known = {mark: count + len(grown[mark - 1] & texts) for mark, count in known.items()}
        live, looked = live + len(second & texts), looked + taken
        wrong |= (grown[-1] | second) - texts
    say(f"\n{FILMS} hard trays in an unsteady hand, share known after frames (budget {VIDEO_BUDGET} s each)")
    line = "  ".join(f"{mark}: {count / shown:.1%}" for mark, count in known.items())
    say(f"{line}   within a second, live: {live / shown:.1%}, {looked / FILMS:g} frames")
    return {
        **{f"tray_rate_after_{mark}": count / shown for mark, count in known.items()},
        "tray_rate_live_second": live / shown,
        "wrong": sorted(wrong),
    }


def accumulated(film: Iterable[Grey]) -> list[set[str]]:
    """The distinct messages known after each frame, as a tracker counts them."""
    tracker, exposure = Tracker(), Exposure()
    grown = []
    for number, grey in enumerate(film):
        grown.append(_followed(tracker, exposure, grey, number / RATE))
    return grown


def _followed(tracker: Tracker, exposure: Exposure, grey: Grey, at: float) -> set[str]:
    """One more frame, the places not read yet first; the messages known then."""
    first = [track.corners for track in tracker.wanted(_FIRST)]
    tracker.update(exposure.look(grey, at, VIDEO_BUDGET, first=first), at)
    return _texts(tracker)


def _live(film: Sequence[Grey]) -> tuple[set[str], int]:
    """The messages known, and the frames read, when one second of video is followed as it comes."""
    tracker, known, looked = Tracker(), set[str](), 0
    camera = _Camera([np.repeat(grey[..., None], 3, axis=2) for grey in film])
    for _ in follow(camera.shots(), tracker, budget=VIDEO_BUDGET, live=True):
        if camera.seconds < 1:
            known, looked = _texts(tracker), looked + 1
    return known, looked


class _Camera:
    """Gives the frames of a film at their time; of those that came while nobody asked, the last."""

    def __init__(self, film: Sequence[Frame]) -> None:
        self._film = film
        self._start = 0.0

    @property
    def seconds(self) -> float:
        """Since its first frame."""
        return perf_counter() - self._start

    def shots(self) -> Iterator[Shot]:
        self._start = perf_counter()
        number = 0
        while number < len(self._film):
            sleep(max(0.0, number / RATE - self.seconds))
            yield Shot(self._film[number], number / RATE)
            number = max(number + 1, int(self.seconds * RATE))


def _texts(tracker: Tracker) -> set[str]:
    return {track.symbol.text for track in tracker.codes if track.symbol is not None}
