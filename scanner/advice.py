"""What would help to read a place: come closer, more light, hold still, tilt away the shine.

Judged on nothing but the picture of the place, whose outline may be loose. The limits were measured on
generated pictures of a pack code (24 modules a side, lens blur 0.5 to 0.8 px, noise 3 grey levels, turned by
up to 20 degrees, outlines up to a quarter too large), at the point at which the reader stops reading.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from scanner import enhance
from scanner.symbols import Corners

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Floats: TypeAlias = "NDArray[np.float32]"
Code: TypeAlias = Literal["closer", "light", "still", "shine", ""]

_SMALLEST = 8  # pixels a side below which nothing can be measured: come closer
_SPECTRUM = 256  # pixels a side of the picture whose spectrum is taken
_ACROSS, _SPREAD = 24.0, 0.6  # modules across a pack code and its outline, and how far it may be off (log)
_CLEAR_LINE = 3.0  # of a spectrum's line above its surroundings; blur of 0.6 modules leaves about that
_WHITE = 248  # grey level from which on a sensor is taken to be saturated
_RIM = 0.18  # of the outline on each side, which may lie outside of the code
_BLOB = 0.16  # of the outline's side: four modules, which hardly ever are all light
_SHINE = 0.05  # share of the outline in such blobs
_FAINT, _DIM = 22.0, 40.0  # contrast, and grey level of the paper, below which light is what lacks
_NOISY = 3.0  # contrast over noise
_SMEARED = 0.65  # evenness; a symbol tilted by 70 degrees has 0.72, motion over two modules 0.57
_LENS = 1.25  # pixels; blur that no better focus would take away
_BLURRED = 0.45  # blur in modules; 0.4 reads, 0.6 does not
_FINE, _SMALL = 2.0, 3.0  # pixels a module: surely, and perhaps, too small


@dataclass(frozen=True, slots=True)
class Advice:
    """`code` is what would help, empty where nothing measured explains why the place is not read.

    `module` is the size of a module in pixels, from the spectrum of the edges where it has a clear line, else
    what a pack code of this size would have. `blur` is the standard deviation of the blur in pixels, across
    the sharpest edges. `evenness` compares the edges of the two directions that differ most: 1 as sharp, near
    0 smeared along one of them (motion). `contrast` and `noise` are in grey levels, `paper` is the grey level
    of the lightest part, `shine` the share of the outline in which the sensor is saturated over several
    modules.
    """

    code: Code
    module: float
    blur: float
    evenness: float
    contrast: float
    noise: float
    paper: float
    shine: float


def advise(grey: Grey, corners: Corners) -> Advice:
    """Measure the place with these corners (x, y) in a grey picture and say what would help.

    Takes 3 to 6 ms. A place outside of the picture, or of a few pixels, only ever is too small.
    """
    piece = _piece(grey, corners)
    if min(piece.shape) < _SMALLEST:
        return Advice("closer", max(piece.shape) / _ACROSS, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    values = piece.astype(np.float32)
    dark, light = (float(level) for level in np.percentile(values, (5, 95)))
    noise = _noise(values)
    blur, evenness = _edges(values, light - dark, noise)
    measured = {
        "module": _module(piece),
        "blur": blur,
        "evenness": evenness,
        # Noise alone spreads the levels by 3.3 standard deviations.
        "contrast": max(0.0, light - dark - 3.3 * noise),
        "noise": noise,
        "paper": light,
        "shine": _shine(values),
    }
    return Advice(_code(**measured), **measured)


def _code(
    *, module: float, blur: float, evenness: float, contrast: float, noise: float, paper: float, shine: float
) -> Code:
    """The cause that hides the others comes first."""
    if shine >= _SHINE:
        return "shine"
    if contrast < max(_FAINT, _NOISY * noise) or paper < _DIM:
        return "light"
    if evenness < _SMEARED:
        return "still"
    if module < _FINE:
        return "closer"
    if blur > _BLURRED * module and blur > _LENS:
        return "still"  # out of focus: cameras find it again on a picture that stands still
    return "closer" if module < _SMALL else ""


def _piece(grey: Grey, corners: Corners) -> Grey:
    """The box about the corners, as far as it lies in the picture."""
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, top = max(0, math.floor(min(xs))), max(0, math.floor(min(ys)))
    return grey[top : max(0, math.ceil(max(ys)) + 1), left : max(0, math.ceil(max(xs)) + 1)]


def _noise(values: Floats) -> float:
    """Standard deviation of the noise (Immerkaer 1996); fine print counts as noise below 2 px a module."""
    rows = values[:-2] - 2 * values[1:-1] + values[2:]
    mixed = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]
    return float(np.abs(mixed).mean() * math.sqrt(math.pi / 2) / 6)


def _edges(values: Floats, contrast: float, noise: float) -> tuple[float, float]:
    """Blur across the sharpest edges in pixels, and evenness of the two directions."""
    across = (values[1:-1, 2:] - values[1:-1, :-2]) / 2
    down = (values[2:, 1:-1] - values[:-2, 1:-1]) / 2
    steepest = float(np.percentile(np.hypot(across, down), 98))
    # The steepest slope of a step of height h blurred by sigma is h / (sigma sqrt(2 pi)).
    blur = contrast / (math.sqrt(2 * math.pi) * max(steepest, 1e-3))
    xx, yy, xy = (float(np.mean(product)) for product in (across * across, down * down, across * down))
    mean, swing = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    floor = min(noise**2 / 2, 0.5 * (mean - swing))  # what noise adds to either direction
    most, least = mean + swing - floor, mean - swing - floor
    return blur, math.sqrt(max(0.0, least) / most) if most > 0 else 1.0


def _shine(values: Floats) -> float:
    """Share of the squares of about four modules a side that are saturated throughout."""
    side = max(3, round(max(values.shape) * _BLOB))
    # Paper about the code may well be white; between its modules it is not over so wide a stretch.
    rows, columns = (round(length * _RIM) for length in values.shape)
    inner = values[rows : values.shape[0] - rows, columns : values.shape[1] - columns]
    if min(inner.shape) < side:
        return 0.0
    sums = np.pad((inner >= _WHITE).astype(np.float64), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return float(np.mean(inside >= 0.98 * side**2))


def _module(piece: Grey) -> float:
    """Pixels a module: edges lie on the lines of a grid, in two directions at right angles."""
    scale = min(2.0, _SPECTRUM / max(piece.shape))
    large = enhance.blur(enhance.resize(piece, scale), 0.8).astype(np.float32)
    steps_down, steps_across = np.gradient(large)
    edges = np.hypot(steps_across, steps_down)
    edges = (edges - edges.mean()) * np.hanning(edges.shape[0])[:, None] * np.hanning(edges.shape[1])
    spectrum = np.abs(np.fft.fft2(edges, (_SPECTRUM, _SPECTRUM)))
    strength, lines = _grid_lines(spectrum)
    side = max(large.shape)
    modules = side * lines / _SPECTRUM  # across the piece
    # Twice and 1.4 times the true number have lines as well: mostly, a pack code tells which is meant.
    likely = strength * np.exp(-0.5 * (np.log(modules / _ACROSS) / _SPREAD) ** 2)
    best = int(np.argmax(likely))
    found = modules[best] if likely[best] >= _CLEAR_LINE else _ACROSS
    return float(max(piece.shape) / found)


def _grid_lines(spectrum: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much stronger each spacing of lines is than its surroundings, at the turn that suits it best.

    Returns strengths and spacings, the latter as lines over the width of the spectrum.
    """
    lines = np.arange(6.0, _SPECTRUM * 0.45, 0.5)
    turns = np.radians(np.arange(0.0, 180.0, 2.0))
    rows = np.rint(lines * np.sin(turns)[:, None]).astype(int) % _SPECTRUM
    columns = np.rint(lines * np.cos(turns)[:, None]).astype(int) % _SPECTRUM
    polar = spectrum[rows, columns]
    both = np.sqrt(polar * np.roll(polar, len(turns) // 2, axis=0))[: len(turns) // 2]
    floor = np.median(both, axis=0)
    window = np.ones(33) / 33
    smooth = np.convolve(np.pad(floor, 16, mode="edge"), window, mode="valid")
    return both.max(axis=0) / np.maximum(smooth, 1e-6), lines
