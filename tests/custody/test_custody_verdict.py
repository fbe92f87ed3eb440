"""The verdict on a scanned code: what weighs how much, and what to do."""

import pytest
from supply_chain import (
    AMOX,
    BRUNNEN,
    LOT,
    MAKER,
    MARKT,
    NORD,
    STERN,
    SUED,
    SupplyChain,
    gtin,
    pack,
    place,
    sscc,
)

from traceability.custody import CustodyError
from traceability.custody.state import Lot
from traceability.custody.verdict import Action, Kind, Scan, Verdict, Viewer, verdict


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
