"""A trace as of an earlier moment is the trace that was made then."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from eventful import eventful
from supply_chain import AMOX, MAKER, MARKT, NORD, SupplyChain, place, sscc

from traceability.custody.recall import Alike, Asked, PackRow, balance
from traceability.custody.state import Condition
from traceability.ledger.history import History
from traceability.store import StoreError


def rows(history: History, **when: object) -> list[tuple[object, ...]]:
    with history.view() as view:
        return [_plain(row) for number in ("A17", "R1") for row in view.lot_trace(AMOX, number, **when)]  # type: ignore[arg-type]


def _plain(row: PackRow) -> tuple[object, ...]:
    return (row.item, row.top, row.fact)


def test_every_earlier_position_answers_as_it_did_then(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    then: list[list[tuple[object, ...]]] = []
    history = replay(lambda history: then.append(rows(history)))
    assert len(then) == len(chain.submissions) > 60
    assert {row[0].condition for row in then[-1]} > {
        Condition.STOLEN,
        Condition.SAMPLED,
        Condition.TAKEN_BACK,
    }  # type: ignore[attr-defined]
    for position, expected in enumerate(then):
        assert rows(history, known_at=position) == expected, position
    assert rows(history) == then[-1]


def test_balances_of_every_position_are_those_of_their_rows(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    seen: list[object] = []

    def look(history: History) -> None:
        with history.view() as view:
            counted = balance(view.lot_balance(AMOX, "A17"))
            assert counted == balance(map(Alike.of, view.lot_trace(AMOX, "A17")))
            seen.append(counted)

    history = replay(look)
    with history.view() as view:
        for position, expected in enumerate(seen):
            assert balance(view.lot_balance(AMOX, "A17", known_at=position)) == expected


def state(history: History, epc: str, **when: object) -> tuple[str, str | None, str | None] | None:
    with history.view() as view:
        for row in view.lot_trace(AMOX, "A17", **when):  # type: ignore[arg-type]
            if row.item.epc == epc:
                return Alike.of(row).part, row.top.custodian, row.top.receiver
    return None


def test_event_time_asks_what_had_happened_by_then(chain: SupplyChain, replay: Callable) -> None:
    before = chain.time()
    (epc,) = chain.commission()
    made = chain.time()
    case = chain.fill(sscc(1), [epc])
    sent = chain.ship([case], NORD)
    shipped = chain.time(minutes=1)
    chain.wait(hours=3)
    chain.receive([case], NORD, [sent])
    history = replay(lambda _: None)
    assert state(history, epc, at=before[:10] + "T00:00:00+01:00") is None
    assert state(history, epc, at=made) == ("held", MAKER, None)
    assert state(history, epc, at=shipped) == ("road", MAKER, NORD)
    assert state(history, epc, at=chain.time()) == ("held", NORD, None)


def test_what_was_reported_late_moves_event_time_but_not_what_was_known(
    chain: SupplyChain, replay: Callable
) -> None:
    (epc,) = chain.commission()
    chain.deliver([epc], MAKER, MARKT)
    chain.wait(hours=2)
    noon = chain.time()
    chain.wait(hours=2)
    position = len(chain.submissions) - 1
    chain.good(chain.act(MARKT, "dispensed", [epc], time=chain.time(hours=3)))
    history = replay(lambda _: None)
    assert state(history, epc, at=noon) == ("dispensed", MARKT, None)
    assert state(history, epc, at=noon, known_at=position) == ("held", MARKT, None)
    assert state(history, epc, known_at=position) == ("held", MARKT, None)


def test_a_struck_statement_did_not_happen_once_that_is_known(chain: SupplyChain, replay: Callable) -> None:
    (epc,) = chain.commission()
    got = chain.receive([epc], NORD, [chain.ship([epc], NORD)])
    chain.wait(hours=1)
    noon = chain.time()
    chain.wait(hours=1)
    chain.good(chain.correct(got, NORD))
    history = replay(lambda _: None)
    assert state(history, epc, at=noon, known_at=got.position) == ("held", NORD, None)
    assert state(history, epc, at=noon) == ("road", MAKER, NORD)


def test_a_ledger_of_an_older_version_says_from_where_it_knows_the_past(
    chain: SupplyChain, replay: Callable, tmp_path: Path
) -> None:
    import sqlite3

    chain.commission()
    history = replay(lambda _: None)
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE history SET first = 30")
    connection.close()
    assert rows(history, known_at=len(chain.submissions) - 1)
    with pytest.raises(StoreError, match="from entry 30 on"):
        rows(history, known_at=28)


def found(history: History, **asked: object) -> list[str]:
    """The serials that a question finds, without their beginning."""
    with history.view() as view:
        packs = view.trace(Asked(**asked))  # type: ignore[arg-type]
        return sorted(row.item.epc.rpartition("/")[2][3:] for row in packs)


def test_questions_about_a_product_serials_a_container_a_party_a_place_or_a_time(
    chain: SupplyChain, replay: Callable
) -> None:
    epcs = chain.commission(6)
    inner = chain.fill(sscc(1), epcs[:2])
    pallet = chain.fill(sscc(2), [inner, epcs[2]])
    packed = len(chain.submissions) - 1
    chain.wait(hours=1)
    noon = chain.time()
    chain.wait(minutes=1)
    chain.deliver([pallet], MAKER, NORD)
    chain.good(chain.act(NORD, "unpacked", [epcs[2]], parent=pallet))
    chain.ship([epcs[2]], MARKT, NORD)
    history = replay(lambda _: None)
    all_six = [f"0000{n}" for n in range(1, 7)]
    assert found(history, gtin=AMOX) == found(history, gtin=AMOX, lot="A17") == all_six
    assert found(history, gtin=AMOX, first="A1700002", last="A1700004") == all_six[1:4]
    assert found(history, container=pallet) == all_six[:2]
    assert found(history, container=pallet, known_at=packed) == all_six[:3]
    assert found(history, container=inner, gtin=AMOX, last="A1700001") == all_six[:1]
    assert found(history, container=sscc(77)) == found(history, gtin="09521321999999") == []
    assert found(history, party=NORD) == all_six[:3]
    assert found(history, party=MARKT) == all_six[2:3]  # on the road to it
    assert found(history, gtin=AMOX, party=MAKER) == all_six[3:]
    assert found(history, gtin=AMOX, party=MAKER, known_at=packed) == all_six
    assert found(history, gtin=AMOX, place=place(MAKER)) == all_six[3:]
    assert found(history, gtin=AMOX, since=noon) == all_six[:3]
    assert found(history, gtin=AMOX, lot="A17", until=noon) == all_six[3:]
    assert found(history, gtin=AMOX, at=noon, party=NORD) == []
    assert found(history, place=place(MAKER)) == all_six[3:]
    assert found(history, since=noon) == all_six[:3]
    with pytest.raises(StoreError):
        found(history)
    for unknown in ("x", "A" * 43):
        with pytest.raises(StoreError, match="no statement"):
            found(history, statement=unknown)


def test_what_a_party_a_place_or_a_time_had_in_the_past_is_what_it_had_then(
    chain: SupplyChain, replay: Callable
) -> None:
    eventful(chain)
    parties = sorted({epc for one in chain.signers for epc in [one]})
    asked = [
        *(Asked(party=party) for party in parties),
        *(Asked(place=place(party)) for party in parties),
        Asked(since=chain.time(hours=-2000), until=chain.time(hours=2000)),
    ]
    then: list[list[list[tuple[object, ...]]]] = []

    def look(history: History) -> None:
        with history.view() as view:
            packs = [_plain(row) for product in (AMOX,) for row in view.trace(Asked(gtin=product))]
            then.append([_matching(packs, one) for one in asked])

    history = replay(look)
    with history.view() as view:
        for position, expected in enumerate(then):
            for one, wanted in zip(asked, expected, strict=True):
                question = msgspec.structs.replace(one, known_at=position, gtin="")
                got = [_plain(row) for row in view.trace(question) if f"/01/{AMOX}/" in row.item.epc]
                assert sorted(got, key=str) == wanted, (position, one)
    for one, wanted in zip(asked, then[-1], strict=True):
        with history.view() as view:
            got = [_plain(row) for row in view.trace(one) if f"/01/{AMOX}/" in row.item.epc]
            assert sorted(got, key=str) == wanted, one


def _matching(packs: list[tuple[object, ...]], asked: Asked) -> list[tuple[object, ...]]:
    return sorted((one for one in packs if asked.covers(PackRow(*one))), key=str)  # type: ignore[arg-type]


def test_what_an_event_moved_and_where_that_is_now(chain: SupplyChain, replay: Callable) -> None:
    epcs = chain.commission(6)
    inner = chain.fill(sscc(1), epcs[:2])
    pallet = chain.fill(sscc(2), [inner, epcs[2]])
    chain.wait(hours=1)
    noon = chain.time()
    chain.wait(minutes=1)
    sent = chain.ship([pallet], NORD)
    got = chain.receive([pallet], NORD, [sent])
    chain.good(chain.act(NORD, "unpacked", [epcs[2]], parent=pallet))
    again = chain.ship([epcs[2]], MARKT, NORD)
    history = replay(lambda _: None)
    all_six = [f"0000{n}" for n in range(1, 7)]
    assert found(history, statement=sent.id) == found(history, statement=got.id) == all_six[:3]
    assert found(history, statement=again.id) == all_six[2:3]
    assert found(history, statement=sent.id, party=MARKT) == all_six[2:3]
    assert found(history, statement=sent.id, known_at=sent.position, party=NORD) == all_six[:3]
    assert found(history, act="shipped") == all_six[:3]
    assert found(history, act="shipped", container=pallet) == found(
        history, statement=sent.id, container=inner
    )
    assert found(history, act="shipped", container=pallet) == all_six[:2]
    assert found(history, act="shipped", party=MARKT) == all_six[2:3]
    assert found(history, act="received", party=MARKT) == []
    assert found(history, act="commissioned", gtin=AMOX, last="A1700004") == all_six[:4]
    assert found(history, act="shipped", place=place(NORD)) == all_six[:3]
    assert found(history, act="unpacked", place=place(NORD)) == all_six[2:3]
    assert found(history, act="shipped", until=noon) == []
    assert found(history, act="shipped", known_at=sent.position) == all_six[:3]
    with history.view() as view:
        rows = list(view.trace(Asked(statement=sent.id)))
    assert {row.item.epc: row.top.receiver for row in rows} == {epcs[0]: None, epcs[1]: None, epcs[2]: MARKT}


def test_goods_are_followed_through_repackaging_both_ways(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    with history.view() as view:
        outputs = [row.item.epc for row in view.trace(Asked(gtin=AMOX, lot="R1"))]
        assert outputs
        back = [row.item for row in view.trace(Asked(gtin=AMOX, lot="R1", follow="backwards"))]
        inputs = [item.epc for item in back[len(outputs) :]]
        assert inputs
        assert {item.lot.number for item in back[len(outputs) :] if item.lot} == {"A17"}
        forth = [row.item.epc for row in view.trace(Asked(gtin=AMOX, lot="A17", follow="forwards"))]
        assert forth[-len(outputs) :] == outputs
        assert set(inputs) <= set(forth)
        assert len(forth) == len(set(forth))
        made = view.item(outputs[0])
        assert made is not None
        before = Asked(gtin=AMOX, lot="A17", follow="forwards", known_at=made.born - 1)
        assert {row.item.epc for row in view.trace(before)}.isdisjoint(outputs)
