"""What a partial body shows: core, terms and single items, each with its salt (DESIGN section 3).

Whoever is shown one item of a shipment learns neither the others nor how many they are.
"""

from collections.abc import Collection, Iterable

import msgspec

from traceability.proof import ProofError
from traceability.proof.body import (
    DECODE_ERRORS,
    Body,
    Item,
    Salts,
    count_commitment,
    item_hash,
    item_hashes,
    items_commitment,
    text_commitment,
    verify_object,
)
from traceability.proof.merkle import next_level, node_hash
from traceability.proof.signing import b64, unb64
from traceability.proof.statement import Claims, Digest, Statement

LEFT, RIGHT = "L", "R"
MAX_PATH = 32


class ItemProof(msgspec.Struct, frozen=True, gc=False):
    """That one item is among those signed: its salt, the (side, sibling) pairs from the leaf up to the root
    over all items, and the count commitment. `side` is L or R, where the sibling stands."""

    salt: bytes
    path: tuple[tuple[str, bytes], ...]
    count: bytes


class Shown(msgspec.Struct, frozen=True, gc=False):
    """Core or terms in the open, with the salt of its commitment."""

    text: bytes
    salt: bytes


class Disclosure(msgspec.Struct, frozen=True):
    """Parts of a body that somebody may see, each of which verifies against the statement alone."""

    core: Shown | None = None
    terms: Shown | None = None
    items: tuple[tuple[str, ItemProof], ...] = ()

    @classmethod
    def parse(cls, data: bytes | str) -> "Disclosure":
        """From canonical JSON as `to_json` writes it; ProofError otherwise."""
        data = data.encode() if isinstance(data, str) else data
        try:
            wire = msgspec.json.decode(data, type=WireDisclosure)
        except DECODE_ERRORS as error:
            raise ProofError("Expected a disclosure of core, terms and items: %(why)s", why=error) from error
        if msgspec.json.encode(wire) != data:
            raise ProofError("The disclosure is not spelt as it must be: in order, without white space")
        return wire.open()

    def to_json(self) -> bytes:
        """`{"core":{"text","salt"},"terms":{"text","salt"},"items":[{"item","salt","path":["L…"],"count"}]}`;
        absent parts are left out."""
        return msgspec.json.encode(WireDisclosure.of(self))


class _WireShown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    salt: Digest


class _WireItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: Item
    salt: Digest
    path: tuple[str, ...]
    count: Digest

    def open(self) -> tuple[str, ItemProof]:
        path = tuple([(step[:1], unb64(step[1:])) for step in self.path])
        if len(path) > MAX_PATH or any(side not in (LEFT, RIGHT) or len(hash_) != 32 for side, hash_ in path):
            raise ProofError("Expected a path of sides L or R with hashes of 32 bytes")
        return self.item, ItemProof(unb64(self.salt), path, unb64(self.count))


class WireDisclosure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The JSON of a disclosure."""

    core: _WireShown | None = None
    terms: _WireShown | None = None
    items: tuple[_WireItem, ...] = ()

    @classmethod
    def of(cls, shown: Disclosure) -> "WireDisclosure":
        """The JSON of a disclosure."""
        items = [
            _WireItem(
                item,
                b64(proof.salt),
                tuple([f"{side}{b64(step)}" for side, step in proof.path]),
                b64(proof.count),
            )
            for item, proof in shown.items
        ]
        return cls(_wire_shown(shown.core), _wire_shown(shown.terms), tuple(items))

    def open(self) -> Disclosure:
        """The disclosure in the JSON."""
        items = tuple([item.open() for item in self.items])
        if len(set(items)) != len(items):
            raise ProofError("The disclosure shows an item twice")
        return Disclosure(_open(self.core, "core"), _open(self.terms, "terms"), items)


def _wire_shown(shown: Shown | None) -> _WireShown | None:
    return None if shown is None else _WireShown(shown.text.decode(), b64(shown.salt))


def _open(shown: _WireShown | None, part: str) -> Shown | None:
    return None if shown is None else Shown(verify_object(shown.text.encode(), part), unb64(shown.salt))


def prove_item(body: Body, index: int) -> ItemProof:
    """The proof of the item at an index of a body."""
    return prove_items(body, [index])[0]


def prove_items(body: Body, indexes: Iterable[int]) -> list[ItemProof]:
    """The proofs of some items of a body; the tree is computed once."""
    levels = [item_hashes(body)]
    while len(levels[-1]) > 1:
        levels.append(next_level(levels[-1]))
    salts = Salts(body.nonce)
    count = count_commitment(salts, len(body.items))
    return [ItemProof(salts.item(index), _path(levels, index), count) for index in indexes]


def _path(levels: list[list[bytes]], index: int) -> tuple[tuple[str, bytes], ...]:
    path = []
    for level in levels[:-1]:
        sibling = index ^ 1
        if sibling < len(level):  # an odd last hash has no sibling and moves up
            path.append((RIGHT if sibling > index else LEFT, level[sibling]))
        index >>= 1
    return tuple(path)


def disclose(
    body: Body, items: Collection[str] = (), *, core: bool = True, terms: bool = False
) -> Disclosure:
    """What to hand to somebody who may see the core and some items (texts with their role letter)."""
    salts = Salts(body.nonce)
    wanted = set(items)
    indexes = [index for index, item in enumerate(body.items) if item in wanted]
    shown = [body.items[index] for index in indexes]
    return Disclosure(
        Shown(body.core, salts.derive(b"core")) if core else None,
        Shown(body.terms, salts.derive(b"terms")) if terms else None,
        tuple(zip(shown, prove_items(body, indexes), strict=True)),
    )


def verify_item(statement: Statement, item: str, proof: ItemProof) -> str:
    """The item, when the statement commits to it; ProofError otherwise."""
    found = item_hash(proof.salt, item)
    for side, sibling in proof.path:
        found = node_hash(sibling, found) if side == LEFT else node_hash(found, sibling)
    if b64(items_commitment(proof.count, found)) != _claims(statement).items:
        raise ProofError("The item %(item)s: not among those that were signed", item=item)
    return item


def verify_disclosure(statement: Statement, shown: Disclosure) -> Disclosure:
    """The disclosure, when the statement commits to every part of it; ProofError names the part that differs."""
    claims = _claims(statement)
    for part, opened, signed in (("core", shown.core, claims.core), ("terms", shown.terms, claims.terms)):
        if opened is not None and b64(text_commitment(opened.salt, opened.text)) != signed:
            raise ProofError("The %(part)s of the body: not what was signed", part=part)
    for number, (item, proof) in enumerate(shown.items, 1):
        try:
            verify_item(statement, item, proof)
        except ProofError as error:
            raise ProofError("item %(number)s: %(why)s", number=number, why=error) from error
    return shown


def _claims(statement: Statement) -> Claims:
    if not isinstance(statement.claims, Claims):
        raise ProofError("A registry statement has no body")
    return statement.claims
