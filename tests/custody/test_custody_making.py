"""Commissioning, opening containers, repackaging; packing and unpacking."""

import pytest
from supply_chain import (
    AMOX,
    IBU,
    LOT,
    MAKER,
    MARKT,
    NORD,
    PREFIX,
    SUED,
    SupplyChain,
    foreign_sscc,
    grai,
    gtin,
    pack,
    place,
    refused,
    sscc,
)

from traceability.custody.state import Condition, Contents, Lot

NEW = Lot(AMOX, "R1", "2028-06-30")


def delegate(chain: SupplyChain, to: str, *acts: str) -> None:
    act = {"type": "delegate", "to": to, "acts": list(acts), "products": [AMOX]}
    chain.good(chain.register(chain.signers[MAKER], act | {"from": "2026-01-01", "until": "2027-12-31"}))


def check_counts(chain: SupplyChain, *containers: str) -> None:
    for container in containers:
        assert chain.world.contents(container) == chain.world.recount(container)


# Commission


def test_the_commissioner_holds_and_owns(chain: SupplyChain) -> None:
    (epc,) = chain.commission()
    item = chain.item(epc)
    assert (item.custodian, item.site, item.owner) == (MAKER, place(MAKER), MAKER)
    assert (item.lot, item.condition, item.unmatched) == (LOT, Condition.ACTIVE, False)


def test_a_serial_is_commissioned_once(chain: SupplyChain) -> None:
    (epc,) = chain.commission()
    refused(chain.act(MAKER, "commissioned", [epc, pack(AMOX, "X")], lot=LOT), "commission.again")
    assert pack(AMOX, "X") not in chain.world.items


def test_only_brand_owner_and_delegates_commission(chain: SupplyChain) -> None:
    refused(chain.act(NORD, "commissioned", chain.packs(1), lot=LOT), "commission.not-allowed")
    refused(chain.act(MAKER, "commissioned", [pack(gtin(99), "1")], lot=LOT), "commission.product")
    delegate(chain, NORD, "commissioned")
    chain.good(chain.act(NORD, "commissioned", chain.packs(1), lot=LOT))


def test_a_lot_has_one_expiry_and_may_be_closed(chain: SupplyChain) -> None:
    chain.commission()
    later = Lot(AMOX, "A17", "2029-01-31")
    refused(chain.act(MAKER, "commissioned", chain.packs(1, 2), lot=later), "commission.expiry")
    past = Lot(AMOX, "OLD", "2026-11-22")
    refused(chain.act(MAKER, "commissioned", chain.packs(1, 2, past), lot=past), "commission.expired")
    act = {"type": "lot", "gtin": AMOX, "lot": "A17", "count": 1, "root": "A" * 43}
    chain.good(chain.register(chain.signers[MAKER], act))
    refused(chain.act(MAKER, "commissioned", chain.packs(1, 2), lot=LOT), "commission.closed-lot")


def test_one_event_may_make_several_products_of_a_lot(chain: SupplyChain) -> None:
    both = [pack(AMOX, "1"), pack(IBU, "1")]
    chain.good(chain.act(MAKER, "commissioned", both, lot=LOT))
    assert chain.item(both[1]).lot == Lot(IBU, "A17", LOT.expiry)
    refused(chain.act(MAKER, "commissioned", [sscc(1)], lot=LOT), "commission.not-a-pack")


def test_items_are_named_once_and_at_all(chain: SupplyChain) -> None:
    epcs = chain.packs(1)
    refused(chain.act(MAKER, "commissioned", [*epcs, *epcs], lot=LOT), "commission.twice")
    refused(chain.act(MAKER, "held", []), "hold.nothing")


def test_a_party_signs_at_its_own_places(chain: SupplyChain) -> None:
    refused(chain.act(MAKER, "commissioned", chain.packs(1), lot=LOT, site=place(NORD)), "commission.site")


def test_late_commissioning_explains_a_sighting_and_leaves_custody(chain: SupplyChain) -> None:
    epcs = chain.packs(2)
    seen = chain.receive(epcs, MARKT)
    assert seen.effect is not None
    assert seen.effect.unmatched
    assert chain.item(epcs[0]).unmatched
    chain.good(chain.act(MAKER, "commissioned", epcs[:1], lot=LOT))
    item = chain.item(epcs[0])
    assert (item.custodian, item.lot, item.unmatched) == (MARKT, LOT, False)
    assert chain.world.facts[seen.position].unmatched  # the other pack is not explained yet
    chain.good(chain.act(MAKER, "commissioned", epcs[1:], lot=LOT))
    assert not chain.world.facts[seen.position].unmatched


def test_late_commissioning_finds_packs_inside_containers(chain: SupplyChain) -> None:
    epcs = chain.packs(3)
    chain.receive(epcs, NORD)
    case = chain.fill(sscc(1), epcs, NORD)
    pallet = chain.fill(sscc(2), [case], NORD)
    assert chain.world.contents(pallet)[None] == Contents(4, 0)
    chain.good(chain.act(MAKER, "commissioned", epcs[:2], lot=LOT))
    assert chain.world.contents(case) == {LOT: Contents(2, 0), None: Contents(1, 0)}
    check_counts(chain, case, pallet)


# Open


def test_a_container_is_opened_by_who_is_licensed(chain: SupplyChain) -> None:
    chain.good(chain.act(MAKER, "opened", [sscc(1), grai(7)]))
    assert chain.item(sscc(1)).life == 1
    refused(chain.act(MAKER, "opened", [foreign_sscc(1)]), "open.prefix")
    refused(chain.act(MARKT, "opened", [sscc(2)]), "open.prefix")
    delegate(chain, MARKT, "opened")
    chain.good(chain.act(MARKT, "opened", [sscc(2)]))


def test_a_new_life_begins_when_the_last_is_empty(chain: SupplyChain) -> None:
    crate = chain.fill(grai(1), chain.commission(2))
    refused(chain.act(MAKER, "opened", [crate]), "open.not-empty")
    chain.good(chain.act(MAKER, "unpacked", parent=crate))
    chain.good(chain.act(MAKER, "opened", [crate]))
    assert chain.item(crate).life == 2


def test_an_sscc_rests_for_twelve_months(chain: SupplyChain) -> None:
    chain.good(chain.act(MAKER, "opened", [sscc(1)]))
    refused(chain.act(MAKER, "opened", [sscc(1)]), "open.sscc-reuse")
    chain.wait(days=366)
    chain.good(chain.act(MAKER, "opened", [sscc(1)]))
    assert chain.item(sscc(1)).life == 2


def test_a_serial_container_and_a_destroyed_one_never_return(chain: SupplyChain) -> None:
    case = pack(gtin(1, 5), "C1")
    chain.good(chain.act(MAKER, "opened", [case]))
    refused(chain.act(MAKER, "opened", [case]), "open.again")
    chain.good(chain.act(MAKER, "opened", [grai(1)]))
    chain.good(chain.act(MAKER, "destroyed", [grai(1)]))
    refused(chain.act(MAKER, "opened", [grai(1)]), "open.ended")


def test_a_container_elsewhere_is_not_opened(chain: SupplyChain) -> None:
    chain.good(chain.act(MAKER, "opened", [grai(1)]))
    chain.ship([grai(1)], NORD)
    refused(chain.act(MAKER, "opened", [grai(1)]), "open.not-held")


# Pack and unpack


def test_contents_are_counted_at_every_depth(chain: SupplyChain) -> None:
    epcs = chain.commission(6)
    case, other = chain.fill(sscc(1), epcs[:3]), chain.fill(sscc(2), epcs[3:])
    pallet = chain.fill(sscc(3), [case, other])
    assert chain.world.contents(pallet) == {LOT: Contents(6, 0), None: Contents(2, 0)}
    check_counts(chain, case, other, pallet)
    item = chain.item(epcs[0])
    assert (item.container, item.custodian, item.owner) == (case, None, None)


def test_the_first_pack_opens_the_container(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    refused(chain.act(MAKER, "packed", epcs, parent=foreign_sscc(1)), "pack.prefix")
    chain.fill(sscc(1), epcs)
    assert chain.item(sscc(1)).custodian == MAKER


def test_what_another_container_held_is_taken_out_first(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    case, other = chain.fill(sscc(1), epcs), sscc(2)
    outcome = chain.good(chain.act(MAKER, "packed", epcs[:1], parent=other))
    assert outcome.effect is not None
    assert outcome.effect.closed == [(epcs[0], case)]
    assert chain.item(epcs[0]).container == other
    check_counts(chain, case, other)


def test_packing_needs_parent_and_children_in_hand(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    refused(chain.act(MAKER, "packed", [pack(AMOX, "?")], parent=sscc(1)), "pack.unknown")
    chain.deliver(epcs[:1], MAKER, NORD)
    refused(chain.act(MAKER, "packed", epcs[:1], parent=sscc(1)), "pack.not-held")
    case = chain.fill(sscc(1), epcs[1:2])
    chain.ship([case], NORD)
    refused(chain.act(MAKER, "packed", epcs[2:], parent=case), "pack.on-the-road")
    refused(chain.act(NORD, "packed", epcs[:1], parent=case), "pack.on-the-road")


def test_nothing_goes_into_itself(chain: SupplyChain) -> None:
    case = chain.fill(sscc(1), chain.commission(1))
    pallet = chain.fill(sscc(2), [case])
    refused(chain.act(MAKER, "packed", [pallet], parent=case), "pack.itself")
    refused(chain.act(MAKER, "packed", [pallet], parent=pallet), "pack.itself")


def test_what_is_inside_already_stays(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs[:1])
    chain.fill(case, epcs)
    assert chain.world.contents(case) == {LOT: Contents(2, 0)}


def test_held_goods_block_the_container_they_are_in(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(chain.act(MAKER, "held", epcs[:1]))
    case = chain.fill(sscc(1), epcs)
    assert chain.world.contents(case) == {LOT: Contents(2, 1)}
    refused(chain.act(MAKER, "shipped", [case], to=NORD), "ship.blocked-inside")


def test_ended_and_dispensed_goods_are_not_packed(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(chain.act(MAKER, "destroyed", epcs[:1]))
    refused(chain.act(MAKER, "packed", epcs[:1], parent=sscc(1)), "pack.ended")
    chain.deliver(epcs[1:], MAKER, NORD, MARKT)
    delegate(chain, MARKT, "opened")
    chain.good(chain.act(MARKT, "dispensed", epcs[1:]))
    refused(chain.act(MARKT, "packed", epcs[1:], parent=sscc(2)), "pack.dispensed")


def test_a_decommissioned_container_is_not_packed(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.good(chain.act(MAKER, "opened", [sscc(1)]))
    chain.good(chain.act(MAKER, "decommissioned", [sscc(1)]))
    refused(chain.act(MAKER, "packed", epcs, parent=sscc(1)), "pack.out-of-trade")


def test_unpacking_some_or_all(chain: SupplyChain) -> None:
    epcs = chain.commission(4)
    case = chain.fill(sscc(1), epcs)
    pallet = chain.fill(sscc(2), [case])
    chain.good(chain.act(MAKER, "unpacked", epcs[:1], parent=case))
    assert chain.item(epcs[0]).custodian == MAKER
    assert chain.item(case).container == pallet
    chain.good(chain.act(MAKER, "unpacked", parent=case))
    assert chain.world.contents(case) == {}
    check_counts(chain, case, pallet)
    refused(chain.act(MAKER, "unpacked", parent=case), "unpack.empty")
    refused(chain.act(MAKER, "unpacked", epcs[:1], parent=pallet), "unpack.not-inside")
    chain.ship([pallet], NORD)
    refused(chain.act(NORD, "unpacked", parent=pallet), "unpack.on-the-road")


def test_unpacking_is_no_way_out_of_a_hold(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    pallet = chain.fill(sscc(2), [case])
    chain.good(chain.act(MAKER, "held", [pallet]))
    assert chain.world.condition(epcs[0]) is Condition.HELD
    chain.good(chain.act(MAKER, "unpacked", epcs[:1], parent=case))
    assert chain.item(epcs[0]).condition is Condition.HELD
    refused(chain.act(MAKER, "shipped", epcs[1:], to=NORD), "ship.blocked")


def test_data_that_arrive_after_the_goods(chain: SupplyChain) -> None:
    """A pallet is received before its maker's commissioning, packing and dispatch reach the log."""
    pallet, epcs = sscc(1), chain.packs(3)
    early = chain.time()
    chain.wait(minutes=30)
    receipt = chain.receive([pallet], NORD)
    chain.commission(3, time=early)
    chain.good(chain.act(MAKER, "opened", [pallet], time=early))
    chain.good(chain.act(MAKER, "packed", epcs, parent=pallet, time=early))
    assert chain.world.top(chain.item(epcs[0])).custodian == NORD
    dispatch = chain.good(chain.act(MAKER, "shipped", [pallet], to=NORD, time=early))
    item = chain.item(pallet)
    assert (item.custodian, item.unmatched, item.receiver) == (NORD, False, None)
    assert dispatch.effect is not None
    assert dispatch.effect.ref == (receipt.position,)
    assert not chain.world.facts[receipt.position].unmatched
    check_counts(chain, pallet)


# Repackage


def repackage(chain: SupplyChain, inputs: list[str], outputs: list[str], lot: Lot = NEW, party: str = MAKER):  # type: ignore[no-untyped-def]
    return chain.act(party, "repackaged", outputs, inputs=inputs, lot=lot)


def test_inputs_leave_the_trade_and_outputs_enter_it(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    outputs = chain.packs(2, lot=NEW)
    chain.good(repackage(chain, epcs, outputs))
    assert chain.item(epcs[0]).condition is Condition.TRANSFORMED
    assert chain.item(outputs[0]).lot == NEW
    assert chain.item(outputs[0]).owner == MAKER
    refused(chain.act(MAKER, "shipped", epcs, to=NORD), "ship.out-of-trade")
    refused(repackage(chain, epcs, chain.packs(1, 5, NEW)), "repackage.blocked")
    chain.good(chain.act(MAKER, "destroyed", epcs))


def test_repackaging_needs_a_delegation_and_clean_inputs(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.deliver(epcs[:2], MAKER, NORD)
    outputs = chain.packs(1, lot=NEW)
    refused(repackage(chain, epcs[:1], outputs, party=NORD), "repackage.not-allowed")
    delegate(chain, NORD, "repackaged")
    chain.good(repackage(chain, epcs[:1], outputs, party=NORD))
    refused(repackage(chain, epcs[1:2], outputs, party=NORD), "repackage.again")
    refused(repackage(chain, epcs[2:], chain.packs(1, 9, NEW), party=NORD), "repackage.not-held")
    chain.good(chain.act(NORD, "held", epcs[1:2]))
    refused(repackage(chain, epcs[1:2], chain.packs(1, 9, NEW), party=NORD), "repackage.blocked")
    chain.receive([pack(AMOX, "unknown")], MAKER)
    refused(repackage(chain, [pack(AMOX, "unknown")], chain.packs(1, 9, NEW)), "repackage.unknown-lot")


def test_outputs_live_no_longer_than_inputs(chain: SupplyChain) -> None:
    longer = Lot(AMOX, "R2", "2028-07-01")
    refused(
        repackage(chain, chain.commission(1), chain.packs(1, lot=longer), longer), "repackage.expiry-inputs"
    )


def test_a_repackaged_lot_keeps_its_sources(chain: SupplyChain) -> None:
    other = Lot(AMOX, "B", "2028-06-30")
    first, second = chain.commission(2), chain.commission(2, lot=other)
    chain.good(repackage(chain, first[:1], chain.packs(1, 1, NEW)))
    chain.good(repackage(chain, first[1:], chain.packs(1, 2, NEW)))
    refused(repackage(chain, second[:1], chain.packs(1, 3, NEW)), "repackage.lot-sources")
    # A new label on the same lot is no new lot.
    chain.good(chain.act(MAKER, "relabelled", chain.packs(1, 50, other), inputs=second[:1], lot=other))


@pytest.mark.parametrize("named", ["lots", "products", "items"])
def test_outputs_inherit_recalls(chain: SupplyChain, named: str) -> None:
    new = Lot(IBU, "R1", "2028-06-30") if named == "products" else NEW
    epcs, outputs = chain.commission(2), chain.packs(2, lot=new)
    chain.good(repackage(chain, epcs, outputs, new))
    case = chain.fill(sscc(1), outputs[:1])
    match named:
        case "lots":
            chain.recall(lots=[LOT])
        case "products":
            chain.recall(products=[AMOX])
        case _:
            chain.recall(items=epcs[:1])
    refused(chain.act(MAKER, "shipped", outputs[1:], to=NORD), "ship.recalled")
    refused(chain.act(MAKER, "shipped", [case], to=NORD), "ship.recalled-inside")


def test_recalled_packs_are_not_repackaged(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.recall(lots=[LOT], level="wholesale")
    refused(repackage(chain, epcs, chain.packs(1, lot=NEW)), "repackage.recalled")


def test_owners_of_mixed_consignments_are_kept(chain: SupplyChain) -> None:
    """A carrier's crate holds goods of two owners; each gets its own back."""
    epcs = chain.commission(2)
    chain.deliver(epcs, MAKER, NORD)
    offer = chain.good(chain.act(MAKER, "ownership_offered", epcs[:1], owners=(MAKER, SUED)))
    chain.good(chain.act(SUED, "ownership_accepted", epcs[:1], owners=(MAKER, SUED), ref=[offer]))
    chain.good(chain.act(NORD, "opened", [grai(1)]))
    chain.fill(grai(1), epcs, NORD)
    chain.good(chain.act(NORD, "unpacked", parent=grai(1)))
    assert [chain.item(epc).owner for epc in epcs] == [SUED, MAKER]
    assert chain.item(grai(1)).owner == NORD
    assert PREFIX in grai(1)
