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

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
    known: list[tuple[Symbol, float]] = field(default_factory=list)  # what was read, and when
    attempts: Attempts = field(default_factory=Attempts)
    tried_at: float = 1.0  # frames in the mean when all was tried from the beginning


class Exposure:
    """The frames of one video, taken together. One object a video; not for several threads at once."""

    def __init__(self) -> None:
        self._view: _View | None = None
        self._shape: tuple[int, ...] = ()

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
        cv2 = opencv()
        if cv2 is None:
            return look(grey, budget, formats, raw=raw, first=first)
        move = self._add(cv2, grey)
        view = self._view
        assert view is not None
        frames = float(np.percentile(view.weight, 90))
        if frames >= _BETTER * view.tried_at:
            view.attempts, view.tried_at = Attempts(), frames
        view.known = [(symbol, read) for symbol, read in view.known if at - read <= _STAYS]
        back = np.linalg.inv(move)
        sight = look(
            view.picture,
            budget,
            formats,
            raw=raw,
            first=[_placed(back, corners) for corners in first],
            known=[symbol for symbol, _ in view.known],
            attempts=view.attempts,
        )
        before = {id(symbol) for symbol, _ in view.known}
        kept = {id(symbol) for symbol in sight.symbols}
        view.known = [one for one in view.known if id(one[0]) in kept]
        view.known += [(symbol, at) for symbol in sight.symbols if id(symbol) not in before]
        return Sight(
            [replace(symbol, corners=_placed(move, symbol.corners)) for symbol in sight.symbols],
            [Unread(_placed(move, place.corners), place.score) for place in sight.unread],
        )

    def _add(self, cv2: Any, grey: Grey) -> Plane:
        """Lay a frame on the view, or begin another; gives where points of the view lie in the frame."""
        half = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
        sharp = _sharpness(cv2, half)
        view = self._view
        if view is not None and grey.shape == self._shape:
            move = view.anchor.motion(cv2, half)
            if move is not None and _within(move, grey.shape):
                self._lay(cv2, view, grey, move, sharp)
                return move
        blocks = tuple(-(-n // _BLOCK) for n in grey.shape)
        mean = grey.astype(np.float32)
        self._view = _View(_Anchor.of(cv2, half), mean, grey, np.ones(blocks, np.float32), sharp)
        self._shape = grey.shape
        return np.eye(3)

    def _lay(self, cv2: Any, view: _View, grey: Grey, move: Plane, sharp: float) -> None:
        size = (grey.shape[1], grey.shape[0])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        laid = cv2.warpPerspective(grey, move, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        blocks = view.weight.shape[::-1]
        # A lamp flickers, and a camera corrects its exposure: the newest frame in the light of the view.
        was, now = (cv2.resize(one, blocks, interpolation=cv2.INTER_AREA) for one in (view.picture, laid))
        light = float(np.median(was / np.maximum(now, 1.0)))
        laid = cv2.convertScaleAbs(laid, alpha=light)
        same = self._same(cv2, view.picture, laid, blocks)
        if sharp < _BLURRED * view.sharpest:
            gain = np.where(same, np.float32(0), np.float32(1))
        else:
            if sharp * _BLURRED > view.sharpest:  # all before were blurred
                view.weight[:] = 0
            view.sharpest = max(sharp, view.sharpest)
            view.weight = np.where(same, np.minimum(view.weight + 1, _MOST_FRAMES), np.float32(1))
            gain = 1 / view.weight
        view.weight[~same] = 1
        whole = cv2.resize(gain, size, interpolation=cv2.INTER_NEAREST)
        step = cv2.subtract(laid, view.mean, dtype=cv2.CV_32F)
        cv2.multiply(step, whole, step)
        cv2.add(view.mean, step, view.mean)
        view.picture = cv2.convertScaleAbs(view.mean)
        view.known = [one for one in view.known if _stays(one[0], same)]

    @staticmethod
    def _same(cv2: Any, picture: Grey, laid: Grey, blocks: tuple[int, ...]) -> NDArray[np.bool_]:
        """The blocks in which a frame shows what the picture shows."""
        differs = cv2.resize(cv2.absdiff(picture, laid), blocks, interpolation=cv2.INTER_AREA)
        differs = differs.astype(np.float32)
        across = cv2.absdiff(picture[:, 1:], picture[:, :-1])
        steps = cv2.resize(across, blocks, interpolation=cv2.INTER_AREA).astype(np.float32)
        limit = _NOISE * max(1.0, float(np.median(differs))) + _SHIFT * steps
        return np.asarray(cv2.blur((differs > limit).astype(np.float32), (3, 3)) < 0.2, np.bool_)


def _sharpness(cv2: Any, half: Grey) -> float:
    return float(np.sqrt(cv2.Laplacian(half, cv2.CV_16S).astype(np.float32).var()))


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
