"""The receipt: a logged statement that verifies offline with the root document and the registry entries."""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TypeAlias, TypeVar

import msgspec

from traceability.proof import ProofError
from traceability.proof.body import DECODE_ERRORS, Body, WireBody
from traceability.proof.checkpoint import Checkpoint, verify_checkpoint
from traceability.proof.disclosure import Disclosure, WireDisclosure, disclose, verify_disclosure
from traceability.proof.entry import Entry
from traceability.proof.erasure import Erasure, verify_covered
from traceability.proof.keyring import KeyRecord, Keyring
from traceability.proof.registrar import VerifiedRegistry
from traceability.proof.statement import RegistryClaims, Statement, verify, verify_body
from traceability.proof.tlog_proof import TlogProof
from traceability.proof.trust import Authority, Trust

__all__ = [
    "Authority",
    "Receipt",
    "Trust",
    "Verified",
    "verify_body_parts",
    "verify_logged",
    "verify_receipt",
]

Registry: TypeAlias = VerifiedRegistry | Iterable[bytes]


_T = TypeVar("_T")


def _part(part: str, step: Callable[[], _T]) -> _T:
    """One step of a verification, its failure named by the part that failed."""
    try:
        return step()
    except ProofError as error:
        raise ProofError("%(part)s: %(why)s", part=part, why=error) from error


class Receipt(msgspec.Struct, frozen=True):
    """An entry, its proof of inclusion in a signed checkpoint, and what its reader may see of the body."""

    entry: Entry
    index: int
    """The entry's position in the log."""
    proof: Sequence[bytes]
    """RFC 6962 audit path, from the leaf's sibling upwards."""
    note: str
    """The signed checkpoint, verbatim."""
    body: Body | None = None
    """The whole body."""
    disclosure: Disclosure | None = None
    """Parts of the body; never beside the whole."""
    registry: tuple[bytes, ...] | None = None
    """The registry entries up to the entry's registry head, where the receipt is to verify by itself."""
    erased: "Receipt | None" = None
    """Where the body was erased by law: the receipt of the `erase` that names the statement, with its registry."""

    @classmethod
    def parse(cls, data: bytes | str) -> "Receipt":
        """From canonical JSON as `to_json` writes it; ProofError names the part that is not."""
        data = data.encode() if isinstance(data, str) else data
        try:
            wire = msgspec.json.decode(data, type=_WireReceipt)
        except DECODE_ERRORS as error:
            raise ProofError("receipt: %(why)s", why=error) from error
        if msgspec.json.encode(wire) != data:
            raise ProofError("receipt: not spelt as it must be, in order and without white space")
        return cls._of(wire)

    @classmethod
    def _of(cls, wire: "_WireReceipt") -> "Receipt":
        if wire.receipt != (1 if wire.erased is None else 2):
            raise ProofError("receipt: Expected version 1, or 2 of a body that was erased")
        if wire.body is not None and wire.disclosure is not None:
            raise ProofError("receipt: Expected the whole body or parts of it, not both")
        proof = _part("inclusion proof", lambda: parse_proof(wire.proof))
        entries = None if wire.registry is None else tuple([entry.encode() for entry in wire.registry])
        return cls(
            _part("entry", lambda: Entry.parse(wire.entry)),
            proof.index,
            proof.hashes,
            proof.note,
            None if wire.body is None else _part("body", wire.body.open),
            None if wire.disclosure is None else _part("disclosure", wire.disclosure.open),
            entries,
            None if wire.erased is None else _part("erased", partial(cls._of, wire.erased)),
        )

    def to_json(self) -> bytes:
        """`{"receipt":1,"entry":"…","proof":"…","body":{…},"disclosure":{…},"registry":["…"]}`; `proof` is
        a C2SP tlog-proof; absent parts are left out. Version 2 has a last member, `erased`: a receipt too."""
        return msgspec.json.encode(self._wire())

    def _wire(self) -> "_WireReceipt":
        return _WireReceipt(
            1 if self.erased is None else 2,
            self.entry.to_bytes().decode(),
            str(self.tlog_proof),
            None if self.body is None else WireBody.of(self.body),
            None if self.disclosure is None else WireDisclosure.of(self.disclosure),
            None if self.registry is None else tuple([entry.decode() for entry in self.registry]),
            None if self.erased is None else self.erased._wire(),
        )

    @property
    def tlog_proof(self) -> TlogProof:
        """The C2SP tlog-proof of the entry."""
        return TlogProof(self.index, tuple(self.proof), self.note)

    def disclosing(self, body: Body, items: Collection[str] = (), *, terms: bool = False) -> "Receipt":
        """The receipt for somebody who may see the core and some items of a body, and no more.

        `items` are URIs, with or without their role letter.
        """
        shown = [item for item in body.items if item in items or item[1:] in items]
        return msgspec.structs.replace(self, body=None, disclosure=disclose(body, shown, terms=terms))

    def with_registry(self, entries: Iterable[bytes]) -> "Receipt":
        """The receipt with the registry entries before its own, so that it verifies with `trust.json` alone."""
        return msgspec.structs.replace(self, registry=tuple(entries))


class _WireReceipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    receipt: int
    entry: str
    proof: str
    body: WireBody | None = None
    disclosure: WireDisclosure | None = None
    registry: tuple[str, ...] | None = None
    erased: "_WireReceipt | None" = None


class Verified(msgspec.Struct, frozen=True):
    """What a receipt has proven."""

    position: int
    entry: Entry
    statement: Statement
    signer: KeyRecord
    """The key as it was known when the entry was admitted."""
    checkpoint: Checkpoint
    core: bytes | None = None
    terms: bytes | None = None
    items: tuple[str, ...] = ()
    """Items shown, each with its role letter."""
    whole: bool = False
    """Whether `items` are all that were signed."""
    erased: Erasure | None = None
    """How the body was erased by law, where it was."""

    @property
    def effect(self) -> bool:
        """Whether the log gave the statement effect."""
        return self.entry.outcome == "effect"


def parse_proof(text: str | bytes) -> TlogProof:
    """A tlog-proof without extra data, which nothing would authenticate."""
    proof = TlogProof.parse(text)
    if proof.extra is not None:
        raise ProofError("Expected no extra data in the inclusion proof")
    return proof


def verify_receipt(receipt: Receipt, trust: Trust, registry: Registry | None = None) -> Verified:
    """What a receipt proves, or ProofError naming what failed.

    `registry` are the log's registry entries in order, or a VerifiedRegistry to be used again; without it
    the receipt must carry them. What can be checked by hashing alone is checked first.
    """
    # 1. The entry is in the tree of the checkpoint.
    checkpoint = _part("inclusion proof", lambda: receipt.tlog_proof.verify(receipt.entry.leaf_hash))
    # 2. The statement in it is one.
    statement = _part("statement", lambda: receipt.entry.statement)
    # 3. The body, or what is shown of it, is what the statement commits to.
    core, terms, items, whole = verify_body_parts(statement, receipt.body, receipt.disclosure)
    # 4. The registry entries lead to the registry head of the entry.
    keyring = _keyring(receipt, trust, registry)
    # 5. The checkpoint is the log's.
    checkpoint = verify_head(receipt.note, keyring)
    # 6. The signer was registered and good when the entry was admitted, and has signed the statement.
    signer = verify_logged(receipt.entry, statement, keyring)
    found = Verified(receipt.index, receipt.entry, statement, signer, checkpoint, core, terms, items, whole)
    if receipt.erased is None:
        return found
    # 7. The erase that has taken its body away is in the same log, and could have.
    erased = _part("erased", partial(_verify_erased, found, receipt, receipt.erased, trust))
    return msgspec.structs.replace(found, erased=erased)


def _verify_erased(found: Verified, receipt: Receipt, by: Receipt, trust: Trust) -> Erasure:
    if receipt.body is not None or receipt.disclosure is not None or by.erased is not None:
        raise ProofError("Expected no body beside the erase that has taken it away")
    registry = VerifiedRegistry(trust, by.registry or ())
    erase = verify_receipt(by, trust, registry)
    claims = erase.statement.claims
    if registry.head != by.entry.registry_head or not isinstance(claims, RegistryClaims) or not erase.effect:
        raise ProofError("Expected an erase that had effect, with all registry entries before it")
    named = registry.erasures.of(erase.signer, bytes(claims.act), erase.entry.admitted)
    covered = verify_covered(named, found.statement, found.position)
    if covered is None:
        raise ProofError("The erase does not name this statement")
    return covered


def _keyring(receipt: Receipt, trust: Trust, registry: Registry | None) -> Keyring:
    head = receipt.entry.registry_head
    if isinstance(registry, VerifiedRegistry):
        if registry.trust != trust:
            raise ProofError("registry: verified with another root document")
        return _part("registry", lambda: registry.at(head))
    if registry is not None:
        return _part("registry", lambda: VerifiedRegistry(trust, registry).at(head))
    carried = VerifiedRegistry(trust, receipt.registry or ())
    if carried.head != head:
        raise ProofError(
            "registry: the entry was admitted under a registry that these %(size)s registry entries do not "
            "lead to. Give those of the log.",
            size=carried.size,
        )
    return carried.keyring


def verify_head(note: str | bytes, keyring: Keyring) -> Checkpoint:
    """The checkpoint in a note, when it is of the keyring's log and signed by its key; else ProofError."""
    failure: ProofError | None = None
    for key in keyring.log_keys:
        try:
            checkpoint = verify_checkpoint(note, key)
        except ProofError as error:
            failure = failure or error
            continue
        if checkpoint.origin == keyring.trust.origin:
            return checkpoint
        failure = ProofError(
            "It is of the log %(theirs)s, not of %(ours)s",
            theirs=checkpoint.origin,
            ours=keyring.trust.origin,
        )
    raise ProofError("checkpoint signature: %(why)s", why=failure)


def verify_logged(entry: Entry, statement: Statement, keyring: Keyring) -> KeyRecord:
    """The key that signed a logged statement, as of the entry's registry head; ProofError otherwise."""
    signer = _part("signer", lambda: keyring.verify_signer(statement, entry.admitted))
    _part("statement signature", lambda: verify(statement, signer.key))
    return signer


def verify_body_parts(
    statement: Statement, body: Body | None, shown: Disclosure | None
) -> tuple[bytes | None, bytes | None, tuple[str, ...], bool]:
    """Core, terms, items and whether these are all, when the statement commits to them; else ProofError."""
    if isinstance(statement.claims, RegistryClaims) and (body is not None or shown is not None):
        raise ProofError("body: a registry statement has none")
    if body is not None:
        verify_body(statement, body)
        return body.core, body.terms, body.items, True
    if shown is not None:
        verify_disclosure(statement, shown)
        core = None if shown.core is None else shown.core.text
        terms = None if shown.terms is None else shown.terms.text
        return core, terms, tuple([item for item, _ in shown.items]), False
    return None, None, (), False
