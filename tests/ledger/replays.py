"""A chain in memory replayed into a real store, looked at after every statement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from supply_chain import SupplyChain

from traceability.ledger.history import History
from traceability.ledger.mark import MarkFile
from traceability.ledger.sequencer import Sequencer
from traceability.store.sqlite import SqliteStore

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
