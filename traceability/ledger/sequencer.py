"""Group commit: one thread, one transaction and one checkpoint for all that is waiting (steps 8 to 10)."""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from types import TracebackType

import msgspec

from traceability.ledger.admission import Admission, Decided
from traceability.ledger.examination import Examined, Rejected, examine
from traceability.ledger.examiners import Examiners, Share
from traceability.ledger.known import tiles
from traceability.ledger.mark import Mark, MarkFile
from traceability.proof.checkpoint import Checkpoint, sign
from traceability.proof.entry import Entry
from traceability.proof.merkle import InclusionProver, tree_root
from traceability.proof.receipt import Receipt, Trust
from traceability.proof.signing import LogKey, PublicKey
from traceability.proof.snapshot import SnapshotHead
from traceability.proof.statement import Body, Submission
from traceability.store import Reader, Store, StoreError
from traceability.store.rows import SnapshotRow

STALE = -1
"""A size that no tree has."""
BATCH = 64
"""The most portions of submissions in one transaction."""


class Outcome(msgspec.Struct, frozen=True):
    """An acknowledged statement: durable, in the tree, under a signed checkpoint.

    The receipt carries no body: whoever submitted has it, and others get what they may see from history.
    """

    position: int
    id: str
    effect: bool
    receipt: Receipt
    rule: str | None = None
    """The rule that refused the act, where `effect` is False."""
    pattern: str | None = None
    values: dict[str, object] = msgspec.field(default_factory=dict)
    late: bool = False
    unmatched: bool = False
    again: bool = False
    """The statement had been logged before; this is its first receipt."""


_Job = tuple[bytes, str | None]
"""A submission and the JWK of the key that it names, where that is known."""


class _Waiting(msgspec.Struct):
    share: Share
    future: "Future[list[Outcome | Rejected]]"


def utc_now() -> datetime:
    """The clock of a running server."""
    return datetime.now(UTC)


class Sequencer:
    """The only writer of a log in this process. Use as a context manager.

    Any number of threads may `submit`; other processes may have sequencers on the same store.
    """

    def __init__(
        self,
        store: Store,
        trust: Trust,
        log_key: LogKey,
        mark: MarkFile,
        *,
        clock: Callable[[], datetime] = utc_now,
        workers: int = 0,
    ) -> None:
        self._store = store
        self._trust = trust
        self._log_key = log_key
        self._mark = mark
        self._clock = clock
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._examiners = Examiners(workers, _examine_raw, _weigh)
        with ExitStack() as opened:
            opened.callback(self._examiners.close)
            opened.enter_context(mark.in_use())
            self._recover()
            self._opened = opened.pop_all()
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)
        self._thread.start()

    def __enter__(self) -> "Sequencer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is waiting and stop."""
        self._queue.put(None)
        self._thread.join()
        self._opened.close()

    # Callers' side

    def submit(self, raw: bytes) -> Outcome:
        """Admit one submission (JSON bytes); returns when it is durable and under a checkpoint.

        Raises Rejected when it fails before it may be logged, StoreError when the store cannot write.
        """
        result = self.submit_many([raw])[0]
        if isinstance(result, Rejected):
            raise result
        return result

    def submit_many(self, raws: Sequence[bytes]) -> list[Outcome | Rejected]:
        """Admit many, in order; one result each. A statement may follow another of its own key."""
        shares = self._examiners.shares((raw, self._jwk(raw)) for raw in raws)
        if self._examiners.apart:
            futures = [self._enqueue(share) for share in shares]
            return [outcome for future in futures for outcome in future.result()]
        # Examining here while the sequencer works would only make the two wait for each other.
        return [outcome for share in shares for outcome in self._enqueue(share).result()]

    def keep_snapshot(self, head: SnapshotHead, groups: bytes) -> str:
        """Sign a snapshot with the log's key and keep it (`ledger.snapshots`); gives its note."""
        return keep_snapshot(self._store, self._log_key, head, groups)

    def _jwk(self, raw: bytes) -> str | None:
        """The registered key that a submission names, before it is parsed for good."""
        kid = Submission.peek_kid(raw)
        record = None if kid is None else self._admission.registry.keyring.signer(kid)
        return None if record is None else record.key.jwk

    def _enqueue(self, share: Share) -> "Future[list[Outcome | Rejected]]":
        waiting = _Waiting(share, Future())
        self._queue.put(waiting)
        return waiting.future

    # The sequencer's thread

    def _recover(self) -> None:
        """Read the state, and sign a tree that was committed but not signed when the process ended."""
        with self._mark.held(), self._store.write() as writer:
            self._admission = Admission(writer, self._trust)
            self._verify_mark(writer)
        if self._admission.size:
            with self._mark.held():
                self._sign()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            closing = False
            while len(batch) < BATCH and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    closing = True
                    break
                batch.append(more)
            self._admit(batch)
            if closing:
                return

    def _admit(self, batch: list[_Waiting]) -> None:
        try:
            shares = [waiting.share.open() for waiting in batch]
            outcomes = iter(self._commit([found for share in shares for found in share]))
        except BaseException as error:  # noqa: BLE001 - every caller must hear of it; none may wait for ever
            # What is in memory may be ahead of the store now: the next batch reads it anew.
            self._admission.size = STALE
            for waiting in batch:
                waiting.future.set_exception(error)
            return
        for waiting, share in zip(batch, shares, strict=True):
            waiting.future.set_result(list(islice(outcomes, len(share))))

    def _commit(self, found: list[Examined | Rejected]) -> list[Outcome | Rejected]:
        batch = [examined for examined in found if isinstance(examined, Examined)]
        outcomes = iter(self._commit_examined(batch) if batch else [])
        return [next(outcomes) if isinstance(member, Examined) else member for member in found]

    def _commit_examined(self, batch: list[Examined]) -> list[Outcome | Rejected]:
        with self._mark.held():
            with self._store.write() as writer:
                size = writer.size()
                if size != self._admission.size:  # another process has written, or a batch has failed
                    self._admission = Admission(writer, self._trust)
                self._verify_mark(writer)
                # 8. Entry, tree and projection commit in one transaction.
                results = self._admission.admit(batch, writer, self._times(len(batch)))
            # 9. The mark advances, then the checkpoint is signed and published.
            if self._admission.size > size:
                self._sign()
        # 10. Only now is anything acknowledged.
        with self._store.read() as reader:
            receipts = Receipts(reader)
            return [
                result if isinstance(result, Rejected) else _outcome(result, receipts) for result in results
            ]

    def _times(self, count: int) -> list[str]:
        """Admitted times: UTC, milliseconds, never running backwards."""
        now = self._clock().astimezone(UTC)
        text = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"
        return [max(self._admission.last_admitted, text)] * count

    def _verify_mark(self, reader: Reader) -> None:
        tree = self._admission.tree
        self._mark.verify(
            tree.size, lambda size: tree.root() if size == tree.size else tree_root(tiles(reader), size)
        )

    def _sign(self) -> None:
        size, root = self._admission.size, self._admission.tree.root()
        mark = self._mark.read()
        if mark is None or mark.size < size:
            self._mark.advance(Mark(size, root))
        with self._store.write() as writer:
            writer.add_checkpoint(size, sign(Checkpoint(self._trust.origin, size, root), self._log_key))


def keep_snapshot(store: Store, log_key: LogKey, head: SnapshotHead, groups: bytes) -> str:
    """Sign a snapshot, keep it with its packed groups, and give its note."""
    note = head.signed(log_key)
    with store.write() as writer:
        writer.add_snapshot(SnapshotRow(head.size, note, groups))
    return note


def _outcome(result: Decided, receipts: "Receipts") -> Outcome:
    return Outcome(
        result.position,
        result.id,
        result.entry.outcome == "effect",
        receipts.receipt(result.position, result.entry),
        result.rule,
        result.pattern,
        result.values,
        result.late,
        result.unmatched,
        result.again,
    )


class Receipts:
    """Makes receipts from one snapshot, each against the first checkpoint that covers its entry."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read = tiles(reader)
        self._note = ""
        self._prover = InclusionProver(self._read, 0)
        self._covers = range(0)

    def receipt(self, position: int, entry: Entry, body: Body | None = None) -> Receipt:
        """The receipt of a logged entry, with its body if one is given."""
        if position not in self._covers:
            covering = self._reader.checkpoint(position + 1)
            if covering is None:
                raise StoreError("No checkpoint covers entry %(position)s yet", position=position)
            size, self._note = covering
            self._prover = InclusionProver(self._read, size)
            self._covers = range(position, size)
        return Receipt(entry, position, self._prover(position), self._note, body)


def _examine_raw(job: _Job) -> Examined:
    raw, jwk = job
    return examine(raw, None if jwk is None else PublicKey.parse(jwk))


def _weigh(job: _Job) -> int:
    return len(job[0])
