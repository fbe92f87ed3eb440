"""Tables as a file for others: a plain SQLite database that no log depends on, written by sqlite-utils."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import sqlite_utils

from traceability.store import StoreError

_BATCH = 1000


def export_table(
    path: Path,
    table: str,
    columns: Mapping[str, type],
    rows: Iterable[Sequence[object]],
    *,
    key: str,
    indexes: Sequence[str] = (),
    about: Mapping[str, str] | None = None,
) -> int:
    """Write rows to a new SQLite file and return how many there were.

    `columns` are names and types in the order of each row; `key` is the primary key. `about` becomes a
    second table of names and values that says what the file is. Raises StoreError where the file exists:
    an export never adds to what somebody else wrote.
    """
    if path.exists():
        raise StoreError("%(path)s exists and is not overwritten", path=path)
    database = sqlite_utils.Database(path)
    try:
        made = database.table(table).create(dict(columns), pk=key, strict=True)
        made.insert_all(_records(tuple(columns), rows), batch_size=_BATCH)
        for column in indexes:
            made.create_index([column])
        if about:
            database.table("about").insert_all(
                ({"name": name, "value": value} for name, value in about.items()), pk="name"
            )
        return int(made.count)
    finally:
        database.close()


def _records(names: tuple[str, ...], rows: Iterable[Sequence[object]]) -> Iterator[dict[str, object]]:
    for row in rows:
        yield dict(zip(names, row, strict=True))
