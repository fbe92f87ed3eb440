"""A founded log that real keys sign into; shared with the benchmarks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from replays import Look, replaying
from supply_chain import SupplyChain

from benchmarks.world import World, found
from traceability.ledger.history import History


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = found(tmp_path / "data")
    yield world
    world.store.close()


@pytest.fixture
def chain() -> SupplyChain:
    """A supply chain in memory, whose statements a real store can replay."""
    return SupplyChain()


@pytest.fixture
def replay(tmp_path: Path, chain: SupplyChain) -> Iterator[Callable[[Look], History]]:
    """Admit what a chain has signed into a real store, and look at it after every statement."""
    with replaying(tmp_path, chain) as (_, run):
        yield run
