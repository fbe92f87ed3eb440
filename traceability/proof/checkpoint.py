"""Checkpoints: signed notes over the head of a log's tree (C2SP signed-note and tlog-checkpoint)."""

import re
from collections.abc import Sequence

import msgspec

from traceability.proof import ProofError
from traceability.proof.signing import ED25519, LogKey, LogVerifier, is_note_name, std64, unstd64

MAX_SIGNATURES = 100
_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteSignature(msgspec.Struct, frozen=True, gc=False):
    """One signature line of a note."""

    name: str
    key_id: bytes
    """4 bytes."""
    signature: bytes

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {std64(self.key_id + self.signature)}\n"


class Note(msgspec.Struct, frozen=True):
    """A signed note: a text that ends in a newline, and who says so. Only `parse` makes one of foreign text."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, note: str | bytes) -> "Note":
        """Parse strictly; the signatures are not verified by that. ProofError for a malformed note."""
        if isinstance(note, bytes):
            try:
                note = note.decode()
            except UnicodeDecodeError as error:
                raise ProofError("Expected a signed note in UTF-8") from error
        head, blank, lines = note.rpartition("\n\n")
        if not blank or not lines.endswith("\n") or _CONTROL.search(note):
            raise ProofError("Expected a signed note: text, an empty line, signature lines")
        signatures = lines[:-1].split("\n")
        if len(signatures) > MAX_SIGNATURES:
            raise ProofError("Expected at most %(most)s signatures on a note", most=MAX_SIGNATURES)
        return cls(head + "\n", tuple([_signature(line) for line in signatures]))

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(map(str, self.signatures))}"

    def signature_by(self, verifier: LogVerifier) -> NoteSignature | None:
        """The first line that names a key, whether its signature holds or not."""
        for line in self.signatures:
            if line.name == verifier.name and line.key_id == verifier.key_id:
                return line
        return None

    def signed_by(self, verifier: LogVerifier) -> "Note":
        """The note, when an Ed25519 key has signed it; ProofError otherwise."""
        line = self.signature_by(verifier) if verifier.kind == ED25519 else None
        if line is None:
            raise ProofError("The note is not signed by the key %(key)s", key=verifier.name)
        verifier.verify(line.signature, self.text.encode())
        return self


def _signature(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        raise ProofError("Expected a signature line of a note, got %(line)s", line=ascii(line[:80]))
    name, _, encoded = line[len(_DASH) :].partition(" ")
    data = unstd64(encoded)
    if not is_note_name(name) or len(data) < 5:
        raise ProofError(
            "Expected key name and signature in a line of a note, got %(line)s", line=ascii(line[:80])
        )
    return NoteSignature(name, data[:4], data[4:])


class Checkpoint(msgspec.Struct, frozen=True, gc=False):
    """The head of a log's tree."""

    origin: str
    size: int
    """Number of entries."""
    root: bytes
    """RFC 6962 root over them, 32 bytes."""
    extensions: tuple[str, ...] = ()
    """Further lines of the note; this project writes none."""

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """From the text of a note; ProofError for whatever `body` would not write."""
        origin, _, rest = text.partition("\n")
        size, _, rest = rest.partition("\n")
        root, end, more = rest.partition("\n")
        extensions = tuple(more[:-1].split("\n")) if more else ()
        if size.isascii() and size.isdigit() and len(size) < 20 and origin and end and all(extensions):
            checkpoint = cls(origin, int(size), unstd64(root), extensions)
            if checkpoint.body == text and len(checkpoint.root) == 32:
                return checkpoint
        raise ProofError("Expected a checkpoint of origin, size and root, each on its line")

    @property
    def body(self) -> str:
        """The text that is signed."""
        lines = [self.origin, str(self.size), std64(self.root), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def sign(checkpoint: Checkpoint, key: LogKey) -> str:
    """The checkpoint as a note signed by the log."""
    return str(sign_note(checkpoint.body, [key]))


def sign_note(text: str, keys: Sequence[LogKey]) -> Note:
    """A text as a note signed by Ed25519 keys."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise ProofError("Expected a text that ends in a newline, without control characters")
    lines = [NoteSignature(key.verifier.name, key.verifier.key_id, key.sign(text.encode())) for key in keys]
    return Note(text, tuple(lines))


def parse_note(note: str | bytes) -> Note:
    """Parse a signed note; see `Note.parse`."""
    return Note.parse(note)


def verify_checkpoint(note: str | bytes, verifier: LogVerifier) -> Checkpoint:
    """The checkpoint in a note, when the log's key has signed it; ProofError otherwise. Other signatures
    are ignored, as C2SP signed-note asks."""
    return Checkpoint.parse(Note.parse(note).signed_by(verifier).text)
