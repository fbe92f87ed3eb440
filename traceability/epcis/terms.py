"""The terms of a custody event: what only the two sides and the regulator see (DESIGN section 3, "Body")."""

# ruff: noqa: N815  (the standard's own member names)

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from traceability.epcis import EpcisError
from traceability.epcis.events import Json, verify_quantities, verify_sensor, verify_transactions
from traceability.epcis.members import (
    NO_EXTENSIONS,
    BizTransaction,
    Destination,
    Extensions,
    Quantity,
    Source,
    lift,
    lower,
    plain,
    read_json,
    verify_no_null,
    verify_party_uri,
)
from traceability.epcis.vocabulary import EndType


class Amount(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Units taken from a pack in a partial dispensing, and units left in it."""

    taken: Annotated[int, Meta(gt=0)]
    left: Annotated[int, Meta(ge=0)]


class Counts(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """What became of the recalled packs that a party had: its answer, in packs."""

    onHand: Annotated[int, Meta(ge=0)]
    returned: Annotated[int, Meta(ge=0)]
    destroyed: Annotated[int, Meta(ge=0)]
    dispensed: Annotated[int, Meta(ge=0)]
    missing: Annotated[int, Meta(ge=0)]


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
    counts: Counts | None = None
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
        verify_no_null(data)
        return _verify_terms(terms)

    def to_json(self) -> bytes:
        """Compact JSON text; absent members are left out."""
        return msgspec.json.encode(lower(plain(self)) if self.extensions else self)


_TERMS = msgspec.json.Decoder(Terms)


def _terms_with_extensions(data: bytes | str, error: msgspec.ValidationError) -> Terms:
    """The terms once more, now with their extension members set apart."""
    value = read_json(data)
    try:
        return msgspec.convert(lift(value) if isinstance(value, dict) else value, Terms)
    except msgspec.ValidationError:
        raise EpcisError("These are not the terms of an EPCIS event: %(why)s", why=str(error)) from error


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
    for element in terms.sensorElementList:
        verify_sensor(element)
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
