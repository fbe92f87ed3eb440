"""What a tracker remembers of one physical place: where it is, how it moves, what was read there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from scanner.advice import Advice
from scanner.motion import Motion
from scanner.symbols import Corners, Symbol

NEAR = 0.6  # of a side: nearer than the middle between two codes that touch, with a little for their turn
_COINCIDES = 0.2  # of a side: the same outline, but for the jitter of its corners
_ALIKE = 1.67  # largest ratio of two sides of one code; a region about a code is a quarter larger than it
_STEADY = 0.5  # weight of the newest step in the speed


def point(symbol: Symbol) -> complex:
    """The centre as a complex number, x + iy."""
    return complex(*symbol.centre)


def outline_of(corners: Corners) -> Symbol:
    """A place without text, for its geometry."""
    return Symbol("", "", "", corners)


@dataclass(frozen=True, slots=True)
class Track:
    """One physical code, or one place that was not read yet, as known after a frame.

    `number` counts places from 1 in the order in which they appeared. `corners` are its outline in the frame
    in which it was last seen. `symbol` is the reading with the highest evidence, None while it is unread;
    `frames` counts the frames that gave it, `seen` those in which the place was seen at all, `first` and
    `last` are the times of the first and the last of those. `texts` are all messages read here, with their
    symbology identifiers, the best first. `disputed`: two of them contradict each other, and none counts.
    `twins` are the numbers of the tracks with the same message that are other physical codes. `advice` says
    what would help, for an unread place that was looked at.
    """

    number: int
    corners: Corners
    symbol: Symbol | None
    frames: int
    seen: int
    first: float
    last: float
    texts: tuple[str, ...] = ()
    disputed: bool = False
    twins: tuple[int, ...] = ()
    advice: Advice | None = None

    @property
    def counted(self) -> bool:
        """Whether this is a physical code that was read."""
        return self.symbol is not None and not self.disputed

    @property
    def clone(self) -> bool:
        """Whether another physical code with the same message exists."""
        return self.counted and bool(self.twins)


@dataclass(slots=True)
class Reading:
    """One message read at a place: its last symbol, and the number of frames that gave it."""

    symbol: Symbol
    frames: int = 0

    @property
    def evidence(self) -> tuple[bool, int]:
        """A reading that grammar and check digit vouch for outranks any number of others."""
        return self.symbol.accepted, self.frames


@dataclass(slots=True)
class Place:
    """A place that is followed from frame to frame. Points are x + iy in pixels, times in seconds."""

    number: int
    outline: Symbol
    anchor: complex  # its centre when it was last seen
    carried: complex  # the same, moved along with the picture since
    first: float
    last: float
    frame: int  # number of the frame in which it was last seen
    side: float  # of its outline, in pixels
    speed: complex = 0j
    seen: int = 0
    score: float = 0.0
    readings: dict[str, Reading] = field(default_factory=dict)
    read_at: float = 0.0
    left: tuple[complex, float] | None = None  # where and when it was, before it jumped
    twins: set[int] = field(default_factory=set)
    advice: Advice | None = None
    advised_at: float | None = None
    offered: int = 0

    @property
    def best(self) -> Reading | None:
        """The message with the highest evidence; the earlier one of two with the same."""
        return max(self.readings.values(), key=lambda reading: reading.evidence, default=None)

    @property
    def disputed(self) -> bool:
        """Whether two messages of the same standing were read here: at least one of them is wrong."""
        best = self.best
        if best is None:
            return False
        return sum(r.symbol.accepted == best.symbol.accepted for r in self.readings.values()) > 1

    @property
    def key(self) -> str | None:
        """The message by which this place is known again anywhere; None while unread or disputed."""
        best = self.best
        return None if best is None or self.disputed else best.symbol.element_text

    def carry(self, motion: Motion | None) -> None:
        """Move along with the picture."""
        if motion is not None:
            self.carried = motion(self.carried)

    def distance(self, symbol: Symbol, at: float, *, carried: bool = True) -> float:
        """How far an outline is from where this place should be by now, in sides of the code.

        It may have stayed, kept its own speed, or (if `carried`) moved along with the picture.
        """
        where = point(symbol)
        ahead = self.anchor + self.speed * (at - self.last)
        off = min(abs(where - self.anchor), abs(where - ahead))
        if carried:
            off = min(off, abs(where - self.carried))
        return off / max(1.0, min(self.side, symbol.size))

    def near(self, symbol: Symbol, at: float) -> bool:
        """Whether an outline can be this place: close by and about as large."""
        small, large = sorted((self.side, symbol.size))
        return large < _ALIKE * max(1.0, small) and self.distance(symbol, at) < NEAR

    def overlaps(self, symbol: Symbol) -> bool:
        """Whether an outline of the same frame covers this place."""
        close = abs(point(symbol) - self.anchor) < self.side + symbol.size
        return close and self.outline.same_place(symbol)

    def coincides(self, symbol: Symbol) -> bool:
        """Whether an outline lies exactly on this place: no other code could by chance."""
        moved = self.carried - point(self.outline)
        away = max(
            min(abs(complex(*mine) + moved - complex(*other)) for other in symbol.corners)
            for mine in self.outline.corners
        )
        return away < _COINCIDES * max(1.0, symbol.size)

    def see(self, symbol: Symbol, at: float, frame: int) -> None:
        """Its outline, read or not, in a frame."""
        where = point(symbol)
        if at > self.last:
            step = (where - self.anchor) / (at - self.last)
            self.speed = step if self.seen < 2 else _STEADY * step + (1 - _STEADY) * self.speed
        self.outline = symbol if symbol.text or not self.readings else self._shifted(where)
        self.anchor = self.carried = where
        self.side = self.outline.size
        self.last, self.frame = at, frame
        self.seen += 1

    def read(self, symbol: Symbol, at: float, frame: int) -> None:
        """A message read in it."""
        self.see(symbol, at, frame)
        reading = self.readings.setdefault(symbol.element_text, Reading(symbol))
        reading.symbol = symbol
        reading.frames += 1
        self.read_at = at

    def contradict(self, other: Place) -> None:
        """Take over what was read at `other`, which turned out to be the same place."""
        for key, reading in other.readings.items():
            self.readings.setdefault(key, replace(reading))

    def _shifted(self, where: complex) -> Symbol:
        """The outline it was read with, moved: that of an unread region is looser."""
        step = where - point(self.outline)
        a, b, c, d = ((x + step.real, y + step.imag) for x, y in self.outline.corners)
        return outline_of((a, b, c, d))

    def track(self) -> Track:
        """What is known of it, for those who use a tracker."""
        readings = sorted(self.readings.items(), key=lambda item: item[1].evidence, reverse=True)
        best = self.best
        return Track(
            number=self.number,
            corners=self.outline.corners,
            symbol=None if best is None else best.symbol,
            frames=0 if best is None else best.frames,
            seen=self.seen,
            first=self.first,
            last=self.last,
            texts=tuple(key for key, _ in readings),
            disputed=self.disputed,
            twins=tuple(sorted(self.twins)),
            advice=None if self.readings else self.advice,
        )
