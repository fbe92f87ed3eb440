"""Corrections: the original struck, the state put back where nothing was built on it."""

import pytest
from supply_chain import (
    AMOX,
    LOT,
    MAKER,
    MARKT,
    NORD,
    STRANGER,
    SUED,
    Outcome,
    SupplyChain,
    place,
    refused,
    sscc,
)

from traceability.custody.state import Condition, Lot


def commissioned(chain: SupplyChain, count: int = 1) -> tuple[list[str], Outcome]:
    epcs = chain.packs(count)
    return epcs, chain.good(chain.act(MAKER, "commissioned", epcs, lot=LOT))


def test_a_wrong_commissioning_is_struck_and_made_right(chain: SupplyChain) -> None:
    epcs, made = commissioned(chain, 2)
    outcome = chain.good(chain.correct(made, MAKER, reason="incorrect_data"))
    assert chain.world.facts[made.position].struck == outcome.position
    assert chain.item(epcs[0]).lot is None
    refused(chain.act(MAKER, "shipped", epcs, to=NORD), "ship.not-held")
    right = Lot(AMOX, "A18", "2028-12-31")
    chain.good(chain.act(MAKER, "commissioned", epcs, lot=right))
    item = chain.item(epcs[0])
    assert (item.lot, item.custodian, item.unmatched) == (right, MAKER, False)


def test_a_correction_repeats_the_event_and_happens_once(chain: SupplyChain) -> None:
    epcs, made = commissioned(chain)
    other = chain.good(chain.act(MAKER, "commissioned", chain.packs(1, 9), lot=LOT))
    mixed = made._replace(fact=other.fact)
    refused(chain.correct(mixed, MAKER), "correct.same")
    unknown = made._replace(fact=None)
    with pytest.raises(AssertionError):
        chain.correct(unknown, MAKER)
    chain.good(chain.correct(made, MAKER))
    refused(chain.correct(made, MAKER), "correct.struck")
    assert chain.item(epcs[0]).custodian is None


def test_only_the_signer_corrects(chain: SupplyChain) -> None:
    _, made = commissioned(chain)
    refused(chain.correct(made, NORD), "correct.not-yours")


def test_what_has_a_reversing_act_is_reversed(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    sent = chain.ship(epcs, NORD)
    refusal = refused(chain.correct(sent, MAKER), "correct.reverse")
    assert "voided" in str(refusal)


def test_what_never_had_effect_is_not_corrected(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    nothing = chain.act(NORD, "shipped", epcs, to=SUED)
    refused(chain.correct(nothing, NORD), "correct.ref")


def test_a_wrong_receipt_is_on_the_road_again(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    sent = chain.ship(epcs, NORD)
    got = chain.receive(epcs, NORD, [sent])
    chain.good(chain.correct(got, NORD))
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.dispatch) == (MAKER, NORD, sent.position)
    assert item.site == place(MAKER)
    chain.good(chain.act(MAKER, "voided", epcs))


def test_a_wrong_refusal_is_still_coming(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    sent = chain.ship(epcs, NORD)
    back = chain.good(chain.act(NORD, "refused", epcs, ref=[sent], to=MAKER))
    chain.good(chain.correct(back, NORD))
    item = chain.item(epcs[0])
    assert (item.receiver, item.dispatch, item.condition) == (NORD, sent.position, Condition.ACTIVE)
    chain.receive(epcs, NORD, [sent])


def test_a_wrong_return_receipt_is_on_the_road_again(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    sent = chain.ship(epcs, NORD)
    back = chain.good(chain.act(NORD, "refused", epcs, ref=[sent], to=MAKER))
    got = chain.good(chain.act(MAKER, "return_received", epcs, ref=[back]))
    chain.good(chain.correct(got, MAKER))
    item = chain.item(epcs[0])
    assert (item.custodian, item.receiver, item.dispatch) == (MAKER, MAKER, back.position)


def test_an_unmatched_receipt_is_struck_and_custody_stays(chain: SupplyChain) -> None:
    epcs = chain.packs(1)
    got = chain.receive(epcs, NORD)
    outcome = chain.good(chain.correct(got, NORD))
    assert outcome.effect is not None
    assert not outcome.effect.items
    assert chain.item(epcs[0]).custodian == NORD


@pytest.mark.parametrize("meaning", ["sampled", "decommissioned", "exported"])
def test_out_of_trade_by_mistake_is_held(chain: SupplyChain, meaning: str) -> None:
    epcs, _ = commissioned(chain)
    more = {"to": STRANGER} if meaning == "exported" else {}
    done = chain.good(chain.act(MAKER, meaning, epcs, **more))
    chain.good(chain.correct(done, MAKER))
    item = chain.item(epcs[0])
    assert (item.condition, item.custodian, item.receiver) == (Condition.HELD, MAKER, None)
    chain.good(chain.act(MAKER, "released", epcs))


def test_a_final_state_never_changes(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    done = chain.good(chain.act(MAKER, "destroyed", epcs))
    chain.good(chain.correct(done, MAKER))
    assert chain.world.facts[done.position].struck is not None
    assert chain.item(epcs[0]).condition is Condition.DESTROYED


def test_repackaging_is_taken_apart(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    new = Lot(AMOX, "R1", "2028-06-30")
    outputs = chain.packs(2, lot=new)
    done = chain.good(chain.act(MAKER, "repackaged", outputs, inputs=epcs, lot=new))
    chain.good(chain.correct(done, MAKER))
    assert chain.item(epcs[0]).condition is Condition.ACTIVE
    assert chain.item(outputs[0]).custodian is None
    chain.ship(epcs, NORD)


def test_accepted_ownership_goes_back(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    offer = chain.good(chain.act(MAKER, "ownership_offered", epcs, owners=(MAKER, SUED)))
    done = chain.good(chain.act(SUED, "ownership_accepted", epcs, owners=(MAKER, SUED), ref=[offer]))
    chain.good(chain.correct(done, SUED))
    assert chain.item(epcs[0]).owner == MAKER


def test_an_opened_container_must_be_empty(chain: SupplyChain) -> None:
    opened = chain.good(chain.act(MAKER, "opened", [sscc(1)]))
    chain.good(chain.correct(opened, MAKER))
    assert chain.item(sscc(1)).custodian is None
    opened = chain.good(chain.act(MAKER, "opened", [sscc(1)]))
    chain.fill(sscc(1), chain.commission(1))
    chain.good(chain.correct(opened, MAKER))  # the packing was built on it: struck, nothing else
    assert chain.item(sscc(1)).custodian == MAKER


def test_what_the_signer_built_on_it_stays(chain: SupplyChain) -> None:
    epcs, made = commissioned(chain)
    chain.fill(sscc(1), epcs)
    outcome = chain.good(chain.correct(made, MAKER))
    assert outcome.effect is not None
    assert not outcome.effect.items
    assert chain.world.facts[made.position].struck == outcome.position


def test_others_who_built_on_it_countersign(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    sent = chain.ship(epcs, NORD)
    got = chain.receive(epcs, NORD, [sent])
    refusal = refused(chain.correct(sent, MAKER), "correct.countersignature")
    assert NORD in str(refusal)
    countersigned = chain.good(chain.correct(sent, NORD))
    assert chain.world.facts[sent.position].struck is None
    refused(chain.correct(sent, MAKER, countersigned=[got]), "correct.countersignature")
    chain.good(chain.correct(sent, MAKER, countersigned=[countersigned]))
    assert chain.world.facts[sent.position].struck is not None
    assert chain.item(epcs[0]).custodian == NORD  # the later signature stands


def test_corrections_are_not_corrected(chain: SupplyChain) -> None:
    _, made = commissioned(chain)
    done = chain.good(chain.correct(made, MAKER))
    again = made._replace(fact=done.fact)
    refused(chain.correct(again, MAKER), "correct.correction")


def test_a_dispensed_pack_is_undone_not_corrected(chain: SupplyChain) -> None:
    epcs, _ = commissioned(chain)
    chain.deliver(epcs, MAKER, MARKT)
    done = chain.good(chain.act(MARKT, "dispensed", epcs))
    refusal = refused(chain.correct(done, MARKT), "correct.reverse")
    assert "undone" in str(refusal)
