"""Taking a snapshot in a process of its own, so that hashing millions of rows slows nobody's handoff."""

import os
from contextlib import closing

from traceability.ledger.founding import read_log_key, read_trust, snapshot_key
from traceability.ledger.history import History
from traceability.ledger.snapshots import keeping, take
from traceability.settings import Settings
from traceability.store.sqlite import SqliteStore

QUIET = 19
"""How far the process steps back behind all others (`nice`)."""


def take_quietly(settings: Settings) -> None:
    """Take the snapshot that `traceability snapshot` takes. The target of a process: it ends when that is done."""
    os.nice(QUIET)
    trust = read_trust(settings)
    with closing(SqliteStore(settings.ledger)) as store:
        key = read_log_key(settings, trust)
        take(History(store, trust), snapshot_key(settings), keeping(store, key))
