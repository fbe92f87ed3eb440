"""The core of a custody event: what every later holder may see (DESIGN section 3, "Body")."""

# ruff: noqa: N815  (the standard's own member names)

import re
from functools import lru_cache

import msgspec
from msgspec import Struct

from traceability.epcis import EpcisError
from traceability.epcis.events import Json, verify_error, verify_persistent
from traceability.epcis.members import (
    NO_EXTENSIONS,
    Destination,
    ErrorDeclaration,
    Extensions,
    PersistentDisposition,
    Place,
    Source,
    lift,
    lower,
    plain,
    read_json,
    verify_date,
    verify_no_null,
    verify_party_uri,
    verify_place_uri,
    verify_uri,
    verify_whole_second,
)
from traceability.epcis.vocabulary import Action, BizStep, Disposition, EventType
from traceability.gs1 import Gs1Error
from traceability.gs1.key_types import verify_text
from traceability.gs1.keys import verify_epc_uri

_STATEMENT_ID = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


class Ilmd(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The lot of newly made packs and its expiry date (CBV 2.0 section 9.4, `cbvmda`)."""

    lotNumber: str = msgspec.field(name="cbvmda:lotNumber")
    itemExpirationDate: str = msgspec.field(name="cbvmda:itemExpirationDate")
    extensions: Extensions = NO_EXTENSIONS


class Core(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What happened, when, where and between whom. Made by `parse`; members in the order they are written."""

    type: EventType
    eventTime: str
    eventTimeZoneOffset: str
    action: Action | None = None
    bizStep: BizStep | None = None
    disposition: Disposition | None = None
    persistentDisposition: PersistentDisposition | None = None
    readPoint: Place | None = None
    bizLocation: Place | None = None
    sourceList: tuple[Source, ...] = ()
    destinationList: tuple[Destination, ...] = ()
    parentID: str | None = None
    transformationID: str | None = None
    ilmd: Ilmd | None = None
    errorDeclaration: ErrorDeclaration | None = None
    ref: tuple[str, ...] = ()
    """Ids of the statements that this one answers."""
    exported: bool = False

    @classmethod
    def parse(cls, data: bytes | str) -> "Core":
        """The core of UTF-8 JSON text. Raises EpcisError for anything but a valid core."""
        try:
            core = _CORE.decode(data)
        except msgspec.ValidationError as error:
            core = _core_with_extensions(data, error)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise EpcisError("Expected JSON: %(why)s", why=str(error)) from error
        verify_no_null(data)
        return _verify_core(core)

    def to_json(self) -> bytes:
        """Compact JSON text; absent members are left out."""
        if self.ilmd is None or not self.ilmd.extensions:
            return msgspec.json.encode(self)
        return msgspec.json.encode(plain_core(self))


_CORE = msgspec.json.Decoder(Core)


def _core_with_extensions(data: bytes | str, error: msgspec.ValidationError) -> Core:
    """The core once more, now with its ILMD's extension members set apart."""
    value = read_json(data)
    if isinstance(value, dict) and isinstance(value.get("ilmd"), dict):
        known = {name: value["ilmd"][name] for name in _ILMD if name in value["ilmd"]}
        others = {name: member for name, member in value["ilmd"].items() if name not in _ILMD}
        value["ilmd"] = known | lift(others)
    try:
        return msgspec.convert(value, Core)
    except msgspec.ValidationError:
        raise EpcisError("This is not the core of an EPCIS event: %(why)s", why=str(error)) from error


_ILMD = ("cbvmda:lotNumber", "cbvmda:itemExpirationDate")


def plain_core(core: Core) -> Json:
    made = plain(core)
    if core.ilmd is not None:
        made["ilmd"] = lower(made["ilmd"])
    return made


def _verify_core(core: Core) -> Core:
    verify_whole_second(core.eventTime)
    if core.eventTime[-6:] != core.eventTimeZoneOffset:
        raise EpcisError(
            "The zone of %(time)s is not the stated zone %(zone)s",
            time=core.eventTime,
            zone=core.eventTimeZoneOffset,
        )
    _verify_shape(core)
    for place in (core.readPoint, core.bizLocation):
        if place is not None:
            verify_place_uri(place.id)
    if core.sourceList:
        _verify_ends([(source.type, source.source) for source in core.sourceList])
    if core.destinationList:
        _verify_ends([(destination.type, destination.destination) for destination in core.destinationList])
    if core.parentID is not None:
        _verify_epc(core.parentID)
    if core.ref:
        _verify_ref(core.ref)
    if core.errorDeclaration is not None:
        _verify_declaration(core.errorDeclaration)
    return core


def _verify_shape(core: Core) -> None:
    """Which members each type of event has (EPCIS 2.0 sections 7.4.2 to 7.4.6)."""
    kind, action = core.type, core.action
    if kind is EventType.TRANSFORMATION:
        if action is not None:
            raise EpcisError("A transformation event has no action")
    elif action is None:
        raise EpcisError("Expected an action: ADD, OBSERVE or DELETE")
    if core.ilmd is not None:
        _verify_ilmd(
            core.ilmd,
            may=kind is EventType.TRANSFORMATION or (kind is EventType.OBJECT and action is Action.ADD),
        )
    if kind is EventType.OBJECT or kind is EventType.TRANSFORMATION:
        if core.parentID is not None:
            raise EpcisError("An event of type %(type)s has no container (parentID)", type=kind)
        verify_persistent(core.persistentDisposition)
    else:
        if core.persistentDisposition is not None:
            raise EpcisError("An event of type %(type)s has no persistent disposition", type=kind)
        _verify_parent(core)
    if core.transformationID is not None:
        if kind is not EventType.TRANSFORMATION:
            raise EpcisError("An event of type %(type)s has no transformationID", type=kind)
        verify_uri(core.transformationID)


def _verify_parent(core: Core) -> None:
    wanted = core.type is EventType.ASSOCIATION or (
        core.type is EventType.AGGREGATION and core.action is not Action.OBSERVE
    )
    if wanted and core.parentID is None:
        raise EpcisError("Expected the container (parentID) of what was packed or unpacked")


def _verify_ilmd(ilmd: Ilmd, *, may: bool) -> None:
    if not may:
        raise EpcisError("Only an event that makes objects may give their lot and expiry (ILMD)")
    try:
        verify_text(ilmd.lotNumber, 1, 20, "lot number")
    except Gs1Error as error:
        raise EpcisError(
            "Expected a lot number, got %(lot)s: %(why)s", lot=ilmd.lotNumber, why=str(error)
        ) from error
    verify_date(ilmd.itemExpirationDate)


def _verify_ends(ends: list[tuple[str, str]]) -> None:
    """At most one possessing party and one place at each end."""
    seen = ""
    for kind, uri in ends:
        if kind == "possessing_party":
            verify_party_uri(uri)
        elif kind == "location":
            verify_place_uri(uri)
        else:
            raise EpcisError("Expected possessing_party or location in the core, got %(type)s", type=kind)
        if kind == seen:
            raise EpcisError("Expected one %(type)s at each end", type=kind)
        seen = kind
    if len(ends) > 2:
        raise EpcisError("Expected one %(type)s at each end", type=seen)


@lru_cache(maxsize=4096)
def _verify_epc(uri: str) -> str:
    try:
        verify_epc_uri(uri)
    except Gs1Error as error:
        raise EpcisError(
            "Expected the URI of a container, got %(uri)s: %(why)s", uri=uri, why=str(error)
        ) from error
    return uri


def _verify_ref(ref: tuple[str, ...]) -> None:
    for statement_id in ref:
        if not _STATEMENT_ID.fullmatch(statement_id):
            raise EpcisError("Expected a statement id of 43 characters, got %(id)s", id=statement_id)
    if len(ref) > 1 and len(set(ref)) != len(ref):
        raise EpcisError("A statement is named twice in ref")


def _verify_declaration(declaration: ErrorDeclaration) -> None:
    verify_whole_second(declaration.declarationTime)
    verify_error(declaration)
