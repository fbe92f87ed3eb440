"""Dispense, undo, take back; hold, release, sample, decommission, export, destroy; stolen, lost, found."""

import pytest
from supply_chain import (
    AMOX,
    BRUNNEN,
    CLINIC,
    LOT,
    MAKER,
    MARKT,
    NORD,
    REGULATOR,
    STRANGER,
    SUED,
    Outcome,
    SupplyChain,
    gtin,
    pack,
    place,
    refused,
    sscc,
)

from traceability.custody.state import Condition, Contents, Lot, Standing


@pytest.fixture
def stock(chain: SupplyChain) -> list[str]:
    """Five packs in a pharmacy."""
    epcs = chain.commission(5)
    chain.deliver(epcs, MAKER, NORD, MARKT)
    return epcs


def dispense(chain: SupplyChain, epcs: list[str], party: str = MARKT, **more: object) -> Outcome:
    return chain.good(chain.act(party, "dispensed", epcs, **more))


def undo(chain: SupplyChain, epcs: list[str], ref: Outcome, party: str = MARKT, **more: object) -> Outcome:
    return chain.act(party, "undone", epcs, ref=[ref], **more)


# Dispense


def test_a_pharmacy_dispenses_what_it_holds(chain: SupplyChain, stock: list[str]) -> None:
    dispense(chain, stock[:1])
    item = chain.item(stock[0])
    assert (item.condition, item.custodian, item.site) == (Condition.DISPENSED, MARKT, place(MARKT))
    assert item.condition.standing is Standing.OUT_OF_TRADE
    refused(chain.act(MARKT, "dispensed", stock[:1]), "dispense.blocked")


def test_only_pharmacies_and_institutions_dispense(chain: SupplyChain, stock: list[str]) -> None:
    epcs = chain.commission(2, 50)
    refused(chain.act(MAKER, "dispensed", epcs), "dispense.role")
    refused(chain.act(BRUNNEN, "dispensed", stock[:1]), "dispense.not-held")
    refused(chain.act(MARKT, "dispensed", [pack(AMOX, "?")]), "dispense.unknown")
    chain.deliver(epcs, MAKER, CLINIC)
    dispense(chain, epcs, CLINIC)


def test_a_pack_on_the_road_is_received_by_dispensing_it(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    case = chain.fill(sscc(1), epcs[:2])
    sent = chain.ship([case, epcs[2]], MARKT)
    refused(chain.act(BRUNNEN, "dispensed", epcs[2:]), "dispense.not-held")
    outcome = dispense(chain, [epcs[0], epcs[2]])
    assert outcome.effect is not None
    assert outcome.effect.ref == (sent.position,)
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.container) == (MARKT, None, None)
    assert chain.world.contents(case) == {LOT: Contents(1, 0)}


def test_expired_packs_are_not_dispensed(chain: SupplyChain) -> None:
    short = Lot(AMOX, "S", "2026-11-24")
    epcs = chain.commission(3, lot=short)
    chain.deliver(epcs, MAKER, MARKT)
    chain.wait(days=1)
    dispense(chain, epcs[:1])  # through its last day
    chain.wait(days=1)
    refused(chain.act(MARKT, "dispensed", epcs[1:2]), "dispense.expired")
    outcome = dispense(chain, epcs[1:2], time=chain.time(days=1), iat=chain.time(days=1))
    assert outcome.effect is not None
    assert outcome.effect.late


@pytest.mark.parametrize(("level", "stops"), [("wholesale", False), ("pharmacy", True), ("patient", True)])
def test_recalls_stop_dispensing_from_pharmacy_level(
    chain: SupplyChain, stock: list[str], level: str, stops: bool
) -> None:
    chain.recall(level=level, lots=[LOT])
    outcome = chain.act(MARKT, "dispensed", stock[:1])
    if stops:
        refused(outcome, "dispense.recalled")
    else:
        chain.good(outcome)


def test_held_packs_are_not_dispensed(chain: SupplyChain, stock: list[str]) -> None:
    chain.good(chain.act(MARKT, "held", stock[:1]))
    refused(chain.act(MARKT, "dispensed", stock[:1]), "dispense.blocked")
    chain.good(chain.act(MARKT, "lost", stock[1:2]))
    refused(chain.act(MARKT, "dispensed", stock[1:2]), "dispense.gone")


def test_only_packs_are_dispensed(chain: SupplyChain) -> None:
    case = chain.fill(sscc(1), chain.commission(2))
    chain.deliver([case], MAKER, MARKT)
    refused(chain.act(MARKT, "dispensed", [case]), "dispense.not-a-pack")


def test_a_bundle_is_dispensed_with_what_is_in_it(chain: SupplyChain) -> None:
    chain.good(chain.register(chain.signers[MAKER], chain.product_act(gtin(1, 5), "Bundle")))
    bundle, epcs = pack(gtin(1, 5), "B1"), chain.commission(2)
    chain.good(chain.act(MAKER, "commissioned", [bundle], lot=Lot(gtin(1, 5), "A17", LOT.expiry)))
    chain.fill(bundle, epcs)
    chain.deliver([bundle], MAKER, MARKT)
    recall = chain.recall(lots=[LOT])
    refused(chain.act(MARKT, "dispensed", [bundle]), "dispense.recalled")
    chain.lift(recall)
    dispense(chain, [bundle])
    assert chain.world.condition(epcs[0]) is Condition.DISPENSED


def test_partial_dispensing_counts_units(chain: SupplyChain, stock: list[str]) -> None:
    def partly(taken: int, left: int) -> Outcome:
        return chain.act(MARKT, "partly_dispensed", stock[:1], amount=(taken, left))

    first = chain.good(partly(5, 15))
    item = chain.item(stock[0])
    assert (item.condition, item.left) == (Condition.PARTLY_DISPENSED, 15)
    refused(partly(5, 11), "dispense.amount")
    second = chain.good(partly(5, 10))
    refused(undo(chain, stock[:1], first), "undo.ref")
    chain.good(undo(chain, stock[:1], second))
    item = chain.item(stock[0])
    assert (item.condition, item.left) == (Condition.PARTLY_DISPENSED, 15)
    chain.good(partly(15, 0))
    assert chain.item(stock[0]).condition is Condition.DISPENSED


def test_the_rest_of_a_pack_is_dispensed_whole(chain: SupplyChain, stock: list[str]) -> None:
    chain.good(chain.act(MARKT, "partly_dispensed", stock[:1], amount=(5, 15)))
    rest = dispense(chain, stock[:1])
    item = chain.item(stock[0])
    assert (item.condition, item.left) == (Condition.DISPENSED, 0)
    refused(undo(chain, stock[:1], rest), "undo.amount")
    chain.good(undo(chain, stock[:1], rest, amount=(15, 15)))
    assert chain.item(stock[0]).left == 15


# Undo


@pytest.mark.parametrize(("hours", "rule"), [(239, None), (240, None), (241, "undo.too-late")])
def test_a_dispensing_is_undone_within_240_hours(
    chain: SupplyChain, stock: list[str], hours: int, rule: str | None
) -> None:
    then = chain.now
    done = dispense(chain, stock[:2])
    chain.wait(hours=hours - (chain.now - then).total_seconds() / 3600)
    outcome = undo(chain, stock[:1], done)
    if rule is None:
        chain.good(outcome)
        assert chain.item(stock[0]).condition is Condition.ACTIVE
        assert chain.item(stock[1]).condition is Condition.DISPENSED
    else:
        refused(outcome, rule)


def test_an_undoing_signed_in_time_and_delivered_later_is_late(chain: SupplyChain, stock: list[str]) -> None:
    done = dispense(chain, stock[:1])
    chain.wait(hours=250)
    outcome = chain.good(undo(chain, stock[:1], done, time=chain.time(hours=20), iat=chain.time(hours=20)))
    assert outcome.effect is not None
    assert outcome.effect.late


def test_only_the_same_counter_undoes(chain: SupplyChain, stock: list[str]) -> None:
    done = dispense(chain, stock[:1])
    refused(undo(chain, stock[:1], done, BRUNNEN), "undo.site")
    refused(undo(chain, stock[:1], done, site=place(MARKT, 2)), "undo.site")
    refused(undo(chain, stock[1:2], done), "undo.not-dispensed")
    refused(undo(chain, stock[:1], chain.good(chain.act(MARKT, "held", stock[1:2]))), "undo.ref")


def test_what_was_dispensed_again_is_undone_by_its_last_dispensing(
    chain: SupplyChain, stock: list[str]
) -> None:
    first = dispense(chain, stock[:1])
    chain.good(undo(chain, stock[:1], first))
    second = dispense(chain, stock[:1])
    refused(undo(chain, stock[:1], first), "undo.ref")
    chain.good(undo(chain, stock[:1], second))


def test_recalled_or_expired_packs_stay_dispensed(chain: SupplyChain, stock: list[str]) -> None:
    done = dispense(chain, stock[:1])
    chain.recall(level="wholesale", lots=[LOT])
    refused(undo(chain, stock[:1], done), "undo.recalled")
    short = Lot(AMOX, "S", "2026-11-24")
    epcs = chain.commission(1, lot=short)
    chain.deliver(epcs, MAKER, MARKT)
    done = dispense(chain, epcs)
    chain.wait(days=3)
    refused(undo(chain, epcs, done), "undo.expired")


# Take back


def test_packs_from_patients_are_never_active_again(chain: SupplyChain, stock: list[str]) -> None:
    dispense(chain, stock[:1])
    chain.good(chain.act(BRUNNEN, "taken_back", stock[:1]))
    item = chain.item(stock[0])
    assert (item.condition, item.custodian) == (Condition.TAKEN_BACK, BRUNNEN)
    refused(chain.act(BRUNNEN, "released", stock[:1]), "release.from-patient")
    refused(chain.act(BRUNNEN, "shipped", stock[:1], to=NORD), "ship.blocked")
    chain.good(chain.act(BRUNNEN, "stolen", stock[:1]))  # reported, but no way round the rule
    assert chain.item(stock[0]).condition is Condition.TAKEN_BACK
    chain.recall(lots=[LOT])
    refused(chain.act(BRUNNEN, "recall_held", stock[:1]), "recall-hold.held")
    chain.good(chain.act(BRUNNEN, "returned", stock[:1], to=NORD))


def test_only_dispensed_packs_are_taken_back_at_counters(chain: SupplyChain, stock: list[str]) -> None:
    refused(chain.act(MARKT, "taken_back", stock[:1]), "take-back.not-dispensed")
    dispense(chain, stock[:1])
    refused(chain.act(NORD, "taken_back", stock[:1]), "take-back.role")
    outcome = chain.good(chain.act(MARKT, "taken_back", [pack(AMOX, "old")]))
    assert outcome.effect is not None
    assert outcome.effect.unmatched


# Hold and release


def test_held_goods_go_nowhere_until_released(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(chain.act(MAKER, "held", epcs[:1]))
    refused(chain.act(MAKER, "held", epcs[:1]), "hold.blocked")
    refused(chain.act(MAKER, "shipped", epcs[:1], to=NORD), "ship.blocked")
    refused(chain.act(NORD, "released", epcs[:1]), "release.not-held")
    chain.good(chain.act(MAKER, "released", epcs[:1]))
    refused(chain.act(MAKER, "released", epcs[:1]), "release.not-held")
    chain.ship(epcs[:1], NORD)
    refused(chain.act(MAKER, "held", epcs[:1]), "hold.on-the-road")


def test_holding_a_child_takes_it_out(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    chain.good(chain.act(MAKER, "held", epcs[:1]))
    assert chain.item(epcs[0]).container is None
    chain.ship([case], NORD)


def test_a_held_pallet_holds_its_contents(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    chain.good(chain.act(MAKER, "held", [case]))
    refused(chain.act(MAKER, "shipped", epcs[:1], to=NORD), "ship.blocked")
    chain.good(chain.act(MAKER, "released", epcs[:1]))
    assert chain.item(epcs[0]).condition is Condition.ACTIVE
    assert chain.world.condition(epcs[1]) is Condition.HELD


def test_recalled_goods_are_held_until_the_recall_is_lifted(chain: SupplyChain, stock: list[str]) -> None:
    refused(chain.act(MARKT, "recall_held", stock[:1]), "recall-hold.not-recalled")
    chain.good(chain.act(MARKT, "held", stock[1:2]))
    recall = chain.recall(level="wholesale", lots=[LOT])
    chain.good(chain.act(MARKT, "recall_held", stock[:2]))
    refused(chain.act(MARKT, "recall_held", stock[:1]), "recall-hold.held")
    refused(chain.act(MARKT, "released", stock[:1]), "release.recalled")
    chain.good(chain.lift(recall))
    assert chain.item(stock[0]).condition is Condition.RECALL_HELD
    chain.good(chain.act(MARKT, "released", stock[:2]))
    dispense(chain, stock[:1])


def test_a_container_with_recalled_goods_is_held_as_a_whole(chain: SupplyChain) -> None:
    case = chain.fill(sscc(1), chain.commission(2))
    chain.recall(lots=[LOT])
    chain.good(chain.act(MAKER, "recall_held", [case]))
    refused(chain.act(MAKER, "released", [case]), "release.recalled")


# Out of trade


def test_samples_leave_the_trade(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    refused(chain.act(NORD, "sampled", epcs[:1]), "sample.not-held")
    chain.good(chain.act(MAKER, "sampled", epcs[:1]))
    assert chain.item(epcs[0]).condition.standing is Standing.OUT_OF_TRADE
    assert chain.item(epcs[0]).custodian == MAKER
    refused(chain.act(MAKER, "sampled", epcs[:1]), "sample.out-of-trade")
    refused(chain.act(MAKER, "released", epcs[:1]), "release.not-held")


def test_the_maker_decommissions_wherever_the_pack_is(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.deliver(epcs, MAKER, NORD)
    case = chain.fill(sscc(1), epcs[:1], NORD)
    refused(chain.act(SUED, "decommissioned", epcs[:1]), "decommission.not-held")
    chain.good(chain.act(MAKER, "decommissioned", epcs[:1]))
    assert chain.item(epcs[0]).container == case
    assert chain.world.contents(case) == {LOT: Contents(1, 1)}
    refused(chain.act(NORD, "decommissioned", [case]), "decommission.not-empty")
    chain.good(chain.act(NORD, "unpacked", parent=case))
    chain.good(chain.act(NORD, "decommissioned", [case]))
    chain.good(chain.act(NORD, "decommissioned", epcs[1:2]))
    refused(chain.act(NORD, "decommissioned", epcs[1:2]), "decommission.out-of-trade")


def test_goods_are_exported_to_somebody_or_nobody(chain: SupplyChain) -> None:
    epcs = chain.commission(5)
    chain.good(chain.act(MAKER, "exported", epcs[:1], to=STRANGER))
    assert chain.item(epcs[0]).condition is Condition.EXPORTED
    assert chain.item(epcs[0]).receiver == STRANGER
    chain.good(chain.act(MAKER, "exported", epcs[1:2]))
    assert chain.item(epcs[1]).receiver is None
    refused(chain.act(MAKER, "exported", epcs[1:2]), "export.out-of-trade")
    chain.good(chain.act(MAKER, "voided", epcs[:1]))
    assert chain.item(epcs[0]).condition is Condition.ACTIVE
    chain.good(chain.act(MAKER, "sampled", epcs[2:3]))
    chain.good(chain.act(MAKER, "exported", epcs[2:3], to=STRANGER))
    assert chain.item(epcs[2]).condition is Condition.SAMPLED
    chain.good(chain.act(MAKER, "held", epcs[3:4]))
    refused(chain.act(MAKER, "exported", epcs[3:4]), "export.blocked")
    refused(chain.act(MAKER, "exported", epcs[4:], to=MAKER), "export.receiver")
    chain.recall(lots=[LOT])
    refused(chain.act(MAKER, "exported", epcs[4:]), "export.recalled")


def test_a_container_with_something_blocked_is_not_exported(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(chain.act(MAKER, "held", epcs[:1]))
    refused(chain.act(MAKER, "exported", [chain.fill(sscc(1), epcs)]), "export.blocked-inside")


def test_what_is_destroyed_has_ended_with_its_contents(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    case = chain.fill(sscc(1), epcs[:2])
    refused(chain.act(NORD, "destroyed", [case]), "destroy.not-held")
    chain.good(chain.act(MAKER, "destroyed", [case]))
    assert chain.world.condition(epcs[0]) is Condition.DESTROYED
    for meaning, more in (
        ("held", {}),
        ("shipped", {"to": NORD}),
        ("released", {}),
        ("destroyed", {}),
        ("lost", {}),
        ("moved", {}),
    ):
        outcome = chain.act(MAKER, meaning, epcs[:1], **more)
        assert outcome.rule is not None
        assert outcome.rule.endswith(".ended")
    refused(chain.act(MAKER, "unpacked", parent=case), "unpack.ended")
    refused(chain.act(MAKER, "packed", epcs[2:], parent=case), "pack.ended")


def test_dispensed_packs_are_not_destroyed_without_being_taken_back(
    chain: SupplyChain, stock: list[str]
) -> None:
    dispense(chain, stock[:1])
    refused(chain.act(MARKT, "destroyed", stock[:1]), "destroy.dispensed")
    refused(chain.act(MARKT, "exported", stock[:1]), "export.dispensed")
    chain.good(chain.act(MARKT, "taken_back", stock[:1]))
    chain.good(chain.act(MARKT, "destroyed", stock[:1]))


# Stolen, lost, found


@pytest.mark.parametrize("meaning", ["stolen", "lost"])
def test_missing_goods_are_blocked_until_found(chain: SupplyChain, meaning: str) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    chain.good(chain.act(MAKER, meaning, epcs[:1]))
    assert chain.item(epcs[0]).container is None  # the holder knows that it is not in its case
    refused(chain.act(MAKER, "shipped", epcs[:1], to=NORD), "ship.gone")
    refused(chain.act(MAKER, "released", epcs[:1]), "release.gone")
    refused(chain.act(MAKER, meaning, epcs[:1]), f"{meaning}.again")
    chain.good(chain.act(MAKER, "found", epcs[:1]))
    assert chain.item(epcs[0]).condition is Condition.FOUND
    refused(chain.act(MAKER, "found", epcs[:1]), "found.not-missing")
    refused(chain.act(MAKER, "shipped", epcs[:1], to=NORD), "ship.blocked")
    chain.good(chain.act(MAKER, "released", epcs[:1]))
    chain.good(chain.act(MAKER, meaning, [case]))
    assert chain.world.condition(epcs[1]).name.lower() == meaning


def test_who_may_report(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.deliver(epcs, MAKER, NORD)
    refused(chain.act(SUED, "stolen", epcs[:1]), "stolen.not-concerned")
    chain.good(chain.act(NORD, "stolen", epcs[:1]))
    chain.good(chain.act(MAKER, "lost", epcs[1:2]))  # its brand owner
    chain.ship(epcs[2:], SUED, NORD)
    chain.good(chain.act(SUED, "lost", epcs[2:]))  # an end of the transit
    chain.good(chain.act(NORD, "stolen", epcs[2:]))
    assert chain.item(epcs[2]).receiver == SUED
    refused(chain.act(MARKT, "found", epcs[2:]), "found.not-concerned")
    chain.good(chain.act(SUED, "found", epcs[2:]))
    item = chain.item(epcs[2])
    assert (item.custodian, item.receiver, item.condition) == (SUED, None, Condition.FOUND)


def test_dispensed_goods_and_goods_out_of_trade(chain: SupplyChain, stock: list[str]) -> None:
    dispense(chain, stock[:1])
    refused(chain.act(MARKT, "stolen", stock[:1]), "stolen.dispensed")
    chain.good(chain.act(MARKT, "sampled", stock[1:2]))
    chain.good(chain.act(MARKT, "stolen", stock[1:2]))
    assert chain.item(stock[1]).condition is Condition.SAMPLED
    chain.ship(stock[1:2], REGULATOR, MARKT)
