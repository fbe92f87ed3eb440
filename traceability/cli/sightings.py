"""What `scan` says of what it sees: each physical code once, unread places, doubts, and the sum at the end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from scanner.advice import Advice
from scanner.quality import Quality, judge
from scanner.symbols import Symbol
from scanner.tracking import Track, Tracker
from traceability.cli import codes
from traceability.cli.output import Output
from traceability.gs1 import Gs1Error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DONE, MISSING, TROUBLE = 0, 1, 3
"""Exit statuses: all well; not what was expected was read; a person has to look (2 is a wrong call)."""

HELP = {
    "closer": "come closer",
    "light": "more light",
    "still": "hold still",
    "shine": "tilt away the shine",
    "": "show it again",
}
"""What an advice's code asks of the person."""


@dataclass(slots=True)
class Sightings:
    """Tells what is seen, and remembers what was told. One object a run."""

    out: Output
    tracker: Tracker
    every: bool = False
    quality: bool = False
    """Whether the print of each code is judged."""
    expected: int | None = None
    frames: int = 0
    unreadable: int = 0
    typed: dict[str, int] = field(default_factory=dict)
    """Codes that a hand scanner sent, with their numbers."""
    _told: set[int] = field(default_factory=set)
    _disputed: set[int] = field(default_factory=set)
    _clones: set[int] = field(default_factory=set)

    def frame(
        self, tracks: Iterable[Track], picture: str | None = None, grey: "NDArray[np.uint8] | None" = None
    ) -> None:
        """One more frame, with the tracks seen in it. `picture` names the file of a photograph, `grey` is the
        frame, from which print is judged."""
        where: dict[str, object] = {"frame": self.frames}
        if picture is not None:
            where["picture"] = picture
        self.frames += 1
        unread = []
        for track in tracks:
            if track.disputed:
                self._tell_dispute(where, track)
            elif track.symbol is not None:
                first = track.number not in self._told
                if first or self.every:
                    quality = (
                        judge(grey, track.symbol) if first and self.quality and grey is not None else None
                    )
                    self._tell_code(where, track, track.symbol, quality)
            elif picture is not None:
                unread.append(track)
        self._tell_unread(where, unread)

    def text(self, text: str) -> None:
        """A line from a hand scanner that types. The same code again is the same pack scanned twice."""
        number = self.typed.setdefault(text, len(self.typed) + 1)
        if self.every or number not in self._told:
            self._told.add(number)
            symbology = text[:3] if text.startswith("]") else ""
            symbol = {"text": text.removeprefix(symbology), "symbology": symbology, "format": ""}
            seen = {"frame": self.frames, "track": number} | symbol
            told, sentence = _read(text, seen | {"corners": None, "clone": False, "twins": []})
            self.out.say(sentence)
            self.out.give(told | {"accepted": "error" not in told})
            for repair in codes.repairs_of(text) if "error" in told else ():
                self.out.aside(repair.reason)
        self.frames += 1

    def damaged(self, picture: str, error: str) -> None:
        """A picture that is none."""
        self.unreadable += 1
        self.out.aside(f"{picture}: {error}")
        self.out.give({"frame": self.frames, "picture": picture, "error": error})
        self.frames += 1

    def finish(self, *, still_unread: bool) -> int:
        """Say what it all came to and return the exit status.

        `still_unread` also tells the places that were in sight at the end of a video and were not read.
        """
        unread = [track for track in self.tracker.tracks if track.symbol is None]
        if still_unread:
            self._tell_unread({"frame": self.frames - 1}, unread)
        read = len(self.tracker.codes) + len(self.typed)
        disputed = len(self.tracker.disputed)
        told = {
            "frames": self.frames,
            "codes": read,
            "expected": self.expected,
            "clones": len(self._clones),
            "disputed": disputed,
            "unreadable": self.unreadable,
        }
        self.out.give({"summary": told})
        complete = read > 0 if self.expected is None else read == self.expected
        if not complete:
            return self.out.refuse(self._what_is_missing(read))
        self.out.aside(_sum(read, self.expected))
        if disputed or self._clones:
            return TROUBLE
        return MISSING if self.unreadable else DONE

    def _what_is_missing(self, read: int) -> str:
        if read == 0:
            return "No code was found. Come closer, hold still, and mind the light."
        return f"Expected {_codes(self.expected or 0)}, read {read}."

    def _tell_code(
        self, where: dict[str, object], track: Track, symbol: Symbol, quality: Quality | None
    ) -> None:
        self._told.add(track.number)
        seen = where | {"track": track.number} | symbol.as_json()
        told, sentence = _read(symbol.element_text, seen)
        self.out.say(f"{symbol.format}  {sentence}")
        # A twin makes a clone of a code that was told already: the newer one says so.
        clone = track.clone and _is_one_of_a_kind(told.get("item"))
        if clone:
            self._clones |= {track.number, *track.twins}
            self.out.aside("Two packs carry this same code. At least one of them is a copy.")
        if quality is not None and quality.notes:
            self.out.aside(f"Its print is not as it should be: {', '.join(quality.notes)}.")
        told |= {"clone": clone, "twins": list(track.twins)}
        if self.quality:
            told["quality"] = None if quality is None else figures_of(quality)
        self.out.give(told)

    def _tell_dispute(self, where: dict[str, object], track: Track) -> None:
        if track.number in self._disputed:
            return
        self._disputed.add(track.number)
        self.out.aside("One place reads as different codes, and none counts. Show it again by itself.")
        self.out.give(
            where | {"track": track.number, "corners": rounded(track.corners), "disputed": list(track.texts)}
        )

    def _tell_unread(self, where: dict[str, object], tracks: Sequence[Track]) -> None:
        for track in tracks:
            told: dict[str, object] = {"track": track.number, "corners": rounded(track.corners)}
            advice = None if track.advice is None else measured(track.advice)
            self.out.give(where | told | {"unread": advice})
        helps = Counter(HELP[track.advice.code if track.advice else ""] for track in tracks)
        for words, count in helps.most_common():
            places = (
                "1 place that may be a code was" if count == 1 else f"{count} places that may be codes were"
            )
            self.out.aside(f"{places} not read: {words}.")


def _read(text: str, seen: dict[str, object]) -> tuple[dict[str, object], str]:
    """What a code says, for a program and for a person."""
    try:
        elements = codes.elements_of(text)
    except Gs1Error as error:
        told: dict[str, object] = {"error": str(error), "repairs": codes.repairs_of(text)}
        return seen | told, f"{seen['text']!r}: {error}"
    return seen | {"elements": codes.plain(elements), "item": codes.item_of(elements)}, elements.bracketed


def _is_one_of_a_kind(item: object) -> bool:
    """Whether two labels with this code are one too many. A logistic unit has its label on several sides,
    and a code without a serial number is on every pack of its kind."""
    return isinstance(item, str) and "/00/" not in item


def _sum(read: int, expected: int | None) -> str:
    return f"{_codes(read)} read." if expected is None else f"{_codes(read)} read, as expected."


def _codes(count: int) -> str:
    return "1 code" if count == 1 else f"{count} codes"


def word_of(track: Track) -> str:
    """What stands beside an outline: the serial or SSCC, which tells one label from its neighbours, and how
    many there are of it; for a place that is not read, what would help."""
    if track.symbol is None:
        return HELP[track.advice.code] if track.advice else ""
    if track.disputed:
        return "?"
    try:
        elements = codes.elements_of(track.symbol.element_text)
    except Gs1Error:
        return "?"
    name = elements.get("21") or elements.get("00") or elements.get("01") or track.symbol.text[:20]
    return f"{name} ×{len(track.twins) + 1}" if track.twins else name


def rounded(corners: Iterable[tuple[float, float]]) -> list[list[float]]:
    """Corners as JSON, to a tenth of a pixel."""
    return [[round(x, 1), round(y, 1)] for x, y in corners]


def measured(advice: Advice) -> dict[str, Any]:
    """An advice with the figures it was computed from."""
    figures = ("module", "blur", "evenness", "contrast", "noise", "paper", "shine")
    return {"advice": advice.code} | {name: round(getattr(advice, name), 2) for name in figures}


def figures_of(quality: Quality) -> dict[str, Any]:
    """The figures of a print, rounded."""
    return {name: round(v, 3) if isinstance(v, float) else v for name, v in asdict(quality).items()}
