"""EPCIS documents as JSON-LD (EPCIS 2.0 section 10), in and out.

Documents carry a @context: the EPCIS one by its address, and inline the namespaces of extensions, of
which `custody` is this project's own.
"""

# ruff: noqa: N815  (the standard's own member names)

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from traceability.epcis import EpcisError
from traceability.epcis.events import Event, Json, event_of, plain_event
from traceability.epcis.members import (
    NO_EXTENSIONS,
    Extensions,
    is_extension,
    lift,
    read_json,
    verify_time,
)

EPCIS_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CUSTODY_NAMESPACE = "urn:uuid:c52ab427-cb35-45e4-9880-f4d4eb417ea4#"
"""What `custody:` stands for: `meaning`, `signer`, `ref`, `exported`, `missing` and the other own members."""

NAMESPACES: dict[str, str] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "gs1": "https://gs1.org/voc/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Prefixes that the EPCIS context itself declares."""

Context: TypeAlias = tuple[str | Json, ...]


class Document(Struct, frozen=True):
    """An EPCISDocument; made by `parse` or `of`. Times are RFC 3339 text."""

    creationDate: str
    events: tuple[Event, ...]
    context: Context = (EPCIS_CONTEXT,)
    schemaVersion: str = "2.0"
    id: str | None = None
    instanceIdentifier: str | None = None
    sender: str | None = None
    receiver: str | None = None
    epcisHeader: Json | None = None
    """Header with master data, kept as JSON."""
    extensions: Extensions = NO_EXTENSIONS

    @classmethod
    def of(
        cls,
        events: Iterable[Event],
        *,
        creation_date: str,
        namespaces: Mapping[str, str] | None = None,
        id: str | None = None,  # noqa: A002  (the standard's own member name)
    ) -> "Document":
        """A document of our own making; `namespaces` are those of extensions other than `custody`."""
        made = tuple(events)
        context: Context = (EPCIS_CONTEXT, *context_of(made, namespaces or {}))
        verify_time(creation_date)
        _verify_prefixes(made, context)
        return cls(creation_date, made, context, id=id)

    @classmethod
    def parse(cls, data: bytes | str) -> "Document":
        """The document of JSON-LD text. Raises EpcisError naming the event that does not fit."""
        value = read_json(data)
        if not isinstance(value, dict) or value.get("type") != "EPCISDocument":
            raise EpcisError("Expected an EPCISDocument")
        context = _context(value)
        body = value.get("epcisBody")
        if not isinstance(body, dict) or not isinstance(body.get("eventList"), list):
            raise EpcisError("Expected a list of events (epcisBody, eventList)")
        if unknown := [name for name in body if name != "eventList"]:
            raise EpcisError("%(name)s has no place in an EPCIS document", name=f"epcisBody.{unknown[0]}")
        events, context = _events(body["eventList"], context)
        head = lift({name: member for name, member in value.items() if name not in _READ})
        try:
            wire = msgspec.convert(head, _Head)
        except msgspec.ValidationError as error:
            raise EpcisError("This is not a valid EPCIS document: %(why)s", why=str(error)) from error
        verify_time(wire.creationDate)
        _verify_prefixes(events, context)
        return cls(events=events, context=context, **msgspec.structs.asdict(wire))

    def to_json(self) -> bytes:
        """JSON-LD text: the inverse of `parse`."""
        members = {name: getattr(self, name) for name in ("id", *_HEAD)}
        made: Json = {"@context": list(self.context), "type": "EPCISDocument"}
        made |= {name: member for name, member in members.items() if member is not None}
        made |= dict(self.extensions)
        made["epcisBody"] = {"eventList": [plain_event(event) for event in self.events]}
        return msgspec.json.encode(made)

    @property
    def namespaces(self) -> dict[str, str]:
        """What each prefix stands for in this document."""
        return namespaces_of(self.context)


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    """A document's own members, without its context and events."""

    creationDate: str
    schemaVersion: str
    id: str | None = None
    instanceIdentifier: str | None = None
    sender: str | None = None
    receiver: str | None = None
    epcisHeader: Json | None = None
    extensions: Extensions = NO_EXTENSIONS


_READ = frozenset({"@context", "type", "epcisBody"})
_HEAD = ("schemaVersion", "creationDate", "instanceIdentifier", "sender", "receiver", "epcisHeader")


def read_events(data: bytes | str) -> tuple[Event, ...]:
    """The events of an EPCISDocument, a query document, a list of bare events or a single one.

    A bare event carries its own @context (EPCIS 2.0 section 12.6.1). Raises EpcisError.
    """
    value = read_json(data)
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "EPCISDocument":
        return Document.parse(data).events
    if isinstance(value, dict) and kind == "EPCISQueryDocument":
        events, context = _events(_results(value), _context(value))
    else:
        bare = value if isinstance(value, list) else [value]
        if not all(isinstance(event, dict) and "@context" in event for event in bare):
            raise EpcisError("Expected an @context in every event that stands alone")
        events, context = _events(bare, ())
    _verify_prefixes(events, context)
    return events


def bare_events_json(events: Iterable[Event], namespaces: Mapping[str, str] | None = None) -> bytes:
    """A JSON list of events, each with its own @context: the inverse of `read_events`."""
    made = []
    for event in events:
        context: Context = (EPCIS_CONTEXT, *context_of((event,), namespaces or {}))
        _verify_prefixes((event,), context)
        made.append({"@context": list(context)} | plain_event(event))
    return msgspec.json.encode(made)


def document_lines(
    events: Iterable[Event], *, creation_date: str, members: Mapping[str, str]
) -> Iterator[bytes]:
    """The JSON-LD text of a document as its events come, each on a line of its own: for as many as there are.

    `members` are extension members of the document, under the prefix `custody:`. What an event says under a
    prefix of which nobody knows the namespace gets one of ours, in a context of its own.
    """
    context: Context = (EPCIS_CONTEXT, {"custody": CUSTODY_NAMESPACE})
    head: Json = {"@context": list(context), "type": "EPCISDocument", "schemaVersion": "2.0"}
    head |= {"creationDate": verify_time(creation_date)} | dict(members)
    yield msgspec.json.encode(head)[:-1] + b',"epcisBody":{"eventList":[\n'
    between = b""
    for event in events:
        foreign = {
            prefix: f"{CUSTODY_NAMESPACE}{prefix}/"
            for prefix in _undeclared((event,), namespaces_of(context))
        }
        own = {"@context": [EPCIS_CONTEXT, foreign]} if foreign else {}
        yield between + msgspec.json.encode(own | plain_event(event))
        between = b",\n"
    yield b"\n]}}\n"


def context_of(events: Iterable[Event], namespaces: Mapping[str, str]) -> Context:
    """The inline part of a context: the given namespaces, and `custody` where an event speaks it."""
    inline = dict(namespaces)
    if any(name.startswith("custody:") for event in events for name in event.extensions):
        inline["custody"] = CUSTODY_NAMESPACE
    return (inline,) if inline else ()


def namespaces_of(context: Context) -> dict[str, str]:
    """Prefix to namespace, as a context and the EPCIS context declare them."""
    found = dict(NAMESPACES)
    for part in context:
        if isinstance(part, dict):
            for prefix, term in part.items():
                uri = term.get("@id") if isinstance(term, dict) else term
                if not prefix.startswith("@") and isinstance(uri, str):
                    found[prefix] = uri
    return found


def _context(value: Json) -> Context:
    """The @context of a JSON object as a tuple of addresses and inline objects."""
    given: Any = value.get("@context")
    parts = given if isinstance(given, list) else [given]
    if not all(isinstance(part, str | dict) for part in parts):
        raise EpcisError("Expected an @context of addresses and objects")
    if not any(isinstance(part, str) and part.endswith("epcis-context.jsonld") for part in parts):
        raise EpcisError("Expected the EPCIS context %(uri)s in @context", uri=EPCIS_CONTEXT)
    return tuple(parts)


def _events(values: list[Any], context: Context) -> tuple[tuple[Event, ...], Context]:
    """Events, and the context that speaks for all of them: their own contexts join the document's."""
    events = []
    for at, value in enumerate(values, start=1):
        bare = value
        if isinstance(value, dict) and "@context" in value:
            context = _merge(context, _context(value))
            bare = {name: member for name, member in value.items() if name != "@context"}
        try:
            events.append(event_of(bare))
        except EpcisError as error:
            raise EpcisError("Event %(number)s: %(why)s", number=at, why=str(error)) from error
    return tuple(events), context


def _merge(context: Context, more: Context) -> Context:
    known, added = namespaces_of(context), namespaces_of(more)
    for prefix, uri in added.items():
        if known.get(prefix, uri) != uri:
            raise EpcisError("The prefix %(prefix)s stands for two namespaces", prefix=prefix)
    return context + tuple(part for part in more if part not in context)


def _results(value: Json) -> list[Any]:
    for name in ("epcisBody", "queryResults", "resultsBody"):
        value = value.get(name, {})
        if not isinstance(value, dict):
            raise EpcisError("Expected query results (%(name)s)", name=name)
    events = value.get("eventList")
    if not isinstance(events, list):
        raise EpcisError("Expected query results (%(name)s)", name="eventList")
    return events


def _verify_prefixes(events: Iterable[Event], context: Context) -> None:
    """Every extension's prefix is declared, as far as can be told without fetching foreign contexts."""
    if any(isinstance(part, str) and not part.endswith("epcis-context.jsonld") for part in context):
        return
    for prefix in _undeclared(events, namespaces_of(context)):
        raise EpcisError("The prefix %(prefix)s is not declared in @context", prefix=prefix)


def _undeclared(events: Iterable[Event], declared: Mapping[str, str]) -> Iterator[str]:
    """The prefixes of extension members that are not declared."""
    for event in events:
        for name in (*event.extensions, *(getattr(event, "ilmd", None) or ())):
            prefix = name.partition(":")[0]
            if prefix not in declared and not is_address(name):
                yield prefix


def is_address(name: str) -> bool:
    """Whether a member name is a whole URI rather than a prefixed name."""
    return is_extension(name) and (name.partition(":")[2].startswith("//") or name.startswith("urn:"))
