"""Every application identifier with its format, content rules and companions.

GS1 General Specifications, section 3; the data are in `dictionary`, the content rules in `linters`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from traceability.gs1 import Gs1Error, coupons, dates, linters
from traceability.gs1.dictionary import LINES
from traceability.gs1.place import Linter, Place

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CSET39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CSET64 = "-0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"

CHARACTERS = {"N": frozenset(DIGITS), "X": frozenset(CSET82), "Y": frozenset(CSET39), "Z": frozenset(CSET64)}
_CLASSES = {"N": "[0-9]", "X": f"[{re.escape(CSET82)}]", "Y": f"[{re.escape(CSET39)}]", "Z": "[-0-9=A-Z_a-z]"}
_COMPONENT = re.compile(r"(\[)?([NXYZ])(\.\.)?(\d+)\]?((?:,[a-z0-9]+)*)")

Check = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an AI's value: characters of one set, between two lengths, with further rules by name."""

    charset: str
    minimum: int
    maximum: int
    optional: bool
    linters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """One AI.

    `requires` is a list of conditions; each is a list of groups, of which one must be wholly present.
    `excludes` and the members of a group are AIs or beginnings of AIs ("310" stands for 3100 to 3109).
    `qualifiers` is None for an AI that is no Digital Link primary key, else its alternative sequences.
    """

    ai: str
    title: str
    components: tuple[Component, ...]
    predefined_length: bool
    data_attribute: bool
    requires: tuple[tuple[tuple[str, ...], ...], ...]
    excludes: tuple[str, ...]
    qualifiers: tuple[tuple[str, ...], ...] | None

    @property
    def minimum(self) -> int:
        """Characters of the shortest value."""
        return sum(part.minimum for part in self.components if not part.optional)

    @property
    def maximum(self) -> int:
        """Characters of the longest value."""
        return sum(part.maximum for part in self.components)

    @property
    def label(self) -> str:
        """What a person reads: `(10) BATCH/LOT`."""
        return f"({self.ai}) {self.title}".rstrip()

    def verify(self, value: str, year: int) -> None:
        """Refuse a value that breaks this AI's format or content rules.

        `year` is today's, for the century of two-digit years. The refusal's position counts in the value.
        """
        if not value:
            raise Gs1Error(
                "%(label)s: expected a value at character %(character)d, got nothing",
                ai=self.ai, label=self.label, position=0,
            )  # fmt: skip
        if len(value) > self.maximum:
            raise Gs1Error(
                "%(label)s: expected at most %(want)d characters, then a separator or the end, got %(got)d;"
                " too much from character %(character)d",
                ai=self.ai, label=self.label, position=self.maximum, want=self.maximum, got=len(value),
            )  # fmt: skip
        start = 0
        for part in self.components:
            text = value[start : start + part.maximum]
            if text or not part.optional:
                self._verify_part(part, text, value, start, year)
            start += len(text)

    def _verify_part(self, part: Component, text: str, value: str, start: int, year: int) -> None:
        allowed = CHARACTERS[part.charset]
        for offset, character in enumerate(text):
            if character not in allowed:
                raise Gs1Error(
                    "%(label)s: expected %(want)s at character %(character)d, got %(got)r",
                    ai=self.ai, label=self.label, position=start + offset,
                    want=_EXPECTED[part.charset], got=character,
                )  # fmt: skip
        if len(text) < part.minimum:
            raise Gs1Error(
                "%(label)s: expected %(want)d characters, got %(got)d; it ends before character %(character)d",
                ai=self.ai, label=self.label, position=start + len(text),
                want=start + part.minimum, got=len(value),
            )  # fmt: skip
        place = Place(self.ai, self.label, start, year)
        for name in part.linters:
            _LINTERS[name](text, place)


_LINTERS: dict[str, Linter] = {
    lint.__name__: lint
    for lint in (
        coupons.couponcode, coupons.couponposoffer, linters.cset64, linters.csum, linters.csumalpha,
        linters.gcppos1, linters.gcppos2, linters.hasnondigit, dates.hh, dates.hhmi, linters.hyphen,
        linters.iban, linters.importeridx, linters.iso3166, linters.iso3166999, linters.iso3166alpha2,
        linters.iso4217, linters.iso5218, linters.latitude, linters.longitude, linters.mediatype, dates.mi,
        linters.nonzero, linters.nozeroprefix, linters.packagetype, linters.pcenc, linters.pieceoftotal,
        linters.posinseqslash, dates.ss, linters.winding, linters.yesno, dates.yymmd0, dates.yymmdd,
        dates.yyyymmdd, linters.zero,
    )
}  # fmt: skip

_EXPECTED = {
    "N": "a digit",
    "X": "a letter, a digit or one of !\"%&'()*+,-./:;<=>?_",
    "Y": "a capital letter, a digit or one of #-/",
    "Z": "a letter, a digit, - or _",
}


def _components(text: str) -> tuple[Component, ...]:
    return tuple(
        Component(
            kind,
            1 if upto else int(size),
            int(size),
            bool(optional),
            (("cset64",) if kind == "Z" else ()) + tuple(names.split(",")[1:]),
        )
        for optional, kind, upto, size, names in _COMPONENT.findall(text)
    )


def _parse_line(line: str) -> list[ApplicationIdentifier]:
    head, components, roles, title = (field.strip() for field in line.split(";"))
    span, _, flags = head.partition(" ")
    requires = []
    excludes: tuple[str, ...] = ()
    qualifiers: tuple[tuple[str, ...], ...] | None = None
    for role in roles.split():
        name, _, value = role.partition("=")
        if name == "req":
            requires.append(tuple(tuple(_prefix(ai) for ai in g.split("+")) for g in value.split(",")))
        elif name == "ex":
            excludes = tuple(_prefix(ai) for ai in value.split(","))
        else:
            qualifiers = tuple(tuple(filter(None, way.split(","))) for way in value.split("|"))
    first, _, last = span.partition("-")
    return [
        ApplicationIdentifier(
            f"{number:0{len(first)}}", title, _components(components), "*" in flags, "?" in flags,
            tuple(requires), excludes, qualifiers,
        )
        for number in range(int(first), int(last or first) + 1)
    ]  # fmt: skip


def _prefix(pattern: str) -> str:
    return pattern.rstrip("n")


APPLICATION_IDENTIFIERS: dict[str, ApplicationIdentifier] = {
    entry.ai: entry for line in LINES.splitlines() for entry in _parse_line(line)
}

# All AIs that begin with the same two digits are equally long (General Specifications, section 3.2).
AI_LENGTHS: dict[str, int] = {ai[:2]: len(ai) for ai in APPLICATION_IDENTIFIERS}


@cache
def _shape(components: tuple[Component, ...]) -> re.Pattern[str]:
    source = ""
    for part in components:
        low = 0 if part.optional and part.minimum < part.maximum else part.minimum
        piece = f"{_CLASSES[part.charset]}{{{low},{part.maximum}}}"
        source += f"(?:{piece})?" if part.optional and low else piece
    return re.compile(source)


@cache
def checker(ai: str) -> Check:
    """The fast form of `verify` for one AI: a compiled shape, and a memory of values already linted."""
    entry = APPLICATION_IDENTIFIERS[ai]
    fits = _shape(entry.components).fullmatch
    verify = entry.verify
    if any(part.linters for part in entry.components):
        return lru_cache(maxsize=4096)(verify)

    def check(value: str, year: int) -> None:
        if not value or fits(value) is None:
            verify(value, year)

    return check
