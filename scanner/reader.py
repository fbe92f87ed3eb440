"""Reads symbols in a picture: the cheap answer first, then whatever the time allows where a code is likely.

1. zxing-cpp for Data Matrix alone over the whole picture: small codes are lost when it looks for all formats.
2. Other formats, where they are asked for: linear codes by two readers (`linear`).
3. Regions (found but unread, then textured) until the budget is spent, the likeliest few a step ahead:
   enlarged, then looked at closer (`closer`: by the lattice of their modules, set upright, unblurred, laid
   flat), then on the rest of the ladder of treatments.

Only matrix codes, whose error correction vouches for them, are taken from regions.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner import ScannerError, closer, enhance, grammar, linear, regions
from scanner.decoder import LINEAR, MATRIX, decode, verify_formats
from scanner.symbols import Corners, Sight, Symbol, Unread

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Way: TypeAlias = "Callable[[regions.Region], None]"

BUDGET = 0.25
DEFAULT_FORMATS = ("DataMatrix",)

_MARGIN = 0.2  # of a region's side, added on each side for the quiet zone
_LARGEST_SCALE, _SMALLEST_SCALE = 4.0, 0.4
_FIRST_RUNGS = 1  # of the ladder, climbed before a closer look
_CLOSER = (closer.as_it_is, closer.upright, closer.unblurred, closer.unrolled)
_ALONE = (closer.upright, closer.unrolled)  # no code of a tray needs it where others do not
_FEW = 3  # regions tried together
_GROUPS = (2, 3, 5, 10)  # the same where nothing is read yet: the code is mostly one of the first two
_LATTICE = 8.0  # prominence of what is printed, however faintly; the grain of wood has less
_SCREENED = 28  # regions whose lattice is looked for, before any is read along it
_LOUD = 60.0  # texture beyond which more of it does not make a code likelier
_MOST_UNREAD = 60
# In a video, from so many codes on, places of their size are tried however faint: packs of one tray are not all
# printed alike. In a single picture that would be time for text.
_TRAY, _MOST_FAINTER = 4, 48
_MODULES = 22  # along the side of a usual code
_CONTROLS = frozenset("\x1d\x1e\x04\r\n\t")


def read_symbols(
    grey: NDArray[np.uint8],
    budget: float | None = BUDGET,
    formats: Sequence[str] = DEFAULT_FORMATS,
    *,
    raw: bool = False,
) -> list[Symbol]:
    """Every physical symbol read in `grey`, from top to bottom.

    `grey` is a picture of uint8: two-dimensional grey, or three-dimensional BGR. `budget` is in seconds of
    wall clock: the first pass always runs to its end (30 ms for a 720p frame of pure noise), what follows
    stops at the budget; None climbs the whole ladder. `formats` are names out of `decoder.FORMATS`.

    Two separate symbols with the same message are two symbols. Nothing that the decoder marks as wrong is
    returned, and no place that reads as two different messages. A symbol that claims to be GS1's but breaks
    its grammar or a check digit is returned only when `raw`, and is never `accepted`. Raises ScannerError
    for another kind of array or an unknown format.
    """
    return look(grey, budget, formats, raw=raw).symbols


def look(
    grey: NDArray[np.uint8],
    budget: float | None = BUDGET,
    formats: Sequence[str] = DEFAULT_FORMATS,
    *,
    raw: bool = False,
    first: Sequence[Corners] = (),
    known: Sequence[Symbol] = (),
    attempts: Attempts | None = None,
) -> Sight:
    """As `read_symbols`, and the places that look like a code but were not read, likeliest first.

    `first` are places, known from earlier frames, that get their share of the budget before all others.
    `known` are symbols that are certainly there, as they were read in another picture of the same: they are
    given again. What was tried in vain in `attempts` is not tried again, and what is tried now is added.
    """
    start = time.monotonic()
    picture = _verify_picture(grey)
    wanted = verify_formats(formats)
    deadline = None if budget is None else start + budget
    search = _Search(picture, tuple(f for f in wanted if f in MATRIX), raw, deadline)
    search.symbols += known
    search.attempts = attempts
    search.first_pass(wanted)
    search.climb(first)
    symbols = sorted(search.symbols, key=lambda symbol: (symbol.centre[1], symbol.centre[0]))
    return Sight(symbols, search.unread()[:_MOST_UNREAD])


def _verify_picture(picture: Any) -> Grey:
    if not isinstance(picture, np.ndarray):
        raise ScannerError("Expected a picture as a numpy array, got %(got)s", got=type(picture).__name__)
    grey_shape = picture.ndim == 2
    bgr_shape = picture.ndim == 3 and picture.shape[2] == 3
    if picture.dtype != np.uint8 or not (grey_shape or bgr_shape) or picture.size == 0:
        raise ScannerError(
            "Expected a picture of uint8, height x width (grey) or height x width x 3 (BGR), "
            "got %(dtype)s %(shape)s",
            dtype=picture.dtype,
            shape=" x ".join(str(n) for n in picture.shape) or "scalar",
        )
    return np.ascontiguousarray(picture if grey_shape else to_grey(picture))


def to_grey(frame: NDArray[np.uint8]) -> Grey:
    """A BGR frame as grey, by the luma weights of ITU-R BT.601."""
    cv2 = enhance.opencv()
    if cv2 is not None:
        return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), np.uint8)
    return np.asarray(frame @ np.array([0.114, 0.587, 0.299], np.float32) + 0.5, np.uint8)


@dataclass(slots=True)
class Attempts:
    """How many ways of reading have been tried at each place of a picture."""

    ways: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def at(self, region: regions.Region) -> int:
        """The number of ways tried there."""
        return self.ways.get(self._place(region), 0)

    def add(self, region: regions.Region, ways: int) -> None:
        """So many ways have been tried there."""
        place = self._place(region)
        self.ways[place] = max(ways, self.ways.get(place, 0))

    @staticmethod
    def _place(region: regions.Region) -> tuple[int, int, int]:
        # Two regions that differ by less show the same; which of them is tried does not matter.
        return round(region.x / 12), round(region.y / 12), round(4 * math.log2(region.side))


@dataclass(slots=True)
class _Search:
    """What is known about one picture so far."""

    grey: Grey
    matrix: tuple[str, ...]
    raw: bool
    deadline: float | None
    symbols: list[Symbol] = field(default_factory=list)
    leads: list[Corners] = field(default_factory=list)
    disputed: list[Symbol] = field(default_factory=list)
    suspects: list[Unread] = field(default_factory=list)
    likely: list[regions.Region] = field(default_factory=list)
    edges: regions.Edges | None = None
    prints: dict[Corners, regions.Print] = field(default_factory=dict)
    prominences: dict[regions.Region, float] = field(default_factory=dict)
    attempts: Attempts | None = None

    def first_pass(self, wanted: tuple[str, ...]) -> None:
        for name in self.matrix:
            found = decode(self.grey, (name,))
            self.leads += found.leads if name == "DataMatrix" else []
            for symbol in found.symbols:
                self.take(symbol)
        for symbol in linear.read(self.grey, [name for name in wanted if name in LINEAR], raw=self.raw):
            self.take(symbol)

    def out_of_time(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def take(self, symbol: Symbol) -> bool:
        """Add a reading. A place read as two different messages is given up: one of them is wrong."""
        if symbol.format in MATRIX:
            symbol = replace(symbol, accepted=grammar.accepted(symbol.text, symbol.symbology))
        if not (symbol.accepted or self.raw) and grammar.claims_gs1(symbol.symbology):
            return False
        if any(other.same_place(symbol) for other in self.disputed):
            return False
        for known in self.symbols:
            if known.same_place(symbol):
                if (known.text, known.symbology) == (symbol.text, symbol.symbology):
                    return False
                if known.format in MATRIX and symbol.format in LINEAR:
                    return False
                self.symbols.remove(known)
                self.disputed.append(known)
                return False
        self.symbols.append(symbol)
        return True

    def climb(self, first: Sequence[Corners]) -> None:
        """Try the open regions in all ways: the likeliest few are always one way further than the next few."""
        if not self.matrix or self.out_of_time():
            return
        self.likely = self.open_regions(first)
        ways: list[Way] = [self.rung(rung) for rung in enhance.LADDER]
        ways[_FIRST_RUNGS:_FIRST_RUNGS] = [self.closer(look) for look in _CLOSER]
        # Most codes need no more than this; only then all regions are put in order.
        done = [self.likely[:_FEW], self.likely[:1]]
        for step, some in enumerate(done):
            self.each(ways, step, some)
        groups = self.groups()
        done += [[]] * len(ways)
        for turn in range(len(ways) + len(groups) - 1):
            for number, group in enumerate(groups[: turn + 1]):
                step = turn - number
                if step < len(ways):
                    self.each(ways, step, [region for region in group if region not in done[step]])
                if self.out_of_time():
                    return

    def each(self, ways: Sequence[Way], step: int, some: Sequence[regions.Region]) -> None:
        """Try one of the ways on some regions."""
        for region in some:
            self.attempt(ways[step], step, region)

    def attempt(self, look: Way, way: int, region: regions.Region) -> None:
        """Try one way of reading on a region that is still worth it, while there is time."""
        tried = 0 if self.attempts is None else self.attempts.at(region)
        if way < tried or self.out_of_time() or not self.promising(region):
            return
        look(region)
        if self.attempts is not None and not self.out_of_time():
            self.attempts.add(region, way + 1)

    def groups(self) -> list[list[regions.Region]]:
        """The open regions, likeliest first, in groups that are tried together.

        As long as no code is read, texture and the lattice within it have the word by turns: either alone
        puts a text before one code in three.
        """
        if any(symbol.format in MATRIX for symbol in self.symbols):
            size = max(_FEW, len(self.likely) // 6)
            return [self.likely[n : n + size] for n in range(0, len(self.likely), size)]
        cv2 = enhance.opencv()
        regular: list[tuple[float, regions.Region]] = []
        for region in self.likely[:_SCREENED] if cv2 is not None else ():
            if self.out_of_time():
                break
            weight = min(region.score, _LOUD) * (1 + self.prominence(cv2, region))
            regular.append((weight, region))
        regular.sort(key=lambda one: -one[0])
        turns = itertools.zip_longest(self.likely, [region for _, region in regular])
        order = list(dict.fromkeys(region for pair in turns for region in pair if region is not None))
        ends = [*itertools.accumulate(_GROUPS), len(order)]
        return [order[a:b] for a, b in itertools.pairwise([0, *ends]) if order[a:b]]

    def open_regions(self, first: Sequence[Corners]) -> list[regions.Region]:
        """Places that may hold one more code, likeliest first."""
        self.edges = regions.measure(self.grey)
        leads = regions.from_leads([*first, *self.leads], self.edges)
        cells = regions.cover(self.edges.fine, self.symbols)
        read = [symbol for symbol in self.symbols if symbol.format in MATRIX]
        textured = regions.from_texture(cells, self.edges.faint, read) + regions.close_up(self.grey)
        ranked = regions.rank(leads + textured)
        if read:
            alike = [region for region in ranked if self.promising(region)]
            if self.attempts is not None and len(read) >= _TRAY:
                taken = {id(region) for region in alike}
                fainter = [r for r in ranked if id(r) not in taken and not self.explained(r)][:_MOST_FAINTER]
                module = float(np.median([symbol.size for symbol in read])) / _MODULES
                return [replace(r, module=module) for r in alike + fainter]
            return alike
        ranked = [region for region in ranked if self.promising(region)]
        faint = [r for r in regions.from_faint(self.grey) if not any(r.near(one) for one in ranked[:_FEW])]
        cv2 = enhance.opencv()
        if all(region.faint for region in ranked) and cv2 is not None:  # mostly a table
            likeliest = (ranked + faint)[:_FEW]
            return [r for r in likeliest if self.prominence(cv2, r) > _LATTICE]
        return ranked[:_FEW] + faint[:_FEW] + ranked[_FEW : 4 * _FEW] + faint[_FEW:] + ranked[4 * _FEW :]

    def promising(self, region: regions.Region) -> bool:
        """Whether a region may hold one more code. Once codes have been read, more of their kind are
        likely, and the text beside them is not."""
        if self.explained(region) or self.edges is None:
            return False
        if region.module:  # one of a tray, whatever its texture
            return True
        read = [self.print_of(symbol, self.edges) for symbol in self.symbols if symbol.format in MATRIX]
        return not read or regions.alike(region, read)

    def print_of(self, symbol: Symbol, edges: regions.Edges) -> regions.Print:
        if symbol.corners not in self.prints:
            self.prints[symbol.corners] = regions.print_of(symbol, edges.fine)
        return self.prints[symbol.corners]

    def prominence(self, cv2: Any, region: regions.Region) -> float:
        if region not in self.prominences:
            self.prominences[region] = closer.prominence(cv2, self.grey, region)
        return self.prominences[region]

    def explained(self, region: regions.Region) -> bool:
        return any(region.holds(symbol) for symbol in self.symbols)

    def unread(self) -> list[Unread]:
        """What the decoder or the lattice took for a code, and was not read.

        Where nothing was read, the likeliest place as well: a person can be told what would help. A lead of
        the decoder alone may be noise; where there is texture too, it is not.
        """
        places = sorted(self.suspects, key=lambda place: -place.score)
        textured = [r for r in self.likely if r.score < regions.LEAD]
        leads = [
            r for r in self.likely if r.score >= regions.LEAD and any(r.overlaps(one) for one in textured)
        ]
        likeliest = [] if self.symbols else textured[:1]
        places += [Unread(r.corners, r.score / regions.LEAD) for r in leads + likeliest]
        kept: list[Symbol] = list(self.symbols)
        found = []
        for place in places:
            outline = Symbol("", "", "", place.corners)
            if not any(outline.same_place(one) for one in kept):
                kept.append(outline)
                found.append(place)
        return found

    def rung(self, rung: enhance.Rung) -> Way:
        """A look at a region, enlarged and treated as the rung says."""

        def look(region: regions.Region) -> None:
            left, top, right, bottom = region.box(self.grey.shape, _MARGIN)
            piece = self.grey[top:bottom, left:right]
            if min(piece.shape) < regions.CELL:
                return
            scale = min(max(rung.side / max(piece.shape), _SMALLEST_SCALE), _LARGEST_SCALE)
            treated = np.ascontiguousarray(rung.treat(enhance.resize(piece, scale)))
            for name in self.matrix:
                found = decode(
                    treated,
                    (name,),
                    origin=(float(left), float(top)),
                    scale=scale,
                    global_threshold=rung.global_threshold,
                )
                for symbol in found.symbols:
                    if _plausible(symbol):
                        self.take(symbol)

        return look

    def closer(self, look: Callable[..., closer.Seen]) -> Way:
        """A closer look at a region; codes found there and not read are kept."""

        def take_a_look(region: regions.Region) -> None:
            cv2 = enhance.opencv()
            if cv2 is None or "DataMatrix" not in self.matrix:
                return
            if region.faint and look is not closer.as_it_is:  # never worth its time
                return
            if region.module and look in _ALONE:
                return
            for found in look(cv2, self.grey, region, self.out_of_time):
                if isinstance(found, Unread):
                    self.suspects.append(found)
                elif grammar.accepted(found.text, found.symbology):
                    self.take(found)
                    return

        return take_a_look


def _plausible(symbol: Symbol) -> bool:
    """Whether a reading from the ladder can be a printed message: no stray control characters, and a
    message long enough that its error correction means something."""
    stray = any(ord(c) < 32 and c not in _CONTROLS for c in symbol.text)
    return len(symbol.text) >= 4 and not stray
