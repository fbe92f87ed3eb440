"""GS1 Digital Link URIs (GS1 Digital Link URI Syntax 1.x), uncompressed, both ways.

Where the standard leaves room this follows GS1's syntax engine: the rightmost primary key in the path
begins the data, parameters of the query that are no numbers are not ours, and the fragment is not read.
"""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote_to_bytes

from traceability.gs1 import Gs1Error
from traceability.gs1.application_identifiers import APPLICATION_IDENTIFIERS, checker
from traceability.gs1.companions import verify_together
from traceability.gs1.element_strings import ElementString
from traceability.gs1.key_types import STEM, escape

Pair = tuple[str, str]

_ALLOWED = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_BASE = re.compile(r"(?:https|HTTPS|http|HTTP)://[^/]+")
_NOT_IN_DOMAIN = re.compile(r"[_~?#@!$&'()*+,;=%]")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_COMPRESSED = re.compile(r"[A-Za-z0-9_-]{10,}")

# Names that stood for AIs in the path until version 1.2.
_NAMES = {
    "cpid": "8010", "cpsn": "8011", "cpv": "22", "gcn": "255", "gdti": "253", "giai": "8004", "ginc": "401",
    "gln": "414", "glnx": "254", "gmn": "8013", "grai": "8003", "gsin": "402", "gsrn": "8018", "gsrnp": "8017",
    "gtin": "01", "itip": "8006", "lot": "10", "party": "417", "refno": "8020", "ser": "21", "srin": "8019",
    "sscc": "00",
}  # fmt: skip

# Without a day to reckon from, two-digit years count as 1951 to 2050: only 29 February 2000 depends on it.
_ANY_YEAR = 2000


@dataclass(frozen=True, slots=True)
class DigitalLink:
    """A valid Digital Link URI.

    `stem` is all before the primary key; `path` the key and its qualifiers, `attributes` the AIs of the
    query, `others` the query's other parameters as they stand, `fragment` what follows #.
    """

    stem: str
    path: tuple[Pair, ...]
    attributes: tuple[Pair, ...] = ()
    others: tuple[str, ...] = ()
    fragment: str = ""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All AIs with their values."""
        return self.path + self.attributes

    def get(self, ai: str, default: str | None = None) -> str | None:
        """The value of an AI."""
        return dict(self.pairs).get(ai, default)

    def element_string(self, today: date) -> ElementString:
        """The same data as an element string; `today` decides the century of two-digit years."""
        for ai, value in self.pairs:
            checker(ai)(value, today.year)
        return ElementString(self.pairs, today)

    @property
    def canonical(self) -> str:
        """The AIs alone, on https://id.gs1.org."""
        return str(DigitalLink(STEM.rstrip("/"), self.path, self.attributes))

    def __str__(self) -> str:
        path = "".join(f"/{ai}/{escape(value)}" for ai, value in self.path)
        query = "&".join([*(f"{ai}={escape(value)}" for ai, value in self.attributes), *self.others])
        return (
            self.stem + path + (f"?{query}" if query else "") + (f"#{self.fragment}" if self.fragment else "")
        )


def parse(uri: str, today: date | None = None) -> DigitalLink:
    """Parse a Digital Link URI. A GTIN of 8, 12 or 13 digits, as older links have it, is filled up to 14."""
    year = today.year if today else _ANY_YEAR
    base = _verify_base(uri)
    rest, _, fragment = uri.partition("#")
    rest, _, query = rest.partition("?")
    steps = rest[base:].split("/")[1:]
    first = _find_key(steps)
    data = steps[first:]
    path = tuple((ai, _decode(ai, value, uri, year)) for ai, value in zip(data[::2], data[1::2], strict=True))
    _verify_path(tuple(ai for ai, _ in path))
    attributes, others = _parse_query(query, uri, year)
    _verify_attributes(path, attributes)
    verify_together(path + attributes)
    stem = rest[: len(rest) - sum(len(step) + 1 for step in data)]
    return DigitalLink(stem, path, attributes, others, fragment)


def build(elements: ElementString, stem: str = STEM) -> DigitalLink:
    """The Digital Link of an element string.

    Its first AI that is a primary key leads; the sequence of qualifiers that uses most of the others goes
    into the path, the rest into the query, those of predefined length first.
    """
    values = dict(elements)
    key = next((ai for ai in values if APPLICATION_IDENTIFIERS[ai].qualifiers is not None), None)
    if key is None:
        raise Gs1Error(
            "Expected an AI that can lead a link, such as (01) or (00), got %(got)s", got=str(elements)
        )
    ways = APPLICATION_IDENTIFIERS[key].qualifiers or ()
    way = max(ways, key=lambda sequence: sum(ai in values for ai in sequence), default=())
    path = tuple((ai, values[ai]) for ai in (key, *way) if ai in values)
    rest = [(ai, value) for ai, value in values.items() if ai not in dict(path)]
    rest.sort(key=lambda pair: not APPLICATION_IDENTIFIERS[pair[0]].predefined_length)
    stem = stem.rstrip("/")
    _verify_base(stem + "/")
    if "?" in stem or "#" in stem:
        raise Gs1Error(
            "Expected a stem such as https://example.com/shop, without ? and #, got %(got)r", got=stem
        )
    _verify_attributes(path, tuple(rest))
    return DigitalLink(stem, path, tuple(rest))


def _verify_base(uri: str) -> int:
    """Length of scheme and domain."""
    allowed = _ALLOWED.match(uri)
    end = allowed.end() if allowed else 0
    if end < len(uri):
        raise Gs1Error(
            "Expected a character of a link at character %(character)d, got %(got)r",
            position=end,
            got=uri[end],
        )
    base = _BASE.match(uri)
    if base is None or base.end() == len(uri):
        raise Gs1Error("Expected a link such as https://id.gs1.org/01/…, got %(got)r", position=0, got=uri)
    start = base[0].index("//") + 2
    wrong = _NOT_IN_DOMAIN.search(uri, start, base.end())
    if wrong:
        raise Gs1Error(
            "Expected a character of a domain name at character %(character)d, got %(got)r",
            position=wrong.start(), got=wrong[0],
        )  # fmt: skip
    return base.end()


def _find_key(steps: list[str]) -> int:
    """Index of the rightmost primary key that a pair in the path begins with, counting pairs from the end."""
    for index in range(len(steps) - 2, -1, -2):
        entry = APPLICATION_IDENTIFIERS.get(steps[index])
        if entry is None:
            if steps[index] in _NAMES:
                raise Gs1Error(
                    "Expected the number (%(want)s) in place of the name %(got)r, which links no longer use",
                    ai=_NAMES[steps[index]], want=_NAMES[steps[index]], got=steps[index],
                )  # fmt: skip
            break
        if entry.qualifiers is not None:
            return index
    if steps and _COMPRESSED.fullmatch(steps[-1]) and not steps[-1].isdigit():
        raise Gs1Error(
            "Expected a GS1 key such as /01/… in the path, got %(got)r: if this link is compressed, it must be"
            " decompressed first",
            got=steps[-1],
        )  # fmt: skip
    raise Gs1Error(
        "Expected a GS1 key such as /01/… and its value at the end of the path, got %(got)r",
        got="/".join(steps),
    )


def _decode(ai: str, text: str, uri: str, year: int) -> str:
    wrong = _BAD_PERCENT.search(text)
    if wrong:
        raise Gs1Error(
            "AI (%(ai)s): expected two hexadecimal digits after %%, got %(got)r",
            ai=ai, position=_position(uri, ai, text), got=text[wrong.start() + 1 : wrong.start() + 3],
        )  # fmt: skip
    value = unquote_to_bytes(text).decode("latin-1")
    if ai == "01" and len(value) in (8, 12, 13):
        value = value.zfill(14)
    try:
        checker(ai)(value, year)
    except Gs1Error as error:
        # Positions inside an encoded value would mislead: point at the value.
        raise type(error)(error.pattern, **{**error.values, "position": _position(uri, ai, text)}) from None
    return value


def _position(uri: str, ai: str, text: str) -> int:
    """Where the value of an AI begins in the link."""
    for mark in (f"/{ai}/{text}", f"?{ai}={text}", f"&{ai}={text}"):
        found = uri.rfind(mark)
        if found >= 0:
            return found + len(ai) + 2
    return 0


def _verify_path(ais: tuple[str, ...]) -> None:
    if not _fits(ais):
        ways = APPLICATION_IDENTIFIERS[ais[0]].qualifiers or ((),)
        raise Gs1Error(
            "After AI (%(ai)s), the path may have %(want)s in this order, got %(got)s",
            ai=ais[0], want=" / ".join(",".join(way) for way in ways) or "-", got=",".join(ais[1:]),
        )  # fmt: skip


def _fits(ais: tuple[str, ...]) -> bool:
    """Whether qualifiers stand in the order of one of the key's sequences, each at most once."""
    for way in APPLICATION_IDENTIFIERS[ais[0]].qualifiers or ((),):
        if ais[1:] == tuple(ai for ai in way if ai in ais[1:]):
            return True
    return False


def _parse_query(query: str, uri: str, year: int) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    attributes: list[Pair] = []
    others: list[str] = []
    for parameter in filter(None, query.split("&")):
        ai, equals, text = parameter.partition("=")
        if not equals or not ai or ai.strip("0123456789"):
            others.append(parameter)
            continue
        if ai not in APPLICATION_IDENTIFIERS:
            raise Gs1Error(
                "Expected a known AI in the query, got %(ai)s", ai=ai, position=_position(uri, ai, text)
            )
        attributes.append((ai, _decode(ai, text.replace("+", " "), uri, year)))
    return tuple(attributes), tuple(others)


def _verify_attributes(path: tuple[Pair, ...], attributes: tuple[Pair, ...]) -> None:
    ais = tuple(ai for ai, _ in path)
    seen = set(ais)
    for ai, _ in attributes:
        if ai in seen:
            raise Gs1Error("AI (%(ai)s) stands twice in the link: expected it once", ai=ai)
        seen.add(ai)
        if not APPLICATION_IDENTIFIERS[ai].data_attribute:
            raise Gs1Error("AI (%(ai)s) may not stand in the query of a link", ai=ai)
        if any(_fits((*ais[:place], ai, *ais[place:])) for place in range(1, len(ais) + 1)):
            raise Gs1Error(
                "AI (%(ai)s) in the query: expected it in the path after (%(key)s)", ai=ai, key=ais[0]
            )
