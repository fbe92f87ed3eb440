"""Several frames of a video that show the same, taken together as one picture with less noise than each.

1. `_Anchor` measures how the picture moved from the frame in which a view began to the newest, to a tenth of
   a pixel, on points of print: as one plane, which is what a tray is to a hand that sways.
2. `Exposure` lays each frame on the mean of those before, where it shows the same: block by block, print that
   differs by more than noise and a slight slip is another thing, and the newest frame counts there.
3. What was read in a view is still there while the picture under it stays the same, for a second. So the time
   of a frame goes to what was not read, each way of reading once, until the mean has grown better.

Nothing is read on weaker terms: a reading counts as one of a single frame does. Needs OpenCV; without it each
frame stands alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner.enhance import opencv
from scanner.reader import BUDGET, DEFAULT_FORMATS, Attempts, look
from scanner.symbols import Corners, Sight, Symbol, Unread

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Floats: TypeAlias = "NDArray[np.float32]"
Plane: TypeAlias = "NDArray[np.float64]"  # 3 x 3: where points of a picture lie in another (homogeneous)

_POINTS, _APART = 160, 12  # points followed at most, and pixels (of the halved picture) between two
_FEWEST = 16  # points that must have moved as one plane
_SLIP = 0.8  # pixels (halved) by which a point may be off the plane
_LEAVES = 0.04  # of the width: further away than this, a view begins anew
_BLOCK = 16  # pixels
_SMALLEST = 4 * _BLOCK  # pixels; a frame with a shorter side stands alone
_FEW_BLOCKS = 400  # that differ from the rest: quicker one by one than in a map of all pixels
_MOST_FRAMES = 24.0  # frames that a mean counts for at most, so that it follows slow changes
_NOISE, _SHIFT = 2.2, 0.5  # times the noise of the picture, and its own steps, by which a block may differ
_BLURRED = 0.8  # of the sharpness of the sharpest frame of a view: what is less sharp adds nothing
_STAYS = 1.0  # seconds for which what was read is taken to be there, while the picture stays the same
_BETTER = 1.6  # times as many frames in the mean make it worth while to try all again


@dataclass(slots=True)
class _Anchor:
    """The halved frame in which a view began, and the points of print in it."""

    half: Grey
    points: Floats
    moved: Floats  # where they were last

    @classmethod
    def of(cls, cv2: Any, half: Grey) -> _Anchor:
        found = cv2.goodFeaturesToTrack(half, _POINTS, 0.02, _APART)
        points = np.zeros((0, 1, 2), np.float32) if found is None else found
        return cls(half, points, points)

    def motion(self, cv2: Any, half: Grey) -> Plane | None:
        """Where points of the first frame lie in another, in whole pixels; None where they are lost."""
        if len(self.points) < _FEWEST:
            return None
        moved, found, _ = cv2.calcOpticalFlowPyrLK(
            self.half, half, self.points, self.moved.copy(),
            winSize=(15, 15), maxLevel=3, flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
        )  # fmt: skip
        good = found.ravel() == 1
        if np.count_nonzero(good) < _FEWEST:
            return None
        plane, within = cv2.findHomography(self.points[good], moved[good], cv2.RANSAC, _SLIP)
        if plane is None or np.count_nonzero(within) < max(_FEWEST, 0.5 * len(self.points)):
            return None
        # Points moved by hand, or lost, go where the rest went.
        self.moved = cv2.perspectiveTransform(self.points, plane).astype(np.float32)
        # A pixel of the half is the mean of two by two: its centre lies half a pixel further.
        whole = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
        return np.asarray(whole @ plane @ np.linalg.inv(whole), np.float64)


@dataclass(slots=True)
class _View:
    """What is known of the frames since a view began, in pixels of its first."""

    anchor: _Anchor
    mean: Floats
    picture: Grey  # the mean, as it is read
    weight: Floats  # a block: for how many frames its mean counts
    sharpest: float
    last: float  # when its newest frame was taken
    known: list[tuple[Symbol, float]] = field(default_factory=list)  # what was read, and when
    attempts: Attempts = field(default_factory=Attempts)
    tried_at: float = 1.0  # frames in the mean when all was tried from the beginning


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What is to be read once a frame has been added: the mean so far, and where it lies in that frame."""

    picture: Grey
    at: float
    move: Plane
    weight: Floats
    view: _View | None


class Exposure:
    """The frames of one video, taken together. One object a video: one thread adds, one reads."""

    def __init__(self) -> None:
        self._view: _View | None = None
        self._lock = Lock()

    def look(
        self,
        grey: Grey,
        at: float,
        budget: float | None = BUDGET,
        formats: Sequence[str] = DEFAULT_FORMATS,
        *,
        raw: bool = False,
        first: Sequence[Corners] = (),
    ) -> Sight:
        """As `reader.look`, of a frame (grey) taken `at` seconds, with the help of those before."""
        start = time.monotonic()
        standing = self.add(grey, at)
        left = None if budget is None else budget - (time.monotonic() - start)
        return self.read(standing, left, formats, raw=raw, first=first)

    def read(
        self,
        standing: Standing,
        budget: float | None = BUDGET,
        formats: Sequence[str] = DEFAULT_FORMATS,
        *,
        raw: bool = False,
        first: Sequence[Corners] = (),
    ) -> Sight:
        """What was to be seen when a frame was added, in pixels of that frame. More may be added meanwhile."""
        view, at, move = standing.view, standing.at, standing.move
        if view is None:
            return look(standing.picture, budget, formats, raw=raw, first=first)
        frames = float(np.percentile(standing.weight, 90))
        if frames >= _BETTER * view.tried_at:
            view.attempts, view.tried_at = Attempts(), frames
        with self._lock:
            view.known = [(symbol, read) for symbol, read in view.known if at - read <= _STAYS]
            known = [symbol for symbol, _ in view.known]
        back = np.asarray(np.linalg.inv(move), np.float64)
        sight = look(
            standing.picture,
            budget,
            formats,
            raw=raw,
            first=[_placed(back, corners) for corners in first],
            known=known,
            attempts=view.attempts,
        )
        before = {id(symbol) for symbol in known}
        kept = {id(symbol) for symbol in sight.symbols}
        with self._lock:
            view.known = [one for one in view.known if id(one[0]) in kept]
            fresh = [symbol for symbol in sight.symbols if id(symbol) not in before]
            if view.picture is not standing.picture:
                same = _same(opencv(), standing.picture, view.picture)
                fresh = [symbol for symbol in fresh if _stays(symbol, same)]
            view.known += [(symbol, at) for symbol in fresh]
        return Sight(
            [replace(symbol, corners=_placed(move, symbol.corners)) for symbol in sight.symbols],
            [Unread(_placed(move, place.corners), place.score) for place in sight.unread],
        )

    def add(self, grey: Grey, at: float) -> Standing:
        """Lay a frame, taken `at` seconds, on those before it, or begin another view with it."""
        cv2 = opencv()
        if cv2 is None or min(grey.shape) < _SMALLEST:
            return Standing(grey, at, np.eye(3), np.ones((1, 1), np.float32), None)
        half = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
        sharp = _sharpness(cv2, half)
        view = self._view
        if view is not None and view.mean.shape == grey.shape and at - view.last <= _STAYS:
            move = view.anchor.motion(cv2, half)
            if move is not None and _within(move, grey.shape):
                self._lay(cv2, view, grey, move, sharp)
                view.last = at
                return Standing(view.picture, at, move, view.weight, view)
        weight = np.ones([n // _BLOCK for n in grey.shape], np.float32)
        view = _View(_Anchor.of(cv2, half), grey.astype(np.float32), grey, weight, sharp, at)
        self._view = view
        return Standing(grey, at, np.eye(3), weight, view)

    def _lay(self, cv2: Any, view: _View, grey: Grey, move: Plane, sharp: float) -> None:
        size = (grey.shape[1], grey.shape[0])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        laid = cv2.warpPerspective(grey, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        # A lamp flickers, and a camera corrects its exposure: the newest frame in the light of the view.
        light = float(np.median(_by_block(cv2, view.picture) / np.maximum(_by_block(cv2, laid), 1.0)))
        laid = cv2.convertScaleAbs(laid, alpha=light)
        same = _same(cv2, view.picture, laid)
        if sharp * _BLURRED > view.sharpest:  # all before were blurred
            same[:] = False
        blurred = sharp < _BLURRED * view.sharpest
        view.sharpest = max(sharp, view.sharpest)
        more = np.minimum(view.weight + (not blurred), _MOST_FRAMES)
        weight = np.where(same, more, 1).astype(np.float32)
        shares = np.where(same, 0.0 if blurred else 1 / weight, 1).astype(np.float32)
        _mix(cv2, view.mean, laid, shares)
        view.weight = weight
        with self._lock:
            view.picture = cv2.convertScaleAbs(view.mean)
            view.known = [one for one in view.known if _stays(one[0], same)]


def _by_block(cv2: Any, picture: Grey) -> Floats:
    """The mean of each block; what is left over at the right and below counts to the last."""
    rows, columns = picture.shape[0] // _BLOCK, picture.shape[1] // _BLOCK
    whole = picture[: rows * _BLOCK, : columns * _BLOCK]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _same(cv2: Any, picture: Grey, laid: Grey) -> NDArray[np.bool_]:
    """The blocks in which a frame shows what the picture shows."""
    differs = _by_block(cv2, cv2.absdiff(picture, laid))
    steps = _by_block(cv2, cv2.absdiff(picture[:, 1:], picture[:, :-1]))
    # A picture as wide as whole blocks is one pixel short of its last.
    steps = np.pad(steps, ((0, 0), (0, differs.shape[1] - steps.shape[1])), mode="edge")
    limit = _NOISE * max(1.0, float(np.median(differs))) + _SHIFT * steps
    return np.asarray(cv2.blur((differs > limit).astype(np.float32), (3, 3)) < 0.2, np.bool_)


def _mix(cv2: Any, mean: Floats, laid: Grey, shares: Floats) -> None:
    """Move each block of the mean by its share towards the newest frame."""
    common = float(np.median(shares))
    others = np.argwhere(shares != common)
    if len(others) > _FEW_BLOCKS:
        size = (shares.shape[1] * _BLOCK, shares.shape[0] * _BLOCK)
        below, right = mean.shape[0] - size[1], mean.shape[1] - size[0]
        share = cv2.resize(shares, size, interpolation=cv2.INTER_NEAREST)
        share = cv2.copyMakeBorder(share, 0, below, 0, right, cv2.BORDER_REPLICATE)
        step = cv2.subtract(laid, mean, dtype=cv2.CV_32F)
        cv2.multiply(step, share, step)
        cv2.add(mean, step, mean)
        return
    mixed = []
    for row, column in others.tolist():
        block = _block(row, column, shares.shape)
        mixed.append((block, mean[block] + shares[row, column] * (laid[block] - mean[block])))
    if common:
        cv2.accumulateWeighted(laid, mean, common)
    for block, values in mixed:
        mean[block] = values


def _block(row: int, column: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """The pixels of a block; the last ones go to the edge."""

    def along(at: int, count: int) -> slice:
        return slice(at * _BLOCK, None if at == count - 1 else (at + 1) * _BLOCK)

    return along(row, shape[0]), along(column, shape[1])


def _sharpness(cv2: Any, half: Grey) -> float:
    return float(cv2.meanStdDev(cv2.Laplacian(half, cv2.CV_16S))[1].item())


def _within(move: Plane, shape: tuple[int, ...]) -> bool:
    """Whether the frame still shows about what the view does."""
    high, wide = shape
    corners = ((0.0, 0.0), (wide, 0.0), (wide, high), (0.0, high))
    most = _LEAVES * wide
    return all(
        abs(x - a) < most and abs(y - b) < most
        for (x, y), (a, b) in zip(_placed(move, corners), corners, strict=True)
    )


def _placed(move: Plane, corners: Corners) -> Corners:
    points = np.column_stack([np.array(corners, np.float64), np.ones(4)]) @ move.T
    a, b, c, d = ((float(x / w), float(y / w)) for x, y, w in points)
    return (a, b, c, d)


def _stays(symbol: Symbol, same: NDArray[np.bool_]) -> bool:
    """Whether most of the picture under a symbol is the same as before."""
    xs, ys = [x / _BLOCK for x, _ in symbol.corners], [y / _BLOCK for _, y in symbol.corners]
    rows = slice(max(0, int(min(ys))), int(max(ys)) + 1)
    columns = slice(max(0, int(min(xs))), int(max(xs)) + 1)
    under = same[rows, columns]
    return bool(under.size) and float(under.mean()) > 0.7
