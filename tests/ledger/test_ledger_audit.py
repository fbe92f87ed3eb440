"""`audit` names the first record that is not what the log says; `rebuild` makes every index again."""

import sqlite3
from pathlib import Path

import pytest

from benchmarks.world import DISTRIBUTOR, MAKER, World, epc, found, sscc, statement_id, verify_effect
from traceability.ledger.audit import AuditError, audit, rebuild
from traceability.store import StoreError
from traceability.store.sqlite import SqliteStore
from traceability.store.whole import INDEX_TABLES


@pytest.fixture
def full(world: World) -> World:
    """A log with a bit of everything: a pallet received, a refusal, packs on the road, a fork."""
    maker = world.stations[MAKER]
    with world.sequencer() as sequencer:
        verify_effect(sequencer.submit_many(world.commission(0, 300)))
        case, pallet = sscc(1), sscc(2)
        acts = [world.pack(case, [epc(n) for n in range(20)]), world.pack(pallet, [case])]
        acts.append(world.ship([pallet], MAKER, DISTRIBUTOR))
        acts.append(world.receive([pallet], MAKER, DISTRIBUTOR, statement_id(maker)))
        acts += [world.ship([epc(n)], MAKER, DISTRIBUTOR) for n in range(20, 60)]
        verify_effect(sequencer.submit_many(acts))
        refused = sequencer.submit(world.ship([epc(20)], MAKER, DISTRIBUTOR))
        assert not refused.effect
        chain = maker.chain
        sequencer.submit(world.ship([epc(60)], MAKER, DISTRIBUTOR))
        maker.chain = chain
        with pytest.raises(ValueError, match="evidence"):
            sequencer.submit(world.ship([epc(61)], MAKER, DISTRIBUTOR))
    return world


def run(world: World, workers: int = 0) -> object:
    return audit(world.settings.ledger, world.trust, world.mark, workers=workers)


def change(world: World, sql: str) -> None:
    with sqlite3.connect(world.settings.ledger) as connection:
        connection.execute(sql)
    connection.close()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_honest_store_passes(full: World, workers: int) -> None:
    seen: list[tuple[int, int]] = []
    audited = audit(
        full.settings.ledger, full.trust, full.mark, workers=workers, progress=lambda *n: seen.append(n)
    )
    assert audited.entries == seen[-1][0] == seen[-1][1]
    assert audited.forks == 1
    assert audited.registry == 10


def test_an_empty_log_passes(tmp_path: Path) -> None:
    world = found(tmp_path)
    assert run(world)
    world.store.close()


ROWS = {
    "signer": "UPDATE signer SET seq = seq + 1 WHERE id = 2",
    "tile": "UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE id = 0",
    "registry": "DELETE FROM registry WHERE position = 3",
    "refusal": "UPDATE refusal SET rule = 'other'",
    "gln": "UPDATE gln SET gln = '9521321000056' WHERE id = 1",
    "product": "UPDATE product SET prefix = '01/09521321000025' WHERE id = 1",
    "lot": "UPDATE lot SET expiry = '2039-01-01'",
    "item": "UPDATE item SET custodian = 2 WHERE id = 100",
    "containment": "UPDATE containment SET until = 99 WHERE child = 3",
    "content": "DELETE FROM content WHERE rowid IN (SELECT 1)",
    "act": "UPDATE act SET event_time = '2020-01-01T00:00:00+00:00' WHERE position = 12",
    "touch": "DELETE FROM touch WHERE item = 5",
    "lot_change": "UPDATE lot_change SET position = position - 1",
    "past": "UPDATE past SET custodian = 3 WHERE item = 5",
    "lot_correction": "INSERT INTO lot_correction VALUES (12, 1, '2030-01-31')",
}


def test_every_index_table_has_its_case() -> None:
    assert ROWS.keys() == set(INDEX_TABLES)


@pytest.mark.parametrize("table", INDEX_TABLES)
def test_a_row_changed_by_hand_is_named_and_rebuilt(full: World, table: str) -> None:
    sql = ROWS[table] if table != "content" else "UPDATE content SET items = items + 1"
    change(full, sql)
    with pytest.raises(AuditError, match=f"Table {table}, record"):
        run(full)
    full.store.close()
    rebuild(full.settings.ledger, full.trust, full.mark)
    assert run(full)


TRUTH = {
    "UPDATE entry SET entry = replace(entry, x'0a', x'20') WHERE position = 12": "Entry 12",
    "UPDATE entry SET entry = CAST(replace(CAST(entry AS TEXT), 'effect', 'none') AS BLOB) WHERE position = 12": "Entry 12",
    "UPDATE entry SET entry = substr(entry, 1, length(entry) - 3) || x'41410a' WHERE position = 13": "Entry 13",
    "DELETE FROM entry WHERE position = 14": "Entry 14 is missing",
    "DELETE FROM body WHERE position = 12": "Entry 12: .*body",
    "UPDATE body SET body = (SELECT body FROM body WHERE position = 13) WHERE position = 12": "Entry 12: .*not what was signed|Entry 12: The",
    "UPDATE body SET body = x'01' WHERE position = 12": "Entry 12: ",
    "INSERT INTO body SELECT 2, body FROM body WHERE position = 12": "Entry 2: A registry statement has no body",
    "UPDATE checkpoint SET note = replace(note, 'benchmark', 'Benchmark')": "Checkpoint",
    "DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint)": "newest checkpoint",
    "UPDATE fork SET jws = replace(jws, 'A', 'B')": "Fork evidence",
    "DELETE FROM entry WHERE position = (SELECT max(position) FROM entry)": ".",
}


@pytest.mark.parametrize("sql", TRUTH)
def test_truth_changed_by_hand_is_named_and_never_rebuilt_over(full: World, sql: str) -> None:
    change(full, sql)
    with pytest.raises(AuditError, match=TRUTH[sql]):
        run(full)


def test_a_rebuild_of_broken_truth_changes_nothing(full: World) -> None:
    change(full, "DELETE FROM body WHERE position = 12")
    full.store.close()
    before = full.settings.ledger.stat().st_size
    with pytest.raises(AuditError):
        rebuild(full.settings.ledger, full.trust, full.mark)
    assert full.settings.ledger.stat().st_size == before


def test_a_store_in_use_is_not_rebuilt(full: World) -> None:
    with full.sequencer(), pytest.raises(StoreError, match="A server is running"):
        rebuild(full.settings.ledger, full.trust, full.mark)
    assert not list(full.settings.data.glob("*.rebuild*"))


def test_a_rebuilt_store_goes_on(full: World) -> None:
    full.store.close()
    size = rebuild(full.settings.ledger, full.trust, full.mark)
    again = full._replace(store=SqliteStore(full.settings.ledger))
    with again.sequencer() as sequencer:
        again.stations[MAKER].chain = again.history.chain(again.stations[MAKER].key.public.kid)
        outcome = sequencer.submit(again.ship([epc(99)], MAKER, DISTRIBUTOR))
    assert (outcome.position, outcome.effect) == (size, True)
    assert run(again)
    again.store.close()
