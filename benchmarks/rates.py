"""Rates on damaged codes by axis and severity, and misreads where there is nothing to read."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeAlias

import numpy as np

from benchmarks import frames
from benchmarks.damage import AXES
from benchmarks.negatives import FAMILIES, negative
from benchmarks.reading import Tally
from benchmarks.scenes import CAMERAS, Scene, scene

Say: TypeAlias = Callable[[str], None]
Figures: TypeAlias = dict[str, Any]

BUDGET = 0.5  # seconds for a frame of one damaged code
NEGATIVE_BUDGET = 0.25
PHOTOGRAPH_BUDGET = 2.0


def _damaged(axis: str, severity: float, seed: tuple[int, ...]) -> frames.Frame:
    return frames.damaged(axis, severity, np.random.default_rng(seed))


def damaged_codes(seed: int, count: int, pool: Executor, say: Say) -> Figures:
    """Rates for every axis and severity; along an axis the same packs return, ever more damaged."""
    say(f"\nshare read, {count} frames a severity, ours (budget {BUDGET} s) / plain zxing-cpp")
    say(f"{'':14}{'rate':>11}{'ms':>13}   by severity")
    axes: Figures = {}
    wrong: list[str] = []
    anchor_wrong = 0
    for number, axis in enumerate(AXES):
        steps = {severity: Tally() for severity in AXES[axis]}
        jobs = [(severity, (seed, number, n)) for severity in steps for n in range(count)]
        # A batch is made before it is read: nothing else runs while a reader is timed.
        made = list(pool.map(_damaged, [axis] * len(jobs), *zip(*jobs, strict=True)))
        for (severity, _), frame in zip(jobs, made, strict=True):
            steps[severity].show(frame.grey, [frame.text], BUDGET)
        axes[axis] = _axis(steps)
        wrong += [text for tally in steps.values() for text in tally.ours.wrong]
        anchor_wrong += sum(len(tally.anchor.wrong) for tally in steps.values())
        say(_axis_line(axis, axes[axis]))
    rate, anchor_rate = (
        statistics.fmean(axis[key] for axis in axes.values()) for key in ("rate", "anchor_rate")
    )
    say(f"{'mean over axes':14}{rate:5.1%} /{anchor_rate:6.1%}   misreads {len(wrong)} / {anchor_wrong}")
    return {"rate": rate, "anchor_rate": anchor_rate, "axes": axes, "wrong": wrong}


def _axis(steps: dict[float, Tally]) -> Figures:
    tallies = list(steps.values())
    return {
        "rate": statistics.fmean(tally.rate for tally in tallies),
        "anchor_rate": statistics.fmean(tally.anchor_rate for tally in tallies),
        "ms": statistics.fmean(tally.ours.mean_ms for tally in tallies),
        "anchor_ms": statistics.fmean(tally.anchor.mean_ms for tally in tallies),
        "misreads": sum(len(tally.ours.wrong) for tally in tallies),
        "severities": {
            f"{severity:g}": {"rate": tally.rate, "anchor_rate": tally.anchor_rate}
            for severity, tally in steps.items()
        },
    }


def _axis_line(axis: str, found: Figures) -> str:
    steps = "  ".join(
        f"{severity}: {100 * step['rate']:.0f}/{100 * step['anchor_rate']:.0f}"
        for severity, step in found["severities"].items()
    )
    rates = f"{100 * found['rate']:5.0f} /{100 * found['anchor_rate']:4.0f}"
    return f"{axis:14}{rates}{found['ms']:7.0f} /{found['anchor_ms']:4.0f}   {steps}"


def photographs(seed: int, count: int, pool: Executor, say: Say) -> Figures:
    """Shares of the codes read in photographs of cartons, by camera; `count` a camera."""
    say(f"\nphotographs of cartons, {count} a camera, share read (budget {PHOTOGRAPH_BUDGET} s)")
    taken: list[Tally] = []
    for number, camera in enumerate(CAMERAS):
        tally = Tally()
        seeds = [(seed, 500, number, n) for n in range(count)]
        for one in list(pool.map(_scene, [camera] * count, seeds)):
            tally.show(one.grey, one.texts, PHOTOGRAPH_BUDGET)
        taken.append(tally)
        milliseconds = f"{tally.ours.mean_ms:.0f} / {tally.anchor.mean_ms:.0f} ms"
        say(f"{camera:14}{tally.rate:5.1%} /{tally.anchor_rate:6.1%}   {milliseconds}")
    shown = sum(tally.shown for tally in taken)
    return {
        "photograph_rate": sum(tally.ours.read for tally in taken) / shown,
        "anchor_photograph_rate": sum(tally.anchor.read for tally in taken) / shown,
        "wrong": [text for tally in taken for text in tally.ours.wrong],
    }


def _scene(camera: str, seed: tuple[int, ...]) -> Scene:
    return scene(camera, np.random.default_rng(seed))


def nothing_to_read(seed: int, count: int, pool: Executor, say: Say) -> Figures:
    """Messages that both readers find in pictures without a code, by family; not timed, so all cores read."""
    names = [list(FAMILIES)[n % len(FAMILIES)] for n in range(count)]
    jobs = pool.map(_misread, names, [(seed, 200, n) for n in range(count)], chunksize=8)
    mine: Counter[str] = Counter()
    others: Counter[str] = Counter()
    wrong: list[str] = []
    for name, (texts, anchor_texts) in zip(names, jobs, strict=True):
        mine[name] += len(texts)
        others[name] += len(anchor_texts)
        wrong += texts
    say(
        f"\nmisreads in {count} pictures of {len(FAMILIES)} kinds without a code (budget {NEGATIVE_BUDGET} s)"
    )
    say(f"{'ours':14}{len(wrong):6}  {_nonzero(mine)}")
    say(f"{'zxing-cpp':14}{others.total():6}  {_nonzero(others)}")
    return {
        "negatives": count,
        "negative_misreads": {name: n for name, n in mine.items() if n},
        "anchor_negative_misreads": others.total(),
        "wrong": wrong,
    }


def _misread(family: str, seed: tuple[int, ...]) -> tuple[list[str], list[str]]:
    tally = Tally()
    tally.show(negative(family, np.random.default_rng(seed)), [], NEGATIVE_BUDGET)
    return tally.ours.wrong, tally.anchor.wrong


def _nonzero(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items() if n)
