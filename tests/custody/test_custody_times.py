"""Claimed, admitted and event time; versions of the rules; what a refusal says."""

import pytest
from supply_chain import AMOX, LOT, MAKER, NORD, SupplyChain, pack, refused

from traceability.custody import CustodyError
from traceability.custody.rules import RULES_VERSION
from traceability.custody.state import Condition, Standing, readable
from traceability.custody.times import seconds


def test_a_clock_may_be_five_minutes_ahead(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    refused(chain.act(MAKER, "held", epcs, iat=chain.time(minutes=-6)), "time.future")
    chain.good(chain.act(MAKER, "held", epcs, iat=chain.time(minutes=-5)))


def test_a_key_does_not_go_back_in_time(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    refused(
        chain.act(MAKER, "held", epcs, iat=chain.time(hours=1), last_iat=chain.time(minutes=59)), "time.order"
    )
    chain.good(chain.act(MAKER, "held", epcs, iat=chain.time(), last_iat=chain.time()))


def test_nothing_happens_in_the_future(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    refused(chain.act(MAKER, "held", epcs, time=chain.time(minutes=-6)), "time.event")
    past = chain.time(hours=1)
    refused(chain.act(MAKER, "held", epcs, iat=past), "time.event")
    chain.good(chain.act(MAKER, "held", epcs, iat=past, time=past))


@pytest.mark.parametrize(("minutes", "late"), [(0, False), (15, False), (16, True), (60, True)])
def test_what_is_delivered_later_is_late(chain: SupplyChain, minutes: int, late: bool) -> None:
    epcs = chain.commission(1)
    then = chain.time(minutes=minutes)
    outcome = chain.good(chain.act(MAKER, "held", epcs, iat=then, time=then))
    assert outcome.effect is not None
    assert outcome.effect.late is late


def test_there_must_be_such_a_time(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    refused(chain.act(MAKER, "held", epcs, last_iat="2026-13-01T00:00:00+01:00"), "time.none")
    with pytest.raises(CustodyError, match="no such time"):
        seconds("2026-02-30T00:00:00+00:00")


def test_rules_are_in_force_by_version(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION}))
    chain.good(chain.act(MAKER, "held", epcs[:1]))
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION + 1}))
    refused(chain.act(MAKER, "held", epcs[1:]), "rules.version")


def test_a_refusal_names_rule_item_and_what_would_be_allowed(chain: SupplyChain) -> None:
    epc = pack(AMOX, "7")
    refusal = refused(chain.act(MAKER, "shipped", [epc], to=NORD), "ship.unknown")
    assert refusal.item == epc
    assert str(refusal) == (f"The log does not know (01){AMOX}(21)7. Commission it, or receive it first.")
    assert refusal.pattern % refusal.values == str(refusal)
    assert readable("https://id.gs1.org/00/395213210000000017") == "(00)395213210000000017"


def test_a_refused_act_changes_nothing(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.ship(epcs[:1], NORD)
    before = dict(chain.world.items)
    refused(chain.act(MAKER, "held", [epcs[1], epcs[0], epcs[2]]), "hold.on-the-road")
    assert chain.world.items == before


def test_classes_of_items_are_shown_without_custody(chain: SupplyChain) -> None:
    quantities = [{"epcClass": f"https://id.gs1.org/01/{AMOX}/10/{LOT.number}", "quantity": 200}]
    outcome = chain.good(chain.act(MAKER, "shipped", to=NORD, extra={"quantityList": quantities}))
    assert outcome.effect is not None
    assert not outcome.effect.items


def test_conditions_have_their_standing() -> None:
    assert Condition.PARTLY_DISPENSED.standing is Standing.ACTIVE
    assert Condition.TAKEN_BACK.standing is Standing.HELD
    assert Condition.DISPENSED.standing is Standing.OUT_OF_TRADE
    assert Condition.DESTROYED.standing is Standing.ENDED
    assert not Condition.PARTLY_DISPENSED.blocked
    assert all(condition.blocked for condition in Condition if condition.standing is not Standing.ACTIVE)
