"""A custody event in the three parts that are signed apart (DESIGN section 3, "Body").

`Core` is what every later holder may see, `Terms` what only the two sides and the regulator see, and
the items are (role, EPC) pairs. `join` makes the EPCIS event of the three, `split` takes it apart.
"""

# ruff: noqa: N815  (the standard's own member names)

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from traceability.epcis import EpcisError
from traceability.epcis.events import (
    Event,
    Json,
    event_of,
    plain_event,
    verify_error,
    verify_persistent,
    verify_quantities,
    verify_transactions,
)
from traceability.epcis.members import (
    NO_EXTENSIONS,
    BizTransaction,
    Destination,
    ErrorDeclaration,
    Extensions,
    PersistentDisposition,
    Place,
    Quantity,
    Source,
    is_extension,
    lift,
    lower,
    plain,
    read_json,
    verify_date,
    verify_party_uri,
    verify_place_uri,
    verify_uri,
    verify_whole_second,
)
from traceability.epcis.vocabulary import Action, BizStep, Disposition, EndType, EventType
from traceability.gs1 import Gs1Error
from traceability.gs1.keys import verify_epc_uri

Item: TypeAlias = tuple[str, str]
"""A role letter ("e", "c", "i" or "o") and the canonical Digital Link URI of an EPC."""

_STATEMENT_ID = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
# GS1 General Specifications, AI 10: up to 20 characters of the invariant set (figure 7.11-1).
_LOT = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")


class Ilmd(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The lot of newly made packs and its expiry date (CBV 2.0 section 9.4, `cbvmda`)."""

    lotNumber: Annotated[str, Meta(max_length=20)] = msgspec.field(name="cbvmda:lotNumber")
    itemExpirationDate: str = msgspec.field(name="cbvmda:itemExpirationDate")
    extensions: Extensions = NO_EXTENSIONS


class Amount(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Units taken from a pack in a partial dispensing, and units left in it."""

    taken: Annotated[int, Meta(gt=0)]
    left: Annotated[int, Meta(ge=0)]


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
        _verify_no_null(data)
        return _verify_core(core)

    def to_json(self) -> bytes:
        """Compact JSON text; absent members are left out."""
        if self.ilmd is None or not self.ilmd.extensions:
            return msgspec.json.encode(self)
        return msgspec.json.encode(_plain_core(self))


class Terms(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a signature means and what only the two sides and the regulator see. Made by `parse`."""

    meaning: Annotated[str, Meta(pattern="^[a-z][a-z_]{0,39}$")]
    signer: Annotated[str, Meta(max_length=200)] = ""
    """Name of the person who signed."""
    sourceList: tuple[Source, ...] = ()
    destinationList: tuple[Destination, ...] = ()
    bizTransactionList: tuple[BizTransaction, ...] = ()
    quantityList: tuple[Quantity, ...] = ()
    childQuantityList: tuple[Quantity, ...] = ()
    inputQuantityList: tuple[Quantity, ...] = ()
    outputQuantityList: tuple[Quantity, ...] = ()
    sensorElementList: tuple[Json, ...] = ()
    amount: Amount | None = None
    reason: Annotated[str, Meta(max_length=2000)] | None = None
    evidence: Literal["scanned", "claimed"] | None = None
    extensions: Extensions = NO_EXTENSIONS

    @classmethod
    def parse(cls, data: bytes | str) -> "Terms":
        """The terms of UTF-8 JSON text. Raises EpcisError for anything but valid terms."""
        try:
            terms = _TERMS.decode(data)
        except msgspec.ValidationError as error:
            terms = _terms_with_extensions(data, error)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise EpcisError("Expected JSON: %(why)s", why=str(error)) from error
        _verify_no_null(data)
        return _verify_terms(terms)

    def to_json(self) -> bytes:
        """Compact JSON text; absent members are left out."""
        return msgspec.json.encode(lower(plain(self)) if self.extensions else self)


_CORE = msgspec.json.Decoder(Core)
_TERMS = msgspec.json.Decoder(Terms)

# Which roles the items of an event may have, in signed order, and the member each fills.
# An object event's "c" items are contents that were found missing at receiving.
ROLES: dict[EventType, dict[str, str]] = {
    EventType.OBJECT: {"e": "epcList", "c": "custody:missing"},
    EventType.AGGREGATION: {"c": "childEPCs"},
    EventType.ASSOCIATION: {"c": "childEPCs"},
    EventType.TRANSACTION: {"e": "epcList"},
    EventType.TRANSFORMATION: {"i": "inputEPCList", "o": "outputEPCList"},
}

_CORE_ENDS = frozenset({EndType.POSSESSING_PARTY, EndType.LOCATION})
_CORE_MEMBERS = frozenset(Core.__struct_fields__) - {"sourceList", "destinationList", "ref", "exported"}
_CORE_CUSTODY = ("ref", "exported")
_TERMS_CUSTODY = ("meaning", "signer", "amount", "reason", "evidence")
_TERMS_MEMBERS = frozenset(Terms.__struct_fields__) - {"sourceList", "destinationList", *_TERMS_CUSTODY}


def join(core: Core, terms: Terms, items: Iterable[Item]) -> Event:
    """The EPCIS event of the three parts, what is custody's own under the prefix `custody:`.

    Raises EpcisError where the parts do not make a valid event together.
    """
    items = verify_items(core, items)
    made = _plain_core(core)
    for name in _CORE_CUSTODY:
        if name in made:
            made[f"custody:{name}"] = made.pop(name)
    rest = lower(plain(terms))
    for name in _TERMS_CUSTODY:
        if name in rest:
            made[f"custody:{name}"] = rest.pop(name)
    for name in ("sourceList", "destinationList"):
        ends = [*made.get(name, ()), *rest.pop(name, ())]
        if ends:
            made[name] = ends
    for role, name in ROLES[core.type].items():
        epcs = [epc for item_role, epc in items if item_role == role]
        if epcs:
            made[name] = epcs
    return event_of(made | rest)


def split(event: Event) -> tuple[Core, Terms, tuple[Item, ...]]:
    """Core, terms and items of an event: the inverse of `join`.

    Raises EpcisError where a statement has no place for something, such as an `eventID`; nothing is
    dropped silently.
    """
    left = plain_event(event)
    items: list[Item] = []
    for role, name in ROLES[EventType(left["type"])].items():
        items += [(role, epc) for epc in left.pop(name, ())]
    core: Json = {
        name: left.pop(name) for name in Core.__struct_fields__ if name in left and name in _CORE_MEMBERS
    }
    terms: Json = {
        name: left.pop(name) for name in Terms.__struct_fields__ if name in left and name in _TERMS_MEMBERS
    }
    for name in ("sourceList", "destinationList"):
        ends = left.pop(name, ())
        core[name] = [end for end in ends if end["type"] in _CORE_ENDS]
        terms[name] = [end for end in ends if end["type"] not in _CORE_ENDS]
    for part, names in ((core, _CORE_CUSTODY), (terms, _TERMS_CUSTODY)):
        part |= {name: left.pop(f"custody:{name}") for name in names if f"custody:{name}" in left}
    for name, value in left.items():
        if not is_extension(name):
            raise EpcisError("A custody statement has no place for %(name)s", name=name)
        terms[name] = value
    encode = msgspec.json.encode
    made = Core.parse(encode(core)), Terms.parse(encode(terms)), tuple(items)
    verify_items(made[0], made[2])
    return made


def verify_items(core: Core, items: Iterable[Item]) -> tuple[Item, ...]:
    """Items that fit the type of their event: known roles, role after role, no EPC twice in one role."""
    roles = "".join(ROLES[core.type])
    made = tuple(items)
    last = 0
    for role, _ in made:
        at = roles.find(role)
        if len(role) != 1 or at < 0:
            raise EpcisError(
                "An item of role %(role)s has no place in an event of type %(type)s",
                role=role,
                type=core.type,
            )
        if at < last:
            raise EpcisError("Expected the items in the order of their roles %(roles)s", roles=roles)
        last = at
    if len(set(made)) != len(made):
        raise EpcisError("An item is named twice")
    if core.action is not Action.OBSERVE and core.type is EventType.OBJECT and made and made[-1][0] == "c":
        raise EpcisError("Only a receipt may name missing contents")
    return made


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


def _terms_with_extensions(data: bytes | str, error: msgspec.ValidationError) -> Terms:
    """The terms once more, now with their extension members set apart."""
    value = read_json(data)
    try:
        return msgspec.convert(lift(value) if isinstance(value, dict) else value, Terms)
    except msgspec.ValidationError:
        raise EpcisError("These are not the terms of an EPCIS event: %(why)s", why=str(error)) from error


def _plain_core(core: Core) -> Json:
    made = plain(core)
    if core.ilmd is not None:
        made["ilmd"] = lower(made["ilmd"])
    return made


def _verify_no_null(data: bytes | str) -> None:
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
    if not _LOT.fullmatch(ilmd.lotNumber):
        raise EpcisError(
            "Expected a lot number of 1 to 20 characters that GS1 allows, got %(lot)s", lot=ilmd.lotNumber
        )
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


def _verify_terms(terms: Terms) -> Terms:
    for ends in (terms.sourceList, terms.destinationList):
        if ends:
            _verify_owner(ends)
    if terms.bizTransactionList:
        verify_transactions(terms.bizTransactionList)
    for quantities in (
        terms.quantityList,
        terms.childQuantityList,
        terms.inputQuantityList,
        terms.outputQuantityList,
    ):
        if quantities:
            verify_quantities(quantities)
    if terms.extensions:
        _verify_extensions(terms.extensions)
    return terms


def _verify_owner(ends: tuple[Source, ...] | tuple[Destination, ...]) -> None:
    for end in ends:
        if end.type != EndType.OWNING_PARTY:
            raise EpcisError("Expected owning_party in the terms, got %(type)s", type=end.type)
        verify_party_uri(end.source if isinstance(end, Source) else end.destination)
    if len(ends) > 1:
        raise EpcisError("Expected one %(type)s at each end", type="owning_party")


def _verify_extensions(extensions: Extensions) -> None:
    for name in extensions:
        if name.startswith("custody:"):
            raise EpcisError("The prefix custody: is this project's own, got %(name)s", name=name)
