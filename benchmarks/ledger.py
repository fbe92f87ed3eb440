"""Admission, storage and look-back, in process."""

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.world import (
    DISTRIBUTOR,
    MAKER,
    World,
    epc,
    found,
    sscc,
    statement_id,
    verify_effect,
)
from traceability.ledger.audit import audit
from traceability.ledger.sequencer import Outcome, Sequencer

Figures = dict[str, float]


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _admit(sequencer: Sequencer, raws: list[bytes]) -> list[Outcome]:
    return verify_effect(sequencer.submit_many(raws))


def _bytes(world: World) -> int:
    """Size of the ledger on disk once the write-ahead log is folded in."""
    with sqlite3.connect(world.settings.ledger) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(connection.execute("SELECT sum(pgsize) FROM dbstat").fetchone()[0])


def handoffs(packs: int, workers: int) -> Figures:
    """Ship and receive single packs: statements a second, durable, every step, receipts included."""
    with tempfile.TemporaryDirectory() as folder:
        world = found(Path(folder))
        with world.sequencer(workers) as sequencer:
            _admit(sequencer, world.commission(0, packs))
            before = _bytes(world)
            raws: list[bytes] = []
            for number in range(packs):
                raws.append(world.ship([epc(number)], MAKER, DISTRIBUTOR))
                raws.append(
                    world.receive([epc(number)], MAKER, DISTRIBUTOR, statement_id(world.stations[MAKER]))
                )
            took = _seconds(lambda: _admit(sequencer, raws))
            after = _bytes(world)
    return {"handoffs_per_s": len(raws) / took, "bytes_per_act": (after - before) / len(raws)}


def commissioning(packs: int, workers: int) -> Figures:
    """Packs a second in events of 1,000, and bytes a pack once packed in pallets and shipped."""
    with tempfile.TemporaryDirectory() as folder:
        world = found(Path(folder))
        with world.sequencer(workers) as sequencer:
            before = _bytes(world)
            raws = world.commission(0, packs)
            took = _seconds(lambda: _admit(sequencer, raws))
            case = 100
            acts = [
                world.pack(sscc(start // case), [epc(n) for n in range(start, start + case)])
                for start in range(0, packs, case)
            ]
            for pallet in range(packs // 10_000):
                cases = [sscc(n) for n in range(pallet * 100, pallet * 100 + 100)]
                acts.append(world.pack(sscc(10**8 + pallet), cases))
                acts.append(world.ship([sscc(10**8 + pallet)], MAKER, DISTRIBUTOR))
            _admit(sequencer, acts)
            after = _bytes(world)
    return {"commissioned_packs_per_s": packs / took, "bytes_per_pack": (after - before) / packs}


def pallet() -> Figures:
    """Shipping a pallet of 10,000 packs against shipping one pack."""
    with tempfile.TemporaryDirectory() as folder:
        world = found(Path(folder))
        with world.sequencer() as sequencer:
            rounds = 5
            _admit(sequencer, world.commission(0, 10_000 * rounds + 200))
            for number in range(rounds):
                cases = [sscc(number * 100 + n) for n in range(100)]
                for n, case in enumerate(cases):
                    start = number * 10_000 + n * 100
                    _admit(sequencer, [world.pack(case, [epc(i) for i in range(start, start + 100)])])
                _admit(sequencer, [world.pack(sscc(10**8 + number), cases)])

            def ship(uri: str) -> float:
                raw = world.ship([uri], MAKER, DISTRIBUTOR)
                return _seconds(lambda: sequencer.submit(raw))

            spare = iter(range(10_000 * rounds, 10_000 * rounds + 200))
            for _ in range(20):
                ship(epc(next(spare)))
            one = statistics.median(ship(epc(next(spare))) for _ in range(100))
            whole = statistics.median(ship(sscc(10**8 + number)) for number in range(rounds))
    return {"pallet_ratio": whole / one}


def lookup(small: int, large: int, workers: int) -> Figures:
    """Provenance of one pack among `small` and among `large` packs, the packs with the same past."""
    found_small = _lookups(small, workers)
    found_large = _lookups(large, workers)
    centiles = statistics.quantiles(found_large, n=100)
    return {
        "lookup_ratio": statistics.median(found_large) / statistics.median(found_small),
        "lookup_p50_ms": statistics.median(found_large) * 1000,
        "lookup_p99_ms": centiles[98] * 1000,
    }


def _lookups(packs: int, workers: int) -> list[float]:
    """Seconds of 1,000 look-ups: of packs in 100 cases from all over the range, received on one pallet."""
    with tempfile.TemporaryDirectory() as folder:
        world = found(Path(folder))
        chosen = [[epc(n * packs // 100 + i) for i in range(100)] for n in range(100)]
        with world.sequencer(workers) as sequencer:
            for start in range(0, packs, 100_000):
                _admit(sequencer, world.commission(start, min(100_000, packs - start)))
            cases = [sscc(n) for n in range(100)]
            _admit(sequencer, [world.pack(case, items) for case, items in zip(cases, chosen, strict=True)])
            pallet = sscc(10**8)
            acts = [world.pack(pallet, cases), world.ship([pallet], MAKER, DISTRIBUTOR)]
            acts.append(world.receive([pallet], MAKER, DISTRIBUTOR, statement_id(world.stations[MAKER])))
            _admit(sequencer, acts)
        history = world.history

        def look(item: str) -> None:
            with history.view() as view:
                if len(view.provenance(item).hops) != 4:
                    raise RuntimeError(item)

        look(chosen[0][0])
        return [_seconds(lambda item=item: look(item)) for items in chosen for item in items[::10]]  # type: ignore[misc]


def auditing(packs: int, workers: int) -> Figures:
    """Audit in statements a second, and as a share of verifying the same number of bare signatures."""
    with tempfile.TemporaryDirectory() as folder:
        world = found(Path(folder))
        with world.sequencer(workers) as sequencer:
            _admit(sequencer, world.commission(0, packs))
            _admit(sequencer, [world.ship([epc(n)], MAKER, DISTRIBUTOR) for n in range(packs)])
            entries = packs
        took = _seconds(lambda: audit(world.settings.ledger, world.trust, world.mark, workers=workers))
    rate = entries / took
    return {"audit_per_s": rate, "audit_share": rate / _verifications_per_s()}


def _verifications_per_s() -> float:
    key = ec.generate_private_key(ec.SECP256R1())
    message, algorithm = b"x" * 500, ec.ECDSA(hashes.SHA256())
    signature = key.sign(message, algorithm)
    public = key.public_key()
    count = 5000

    def run() -> None:
        for _ in range(count):
            public.verify(signature, message, algorithm)

    return count / _seconds(run)
