"""A whole supply chain in memory, used instead of mocks: real keys, real statements, the real rules.

`SupplyChain` signs; `MemoryWorld` applies. Signing and applying are apart, so that a test of the ledger
can submit the very same statements to a store.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from traceability.custody import CustodyError
from traceability.custody.acts import act_of
from traceability.custody.compose import Composed, Ends, compose, correction
from traceability.custody.provenance import Provenance, Step, provenance
from traceability.custody.recall import PackRow
from traceability.custody.registrations import Erase, parse_registration
from traceability.custody.registry import Registry
from traceability.custody.rules import ActStatement, Refusal, decide
from traceability.custody.rules_erasing import verify_erasable
from traceability.custody.state import Condition, Contents, Effect, Fact, Item, Lot
from traceability.epcis.parts import Core, Terms
from traceability.proof.signing import LogKey, PrivateKey, b64
from traceability.proof.statement import (
    Body,
    RegistryClaims,
    Statement,
    Submission,
    draft_custody,
    draft_registry,
    sign,
    verify,
    verify_body,
)
from traceability.proof.trust import Trust

ORIGIN = "test.example/medicines-1"
PREFIX = "9521321"


def checked(digits: str) -> str:
    """Digits with their GS1 check digit."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def gln(number: int) -> str:
    return checked(f"{PREFIX}{number:05}")


def gtin(number: int, indicator: int = 0) -> str:
    return checked(f"{indicator}{PREFIX}{number:05}")


def sscc(number: int) -> str:
    """A container whose number begins with the chain's company prefix."""
    return f"https://id.gs1.org/00/{checked(f'3{PREFIX}{number:09}')}"


def foreign_sscc(number: int) -> str:
    """A container with somebody else's company prefix."""
    return f"https://id.gs1.org/00/{checked(f'39521999{number:09}')}"


def grai(number: int) -> str:
    """A returnable crate."""
    return f"https://id.gs1.org/8003/0{checked(f'{PREFIX}00001')}{number}"


def pack(gtin_: str, serial: str | int) -> str:
    return f"https://id.gs1.org/01/{gtin_}/21/{serial}"


AUTHORITY, REGULATOR = gln(1), gln(2)
MAKER, NORD, SUED = gln(10), gln(20), gln(30)
MARKT, BRUNNEN, STERN = gln(40), gln(50), gln(60)
CLINIC, OTHER_REGULATOR = gln(70), gln(80)
STRANGER = gln(999)
"""A party that nobody has registered."""
ROLES: dict[str, tuple[str, ...]] = {
    REGULATOR: ("regulator",),
    MAKER: ("maker",),
    NORD: ("wholesaler",),
    SUED: ("wholesaler",),
    MARKT: ("pharmacy",),
    BRUNNEN: ("pharmacy",),
    STERN: ("pharmacy",),
    CLINIC: ("institution",),
    OTHER_REGULATOR: ("regulator",),
}
AMOX, IBU = gtin(1), gtin(2)
LOT = Lot(AMOX, "A17", "2028-06-30")


def place(party: str, number: int = 1) -> str:
    """The places of a party: its first and second."""
    return gln(int(party[7:12]) + number)


class Signer:
    """A key at work, with its own chain in the log."""

    def __init__(self, party: str, key: PrivateKey) -> None:
        self.party = party
        self.key = key
        self.seq = 0
        self.prev = ""
        self.last_iat: str | None = None

    def __repr__(self) -> str:
        return f"Signer({self.party})"


class Outcome(NamedTuple):
    """What became of a statement."""

    fact: Fact | None
    effect: Effect | None
    refusal: CustodyError | None
    submission: bytes
    composed: Composed | None

    @property
    def id(self) -> str:
        if self.fact is None:
            raise AssertionError(self.refusal)
        return self.fact.id

    @property
    def position(self) -> int:
        if self.fact is None:
            raise AssertionError(self.refusal)
        return self.fact.position

    @property
    def rule(self) -> str | None:
        return getattr(self.refusal, "rule", None)


class MemoryWorld:
    """The world of the rules, in dictionaries. Does with an `Effect` what the ledger does with rows."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.size = 0
        self.items: dict[str, Item] = {}
        self.inside: dict[str, dict[str, None]] = {}
        self.counts: dict[str, dict[Lot | None, Contents]] = {}
        self.facts: dict[int, Fact] = {}
        self.positions: dict[str, int] = {}
        self.pairs: dict[int, tuple[tuple[str, str], ...]] = {}
        self.terms_at: dict[int, Terms] = {}
        self.lots: dict[tuple[str, str], Lot] = {}
        self.first: dict[tuple[str, str], int] = {}
        self.intervals: dict[str, list[tuple[str, int, int | None]]] = {}
        self.touches: dict[str, list[tuple[int, int, str]]] = {}

    # The World protocol

    def item(self, epc: str) -> Item | None:
        return self.items.get(epc)

    def children(self, epc: str) -> Iterable[str]:
        return list(self.inside.get(epc, ()))

    def contents(self, epc: str) -> Mapping[Lot | None, Contents]:
        return self.counts.get(epc, {})

    def fact(self, position: int) -> Fact | None:
        return self.facts.get(position)

    def fact_by_id(self, statement_id: str) -> Fact | None:
        return self.facts.get(self.positions.get(statement_id, -1))

    def position(self, statement_id: str) -> int | None:
        return self.positions.get(statement_id)

    def terms(self, position: int) -> Terms | None:
        return self.terms_at.get(position)

    def named(self, position: int) -> tuple[tuple[str, str], ...]:
        return self.pairs.get(position, ())

    def lot(self, gtin: str, number: str) -> Lot | None:
        return self.lots.get((gtin, number))

    def carried(self, lot: Lot) -> bool:
        return any(item.lot == lot for item in self.items.values())

    def sources(self, lot: Lot) -> Iterable[Lot]:
        first = self.first.get((lot.gtin, lot.number), -1)
        fact = self.facts.get(first)
        if fact is None or fact.act not in ("repackaged", "relabelled"):
            return ()
        found = [self.items[epc].lot for role, epc in self.pairs[first] if role == "i"]
        return tuple({one: None for one in found if one is not None})

    # Applying

    def apply(self, fact: Fact, composed: Composed, effect: Effect | None) -> None:
        """Take in one custody statement, with its effect if it has one."""
        position = fact.position
        self.facts[position] = fact
        self.positions[fact.id] = position
        self.pairs[position] = composed.items
        self.terms_at[position] = composed.terms
        if effect is None:
            return
        for lot in effect.lots:
            self.lots[lot.gtin, lot.number] = lot
            self.first.setdefault((lot.gtin, lot.number), position)
        for item in effect.items:
            self.items[item.epc] = item
        for child, container in effect.closed:
            del self.inside[container][child]
            container_, since, _ = self.intervals[child][-1]
            self.intervals[child][-1] = (container_, since, position)
        for child, container in effect.opened:
            self.inside.setdefault(container, {})[child] = None
            self.intervals.setdefault(child, []).append((container, position, None))
        for container, counted, items, blocked in effect.contents:
            counts = self.counts.setdefault(container, {})
            old = counts.get(counted, Contents(0, 0))
            counts[counted] = Contents(old.items + items, old.blocked + blocked)
            if not counts[counted].items:
                del counts[counted]
        for corrected in effect.struck:
            self.facts[corrected] = msgspec.structs.replace(self.facts[corrected], struck=position)
        for explained in effect.matched:
            self.facts[explained] = msgspec.structs.replace(self.facts[explained], unmatched=False)
        for number, (role, epc) in enumerate(composed.items):
            self.touches.setdefault(epc, []).append((position, number, role))
        if composed.core.parentID is not None:
            self.touches.setdefault(composed.core.parentID, []).append((position, -1, "p"))

    # Questions that tests ask

    def top(self, item: Item) -> Item:
        while item.container is not None:
            item = self.items[item.container]
        return item

    def condition(self, epc: str) -> Condition:
        """The effective condition: the item's own, else the nearest blocked container's."""
        item = self.items[epc]
        own = item.condition
        while not item.condition.blocked and item.container is not None:
            item = self.items[item.container]
        return item.condition if item.condition.blocked else own

    def steps(self, epc: str) -> list[Step]:
        """Every statement that named an item, or a container while the item was in it."""
        return list(self._steps(epc, (), self.items[epc].born, None))

    def prefetch(self, epcs: Iterable[str]) -> None:
        """Everything is at hand already."""

    def continued(self, epc: str) -> str | None:
        """A known item whose serial goes on where this one stops."""
        return next((one for one in sorted(self.items) if one != epc and one.startswith(epc)), None)

    def _steps(self, epc: str, via: tuple[str, ...], since: int, until: int | None) -> Iterator[Step]:
        for position, number, role in self.touches.get(epc, ()):
            if position >= since and (until is None or position < until):
                yield Step(self.facts[position], via, number, role)
        for container, opened, closed in self.intervals.get(epc, ()):
            first = max(since, opened + 1)
            ends = [end for end in (until, closed) if end is not None]
            last = min(ends) if ends else None
            if last is None or first < last:
                yield from self._steps(container, (*via, container), first, last)

    def provenance(self, epc: str, at: str | None = None, known_at: int | None = None) -> Provenance:
        return provenance(epc, self.steps(epc), at=at, known_at=known_at, registry=self.registry)

    def lot_trace(self, gtin: str, number: str) -> Iterator[PackRow]:
        for item in self.items.values():
            if item.lot is not None and (item.lot.gtin, item.lot.number) == (gtin, number):
                top = self.top(item)
                yield PackRow(item, top, self.facts.get(top.acted))

    def recount(self, epc: str) -> dict[Lot | None, Contents]:
        """The counts of a container, counted from its contents."""
        counts: dict[Lot | None, list[int]] = {}
        waiting = list(self.inside.get(epc, ()))
        while waiting:
            item = self.items[waiting.pop()]
            count = counts.setdefault(item.lot, [0, 0])
            count[0] += 1
            count[1] += item.condition.blocked
            waiting += self.inside.get(item.epc, ())
        return {lot: Contents(*count) for lot, count in counts.items()}


def fact_of(
    position: int, statement: Statement, admitted: str, composed: Composed, effect: Effect | None
) -> Fact:
    """The fact that a statement leaves behind."""
    core, claims = composed.core, statement.claims
    sources = {end.type: end.source[-13:] for end in core.sourceList}
    targets = {end.type: end.destination[-13:] for end in core.destinationList}
    sent = sources.get("possessing_party") == claims.iss
    ends, own = (targets, sources) if sent else (sources, targets)
    where = core.bizLocation or core.readPoint
    return Fact(
        position=position,
        id=statement.id,
        act=composed.terms.meaning,
        party=claims.iss,
        kid=statement.kid,
        event_time=core.eventTime,
        iat=claims.iat,
        admitted=admitted,
        effect=effect is not None,
        site=where.id[-13:] if where is not None else own.get("location"),
        counterparty=ends.get("possessing_party") or (effect.towards if effect is not None else None),
        counter_site=ends.get("location"),
        parent=core.parentID,
        ref=() if effect is None else effect.ref,
        late=effect is not None and effect.late,
        claimed=composed.terms.evidence == "claimed",
        unmatched=effect is not None and effect.unmatched,
    )


def admit(world: MemoryWorld, raw: bytes, admitted: str, last_iat: str | None = None) -> Outcome:
    """What the ledger does with a submission, in memory: verify, decide, apply."""
    submission = Submission.parse(raw)
    statement = submission.statement
    verify(statement, world.registry.keyring.verify_signer(statement, admitted).key)
    position = world.size
    world.size += 1
    if submission.body is not None:
        body = verify_body(statement, submission.body)
        return _admit_custody(world, position, statement, body, admitted, raw, last_iat)
    try:
        applied = world.registry.apply(position, statement, admitted)
        if applied.erased is not world.registry.erased:
            _verify_erasable(world, statement, admitted)
        world.registry = applied
    except CustodyError as error:
        return Outcome(None, None, error, raw, None)
    claims = statement.claims
    fact = Fact(position, statement.id, "", claims.iss, statement.kid, "", claims.iat, admitted, effect=True)
    return Outcome(fact, None, None, raw, None)


def _verify_erasable(world: MemoryWorld, statement: Statement, admitted: str) -> None:
    claims = statement.claims
    if isinstance(claims, RegistryClaims):
        act = parse_registration(bytes(claims.act))
        if isinstance(act, Erase):
            verify_erasable(act, world, world.position, admitted)


def _admit_custody(
    world: MemoryWorld,
    position: int,
    statement: Statement,
    body: Body,
    admitted: str,
    raw: bytes,
    last_iat: str | None,
) -> Outcome:
    core, terms = Core.parse(body.core), Terms.parse(body.terms)
    composed = Composed(core, terms, tuple([(item[0], item[1:]) for item in body.items]))
    claims = statement.claims
    act = ActStatement(
        position=position,
        id=statement.id,
        iss=claims.iss,
        kid=statement.kid,
        iat=claims.iat,
        admitted=admitted,
        core=core,
        terms=terms,
        items=composed.items,
        last_iat=last_iat,
    )
    effect, refusal = None, None
    try:
        act_of(core, terms)
        effect = decide(act, world)
    except CustodyError as error:
        refusal = error
    fact = fact_of(position, statement, admitted, composed, effect)
    world.apply(fact, composed, effect)
    return Outcome(fact, effect, refusal, raw, composed)


class SupplyChain:
    """A maker, two distributors, three pharmacies, a clinic, a regulator and an authority.

    Acts return an `Outcome`; what the rules refuse is logged without effect, as in the ledger. `chain.now`
    is the clock; every act is a minute later than the one before.
    """

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 8, 0, tzinfo=timezone(timedelta(hours=1)))
        self.log_key = LogKey.from_seed(ORIGIN, sha256(b"log").digest())
        self.authority = Signer(AUTHORITY, self.key("authority"))
        self.trust = Trust.parse(
            msgspec.json.encode(
                {
                    "v": 1,
                    "origin": ORIGIN,
                    "log": str(self.log_key.verifier),
                    "authority": {"gln": AUTHORITY, "threshold": 1, "keys": [self.authority.key.public.jwk]},
                }
            )
        )
        self.world = MemoryWorld(Registry.start(self.trust))
        self.signers: dict[str, Signer] = {}
        self.submissions: list[tuple[bytes, str]] = []
        """Every submission with its admitted time, in log order."""
        self._nonces = 0
        self._register_all()

    @staticmethod
    def key(name: str) -> PrivateKey:
        """The key of a name, the same each time."""
        return PrivateKey.from_scalar(int.from_bytes(sha256(name.encode()).digest(), "big") >> 1)

    # Clock

    def time(self, **ago: float) -> str:
        """Now, or so long ago, as events and claims write it."""
        return (self.now - timedelta(**ago)).isoformat(timespec="seconds")

    def admitted(self) -> str:
        """Now as the log writes it."""
        return self.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    # Signing

    def signed(self, signer: Signer, composed: Composed, iat: str | None = None) -> bytes:
        """A custody statement as submission JSON; the signer's chain goes on."""
        self._nonces += 1
        items = tuple([role + epc for role, epc in composed.items])
        nonce = sha256(self._nonces.to_bytes(8, "big")).digest()
        body = Body(nonce, composed.core.to_json(), composed.terms.to_json(), items)
        draft = draft_custody(ORIGIN, signer.party, iat or self.time(), signer.seq, signer.prev, body)
        return self._submission(signer, draft, body)

    def registering(self, signer: Signer, act: Mapping[str, Any], iat: str | None = None) -> bytes:
        """A registry statement as submission JSON; the signer's chain goes on."""
        data = msgspec.json.encode(act)
        draft = draft_registry(ORIGIN, signer.party, iat or self.time(), signer.seq, signer.prev, data)
        return self._submission(signer, draft, None)

    def _submission(self, signer: Signer, draft: bytes, body: Body | None) -> bytes:
        statement = sign(draft, signer.key)
        signer.seq, signer.prev = signer.seq + 1, statement.id
        return Submission(statement, body).to_json()

    def key_act(self, signer: Signer, role: str) -> dict[str, Any]:
        """The registry act that registers a signer's key."""
        public = signer.key.public
        text = f"custody-key/1\n{ORIGIN}\n{signer.party}\n{role}\n{public.kid}\n"
        jwk = msgspec.json.decode(public.jwk)
        proof = b64(signer.key.sign(text.encode()))
        return {"type": "key", "party": signer.party, "role": role, "jwk": jwk, "proof": proof}

    # Applying

    def register(self, signer: Signer, act: Mapping[str, Any]) -> Outcome:
        """Sign a registry statement and apply it."""
        raw = self.registering(signer, act)
        return self.apply(raw)

    def apply(self, raw: bytes, last_iat: str | None = None) -> Outcome:
        """Admit one submission to the world in memory. A minute passes."""
        admitted = self.admitted()
        self.submissions.append((raw, admitted))
        self.wait(minutes=1)
        return admit(self.world, raw, admitted, last_iat)

    def replayed(self) -> MemoryWorld:
        """A second world, made of the same submissions."""
        world = MemoryWorld(Registry.start(self.trust))
        for raw, admitted in self.submissions:
            admit(world, raw, admitted)
        return world

    def act(self, party: str | Signer, meaning: str, items: Iterable[str] = (), **more: Any) -> Outcome:
        """Compose, sign and apply an act of a party, at its first place unless `site` says otherwise.

        `to` and `sender` name the other side; `iat` the claimed time; the rest is `compose`'s.
        """
        signer = party if isinstance(party, Signer) else self.signers[party]
        iat, last_iat = more.pop("iat", None), more.pop("last_iat", None)
        composed = self.composed(signer.party, meaning, items, **more)
        return self.apply(self.signed(signer, composed, iat), last_iat)

    def composed(self, party: str, meaning: str, items: Iterable[str] = (), **more: Any) -> Composed:
        """The event of an act, now and at the party's first place unless said otherwise."""
        more.setdefault("time", self.time())
        more.setdefault("site", place(party))
        to, sender = more.pop("to", None), more.pop("sender", None)
        if to is not None:
            more["ends"] = Ends(party, to, more["site"], place(to) if to in ROLES else None)
        if sender is not None:
            more["ends"] = Ends(sender, party, None, more["site"])
        more["ref"] = [one.id if isinstance(one, Outcome) else one for one in more.get("ref", ())]
        return compose(meaning, items=items, **more)

    # The acts most tests begin with

    def packs(self, count: int, first: int = 1, lot: Lot = LOT) -> list[str]:
        """Serial numbers of a lot."""
        return [pack(lot.gtin, f"{lot.number}{number:05}") for number in range(first, first + count)]

    def commission(self, count: int = 1, first: int = 1, lot: Lot = LOT, **more: Any) -> list[str]:
        """Packs of a lot, made by the maker."""
        epcs = self.packs(count, first, lot)
        self.good(self.act(MAKER, "commissioned", epcs, lot=lot, **more))
        return epcs

    def fill(self, container: str, epcs: Iterable[str], party: str = MAKER) -> str:
        """Put things into a container."""
        self.good(self.act(party, "packed", epcs, parent=container))
        return container

    def ship(self, epcs: Iterable[str], to: str, party: str = MAKER, **more: Any) -> Outcome:
        return self.good(self.act(party, "shipped", epcs, to=to, **more))

    def receive(
        self, epcs: Iterable[str], party: str, ref: Iterable[Outcome | str] = (), **more: Any
    ) -> Outcome:
        return self.good(self.act(party, "received", epcs, ref=list(ref), **more))

    def deliver(self, epcs: list[str], *parties: str) -> None:
        """Hand things on from party to party, signed on both sides."""
        for sender, receiver in pairwise(parties):
            self.receive(epcs, receiver, [self.ship(epcs, receiver, sender)], sender=sender)

    def correct(self, original: Outcome, party: str, **more: Any) -> Outcome:
        """Correct a statement, or countersign its correction."""
        if original.composed is None:
            raise AssertionError(original)
        more["countersigned"] = [one.id for one in more.get("countersigned", ())]
        composed = correction(original.composed, original.id, time=self.time(), **more)
        return self.apply(self.signed(self.signers[party], composed))

    def recall(self, party: str = MAKER, level: str = "patient", **named: Any) -> Outcome:
        """Recall products, lots or items."""
        act = {
            "type": "recall",
            "products": named.get("products"),
            "lots": [{"gtin": lot.gtin, "lot": lot.number} for lot in named.get("lots", ())] or None,
            "items": named.get("items"),
            "class": "1",
            "level": level,
            "reason": "Wrong leaflet.",
        }
        present = {name: value for name, value in act.items() if value is not None}
        return self.good(self.register(self.signers[party], present))

    def lift(self, recall: Outcome, party: str = MAKER) -> Outcome:
        return self.register(
            self.signers[party], {"type": "lift", "recall": recall.id, "reason": "It was right."}
        )

    @staticmethod
    def good(outcome: Outcome) -> Outcome:
        """The outcome, when the statement had effect."""
        if outcome.refusal is not None:
            raise AssertionError(f"{outcome.rule}: {outcome.refusal}") from outcome.refusal
        return outcome

    def item(self, epc: str) -> Item:
        return self.world.items[epc]

    # Beginnings

    def _register_all(self) -> None:
        for party, roles in ROLES.items():
            act: dict[str, Any] = {
                "type": "party",
                "gln": party,
                "name": f"Party {party}",
                "roles": list(roles),
            }
            if roles in (("maker",), ("wholesaler",)):
                act["prefixes"] = [PREFIX]
            act["country"] = "FR" if party == OTHER_REGULATOR else "DE"
            self.good(self.register(self.authority, act))
            signer = self.signers[party] = Signer(party, self.key(party))
            role = "regulator" if "regulator" in roles else "administrator"
            self.good(self.register(self.authority, self.key_act(signer, role)))
            for number in (1, 2):
                self.good(self.register(self.authority, self.site_act(party, number)))
        for product, name in ((AMOX, "Amoxicillin"), (IBU, "Ibuprofen")):
            self.good(self.register(self.signers[MAKER], self.product_act(product, name)))

    @staticmethod
    def site_act(party: str, number: int) -> dict[str, Any]:
        return {
            "type": "site",
            "gln": place(party, number),
            "party": party,
            "name": f"Place {number} of {party}",
            "country": "DE",
            "zone": "Europe/Berlin",
        }

    @staticmethod
    def product_act(number: str, name: str, owner: str = MAKER) -> dict[str, Any]:
        return {"type": "product", "gtin": number, "name": name, "owner": owner}


def refused(outcome: Outcome, rule: str) -> Refusal:
    """The refusal of an outcome, when it is by this rule."""
    if not isinstance(outcome.refusal, Refusal) or outcome.refusal.rule != rule:
        raise AssertionError(f"expected {rule}, got {outcome.rule}: {outcome.refusal}")
    return outcome.refusal
