"""Replay: `audit` proves the whole store against its log, `rebuild` makes every index again.

Both replay entries and bodies through the same admission as the first time, into a scratch file: the
outcome, the rules version, the registry head and so the exact bytes of every entry must come out
again, and then every row of every index.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from traceability.ledger.admission import Admission, Decided
from traceability.ledger.examination import Examined, Rejected, examine_statement
from traceability.ledger.examiners import Examiners
from traceability.ledger.known import tiles
from traceability.ledger.mark import MarkFile
from traceability.proof import ProofError
from traceability.proof.checkpoint import verify_checkpoint
from traceability.proof.entry import Entry
from traceability.proof.merkle import ReadHash, tree_root
from traceability.proof.receipt import Trust
from traceability.proof.signing import PublicKey
from traceability.proof.statement import Body, Statement
from traceability.store import Reader, StoreError
from traceability.store.packing import unpack
from traceability.store.rows import EntryRow
from traceability.store.sqlite import SqliteStore
from traceability.store.whole import adopt, copy_truth

CHUNK = 256
Job = tuple[bytes, bytes | None, str | None]
"""The bytes of a JWS, its packed body, and the JWK of its key where that is known."""
Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all)."""


class AuditError(ValueError):
    """The store is not what its log says. Names the first record that differs."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


class Audited(msgspec.Struct, frozen=True):
    """What a passed audit has proven."""

    entries: int
    root: bytes
    checkpoints: int
    registry: int
    forks: int


def audit(
    path: Path, trust: Trust, mark: MarkFile, *, workers: int = 0, progress: Progress | None = None
) -> Audited:
    """Replay the store at `path` and compare everything. Raises AuditError at the first difference."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        scratch_path = Path(folder, "scratch.db")
        with (
            closing(SqliteStore(scratch_path)) as scratch,
            closing(SqliteStore(path)) as store,
            store.beside(scratch_path) as (reader, first_difference),
        ):
            admission = _replay(reader, scratch, trust, workers, progress)
            with scratch.read() as replayed:
                read = tiles(replayed)
                _verify_mark(read, mark, admission.size)
                checkpoints = _verify_checkpoints(reader, read, trust)
                root = tree_root(read, admission.size)
            audited = Audited(
                admission.size,
                root,
                checkpoints,
                admission.registry_frontier.size,
                _verify_forks(reader, admission),
            )
            difference = first_difference()
    if difference is not None:
        table, key, column = difference
        raise AuditError(
            "Table %(table)s, record %(key)s: %(column)s is not what the log says. "
            "`traceability rebuild` computes the table again from entries and bodies.",
            table=table,
            key=key,
            column=column,
        )
    return audited


def rebuild(
    path: Path, trust: Trust, mark: MarkFile, *, workers: int = 0, progress: Progress | None = None
) -> int:
    """Compute every index again from entries and bodies, and swap the new file in.

    Returns the number of entries. Where the truth itself does not replay, raises AuditError and
    leaves the file as it was; StoreError while a server runs on it.
    """
    scratch_path = path.with_name(path.name + ".rebuild")
    with mark.in_use(alone=True):
        for left in path.parent.glob(scratch_path.name + "*"):
            left.unlink()
        with (
            closing(SqliteStore(scratch_path)) as scratch,
            closing(SqliteStore(path)) as store,
            store.read() as reader,
        ):
            admission = _replay(reader, scratch, trust, workers, progress)
            with scratch.read() as replayed:
                _verify_mark(tiles(replayed), mark, admission.size)
        copy_truth(path, scratch_path)
        adopt(scratch_path, path)
    return admission.size


def _replay(
    reader: Reader, scratch: SqliteStore, trust: Trust, workers: int, progress: Progress | None
) -> Admission:
    total = reader.size()
    with scratch.read() as empty:
        admission = Admission(empty, trust)
    with closing(Examiners(workers, _examine_stored, _weigh)) as examiners:
        ahead: deque[_Chunk] = deque()
        for chunk in _chunks(reader, total, admission, examiners):
            ahead.append(chunk)
            if len(ahead) > 1:  # while workers examine this chunk, the one before is admitted
                _admit(admission, scratch, ahead.popleft(), total, progress)
        while ahead:
            _admit(admission, scratch, ahead.popleft(), total, progress)
    return admission


class _Chunk(NamedTuple):
    rows: list[EntryRow]
    entries: list[Entry]
    examined: Iterator[Examined | Rejected]


def _chunks(reader: Reader, total: int, admission: Admission, examiners: Examiners[Job]) -> Iterator[_Chunk]:
    """The log in portions that are being examined. A key registered meanwhile is checked at admission."""
    for start in range(0, total, CHUNK):
        rows = list(reader.entries(start, start + CHUNK))
        bodies = dict(reader.bodies(start, start + CHUNK))
        _verify_rows(rows, start)
        entries = [_entry(row) for row in rows]
        jobs = [
            (entry.jws, bodies.pop(row.position, None), _jwk(admission, entry))
            for row, entry in zip(rows, entries, strict=True)
        ]
        if bodies:
            raise AuditError("Body %(position)s belongs to no entry", position=min(bodies))
        yield _Chunk(rows, entries, examiners.map(jobs))


def _admit(
    admission: Admission, scratch: SqliteStore, chunk: _Chunk, total: int, progress: Progress | None
) -> None:
    """Admit one portion into the scratch file and compare what comes out with what the log holds."""
    rows, entries = chunk.rows, chunk.entries
    _verify_order(admission.last_admitted, rows, entries)
    examined = []
    for row, found in zip(rows, chunk.examined, strict=True):
        if isinstance(found, Rejected):
            raise AuditError("Entry %(position)s: %(reason)s", position=row.position, reason=found)
        examined.append(found)
    with scratch.write() as writer:
        results = admission.admit(examined, writer, [entry.admitted for entry in entries])
        for row, result in zip(rows, results, strict=True):
            _verify_same(row, result)
    if progress is not None:
        progress(admission.size, total)


def _verify_order(last: str, rows: list[EntryRow], entries: list[Entry]) -> None:
    for row, entry in zip(rows, entries, strict=True):
        if entry.admitted < last:
            raise AuditError(
                "Entry %(position)s was admitted before the one ahead of it", position=row.position
            )
        last = entry.admitted


def _verify_same(row: EntryRow, result: Decided | Rejected) -> None:
    if isinstance(result, Rejected):
        raise AuditError("Entry %(position)s: %(reason)s", position=row.position, reason=result)
    if result.again:
        raise AuditError(
            "Entry %(position)s repeats entry %(first)s", position=row.position, first=result.position
        )
    if result.entry.to_bytes() != row.entry:
        raise AuditError(
            "Entry %(position)s: replaying it gives outcome %(outcome)s under rules %(rules)s, and the log "
            "holds other bytes",
            position=row.position,
            outcome=result.entry.outcome,
            rules=result.entry.rules,
        )


def _verify_rows(rows: list[EntryRow], first: int) -> None:
    for position, row in enumerate(rows, first):
        if row.position != position:
            raise AuditError("Entry %(position)s is missing", position=position)


def _entry(row: EntryRow) -> Entry:
    try:
        return Entry.parse(row.entry)
    except ProofError as error:
        raise AuditError("Entry %(position)s: %(reason)s", position=row.position, reason=error) from error


def _jwk(admission: Admission, entry: Entry) -> str | None:
    try:
        record = admission.registry.keyring.signer(Statement.parse(entry.jws).kid)
    except ProofError:
        return None  # examining it will say what is wrong
    return None if record is None else record.key.jwk


def _examine_stored(job: Job) -> Examined:
    jws, packed, jwk = job
    try:
        body = None if packed is None else Body(*unpack(packed))
    except StoreError as error:
        raise Rejected(4, error.pattern, **error.values) from error
    try:
        return examine_statement(Statement.parse(jws), body, None if jwk is None else PublicKey.parse(jwk))
    except ProofError as error:
        raise Rejected(1, error.pattern, **error.values) from error


def _weigh(job: Job) -> int:
    return len(job[0]) + 4 * len(job[1] or b"")


def _verify_mark(read: ReadHash, mark: MarkFile, size: int) -> None:
    try:
        mark.verify(size, lambda at: tree_root(read, at))
    except StoreError as error:
        raise AuditError(error.pattern, **error.values) from error


def _verify_checkpoints(reader: Reader, read: ReadHash, trust: Trust) -> int:
    count, newest = 0, 0
    for size, note in reader.checkpoints():
        try:
            checkpoint = verify_checkpoint(note, trust.log)
        except ProofError as error:
            raise AuditError("Checkpoint %(size)s: %(reason)s", size=size, reason=error) from error
        if checkpoint.size != size or size > reader.size() or checkpoint.root != tree_root(read, size):
            raise AuditError("Checkpoint %(size)s is not the root of the first %(size)s entries", size=size)
        count, newest = count + 1, size
    if newest != reader.size():
        raise AuditError(
            "The newest checkpoint covers %(newest)s of %(size)s entries", newest=newest, size=reader.size()
        )
    return count


def _verify_forks(reader: Reader, admission: Admission) -> int:
    """Each piece of fork evidence is a signed second statement at a used seq."""
    count = 0
    for fork in reader.forks():
        try:
            statement = Statement.parse(fork.jws)
        except ProofError as error:
            raise AuditError("Fork evidence: %(reason)s", reason=error) from error
        used = reader.at_seq(fork.signer, fork.seq)
        if used is None or used.statement == fork.statement or statement.digest != fork.statement:
            raise AuditError("Fork evidence %(id)s does not name a used seq", id=statement.id)
        record = admission.registry.keyring.signer(statement.kid)
        try:
            if record is None:
                raise ProofError("the key %(kid)s is not registered", kid=statement.kid)
            record.key.verify(statement.signature, statement.signing_input)
        except ProofError as error:
            raise AuditError("Fork evidence %(id)s: %(reason)s", id=statement.id, reason=error) from error
        count += 1
    return count
