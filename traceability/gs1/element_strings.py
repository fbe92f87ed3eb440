"""Element strings: what a GS1 barcode says, strictly parsed.

GS1 General Specifications 7.8 (processing of element strings) and 4.14 (data relationships); where they
leave room, this follows GS1's own syntax engine. A wrong code is refused with what was expected and where.
"""

import calendar
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import NamedTuple, NoReturn

import msgspec

from traceability.gs1 import Gs1Error
from traceability.gs1.application_identifiers import (
    AI_LENGTHS,
    APPLICATION_IDENTIFIERS,
    ApplicationIdentifier,
    Check,
    checker,
)
from traceability.gs1.companions import verify_together
from traceability.gs1.dates import full_year
from traceability.gs1.key_types import Gtin, Lgtin, Sgtin, Sscc

GS = "\x1d"
SYMBOLOGIES = {
    "]C1": "GS1-128",
    "]d2": "GS1 DataMatrix",
    "]Q3": "GS1 QR Code",
    "]e0": "GS1 DataBar or Composite",
    "]J1": "GS1 DotCode",
}

Pair = tuple[str, str]


class ElementString(msgspec.Struct, frozen=True):
    """A valid element string: (AI, value) pairs in the order of the code, and the day it was read on.

    The day decides the century of two-digit years. `str()` is the form with brackets that people read.
    """

    pairs: tuple[Pair, ...]
    today: date

    def __iter__(self) -> Iterator[Pair]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __contains__(self, ai: object) -> bool:
        return any(pair[0] == ai for pair in self.pairs)

    def get(self, ai: str, default: str | None = None) -> str | None:
        """The value of an AI."""
        for name, value in self.pairs:
            if name == ai:
                return value
        return default

    def __str__(self) -> str:
        return self.bracketed

    @property
    def bracketed(self) -> str:
        r"""`(01)…(21)…`; an opening bracket inside a value is written `\(`."""
        return "".join(f"({ai})" + value.replace("(", r"\(") for ai, value in self.pairs)

    @property
    def raw(self) -> str:
        """What a scanner sends after the symbology identifier: GS after each value of no predefined length."""
        *most, (ai, value) = self.pairs
        return "".join(a + v + ("" if _element(a).size else GS) for a, v in most) + ai + value

    @property
    def gtin(self) -> Gtin | None:
        """AI (01)."""
        value = self.get("01")
        return None if value is None else Gtin(value)

    @property
    def serial(self) -> str | None:
        """AI (21)."""
        return self.get("21")

    @property
    def lot(self) -> str | None:
        """AI (10)."""
        return self.get("10")

    @property
    def sgtin(self) -> Sgtin | None:
        """AIs (01) and (21)."""
        gtin, serial = self.gtin, self.serial
        return None if gtin is None or serial is None else Sgtin(gtin, serial)

    @property
    def lgtin(self) -> Lgtin | None:
        """AIs (01) and (10)."""
        gtin, lot = self.gtin, self.lot
        return None if gtin is None or lot is None else Lgtin(gtin, lot)

    @property
    def sscc(self) -> Sscc | None:
        """AI (00)."""
        value = self.get("00")
        return None if value is None else Sscc(value)

    @property
    def expiry(self) -> date | None:
        """Last day on which the item may be used: AI (17), else the date of AI (7003)."""
        return self.date_of("17") or self.date_of("7003")

    @property
    def production(self) -> date | None:
        """AI (11)."""
        return self.date_of("11")

    @property
    def best_before(self) -> date | None:
        """AI (15)."""
        return self.date_of("15")

    def date_of(self, ai: str) -> date | None:
        """The date of an AI whose value begins with YYMMDD; day 00 is the last day of the month (7.12)."""
        value = self.get(ai)
        if value is None:
            return None
        if not {"yymmd0", "yymmdd"} & {*APPLICATION_IDENTIFIERS[ai].components[0].linters}:
            raise Gs1Error("AI (%(ai)s) is no date", ai=ai)
        year, month = full_year(int(value[:2]), self.today.year), int(value[2:4])
        return date(year, month, int(value[4:6]) or calendar.monthrange(year, month)[1])


class _Element(NamedTuple):
    """An AI made ready for parsing; `size` is the predefined length of its value, else 0."""

    entry: ApplicationIdentifier
    size: int
    check: Check


@cache
def _element(ai: str) -> _Element:
    entry = APPLICATION_IDENTIFIERS[ai]
    return _Element(entry, entry.maximum if entry.predefined_length else 0, checker(ai))


# Ready-made elements by AI: a dict lookup is what the loop below can afford.
_elements: dict[str, _Element] = {}


def parse(text: str, today: date) -> ElementString:
    """Parse what a scanner sends: optional symbology identifier, optional leading GS, GS separators.

    A GS after a value of predefined length is needless and tolerated, as is one at the end. A refusal
    carries AI and 0-based position in `text`.
    """
    position = _skip_head(text)
    year = today.year
    end = len(text)
    pairs: list[Pair] = []
    starts: list[int] = []
    while position < end:
        ai = text[position : position + AI_LENGTHS.get(text[position : position + 2], 4)]
        element = _elements.get(ai) or _learn(ai, text, position)
        _, size, check = element
        begin = position + len(ai)
        if size:
            stop = begin + size
        else:
            stop = text.find(GS, begin)
            if stop < 0:
                stop = end
        value = text[begin:stop]
        try:
            check(value, year)
        except Gs1Error:
            _refuse_value(element.entry, text, begin, year)
        pairs.append((ai, value))
        starts.append(position)
        position = stop
        if text[position : position + 1] == GS:
            position += 1
    verify_together(pairs, starts)
    return ElementString(tuple(pairs), today)


def parse_bracketed(text: str, today: date) -> ElementString:
    r"""Parse the form with brackets, `(01)…(21)…`; `\(` in a value stands for an opening bracket."""
    if not text:
        raise Gs1Error("Expected an AI in brackets such as (01), got nothing", position=0)
    position = 0
    pairs: list[Pair] = []
    starts: list[int] = []
    while position < len(text):
        close = text.find(")", position)
        if text[position] != "(" or close < 0:
            raise Gs1Error(
                "Expected an AI in brackets at character %(character)d, got %(got)r",
                position=position, got=text[position : position + 6],
            )  # fmt: skip
        ai = text[position + 1 : close]
        if ai not in APPLICATION_IDENTIFIERS:
            raise Gs1Error(
                "There is no AI (%(ai)s): expected a known AI at character %(character)d",
                position=position + 1, ai=ai,
            )  # fmt: skip
        value, stop = _until_bracket(text, close + 1)
        try:
            _element(ai).check(value, today.year)
        except Gs1Error as error:
            offset = error.position or 0
            raise error.moved(_source_position(text, close + 1, offset) - offset) from None
        pairs.append((ai, value))
        starts.append(position)
        position = stop
    verify_together(pairs, starts)
    return ElementString(tuple(pairs), today)


def verify_value(ai: str, value: str, year: int) -> None:
    """Refuse a value that does not fit a known AI; for other syntaxes of the same data."""
    _element(ai).check(value, year)


def _skip_head(text: str) -> int:
    position = 0
    if text[:1] == "]":
        if text[:3] not in SYMBOLOGIES:
            _refuse_symbology(text[:3])
        position = 3
    if text[position : position + 1] == GS:
        position += 1
    if position == len(text):
        raise Gs1Error("Expected element strings, got an empty code", position=position)
    return position


def _refuse_symbology(identifier: str) -> NoReturn:
    if identifier[:2] == "]E":
        raise Gs1Error(
            "%(got)s is a retail barcode (EAN/UPC), which carries only a product number: expected a GS1 code"
            " (%(want)s)",
            position=0, got=identifier, want=" ".join(SYMBOLOGIES),
        )  # fmt: skip
    if identifier[:2] == "]I":
        raise Gs1Error(
            "%(got)s is a case barcode (ITF-14), which carries only a product number: expected a GS1 code"
            " (%(want)s)",
            position=0, got=identifier, want=" ".join(SYMBOLOGIES),
        )  # fmt: skip
    if identifier[:2] in {known[:2] for known in SYMBOLOGIES}:
        raise Gs1Error(
            "%(got)s is not the GS1 form of this symbol, which begins with FNC1: expected one of %(want)s",
            position=0, got=identifier, want=" ".join(SYMBOLOGIES),
        )  # fmt: skip
    raise Gs1Error(
        "%(got)s is no symbol that carries GS1 element strings: expected one of %(want)s",
        position=0, got=identifier, want=" ".join(SYMBOLOGIES),
    )  # fmt: skip


def _learn(ai: str, text: str, position: int) -> _Element:
    if ai in APPLICATION_IDENTIFIERS:
        _elements[ai] = _element(ai)
        return _elements[ai]
    if text[position] == GS:
        raise Gs1Error("Expected an AI at character %(character)d, got an empty element", position=position)
    if text[position] == "(":
        raise Gs1Error(
            "Expected an AI at character %(character)d, got a bracket: this is the form that people read",
            position=position,
        )  # fmt: skip
    raise Gs1Error(
        "Expected an AI at character %(character)d, got %(got)r, with which no AI begins",
        position=position,
        got=ai,
    )


def _refuse_value(entry: ApplicationIdentifier, text: str, begin: int, year: int) -> NoReturn:
    # A GS inside a value of predefined length ends it: it is too short, rather than wrong in a character.
    stop = text.find(GS, begin)
    stop = len(text) if stop < 0 else stop
    if entry.predefined_length:
        stop = min(stop, begin + entry.maximum)
    try:
        entry.verify(text[begin:stop], year)
    except Gs1Error as error:
        raise error.moved(begin) from None
    raise AssertionError(entry.ai)  # pragma: no cover


def _until_bracket(text: str, start: int) -> tuple[str, int]:
    stop = text.find("(", start)
    while stop > start and text[stop - 1] == "\\":
        stop = text.find("(", stop + 1)
    stop = len(text) if stop < 0 else stop
    return text[start:stop].replace(r"\(", "("), stop


def _source_position(text: str, start: int, offset: int) -> int:
    """Where the character stands that is `offset` characters into the value beginning at `start`."""
    position = start
    for _ in range(offset):
        position += 2 if text.startswith(r"\(", position) else 1
    return position
