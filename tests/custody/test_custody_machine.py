"""Whatever sequence of acts is tried: one custodian at a time, final states stay, counts are true."""

from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from supply_chain import (
    AMOX,
    CLINIC,
    IBU,
    LOT,
    MAKER,
    MARKT,
    NORD,
    STRANGER,
    SUED,
    Outcome,
    SupplyChain,
    grai,
    pack,
    place,
    sscc,
)

from traceability.custody.acts import ACTS
from traceability.custody.rules import RULES_VERSION
from traceability.custody.state import Condition, Contents, Item, Lot
from traceability.epcis.vocabulary import EventType

PARTIES = (MAKER, NORD, SUED, MARKT, CLINIC)
OTHER = Lot(IBU, "B3", "2026-12-24")
NEW = Lot(AMOX, "R1", "2026-12-24")
PACKS = [pack(AMOX, number) for number in range(6)] + [pack(IBU, number) for number in range(3)]
CONTAINERS = [sscc(1), sscc(2), sscc(3), grai(1)]
POOL = PACKS + CONTAINERS
FINAL = frozenset({Condition.DESTROYED})
NEVER_ACTIVE = frozenset(
    {Condition.TAKEN_BACK, Condition.DESTROYED, Condition.SAMPLED, Condition.TRANSFORMED}
)
CORRECTABLE = frozenset(
    {"commissioned", "opened", "received", "refused", "repackaged", "sampled", "exported"}
)

AT_REST = [
    "shipped", "shipped", "shipped", "returned", "moved", "dispensed", "dispensed", "partly_dispensed", "held",
    "held", "released", "released", "sampled", "decommissioned", "exported", "destruction_agreed", "destroyed", "stolen", "lost",
    "found", "recall_held", "taken_back", "opened",
]  # fmt: skip
ON_THE_ROAD = [
    "received", "received", "received", "return_received", "refused", "voided", "voided", "dispensed", "stolen", "found",
]  # fmt: skip

seeds = st.lists(st.integers(0, 99), min_size=1, max_size=4)
number = st.integers(0, 99)
parties = st.sampled_from(PARTIES)


class Trade(RuleBasedStateMachine):
    """A handful of packs and containers among five parties who try everything."""

    def __init__(self) -> None:
        super().__init__()
        self.chain = SupplyChain()
        self.outcomes: list[Outcome] = []
        self.recalls: list[Outcome] = []
        self.ended: set[str] = set()
        self.spent: set[str] = set()
        self.effects = 0

    @initialize(newest=st.booleans())
    def stock(self, newest: bool) -> None:
        if newest:
            act = {"type": "rules", "version": RULES_VERSION}
            self.chain.good(self.chain.register(self.chain.authority, act))
        self.took(self.chain.act(MAKER, "commissioned", PACKS[:4], lot=LOT))
        self.took(self.chain.act(MAKER, "packed", PACKS[:3], parent=sscc(1)))
        self.took(self.chain.act(MAKER, "packed", [sscc(1)], parent=sscc(2)))
        self.took(self.chain.act(MAKER, "shipped", [sscc(2)], to=NORD))

    def took(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.effects += outcome.effect is not None

    def top(self, epc: str) -> Item:
        return self.chain.world.top(self.chain.world.items[epc])

    def holder(self, epc: str, otherwise: str) -> str:
        """Whoever would be heard about an item: its receiver on the road, else its custodian."""
        if epc not in self.chain.world.items:
            return otherwise
        top = self.top(epc)
        party = top.receiver or top.custodian
        return party if party in PARTIES else otherwise

    def pick(self, chosen: list[int]) -> list[str]:
        """Items that one party has, or that are on one road; the first of them any known one."""
        known = sorted(self.chain.world.items)
        first = known[chosen[0] % len(known)]
        top = self.top(first)
        others = [
            epc
            for epc in known
            if (self.top(epc).custodian, self.top(epc).receiver) == (top.custodian, top.receiver)
        ]
        return list(dict.fromkeys([first, *(others[seed % len(others)] for seed in chosen[1:])]))

    # Acts

    @rule(
        resting=st.sampled_from(AT_REST),
        moving=st.sampled_from(ON_THE_ROAD),
        chosen=seeds,
        party=parties,
        to=st.sampled_from([*PARTIES, STRANGER]),
        wild=number,
    )
    def handle(self, resting: str, moving: str, chosen: list[int], party: str, to: str, wild: int) -> None:
        items = self.pick(chosen)
        top = self.top(items[0])
        meaning = resting if top.receiver is None else moving
        signer = self.holder(items[0], party) if wild < 90 else party
        if meaning == "voided" and top.custodian is not None:
            signer = top.custodian
        act, more = ACTS[meaning], dict[str, Any]()
        if act.handover or (meaning == "exported" and to != signer):
            more["to"] = to
        if act.amount:
            left = self.chain.world.items[items[0]].left
            more["amount"] = (5, 15) if left is None else (5, max(0, left - 5))
        if act.ref:
            more["ref"] = [self.outcomes[-1].id]
        if meaning == "moved":
            more["site"] = place(signer, 2)
        self.took(self.chain.act(signer, meaning, items, **more))

    @rule(
        chosen=seeds,
        to=st.sampled_from([NORD, MARKT, CLINIC]),
        way=st.sampled_from(["shipped", "shipped", "returned"]),
    )
    def deliver(self, chosen: list[int], to: str, way: str) -> None:
        items = self.pick(chosen)
        sent = self.chain.act(self.holder(items[0], MAKER), way, items, to=to)
        self.took(sent)
        if sent.effect is not None:
            self.took(self.chain.act(to, "received", items, ref=[sent.id]))

    @rule(chosen=seeds, amount=st.sampled_from([None, None, (5, 15), (5, 10)]))
    def at_the_counter(self, chosen: list[int], amount: tuple[int, int] | None) -> None:
        here = [epc for epc in sorted(self.chain.world.items) if self.holder(epc, "") in (MARKT, CLINIC)]
        if here:
            epc = here[chosen[0] % len(here)]
            more = {} if amount is None else {"amount": amount}
            meaning = "dispensed" if amount is None else "partly_dispensed"
            self.took(self.chain.act(self.holder(epc, MARKT), meaning, [epc], **more))

    @rule(chosen=seeds, unknown=st.sampled_from(POOL), party=parties)
    def receive_unannounced(self, chosen: list[int], unknown: str, party: str) -> None:
        self.took(self.chain.act(party, "received", {*self.pick(chosen[:1]), unknown}))

    @rule(
        packs=st.lists(st.sampled_from(PACKS), min_size=1, max_size=3, unique=True),
        party=st.sampled_from([MAKER, MAKER, NORD]),
    )
    def commission(self, packs: list[str], party: str) -> None:
        lot = LOT if packs[0].startswith(pack(AMOX, "")) else OTHER
        known = self.chain.world.items
        mine = [
            epc
            for epc in packs
            if epc.startswith(pack(lot.gtin, "")) and (epc not in known or known[epc].lot is None)
        ]
        if mine:
            self.took(self.chain.act(party, "commissioned", mine, lot=lot))

    @rule(chosen=seeds, parent=st.sampled_from(CONTAINERS), party=parties, early=st.booleans())
    def pack(self, chosen: list[int], parent: str, party: str, early: bool) -> None:
        items = self.pick(chosen)
        time = self.chain.time(days=1 if early else 0)
        self.took(self.chain.act(self.holder(items[0], party), "packed", items, parent=parent, time=time))

    @rule(parent=st.sampled_from(CONTAINERS), chosen=seeds, everything=st.booleans())
    def unpack(self, parent: str, chosen: list[int], everything: bool) -> None:
        inside = sorted(self.chain.world.children(parent))
        if inside:
            some = [] if everything else list({inside[seed % len(inside)] for seed in chosen})
            self.took(self.chain.act(self.holder(parent, MAKER), "unpacked", sorted(some), parent=parent))

    @rule(parent=st.sampled_from(CONTAINERS), chosen=seeds)
    def receive_short(self, parent: str, chosen: list[int]) -> None:
        if parent in self.chain.world.items and self.top(parent).receiver in PARTIES:
            known = self.chain.world.items
            inside = [epc for epc in sorted(known) if known[epc].container == parent]
            gone = sorted({inside[seed % len(inside)] for seed in chosen} if inside else ())
            self.took(self.chain.act(self.holder(parent, MAKER), "received", [parent], missing=gone))

    @rule(chosen=seeds)
    def undo(self, chosen: list[int]) -> None:
        known = self.chain.world.items
        gone = [
            epc
            for epc in sorted(known)
            if known[epc].condition in (Condition.DISPENSED, Condition.PARTLY_DISPENSED)
        ]
        if gone:
            epc = gone[chosen[0] % len(gone)]
            fact = self.chain.world.facts.get(known[epc].dispatch or known[epc].acted)
            if fact is not None:
                self.took(self.chain.act(fact.party, "undone", [epc], ref=[fact.id]))

    @rule(chosen=seeds, fresh=st.integers(0, 3))
    def repackage(self, chosen: list[int], fresh: int) -> None:
        mine = [epc for epc in self.pick(chosen) if epc.startswith(pack(AMOX, ""))]
        if mine:
            outputs = [pack(AMOX, f"new{fresh}")]
            self.took(self.chain.act(MAKER, "repackaged", outputs, inputs=mine, lot=NEW))

    @rule(chosen=seeds, to=parties)
    def sell(self, chosen: list[int], to: str) -> None:
        items = self.pick(chosen)
        owner = self.chain.world.items[items[0]].owner or self.top(items[0]).owner
        if owner is not None and owner != to:
            offer = self.chain.act(owner, "ownership_offered", items, owners=(owner, to))
            self.took(offer)
            self.took(self.chain.act(to, "ownership_accepted", items, owners=(owner, to), ref=[offer.id]))

    @rule(back=st.integers(1, 6))
    def correct(self, back: int) -> None:
        candidates = [
            one.fact
            for one in self.outcomes
            if one.fact is not None and one.effect is not None and one.fact.act in CORRECTABLE
        ]
        if candidates:
            fact = candidates[-min(back, len(candidates))]
            original = next(one for one in self.outcomes if one.fact is fact)
            self.took(self.chain.correct(original, fact.party))

    @rule(
        level=st.sampled_from(["wholesale", "pharmacy", "patient"]),
        what=st.sampled_from(["lots", "products", "items"]),
    )
    def recall(self, level: str, what: str) -> None:
        named: Any = {"lots": [LOT], "products": [IBU], "items": PACKS[:1]}[what]
        if not self.recalls:
            self.recalls.append(self.chain.recall(level=level, **{what: named}))

    @rule()
    def lift(self) -> None:
        if self.recalls:
            self.chain.lift(self.recalls.pop())

    @rule(hours=st.sampled_from([1, 100, 250]))
    def wait(self, hours: int) -> None:
        self.chain.wait(hours=hours)

    # What must always hold

    @invariant()
    def one_custodian(self) -> None:
        for item in self.chain.world.items.values():
            if item.container is not None:
                assert item.custodian is None
                assert item.receiver is None
            else:
                assert item.custodian is not None or item.unmatched  # or it was struck out of being
                assert item.receiver is None or item.dispatch is not None

    @invariant()
    def containment_is_a_forest(self) -> None:
        world = self.chain.world
        for container, children in world.inside.items():
            assert all(world.items[child].container == container for child in children)
        for epc, item in world.items.items():
            seen = {epc}
            while item.container is not None:
                assert item.epc in world.inside[item.container]
                assert item.container not in seen
                seen.add(item.container)
                item = world.items[item.container]
                assert item.life
            open_ = [interval for interval in world.intervals.get(epc, ()) if interval[2] is None]
            assert [one[0] for one in open_] == [one for one in [world.items[epc].container] if one]

    @invariant()
    def counts_are_true(self) -> None:
        world = self.chain.world
        for container in world.counts:
            assert world.contents(container) == world.recount(container)
            assert all(count.items > 0 for count in world.contents(container).values())

    @invariant()
    def what_has_ended_stays_so(self) -> None:
        world = self.chain.world
        for epc in self.ended:
            assert world.condition(epc) in FINAL
        self.ended |= {epc for epc in world.items if world.condition(epc) in FINAL}

    @invariant()
    def what_came_from_a_patient_is_never_active(self) -> None:
        world = self.chain.world
        for epc in self.spent:
            assert world.items[epc].condition is not Condition.ACTIVE
        self.spent |= {epc for epc, item in world.items.items() if item.condition is Condition.TAKEN_BACK}

    @invariant()
    def every_story_can_be_told(self) -> None:
        world = self.chain.world
        for epc in list(world.items)[:3]:
            story = world.provenance(epc)
            assert all(hop.sides for hop in story.hops)
            assert story.confirmed <= story.handoffs

    def teardown(self) -> None:
        replayed, world = self.chain.replayed(), self.chain.world
        assert replayed.items == world.items
        assert replayed.facts == world.facts
        assert _some(replayed.counts) == _some(world.counts)
        assert replayed.intervals == world.intervals


def _some(counts: dict[str, dict[Lot | None, Contents]]) -> dict[str, dict[Lot | None, Contents]]:
    return {container: found for container, found in counts.items() if found}


TestTrade = Trade.TestCase
TestTrade.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_the_machine_knows_every_shape() -> None:
    assert {act.type for act in ACTS.values()} <= set(EventType)
    assert msgspec.structs.fields(Item)[0].name == "epc"
