"""Erasing bodies by law: what an `erase` has to say, and carrying out those that are in the log.

Both begin with a replay of the whole log, since nobody can replay what is gone: what is kept of a body is what the
rules made of it, and it is kept only when that is what the `erase` commits to.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from traceability.custody.erasing import Erasure
from traceability.custody.registrations import Erase, ErasedBody
from traceability.ledger.admission import erased_refusal
from traceability.ledger.audit import Progress, audit
from traceability.ledger.history import History, Snapshot
from traceability.ledger.keeping import commitment, unpack_kept
from traceability.ledger.mark import MarkFile
from traceability.proof.receipt import Trust
from traceability.proof.signing import unb64
from traceability.store import Reader, StoreError
from traceability.store.rows import ErasedRow
from traceability.store.sqlite import SqliteStore


class Order(NamedTuple):
    """A body that an `erase` in the log names."""

    position: int
    id: str
    erasure: Erasure
    carried_out: bool


def orders(view: Snapshot) -> list[Order]:
    """Every body that is to be erased or was, in log order."""
    erased = view.registry.erased
    digests = {unb64(identity): identity for identity in erased}
    found = view.reader.positions(list(digests)) if digests else {}
    gone = {row.position for row in view.reader.erasures(0, view.reader.size())}
    return sorted(
        Order(position, digests[digest], erased[digests[digest]], position in gone)
        for digest, position in found.items()
    )


def draft_erase(
    path: Path,
    trust: Trust,
    mark: MarkFile,
    statements: Sequence[str],
    *,
    reason: str,
    reference: str | None = None,
    key: bytes | None = None,
    workers: int = 0,
    progress: Progress | None = None,
) -> Erase:
    """The act that erases the bodies of some statements, by the newest snapshot that a regulator has countersigned.

    It replays the whole log. StoreError where a statement has no body here, or no snapshot covers it.
    """
    store = SqliteStore(path)
    try:
        with History(store, trust).view() as view:
            positions = [_with_body(view.reader, one) for one in statements]
            size, snapshot = _covering(view, max(positions))
    finally:
        store.close()
    found = audit(path, trust, mark, key=key, keep=positions, workers=workers, progress=progress)
    kept = {row.position: row for row in found.kept}
    named = tuple(
        [
            ErasedBody(id=one, kept=commitment(kept[position]))
            for one, position in zip(statements, positions, strict=True)
        ]
    )
    return Erase(statements=named, size=size, snapshot=snapshot, reason=reason, reference=reference)  # type: ignore[arg-type]


def _with_body(reader: Reader, statement: str) -> int:
    digest = unb64(statement)
    position = reader.positions((digest,)).get(digest)
    if position is None or reader.body(position) is None:
        raise StoreError("The statement %(id)s has no body in this ledger", id=statement)
    return position


def _covering(view: Snapshot, newest: int) -> tuple[int, str]:
    found = [(size, name) for name, size in view.registry.covering.items() if size > newest]
    if not found:
        raise StoreError(
            "No regulator has countersigned a snapshot that covers entry %(position)s. Take one, have it "
            "countersigned, then erase.",
            position=newest,
        )
    return max(found)


def carry_out(
    path: Path,
    trust: Trust,
    mark: MarkFile,
    *,
    key: bytes | None = None,
    workers: int = 0,
    progress: Progress | None = None,
) -> list[Order]:
    """Erase every body that an `erase` in the log names and that is still here; gives those that went.

    The log is replayed first. StoreError where what would be kept is not what the `erase` commits to: then nothing
    is erased. A server may go on running beside it.
    """
    store = SqliteStore(path)
    try:
        with History(store, trust).view() as view:
            waiting = {one.position: one for one in orders(view) if not one.carried_out}
        if not waiting:
            _flush(store)
            return []
        found = audit(path, trust, mark, key=key, keep=waiting, workers=workers, progress=progress)
        for row in found.kept:
            if commitment(row) != waiting[row.position].erasure.kept:
                raise StoreError(
                    "Entry %(position)s: what this program would keep of its body is not what the erase %(by)s says. "
                    "Nothing was erased.",
                    position=row.position,
                    by=waiting[row.position].erasure.by,
                )
        _erase(store, found.kept)
    finally:
        store.close()
    return [waiting[row.position] for row in found.kept]


def _erase(store: SqliteStore, kept: Iterable[ErasedRow]) -> None:
    """Put what is kept in the place of the bodies, in one transaction; then nothing of them is left in the files."""
    rows = list(kept)
    refused = [(row.position, unpack_kept(row.kept).refused) for row in rows]
    with store.write() as writer:
        writer.add_erased(rows)
        writer.erase_bodies(row.position for row in rows)
        writer.put_refusals(erased_refusal(position, rule) for position, rule in refused if rule is not None)
    _flush(store)


def _flush(store: SqliteStore) -> None:
    if not store.flush():
        raise StoreError(
            "The bodies are erased from the log, but somebody still reads an older state of the file. Run "
            "`traceability erase --carry-out` once more, so that nothing of them stays in its write-ahead log."
        )
