"""A founded log that real keys sign into; shared with the benchmarks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.world import World, found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = found(tmp_path / "data")
    yield world
    world.store.close()
