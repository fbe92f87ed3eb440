"""Ship, void, receive, refuse, return, move, change owner."""

import msgspec
import pytest
from supply_chain import (
    AMOX,
    AUTHORITY,
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
    pack,
    place,
    refused,
    sscc,
)

from traceability.custody.compose import Ends
from traceability.custody.rules import COUNTING
from traceability.custody.state import Condition, Contents


def pallet_of(chain: SupplyChain, epcs: list[str]) -> str:
    """A pallet with one case with packs."""
    return chain.fill(sscc(9), [chain.fill(sscc(1), epcs)])


def check_counts(chain: SupplyChain) -> None:
    for container in chain.world.inside:
        assert chain.world.contents(container) == chain.world.recount(container)


# Ship


def test_a_dispatch_touches_the_pallet_alone(chain: SupplyChain) -> None:
    epcs = chain.commission(4)
    outcome = chain.ship([pallet_of(chain, epcs)], NORD)
    assert outcome.effect is not None
    (pallet,) = outcome.effect.items
    assert (pallet.custodian, pallet.receiver, pallet.dispatch) == (MAKER, NORD, outcome.position)
    assert chain.world.top(chain.item(epcs[0])).receiver == NORD


def test_only_what_one_holds_ships(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    refused(chain.act(NORD, "shipped", epcs, to=SUED), "ship.not-held")
    refused(chain.act(MAKER, "shipped", [pack(AMOX, "?")], to=NORD), "ship.unknown")
    chain.ship(epcs, NORD)
    refused(chain.act(MAKER, "shipped", epcs, to=SUED), "ship.on-the-road")
    refused(chain.act(NORD, "shipped", epcs, to=SUED), "ship.on-the-road")


def test_the_receiver_is_anybody_else(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    refused(chain.act(MAKER, "shipped", epcs, to=MAKER), "ship.receiver")
    chain.ship(epcs[:1], STRANGER)
    assert chain.item(epcs[0]).receiver == STRANGER
    ends = Ends(MAKER, NORD, place(MAKER), place(SUED))
    refused(chain.act(MAKER, "shipped", epcs[1:], ends=ends), "ship.place")
    refused(chain.act(MAKER, "shipped", epcs[1:], ends=Ends(NORD, SUED)), "ship.sender")


def test_a_dispatch_names_a_party_not_only_a_place(chain: SupplyChain) -> None:
    composed = chain.composed(MAKER, "shipped", chain.commission(1), to=NORD)
    places = tuple(end for end in composed.core.destinationList if end.type == "location")
    core = msgspec.structs.replace(composed.core, destinationList=places)
    changed = msgspec.structs.replace(composed, core=core)
    refused(chain.apply(chain.signed(chain.signers[MAKER], changed)), "ship.receiver")


def test_shipping_a_child_takes_it_out(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    pallet = pallet_of(chain, epcs)
    outcome = chain.ship(epcs[:1], NORD)
    assert outcome.effect is not None
    assert outcome.effect.closed == [(epcs[0], sscc(1))]
    assert chain.world.contents(pallet)[LOT] == Contents(2, 0)
    check_counts(chain)


def test_what_is_named_with_its_container_goes_with_it(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    pallet = pallet_of(chain, epcs)
    outcome = chain.ship([pallet, sscc(1), *epcs], NORD)
    assert outcome.effect is not None
    assert [item.epc for item in outcome.effect.items] == [pallet]
    assert chain.item(epcs[0]).container == sscc(1)


@pytest.mark.parametrize("depth", [1, 2])
def test_nothing_blocked_leaves_at_any_depth(chain: SupplyChain, depth: int) -> None:
    epcs = chain.commission(3)
    chain.deliver(epcs, MAKER, NORD)
    box = chain.fill(sscc(1), epcs, NORD)
    top = box if depth == 1 else chain.fill(sscc(2), [box], NORD)
    chain.good(chain.act(MAKER, "stolen", epcs[:1], site=None))  # the maker does not unpack it
    assert chain.item(epcs[0]).container == box
    refused(chain.act(NORD, "shipped", [top], to=MARKT), "ship.blocked-inside")
    refused(chain.act(NORD, "shipped", epcs[:1], to=MARKT), "ship.gone")
    chain.good(chain.act(NORD, "found", epcs[:1]))
    check_counts(chain)
    chain.ship([top], MARKT, NORD)


@pytest.mark.parametrize("level", ["wholesale", "pharmacy", "patient"])
@pytest.mark.parametrize("named", ["lots", "products", "items"])
def test_any_recall_stops_shipping_at_any_depth(chain: SupplyChain, level: str, named: str) -> None:
    epcs = chain.commission(3)
    pallet = pallet_of(chain, epcs[:2])
    values = {"lots": [LOT], "products": [AMOX], "items": [epcs[0], epcs[2]]}
    recall = chain.recall(level=level, **{named: values[named]})
    refused(chain.act(MAKER, "shipped", [pallet], to=NORD), "ship.recalled-inside")
    refused(chain.act(MAKER, "shipped", epcs[2:], to=NORD), "ship.recalled")
    chain.good(chain.act(MAKER, "returned", epcs[2:], to=NORD))
    chain.good(chain.lift(recall))
    chain.ship([pallet], NORD)


def test_a_recalled_product_is_found_among_contents_without_lot(chain: SupplyChain) -> None:
    epcs = chain.packs(2)
    chain.receive(epcs, NORD)
    pallet = chain.fill(sscc(2), [chain.fill(sscc(1), epcs, NORD)], NORD)
    chain.recall(items=[epcs[1]])
    refused(chain.act(NORD, "shipped", [pallet], to=MARKT), "ship.recalled-inside")
    chain.lift(chain.recall(products=[AMOX]))
    chain.recall(products=[AMOX])
    refused(chain.act(NORD, "shipped", [pallet], to=MARKT), "ship.recalled-inside")


def test_goods_out_of_trade_ship_for_a_purpose(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.good(chain.act(MAKER, "sampled", epcs))
    refused(chain.act(MAKER, "shipped", epcs[:1], to=NORD), "ship.out-of-trade")
    refused(chain.act(MAKER, "returned", epcs[:1], to=NORD), "return.out-of-trade")
    chain.ship(epcs[:1], NORD, reason="disposal")
    chain.ship(epcs[1:2], REGULATOR)
    chain.receive(epcs[1:2], REGULATOR)
    assert chain.item(epcs[1]).condition is Condition.SAMPLED


def test_ownership_moves_from_the_owner_with_both_signatures(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    sent = chain.ship(epcs, NORD, owners=(MAKER, NORD))
    assert chain.item(epcs[0]).owner == MAKER
    chain.receive(epcs[:1], NORD, [sent], owners=(MAKER, NORD))
    assert chain.item(epcs[0]).owner == NORD
    chain.receive(epcs[1:], NORD, [sent])
    assert chain.item(epcs[1]).owner == MAKER  # not countersigned
    refused(chain.act(NORD, "shipped", epcs[1:], to=SUED, owners=(NORD, SUED)), "ship.owner")
    plain = chain.ship(epcs[1:], SUED, NORD)
    refused(chain.act(SUED, "received", epcs[1:], ref=[plain], owners=(MAKER, SUED)), "receive.owner")


# Void


def test_a_void_brings_back_what_never_left(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    pallet = pallet_of(chain, epcs)
    sent = chain.ship([pallet], NORD)
    outcome = chain.good(chain.act(MAKER, "voided", [pallet], ref=[sent]))
    assert outcome.effect is not None
    assert outcome.effect.ref == (sent.position,)
    assert chain.item(pallet).receiver is None
    refused(chain.act(MAKER, "voided", [pallet]), "void.not-sent")
    again = chain.ship([pallet], NORD)
    refused(chain.act(MAKER, "voided", [pallet], ref=[sent]), "void.ref")
    chain.receive([pallet], NORD, [again])
    refused(chain.act(MAKER, "voided", [pallet]), "void.not-sent")


def test_one_pack_that_stayed_behind_is_voided_alone(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    pallet = pallet_of(chain, epcs)
    chain.ship([pallet], NORD)
    refused(chain.act(NORD, "voided", epcs[:1]), "void.not-sent")
    chain.good(chain.act(MAKER, "voided", epcs[:1]))
    assert chain.item(epcs[0]).custodian == MAKER
    assert chain.item(epcs[0]).receiver is None
    assert chain.item(pallet).receiver == NORD
    check_counts(chain)


# Receive


def test_a_sealed_pallet_is_received_as_a_whole(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    pallet = pallet_of(chain, epcs)
    sent = chain.ship([pallet], NORD)
    outcome = chain.receive([pallet], NORD, [sent], disposition="completeness_inferred", sender=MAKER)
    assert outcome.effect is not None
    assert len(outcome.effect.items) == 1
    assert not outcome.effect.unmatched
    item = chain.item(pallet)
    assert (item.custodian, item.site, item.receiver, item.owner) == (NORD, place(NORD), None, MAKER)
    refused(chain.act(NORD, "received", [pallet], ref=[sent]), "receive.held")


def test_the_dispatch_is_found_where_the_receipt_does_not_name_it(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    sent = chain.ship(epcs, NORD)
    outcome = chain.receive(epcs, NORD)
    assert outcome.effect is not None
    assert outcome.effect.ref == (sent.position,)
    assert not outcome.effect.unmatched


def test_single_packs_leave_a_container_on_the_road(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    pallet = pallet_of(chain, epcs)
    sent = chain.ship([pallet], NORD)
    chain.receive(epcs[:1], NORD, [sent])
    assert chain.item(epcs[0]).custodian == NORD
    assert chain.item(pallet).receiver == NORD
    assert chain.world.contents(pallet)[LOT] == Contents(2, 0)
    check_counts(chain)


def test_missing_contents_stay_on_the_road_short(chain: SupplyChain) -> None:
    epcs = chain.commission(4)
    pallet = pallet_of(chain, epcs)
    sent = chain.ship([pallet], NORD)
    chain.receive([pallet], NORD, [sent], missing=epcs[:3])
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.dispatch) == (MAKER, NORD, sent.position)
    assert item.condition is Condition.SHORT
    assert chain.world.contents(pallet)[LOT] == Contents(1, 0)
    check_counts(chain)
    # It never left; it is lost; it comes later.
    chain.good(chain.act(MAKER, "voided", epcs[:1]))
    assert chain.item(epcs[0]).condition is Condition.ACTIVE
    chain.good(chain.act(MAKER, "lost", epcs[1:2]))
    assert chain.item(epcs[1]).condition is Condition.LOST
    chain.receive(epcs[2:3], NORD, [sent])
    assert chain.item(epcs[2]).condition is Condition.ACTIVE


def test_the_sender_may_find_what_was_short(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    chain.receive([case], NORD, [chain.ship([case], NORD)], missing=epcs[:1])
    chain.good(chain.act(MAKER, "found", epcs[:1]))
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.condition) == (MAKER, None, Condition.FOUND)


def test_only_contents_can_be_missing(chain: SupplyChain) -> None:
    epcs = chain.commission(4)
    case, other = chain.fill(sscc(1), epcs[:2]), chain.fill(sscc(2), epcs[2:3])
    sent = chain.ship([case, other], NORD)
    refused(chain.act(NORD, "received", [case], ref=[sent], missing=epcs[2:3]), "receive.missing")
    refused(chain.act(NORD, "received", [case], ref=[sent], missing=epcs[3:]), "receive.missing")
    refused(chain.act(NORD, "received", [case], ref=[sent], missing=[pack(AMOX, "?")]), "receive.unknown")


def test_day_one_is_normal(chain: SupplyChain) -> None:
    epcs = [pack(AMOX, "old1"), pack(AMOX, "old2")]
    outcome = chain.receive(epcs, MARKT, sender=NORD)
    assert outcome.effect is not None
    assert outcome.effect.unmatched
    item = chain.item(epcs[0])
    assert (item.custodian, item.unmatched, item.lot, item.owner) == (MARKT, True, None, None)


def test_overage_comes_unmatched(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    case = chain.fill(sscc(1), epcs[1:])
    sent = chain.ship(epcs[:1], NORD)
    outcome = chain.receive([epcs[0], epcs[1]], NORD, [sent])
    assert outcome.effect is not None
    assert outcome.effect.unmatched
    assert not chain.item(epcs[0]).unmatched
    assert chain.item(epcs[1]).unmatched
    assert chain.item(epcs[1]).custodian == NORD
    assert chain.world.contents(case)[LOT] == Contents(1, 0)
    check_counts(chain)


def test_misdelivery_comes_unmatched(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.ship(epcs, NORD)
    chain.receive(epcs, SUED)
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.unmatched) == (SUED, None, True)
    refused(chain.act(MAKER, "voided", epcs), "void.not-sent")


def test_what_is_over_does_not_come_back_by_a_receipt(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.deliver(epcs, MAKER, NORD, MARKT)
    chain.good(chain.act(MARKT, "dispensed", epcs[:1]))
    refused(chain.act(NORD, "received", epcs[:1]), "receive.dispensed")
    chain.good(chain.act(MARKT, "sampled", epcs[1:2]))
    refused(chain.act(NORD, "received", epcs[1:2]), "receive.out-of-trade")
    chain.good(chain.act(MARKT, "destroyed", epcs[2:]))
    refused(chain.act(NORD, "received", epcs[2:]), "receive.out-of-trade")


def test_what_was_stolen_or_lost_comes_back_blocked(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(chain.act(MAKER, "stolen", epcs[:1]))
    chain.good(chain.act(MAKER, "lost", epcs[1:]))
    chain.receive(epcs, NORD)
    assert [chain.item(epc).condition for epc in epcs] == [Condition.STOLEN, Condition.FOUND]


def test_the_sender_cannot_receive_what_it_sent(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.ship(epcs, NORD)
    refused(chain.act(MAKER, "received", epcs), "receive.sent")
    ends = Ends(MAKER, NORD)
    refused(chain.act(SUED, "received", epcs, ends=ends), "receive.receiver")


def test_a_late_dispatch_explains_its_receipt(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    early = chain.time()
    receipt = chain.receive(epcs, NORD, sender=MAKER)
    refused(chain.act(SUED, "shipped", epcs[:1], to=NORD), "ship.not-held")
    first = chain.ship(epcs[:1], NORD, time=early)
    assert not chain.item(epcs[0]).unmatched
    assert chain.world.facts[receipt.position].unmatched
    chain.ship(epcs[1:], NORD, time=early)
    assert not chain.world.facts[receipt.position].unmatched
    assert chain.item(epcs[1]).custodian == NORD
    assert first.effect is not None
    assert first.effect.ref == (receipt.position,)


def test_a_late_dispatch_may_name_a_receipt_long_past(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    early = chain.time()
    receipt = chain.receive(epcs, NORD, sender=MAKER)
    chain.deliver(epcs, NORD, MARKT)
    refused(chain.act(MAKER, "shipped", epcs, to=NORD, time=early), "ship.not-held")
    chain.ship(epcs, NORD, time=early, ref=[receipt])
    assert chain.item(epcs[0]).custodian == MARKT
    assert not chain.world.facts[receipt.position].unmatched


# Refuse and return


def test_a_refusal_sends_back_without_custody(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    sent = chain.ship(epcs, NORD)
    back = chain.good(chain.act(NORD, "refused", epcs, ref=[sent], to=MAKER, reason="Damaged"))
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.dispatch) == (MAKER, MAKER, back.position)
    refused(chain.act(MAKER, "voided", epcs), "void.refused")
    chain.good(chain.act(MAKER, "return_received", epcs, ref=[back]))
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.condition) == (MAKER, None, Condition.RETURNED)
    chain.good(chain.act(MAKER, "released", epcs))
    chain.ship(epcs, SUED)


def test_only_what_is_coming_is_refused(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    sent = chain.ship(epcs[:1], NORD)
    refused(chain.act(SUED, "refused", epcs[:1], ref=[sent]), "refuse.not-coming")
    refused(chain.act(NORD, "refused", epcs[1:], ref=[sent]), "refuse.not-coming")
    refused(chain.act(NORD, "refused", epcs[:1], ref=[sent], to=SUED), "refuse.receiver")
    chain.receive(epcs[:1], NORD, [sent])
    refused(chain.act(NORD, "refused", epcs[:1], ref=[sent]), "refuse.not-coming")


def test_part_of_a_pallet_is_refused(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    pallet = pallet_of(chain, epcs)
    sent = chain.ship([pallet], NORD)
    chain.good(chain.act(NORD, "refused", epcs[:1], ref=[sent]))
    chain.receive([pallet], NORD, [sent])
    assert chain.item(epcs[0]).receiver == MAKER
    check_counts(chain)


def test_returns_carry_held_and_recalled_goods_and_land_held(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.deliver(epcs, MAKER, NORD, MARKT)
    chain.good(chain.act(MARKT, "held", epcs[:1]))
    chain.recall(lots=[LOT])
    chain.good(chain.act(MARKT, "recall_held", epcs[1:2]))
    sent = chain.good(chain.act(MARKT, "returned", epcs, to=NORD, orders=[("rma", "urn:x:1")]))
    chain.good(chain.act(NORD, "return_received", epcs, ref=[sent], sender=MARKT))
    conditions = [chain.item(epc).condition for epc in epcs]
    assert conditions == [Condition.HELD, Condition.RECALL_HELD, Condition.RETURNED]
    refused(chain.act(NORD, "shipped", epcs[2:], to=SUED), "ship.blocked")


def test_a_return_that_nobody_announced_lands_held(chain: SupplyChain) -> None:
    chain.good(chain.act(NORD, "return_received", [pack(AMOX, "x")]))
    item = chain.item(pack(AMOX, "x"))
    assert (item.condition, item.unmatched) == (Condition.RETURNED, True)
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, MARKT)
    chain.good(chain.act(NORD, "return_received", epcs))
    assert chain.item(epcs[0]).condition is Condition.RETURNED


# Move and change owner


def test_goods_move_between_places_of_one_party(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(chain.act(MAKER, "moved", epcs[:1], site=place(MAKER, 2)))
    chain.good(chain.act(MAKER, "moved", epcs[1:], site=place(MAKER, 2), step="staging_outbound"))
    assert chain.item(epcs[0]).site == place(MAKER, 2)
    refused(chain.act(MAKER, "moved", epcs, site=place(NORD)), "move.site")
    refused(chain.act(NORD, "moved", epcs), "move.not-held")
    refused(chain.act(MAKER, "moved", epcs, site=None), "move.no-site")


def test_a_count_says_what_was_seen_and_changes_nothing(chain: SupplyChain) -> None:
    """Named packs are seen in their containers, which stay closed; other places and hands are refused."""
    epcs = chain.commission(4)
    chain.fill(sscc(1), epcs[:2])
    refused(chain.act(MAKER, "counted", epcs[2:]), "act.unknown")
    chain.good(chain.register(chain.authority, {"type": "rules", "version": COUNTING}))
    before = [chain.item(epc) for epc in epcs]
    chain.good(chain.act(MAKER, "counted", [sscc(1), *epcs[1:]]))
    assert [chain.item(epc) for epc in epcs] == before
    hop = chain.world.provenance(epcs[1]).hops[-1]
    assert (hop.act, hop.grade) == ("counted", "scanned")
    assert chain.world.provenance(epcs[0]).hops[-1].grade == "inferred"
    refused(chain.act(MAKER, "counted", epcs[2:], site=place(MAKER, 2)), "count.elsewhere")
    refused(chain.act(MAKER, "counted", epcs[2:], site=place(NORD)), "count.site")
    refused(chain.act(MAKER, "counted", epcs[2:], site=None), "count.no-site")
    refused(chain.act(NORD, "counted", epcs[2:]), "count.not-held")
    chain.good(chain.act(MAKER, "lost", epcs[3:]))
    refused(chain.act(MAKER, "counted", epcs[3:]), "count.gone")


def test_a_count_that_did_not_happen_is_struck(chain: SupplyChain) -> None:
    chain.good(chain.register(chain.authority, {"type": "rules", "version": COUNTING}))
    epcs = chain.commission(1)
    counted = chain.good(chain.act(MAKER, "counted", epcs))
    chain.good(chain.correct(counted, MAKER))
    assert counted.fact is not None
    fact = chain.world.fact(counted.fact.position)
    assert fact is not None
    assert fact.struck is not None


def test_a_count_names_the_place_of_what_had_none(chain: SupplyChain) -> None:
    chain.good(chain.register(chain.authority, {"type": "rules", "version": COUNTING}))
    strange = pack(AMOX, "UNHEARD")
    chain.good(chain.act(MARKT, "received", [strange], site=None))
    assert chain.item(strange).site is None
    chain.good(chain.act(MARKT, "counted", [strange]))
    assert chain.item(strange).site == place(MARKT)


def test_institutions_move_dispensed_packs_to_wards(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.deliver(epcs[:1], MAKER, CLINIC)
    chain.deliver(epcs[1:], MAKER, MARKT)
    chain.good(chain.act(CLINIC, "dispensed", epcs[:1]))
    chain.good(chain.act(CLINIC, "moved", epcs[:1], site=place(CLINIC, 2)))
    assert chain.item(epcs[0]).condition is Condition.DISPENSED
    chain.good(chain.act(MARKT, "dispensed", epcs[1:]))
    refused(chain.act(MARKT, "moved", epcs[1:], site=place(MARKT, 2)), "move.dispensed")


def test_ownership_changes_with_two_signatures_and_custody_stays(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.deliver(epcs, MAKER, NORD)
    refused(chain.act(NORD, "ownership_offered", epcs, owners=(NORD, SUED)), "offer.owner")
    refused(chain.act(NORD, "ownership_offered", epcs, owners=(MAKER, SUED)), "offer.ends")
    offer = chain.good(chain.act(MAKER, "ownership_offered", epcs[:1], owners=(MAKER, SUED)))
    assert chain.item(epcs[0]).owner == MAKER

    def accept(party: str, items: list[str], owners: tuple[str, str], ref: Outcome) -> Outcome:
        return chain.act(party, "ownership_accepted", items, owners=owners, ref=[ref])

    refused(accept(BRUNNEN, epcs[:1], (MAKER, SUED), offer), "accept.ends")
    refused(accept(SUED, epcs[:1], (MAKER, NORD), offer), "accept.ends")
    refused(accept(SUED, epcs, (MAKER, SUED), offer), "accept.not-offered")
    refused(accept(SUED, epcs[:1], (MAKER, SUED), chain.ship(epcs[1:], SUED, NORD)), "accept.ref")
    chain.good(accept(SUED, epcs[:1], (MAKER, SUED), offer))
    item = chain.item(epcs[0])
    assert (item.owner, item.custodian) == (SUED, NORD)
    refused(accept(SUED, epcs[:1], (MAKER, SUED), offer), "accept.owner")


def test_ownership_of_contents_changes_inside_their_container(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    offer = chain.good(chain.act(MAKER, "ownership_offered", epcs[:1], owners=(MAKER, SUED)))
    chain.good(chain.act(SUED, "ownership_accepted", epcs[:1], owners=(MAKER, SUED), ref=[offer]))
    assert chain.item(epcs[0]).container == case
    chain.good(chain.act(MAKER, "unpacked", parent=case))
    assert [chain.item(epc).owner for epc in epcs] == [SUED, MAKER]


def test_the_authority_counts_as_an_authority(chain: SupplyChain) -> None:
    act = {"type": "party", "gln": AUTHORITY, "name": "A", "roles": ["authority"], "country": "DE"}
    chain.good(chain.register(chain.authority, act))
    epcs = chain.commission(1)
    chain.good(chain.act(MAKER, "decommissioned", epcs))
    chain.ship(epcs, AUTHORITY)
