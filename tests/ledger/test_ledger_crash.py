"""A server killed in the middle: what was acknowledged is there, and the next start needs no repair."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.world import MAKER, World, found
from traceability.ledger.audit import audit
from traceability.proof.statement import Submission

CHILD = """
import sys
from pathlib import Path
from traceability.ledger import founding
from traceability.settings import Settings
from traceability.store.sqlite import SqliteStore

settings = Settings(data=Path(sys.argv[1]))
store = SqliteStore(settings.ledger)
with founding.sequencing(settings, store, founding.read_trust(settings)) as sequencer:
    for line in sys.stdin.buffer:
        print(sequencer.submit(line.strip()).position, flush=True)
"""


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    world = found(tmp_path / "data")
    acknowledged: list[bytes] = []
    for round_ in range(3):
        raws = [world.commission(round_ * 1000 + n, 1)[0] for n in range(200)]
        acknowledged += raws[: run_and_kill(world, raws, after=20 + 13 * round_)]
        world.stations[MAKER].chain = world.history.chain(world.stations[MAKER].key.public.kid)
    with world.sequencer() as sequencer:
        assert all(sequencer.submit(raw).again for raw in acknowledged)
        assert sequencer.submit(world.commission(9000, 1)[0]).effect
    with world.store.read() as reader:
        positions = reader.positions([Submission.parse(raw).statement.digest for raw in acknowledged])
        assert len(positions) == len(acknowledged) > 60
    assert audit(world.settings.ledger, world.trust, world.mark).entries > len(acknowledged)
    world.store.close()


def run_and_kill(world: World, raws: list[bytes], after: int) -> int:
    """Submit one by one in a process, kill it after so many answers; returns how many it gave."""
    command = [sys.executable, "-c", CHILD, str(world.settings.data)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n".join(raws) + b"\n")
    process.stdin.flush()
    for _ in range(after):
        process.stdout.readline()
    time.sleep(0.003)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    return after + rest.count(b"\n")


def test_two_processes_sent_the_same_give_the_same_entries(tmp_path: Path) -> None:
    world = found(tmp_path / "data")
    raws = [world.commission(n, 1)[0] for n in range(40)]
    command = [sys.executable, "-c", CHILD, str(world.settings.data)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write(b"\n".join(raws) + b"\n")
        process.stdin.flush()
    first, second = (process.communicate()[0].split() for process in both)
    assert first == second
    assert len(set(first)) == 40
    assert audit(world.settings.ledger, world.trust, world.mark).entries == int(first[-1]) + 1
    world.store.close()
