"""EPCIS 2.0 events as frozen types (EPCIS 2.0 section 7.4), read from and written as JSON values.

A value made by `event_of` is valid: its members fit its type as the published JSON schema wants them,
its times exist, its words are CBV 2.0's or URIs. Extensions, ILMD and sensor data are kept as JSON.
"""

# ruff: noqa: N815  (the standard's own member names)

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from traceability.epcis import EpcisError
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
    verify_time,
    verify_uri,
    verify_uris,
    verify_zone,
)
from traceability.epcis.vocabulary import (
    Action,
    BizStep,
    BizTransactionType,
    Disposition,
    EndType,
    ErrorReason,
)

Json: TypeAlias = dict[str, Any]


class _Event(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="type"
):
    """What every event has; times are RFC 3339 text, `certificationInfo` one URI or several."""

    eventTime: str
    eventTimeZoneOffset: str
    eventID: str | None = None
    recordTime: str | None = None
    certificationInfo: str | tuple[str, ...] | None = None
    errorDeclaration: ErrorDeclaration | None = None
    bizStep: str | None = None
    disposition: str | None = None
    readPoint: Place | None = None
    bizLocation: Place | None = None
    bizTransactionList: tuple[BizTransaction, ...] = ()
    sourceList: tuple[Source, ...] = ()
    destinationList: tuple[Destination, ...] = ()
    sensorElementList: tuple[Json, ...] = ()
    extensions: Extensions = NO_EXTENSIONS


class ObjectEvent(_Event, frozen=True, kw_only=True, tag="ObjectEvent"):
    """Something happened to objects (EPCIS 2.0 section 7.4.2)."""

    action: Action
    epcList: tuple[str, ...] = ()
    quantityList: tuple[Quantity, ...] = ()
    persistentDisposition: PersistentDisposition | None = None
    ilmd: Json | None = None


class AggregationEvent(_Event, frozen=True, kw_only=True, tag="AggregationEvent"):
    """Objects went into or out of a container (EPCIS 2.0 section 7.4.3)."""

    action: Action
    parentID: str | None = None
    childEPCs: tuple[str, ...] = ()
    childQuantityList: tuple[Quantity, ...] = ()


class AssociationEvent(_Event, frozen=True, kw_only=True, tag="AssociationEvent"):
    """Objects were tied to an asset or a place (EPCIS 2.0 section 7.4.6)."""

    action: Action
    parentID: str
    childEPCs: tuple[str, ...] = ()
    childQuantityList: tuple[Quantity, ...] = ()


class TransactionEvent(_Event, frozen=True, kw_only=True, tag="TransactionEvent"):
    """Objects were tied to business documents (EPCIS 2.0 section 7.4.4)."""

    action: Action
    parentID: str | None = None
    epcList: tuple[str, ...] = ()
    quantityList: tuple[Quantity, ...] = ()


class TransformationEvent(_Event, frozen=True, kw_only=True, tag="TransformationEvent"):
    """Inputs became outputs (EPCIS 2.0 section 7.4.5)."""

    inputEPCList: tuple[str, ...] = ()
    inputQuantityList: tuple[Quantity, ...] = ()
    outputEPCList: tuple[str, ...] = ()
    outputQuantityList: tuple[Quantity, ...] = ()
    transformationID: str | None = None
    persistentDisposition: PersistentDisposition | None = None
    ilmd: Json | None = None


Event: TypeAlias = ObjectEvent | AggregationEvent | AssociationEvent | TransactionEvent | TransformationEvent

# Objects inside an event that may carry extension members of their own.
_EXTENSIBLE = ("readPoint", "bizLocation", "errorDeclaration")


def parse_event(data: bytes | str) -> Event:
    """One event as JSON text, without @context. Raises EpcisError."""
    return event_of(read_json(data))


def event_of(value: object) -> Event:
    """The event that a JSON object describes. Raises EpcisError naming what does not fit."""
    if not isinstance(value, dict):
        raise EpcisError("Expected an EPCIS event as a JSON object")
    lifted = lift(value)
    nested = {name: lift(lifted[name]) for name in _EXTENSIBLE if isinstance(lifted.get(name), dict)}
    # An empty list says no more than an absent one; a null says something that EPCIS has no word for.
    for name, member in lifted.items():
        if member is None:
            raise EpcisError("Expected a value for %(name)s, got null", name=name)
    try:
        event: Event = msgspec.convert(lifted | nested, Event)
    except msgspec.ValidationError as error:
        raise EpcisError("This is not a valid EPCIS event: %(why)s", why=str(error)) from error
    return verify_event(event)


def plain_event(event: Event) -> Json:
    """An event as a JSON object: the inverse of `event_of`."""
    made = lower(plain(event))
    for name in _EXTENSIBLE:
        if name in made:
            made[name] = lower(made[name])
    if _names_nothing(event):
        made["epcList"] = []
    return made


def _names_nothing(event: Event) -> bool:
    """Whether the published schema wants an empty epcList to say that no object is meant."""
    if isinstance(event, ObjectEvent):
        return not event.epcList and not event.quantityList and event.readPoint is None
    if isinstance(event, TransactionEvent):
        return not event.epcList and not event.quantityList and event.action is not Action.DELETE
    return False


def event_json(event: Event) -> bytes:
    """An event as compact JSON text, without @context: the inverse of `parse_event`."""
    return msgspec.json.encode(plain_event(event))


def verify_event(event: Event) -> Event:
    """Check what the types do not say: times, words, URIs and what must come together."""
    verify_time(event.eventTime)
    verify_zone(event.eventTimeZoneOffset)
    if event.recordTime is not None:
        verify_time(event.recordTime)
    _verify_common(event)
    if isinstance(event, ObjectEvent):
        _verify_object(event)
    elif isinstance(event, TransformationEvent):
        _verify_transformation(event)
    elif isinstance(event, TransactionEvent):
        _verify_transaction(event)
    else:
        _verify_aggregation(event)
    return event


def _verify_common(event: Event) -> None:
    verify_word(event.bizStep, BizStep)
    verify_word(event.disposition, Disposition)
    for place in (event.readPoint, event.bizLocation):
        if place is not None:
            verify_uri(place.id)
    for source in event.sourceList:
        verify_word(source.type, EndType)
        verify_uri(source.source)
    for destination in event.destinationList:
        verify_word(destination.type, EndType)
        verify_uri(destination.destination)
    verify_transactions(event.bizTransactionList)
    if event.eventID is not None:
        verify_uri(event.eventID)
    info = event.certificationInfo or ()
    verify_uris((info,) if isinstance(info, str) else info)
    if event.errorDeclaration is not None:
        verify_error(event.errorDeclaration)
    for element in event.sensorElementList:
        verify_sensor(element)


def verify_word(text: str | None, words: type[StrEnum]) -> None:
    """A word of a CBV list, a URI of somebody else's, or nothing."""
    if text is None or text in words.__members__.values():
        return
    if not is_extension(text) or text.startswith(("urn:epcglobal:cbv:", "https://ns.gs1.org/cbv/")):
        raise EpcisError("%(word)s is not a word of CBV 2.0 (%(list)s)", word=text, list=words.__name__)
    verify_uri(text)


def verify_error(error: ErrorDeclaration) -> None:
    """An error declaration: its time, its reason and the ids of the events that put it right."""
    verify_time(error.declarationTime)
    verify_word(error.reason, ErrorReason)
    verify_uris(error.correctiveEventIDs)


def verify_persistent(value: PersistentDisposition | None) -> None:
    """Persistent dispositions: something set or unset, each word once."""
    if value is None:
        return
    if not value.set and not value.unset:
        raise EpcisError("Expected a persistent disposition to set or to unset")
    for words in (value.set, value.unset):
        if len(set(words)) != len(words):
            raise EpcisError("A persistent disposition is named twice")
        for word in words:
            verify_word(word, Disposition)


def verify_transactions(transactions: Iterable[BizTransaction]) -> None:
    """Business transactions: a type of CBV 2.0 (or a URI, or none) and a URI each."""
    for transaction in transactions:
        verify_word(transaction.type, BizTransactionType)
        verify_uri(transaction.bizTransaction)


def verify_quantities(quantities: Iterable[Quantity]) -> None:
    """Quantities: each of a class named by a URI."""
    for quantity in quantities:
        verify_uri(quantity.epcClass)


def _verify_object(event: ObjectEvent) -> None:
    verify_uris(event.epcList)
    verify_quantities(event.quantityList)
    verify_persistent(event.persistentDisposition)
    if not event.epcList and not event.quantityList and not event.sensorElementList:
        raise EpcisError("Expected an object event to name objects, quantities or sensor data")
    if event.ilmd is not None:
        if event.action is not Action.ADD:
            raise EpcisError("Only an event that adds objects may give their lot and expiry (ILMD)")
        _verify_ilmd(event.ilmd)


def _verify_aggregation(event: AggregationEvent | AssociationEvent) -> None:
    if event.parentID is not None:
        verify_uri(event.parentID)
    elif event.action is not Action.OBSERVE:
        raise EpcisError("Expected the container (parentID) of what was packed or unpacked")
    verify_uris(event.childEPCs)
    verify_quantities(event.childQuantityList)
    if not event.childEPCs and not event.childQuantityList and event.action is not Action.DELETE:
        raise EpcisError(
            "Expected what is in the container; only unpacking may leave it out, meaning everything"
        )


def _verify_transaction(event: TransactionEvent) -> None:
    if not event.bizTransactionList:
        raise EpcisError("Expected a transaction event to name a business transaction")
    if event.parentID is not None:
        verify_uri(event.parentID)
    verify_uris(event.epcList)
    verify_quantities(event.quantityList)
    named = event.epcList or event.quantityList or event.parentID
    if not named and event.action is not Action.DELETE:
        raise EpcisError("Expected a transaction event to name objects or quantities")


def _verify_transformation(event: TransformationEvent) -> None:
    verify_uris(event.inputEPCList)
    verify_uris(event.outputEPCList)
    verify_quantities(event.inputQuantityList)
    verify_quantities(event.outputQuantityList)
    verify_persistent(event.persistentDisposition)
    inputs = bool(event.inputEPCList or event.inputQuantityList)
    outputs = bool(event.outputEPCList or event.outputQuantityList)
    if event.transformationID is not None:
        verify_uri(event.transformationID)
        if not inputs and not outputs:
            raise EpcisError("Expected a transformation to name inputs or outputs")
    elif not inputs or not outputs:
        raise EpcisError("Expected a transformation to name inputs and outputs")
    if event.ilmd is not None:
        _verify_ilmd(event.ilmd)


def _verify_ilmd(ilmd: Json) -> None:
    for name in ilmd:
        if not is_extension(name):
            raise EpcisError("Expected a namespace prefix in the member name %(name)s", name=name)


def verify_sensor(element: Json) -> None:
    """A sensor element: reports, each with what it measured; the rest is kept as it came."""
    reports = element.get("sensorReport")
    if (
        not isinstance(reports, list)
        or not reports
        or not all(isinstance(report, dict) for report in reports)
    ):
        raise EpcisError("Expected a sensor element to carry reports (sensorReport)")
    for report in reports:
        if not isinstance(report.get("type"), str):
            raise EpcisError("Expected a sensor report to say what it measured (type)")
