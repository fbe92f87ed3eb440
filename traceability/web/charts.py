"""The geometry of plots: numbers to bars, in the units of an SVG's viewBox. Each plot has its table."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 1000.0, 160.0


class Bar(NamedTuple):
    """One bar: where it stands, how high it is, and what it says."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


class Plot(NamedTuple):
    """Bars side by side, and the highest value with a round number above it."""

    bars: list[Bar]
    top: int


def bars(labels: Sequence[str], series: Sequence[Sequence[int]], titles: Sequence[Sequence[str]]) -> Plot:
    """Groups of bars, one a label with one bar a series. `titles` say each bar in words."""
    top = round_above(max((value for values in series for value in values), default=0))
    group = WIDTH / max(1, len(labels))
    width = group * 0.8 / max(1, len(series))
    made = []
    for number, values in enumerate(series):
        for place, value in enumerate(values):
            height = HEIGHT * value / top
            x = group * (place + 0.1) + width * number
            made.append(
                Bar(
                    round(x, 2),
                    round(HEIGHT - height, 2),
                    round(width, 2),
                    round(height, 2),
                    number,
                    titles[number][place],
                )
            )
    return Plot(made, top)


def round_above(value: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 … that is not below a value."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if value <= factor * step:
                return factor * step
        step *= 10
