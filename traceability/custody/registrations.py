"""What registry statements say, as frozen types with one spelling each (DESIGN section 3).

Members stand in the order given here and absent ones are left out; anything else is refused.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from traceability.custody import CustodyError
from traceability.epcis import EpcisError
from traceability.epcis.members import verify_date, verify_party_uri, verify_whole_second
from traceability.gs1 import Gs1Error
from traceability.gs1.keys import verify_epc_uri

Gln = Annotated[str, Meta(pattern="^[0-9]{13}$")]
Gtin = Annotated[str, Meta(pattern="^[0-9]{14}$")]
Hash = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{43}$")]
Text = Annotated[str, Meta(min_length=1, max_length=200)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$")]
Prefix = Annotated[str, Meta(pattern="^[0-9]{4,12}$")]
LongText = Annotated[str, Meta(min_length=1, max_length=1000)]
LotNumber = Annotated[str, Meta(min_length=1, max_length=20)]

PartyRole = Literal["maker", "wholesaler", "pharmacy", "institution", "carrier", "regulator", "authority"]
KeyRole = Literal["administrator", "operator", "pharmacist", "quality", "station", "regulator"]
Level = Literal["wholesale", "pharmacy", "patient"]


class _Act(
    Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="type"
):
    pass


class Party(_Act, frozen=True, kw_only=True, tag="party"):
    """A company, pharmacy, regulator or authority; `prefixes` are its GS1 company prefixes."""

    gln: Gln
    name: Text
    roles: tuple[PartyRole, ...]
    prefixes: tuple[Prefix, ...] = ()
    country: Country


class Site(_Act, frozen=True, kw_only=True, tag="site"):
    """A place of a party; `zone` is an IANA time zone."""

    gln: Gln
    party: Gln
    name: Text
    country: Country
    zone: Annotated[str, Meta(pattern="^[A-Za-z0-9_+/-]{1,50}$")] | None = None


class Jwk(Struct, frozen=True, forbid_unknown_fields=True):
    """A P-256 public key (RFC 7517)."""

    crv: Literal["P-256"]
    kty: Literal["EC"]
    x: Hash
    y: Hash


class Key(_Act, frozen=True, kw_only=True, tag="key"):
    """A signing key of a party; `proof` is the new key's own signature over party, role and log."""

    party: Gln
    role: KeyRole
    jwk: Jwk
    proof: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{86}$")]
    expires: str | None = None


class Product(_Act, frozen=True, kw_only=True, tag="product"):
    """A medicine in one pack size, registered by its brand owner."""

    gtin: Gtin
    name: Text
    owner: Gln
    form: Text | None = None
    strength: Text | None = None
    pack: Text | None = None
    controlled: bool = False
    """Whether the law has two people destroy it, as it has for narcotics (from rules version 3 on)."""


class Delegation(_Act, frozen=True, kw_only=True, tag="delegate"):
    """A brand owner lets another party do acts with its products, from a date until a date, both included."""

    to: Gln
    acts: tuple[Annotated[str, Meta(pattern="^[a-z_]{1,40}$")], ...]
    products: tuple[Gtin, ...]
    sites: tuple[Gln, ...] = ()
    start: str = msgspec.field(name="from")
    until: str


class ClosedLot(_Act, frozen=True, kw_only=True, tag="lot"):
    """A lot that is complete: how many serials it has, and the RFC 6962 root over them, sorted."""

    gtin: Gtin
    lot: LotNumber
    count: Annotated[int, Meta(ge=0)]
    root: Hash


class LotName(Struct, frozen=True, forbid_unknown_fields=True):
    """A lot as a recall names it."""

    gtin: Gtin
    lot: LotNumber


class RecallNotice(_Act, frozen=True, kw_only=True, tag="recall"):
    """Products, lots or single items that are called back, down to a level of the trade.

    A drill blocks nothing. `contact` names an office, never a natural person.
    """

    products: tuple[Gtin, ...] = ()
    lots: tuple[LotName, ...] = ()
    items: tuple[str, ...] = ()
    kind: Literal["1", "2", "3"] = msgspec.field(name="class")
    level: Level
    reason: LongText
    instructions: LongText | None = None
    """What a holder does with its packs."""
    contact: Text | None = None
    drill: bool = False


class RecallClosed(_Act, frozen=True, kw_only=True, tag="recall_closed"):
    """The campaign of a recall is over: every pack is accounted for, or `reason` says why it ends all the same.

    What was recalled stays recalled until it is lifted.
    """

    recall: Hash
    reason: LongText | None = None


class Lift(_Act, frozen=True, kw_only=True, tag="lift"):
    """The end of a recall, named by its statement id."""

    recall: Hash
    reason: LongText


class Rules(_Act, frozen=True, kw_only=True, tag="rules"):
    """Puts a version of the custody rules in force."""

    version: Annotated[int, Meta(ge=1)]


class SnapshotSeen(_Act, frozen=True, kw_only=True, tag="snapshot"):
    """A regulator says that its own replay of the first `size` entries gives this snapshot, named by the
    SHA-256 of its signed text (`proof.snapshot`)."""

    size: Annotated[int, Meta(ge=1)]
    snapshot: Hash


class Evidence(_Act, frozen=True, kw_only=True, tag="evidence"):
    """The signer's party had these documents by now, each named by its salted hash (`proof.documents`): the log
    tells nobody which they are, and whoever is shown one can check that it is that one. From rules version 3 on.
    """

    documents: Annotated[tuple[Hash, ...], Meta(min_length=1, max_length=500)]


class ErasedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A statement whose body goes, by its id, and the commitment to what is kept of it (`custody.erasing`)."""

    id: Hash
    kept: Hash


class Erase(_Act, frozen=True, kw_only=True, tag="erase"):
    """The authority orders bodies to be erased for a reason of law. A regulator has countersigned the snapshot,
    which is from after every statement named. `reference` is a file number, never a natural person's name."""

    statements: Annotated[tuple[ErasedBody, ...], Meta(min_length=1, max_length=200)]
    size: Annotated[int, Meta(ge=1)]
    snapshot: Hash
    reason: Literal["court_order", "data_protection", "retention_ended", "unlawful_content"]
    reference: Text | None = None


Registration: TypeAlias = (
    Party
    | Site
    | Key
    | Product
    | Delegation
    | ClosedLot
    | RecallNotice
    | RecallClosed
    | Lift
    | Rules
    | SnapshotSeen
    | Evidence
    | Erase
)

_REGISTRATION = msgspec.json.Decoder(Registration)


class _Kind(Struct):
    type: str


def kind_of(act: bytes) -> str:
    """The type of a registry act, whatever else it says."""
    try:
        return msgspec.json.decode(act, type=_Kind).type
    except msgspec.MsgspecError as error:
        raise CustodyError(
            "A registry statement says what it registers (type): %(why)s", why=error
        ) from error


def parse_registration(act: bytes) -> Registration:
    """A registry act other than `root` and `revoke`, which `proof.keyring` reads. Raises CustodyError."""
    try:
        made: Registration = _REGISTRATION.decode(act)
    except msgspec.MsgspecError as error:
        raise CustodyError("This registry statement is not as it must be: %(why)s", why=error) from error
    if msgspec.json.encode(made) != act:
        raise CustodyError(
            "The members of a registry statement stand in their order, absent ones left out, without white space"
        )
    try:
        _verify(made)
    except (EpcisError, Gs1Error) as error:
        raise CustodyError(error.pattern, **error.values) from error
    return made


def _verify(made: Registration) -> None:
    match made:
        case Party():
            _verify_glns(made.gln)
            _verify_once("roles", made.roles, some=True)
            _verify_once("prefixes", made.prefixes)
        case Site():
            _verify_glns(made.gln, made.party)
        case Key():
            if made.expires is not None:
                verify_whole_second(made.expires)
        case Product():
            _verify_gtins(made.gtin)
            _verify_glns(made.owner)
        case Delegation():
            _verify_delegation(made)
        case ClosedLot():
            _verify_gtins(made.gtin)
        case RecallNotice():
            _verify_recall(made)
        case Evidence():
            _verify_once("documents", made.documents)
        case Erase():
            _verify_once("statements", tuple([one.id for one in made.statements]))
        case _:
            pass


def _verify_delegation(made: Delegation) -> None:
    _verify_glns(made.to, *made.sites)
    _verify_once("acts", made.acts, some=True)
    _verify_once("products", made.products)
    _verify_once("sites", made.sites)
    _verify_gtins(*made.products)
    if verify_date(made.start) > verify_date(made.until):
        raise CustodyError(
            "A delegation ends after it begins, got %(start)s to %(until)s",
            start=made.start,
            until=made.until,
        )


def _verify_recall(made: RecallNotice) -> None:
    if not (made.products or made.lots or made.items):
        raise CustodyError("A recall names products, lots or items")
    _verify_once("products", made.products)
    _verify_once("lots", made.lots)
    _verify_once("items", made.items)
    _verify_gtins(*made.products, *(lot.gtin for lot in made.lots))
    for epc in made.items:
        verify_epc_uri(epc)


def _verify_once(name: str, values: tuple[object, ...], *, some: bool = False) -> None:
    if len(set(values)) != len(values) or (some and not values):
        raise CustodyError("Expected each of %(name)s once", name=name)


def _verify_glns(*glns: str) -> None:
    for gln in glns:
        verify_party_uri(f"https://id.gs1.org/417/{gln}")


def _verify_gtins(*gtins: str) -> None:
    for gtin in gtins:
        verify_epc_uri(f"https://id.gs1.org/01/{gtin}/21/0")
