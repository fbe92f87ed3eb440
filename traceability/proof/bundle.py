"""The evidence bundle, `custody-bundle/1` to `/3`: everything that proves a trace, in one file that verifies offline.

A ZIP file (`proof.archive`) of:

- `manifest.json`: kind, origin and size of the log's checkpoint, and each other file with its SHA-256 and
  meaning; all of it follows from the files and is written again to verify it.
- `checkpoint`: the log's signed note, to which every proof in the bundle leads.
- `registry/NNNNNN.entry`, `.proof`: every registry entry in order, and its C2SP tlog-proof.
- `statements/<position>.entry`, `.proof`: logged custody statements; `.disclosure.json`: what is shown of the
  body, `{"body":{…}}` (all of it) or `{"disclosure":{…}}` (parts).
- `snapshot/note`, `.rows`, `consistency` (`custody-bundle/2`, where there is a snapshot): the signed snapshot,
  the rows of the lot and of its containers (`proof.snapshot`), and the RFC 6962 consistency proof from the
  snapshot's log to the checkpoint, a hash in hexadecimal a line.
- `investigation.json`, `.pdf`, `documents.json`, `documents/`, `dossiers/`, `reports/` (`custody-bundle/3`, the
  bundle of an investigation): its thread and what it collects, for reading, and its documents, proven to be those
  that the log notes (`proof.documents`).
- `trace.csv`, `trace.json`, `trace.xlsx`, `trace.pdf`, `README.txt`, `verifier.py`: for people. They are
  guarded against damage by the manifest, but nobody has signed them: the statements are the evidence.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from typing import BinaryIO, TypeVar

import msgspec

from traceability.proof import ProofError
from traceability.proof.archive import ArchiveWriter, read_archive, write_archive
from traceability.proof.body import DECODE_ERRORS, WireBody
from traceability.proof.checkpoint import Checkpoint, Note
from traceability.proof.disclosure import WireDisclosure
from traceability.proof.documents import VerifiedDocument, verify_documents
from traceability.proof.entry import Entry
from traceability.proof.erasure import verify_covered
from traceability.proof.keyring import KeyRecord
from traceability.proof.merkle import verify_consistency, verify_inclusion
from traceability.proof.receipt import (
    Receipt,
    Verified,
    parse_proof,
    verify_body_parts,
    verify_head,
    verify_logged,
)
from traceability.proof.registrar import VerifiedRegistry
from traceability.proof.snapshot import (
    SnapshotHead,
    VerifiedGroup,
    countersigners,
    verify_note,
    verify_rows,
)
from traceability.proof.statement import Claims, Statement
from traceability.proof.trust import Trust

KIND, KIND_WITH_SNAPSHOT, KIND_OF_INVESTIGATION = "custody-bundle/1", "custody-bundle/2", "custody-bundle/3"
MANIFEST, CHECKPOINT, SNAPSHOT = "manifest.json", "checkpoint", "snapshot/note"
INVESTIGATION = "investigation.json"
CONSISTENCY = "snapshot/consistency"
Progress = Callable[[int, int], None]
"""Called with (statements verified, statements in all)."""

_MEANINGS = [
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"checkpoint", "the log's signed checkpoint, to which every proof leads"),
        (r"registry/[0-9]{6,9}\.entry", "registry entry: who may sign"),
        (r"registry/[0-9]{6,9}\.proof", "proof that the registry entry is in the log"),
        (r"statements/(0|[1-9][0-9]{0,15})\.entry", "signed statement as the log admitted it"),
        (r"statements/(0|[1-9][0-9]{0,15})\.proof", "proof that the statement is in the log"),
        (r"statements/(0|[1-9][0-9]{0,15})\.disclosure\.json", "what is shown of the statement's body"),
        (r"snapshot/note", "the state of every item at a log position, signed by the log"),
        (r"snapshot/consistency", "proof that the log of the snapshot is a beginning of this one"),
        (r"snapshot/[0-9]{6}\.rows", "rows of the snapshot, with the proof that they are in it"),
        (r"investigation\.(json|pdf)", "the investigation for reading; signed by nobody"),
        (r"documents\.json", "the documents, with the salts of their names in the log"),
        (r"documents/[0-9]{6}-[A-Za-z0-9._-]{1,100}", "document of the investigation"),
        (r"dossiers/[0-9]{6}\.(json|pdf)", "dossier for reading; signed by nobody"),
        (r"reports/[0-9]{6}\.(json|pdf)", "report of illegitimate product for reading; signed by nobody"),
        (r"trace\.(csv|json|xlsx|pdf)", "the trace for reading; signed by nobody"),
        (r"verifier\.py", "a program that checks this bundle; better use your own copy"),
        (r"README\.txt", "how to read and check this bundle"),
    )
]


_HASH = re.compile(rb"[0-9a-f]{64}")


class _WireShown(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    body: WireBody | None = None
    disclosure: WireDisclosure | None = None


class _ManifestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    sha256: str
    meaning: str


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bundle: str
    origin: str
    size: int
    files: tuple[_ManifestFile, ...]


class VerifiedSnapshot(msgspec.Struct, frozen=True):
    """The snapshot of a bundle, with the rows that were shown."""

    head: SnapshotHead
    groups: tuple[VerifiedGroup, ...]
    """The first is that of the lot."""
    countersigned: tuple[str, ...]
    """GLNs of the regulators that have signed it after a replay of their own."""


class VerifiedBundle(msgspec.Struct, frozen=True):
    """What a bundle has proven."""

    checkpoint: Checkpoint
    statements: tuple[Verified, ...]
    """In log order."""
    registry: int
    """The number of registry entries."""
    newest: str
    """The latest time at which the log admitted one of the entries, UTC."""
    snapshot: "VerifiedSnapshot | None" = None
    acts: tuple[tuple[KeyRecord, Statement], ...] = ()
    """The registry statements that had effect, each with the key that signed it."""
    documents: tuple[VerifiedDocument, ...] = ()
    """Of an investigation."""

    @property
    def parties(self) -> frozenset[str]:
        """GLNs of those who have signed the statements."""
        return frozenset([verified.statement.claims.iss for verified in self.statements])


_T = TypeVar("_T")


def _in_file(file: str, step: Callable[[], _T]) -> _T:
    """One step of a verification, its failure named by the file in which it failed."""
    try:
        return step()
    except ProofError as error:
        raise ProofError("%(file)s: %(why)s", file=file, why=error) from error


# Making


class BundleWriter:
    """Writes a bundle member by member, in the order of names, in constant memory.

    The manifest stands in the middle and names what comes after it, so that part is written to `rest` first;
    `lines` takes the manifest while it grows. All three are files that can seek.
    """

    def __init__(
        self, target: BinaryIO, rest: BinaryIO, lines: BinaryIO, note: str, *, kind: str = KIND
    ) -> None:
        self._head, self._rest = ArchiveWriter(target), ArchiveWriter(rest)
        self._lines = lines
        self._note = note
        self._lines.write(_manifest_head(note, kind))
        self._files = 0

    def add(self, name: str, content: bytes) -> None:
        """A file whose bytes are at hand."""
        self._half(name).add(name, content)
        self._list(name, sha256(content).hexdigest())

    def stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """A file that comes in pieces."""
        digest = sha256()

        def counted() -> Iterator[bytes]:
            for chunk in chunks:
                digest.update(chunk)
                yield chunk

        self._half(name).stream(name, counted())
        self._list(name, digest.hexdigest())

    def registry(self, receipts: Iterable[Receipt]) -> None:
        """All registry entries under the bundle's checkpoint, in order."""
        for number, receipt in enumerate(receipts):
            self._prove(f"registry/{number:06}", receipt)

    def statements(self, receipts: Iterable[Receipt]) -> None:
        """Custody statements, with as much of their bodies as the reader may see, in the order of the texts of
        their positions."""
        for receipt in receipts:
            self._prove(f"statements/{receipt.index}", receipt)

    def _prove(self, name: str, receipt: Receipt) -> None:
        if receipt.note != self._note:
            raise ProofError(
                "%(file)s.proof: Expected a proof against the checkpoint of the bundle", file=name
            )
        if receipt.body is not None or receipt.disclosure is not None:
            shown = _WireShown(
                None if receipt.body is None else WireBody.of(receipt.body),
                None if receipt.disclosure is None else WireDisclosure.of(receipt.disclosure),
            )
            self.add(f"{name}.disclosure.json", msgspec.json.encode(shown))
        self.add(f"{name}.entry", receipt.entry.to_bytes())
        self.add(f"{name}.proof", str(receipt.tlog_proof).encode())

    def _half(self, name: str) -> ArchiveWriter:
        return self._head if name < MANIFEST else self._rest

    def _list(self, name: str, digest: str) -> None:
        line = msgspec.json.encode(_ManifestFile(name, digest, _meaning(name)))
        self._lines.write(b",\n" + line if self._files else line)
        self._files += 1

    def close(self, copy: Callable[[BinaryIO, BinaryIO], object]) -> None:
        """Put the parts together; `copy` copies what is left of one file to another."""
        self._lines.write(b"\n]}\n")
        self._lines.seek(0)
        self._head.stream(MANIFEST, iter(lambda: self._lines.read(1 << 20), b""))
        self._head.append(self._rest, copy)
        self._head.close()


def statement_order(positions: Iterable[int]) -> list[int]:
    """Positions as the archive sorts their files: 10 before 9."""
    return sorted(positions, key=lambda position: f"{position}.")


def write_bundle(files: Mapping[str, bytes]) -> bytes:
    """The ZIP file of a bundle's files; the manifest is made here."""
    files = {name: content for name, content in files.items() if name != MANIFEST}
    return write_archive({**files, MANIFEST: make_manifest(files)})


def make_manifest(files: Mapping[str, bytes]) -> bytes:
    """The manifest of a bundle's other files: JSON with one file a line."""
    lines = [
        msgspec.json.encode(_ManifestFile(name, sha256(files[name]).hexdigest(), _meaning(name)))
        for name in sorted(files)
    ]
    return _manifest_head(files[CHECKPOINT], _kind(files)) + b",\n".join(lines) + b"\n]}\n"


def _kind(files: Mapping[str, bytes]) -> str:
    if INVESTIGATION in files:
        return KIND_OF_INVESTIGATION
    return KIND_WITH_SNAPSHOT if SNAPSHOT in files else KIND


def _manifest_head(note: str | bytes, kind: str) -> bytes:
    checkpoint = Checkpoint.parse(Note.parse(note).text)
    origin = msgspec.json.encode(checkpoint.origin).decode()
    return f'{{"bundle":"{kind}","origin":{origin},"size":{checkpoint.size},"files":[\n'.encode()


def _meaning(name: str) -> str:
    for pattern, meaning in _MEANINGS:
        if pattern.fullmatch(name):
            return meaning
    raise ProofError("%(file)s: not a file of an evidence bundle", file=ascii(name)[1:-1])


# Verifying


def read_bundle(data: bytes) -> dict[str, bytes]:
    """The files of a bundle; ProofError for a ZIP file that is not spelt as `write_bundle` does."""
    return read_archive(data)


def verify_bundle(
    files: Mapping[str, bytes], trust: Trust, progress: Progress | None = None
) -> VerifiedBundle:
    """What a bundle proves, or ProofError naming the file and what failed in it."""
    # 1. Every file is the one that the manifest names, each has its place, and there are no others.
    _verify_manifest(files)
    _verify_no_strays(files)
    # 2. The checkpoint is one; its signature waits until the registry has said whose it must be.
    reading = _Reading(files, trust)
    # 3. Every registry entry is in the tree of the checkpoint, and they verify in order.
    reading.verify_registry()
    # 4. The checkpoint is signed by the log.
    _in_file(CHECKPOINT, lambda: verify_head(reading.note, reading.registry.keyring))
    # 5. Every statement is in the tree, was signed by a good key, and commits to what is shown of its body.
    positions = sorted([int(name[11:-6]) for name in files if _is_entry(name, "statements/")])
    statements = []
    for done, position in enumerate(positions, 1):
        statements.append(reading.verify_statement(position))
        if progress is not None:
            progress(done, len(positions))
    # 6. The snapshot is the log's, of a beginning of this log, and the rows are in it.
    snapshot = reading.verify_snapshot() if SNAPSHOT in files else None
    # 7. The documents of an investigation are those listed, and noted in the log where the list says so.
    acts = [statement for _, statement in reading.acts]
    documents = verify_documents(files, acts) if INVESTIGATION in files else ()
    return VerifiedBundle(
        reading.checkpoint,
        tuple(statements),
        reading.registry.size,
        reading.newest,
        snapshot,
        tuple(reading.acts),
        documents,
    )


def _is_entry(name: str, folder: str) -> bool:
    return name.startswith(folder) and name.endswith(".entry")


def _verify_manifest(files: Mapping[str, bytes]) -> None:
    for name in (MANIFEST, CHECKPOINT):
        if name not in files:
            raise ProofError("%(file)s: missing", file=name)
    try:
        manifest = msgspec.json.decode(files[MANIFEST], type=_Manifest)
    except DECODE_ERRORS as error:
        raise ProofError("manifest.json: %(why)s", why=error) from error
    listed = {file.name: file.sha256 for file in manifest.files}
    others = {name: content for name, content in files.items() if name != MANIFEST}
    for name in sorted(listed.keys() | others.keys()):
        if name not in others:
            raise ProofError("%(file)s: listed in manifest.json, but missing", file=ascii(name)[1:-1])
        if name not in listed:
            raise ProofError("%(file)s: not listed in manifest.json", file=ascii(name)[1:-1])
        if sha256(others[name]).hexdigest() != listed[name]:
            raise ProofError("%(file)s: not the file that manifest.json lists", file=name)
    if _in_file(CHECKPOINT, lambda: make_manifest(others)) != files[MANIFEST]:
        raise ProofError("manifest.json: not the manifest of these files")


def _verify_no_strays(files: Mapping[str, bytes]) -> None:
    """Proofs and disclosures belong to entries, and the registry's are numbered without a gap."""
    for name in files:
        stem, _, _ = name.partition(".")
        if stem.startswith("snapshot/"):
            if SNAPSHOT not in files or CONSISTENCY not in files:
                raise ProofError("%(file)s: there is no whole snapshot", file=name)
        elif stem.startswith(("registry/", "statements/")) and f"{stem}.entry" not in files:
            raise ProofError("%(file)s: there is no %(stem)s.entry", file=name, stem=stem)
    entries = sorted([name for name in files if _is_entry(name, "registry/")])
    for number, name in enumerate(entries):
        if name != f"registry/{number:06}.entry":
            raise ProofError("registry/%(number)s.entry: missing", number=f"{number:06}")


class _Reading:
    """A bundle while it is verified."""

    def __init__(self, files: Mapping[str, bytes], trust: Trust) -> None:
        self.files = files
        self.note = files[CHECKPOINT].decode()
        self.checkpoint = Checkpoint.parse(Note.parse(self.note).text)
        self.registry = VerifiedRegistry(trust)
        self.positions: list[int] = []
        """Where in the log the registry entries are."""
        self.acts: list[tuple[KeyRecord, Statement]] = []
        self.newest = ""

    def verify_registry(self) -> None:
        """Every registry entry, in order."""
        for number in range(sum(_is_entry(name, "registry/") for name in self.files)):
            name = f"registry/{number:06}"
            entry, position = self.verify_inclusion(name)
            if self.positions and position <= self.positions[-1]:
                raise ProofError("%(file)s.proof: Expected a position after the last one's", file=name)
            _in_file(f"{name}.entry", partial(self.registry.add, entry.to_bytes(), position))
            self.positions.append(position)
            signer = self.registry.keyring.signer(entry.statement.kid)
            if signer is not None and entry.outcome == "effect":
                self.acts.append((signer, entry.statement))

    def verify_snapshot(self) -> VerifiedSnapshot:
        """The snapshot and its rows."""
        head = _in_file(SNAPSHOT, lambda: verify_note(self.files[SNAPSHOT], self.registry.keyring))
        _in_file(CONSISTENCY, lambda: self.verify_consistency(head))
        names = sorted(name for name in self.files if name.endswith(".rows"))
        if names != [f"snapshot/{number:06}.rows" for number in range(len(names))] or not names:
            raise ProofError("snapshot: Expected its rows numbered without a gap")
        groups = [_in_file(name, partial(verify_rows, self.files[name], head)) for name in names]
        return VerifiedSnapshot(head, tuple(groups), countersigners(self.acts, head))

    def verify_consistency(self, head: SnapshotHead) -> None:
        """The log over which the snapshot was taken is a beginning of the log of the checkpoint."""
        lines = self.files[CONSISTENCY].split(b"\n")
        if lines.pop() or not all(_HASH.fullmatch(line) for line in lines):
            raise ProofError("Expected hashes in hexadecimal, each on its line")
        steps = [bytes.fromhex(line.decode()) for line in lines]
        verify_consistency(head.size, self.checkpoint.size, steps, head.head, self.checkpoint.root)

    def verify_inclusion(self, name: str) -> tuple[Entry, int]:
        """An entry and its position, when its proof leads to the bundle's checkpoint."""
        entry = _in_file(f"{name}.entry", lambda: Entry.parse(self.files[f"{name}.entry"]))
        self.newest = max(self.newest, entry.admitted)

        def verify() -> int:
            proof = parse_proof(self.files.get(f"{name}.proof", b""))
            if proof.note != self.note:
                raise ProofError("Expected a proof against the checkpoint of the bundle")
            head = self.checkpoint
            verify_inclusion(entry.leaf_hash, proof.index, head.size, proof.hashes, head.root)
            return proof.index

        return entry, _in_file(f"{name}.proof", verify)

    def verify_statement(self, position: int) -> Verified:
        """The statement at a position, with what is shown of its body."""
        name = f"statements/{position}"
        entry, proven = self.verify_inclusion(name)
        if proven != position:
            raise ProofError("%(file)s.proof: it is for position %(got)s", file=name, got=proven)
        verified = _in_file(f"{name}.entry", lambda: self.verify_entry(entry, position))
        shown = self.files.get(f"{name}.disclosure.json")
        if shown is None:
            return verified
        return _in_file(f"{name}.disclosure.json", lambda: _with_shown(verified, shown))

    def verify_entry(self, entry: Entry, position: int) -> Verified:
        """A custody statement that was signed by a key good at its place in the log."""
        statement = entry.statement
        if not isinstance(statement.claims, Claims):
            raise ProofError("Expected a custody statement; registry statements are in registry/")
        count, keyring = self.registry.prefix(entry.registry_head)
        if count != bisect_left(self.positions, position):
            raise ProofError("The registry head is not that of its place in the log")
        signer = verify_logged(entry, statement, keyring)
        erased = verify_covered(self.registry.erasures.named, statement, position)
        return Verified(position, entry, statement, signer, self.checkpoint, erased=erased)


def _with_shown(verified: Verified, data: bytes) -> Verified:
    try:
        wire = msgspec.json.decode(data, type=_WireShown)
    except DECODE_ERRORS as error:
        raise ProofError("Expected a body or a disclosure: %(why)s", why=error) from error
    if msgspec.json.encode(wire) != data or (wire.body is None) == (wire.disclosure is None):
        raise ProofError("Expected one body or one disclosure, in order and without white space")
    body = None if wire.body is None else wire.body.open()
    shown = None if wire.disclosure is None else wire.disclosure.open()
    core, terms, items, whole = verify_body_parts(verified.statement, body, shown)
    return msgspec.structs.replace(verified, core=core, terms=terms, items=items, whole=whole)
