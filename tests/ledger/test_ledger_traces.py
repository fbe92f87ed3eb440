"""A trace as of an earlier moment is the trace that was made then."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from supply_chain import AMOX, BRUNNEN, LOT, MAKER, MARKT, NORD, SUED, SupplyChain, pack, sscc

from traceability.custody.recall import Alike, PackRow, balance
from traceability.custody.state import Condition, Lot
from traceability.ledger.history import History
from traceability.ledger.mark import MarkFile
from traceability.ledger.sequencer import Sequencer
from traceability.store import StoreError
from traceability.store.sqlite import SqliteStore

NEW = Lot(AMOX, "R1", "2028-06-30")


@pytest.fixture
def chain() -> SupplyChain:
    return SupplyChain()


def eventful(chain: SupplyChain) -> None:
    """Nearly everything that can happen to the packs of a lot."""
    epcs = chain.commission(14)
    pallet = chain.fill(sscc(9), [chain.fill(sscc(1), epcs[:4]), chain.fill(sscc(2), epcs[4:8])])
    sent = chain.ship([pallet], NORD)
    chain.good(chain.act(MAKER, "voided", [pallet], ref=[sent]))
    chain.receive([pallet], NORD, [chain.ship([pallet], NORD)], missing=epcs[:1])
    chain.good(chain.act(NORD, "unpacked", [sscc(1)], parent=pallet))
    chain.good(chain.act(NORD, "held", [sscc(2)]))
    chain.good(chain.act(NORD, "released", [sscc(2)]))
    chain.deliver([epcs[1], epcs[2]], NORD, MARKT)
    sold = chain.good(chain.act(MARKT, "dispensed", [epcs[1]]))
    chain.good(chain.act(MARKT, "undone", [epcs[1]], ref=[sold]))
    chain.good(chain.act(MARKT, "dispensed", [epcs[1]]))
    chain.good(chain.act(BRUNNEN, "taken_back", [epcs[1]]))
    chain.good(chain.act(MARKT, "stolen", [epcs[2]]))
    chain.good(chain.act(NORD, "sampled", [epcs[3]]))
    chain.good(chain.act(NORD, "destroyed", [sscc(2)]))
    chain.receive([epcs[8]], SUED, sender=MAKER)  # nobody handed it over …
    chain.good(chain.act(MAKER, "shipped", [epcs[8]], to=SUED, time=chain.time(minutes=5)))  # … or late
    chain.good(chain.act(MAKER, "repackaged", chain.packs(1, lot=NEW), inputs=[epcs[9]], lot=NEW))
    chain.receive([pack(AMOX, "A1700015")], SUED)  # a sighting before the making
    chain.commission(1, first=15)
    got = chain.receive([epcs[11]], NORD, [chain.ship([epcs[11]], NORD)])
    chain.good(chain.correct(got, NORD))
    wrong = chain.good(chain.act(MAKER, "commissioned", chain.packs(2, first=16), lot=LOT))
    chain.good(chain.correct(wrong, MAKER))
    chain.recall(lots=[LOT])
    chain.good(chain.act(MAKER, "recall_held", [epcs[10]]))


@pytest.fixture
def replay(tmp_path: Path, chain: SupplyChain) -> Iterator[Callable[[Callable[[History], object]], History]]:
    """Admit what a chain has signed into a real store, and look at it after every statement."""
    moment = [""]
    store = SqliteStore(tmp_path / "ledger.db")

    def run(look: Callable[[History], object]) -> History:
        mark = MarkFile(tmp_path / "mark", chain.trust.origin)
        history = History(store, chain.trust)
        clock = lambda: datetime.fromisoformat(moment[0])  # noqa: E731
        with Sequencer(store, chain.trust, chain.log_key, mark, clock=clock) as sequencer:
            for raw, admitted in chain.submissions:
                moment[0] = admitted
                sequencer.submit(raw)
                look(history)
        return history

    yield run
    store.close()


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
