"""A founded log that real keys sign into; shared with the benchmarks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from supply_chain import SupplyChain

from benchmarks.world import World, found
from traceability.ledger.history import History
from traceability.ledger.mark import MarkFile
from traceability.ledger.sequencer import Sequencer
from traceability.store.sqlite import SqliteStore


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = found(tmp_path / "data")
    yield world
    world.store.close()


@pytest.fixture
def chain() -> SupplyChain:
    """A supply chain in memory, whose statements a real store can replay."""
    return SupplyChain()


Look = Callable[[History], object]


@contextmanager
def replaying(folder: Path, chain: SupplyChain) -> Iterator[tuple[SqliteStore, Callable[[Look], History]]]:
    """A real store, and how to admit into it what a chain has signed, looking at it after every statement."""
    moment = [""]
    store = SqliteStore(folder / "ledger.db")

    def run(look: Look) -> History:
        mark = MarkFile(folder / "mark", chain.trust.origin)
        history = History(store, chain.trust)
        clock = lambda: datetime.fromisoformat(moment[0])  # noqa: E731
        with Sequencer(store, chain.trust, chain.log_key, mark, clock=clock) as sequencer:
            with store.read() as reader:
                known = reader.size()
            for raw, admitted in chain.submissions[known:]:
                moment[0] = admitted
                sequencer.submit(raw)
                look(history)
        return history

    yield store, run
    store.close()


@pytest.fixture
def replay(tmp_path: Path, chain: SupplyChain) -> Iterator[Callable[[Look], History]]:
    """Admit what a chain has signed into a real store, and look at it after every statement."""
    with replaying(tmp_path, chain) as (_, run):
        yield run
