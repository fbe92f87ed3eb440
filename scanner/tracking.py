"""Codes and unread places followed over the frames of a video, so that each physical code counts once.

What holds a code together over frames, in this order:
1. Its message. A code that was lost and comes back anywhere is the same one, unless another with the same
   message is seen in the same frame, or it would have had to move faster than anything held in a hand does.
2. Its place. What is read where something unread was followed is that thing; what is seen unread where
   something was read a moment ago has been read already.
The camera's own movement is estimated from the symbols that two frames share, and taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from scanner import ScannerError
from scanner.advice import advise
from scanner.motion import Motion, estimate
from scanner.places import Place, Track, outline_of, point
from scanner.symbols import Sight, Symbol, Unread

__all__ = ["Track", "Tracker"]

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PATIENCE = 1.0  # seconds for which a place that is not seen is waited for
_MOMENT = 0.5  # seconds in which nobody takes one pack away and puts another in exactly its place
# From rest to rest with 50 m/s2, a hand at its fastest, covers 50 t2 / 4 metres: 1250 t2 codes of 10 mm.
_LEAP = 1250.0
_LEAP_TIME = 0.1  # seconds taken at least: a camera's driver hands out frames late, and then two at once
_ANCHORS = 2  # other symbols that must have gone on steadily before a leap counts as impossible
_ADVISE_EVERY = 0.5  # seconds between two looks at a place


class Tracker:
    """Accumulates what the frames of one video, or the pictures of one lot, show.

    One object a video; not for several threads at once. `looks` is the number of unread places a frame that
    are looked at for advice, which takes about 5 ms each.
    """

    def __init__(self, *, looks: int = 2) -> None:
        self._looks = looks
        self._places: list[Place] = []
        self._frame = 0
        self._at = 0.0
        self._number = 0
        self._motion: Motion | None = None

    def update(self, sight: Sight, at: float, grey: NDArray[np.uint8] | None = None) -> list[Track]:
        """Add one frame, taken `at` seconds, and return the tracks seen in it, in order of number.

        `at` counts from anywhere and never falls; with more than a second between two frames, as between
        photographs, codes are known again by their message alone. `grey` is the frame (grey), from which the
        advice is computed; without it there is none.
        """
        if self._frame and at < self._at:
            raise ScannerError("Expected frames in the order of their times, got %(at)s s", at=f"{at:g}")
        self._at = at
        self._frame += 1
        self._forget()
        self._motion = self._estimate(sight.symbols)
        for place in self._places:
            place.carry(self._motion)
        holders = self._holders()
        rest: list[Symbol] = []
        for key, symbols in _by_text(sight.symbols).items():
            rest += self._match_text(holders.get(key, []), symbols)
        for symbol in rest:
            self._place(symbol)
        for unread in sorted(sight.unread, key=lambda place: -place.score):
            self._see_unread(unread)
        if grey is not None:
            self._advise(grey)
        return [place.track() for place in self._places if place.frame == self._frame]

    @property
    def tracks(self) -> list[Track]:
        """All tracks that were read, and the unread places of the last second."""
        return [place.track() for place in self._places]

    @property
    def codes(self) -> list[Track]:
        """The physical codes read so far: each once, disputed ones not at all."""
        return [track for track in self.tracks if track.counted]

    @property
    def disputed(self) -> list[Track]:
        """Places that read as two messages, neither of which was read elsewhere since."""
        known = {place.key for place in self._places}
        return [track for track in self.tracks if track.disputed and known.isdisjoint(track.texts)]

    def wanted(self, most: int) -> list[Track]:
        """The places in sight on which a reader should spend its time next, at most `most`.

        Unread places first, then codes read in a single frame. Each call takes turns, so that of many places
        none is left out for ever.
        """
        recent = [place for place in self._places if self._recent(place)]
        unread = [place for place in recent if not place.readings]
        once = [place for place in recent if place.best is not None and place.best.frames == 1]
        chosen = _in_turn(unread)[:most]
        chosen += _in_turn(once)[: most - len(chosen)]
        for place in chosen:
            place.offered += 1
        return [place.track() for place in chosen]

    def _recent(self, place: Place) -> bool:
        return self._at - place.last <= _PATIENCE

    def _forget(self) -> None:
        """Codes are kept for good; what was not read only while it is waited for."""
        self._places = [place for place in self._places if place.readings or self._recent(place)]

    def _free(self) -> Iterable[Place]:
        """Places not found in this frame yet, and seen a moment ago."""
        return (p for p in self._places if p.frame != self._frame and self._recent(p))

    def _holders(self) -> dict[str, list[Place]]:
        """The places that have each message."""
        holders: dict[str, list[Place]] = {}
        for place in self._places:
            key = place.key
            if key is not None:
                holders.setdefault(key, []).append(place)
        return holders

    def _estimate(self, symbols: Sequence[Symbol]) -> Motion | None:
        known = self._holders()
        pairs = [
            (known[key][0], found[0])
            for key, found in _by_text(symbols).items()
            if len(found) == 1 and len(known.get(key, ())) == 1 and self._recent(known[key][0])
        ]
        return estimate(
            np.array([place.carried for place, _ in pairs], np.complex128),
            np.array([point(symbol) for _, symbol in pairs], np.complex128),
            np.array([max(1.0, symbol.size) for _, symbol in pairs], np.float64),
        )

    def _match_text(self, holders: list[Place], symbols: list[Symbol]) -> list[Symbol]:
        """Give each symbol the nearest place of its message, and return those that find none."""
        pairs = sorted(
            (
                (place.distance(symbol, self._at), n, place)
                for place in holders
                for n, symbol in enumerate(symbols)
            ),
            key=lambda pair: pair[:2],
        )
        left = dict(enumerate(symbols))
        for _, n, place in pairs:
            if n in left and place.frame != self._frame and self._may_have_moved(place, left[n]):
                self._read(place, left.pop(n))
        return list(left.values())

    def _may_have_moved(self, place: Place, symbol: Symbol) -> bool:
        """Whether the code of `place` can be the one now seen as `symbol`."""
        # A single symbol says nothing of the picture: its own leap would look like a pan.
        steady = self._motion is not None and self._motion.support >= _ANCHORS
        passed = max(self._at - place.last, _LEAP_TIME)
        if place.distance(symbol, self._at, carried=steady) <= 1 + _LEAP * passed**2:
            return True
        # An impossible leap: another code, when the rest of the picture went on steadily ...
        if steady:
            return False
        # ... or when it is back in the place from which it had leapt. Else the picture was cut.
        if place.left is not None:
            where, when = place.left
            back = abs(point(symbol) - where) < max(1.0, symbol.size)
            if back and self._at - when <= _PATIENCE:
                return False
        place.left = (place.anchor, place.last)
        return True

    def _place(self, symbol: Symbol) -> None:
        """A message that no place has yet, or that all places that have it were seen elsewhere."""
        place = self._nearest(symbol) or self._contradicted(symbol) or self._begin(symbol)
        self._read(place, symbol)

    def _nearest(self, symbol: Symbol) -> Place | None:
        """The nearest place without a message of its own, at which the symbol may have been read."""
        near = [
            place
            for place in self._free()
            if (not place.readings or (place.disputed and symbol.element_text in place.readings))
            and place.near(symbol, self._at)
        ]
        return min(near, key=lambda place: place.distance(symbol, self._at), default=None)

    def _contradicted(self, symbol: Symbol) -> Place | None:
        """The place that had another message a frame ago, and lies exactly where the symbol is."""
        for place in self._free():
            at_once = self._frame - place.frame == 1 and self._at - place.last <= _MOMENT
            if at_once and place.key != symbol.element_text and place.coincides(symbol):
                return place
        return None

    def _begin(self, outline: Symbol) -> Place:
        self._number += 1
        where = point(outline)
        place = Place(self._number, outline, where, where, self._at, self._at, self._frame - 1, outline.size)
        self._places.append(place)
        return place

    def _read(self, place: Place, symbol: Symbol) -> None:
        before = place.read_at
        known = symbol.element_text in place.readings
        place.read(symbol, self._at, self._frame)
        if known:
            self._dispute_between(place, symbol, before)
        key = symbol.element_text
        if place.key == key:
            for twin in self._places:
                if twin is not place and key in twin.readings and twin.key == key:
                    twin.twins.add(place.number)
                    place.twins.add(twin.number)
        # What was followed unread along another way was this.
        self._places = [p for p in self._places if p is place or p.readings or not p.near(symbol, self._at)]

    def _dispute_between(self, place: Place, symbol: Symbol, before: float) -> None:
        """Another message read in exactly this place between two readings of this one, within a moment."""
        for other in self._places:
            between = before < other.first and self._at - before <= _MOMENT
            if other is not place and other.readings and between and other.coincides(symbol):
                place.contradict(other)
                other.contradict(place)

    def _see_unread(self, unread: Unread) -> None:
        outline = outline_of(unread.corners)
        if any(p.frame == self._frame and p.overlaps(outline) for p in self._places):
            return
        near = [place for place in self._free() if place.near(outline, self._at)]
        place = min(near, key=lambda p: p.distance(outline, self._at), default=None) or self._begin(outline)
        place.score = unread.score
        place.see(outline, self._at, self._frame)

    def _advise(self, grey: NDArray[np.uint8]) -> None:
        """Look at a few of the unread places of this frame, the longest unadvised first."""
        due = [
            place
            for place in self._places
            if place.frame == self._frame
            and not place.readings
            and (place.advised_at is None or self._at - place.advised_at >= _ADVISE_EVERY)
        ]
        due.sort(key=lambda p: (p.advised_at is not None, p.advised_at or 0.0, -p.score))
        for place in due[: self._looks]:
            place.advice = advise(grey, place.outline.corners)
            place.advised_at = self._at


def _in_turn(places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: (place.offered, -place.score, place.number))


def _by_text(symbols: Iterable[Symbol]) -> dict[str, list[Symbol]]:
    groups: dict[str, list[Symbol]] = {}
    for symbol in symbols:
        groups.setdefault(symbol.element_text, []).append(symbol)
    return groups
