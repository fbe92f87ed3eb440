"""The story of an item: hops, grades, marks, gaps; and who may see a statement."""

import pytest
from supply_chain import (
    AMOX,
    BRUNNEN,
    LOT,
    MAKER,
    MARKT,
    NORD,
    OTHER_REGULATOR,
    REGULATOR,
    STRANGER,
    SUED,
    Signer,
    SupplyChain,
    pack,
    place,
    sscc,
)

from traceability.custody.provenance import Hop, Provenance, disclosure
from traceability.custody.state import Lot


def acts(story: Provenance) -> list[str]:
    return [hop.act for hop in story.hops]


def hop(story: Provenance, act: str) -> Hop:
    return next(hop for hop in story.hops if hop.act == act)


def test_a_pack_from_maker_to_patient(chain: SupplyChain) -> None:
    epcs = chain.commission(4)
    pallet = chain.fill(sscc(9), [chain.fill(sscc(1), epcs)])
    chain.deliver([pallet], MAKER, NORD)
    chain.good(chain.act(NORD, "unpacked", epcs[:1], parent=sscc(1)))
    chain.deliver(epcs[:1], NORD, MARKT)
    chain.good(chain.act(MARKT, "dispensed", epcs[:1]))
    story = chain.world.provenance(epcs[0])
    assert acts(story) == [
        "commissioned",
        "packed",
        "packed",
        "received",
        "unpacked",
        "received",
        "dispensed",
    ]
    assert [one.grade for one in story.hops] == [
        "scanned", "scanned", "inferred", "inferred", "scanned", "scanned", "scanned",
    ]  # fmt: skip
    assert story.parties == (MAKER, NORD, MARKT)
    assert (story.handoffs, story.confirmed, story.complete, story.grade) == (2, 2, True, "inferred")
    assert story.containers == (sscc(1), sscc(9))
    handoff = story.hops[3]
    assert handoff.given is not None
    assert handoff.taken is not None
    assert (handoff.given.fact.party, handoff.taken.fact.party) == (MAKER, NORD)
    assert (handoff.party, handoff.place) == (NORD, place(NORD))
    assert (handoff.counterparty, handoff.counter_place) == (MAKER, place(MAKER))
    assert handoff.containers == (sscc(1), sscc(9))
    assert handoff.time.endswith("+01:00")
    assert handoff.positions == tuple(sorted(handoff.positions))
    assert handoff.taken.kid == chain.signers[NORD].key.public.kid
    assert len(handoff.statements) == 2


def test_a_dispatch_without_receipt_is_unconfirmed(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.ship(epcs, NORD)
    story = chain.world.provenance(epcs[0])
    last = story.hops[-1]
    assert (last.act, last.unconfirmed, last.counterparty) == ("shipped", True, NORD)
    assert last.handoff
    assert (story.handoffs, story.confirmed) == (1, 0)


def test_a_voided_and_a_refused_dispatch_say_so(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.ship(epcs, NORD)
    chain.good(chain.act(MAKER, "voided", epcs))
    sent = chain.ship(epcs, SUED)
    back = chain.good(chain.act(SUED, "refused", epcs, ref=[sent], to=MAKER))
    chain.good(chain.act(MAKER, "return_received", epcs, ref=[back]))
    story = chain.world.provenance(epcs[0])
    assert acts(story) == ["commissioned", "shipped", "voided", "shipped", "return_received"]
    assert [one.voided for one in story.hops] == [False, True, False, True, False]
    assert not any(one.unconfirmed for one in story.hops)
    assert story.complete
    assert story.hops[-1].counterparty == SUED


def test_an_unmatched_receipt_is_a_gap(chain: SupplyChain) -> None:
    epc = pack(AMOX, "old")
    chain.receive([epc], MARKT, sender=NORD)
    story = chain.world.provenance(epc)
    assert [one.grade for one in story.hops] == ["unmatched"]
    (gap,) = story.gaps
    assert (gap.kind, gap.party, gap.presumed) == ("origin", MARKT, NORD)
    assert not story.complete


def test_overage_is_unmatched_for_the_pack_over_alone(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    sent = chain.ship(epcs[:1], NORD)
    chain.receive(epcs, NORD, [sent])
    assert chain.world.provenance(epcs[0]).complete
    story = chain.world.provenance(epcs[1])
    assert story.hops[-1].grade == "unmatched"
    (gap,) = story.gaps
    assert (gap.kind, gap.before, gap.presumed) == ("unmatched", 1, MAKER)


def test_late_data_close_the_gap_for_event_time_and_not_for_what_was_known(chain: SupplyChain) -> None:
    epcs = chain.packs(1)
    early = chain.time()
    chain.wait(minutes=20)
    chain.receive(epcs, NORD, sender=MAKER)
    known = chain.world.size - 1
    chain.commission(1, time=early)
    chain.ship(epcs, NORD, time=early)
    now, then = chain.world.provenance(epcs[0]), chain.world.provenance(epcs[0], known_at=known)
    assert acts(now) == ["commissioned", "received"]
    assert now.complete
    assert now.confirmed == 1
    assert acts(then) == ["received"]
    assert not then.complete


def test_the_past_is_asked_by_event_time(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, NORD)
    before = chain.time()
    chain.wait(hours=1)
    chain.deliver(epcs, NORD, MARKT)
    assert chain.world.provenance(epcs[0], at=before).parties == (MAKER, NORD)
    assert chain.world.provenance(epcs[0]).parties == (MAKER, NORD, MARKT)


def test_an_act_by_somebody_who_never_received_is_a_gap(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    case = chain.fill(sscc(1), epcs)
    chain.deliver([case], MAKER, NORD)
    story = chain.world.provenance(epcs[0])
    without = [step for step in chain.world.steps(epcs[0]) if step.fact.act not in ("shipped", "received")]
    chain.good(chain.act(NORD, "held", epcs))
    from traceability.custody.provenance import provenance

    without += [step for step in chain.world.steps(epcs[0]) if step.fact.act == "held"]
    broken = provenance(epcs[0], without)
    assert story.complete
    (gap,) = broken.gaps
    assert (gap.kind, gap.party, gap.presumed) == ("handover", NORD, MAKER)


def test_scanned_with_its_container_counts_as_scanned(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    sent = chain.ship([case], NORD)
    chain.receive([case, epcs[0]], NORD, [sent], disposition="completeness_verified")
    seen, unseen = chain.world.provenance(epcs[0]).hops[-1], chain.world.provenance(epcs[1]).hops[-1]
    assert seen.taken is not None
    assert unseen.taken is not None
    assert (seen.taken.grade, unseen.taken.grade) == ("scanned", "inferred")
    assert seen.containers == (case,)


def test_what_an_unsigned_file_said_is_claimed(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    sent = chain.ship(epcs, NORD, evidence="claimed")
    chain.receive(epcs, NORD, [sent])
    assert chain.world.provenance(epcs[0]).hops[-1].grade == "claimed"


def test_marks_late_disputed_undone(chain: SupplyChain) -> None:
    handheld = Signer(MARKT, chain.key("handheld"))
    chain.good(chain.register(chain.signers[MARKT], chain.key_act(handheld, "pharmacist")))
    epcs = chain.commission(1)
    chain.deliver(epcs, MAKER, MARKT)
    since = chain.time()
    then = chain.time(hours=1)
    chain.wait(minutes=1)
    done = chain.good(chain.act(handheld, "dispensed", epcs, iat=then, time=then))
    chain.good(chain.act(MARKT, "undone", epcs, ref=[done]))
    kid = handheld.key.public.kid
    act = {"type": "revoke", "kid": kid, "reason": "compromised", "since": since}
    chain.good(chain.register(chain.signers[MARKT], act))
    found = hop(chain.world.provenance(epcs[0]), "dispensed")
    assert (found.late, found.disputed, found.undone) == (True, True, True)
    assert not hop(chain.world.provenance(epcs[0]), "undone").disputed


def test_struck_statements_stay_visible_and_later_ones_are_flagged(chain: SupplyChain) -> None:
    epcs = chain.packs(1)
    made = chain.good(chain.act(MAKER, "commissioned", epcs, lot=LOT))
    chain.fill(sscc(1), epcs)
    struck = chain.good(chain.correct(made, MAKER))
    chain.ship([sscc(1)], NORD)
    story = chain.world.provenance(epcs[0])
    assert [(one.act, one.struck, one.flagged) for one in story.hops] == [
        ("commissioned", True, False),
        ("corrected", False, False),
        ("packed", False, True),
        ("shipped", False, False),
    ]
    before = chain.world.provenance(epcs[0], known_at=struck.position - 1)
    assert not before.hops[0].struck


def test_dispensing_from_the_road_is_the_receipt(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.ship(epcs, MARKT)
    chain.good(chain.act(MARKT, "dispensed", epcs))
    story = chain.world.provenance(epcs[0])
    assert acts(story) == ["commissioned", "dispensed"]
    assert story.confirmed == 1
    assert story.hops[-1].given is not None


def test_repackaging_is_in_both_stories(chain: SupplyChain) -> None:
    epcs, new = chain.commission(1), Lot(AMOX, "R1", "2028-06-30")
    outputs = chain.packs(1, lot=new)
    chain.good(chain.act(MAKER, "repackaged", outputs, inputs=epcs, lot=new))
    assert acts(chain.world.provenance(epcs[0])) == ["commissioned", "repackaged"]
    story = chain.world.provenance(outputs[0])
    assert acts(story) == ["repackaged"]
    assert story.complete


@pytest.mark.parametrize(
    ("viewer", "holds", "level"),
    [
        (MAKER, (), "whole"),
        (NORD, (), "whole"),
        (REGULATOR, (), "whole"),
        (OTHER_REGULATOR, (), "none"),
        (MARKT, ("x",), "item"),
        (BRUNNEN, (), "none"),
        (STRANGER, (), "none"),
        ("", (), "summary"),
    ],
)
def test_who_sees_what(chain: SupplyChain, viewer: str, holds: tuple[str, ...], level: str) -> None:
    sent = chain.ship(chain.commission(1), NORD)
    assert sent.fact is not None
    assert disclosure(viewer, sent.fact, chain.world.registry, holds) == level


def test_a_pack_named_missing_was_not_handed_over(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    case = chain.fill(sscc(1), epcs)
    chain.receive([case], NORD, [chain.ship([case], NORD)], missing=epcs[1:])
    there, lost = chain.world.provenance(epcs[0]), chain.world.provenance(epcs[1])
    assert (there.handoffs, there.confirmed) == (1, 1)
    assert (lost.handoffs, lost.confirmed, lost.hops[-1].missing) == (1, 0, True)
