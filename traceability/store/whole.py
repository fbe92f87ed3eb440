"""Whole files, for audit and rebuild: compare two, copy the truth, swap one in."""

import sqlite3
from pathlib import Path

from traceability.store.connection import connect

INDEX_TABLES = (
    "signer", "tile", "registry", "refusal", "gln", "product", "lot", "item",
    "containment", "content", "act", "touch", "past", "lot_change", "lot_correction",
)  # fmt: skip
"""The tables that `rebuild` computes again from the truth and `audit` compares."""

Difference = tuple[str, str, str]
"""Table, key and column of a record that is not what it should be."""


def first_difference(connection: sqlite3.Connection) -> Difference | None:
    """Compare the open ledger with the one attached as `expected`, by primary key; None where they agree."""
    for table in ("entry", *INDEX_TABLES):
        found = _table_difference(connection, table)
        if found is not None:
            return table, *found
    return None


def _table_difference(connection: sqlite3.Connection, table: str) -> tuple[str, str] | None:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    names = [row[1] for row in columns]
    key = [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]]
    on = " AND ".join(f"a.{name} = b.{name}" for name in key)
    differs = " OR ".join(f"a.{name} IS NOT b.{name}" for name in names)
    row = connection.execute(
        f"SELECT {', '.join(f'a.{n}' for n in names)}, {', '.join(f'b.{n}' for n in names)}"  # noqa: S608
        f" FROM main.{table} a FULL OUTER JOIN expected.{table} b ON {on} WHERE {differs} LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    actual, wanted = row[: len(names)], row[len(names) :]
    known = dict(zip(names, actual if actual[0] is not None else wanted, strict=True))
    label = ", ".join(f"{name} {known[name]}" for name in key)
    if wanted[0] is None and actual[0] is not None:
        return label, "a row too many"
    if actual[0] is None:
        return label, "a missing row"
    return label, next(n for n, have, want in zip(names, actual, wanted, strict=True) if have != want)


def copy_truth(source: Path, target: Path) -> None:
    """Copy what no replay computes: checkpoints, fork evidence and the notes of snapshots."""
    connection = connect(target)
    try:
        connection.execute("ATTACH ? AS source", (str(source),))
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO checkpoint SELECT * FROM source.checkpoint")
        connection.execute("INSERT INTO fork SELECT * FROM source.fork")
        connection.execute("INSERT INTO snapshot SELECT * FROM source.snapshot")
        connection.execute("COMMIT")
    finally:
        connection.close()


def adopt(fresh: Path, path: Path) -> None:
    """Put the file `fresh` in the place of `path`, all of it in one file and on disk."""
    for file in (fresh, path):
        connection = connect(file)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode=DELETE")
        finally:
            connection.close()
    fresh.rename(path)
