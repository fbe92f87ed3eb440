"""Opening a SQLite file so that what is committed stays committed."""

import sqlite3
from pathlib import Path

from traceability.store import StoreError

BUSY_SECONDS = 30.0
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "cache_size=-65536",
    "wal_autocheckpoint=4000",
    "temp_store=MEMORY",
)


def connect(path: Path) -> sqlite3.Connection:
    """Open the file with the pragmas on which durability rests, and make sure they took."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if mode != "wal" or level != 2:
        raise StoreError("Expected WAL and synchronous=FULL at %(path)s, got %(mode)s and %(level)s",
                         path=path, mode=mode, level=level)  # fmt: skip
    return connection


def refusal(error: sqlite3.OperationalError, path: Path) -> StoreError:
    """What an error of the driver means to whoever was writing."""
    if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
        return StoreError(
            "The disk that holds %(path)s is full. Nothing was recorded: free some space and send it again.",
            path=path,
        )
    if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            "Another process has been writing to %(path)s for too long. Nothing was recorded: try again.",
            path=path,
        )
    return StoreError(
        "The store at %(path)s cannot write: %(error)s. Nothing was recorded.", path=path, error=error
    )


# Whole files, for audit and rebuild
