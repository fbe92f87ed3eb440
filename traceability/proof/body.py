"""The body of a statement (DESIGN section 3): what is signed by commitment and travels beside the log."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Annotated

import msgspec

from traceability.proof import ProofError
from traceability.proof.merkle import root
from traceability.proof.signing import b64, unb64

NONCE_SIZE = 32
Item = Annotated[str, msgspec.Meta(pattern=r"\A[ecio][!-~]+\Z")]
"""A role letter (e epcList, c childEPCs, i inputEPCList, o outputEPCList) and a canonical Digital Link URI."""

DECODE_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class Body(msgspec.Struct, frozen=True, gc=False):
    """What a statement commits to: a nonce of 32 random bytes, core and terms as exact JSON bytes, and items,
    each a role letter and a URI in one text, in signed order."""

    nonce: bytes
    core: bytes
    terms: bytes
    items: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes | str) -> "Body":
        """From its JSON envelope; no member may occur twice at any depth. ProofError otherwise."""
        data = data.encode() if isinstance(data, str) else data
        try:
            wire = msgspec.json.decode(data, type=WireBody)
        except DECODE_ERRORS as error:
            raise ProofError("Expected a body of nonce, core, terms and items: %(why)s", why=error) from error
        if msgspec.json.encode(wire) != data:
            verify_unique(data, "body")
        return wire.open()

    def to_json(self) -> bytes:
        """The JSON envelope. Core and terms are texts in it, so that every language keeps their exact bytes."""
        return msgspec.json.encode(WireBody.of(self))


class WireBody(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The JSON envelope of a body."""

    nonce: str
    core: str
    terms: str
    items: tuple[Item, ...]

    @classmethod
    def of(cls, body: Body) -> "WireBody":
        """The envelope of a body."""
        return cls(b64(body.nonce), body.core.decode(), body.terms.decode(), body.items)

    def open(self) -> Body:
        """The body in the envelope. ProofError where core or terms is not a JSON object with each member once."""
        nonce = unb64(self.nonce)
        if len(nonce) != NONCE_SIZE:
            raise ProofError(
                "Expected a nonce of %(want)s bytes, got %(got)s", want=NONCE_SIZE, got=len(nonce)
            )
        core, terms = self.core.encode(), self.terms.encode()
        verify_object(core, "core")
        verify_object(terms, "terms")
        return Body(nonce, core, terms, self.items)


def verify_object(data: bytes, part: str) -> bytes:
    """The bytes, when they are a JSON object without a member that occurs twice at any depth; else ProofError."""
    try:
        value = msgspec.json.decode(data)
        same = msgspec.json.encode(value) == data
    except (*DECODE_ERRORS, ValueError) as error:
        raise ProofError("Expected JSON in %(part)s: %(why)s", part=part, why=error) from error
    if type(value) is not dict:
        raise ProofError("Expected a JSON object in %(part)s", part=part)
    if not same:  # what our formatter writes has no double members; other spellings are looked at closely
        verify_unique(data, part)
    return data


def verify_unique(data: bytes, part: str) -> bytes:
    """The bytes, when no JSON member in them occurs twice; ProofError names the one that does."""

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        members = dict(pairs)
        if len(members) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise ProofError("The member %(name)s occurs twice in %(part)s", name=twice, part=part)
        return members

    try:
        json.loads(data, object_pairs_hook=collect)
    except ProofError:
        raise
    except (ValueError, RecursionError) as error:
        raise ProofError("Expected JSON in %(part)s: %(why)s", part=part, why=error) from error
    return data


class Salts:
    """The salts of one body: HMAC-SHA256(nonce, label), the nonce hashed in once for all of them."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, nonce: bytes) -> None:
        key = nonce.ljust(64, b"\0")
        self._inner = sha256(key.translate(_INNER))
        self._outer = sha256(key.translate(_OUTER))

    def derive(self, label: bytes) -> bytes:
        """The salt of 32 bytes for a label: `core`, `terms`, `count`, or `item` and its index as uint32be."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(label)
        outer.update(inner.digest())
        return outer.digest()

    def item(self, index: int) -> bytes:
        """The salt of one item."""
        return self.derive(b"item" + index.to_bytes(4, "big"))


def item_hash(salt: bytes, item: str) -> bytes:
    """SHA-256(0x00 ‖ item salt ‖ role ‖ uri)."""
    return sha256(b"\x00" + salt + item.encode()).digest()


def item_hashes(body: Body) -> list[bytes]:
    """The hash of each item, in signed order."""
    salts = Salts(body.nonce)
    return _item_hashes(salts, body.items)


def _item_hashes(salts: Salts, items: Sequence[str]) -> list[bytes]:
    # One flat loop: this runs once for every pack that is ever commissioned.
    hashes = []
    inner_start, outer_start = salts._inner.copy(), salts._outer
    inner_start.update(b"item")
    for index, item in enumerate(items):
        inner, outer = inner_start.copy(), outer_start.copy()
        inner.update(index.to_bytes(4, "big"))
        outer.update(inner.digest())
        hashes.append(sha256(b"\x00" + outer.digest() + item.encode()).digest())
    return hashes


def text_commitment(salt: bytes, text: bytes) -> bytes:
    """SHA-256(salt ‖ text): the commitment to core or terms."""
    return sha256(salt + text).digest()


def kept_salt(nonce: bytes) -> bytes:
    """The salt of what is kept of a body that is erased; the body's other secrets do not follow from it."""
    return Salts(nonce).derive(b"kept")


def kept_commitment(salt: bytes, kept: bytes) -> bytes:
    """SHA-256(0x04 ‖ salt ‖ kept): what an `erase` names beside the statement."""
    return sha256(b"\x04" + salt + kept).digest()


def count_commitment(salts: Salts, count: int) -> bytes:
    """SHA-256(count salt ‖ uint32be count)."""
    return sha256(salts.derive(b"count") + count.to_bytes(4, "big")).digest()


def items_commitment(count: bytes, items_root: bytes) -> bytes:
    """SHA-256(0x02 ‖ count commitment ‖ root over the item hashes)."""
    return sha256(b"\x02" + count + items_root).digest()


def commit(body: Body) -> tuple[bytes, bytes, bytes]:
    """The commitments to core, terms and items, 32 bytes each."""
    salts = Salts(body.nonce)
    return (
        text_commitment(salts.derive(b"core"), body.core),
        text_commitment(salts.derive(b"terms"), body.terms),
        items_commitment(count_commitment(salts, len(body.items)), root(_item_hashes(salts, body.items))),
    )
