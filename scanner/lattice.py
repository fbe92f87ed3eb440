"""Where the modules of an unread code lie, found from the lattice of their edges and not from its finder.

1. The strength of edges, transformed by Fourier: a code of any content shows two peaks, whose places give
   the direction and the pitch of its rows and columns (`peaks`).
2. The phase of each of the two waves, place by place, follows tilt and curvature (`follow`).
3. The values at the crossings of the waves are the modules and what surrounds them (`Lattice.sample`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"
Wave: TypeAlias = tuple[float, float]  # cycles a pixel along x and y

SIDE = 256  # pixels of the square piece that is looked at
_REACH = SIDE * 0.44  # pixels from its middle to which a lattice is followed
_FINEST, _COARSEST = 1 / 2.6, 1 / 26  # cycles a pixel: pitches of 2.6 to 26 pixels
_MOST_PEAKS = 8
# Shares of the reach and degrees of the surfaces: small steps, because a phase is known but for whole turns.
_GROWTH = (
    (0.0, 0), (0.15, 1), (0.2, 2), (0.25, 2), (0.3, 3), (0.36, 3), (0.43, 3), (0.5, 4), (0.58, 4), (0.68, 4),
    (0.8, 4),
)  # fmt: skip
# Modules: deviation of the window in which a phase is measured. Wide at first, for a sure beginning; narrower
# further out, where lines run closer together.
_WIDEST, _NARROWEST, _NARROWING = 2.2, 1.2, 1.5
_MISSED = 0.25  # turns from the surface beyond which a phase is another line's
# At these shares of the reach: mean cosine of the phases left, and share of nodes where both waves are strong,
# below which it is no lattice. Of 132 lattices along which squares were read, 1 in 100 had less than 0.94 and
# 0.59, and 0.80 and 0.73; an oblong code fills less. Half of those of text are lost at the first.
_DOUBTS = {0.3: (0.9, 0.5), 0.5: (0.76, 0.4)}
_WEAK = 0.35  # of the strength of the strong nodes, below which there is no code
_SUBPIXEL = np.array([-0.22, 0.0, 0.22], np.float32)  # of a module: nine samples each


_DEGREE = 4  # of the surfaces that are fitted
_POWERS = np.arange(_DEGREE + 1)


def _orders(degree: int) -> list[tuple[int, int]]:
    """Powers of u and v in the terms 1, u, v, uu, uv, vv, ... up to `degree`."""
    return [(total - k, k) for total in range(degree + 1) for k in range(total + 1)]


_ORDERS = tuple(np.array(_orders(_DEGREE)).T[::-1])  # of t, then of s


def _terms(u: Any, v: Any, degree: int) -> Any:
    """1, u, v, uu, uv, vv, ... up to `degree`, in the last axis."""
    powers_u, powers_v = [np.ones_like(u)], [np.ones_like(v)]
    for _ in range(degree):
        powers_u.append(powers_u[-1] * u)
        powers_v.append(powers_v[-1] * v)
    return np.stack([powers_u[i] * powers_v[j] for i, j in _orders(degree)], axis=-1)


# Nodes at which phases are taken: every _STEP pixels of the piece.
_STEP = 4
_NODES = SIDE // _STEP
_MIDDLE = (SIDE - 1) / 2
_ALONG = np.arange(_NODES) * _STEP + (_STEP - 1) / 2
_U, _V = np.meshgrid(*[(_ALONG - _MIDDLE) / _MIDDLE] * 2)
_TERMS = np.ascontiguousarray(_terms(_U, _V, _DEGREE).reshape(_NODES**2, -1).T, np.float32)  # terms x nodes
# Knots: every other node, to which surfaces are fitted.
_KNOTS = (slice(None, None, 2), slice(None, None, 2))
_KNOT_TERMS = np.ascontiguousarray(_TERMS.reshape(-1, _NODES, _NODES)[:, *_KNOTS].reshape(len(_TERMS), -1))
# Products of two terms are terms of twice the degree: the normal equations of a fit are sums of those.
_PRODUCTS = _terms(_U[_KNOTS], _V[_KNOTS], 2 * _DEGREE)
_PRODUCTS = np.ascontiguousarray(_PRODUCTS.reshape(-1, _PRODUCTS.shape[-1]).T, np.float32)
_PRODUCT_OF = np.array([
    [_orders(2 * _DEGREE).index((i + k, j + m)) for k, m in _orders(_DEGREE)] for i, j in _orders(_DEGREE)
])  # fmt: skip
_X, _Y = np.meshgrid(_ALONG[::2], _ALONG[::2])
_AWAY = np.hypot(_X - _MIDDLE, _Y - _MIDDLE)
_INNER = (slice(SIDE // 4, SIDE - SIDE // 4, 4),) * 2
_PIXELS = np.arange(SIDE, dtype=np.float32)
_TURN = 2 * np.pi

# The window through which the piece is looked at, and the frequencies that a code may have, in rings.
_BELL = np.exp(-0.5 * ((np.arange(SIDE) - _MIDDLE) / (SIDE * 0.22)) ** 2).astype(np.float32)
_BELL = _BELL[:, None] * _BELL[None, :]
_RADIUS = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None, :])
_OUTSIDE = (_RADIUS > _FINEST) | (_RADIUS < _COARSEST)
_RINGS = (_RADIUS * SIDE).astype(np.intp)
_RING_SIZES = np.maximum(1, np.bincount(_RINGS.ravel(), ~_OUTSIDE.ravel()))


@dataclass(frozen=True, slots=True)
class Lattice:
    """Cells of a lattice in a piece: cell (row, column) covers the crossings row..row+1, column..column+1.

    `across` and `down` are the polynomials that give x and y in the piece from (column, row); `columns`
    and `rows` are the ranges of cells that have been followed, as (first, one past the last).
    """

    across: NDArray[np.float64]
    down: NDArray[np.float64]
    columns: tuple[int, int]
    rows: tuple[int, int]
    centre: tuple[float, float]
    spread: float

    def place(self, s: NDArray[np.float64], t: NDArray[np.float64]) -> tuple[Any, Any]:
        """x and y in the piece of lattice coordinates (column, row), which may be fractions."""
        terms = _terms((s - self.centre[0]) / self.spread, (t - self.centre[1]) / self.spread, _DEGREE)
        return terms @ self.across, terms @ self.down

    def map(self, s: Any, t: Any) -> tuple[Floats, Floats]:
        """x and y of all crossings of columns `s` with rows `t`: as `place`, but a product of matrices."""
        powers_s = (((s - self.centre[0]) / self.spread)[:, None] ** _POWERS).T
        powers_t = ((t - self.centre[1]) / self.spread)[:, None] ** _POWERS
        x, y = np.zeros((2, _DEGREE + 1, _DEGREE + 1))
        x[_ORDERS], y[_ORDERS] = self.across, self.down
        return (powers_t @ x @ powers_s).astype(np.float32), (powers_t @ y @ powers_s).astype(np.float32)

    def sample(self, cv2: Any, piece: Floats) -> tuple[Floats, Floats, Floats]:
        """Mean of each cell, how far its darkest and its lightest third lie from that, and its unevenness
        (standard deviation), all of nine samples; rows x columns."""
        s = np.arange(*self.columns)[:, None] + 0.5 + _SUBPIXEL[None, :]
        t = np.arange(*self.rows)[:, None] + 0.5 + _SUBPIXEL[None, :]
        x, y = self.map(s.ravel(), t.ravel())
        seen = cv2.remap(piece, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cells = seen.reshape(len(t), 3, len(s), 3)
        mean = cells.mean(axis=(1, 3))
        ordered = np.sort(cells.transpose(0, 2, 1, 3).reshape(*mean.shape, 9), axis=2)
        ends = np.stack([ordered[:, :, :3].mean(axis=2) - mean, ordered[:, :, 6:].mean(axis=2) - mean])
        return mean, ends, cells.std(axis=(1, 3))


def edge_strength(cv2: Any, piece: Floats) -> Floats:
    """Length of the gradient, evened out so that a dark corner counts as much as a bright one."""
    across, down = cv2.Scharr(piece, cv2.CV_32F, 1, 0), cv2.Scharr(piece, cv2.CV_32F, 0, 1)
    length = cv2.magnitude(across, down)
    # The edge of a label is many times as strong as faint print on it, and would drown its lattice.
    inner = np.sort(length[_INNER], axis=None)
    length = np.minimum(length, 2 * inner[int(inner.size * 0.7)])
    return np.asarray(length - cv2.blur(length, (31, 31)), np.float32)


def peaks(cv2: Any, strength: Floats) -> list[tuple[float, tuple[Wave, Wave]]]:
    """Pairs of waves that may be the columns and rows of a code about the middle, likeliest first, each with
    how far it stands out."""
    spectrum = np.abs(np.fft.rfft2(strength * _BELL))
    spectrum[_OUTSIDE] = 0
    # Noise and text fall off with frequency; what stands out at its own radius is regular.
    floor = np.bincount(_RINGS.ravel(), spectrum.ravel()) / _RING_SIZES
    prominence = spectrum / (floor[_RINGS] + floor.max() * 0.15 + 1e-6)
    highest = cv2.dilate(prominence, np.ones((7, 7), np.uint8))
    rows, columns = np.nonzero((prominence >= highest) & (prominence > 2.0))
    order = np.argsort(-prominence[rows, columns])[:_MOST_PEAKS]
    found = [
        (_exact_wave(spectrum, int(rows[n]), int(columns[n])), float(prominence[rows[n], columns[n]]))
        for n in order
    ]
    pairs = []
    for n, (a, high_a) in enumerate(found):
        for b, high_b in found[n + 1 :]:
            long_a, long_b = np.hypot(*a), np.hypot(*b)
            sine = abs(a[0] * b[1] - a[1] * b[0]) / (long_a * long_b)
            if sine > 0.5 and 0.35 < long_a / long_b < 2.9:
                # Squares are likelier than slants, and the fundamental than a harmonic.
                alike = min(long_a, long_b) / max(long_a, long_b)
                pairs.append((high_a * high_b * sine * (0.4 + 0.6 * alike), _seen_from_front(a, b)))
    pairs.sort(key=lambda pair: -pair[0])
    return pairs


def _seen_from_front(a: Wave, b: Wave) -> tuple[Wave, Wave]:
    """Two waves as columns and rows that are not mirrored."""
    return (a, b) if a[0] * b[1] > a[1] * b[0] else (b, a)


def _exact_wave(spectrum: Any, row: int, column: int) -> Wave:
    """A peak between the bins, by a parabola in each direction."""

    def top(before: float, at: float, after: float) -> float:
        bend = before - 2 * at + after
        return 0.0 if bend >= 0 else float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5))

    rows, columns = spectrum.shape
    at = float(spectrum[row, column])
    down = top(float(spectrum[row - 1, column]), at, float(spectrum[(row + 1) % rows, column]))
    across = top(
        float(spectrum[row, max(column - 1, 0)]), at, float(spectrum[row, min(column + 1, columns - 1)])
    )
    signed = row - rows if row > rows // 2 else row
    return ((column + across) / SIDE, (signed + down) / SIDE)


def follow(cv2: Any, strength: Floats, pair: tuple[Wave, Wave]) -> Lattice | None:
    """The lattice of two waves, followed from the middle outwards to _REACH; None if it is lost."""
    pitch = 2.0 / float(np.hypot(*pair[0]) + np.hypot(*pair[1]))
    followed = _followed(cv2, strength, pair, pitch)
    if followed is None:
        return None
    (s, t), strong = followed
    inside = _REACH >= _AWAY
    return _fitted(s[inside], t[inside], _X[inside], _Y[inside], strong.min(axis=0)[inside])


def _followed(
    cv2: Any, strength: Floats, pair: tuple[Wave, Wave], pitch: float
) -> tuple[Floats, Floats] | None:
    """Turns of both waves at each node, smooth surfaces fitted with growing reach and freedom, and how
    strong the waves are there; each 2 x nodes x nodes. None where it is no lattice, which shows early.

    The full picture is turned back by the straight waves once. What tilt and curvature add is slow enough
    for the nodes alone.
    """
    base = np.stack([_turned_back(cv2, strength, wave) for wave in pair])
    beyond = np.zeros((2, _NODES, _NODES), np.float32)
    strong = np.zeros((2, *_X.shape), np.float32)
    for share, degree in _GROWTH:
        soft = _softening(pitch, share)
        seen = soft @ _turned(cv2, base, beyond) @ soft.T  # waves x parts x knots
        real, imaginary = seen[:, 0].reshape(-1, len(soft)), seen[:, 1].reshape(-1, len(soft))
        if degree == 0:
            middle = seen[:, :, pitch * 4 >= _AWAY].sum(axis=2)
            beyond += (np.arctan2(middle[:, 1], middle[:, 0]) / _TURN)[:, None, None]
            continue
        strong, left = (part.reshape(2, *_X.shape) for part in cv2.cartToPolar(real, imaginary))
        left *= np.float32(1 / _TURN)
        left -= left > 0.5
        near = max(_REACH * share, pitch * 4) >= _AWAY
        # A code has both waves; text and the edge of a label have one.
        both = strong.min(axis=0)
        code = near & (both > _WEAK * _upper(both[near]))
        if share in _DOUBTS and _in_doubt(left[:, near], both[near], code[near], *_DOUBTS[share]):
            return None
        weights = both * (code & (np.abs(left) < _MISSED))
        fitted = _surfaces(left.reshape(2, -1), weights.reshape(2, -1), degree)
        beyond += (fitted @ _TERMS[: fitted.shape[1]]).reshape(beyond.shape)
    straight = np.stack([wave[0] * _X + wave[1] * _Y for wave in pair])
    return np.asarray(straight + beyond[:, *_KNOTS]), strong


def _in_doubt(left: Floats, strength: Floats, code: Any, agree: float, share: float) -> bool:
    """Whether phases agree too little with their surface, or the waves are strong in too small a share of the
    nodes, for the inner part of a code."""
    agreement = np.cos(left * _TURN) @ strength / (strength.sum() + 1e-9)
    return bool(agreement.min() < agree or code.mean() < share)


def _softening(pitch: float, share: float) -> Floats:
    """A blur along one axis as a matrix, knots x nodes, in which a phase is measured."""
    sigma = pitch * max(_NARROWEST, _WIDEST - _NARROWING * share) / _STEP
    return _blur_at_knots(round(sigma, 2))


@lru_cache(maxsize=512)
def _blur_at_knots(sigma: float) -> Floats:
    """A Gaussian blur of the nodes, of which only the knots are wanted; beyond the edge they are mirrored."""
    reach = min(_NODES - 1, round(4 * sigma))
    positions = np.arange(-reach, _NODES + reach)
    weights = np.exp(-0.5 * ((positions[None, :] - np.arange(0, _NODES, 2)[:, None]) / sigma) ** 2)
    weights[np.abs(positions[None, :] - np.arange(0, _NODES, 2)[:, None]) > reach] = 0
    mirrored = np.abs(positions)
    mirrored = np.where(mirrored > _NODES - 1, 2 * (_NODES - 1) - mirrored, mirrored)
    folded = np.zeros((_NODES, len(weights)))
    np.add.at(folded, mirrored, weights.T)
    return np.ascontiguousarray((folded / folded.sum(axis=0)).T, np.float32)


def _upper(values: Floats) -> float:
    """The value below which four fifths of the values lie."""
    at = (values.size - 1) * 0.8
    low = int(at)
    high = min(low + 1, values.size - 1)
    ordered = np.partition(values, (low, high))
    return float(ordered[low] + (ordered[high] - ordered[low]) * (at - low))


def _surfaces(values: Floats, weights: Floats, degree: int) -> Floats:
    """The polynomials, one a row, that lie closest to each row of values at the knots."""
    count = (degree + 1) * (degree + 2) // 2
    products = (2 * degree + 1) * (2 * degree + 2) // 2
    sums = (weights @ _PRODUCTS[:products].T).astype(np.float64)
    normal = sums.take(_PRODUCT_OF[:count, :count], axis=1)
    wanted = (weights * values) @ _KNOT_TERMS[:count].T
    diagonal = np.einsum("nii->ni", normal)  # a view
    diagonal += 1e-3 * (diagonal.mean(axis=1, keepdims=True) + 1e-9)
    return np.asarray(np.linalg.solve(normal, wanted[:, :, None])[:, :, 0], np.float32)


def _turned_back(cv2: Any, strength: Floats, wave: Wave) -> Floats:
    """E exp(-2 pi i turns) of a straight wave, at the nodes: real and imaginary part x nodes."""
    turns = (_PIXELS * np.float32(-_TURN * wave[1]))[:, None] + (_PIXELS * np.float32(-_TURN * wave[0]))
    size = (_NODES, _NODES)
    parts = cv2.polarToCart(strength, turns)
    return np.stack([cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in parts])


def _turned(cv2: Any, z: Floats, turns: Floats) -> Floats:
    """z exp(-2 pi i turns), waves x parts x nodes."""
    cosine, sine = (
        part.reshape(turns.shape)
        for part in cv2.polarToCart(None, turns.reshape(-1, _NODES) * np.float32(_TURN))
    )
    real, imaginary = z[:, 0], z[:, 1]
    turned = np.empty_like(z)
    np.add(real * cosine, imaginary * sine, out=turned[:, 0])
    np.subtract(imaginary * cosine, real * sine, out=turned[:, 1])
    return turned


def _least_squares(terms: Any, values: Any, weight: Any) -> Any:
    scaled = (terms * weight[:, None]).T
    normal = (scaled @ terms).astype(np.float64)
    normal.flat[:: len(normal) + 1] += 1e-3 * (np.trace(normal) / len(normal) + 1e-9)
    return np.linalg.solve(normal, scaled @ values)


def _fitted(s: Any, t: Any, x: Any, y: Any, weight: Any) -> Lattice | None:
    """The inverse: x and y as cubics of the lattice coordinates."""
    centre = (float(s.mean()), float(t.mean()))
    spread = float(max(np.ptp(s), np.ptp(t))) / 2
    if not 4 < spread < 90:
        return None
    terms = _terms((s - centre[0]) / spread, (t - centre[1]) / spread, _DEGREE)
    weight = weight / (weight.max() + 1e-9) + 1e-3
    return Lattice(
        across=_least_squares(terms, x.astype(np.float64), weight),
        down=_least_squares(terms, y.astype(np.float64), weight),
        columns=(int(np.floor(s.min())), int(np.ceil(s.max()))),
        rows=(int(np.floor(t.min())), int(np.ceil(t.max()))),
        centre=centre,
        spread=spread,
    )
