"""Two sightings of one code, and the other reasons for an alert."""

import pytest
from supply_chain import AMOX, BRUNNEN, LOT, MAKER, MARKT, NORD, STERN, SUED, SupplyChain, pack, place, sscc

from traceability.custody.alerts import (
    BURST,
    Alert,
    Cause,
    Check,
    bursts,
    forked,
    of_verdict,
    signed_elsewhere,
    two_checks,
    wrong_data,
)
from traceability.custody.sightings import Sighting, contradiction, seen_at, too_fast
from traceability.custody.verdict import Kind, Scan, Viewer, verdict


def seen(chain: SupplyChain, epc: str, party: str = MARKT, **ago: float) -> Sighting:
    return Sighting(epc, party, place(party), chain.time(**ago))


def contradicted(chain: SupplyChain, sighting: Sighting) -> str | None:
    """The act that contradicts a sighting."""
    scan = contradiction(sighting, chain.world.steps(sighting.epc), chain.world.registry)
    return None if scan is None else scan.act


# Two places


def test_faster_than_goods_travel(chain: SupplyChain) -> None:
    registry, epc = chain.world.registry, pack(AMOX, "1")
    here = seen(chain, epc)
    assert too_fast(here, seen(chain, epc, BRUNNEN, minutes=-9), registry)
    assert not too_fast(here, seen(chain, epc, BRUNNEN, minutes=-11), registry)
    assert not too_fast(here, seen(chain, epc, MARKT, minutes=-1), registry)
    far, near = (lambda one, other: 400.0), (lambda one, other: 0.2)
    assert too_fast(here, seen(chain, epc, BRUNNEN, minutes=90), registry, far)
    assert not too_fast(here, seen(chain, epc, BRUNNEN, minutes=130), registry, far)
    assert not too_fast(here, seen(chain, epc, BRUNNEN, minutes=1), registry, near)
    assert too_fast(here, seen(chain, epc, BRUNNEN), registry, lambda one, other: None)


def test_a_carrier_is_where_the_goods_are(chain: SupplyChain) -> None:
    act = {"type": "party", "gln": SUED, "name": "Cart", "roles": ["carrier"], "country": "DE"}
    chain.good(chain.register(chain.authority, act))
    epc, registry = pack(AMOX, "1"), chain.world.registry
    assert not too_fast(seen(chain, epc), seen(chain, epc, SUED), registry)
    assert not too_fast(seen(chain, epc, SUED), seen(chain, epc), registry)


def test_two_checks_of_one_code(chain: SupplyChain) -> None:
    epc, registry = pack(AMOX, "1"), chain.world.registry
    checks = [seen(chain, epc), seen(chain, epc, BRUNNEN, minutes=-4), seen(chain, epc, hours=2)]
    alert = two_checks(checks, registry)
    assert alert is not None
    assert (alert.cause, alert.epcs, alert.parties) == (Cause.TWO_PLACES, (epc,), (MARKT, BRUNNEN))
    assert "within 4 minutes" in alert.sentence
    assert two_checks(checks[:1], registry) is None
    assert two_checks([checks[0], seen(chain, pack(AMOX, "2"), BRUNNEN)], registry) is None


def test_a_copy_whose_original_is_shipped_later(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, NORD)
    chain.wait(hours=1)
    copy = seen(chain, epcs[0])
    chain.wait(hours=1)
    assert contradicted(chain, copy) is None
    chain.ship(epcs, STERN, NORD)
    assert contradicted(chain, copy) == "shipped"
    alert = signed_elsewhere(copy, chain.world.steps(epcs[0]), chain.world.registry)
    assert alert is not None
    assert (alert.cause, alert.parties) == (Cause.TWO_PLACES, (MARKT, NORD))
    assert len(alert.positions) == 1
    assert NORD in alert.sentence


def test_a_copy_whose_original_was_sealed_in_a_case(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    chain.deliver([case], MAKER, BRUNNEN)
    chain.wait(hours=1)
    copy = seen(chain, epcs[0])
    chain.wait(hours=1)
    assert signed_elsewhere(copy, chain.world.steps(epcs[0]), chain.world.registry) is None
    chain.good(chain.act(BRUNNEN, "dispensed", epcs[:1]))
    assert contradicted(chain, copy) == "dispensed"


def test_a_scan_signed_too_soon_after(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    assert contradicted(chain, seen(chain, epcs[0], minutes=2)) == "commissioned"


def test_late_data_explains_where_a_pack_was(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, NORD)
    chain.wait(hours=1)
    sent = chain.time()
    chain.wait(hours=1)
    early = seen(chain, epcs[0])
    chain.wait(hours=1)
    chain.ship(epcs, MARKT, NORD, time=sent)
    assert contradicted(chain, early) is None
    chain.wait(hours=1)
    chain.receive(epcs, MARKT)
    assert contradicted(chain, early) is None


def test_what_was_refused_at_the_door_came_back(chain: SupplyChain) -> None:
    """Nobody signed the way there: taking it in again says that it had been away."""
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, NORD)
    chain.wait(hours=1)
    early = seen(chain, epcs[0])
    chain.wait(hours=1)
    chain.ship(epcs, SUED, NORD, time=chain.time(hours=1.5))
    chain.receive(epcs, SUED)
    assert contradicted(chain, early) is None


def test_what_is_claimed_or_struck_contradicts_nobody(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, NORD)
    chain.wait(hours=1)
    copy = seen(chain, epcs[0])
    chain.wait(hours=1)
    chain.good(chain.act(NORD, "held", epcs, evidence="claimed"))
    chain.good(chain.act(NORD, "lost", epcs))
    assert contradicted(chain, copy) is None


def test_what_arrived_had_happened_whatever_the_device_says(chain: SupplyChain) -> None:
    fact = chain.good(chain.act(MAKER, "commissioned", chain.packs(1), lot=LOT)).fact
    assert fact is not None
    assert seen_at("x", fact).time == fact.event_time
    ahead = chain.good(
        chain.act(MAKER, "commissioned", chain.packs(1, 2), lot=LOT, time=chain.time(minutes=-4))
    ).fact
    assert ahead is not None
    assert seen_at("x", ahead).time == ahead.admitted


# The other causes


def test_only_what_is_suspect_is_an_alert(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, MARKT)
    viewer, now = Viewer(BRUNNEN, place(BRUNNEN)), chain.admitted()
    found = verdict(Scan(epcs[0]), viewer, chain.world, now)
    alert = of_verdict(found, seen(chain, epcs[0], BRUNNEN))
    assert isinstance(alert, Alert)
    assert (alert.cause, alert.sentence) == (Cause.TWO_PLACES, found.sentence)
    clear = verdict(Scan(epcs[0]), Viewer(MARKT), chain.world, now)
    assert of_verdict(clear, seen(chain, epcs[0])) is None


def checked(chain: SupplyChain, serial: int, reason: str, party: str = MARKT, **more: object) -> Check:
    kind = Kind.DATA_GAP if reason == "unknown" else Kind.SUSPECT
    minutes = more.pop("minutes", 0)
    assert isinstance(minutes, int)
    sighting = seen(chain, pack(AMOX, str(serial)), party, minutes=-minutes)
    return Check(sighting, kind, reason, **more)  # type: ignore[arg-type]


def test_many_strange_codes_at_once_are_a_burst(chain: SupplyChain) -> None:
    checks = [checked(chain, number, "unknown", minutes=number) for number in range(BURST)]
    [alert] = bursts([*checks, checked(chain, 99, "unknown", BRUNNEN)])
    assert (alert.cause, alert.parties, len(alert.epcs)) == (Cause.BURST, (MARKT,), BURST)
    assert bursts(checks[1:]) == []
    assert bursts([checked(chain, 1, "unknown", minutes=minute) for minute in range(9)]) == []
    assert bursts([checked(chain, n, "unknown", minutes=5 * n) for n in range(BURST)]) == []


@pytest.mark.parametrize("parties", [2, 3])
def test_the_same_difference_everywhere_is_wrong_data(chain: SupplyChain, parties: int) -> None:
    checks = [
        checked(chain, number, "expiry", party, lot="A17", expiry="2029-06-30")
        for number, party in enumerate((MARKT, BRUNNEN, STERN)[:parties])
    ]
    alerts = wrong_data([*checks, checked(chain, 9, "unknown-serial")])
    assert [(alert.cause, len(alert.epcs)) for alert in alerts] == [(Cause.LABEL, 3)] * (parties == 3)
    assert all("2029-06-30" in alert.sentence for alert in alerts)


def test_a_forked_signer() -> None:
    assert forked(MARKT, "kid", 7, ["one", "one"]) is None
    alert = forked(MARKT, "kid", 7, ["one", "two"])
    assert alert is not None
    assert (alert.cause, alert.parties) == (Cause.FORKED, (MARKT,))
    assert "the number 7" in alert.sentence
