"""Replay: `audit` proves the whole store against its log, `rebuild` makes every index again.

Both replay entries and bodies through the same admission as the first time, into a scratch file: the
outcome, the rules version, the registry head and so the exact bytes of every entry must come out
again, and then every row of every index.

A body may be absent only where an `erase` in the log names it and a countersigned snapshot covers it
(docs/operating.md, "Erasing"). Its act is not decided again: it has the outcome that was logged and the effect that
was kept, to which the `erase` commits; and the state after the snapshot's last entry must be the countersigned one.
"""

import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec

from traceability.custody import CustodyError
from traceability.custody.registrations import Erase, parse_registration
from traceability.ledger.admission import Admission, Decided
from traceability.ledger.examination import Examined, Rejected, examine_statement, verify_signature
from traceability.ledger.examiners import Examiners
from traceability.ledger.history import Snapshot
from traceability.ledger.keeping import commitment, unpack_kept
from traceability.ledger.known import tiles
from traceability.ledger.mark import MarkFile
from traceability.ledger.snapshots import compute
from traceability.proof import ProofError
from traceability.proof.checkpoint import verify_checkpoint
from traceability.proof.entry import Entry
from traceability.proof.merkle import ReadHash, tree_root
from traceability.proof.receipt import Trust
from traceability.proof.signing import PublicKey, b64
from traceability.proof.snapshot import verify_note
from traceability.proof.statement import Body, RegistryClaims, Statement
from traceability.store import Reader, StoreError
from traceability.store.packing import unpack
from traceability.store.rows import EntryRow, ErasedRow
from traceability.store.sqlite import SqliteStore
from traceability.store.whole import adopt, copy_truth

CHUNK = 256
Job = tuple[bytes, bytes | None, str | None, ErasedRow | None]
"""The bytes of a JWS, its packed body, the JWK of its key where that is known, and what is kept of an erased body."""
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
    erased: int = 0
    """Statements whose bodies were erased by law: their acts were not decided again."""
    waiting: int = 0
    """Bodies that a logged `erase` names and that are still here."""
    covering: tuple[int, ...] = ()
    """Sizes of the countersigned snapshots that the state was compared with, for what is erased."""
    kept: tuple[ErasedRow, ...] = ()
    """What to keep of the bodies that were asked for."""


def audit(
    path: Path,
    trust: Trust,
    mark: MarkFile,
    *,
    key: bytes | None = None,
    keep: Collection[int] = (),
    workers: int = 0,
    progress: Progress | None = None,
) -> Audited:
    """Replay the store at `path` and compare everything. Raises AuditError at the first difference.

    `key` is that of the log's snapshots: without it the state is not compared with those that cover erased bodies.
    `keep` are positions of which to say what is kept when their bodies are erased.
    """
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        scratch_path = Path(folder, "scratch.db")
        with (
            closing(SqliteStore(scratch_path)) as scratch,
            closing(SqliteStore(path)) as store,
            store.beside(scratch_path) as (reader, first_difference),
        ):
            admission = _replay(reader, scratch, trust, workers, progress, keep)
            with scratch.read() as replayed:
                read = tiles(replayed)
                _verify_mark(read, mark, admission.size)
                checkpoints = _verify_checkpoints(reader, read, trust)
                root = tree_root(read, admission.size)
                erased = _verify_erasures(reader, replayed, admission, key)
            audited = Audited(
                admission.size,
                root,
                checkpoints,
                admission.registry_frontier.size,
                _verify_forks(reader, admission),
                erased.bodies,
                len(admission.registry.erased) - erased.bodies,
                erased.covering,
                tuple([admission.kept[position] for position in sorted(admission.kept)]),
            )
            difference = first_difference()
    if difference is not None:
        table, record, column = difference
        raise AuditError(
            "Table %(table)s, record %(key)s: %(column)s is not what the log says. "
            "`traceability rebuild` computes the table again from entries and bodies.",
            table=table,
            key=record,
            column=column,
        )
    return audited


def rebuild(
    path: Path,
    trust: Trust,
    mark: MarkFile,
    *,
    key: bytes | None = None,
    workers: int = 0,
    progress: Progress | None = None,
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
                _verify_erasures(reader, replayed, admission, key)
        copy_truth(path, scratch_path)
        adopt(scratch_path, path)
    return admission.size


def _replay(
    reader: Reader,
    scratch: SqliteStore,
    trust: Trust,
    workers: int,
    progress: Progress | None,
    keep: Collection[int] = (),
) -> Admission:
    total = reader.size()
    with scratch.read() as empty:
        admission = Admission(empty, trust)
        admission.keep = frozenset(keep)
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
    ordered = _ordered(reader)
    for start in range(0, total, CHUNK):
        rows = list(reader.entries(start, start + CHUNK))
        bodies = dict(reader.bodies(start, start + CHUNK))
        erased = {row.position: row for row in reader.erasures(start, start + CHUNK)}
        _verify_rows(rows, start)
        for row in rows:
            if row.position in erased:
                _verify_kept(erased[row.position], ordered.get(b64(row.statement)))
        entries = [_entry(row) for row in rows]
        jobs = [
            (
                entry.jws,
                bodies.pop(row.position, None),
                _jwk(admission, entry),
                erased.pop(row.position, None),
            )
            for row, entry in zip(rows, entries, strict=True)
        ]
        if bodies or erased:
            raise AuditError("Body %(position)s belongs to no entry", position=min([*bodies, *erased]))
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
    jws, packed, jwk, erased = job
    try:
        statement, key = Statement.parse(jws), None if jwk is None else PublicKey.parse(jwk)
        if erased is not None:
            return _examine_erased(statement, packed, key, erased)
        if packed is None and statement.typ == "custody+jws":
            raise Rejected(4, "its body is missing, and no erase in the log has taken it away")
        body = None if packed is None else Body(*unpack(packed))
        return examine_statement(statement, body, key)
    except StoreError as error:
        raise Rejected(4, error.pattern, **error.values) from error
    except ProofError as error:
        raise Rejected(1, error.pattern, **error.values) from error


def _examine_erased(
    statement: Statement, packed: bytes | None, key: PublicKey | None, row: ErasedRow
) -> Examined:
    """A statement whose body is erased: all of it that can still be examined."""
    if statement.typ != "custody+jws":
        raise Rejected(4, "a registry statement has no body that could be erased")
    if packed is not None:
        raise Rejected(4, "its body was erased by law, and it is here again")
    if key is not None:
        verify_signature(statement, key)
    kept = unpack_kept(row.kept)
    return Examined(statement, key is not None, items=kept.named, kept=(kept, row))


class _Erasures(NamedTuple):
    bodies: int
    covering: tuple[int, ...]


def _verify_erasures(reader: Reader, replayed: Reader, admission: Admission, key: bytes | None) -> _Erasures:
    """Every absent body is named by an `erase` that commits to what is kept of it, and the state after the last entry
    of each snapshot that covers one is the countersigned state."""
    count, covering = 0, dict[int, str]()
    for row in reader.erasures(0, admission.size):
        digest = reader.statement(row.position) or b""
        erasure = admission.registry.erased.get(b64(digest))
        _verify_kept(row, None if erasure is None else erasure.kept)
        if erasure is not None:
            covering[erasure.size] = erasure.snapshot
        count += 1
    if key is not None:
        view = Snapshot(replayed, admission.names, admission.registry)
        for size, name in sorted(covering.items()):
            _verify_covering(reader, view, size, name, key)
    return _Erasures(count, () if key is None else tuple(sorted(covering)))


def _ordered(reader: Reader) -> dict[str, str]:
    """What the `erase`s of a log say of each statement, before anything of it is verified: nothing that a hand has
    changed since is to go into the replay."""
    if next(reader.erasures(0, reader.size()), None) is None:
        return {}
    found: dict[str, str] = {}
    for position in list(reader.registry()):
        row = reader.entry(position)
        try:
            claims = None if row is None else Entry.parse(row.entry).statement.claims
            act = parse_registration(bytes(claims.act)) if isinstance(claims, RegistryClaims) else None
        except (ProofError, CustodyError):
            continue  # a revocation, a root document, or what the replay will name
        if isinstance(act, Erase):
            found |= {one.id: one.kept for one in act.statements}
    return found


def _verify_kept(row: ErasedRow, named: str | None) -> None:
    if named is None:
        raise AuditError(
            "Entry %(position)s: its body is missing, and no erase in the log names it", position=row.position
        )
    try:
        found = commitment(row)
    except StoreError as error:
        raise AuditError("Entry %(position)s: %(reason)s", position=row.position, reason=error) from error
    if found != named:
        raise AuditError(
            "Entry %(position)s: what is kept of its erased body is not what the erase says",
            position=row.position,
        )


def _verify_covering(reader: Reader, view: Snapshot, size: int, name: str, key: bytes) -> None:
    kept = reader.snapshot(size)
    try:
        head = None if kept is None else verify_note(kept.note, view.registry.keyring)
    except ProofError as error:
        raise AuditError("Snapshot over %(size)s entries: %(why)s", size=size, why=error) from error
    if head is None or head.digest != name:
        raise AuditError(
            "The snapshot over %(size)s entries that covers erased bodies is missing, or it is another",
            size=size,
        )
    if compute(view, size, key).head != head:
        raise AuditError(
            "The state after the first %(size)s entries is not the one that a regulator has countersigned: what was "
            "kept of erased bodies does not lead to it",
            size=size,
        )


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
