"""The text of a proof that one entry is in the log (C2SP tlog-proof): index, hashes and the checkpoint."""

import msgspec

from traceability.proof import ProofError
from traceability.proof.checkpoint import Checkpoint, Note
from traceability.proof.merkle import verify_inclusion
from traceability.proof.signing import std64, unstd64

HEADER = "c2sp.org/tlog-proof@v1"


class TlogProof(msgspec.Struct, frozen=True):
    """An inclusion proof with the checkpoint that it leads to."""

    index: int
    """Zero-based position of the entry."""
    hashes: tuple[bytes, ...]
    """RFC 6962 audit path, from the leaf's sibling upwards."""
    note: str
    """The checkpoint, verbatim."""
    extra: bytes | None = None
    """Opaque data that nothing authenticates; this project writes none and refuses it in receipts."""

    @classmethod
    def parse(cls, text: str | bytes) -> "TlogProof":
        """From its text; ProofError for whatever `str` would not write."""
        if isinstance(text, bytes):
            try:
                text = text.decode()
            except UnicodeDecodeError as error:
                raise ProofError("Expected an inclusion proof in UTF-8") from error
        head, blank, note = text.partition("\n\n")
        header, *lines = head.split("\n")
        if not blank or header != HEADER or not lines:
            raise ProofError("Expected an inclusion proof that begins with %(header)s", header=HEADER)
        extra = unstd64(lines.pop(0)[6:]) if lines[0].startswith("extra ") else None
        index = lines[0].removeprefix("index ") if lines else ""
        if not (index.isascii() and index.isdigit() and len(index) < 20):
            raise ProofError("Expected the index of the entry in the inclusion proof")
        proof = cls(int(index), tuple([unstd64(line) for line in lines[1:]]), note, extra)
        if str(proof) != text or any(len(hash_) != 32 for hash_ in proof.hashes):
            raise ProofError("The inclusion proof is not spelt as it must be")
        return proof

    def __str__(self) -> str:
        extra = "" if self.extra is None else f"extra {std64(self.extra)}\n"
        hashes = "".join(f"{std64(hash_)}\n" for hash_ in self.hashes)
        return f"{HEADER}\n{extra}index {self.index}\n{hashes}\n{self.note}"

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says; its signature is not verified by this."""
        return Checkpoint.parse(Note.parse(self.note).text)

    def verify(self, leaf: bytes) -> Checkpoint:
        """The checkpoint, unverified, when the leaf hash is in its tree at this index; ProofError otherwise."""
        checkpoint = self.checkpoint
        verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint
