"""The small values inside EPCIS events, shared by events, cores and terms (EPCIS 2.0 section 7.3.5).

Field names are the JSON member names of EPCIS 2.0. Extension members, whose names carry a namespace
prefix ("example:temperature"), are kept beside the known ones in `extensions`.
"""

# ruff: noqa: N815  (the standard's own member names)

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from traceability.epcis import EpcisError
from traceability.gs1 import Gs1Error
from traceability.gs1.keys import Gln

PARTY = "https://id.gs1.org/417/"
PLACE = "https://id.gs1.org/414/"

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x1f<>\"{}|\\^`]+")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_ZONE = re.compile(r"[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)")
_WHOLE_SECONDS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Extensions(Mapping[str, object]):
    """Extension members of one JSON object, name to JSON value, in their order; frozen by convention."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, object]) -> None:
        self._members = dict(members)

    def __getitem__(self, name: str) -> object:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"Extensions({self._members!r})"


NO_EXTENSIONS = Extensions({})


class Place(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A read point or a business location."""

    id: str
    extensions: Extensions = NO_EXTENSIONS


class Source(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Who or where something came from; `type` is an `EndType` or a URI."""

    type: str
    source: str


class Destination(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Who or where something goes to; `type` is an `EndType` or a URI."""

    type: str
    destination: str


class BizTransaction(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A business document; `type` is a `BizTransactionType` or a URI."""

    type: str | None = None
    bizTransaction: str


class Quantity(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """How much of a class of objects; `uom` is a UN/CEFACT code, absent when instances are counted."""

    epcClass: str
    quantity: Annotated[int, Meta(ge=0)] | Annotated[float, Meta(ge=0)] | None = None
    uom: Annotated[str, Meta(pattern="^[A-Z0-9]{2,3}$")] | None = None


class PersistentDisposition(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Conditions that begin or end with an event, beside its disposition (EPCIS 2.0 section 7.3.5.5)."""

    set: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()


class ErrorDeclaration(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Says that the same event, said before, was wrong (EPCIS 2.0 section 7.4.1.2)."""

    declarationTime: str
    reason: str | None = None
    correctiveEventIDs: tuple[str, ...] = ()
    extensions: Extensions = NO_EXTENSIONS


def lift(value: dict[str, Any]) -> dict[str, Any]:
    """A JSON object with its prefixed members moved together under `extensions`.

    A member that is literally named "extensions" stays where it is and is refused later by its type.
    """
    found = {name: member for name, member in value.items() if is_extension(name)}
    if not found:
        return value
    known: dict[str, Any] = {name: member for name, member in value.items() if name not in found}
    if "extensions" in known:
        raise EpcisError("Expected a namespace prefix in the member name %(name)s", name="extensions")
    known["extensions"] = Extensions(found)
    return known


def lower(value: dict[str, Any]) -> dict[str, Any]:
    """The inverse of `lift`: extension members back beside the known ones."""
    if "extensions" not in value:
        return value
    known = {name: member for name, member in value.items() if name != "extensions"}
    return known | dict(value["extensions"])


def is_extension(name: str) -> bool:
    """Whether a member name carries a namespace: "prefix:name" or a whole URI, and is no JSON-LD keyword."""
    prefix, colon, local = name.partition(":")
    return bool(colon and prefix and local) and not name.startswith("@")


def plain(struct: Struct) -> dict[str, Any]:
    """A struct as a JSON object, extensions not yet lowered."""
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(struct, enc_hook=dict))
    return made


def read_json(data: bytes | str) -> object:
    """Any JSON value. Raises EpcisError for what is no JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise EpcisError("Expected JSON: %(why)s", why=str(error)) from error


def verify_no_null(data: bytes | str) -> None:
    """An absent member is left out, never null. Text that only speaks of null passes the second look."""
    if (b"null" in data if isinstance(data, bytes) else "null" in data) and _has_null(
        msgspec.json.decode(data)
    ):
        raise EpcisError("Expected absent members to be left out, got null")


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_null(member) for member in value.values())
    if isinstance(value, list):
        return any(_has_null(member) for member in value)
    return value is None


def verify_uri(text: str) -> str:
    """An absolute URI (RFC 3986, or an IRI)."""
    if not _URI.fullmatch(text):
        raise EpcisError("Expected a URI, got %(text)s", text=text)
    return text


def verify_uris(texts: Iterable[str]) -> None:
    """Absolute URIs, each only once."""
    seen: set[str] = set()
    for text in texts:
        if verify_uri(text) in seen:
            raise EpcisError("%(uri)s is named twice in one list", uri=text)
        seen.add(text)


def verify_time(text: str) -> str:
    """A date and time of day with a zone (RFC 3339), as EPCIS documents write it."""
    if not _TIME.fullmatch(text):
        raise EpcisError("Expected a time like 2026-11-23T14:32:00+01:00, got %(text)s", text=text)
    return _in_calendar(text)


def verify_whole_second(text: str) -> str:
    """A time as statements write it: YYYY-MM-DDThh:mm:ss±hh:mm, no fraction, no Z."""
    if not _WHOLE_SECONDS.fullmatch(text) or not _ZONE.fullmatch(text[-6:]) or text.endswith("-00:00"):
        raise EpcisError("Expected a time like 2026-11-23T14:32:00+01:00, got %(text)s", text=text)
    return _in_calendar(text)


def _in_calendar(text: str) -> str:
    # fromisoformat takes at most six digits of a second; more digits cannot make a time impossible.
    try:
        datetime.fromisoformat(text if len(text) <= 25 else _TIME_FRACTION.sub("", text))
    except ValueError as error:
        raise EpcisError("There is no such time: %(text)s", text=text) from error
    return text


_TIME_FRACTION = re.compile(r"\.[0-9]+")


def verify_zone(text: str) -> str:
    """A time zone offset as EPCIS allows it (EPCIS 2.0 section 7.4.1), e.g. "+01:00"."""
    if not _ZONE.fullmatch(text):
        raise EpcisError("Expected a time zone like +01:00, got %(text)s", text=text)
    return text


@lru_cache(maxsize=4096)
def verify_date(text: str) -> str:
    """An ISO date, e.g. "2027-04-30"."""
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        date.fromisoformat(text)
    except ValueError as error:
        raise EpcisError("Expected a date like 2027-04-30, got %(text)s", text=text) from error
    return text


@lru_cache(maxsize=65536)
def verify_party_uri(uri: str) -> str:
    """The canonical Digital Link URI of a party: https://id.gs1.org/417/ and a GLN."""
    return _verify_gln_uri(uri, PARTY)


@lru_cache(maxsize=65536)
def verify_place_uri(uri: str) -> str:
    """The canonical Digital Link URI of a place: https://id.gs1.org/414/ and a GLN."""
    return _verify_gln_uri(uri, PLACE)


def _verify_gln_uri(uri: str, prefix: str) -> str:
    if not uri.startswith(prefix):
        raise EpcisError("Expected a URI that begins with %(prefix)s, got %(uri)s", prefix=prefix, uri=uri)
    try:
        Gln.parse(uri[len(prefix) :])
    except Gs1Error as error:
        raise EpcisError(
            "Expected %(prefix)s and a GLN, got %(uri)s: %(why)s", prefix=prefix, uri=uri, why=str(error)
        ) from error
    return uri
