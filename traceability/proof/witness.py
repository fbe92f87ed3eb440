"""Witnesses: Ed25519 cosignatures of checkpoints with a time (C2SP tlog-cosignature, cosignature/v1)."""

from traceability.proof import ProofError
from traceability.proof.checkpoint import Note, NoteSignature
from traceability.proof.signing import COSIGNATURE, LogKey, LogVerifier


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def cosign(note: Note, time: int, key: LogKey) -> Note:
    """The note with a witness's line added; `time` is in seconds since 1970. What the witness promises by
    it, that the tree only grew, is to be verified before (`merkle.verify_consistency`)."""
    if key.verifier.kind != COSIGNATURE or not 0 <= time < 1 << 63:
        raise ProofError("Expected a witness's key, and a time from 1970 on")
    signature = time.to_bytes(8, "big") + key.sign(_message(note.text, time))
    line = NoteSignature(key.verifier.name, key.verifier.key_id, signature)
    return Note(note.text, (*note.signatures, line))


def verify_cosignature(note: Note, witness: LogVerifier) -> int:
    """The time at which a witness has cosigned the checkpoint in a note; ProofError where it has not."""
    line = note.signature_by(witness) if witness.kind == COSIGNATURE else None
    if line is None or len(line.signature) != 72:
        raise ProofError("The checkpoint is not cosigned by the witness %(name)s", name=witness.name)
    time = int.from_bytes(line.signature[:8], "big")
    witness.verify(line.signature[8:], _message(note.text, time))
    return time
