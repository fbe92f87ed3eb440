"""The registry: who is who, which key speaks for whom, whose product it is, what is recalled.

It is itself statements in the log. `Registry.apply` folds them one by one; every registry is frozen and
shares what did not change with the one before. Which keys may sign at all is `proof.keyring`'s to say;
who may register which product, lot or recall is said here (DESIGN sections 3 and 5).
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from traceability.custody import CustodyError
from traceability.custody.erasing import ERASING, Erasure
from traceability.custody.registrations import (
    ClosedLot,
    Delegation,
    Erase,
    Evidence,
    Level,
    Lift,
    Party,
    Product,
    RecallClosed,
    RecallNotice,
    Registration,
    Rules,
    Site,
    SnapshotSeen,
    kind_of,
    parse_registration,
)
from traceability.custody.state import Lot
from traceability.custody.times import CLOCK_TOLERANCE, seconds
from traceability.proof import ProofError
from traceability.proof.keyring import Keyring
from traceability.proof.statement import RegistryClaims, Statement
from traceability.proof.trust import Trust

__all__ = ["LEVELS", "ClosedLot", "Delegation", "Party", "Product", "Recall", "Registry", "Site"]

CONTROLLED_FROM = 3
"""The version of the rules from which a product can be marked as controlled, and its destruction takes two."""
LEVELS: dict[str, int] = {"wholesale": 0, "pharmacy": 1, "patient": 2}
"""How far down the trade a recall of each level reaches."""

EVIDENCE = 3
"""The first version of the rules under which documents are noted in the log."""

_KEYRING_ONLY = frozenset({"root", "revoke"})
_BRAND_ROLES = frozenset({"administrator", "quality", "station"})
_K = TypeVar("_K")
_V = TypeVar("_V")


class Recall(msgspec.Struct, frozen=True):
    """A recall as it stands in the registry: `party` has issued it, `id` is its statement."""

    id: str
    position: int
    party: str
    kind: str
    """Class 1, 2 or 3."""
    level: Level
    reason: str
    issued: str
    """Admitted time."""
    products: frozenset[str] = frozenset()
    lots: frozenset[tuple[str, str]] = frozenset()
    items: frozenset[str] = frozenset()
    instructions: str | None = None
    contact: str | None = None
    drill: bool = False
    """A drill is answered like a recall and blocks nothing."""
    closed: str | None = None
    """Admitted time of the end of its campaign; what was recalled stays so until it is lifted."""
    closing: str | None = None
    """Why the campaign ended with packs unaccounted for."""


class Noted(msgspec.Struct, frozen=True):
    """A document that somebody has noted in the log: the first statement that did."""

    statement: str
    position: int
    party: str
    admitted: str


class Granted(msgspec.Struct, frozen=True):
    """A delegation with the brand owner that gave it."""

    owner: str
    delegation: Delegation


class Registry(msgspec.Struct, frozen=True):
    """Everything registered up to a log position."""

    keyring: Keyring
    authority: str
    """GLN of the authority that the root document names."""
    parties: Mapping[str, Party] = {}
    sites: Mapping[str, Site] = {}
    products: Mapping[str, Product] = {}
    delegations: Mapping[str, tuple[Granted, ...]] = {}
    """By the party delegated to."""
    closed: Mapping[tuple[str, str], ClosedLot] = {}
    """By GTIN and lot number."""
    recalls: Mapping[str, Recall] = {}
    """Recalls and drills that nobody has lifted, by their statement."""
    lifted: Mapping[str, Recall] = {}
    """Those that somebody has, as they stood."""
    """In force, by statement id."""
    recalled: Mapping[object, tuple[Recall, ...]] = {}
    """The same by what they name: a GTIN, (GTIN, lot number) or an EPC."""
    recalled_items: Mapping[str, tuple[str, ...]] = {}
    """EPCs recalled one by one, by GTIN; those without a GTIN under the empty text."""
    snapshots: Mapping[str, tuple[str, ...]] = {}
    """Countersigned snapshots by what names them, with the regulators that have signed."""
    documents: Mapping[str, Noted] = {}
    """Noted documents by their salted hashes."""
    covering: Mapping[str, int] = {}
    """The same with the number of entries that each is over."""
    erased: Mapping[str, Erasure] = {}
    """Statements whose bodies the authority has ordered to be erased."""
    rules_version: int = 0
    """Version of the rules put in force; 0 while no statement has named one."""

    @classmethod
    def start(cls, trust: Trust) -> "Registry":
        """The registry before its first entry: the authority's keys and nothing else."""
        return cls(Keyring.start(trust), trust.authority.gln)

    def apply(self, position: int, statement: Statement, admitted: str) -> "Registry":
        """The registry after one registry statement at a log position.

        Raises CustodyError where the act is malformed or its signer may not sign it.
        """
        claims = statement.claims
        if not isinstance(claims, RegistryClaims):
            raise CustodyError("Expected a registry statement")
        if seconds(claims.iat) > seconds(admitted) + CLOCK_TOLERANCE:
            raise CustodyError("%(iat)s is in the future. Set the clock of this device.", iat=claims.iat)
        raw = bytes(claims.act)
        # What only concerns keys is the keyring's alone: verifiers decide it by the same code.
        act = None if kind_of(raw) in _KEYRING_ONLY else parse_registration(raw)
        try:
            keyring = self.keyring.apply(position, statement)
        except ProofError as error:
            raise CustodyError(error.pattern, **error.values) from error
        changed = self if keyring is self.keyring else msgspec.structs.replace(self, keyring=keyring)
        if act is None:
            return changed
        return changed._register(act, _Signer(self, position, statement, admitted))

    def _register(self, act: Registration, signer: "_Signer") -> "Registry":
        replace = msgspec.structs.replace
        match act:
            case Party():
                signer.verify_authority()
                return replace(self, parties=_with(self.parties, act.gln, act))
            case Site():
                return replace(self, sites=self._sites_with(act, signer))
            case Product():
                self._verify_product(act, signer)
                return replace(self, products=_with(self.products, act.gtin, act))
            case Delegation():
                for gtin in act.products:
                    self._verify_owner(gtin, signer)
                signer.verify_brand()
                granted = (*self.delegations.get(act.to, ()), Granted(signer.party, act))
                return replace(self, delegations=_with(self.delegations, act.to, granted))
            case ClosedLot():
                self._verify_closing(act, signer)
                return replace(self, closed=_with(self.closed, (act.gtin, act.lot), act))
            case RecallNotice() | RecallClosed() | Lift():
                return self._recalling(act, signer)
            case SnapshotSeen() | Evidence() | Erase():
                return self._proving(act, signer)
            case Rules():
                signer.verify_authority()
                if act.version <= self.rules_version:
                    raise CustodyError(
                        "Rules version %(now)s is in force already, got %(version)s",
                        now=self.rules_version,
                        version=act.version,
                    )
                return replace(self, rules_version=act.version)
            case _:
                return self  # a key is the keyring's

    def _proving(self, act: SnapshotSeen | Evidence | Erase, signer: "_Signer") -> "Registry":
        """What concerns what can be proven: countersigned snapshots, noted documents, erased bodies."""
        replace = msgspec.structs.replace
        match act:
            case SnapshotSeen():
                snapshots = self._snapshots_with(act, signer)
                size = min(act.size, self.covering.get(act.snapshot, act.size))
                return replace(self, snapshots=snapshots, covering=_with(self.covering, act.snapshot, size))
            case Evidence():
                return replace(self, documents=self._documents_with(act, signer))
            case Erase():
                return replace(self, erased={**self.erased, **self._erasures(act, signer)})

    def _snapshots_with(self, act: SnapshotSeen, signer: "_Signer") -> Mapping[str, tuple[str, ...]]:
        if not signer.is_regulator or signer.role != "regulator":
            raise CustodyError("A snapshot is countersigned with a regulator's key")
        if act.size > signer.position:
            raise CustodyError(
                "Expected a snapshot of at most the %(size)s entries before this one", size=signer.position
            )
        known = self.snapshots.get(act.snapshot, ())
        return _with(self.snapshots, act.snapshot, tuple(dict.fromkeys((*known, signer.party))))

    def _documents_with(self, act: Evidence, signer: "_Signer") -> Mapping[str, Noted]:
        if self.rules_version < EVIDENCE:
            raise CustodyError("Documents are noted from rules version %(version)s on", version=EVIDENCE)
        if signer.role != "regulator":
            signer.verify_brand()
        noted = Noted(signer.id, signer.position, signer.party, signer.admitted)
        return {**dict.fromkeys(act.documents, noted), **self.documents}

    def _erasures(self, act: Erase, signer: "_Signer") -> Mapping[str, Erasure]:
        """What an `erase` adds. What it names is looked at by `rules_erasing`, which knows the log."""
        if self.rules_version < ERASING:
            raise CustodyError(
                "Bodies are erased under version %(want)s of the rules, and version %(now)s is in force",
                want=ERASING,
                now=self.rules_version,
            )
        signer.verify_authority()
        if self.covering.get(act.snapshot) != act.size:
            raise CustodyError(
                "No regulator has countersigned this snapshot over %(size)s entries", size=act.size
            )
        for one in act.statements:
            if one.id in self.erased:
                raise CustodyError("The body of %(id)s was erased before", id=one.id)
        return {
            one.id: Erasure(
                signer.position,
                signer.id,
                signer.party,
                signer.admitted,
                act.reason,
                one.kept,
                act.size,
                act.snapshot,
                act.reference,
            )
            for one in act.statements
        }

    def _sites_with(self, site: Site, signer: "_Signer") -> Mapping[str, Site]:
        if site.party not in self.parties and site.party != self.authority:
            raise CustodyError("Register the party %(party)s before its places", party=site.party)
        known = self.sites.get(site.gln)
        if known is not None and known.party != site.party:
            raise CustodyError("%(site)s is a place of %(party)s already", site=site.gln, party=known.party)
        if not (signer.party == site.party and signer.role == "administrator"):
            signer.verify_authority()
        return _with(self.sites, site.gln, site)

    def _verify_product(self, product: Product, signer: "_Signer") -> None:
        signer.verify_brand()
        if product.owner != signer.party:
            raise CustodyError("A product is registered by its brand owner, %(owner)s", owner=product.owner)
        if product.controlled and self.rules_version < CONTROLLED_FROM:
            raise CustodyError(
                "Products are marked as controlled from rules version %(version)s on. The authority puts it in force.",
                version=CONTROLLED_FROM,
            )
        known = self.products.get(product.gtin)
        if known is not None and known.owner != product.owner:
            raise CustodyError(
                "%(gtin)s is a product of %(owner)s already", gtin=product.gtin, owner=known.owner
            )
        if not self._licensed(signer.party, product.gtin[1:]):
            raise CustodyError(
                "%(gtin)s does not begin with a GS1 company prefix of %(party)s",
                gtin=product.gtin,
                party=signer.party,
            )

    def _verify_owner(self, gtin: str, signer: "_Signer") -> None:
        product = self.products.get(gtin)
        if product is None:
            raise CustodyError("Register the product %(gtin)s first", gtin=gtin)
        if product.owner != signer.party:
            raise CustodyError(
                "%(gtin)s is a product of %(owner)s, not of %(party)s",
                gtin=gtin,
                owner=product.owner,
                party=signer.party,
            )

    def _verify_closing(self, act: ClosedLot, signer: "_Signer") -> None:
        signer.verify_brand()
        day = signer.day
        if not self.may(signer.party, "lot", act.gtin, None, day):
            self._verify_owner(act.gtin, signer)
        if (act.gtin, act.lot) in self.closed:
            raise CustodyError("Lot %(lot)s of %(gtin)s is closed already", lot=act.lot, gtin=act.gtin)

    # Recalls

    def _recalling(self, act: RecallNotice | RecallClosed | Lift, signer: "_Signer") -> "Registry":
        match act:
            case RecallNotice():
                return self._recall(act, signer)
            case RecallClosed():
                return self._close(act, signer)
            case Lift():
                return self._lift(act, signer)

    def _recall(self, act: RecallNotice, signer: "_Signer") -> "Registry":
        gtins = {*act.products, *(lot.gtin for lot in act.lots), *map(gtin_of, act.items)}
        if not signer.is_regulator:
            signer.verify_brand()
            for gtin in sorted(gtins):
                self._verify_owner(gtin, signer)
        recall = Recall(
            signer.id,
            signer.position,
            signer.party,
            act.kind,
            act.level,
            act.reason,
            signer.admitted,
            frozenset(act.products),
            frozenset((lot.gtin, lot.lot) for lot in act.lots),
            frozenset(act.items),
            act.instructions,
            act.contact,
            act.drill,
        )
        return self._with_recalls({**self.recalls, recall.id: recall})

    def _lift(self, act: Lift, signer: "_Signer") -> "Registry":
        recall = self._own_recall(
            act.recall, signer, "This recall is lifted by %(party)s, who issued it, or by the regulator"
        )
        kept = {known: one for known, one in self.recalls.items() if one is not recall}
        left = self._with_recalls(kept)
        return msgspec.structs.replace(left, lifted=_with(self.lifted, recall.id, recall))

    def _close(self, act: RecallClosed, signer: "_Signer") -> "Registry":
        recall = self._own_recall(
            act.recall, signer, "This recall is closed by %(party)s, who issued it, or by the regulator"
        )
        if recall.closed is not None:
            raise CustodyError("This recall was closed on %(when)s already", when=recall.closed)
        ended = msgspec.structs.replace(recall, closed=signer.admitted, closing=act.reason)
        return self._with_recalls({**self.recalls, recall.id: ended})

    def _own_recall(self, statement: str, signer: "_Signer", refusal: str) -> Recall:
        """The recall of a statement, for its issuer or the regulator."""
        recall = self.recalls.get(statement)
        if recall is None:
            raise CustodyError("There is no recall %(recall)s in force", recall=statement)
        if not signer.is_regulator:
            signer.verify_brand()
            if recall.party != signer.party:
                raise CustodyError(refusal, party=recall.party)
        return recall

    def _with_recalls(self, recalls: Mapping[str, Recall]) -> "Registry":
        recalled: dict[object, tuple[Recall, ...]] = {}
        items: dict[str, dict[str, None]] = {}
        for recall in recalls.values():
            if recall.drill:
                continue
            for name in (*recall.products, *recall.lots, *recall.items):
                recalled[name] = (*recalled.get(name, ()), recall)
            for epc in sorted(recall.items):
                items.setdefault(gtin_of(epc), {})[epc] = None
        return msgspec.structs.replace(
            self,
            recalls=recalls,
            recalled=recalled,
            recalled_items={gtin: tuple(epcs) for gtin, epcs in items.items()},
        )

    def recalls_of(self, epc: str, lot: Lot | None) -> tuple[Recall, ...]:
        """The recalls in force that name an item: itself, its lot or its product; the furthest first."""
        if not self.recalls:
            return ()
        named: list[object] = [epc, gtin_of(epc)]
        if lot is not None:
            named += [(lot.gtin, lot.number), lot.gtin]
        found = {recall.id: recall for name in named for recall in self.recalled.get(name, ())}
        return tuple(sorted(found.values(), key=lambda recall: -LEVELS[recall.level]))

    def recalls_of_lot(self, lot: Lot) -> tuple[Recall, ...]:
        """The recalls in force that name a lot or its product; the furthest first."""
        found = {
            recall.id: recall
            for name in ((lot.gtin, lot.number), lot.gtin)
            for recall in self.recalled.get(name, ())
        }
        return tuple(sorted(found.values(), key=lambda recall: -LEVELS[recall.level]))

    def recall_level(self, gtin: str, lot: str | None, epc: str) -> Recall | None:
        """The furthest-reaching recall in force for an item; None where there is none."""
        found = self.recalls_of(epc, None if lot is None else Lot(gtin, lot, ""))
        return found[0] if found else None

    # Questions

    def party(self, gln: str) -> Party | None:
        """What the registry knows of a party."""
        return self.parties.get(gln)

    def site(self, gln: str) -> Site | None:
        """What the registry knows of a place."""
        return self.sites.get(gln)

    def product(self, gtin: str) -> Product | None:
        """What the registry knows of a product."""
        return self.products.get(gtin)

    def is_controlled(self, gtin: str) -> bool:
        """Whether two people must sign for the destruction of a product."""
        product = self.products.get(gtin)
        return product is not None and product.controlled

    def closed_lot(self, gtin: str, lot: str) -> ClosedLot | None:
        """The closing of a lot; None while it is open."""
        return self.closed.get((gtin, lot))

    def has_role(self, gln: str, *roles: str) -> bool:
        """Whether a party has one of these roles."""
        party = self.parties.get(gln)
        return party is not None and any(role in roles for role in party.roles)

    def is_regulator_of(self, viewer: str, gln: str) -> bool:
        """Whether `viewer` is a regulator of the country in which the party `gln` is."""
        regulator, party = self.parties.get(viewer), self.parties.get(gln)
        if regulator is None or "regulator" not in regulator.roles:
            return False
        return party is None or party.country == regulator.country

    def is_maker_of(self, gln: str, gtin: str) -> bool:
        """Whether a party is the brand owner of a product."""
        product = self.products.get(gtin)
        return product is not None and product.owner == gln

    def may_commission(self, gln: str, gtin: str, site: str | None, day: str) -> bool:
        """Whether a party may commission a product at a place on a date (ISO): brand owner or delegate."""
        return self.may(gln, "commissioned", gtin, site, day)

    def may(self, gln: str, act: str, gtin: str, site: str | None, day: str) -> bool:
        """Whether a party may do an act with a product as its brand owner or by delegation."""
        product = self.products.get(gtin)
        if product is None:
            return False
        return product.owner == gln or any(
            granted.owner == product.owner
            and gtin in granted.delegation.products
            and _covers(granted.delegation, act, site, day)
            for granted in self.delegations.get(gln, ())
        )

    def may_open(self, gln: str, epc: str, site: str | None, day: str) -> bool:
        """Whether a party may begin a life of a container: licensed for its prefix, or delegated."""
        digits = container_digits(epc)
        return self._licensed(gln, digits) or any(
            self._licensed(granted.owner, digits) and _covers(granted.delegation, "opened", site, day)
            for granted in self.delegations.get(gln, ())
        )

    def _licensed(self, gln: str, digits: str) -> bool:
        party = self.parties.get(gln)
        return party is not None and digits.startswith(party.prefixes)


class _Signer:
    """Who signed a registry statement, as the registry knew them just before."""

    def __init__(self, registry: Registry, position: int, statement: Statement, admitted: str) -> None:
        record = registry.keyring.signer(statement.kid)
        if record is None:
            raise CustodyError("The key %(kid)s is not registered here", kid=statement.kid)
        self.id = statement.id
        self.position = position
        self.admitted = admitted
        self.day = statement.claims.iat[:10]
        self.party = statement.claims.iss
        self.role = record.role
        self._registry = registry

    @property
    def is_regulator(self) -> bool:
        return self._registry.has_role(self.party, "regulator")

    def verify_authority(self) -> None:
        if self.role != "authority":
            raise CustodyError("Only the authority may sign this")

    def verify_brand(self) -> None:
        if self.role not in _BRAND_ROLES:
            raise CustodyError(
                "This is signed with an administrator's, a quality person's or a station's key, got one of role %(role)s",
                role=self.role,
            )


def gtin_of(epc: str) -> str:
    """The GTIN of an SGTIN's URI; empty for other items."""
    return epc[22:36] if epc.startswith("https://id.gs1.org/01/") else ""


def container_digits(epc: str) -> str:
    """The digits of an item's key from the GS1 company prefix on."""
    prefix, _, rest = epc[19:].partition("/")
    return rest if prefix == "8004" else rest[1:]


def _covers(delegation: Delegation, act: str, site: str | None, day: str) -> bool:
    return (
        act in delegation.acts
        and delegation.start <= day <= delegation.until
        and (not delegation.sites or site in delegation.sites)
    )


def _with(known: Mapping[_K, _V], key: _K, value: _V) -> Mapping[_K, _V]:
    return {**known, key: value}
