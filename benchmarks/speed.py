"""Milliseconds a frame, and what a second thread gives."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from benchmarks import frames, lens, packs
from benchmarks.damage import AXES, Damage
from benchmarks.reading import Tally, ours
from scanner.reader import BUDGET

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Say: TypeAlias = Callable[[str], None]
Figures: TypeAlias = dict[str, Any]

SIZES = {"480p": (640, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
_FRAMES, _TIMES = 7, 3
_ROUNDS = 5


def _timed_frames(kind: str, size: tuple[int, int], seed: int) -> list[tuple[Grey, list[str]]]:
    """Frames of one kind, each with its messages."""
    made = []
    for number in range(_FRAMES):
        rng = np.random.default_rng((seed, 100, number))
        if kind == "easy":
            frame = frames.pictured(packs.bare(packs.pack_code(rng), rng), Damage(module=4), rng, size)
            made.append((frame.grey, [frame.text]))
        elif kind == "label text":
            frame = frames.seen(Damage(module=4), rng, size)
            made.append((frame.grey, [frame.text]))
        else:
            light = lens.table(size, rng) * lens.fall_off(size, rng, 0.2)
            made.append((lens.expose(light, rng, noise=2.5, white=210), []))
    return made


def times(seed: int, say: Say) -> Figures:
    """Medians of milliseconds a frame with the reader's default budget."""
    say(
        f"\nms a frame, median of {_FRAMES} frames {_TIMES} times, ours (budget {BUDGET} s) / plain zxing-cpp"
    )
    say(f"{'':14}" + "".join(f"{name:>16}" for name in SIZES))
    found: Figures = {}
    wrong: list[str] = []
    for kind in ("easy", "label text", "empty"):
        line = f"{kind:14}"
        for name, size in SIZES.items():
            tally = Tally()
            for grey, texts in _timed_frames(kind, size, seed) * _TIMES:
                tally.show(grey, texts, BUDGET)
            mine, other = statistics.median(tally.ours.ms), statistics.median(tally.anchor.ms)
            key = name if kind == "easy" else f"{kind.replace(' ', '_')}_{name}"
            found |= {f"ms_{key}": mine, f"anchor_ms_{key}": other}
            wrong += tally.ours.wrong
            line += f"{mine:8.1f} /{other:6.1f}"
        say(line)
    return {**found, "wrong": wrong}


def threads(seed: int, say: Say) -> Figures:
    """How many times as much two threads, and two processes, read in a second as one does. What two processes reach
    is all that the host's cores have to give. Each reads all frames: easy ones, and damaged ones to the end."""
    _prepare(seed)
    spawn = multiprocessing.get_context("spawn")
    found: Figures = {}
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, spawn, _prepare, (seed,)) as processes:
        for kind in ("easy", "damaged"):
            for pool in (threads, processes):  # until all have made their frames
                _seconds(pool, kind, 2)
            # By turns, because a host is busier at one time than at another; the quickest was disturbed least.
            rounds = [
                [_seconds(threads, kind, 1), _seconds(threads, kind, 2),
                 _seconds(processes, kind, 1), _seconds(processes, kind, 2)]
                for _ in range(_ROUNDS)
            ]  # fmt: skip
            one, two, alone, apart = (min(column) for column in zip(*rounds, strict=True))
            found |= {f"two_threads_{kind}": 2 * one / two, f"two_processes_{kind}": 2 * alone / apart}
    say("\ntwo read so many times as much as one: threads / processes")
    for kind, what in (("easy", "easy 720p frames"), ("damaged", "damaged frames, no budget")):
        say(f"{what:28}{found[f'two_threads_{kind}']:.2f} / {found[f'two_processes_{kind}']:.2f}")
    return found


_batch: dict[str, list[Grey]] = {}


def _prepare(seed: int) -> None:
    """Make the frames that `threads` reads, in each process once."""
    _batch["easy"] = [grey for grey, _ in _timed_frames("easy", SIZES["720p"], seed)] * _TIMES
    _batch["damaged"] = [
        frames.damaged(axis, steps[len(steps) // 2], np.random.default_rng((seed, 300))).grey
        for axis, steps in AXES.items()
    ]


def _read(kind: str) -> None:
    for grey in _batch[kind]:
        ours(grey, None)


def _seconds(pool: Executor, kind: str, hands: int) -> float:
    """Until so many have each read all frames."""
    start = time.perf_counter()
    list(pool.map(_read, [kind] * hands))
    return time.perf_counter() - start
