"""The verdict on a scanned code: what weighs how much, and what to do."""

import pytest
from supply_chain import (
    AMOX,
    BRUNNEN,
    CLINIC,
    LOT,
    MAKER,
    MARKT,
    NORD,
    STERN,
    SUED,
    SupplyChain,
    gln,
    gtin,
    pack,
    place,
    sscc,
)

from traceability.custody import CustodyError
from traceability.custody.sightings import Sighting
from traceability.custody.state import Lot
from traceability.custody.verdict import Action, Kind, Scan, Verdict, Viewer, verdict

FOREIGN = gln(90)
"""A pharmacy in another country."""


@pytest.fixture
def stock(chain: SupplyChain) -> list[str]:
    """Four packs in a pharmacy, scanned one by one."""
    epcs = chain.commission(4)
    chain.deliver(epcs, MAKER, NORD, MARKT)
    return epcs


def look(chain: SupplyChain, epc: str | None, party: str = MARKT, **more: str | None) -> Verdict:
    site = more.pop("site", place(party))
    found = verdict(Scan(epc, **more), Viewer(party, site), chain.world, chain.admitted())
    assert found.sentence
    return found


def is_(found: Verdict, kind: Kind, reason: str) -> Verdict:
    assert (found.kind, found.reason) == (kind, reason)
    return found


def test_clear_is_about_the_code(chain: SupplyChain, stock: list[str]) -> None:
    found = is_(look(chain, stock[0], lot="A17", expiry=LOT.expiry), Kind.CLEAR, "active")
    assert found.sentence == "This code is active and in your custody."
    assert found.action is Action.GO_ON
    chain.good(chain.act(MARKT, "partly_dispensed", stock[:1], amount=(5, 15)))
    assert "15" in is_(look(chain, stock[0]), Kind.CLEAR, "partly-dispensed").sentence


def test_what_is_coming_may_be_used(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.ship(epcs, MARKT)
    is_(look(chain, epcs[0]), Kind.CLEAR, "on-the-road")


def test_a_garbled_scan_is_scanned_again(chain: SupplyChain, stock: list[str]) -> None:
    garble = CustodyError("Caps lock is on (%(key)s).", key="Shift")
    viewer = Viewer(MARKT)
    found = verdict(Scan(), viewer, chain.world, chain.admitted(), garble=garble)
    assert is_(found, Kind.SCANNER_FAULT, "garbled").sentence == "Caps lock is on (Shift)."
    assert found.action is Action.SCAN_AGAIN
    is_(look(chain, None), Kind.SCANNER_FAULT, "no-serial")
    unknown = verdict(Scan(pack(AMOX, "abc")), viewer, chain.world, chain.admitted(), garble=garble)
    is_(unknown, Kind.SCANNER_FAULT, "garbled")
    known = verdict(Scan(stock[0]), viewer, chain.world, chain.admitted(), garble=garble)
    is_(known, Kind.CLEAR, "active")


def test_unknown_codes_wait_unless_their_lot_is_closed(chain: SupplyChain) -> None:
    chain.commission(1)
    epc = pack(AMOX, "forged")
    found = is_(look(chain, epc, lot="A17"), Kind.DATA_GAP, "unknown")
    assert found.action is Action.ASK_SENDER
    is_(look(chain, pack(gtin(99), "1")), Kind.DATA_GAP, "unknown-product")
    act = {"type": "lot", "gtin": AMOX, "lot": "A17", "count": 1, "root": "A" * 43}
    chain.good(chain.register(chain.signers[MAKER], act))
    found = is_(look(chain, epc, lot="A17"), Kind.SUSPECT, "unknown-serial")
    assert found.action is Action.QUARANTINE
    is_(look(chain, epc, lot="A18"), Kind.DATA_GAP, "unknown")
    chain.receive([epc], MARKT)
    is_(look(chain, epc, lot="A17"), Kind.SUSPECT, "unknown-serial")


def test_a_label_that_differs_from_what_was_signed(chain: SupplyChain, stock: list[str]) -> None:
    is_(look(chain, stock[0], lot="A18"), Kind.SUSPECT, "lot")
    is_(look(chain, stock[0], lot="A17", expiry="2029-06-30"), Kind.SUSPECT, "expiry")
    claimed = Lot(AMOX, "C1", "2028-01-31")
    epcs = chain.commission(1, lot=claimed, evidence="claimed")
    is_(look(chain, epcs[0], lot="X"), Kind.DATA_GAP, "lot")


def test_a_double_scan_is_said_mildly(chain: SupplyChain, stock: list[str]) -> None:
    chain.good(chain.act(MARKT, "dispensed", stock[:1]))
    found = is_(look(chain, stock[0]), Kind.BLOCKED, "just-now")
    assert found.mild
    is_(look(chain, stock[0], site=place(MARKT, 2)), Kind.SUSPECT, "dispensed-elsewhere")
    chain.wait(minutes=5)
    found = is_(look(chain, stock[0]), Kind.BLOCKED, "dispensed-here")
    assert not found.mild
    is_(look(chain, stock[0], BRUNNEN), Kind.SUSPECT, "dispensed-elsewhere")


def test_what_a_file_claims_to_be_dispensed_is_a_gap(chain: SupplyChain, stock: list[str]) -> None:
    chain.good(chain.act(MARKT, "dispensed", stock[:1], evidence="claimed"))
    is_(look(chain, stock[0], BRUNNEN), Kind.DATA_GAP, "dispensed-claimed")


@pytest.mark.parametrize(
    ("meaning", "kind", "reason"),
    [
        ("held", Kind.BLOCKED, "held"),
        ("lost", Kind.BLOCKED, "lost"),
        ("stolen", Kind.SUSPECT, "stolen"),
        ("sampled", Kind.BLOCKED, "out-of-trade"),
        ("decommissioned", Kind.BLOCKED, "out-of-trade"),
        ("destroyed", Kind.SUSPECT, "destroyed"),
        ("exported", Kind.BLOCKED, "out-of-trade"),
    ],
)
def test_conditions_in_ones_own_hands(
    chain: SupplyChain, stock: list[str], meaning: str, kind: Kind, reason: str
) -> None:
    chain.good(chain.act(MARKT, meaning, stock[:1]))
    is_(look(chain, stock[0]), kind, reason)


@pytest.mark.parametrize(
    ("meaning", "kind", "reason"),
    [
        ("held", Kind.DATA_GAP, "blocked-elsewhere"),
        ("lost", Kind.SUSPECT, "out-of-trade-elsewhere"),
        ("sampled", Kind.SUSPECT, "out-of-trade-elsewhere"),
    ],
)
def test_conditions_that_others_signed(
    chain: SupplyChain, stock: list[str], meaning: str, kind: Kind, reason: str
) -> None:
    chain.good(chain.act(MARKT, meaning, stock[:1]))
    is_(look(chain, stock[0], BRUNNEN), kind, reason)


def test_more_reasons_to_wait(chain: SupplyChain, stock: list[str]) -> None:
    chain.good(chain.act(MARKT, "lost", stock[:1]))
    chain.good(chain.act(MARKT, "found", stock[:1]))
    is_(look(chain, stock[0]), Kind.BLOCKED, "found")
    sent = chain.good(chain.act(MARKT, "returned", stock[1:2], to=NORD))
    chain.good(chain.act(NORD, "return_received", stock[1:2], ref=[sent]))
    is_(look(chain, stock[1], NORD), Kind.BLOCKED, "returned")
    chain.good(chain.act(MARKT, "dispensed", stock[2:3]))
    chain.good(chain.act(MARKT, "taken_back", stock[2:3]))
    is_(look(chain, stock[2]), Kind.BLOCKED, "taken-back")
    epcs = chain.commission(2, 50)
    case = chain.fill(sscc(1), epcs)
    chain.receive([case], MARKT, [chain.ship([case], MARKT)], missing=epcs[:1])
    is_(look(chain, epcs[0]), Kind.BLOCKED, "short")
    chain.ship([epcs[1]], SUED, MARKT)
    is_(look(chain, epcs[1]), Kind.BLOCKED, "sent")


@pytest.mark.parametrize(
    ("level", "party", "kind"),
    [
        ("wholesale", MARKT, Kind.CLEAR),
        ("pharmacy", MARKT, Kind.BLOCKED),
        ("patient", MARKT, Kind.BLOCKED),
        ("wholesale", MAKER, Kind.BLOCKED),
    ],
)
def test_recalls(chain: SupplyChain, stock: list[str], level: str, party: str, kind: Kind) -> None:
    epcs = [*stock[:1], *chain.commission(1, 50)]
    recall = chain.recall(level=level, lots=[LOT])
    found = look(chain, epcs[party == MAKER], party)
    assert found.kind is kind
    assert (found.reason == "recalled") is (kind is Kind.BLOCKED)
    if kind is Kind.BLOCKED:
        chain.good(chain.act(party, "recall_held", [epcs[party == MAKER]]))
        is_(look(chain, epcs[party == MAKER], party), Kind.BLOCKED, "recall-held")
    assert recall.id


def test_expiry_by_the_record_or_by_the_pack(chain: SupplyChain) -> None:
    epcs = chain.commission(1, lot=Lot(AMOX, "S", "2026-11-24"))
    chain.deliver(epcs, MAKER, MARKT)
    chain.wait(days=1)
    is_(look(chain, epcs[0]), Kind.CLEAR, "active")
    chain.wait(days=1)
    is_(look(chain, epcs[0]), Kind.BLOCKED, "expired")
    chain.receive([pack(AMOX, "old")], MARKT)
    is_(look(chain, pack(AMOX, "old"), expiry="2026-01-31"), Kind.BLOCKED, "expired")


def test_unmatched_goods_are_never_green(chain: SupplyChain) -> None:
    chain.receive([pack(AMOX, "old")], MARKT)
    is_(look(chain, pack(AMOX, "old")), Kind.DATA_GAP, "unmatched")
    chain.good(chain.act(MAKER, "commissioned", [pack(AMOX, "old")], lot=LOT))
    is_(look(chain, pack(AMOX, "old")), Kind.CLEAR, "active")


def test_not_in_ones_custody(chain: SupplyChain, stock: list[str]) -> None:
    upstream = chain.commission(2, 50)
    chain.wait(hours=2)
    is_(look(chain, upstream[0]), Kind.DATA_GAP, "not-handed-over")
    chain.ship(upstream[:1], SUED)
    is_(look(chain, upstream[0]), Kind.DATA_GAP, "misdelivered")
    case = chain.fill(sscc(1), upstream[1:])
    is_(look(chain, upstream[1]), Kind.DATA_GAP, "not-handed-over")
    assert case
    # Another counter has scanned it.
    is_(look(chain, stock[0], BRUNNEN), Kind.SUSPECT, "two-places")
    # Scanned elsewhere a moment ago.
    fresh = chain.commission(1, 60)
    is_(look(chain, fresh[0]), Kind.SUSPECT, "two-places")


def test_what_contradicts_an_inference_only_waits(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    chain.deliver([case], MAKER, BRUNNEN)
    is_(look(chain, epcs[0], STERN), Kind.DATA_GAP, "not-handed-over")


def test_struck_codes_wait_for_their_commissioning(chain: SupplyChain) -> None:
    epcs = chain.packs(1)
    made = chain.good(chain.act(MAKER, "commissioned", epcs, lot=LOT))
    chain.good(chain.correct(made, MAKER))
    is_(look(chain, epcs[0]), Kind.DATA_GAP, "not-commissioned")


def test_containers_with_trouble_inside(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    chain.good(chain.act(MAKER, "held", epcs[:1]))
    case = chain.fill(sscc(1), epcs)
    is_(look(chain, case, MAKER), Kind.BLOCKED, "blocked-inside")
    chain.recall(items=epcs[1:2])
    is_(look(chain, case, MAKER), Kind.BLOCKED, "recalled")
    is_(look(chain, epcs[1], MAKER), Kind.BLOCKED, "recalled")


def test_a_label_says_enough_to_block_what_the_log_does_not_know(chain: SupplyChain) -> None:
    chain.recall(lots=[Lot(AMOX, "B9", "2028-06-30")])
    late = pack(AMOX, "late")
    is_(look(chain, late, lot="B9"), Kind.BLOCKED, "recalled")
    is_(look(chain, pack(AMOX, "old"), expiry="2026-01-31"), Kind.BLOCKED, "expired")
    chain.receive([late], MARKT)
    is_(look(chain, late, lot="B9"), Kind.BLOCKED, "recalled")
    is_(look(chain, late, lot="B10"), Kind.DATA_GAP, "unmatched")


def test_a_garble_comes_before_a_label_that_differs(chain: SupplyChain, stock: list[str]) -> None:
    garble, viewer, now = CustodyError("Caps lock is on."), Viewer(MARKT), chain.admitted()
    for scan in (Scan(stock[0], "a17"), Scan(stock[0], "A17", "2020-01-31")):
        is_(verdict(scan, viewer, chain.world, now, garble=garble), Kind.SCANNER_FAULT, "garbled")
    act = {"type": "lot", "gtin": AMOX, "lot": "B9", "count": 1, "root": "A" * 43}
    chain.good(chain.register(chain.signers[MAKER], act))
    sighted = pack(AMOX, "sighted")
    chain.receive([sighted], MARKT)
    scan = Scan(sighted, "B9")
    is_(verdict(scan, viewer, chain.world, now, garble=garble), Kind.SCANNER_FAULT, "garbled")


def test_a_makers_own_slip_alarms_nobody(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    is_(look(chain, epcs[0], MAKER, lot="A18"), Kind.DATA_GAP, "own-label")
    chain.deliver(epcs, MAKER, MARKT)
    is_(look(chain, epcs[0], lot="A18"), Kind.SUSPECT, "lot")
    chain.deliver(epcs, MARKT, MAKER)
    is_(look(chain, epcs[0], MAKER, lot="A18"), Kind.SUSPECT, "lot")


def test_what_a_clinic_dispensed_is_on_its_wards(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, CLINIC)
    chain.good(chain.act(CLINIC, "dispensed", epcs))
    is_(look(chain, epcs[0], CLINIC, site=place(CLINIC, 2)), Kind.BLOCKED, "dispensed-here")


def test_what_a_patient_brings_back_is_taken_back(chain: SupplyChain, stock: list[str]) -> None:
    chain.good(chain.act(MARKT, "dispensed", stock[:1]))
    viewer = Viewer(BRUNNEN, place(BRUNNEN), from_patient=True)
    found = verdict(Scan(stock[0]), viewer, chain.world, chain.admitted())
    is_(found, Kind.BLOCKED, "from-patient")


def test_who_says_who_brought_it_waits_for_their_word(chain: SupplyChain, stock: list[str]) -> None:
    """A loan whose dispatch is late: the borrower names the lender at receiving."""
    viewer = Viewer(BRUNNEN, place(BRUNNEN), sender=MARKT)
    found = verdict(Scan(stock[0]), viewer, chain.world, chain.admitted())
    is_(found, Kind.DATA_GAP, "not-handed-over")
    is_(look(chain, stock[0], BRUNNEN), Kind.SUSPECT, "two-places")
    chain.good(chain.act(BRUNNEN, "received", stock[:1], sender=MARKT))
    is_(look(chain, stock[0], BRUNNEN), Kind.DATA_GAP, "unmatched")


@pytest.mark.parametrize("sender", [None, NORD])
def test_a_copy_that_was_received_is_no_less_suspect(
    chain: SupplyChain, stock: list[str], sender: str | None
) -> None:
    chain.good(chain.act(BRUNNEN, "received", stock[:1], sender=sender))
    is_(look(chain, stock[0], BRUNNEN), Kind.SUSPECT, "two-places")
    is_(look(chain, stock[0], MARKT), Kind.SUSPECT, "two-places")
    chain.good(chain.act(BRUNNEN, "received", stock[1:2], sender=sender, evidence="claimed"))
    is_(look(chain, stock[1], BRUNNEN), Kind.DATA_GAP, "unmatched")


def test_a_wholesaler_next_door_is_soon_there(chain: SupplyChain) -> None:
    """What its maker scanned minutes ago cannot be there; half an hour later it may, with its data to come."""
    epcs = chain.commission(1)
    is_(look(chain, epcs[0], NORD), Kind.SUSPECT, "two-places")
    chain.wait(minutes=20)
    is_(look(chain, epcs[0], NORD), Kind.DATA_GAP, "not-handed-over")


def test_a_void_is_no_scan(chain: SupplyChain, stock: list[str]) -> None:
    """The goods may have arrived where the voided dispatch sent them."""
    epcs = chain.commission(1, 50)
    chain.deliver(epcs, MAKER, NORD)
    chain.ship(epcs, MARKT, NORD)
    chain.wait(minutes=30)
    chain.good(chain.act(NORD, "voided", epcs))
    is_(look(chain, epcs[0]), Kind.DATA_GAP, "not-handed-over")


def test_a_late_dispatch_does_not_hide_the_receivers_scan(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, NORD)
    chain.receive(epcs, MARKT)
    chain.ship(epcs, MARKT, NORD)
    chain.wait(hours=2)
    is_(look(chain, epcs[0]), Kind.CLEAR, "active")
    is_(look(chain, epcs[0], BRUNNEN), Kind.SUSPECT, "two-places")


def test_goods_for_another_market_are_off_their_route(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    abroad = {"type": "party", "gln": FOREIGN, "name": "Loin", "roles": ["pharmacy"], "country": "FR"}
    chain.good(chain.register(chain.authority, abroad))
    chain.ship(epcs[:1], FOREIGN)
    found = is_(look(chain, epcs[0]), Kind.SUSPECT, "off-route")
    assert "FR" in found.sentence
    # A wholesaler may see what passes through; and so may anybody what goes to a neighbour.
    is_(look(chain, epcs[0], NORD), Kind.DATA_GAP, "misdelivered")
    chain.ship(epcs[1:], STERN)
    is_(look(chain, epcs[1]), Kind.DATA_GAP, "misdelivered")


def test_two_who_check_one_code_within_minutes(chain: SupplyChain) -> None:
    """Nobody has signed anything: only the server remembers the first check."""
    epc, now = pack(AMOX, "copied"), chain.time()
    first = Sighting(epc, BRUNNEN, place(BRUNNEN), now)
    viewer = Viewer(MARKT, place(MARKT))
    later = chain.time(minutes=-4)
    found = verdict(Scan(epc), viewer, chain.world, later, seen=[first])
    is_(found, Kind.SUSPECT, "seen-elsewhere")
    other = Sighting(pack(AMOX, "another"), BRUNNEN, None, now)
    own = Sighting(epc, MARKT, place(MARKT, 2), now)
    is_(verdict(Scan(epc), viewer, chain.world, later, seen=[other, own]), Kind.DATA_GAP, "unknown")
    hour = chain.time(hours=-1)
    is_(verdict(Scan(epc), viewer, chain.world, hour, seen=[first]), Kind.DATA_GAP, "unknown")


def test_who_has_the_pack_is_not_alarmed_by_others_checks(chain: SupplyChain, stock: list[str]) -> None:
    first = Sighting(stock[0], BRUNNEN, place(BRUNNEN), chain.time())
    viewer = Viewer(MARKT, place(MARKT))
    is_(verdict(Scan(stock[0]), viewer, chain.world, chain.time(), seen=[first]), Kind.CLEAR, "active")


def test_the_viewers_own_calendar_decides_what_has_expired(chain: SupplyChain) -> None:
    epcs = chain.commission(1, lot=Lot(AMOX, "S", "2026-11-24"))
    chain.deliver(epcs, MAKER, MARKT)
    viewer, scan = Viewer(MARKT), Scan(epcs[0])
    azores, berlin = "2026-11-24T23:30:00-01:00", "2026-11-25T01:30:00+01:00"  # one moment
    is_(verdict(scan, viewer, chain.world, azores), Kind.CLEAR, "active")
    is_(verdict(scan, viewer, chain.world, berlin), Kind.BLOCKED, "expired")
