"""The balance of a lot adds up, and every hole in it has a name."""

from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from supply_chain import AMOX, BRUNNEN, LOT, MAKER, MARKT, NORD, SUED, SupplyChain, pack, sscc

from traceability.custody import CustodyError
from traceability.custody.closing import closed_set
from traceability.custody.recall import (
    PARTS,
    Alike,
    Balance,
    balance,
    condition_of,
    in_trade,
    part_of,
    shares,
    unresolved_first,
)
from traceability.custody.state import Condition, Lot
from traceability.proof.signing import b64


def counted(chain: SupplyChain) -> Balance:
    rows = chain.world.lot_trace(AMOX, "A17")
    return balance(map(Alike.of, rows), chain.world.registry.closed_lot(AMOX, "A17"))


def close(chain: SupplyChain, count: int) -> None:
    act = {"type": "lot", "gtin": AMOX, "lot": "A17", "count": count, "root": "A" * 43}
    chain.good(chain.register(chain.signers[MAKER], act))


@pytest.fixture
def scattered(chain: SupplyChain) -> SupplyChain:
    """Ten packs of a lot, in every part of the balance."""
    epcs = chain.commission(10)
    chain.deliver(epcs[:7], MAKER, NORD, MARKT)
    chain.good(chain.act(MARKT, "dispensed", epcs[:1]))
    chain.good(chain.act(MARKT, "dispensed", epcs[1:2]))
    chain.good(chain.act(BRUNNEN, "taken_back", epcs[1:2]))
    chain.good(chain.act(MARKT, "destroyed", epcs[2:3]))
    chain.good(chain.act(MARKT, "stolen", epcs[3:4]))
    chain.recall(lots=[LOT])
    chain.good(chain.act(MARKT, "recall_held", epcs[4:5]))
    sent = chain.good(chain.act(MARKT, "returned", epcs[5:6], to=NORD))
    chain.good(chain.act(NORD, "return_received", epcs[5:6], ref=[sent]))
    chain.good(chain.act(MARKT, "returned", epcs[6:7], to=NORD))
    return chain


def test_every_pack_is_in_one_part(scattered: SupplyChain) -> None:
    close(scattered, 10)
    found = counted(scattered)
    assert found.parts == {
        "held": 4, "road": 1, "dispensed": 1, "returned": 2, "destroyed": 1, "sampled": 0, "stolen": 1, "unresolved": 0,
    }  # fmt: skip
    assert sum(found.parts.values()) == found.packs == found.closed == 10
    assert sum(found.percents.values()) == pytest.approx(100)
    assert [(gap.kind, gap.packs) for gap in found.gaps] == [("stolen", 1)]


def test_holders_with_unresolved_packs_come_first(scattered: SupplyChain) -> None:
    holders = counted(scattered).holders
    assert holders[0].party == MARKT
    assert holders[0].parts["stolen"] == holders[0].missing == 1
    assert {holder.party: holder.packs for holder in holders} == {MARKT: 5, MAKER: 3, NORD: 1, BRUNNEN: 1}


def test_packs_that_nobody_has_seen_are_a_named_gap(scattered: SupplyChain) -> None:
    assert ("open", 10) in [(gap.kind, gap.packs) for gap in counted(scattered).gaps]
    close(scattered, 12)
    found = counted(scattered)
    assert ("never-seen", 2) in [(gap.kind, gap.packs) for gap in found.gaps]
    assert found.packs == sum(found.parts.values()) == 12
    assert (found.parts["unresolved"], found.parts["stolen"]) == (2, 1)


def test_more_packs_than_the_maker_counted(scattered: SupplyChain) -> None:
    close(scattered, 9)
    found = counted(scattered)
    assert ("too-many", 1) in [(gap.kind, gap.packs) for gap in found.gaps]
    assert sum(found.parts.values()) == 10


def test_as_many_packs_but_not_those_that_the_maker_counted(scattered: SupplyChain) -> None:
    close(scattered, 10)
    rows = list(scattered.world.lot_trace(AMOX, "A17"))
    closed = scattered.world.registry.closed_lot(AMOX, "A17")
    _, root = closed_set(sorted(row.item.epc.rpartition("/")[2] for row in rows))
    groups = [Alike.of(row) for row in rows]
    assert ("other-packs", 10) in [(gap.kind, gap.packs) for gap in balance(groups, closed, root).gaps]
    assert closed is not None
    same = msgspec.structs.replace(closed, root=root)
    assert [gap.kind for gap in balance(groups, same, root).gaps] == ["stolen"]


def test_a_closed_set_is_sorted_and_has_each_serial_once() -> None:
    assert closed_set([]) == (0, b64(sha256(b"").digest()))
    assert closed_set(["A"]) == (1, b64(sha256(b"\x00A").digest()))
    assert closed_set(map(str, range(10**4, 10**4 + 9000)))[0] == 9000
    for wrong in (["B", "A"], ["A", "A"]):
        with pytest.raises(CustodyError, match="sorted"):
            closed_set(wrong)


def test_contents_follow_their_pallet(chain: SupplyChain) -> None:
    epcs = chain.commission(4)
    pallet = chain.fill(sscc(2), [chain.fill(sscc(1), epcs)])
    chain.ship([pallet], NORD)
    assert counted(chain).parts["road"] == 4
    (row, *_) = chain.world.lot_trace(AMOX, "A17")
    assert row.fact is not None
    assert row.fact.act == "shipped"
    assert in_trade(row)
    chain.receive([pallet], NORD)
    chain.good(chain.act(NORD, "destroyed", [pallet]))
    assert counted(chain).parts["destroyed"] == 4


def test_why_a_pack_is_unresolved(chain: SupplyChain) -> None:
    epcs = chain.packs(5)
    made = chain.good(chain.act(MAKER, "commissioned", epcs, lot=LOT))
    chain.good(chain.act(MAKER, "lost", epcs[:1]))
    new = Lot(AMOX, "R1", "2028-06-30")
    chain.good(chain.act(MAKER, "repackaged", chain.packs(1, lot=new), inputs=epcs[1:2], lot=new))
    case = chain.fill(sscc(1), epcs[2:4])
    chain.receive([case], NORD, [chain.ship([case], NORD)], missing=epcs[2:3])
    rows = {row.item.epc: row for row in chain.world.lot_trace(AMOX, "A17")}
    assert [Alike.of(rows[epc]).reason for epc in epcs] == ["lost", "repackaged", "short", None, None]
    assert [row.item.epc for row in unresolved_first(rows.values())][:3] == epcs[:3]
    assert condition_of(rows[epcs[0]]) is Condition.LOST
    assert not in_trade(rows[epcs[1]])
    assert made.effect is not None


def test_unmatched_custody_is_a_gap_beside_its_part(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    chain.receive(epcs, SUED)
    found = counted(chain)
    assert found.parts["held"] == 1
    assert ("unmatched", 1) in [(gap.kind, gap.packs) for gap in found.gaps]


def test_an_unknown_lot_has_an_empty_balance(chain: SupplyChain) -> None:
    chain.receive([pack(AMOX, "x")], SUED)
    found = counted(chain)
    assert (found.packs, found.holders) == (0, ())
    assert sum(found.percents.values()) == 0


@given(st.lists(st.integers(0, 100_000), min_size=len(PARTS), max_size=len(PARTS)))
def test_shares_add_up_to_a_hundred(counts: list[int]) -> None:
    found = shares(dict(zip(PARTS, counts, strict=True)))
    assert sum(round(share * 10) for share in found.values()) in (0, 1000)
    assert (sum(counts) == 0) == (sum(found.values()) == 0)


def test_a_part_for_every_condition(chain: SupplyChain) -> None:
    (epc,) = chain.commission(1)
    (row,) = chain.world.lot_trace(AMOX, "A17")
    for condition in Condition:
        item = msgspec.structs.replace(row.item, condition=condition)
        assert part_of(row._replace(item=item, top=item)) in PARTS
    assert epc == row.item.epc
