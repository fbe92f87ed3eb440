"""Rules version 3: two people for controlled products, lots made right, keys past their day, parts undone in turn."""

import pytest
from supply_chain import (
    AMOX,
    LOT,
    MAKER,
    MARKT,
    NORD,
    Outcome,
    Signer,
    SupplyChain,
    pack,
    place,
    refused,
    sscc,
)

from traceability.custody.registry import CONTROLLED_FROM
from traceability.custody.rules import RULES_VERSION
from traceability.custody.state import Condition, Lot
from traceability.proof import ProofError

PRODUCT = {"type": "product", "gtin": AMOX, "name": "Amoxicillin 500 mg", "owner": MAKER}


@pytest.fixture
def new(chain: SupplyChain) -> SupplyChain:
    """A chain that follows version 3, and whose product is a controlled one."""
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION}))
    chain.good(chain.register(chain.signers[MAKER], PRODUCT | {"controlled": True}))
    return chain


def person(chain: SupplyChain, role: str, **more: object) -> Signer:
    """Another key of the maker's, registered by its administrator."""
    signer = Signer(MAKER, chain.key(f"maker-{role}"))
    chain.good(chain.register(chain.signers[MAKER], chain.key_act(signer, role) | more))
    return signer


def agree(chain: SupplyChain, who: Signer, epcs: list[str], name: str = "Li Wei") -> Outcome:
    return chain.good(chain.act(who, "destruction_agreed", epcs, signer=name))


def destroy(chain: SupplyChain, who: Signer, epcs: list[str], *ref: Outcome, name: str = "Jo Ba") -> Outcome:
    return chain.act(who, "destroyed", epcs, ref=list(ref), signer=name)


# Two people destroy controlled medicines


def test_products_are_marked_as_controlled_from_version_3_on(chain: SupplyChain) -> None:
    assert RULES_VERSION >= CONTROLLED_FROM
    outcome = chain.register(chain.signers[MAKER], PRODUCT | {"controlled": True})
    assert "rules version 3" in str(outcome.refusal)
    assert not chain.world.registry.is_controlled(AMOX)


def test_a_controlled_medicine_is_destroyed_by_two_people(new: SupplyChain) -> None:
    epcs = new.commission(2)
    first, second = person(new, "operator"), person(new, "quality")
    refused(destroy(new, second, epcs), "destroy.agreement")
    agreed = agree(new, first, epcs)
    assert new.item(epcs[0]).condition is Condition.HELD
    refused(destroy(new, first, epcs, agreed), "destroy.same-person")
    refused(destroy(new, second, epcs, agreed, name=" li  WEI"), "destroy.same-person")
    refused(destroy(new, second, epcs, agreed, name=""), "destroy.same-person")
    refused(destroy(new, person(new, "station"), epcs, agreed), "destroy.role")
    done = new.good(destroy(new, second, epcs, agreed))
    assert new.item(epcs[0]).condition is Condition.DESTROYED
    assert done.fact is not None
    assert done.fact.ref == (agreed.position,)


def test_what_happens_in_between_ends_the_agreement(new: SupplyChain) -> None:
    epcs = new.commission(3)
    first, second = person(new, "operator"), person(new, "quality")
    agreed = agree(new, first, epcs[:2])
    new.good(new.act(second, "released", epcs[:1]))
    refused(destroy(new, second, epcs[:1], agreed), "destroy.agreement")
    refused(destroy(new, second, epcs[2:], agreed), "destroy.agreement")
    new.good(destroy(new, second, epcs[1:2], agreed))


def test_a_station_is_nobody_to_agree(new: SupplyChain) -> None:
    epcs = new.commission(1)
    station = person(new, "station")
    refused(new.act(station, "destruction_agreed", epcs, signer="Bench 1"), "agree.person")


def test_nothing_more_goes_into_a_case_that_is_agreed_to(new: SupplyChain) -> None:
    epcs = new.commission(3)
    new.fill(sscc(1), epcs[:2])
    new.fill(sscc(2), [sscc(1)])
    first, second = person(new, "operator"), person(new, "quality")
    refused(destroy(new, second, [sscc(2)]), "destroy.agreement")
    agreed = agree(new, first, [sscc(2)])
    new.fill(sscc(1), epcs[2:])
    refused(destroy(new, second, [sscc(2)], agreed), "destroy.agreement")
    again = agree(new, first, [sscc(2)])
    new.good(destroy(new, second, [sscc(2)], again))
    assert new.world.condition(epcs[2]) is Condition.DESTROYED


def test_other_products_and_older_logs_take_one_signature(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(destroy(chain, chain.signers[MAKER], epcs[:1]))
    refused(chain.act(MAKER, "destruction_agreed", epcs[1:]), "act.unknown")
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION}))
    chain.good(destroy(chain, chain.signers[MAKER], epcs[1:]))


def test_packs_of_unknown_lot_in_a_case_count_by_their_product(new: SupplyChain) -> None:
    epc = pack(AMOX, "unseen")
    new.receive([epc], NORD)
    new.fill(sscc(5), [epc], NORD)
    assert new.item(epc).lot is None
    refused(new.act(NORD, "destroyed", [sscc(5)]), "destroy.agreement")


# A lot's wrong expiry


def test_a_lots_wrong_expiry_is_struck_and_said_again(new: SupplyChain) -> None:
    epcs = new.packs(2)
    made = new.good(new.act(MAKER, "commissioned", epcs, lot=LOT))
    right = Lot(AMOX, LOT.number, "2028-12-31")
    refused(new.act(MAKER, "commissioned", new.packs(1, 9), lot=right), "commission.expiry")
    new.good(new.correct(made, MAKER, reason="incorrect_data"))
    new.good(new.act(MAKER, "commissioned", epcs, lot=right))
    assert new.item(epcs[0]).lot == right
    refused(new.act(MAKER, "commissioned", new.packs(1, 9), lot=LOT), "commission.expiry")


def test_packs_handed_on_keep_their_holder_and_get_the_right_lot(new: SupplyChain) -> None:
    epcs = new.packs(2)
    made = new.good(new.act(MAKER, "commissioned", epcs, lot=LOT))
    new.fill(sscc(1), epcs)
    new.deliver([sscc(1)], MAKER, NORD)
    agreed = new.good(new.correct(made, NORD, reason="incorrect_data"))
    new.good(new.correct(made, MAKER, reason="incorrect_data", countersigned=[agreed]))
    assert new.item(epcs[0]).lot is None
    assert new.world.contents(sscc(1)) == new.world.recount(sscc(1))
    right = Lot(AMOX, LOT.number, "2028-12-31")
    new.good(new.act(MAKER, "commissioned", epcs, lot=right))
    item = new.item(epcs[0])
    assert (item.lot, new.world.top(item).custodian) == (right, NORD)
    assert new.world.contents(sscc(1)) == new.world.recount(sscc(1))


def test_an_older_log_keeps_a_lots_first_expiry(chain: SupplyChain) -> None:
    epcs = chain.packs(1)
    made = chain.good(chain.act(MAKER, "commissioned", epcs, lot=LOT))
    chain.good(chain.correct(made, MAKER, reason="incorrect_data"))
    right = Lot(AMOX, LOT.number, "2028-12-31")
    refused(chain.act(MAKER, "commissioned", epcs, lot=right), "commission.expiry")


# Partial dispensings are undone in turn


def test_partial_dispensings_are_undone_from_the_last_to_the_first(new: SupplyChain) -> None:
    epcs = new.commission(2)
    new.deliver(epcs, MAKER, MARKT)
    other = new.good(new.act(MARKT, "partly_dispensed", epcs[1:], amount=(1, 19)))
    first = new.good(new.act(MARKT, "partly_dispensed", epcs[:1], amount=(5, 15)))
    second = new.good(new.act(MARKT, "partly_dispensed", epcs[:1], amount=(2, 13)))
    third = new.good(new.act(MARKT, "partly_dispensed", epcs[:1], amount=(3, 10)))
    refused(new.act(MARKT, "undone", epcs[:1], ref=[second]), "undo.ref")
    for dispensing, left in ((third, 13), (second, 15), (first, 20)):
        new.good(new.act(MARKT, "undone", epcs[:1], ref=[dispensing]))
        item = new.item(epcs[0])
        assert (item.condition, item.left) == (Condition.PARTLY_DISPENSED, left)
    refused(new.act(MARKT, "undone", epcs[:1], ref=[first]), "undo.not-dispensed")
    new.good(new.act(MARKT, "undone", epcs[1:], ref=[other]))


# A key's last day


def test_what_was_signed_by_a_keys_last_day_arrives_late(new: SupplyChain) -> None:
    epcs = new.commission(3)
    device = person(new, "operator", expires=new.time(hours=-10))
    iat = new.time()
    new.wait(hours=10 + 239)
    outcome = new.good(new.act(device, "held", epcs[:1], iat=iat, time=iat))
    assert outcome.effect is not None
    assert outcome.effect.late
    with pytest.raises(ProofError, match="expired"):
        new.act(device, "held", epcs[1:2])
    new.wait(hours=2)
    with pytest.raises(ProofError, match="expired"):
        new.act(device, "held", epcs[2:], iat=iat, time=iat)


def test_an_older_log_takes_nothing_after_a_keys_last_day(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    device = person(chain, "operator", expires=chain.time(hours=-1))
    iat = chain.time()
    chain.wait(hours=2)
    with pytest.raises(ProofError, match="expired"):
        chain.act(device, "held", epcs, iat=iat, time=iat)


def test_a_little_after_the_last_day_is_late_as_well(new: SupplyChain) -> None:
    epcs = new.commission(1)
    device = person(new, "operator", expires=new.time(minutes=-5))
    iat = new.time()
    new.wait(minutes=10)
    outcome = new.good(new.act(device, "held", epcs, iat=iat, time=iat, site=place(MAKER)))
    assert outcome.effect is not None
    assert outcome.effect.late
