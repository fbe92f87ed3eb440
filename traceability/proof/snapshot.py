"""Snapshots: the state of every item at a log position under one signed root (docs/formats.md, "Snapshot").

Rows are bytes here; what they say is `custody.snapshot`'s. They are sorted and divided into groups, each with
an RFC 6962 root of its own; the snapshot's root is over the groups, sorted by name. So a group whose rows did
not change keeps its root, and a whole group is proven by one path, however many rows it has.

    salt       = HMAC-SHA256(key, row)                       a secret key: no row can be guessed from its hash
    leaf       = SHA-256(0x00 ‖ salt ‖ row)
    group salt = HMAC-SHA256(key, "group" ‖ 0x00 ‖ name ‖ 0x00 ‖ uint64be rows ‖ group root)
    group leaf = SHA-256(0x00 ‖ group salt ‖ uint64be rows ‖ group root ‖ name)
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

import msgspec

from traceability.proof import ProofError
from traceability.proof.checkpoint import Note, sign_note
from traceability.proof.keyring import KeyRecord, Keyring
from traceability.proof.merkle import Frontier, inclusion_proof, root, verify_inclusion
from traceability.proof.signing import LogKey, b64, std64, unb64, unstd64
from traceability.proof.statement import RegistryClaims, Statement

HEADER, ROWS = "custody-snapshot/1", "custody-rows/1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_SHOWN = re.compile(rb"([A-Za-z0-9_-]{43}) (\{[^\n]*\})")
_HIDDEN = re.compile(rb"-(0|[1-9][0-9]?) ([A-Za-z0-9_-]{43})")


class SnapshotHead(msgspec.Struct, frozen=True):
    """What the operator signs and the regulator countersigns."""

    origin: str
    """Of the log."""
    size: int
    """Number of entries that it is over."""
    head: bytes
    """The log's root over them."""
    items: int
    """Rows in all groups."""
    groups: int
    root: bytes
    """Over the groups."""

    @classmethod
    def parse(cls, text: str) -> "SnapshotHead":
        """From the text of a note; ProofError for whatever `text` would not write."""
        lines = text.split("\n")
        if len(lines) == 6 and lines[0] == HEADER and not lines[5]:
            size, _, head = lines[2].partition(" ")
            items, _, groups = lines[3].partition(" ")
            if all(_NUMBER.fullmatch(number) for number in (size, items, groups)):
                found = cls(lines[1], int(size), unstd64(head), int(items), int(groups), unstd64(lines[4]))
                if found.text == text and len(found.head) == len(found.root) == 32:
                    return found
        raise ProofError(
            "Expected a snapshot: its kind, origin, size and head, numbers and root, each on its line"
        )

    @property
    def text(self) -> str:
        """The text that is signed."""
        return (
            f"{HEADER}\n{self.origin}\n{self.size} {std64(self.head)}\n"
            f"{self.items} {self.groups}\n{std64(self.root)}\n"
        )

    @property
    def digest(self) -> str:
        """What a countersignature names: base64url SHA-256 of the text."""
        return b64(sha256(self.text.encode()).digest())

    def signed(self, key: LogKey) -> str:
        """As a note signed by the log."""
        return str(sign_note(self.text, [key]))


def parse_snapshot(note: str | bytes) -> SnapshotHead:
    """The snapshot in a note; its signatures are not verified by that."""
    return SnapshotHead.parse(Note.parse(note).text)


def verify_note(note: str | bytes, keyring: Keyring) -> SnapshotHead:
    """The snapshot in a note, when it is of the keyring's log and signed by its key; ProofError otherwise."""
    failure: ProofError | None = None
    for key in keyring.log_keys:
        try:
            head = SnapshotHead.parse(Note.parse(note).signed_by(key).text)
        except ProofError as error:
            failure = failure or error
            continue
        if head.origin == keyring.trust.origin:
            return head
        failure = ProofError(
            "It is of the log %(theirs)s, not of %(ours)s", theirs=head.origin, ours=keyring.trust.origin
        )
    raise ProofError("snapshot signature: %(why)s", why=failure)


class Countersignature(
    msgspec.Struct, frozen=True, tag="snapshot", tag_field="type", forbid_unknown_fields=True
):
    """The registry act by which a regulator says that its own replay gives the same snapshot."""

    size: int
    snapshot: str
    """`SnapshotHead.digest`."""


def countersigners(acts: Iterable[tuple[KeyRecord, Statement]], head: SnapshotHead) -> tuple[str, ...]:
    """The regulators among the signers of registry acts that have countersigned a snapshot."""
    wanted = msgspec.json.encode(Countersignature(head.size, head.digest))
    found = [
        statement.claims.iss
        for signer, statement in acts
        if signer.role == "regulator"
        and isinstance(statement.claims, RegistryClaims)
        and bytes(statement.claims.act) == wanted
    ]
    return tuple(dict.fromkeys(found))


class Group(NamedTuple):
    """Rows that stand together: those of a lot, or of containers with neighbouring numbers."""

    name: str
    rows: int
    root: bytes

    @property
    def _fixed(self) -> bytes:
        return self.rows.to_bytes(8, "big") + self.root

    def salt(self, key: bytes) -> bytes:
        """The salt of its leaf."""
        return hmac.digest(key, b"group\0" + self.name.encode() + b"\0" + self._fixed, "sha256")

    def leaf(self, salt: bytes) -> bytes:
        """Its leaf hash in the snapshot."""
        return sha256(b"\0" + salt + self._fixed + self.name.encode()).digest()


def salt_of(key: bytes, row: bytes) -> bytes:
    """The salt of a row: another one as soon as the row changes."""
    return hmac.digest(key, row, "sha256")


def row_leaf(salt: bytes, row: bytes) -> bytes:
    """The leaf hash of a row."""
    return sha256(b"\0" + salt + row).digest()


def snapshot_root(groups: Sequence[Group], key: bytes) -> bytes:
    """The root over groups, which come sorted by name and each once."""
    names = [group.name.encode() for group in groups]
    if any(one >= other for one, other in pairwise(names)):
        raise ProofError("Expected the groups of a snapshot sorted by name, each once")
    return root([group.leaf(group.salt(key)) for group in groups])


class Line(NamedTuple):
    """One row on its way into a rows file."""

    salt: bytes
    row: bytes
    shown: bool
    """Whether its reader may see it; else it goes in as a hash."""


class GroupProver:
    """Proves groups of one snapshot."""

    def __init__(self, groups: Sequence[Group], key: bytes) -> None:
        self._groups = {group.name: (index, group) for index, group in enumerate(groups)}
        self._key = key
        self._leaves = [group.leaf(group.salt(key)) for group in groups]
        self._levels: dict[tuple[int, int], bytes] = {}

    def _read(self, level: int, index: int) -> bytes:
        if level == 0:
            return self._leaves[index]
        if (level, index) not in self._levels:
            first, last = index << level, (index + 1) << level
            self._levels[level, index] = root(self._leaves[first:last])
        return self._levels[level, index]

    def rows_file(self, name: str, lines: Iterable[Line]) -> Iterator[bytes]:
        """The rows file of a group, a line at a time; ProofError where the rows are not those of the group."""
        index, group = self._groups[name]
        path = inclusion_proof(self._read, index, len(self._leaves))
        head = [ROWS, f"{index} {group.rows}", name, b64(group.salt(self._key)), *map(b64, path)]
        yield ("\n".join(head) + "\n\n").encode()
        frontier, hidden = Frontier(), _Hidden()
        for salt, row, shown in lines:
            leaf = row_leaf(salt, row)
            if shown:
                yield from hidden.take()
                yield f"{b64(salt)} ".encode() + row + b"\n"
            else:
                hidden.add(frontier.size, leaf)
            frontier.append(leaf)
        yield from hidden.take()
        if (frontier.size, frontier.root()) != (group.rows, group.root):
            raise ProofError("%(name)s: the rows are not those of the snapshot", name=name)


class _Hidden:
    """Neighbouring leaves that are not shown, as few complete subtrees as they make."""

    def __init__(self) -> None:
        self._nodes: list[tuple[int, int, bytes]] = []  # (first leaf, level, hash)

    def add(self, at: int, node: bytes) -> None:
        first, level = at, 0
        while self._nodes:
            before, height, left = self._nodes[-1]
            if height != level or before % (2 << level) or before + (1 << level) != first:
                break
            self._nodes.pop()
            node, first, level = sha256(b"\1" + left + node).digest(), before, level + 1
        self._nodes.append((first, level, node))

    def take(self) -> Iterator[bytes]:
        for _, level, node in self._nodes:
            yield f"-{level} {b64(node)}\n".encode()
        self._nodes.clear()


class VerifiedGroup(msgspec.Struct, frozen=True):
    """The rows of a group that were shown, at their places."""

    name: str
    count: int
    rows: dict[int, bytes]
    """By place among the group's rows."""

    @property
    def whole(self) -> bool:
        """Whether every row is shown."""
        return len(self.rows) == self.count


def verify_rows(data: bytes, snapshot: SnapshotHead) -> VerifiedGroup:
    """What a rows file proves under a snapshot, or ProofError."""
    head, blank, body = data.partition(b"\n\n")
    try:
        lines = head.decode().split("\n")
    except UnicodeDecodeError as error:
        raise ProofError("Expected rows in UTF-8") from error
    numbers = lines[1].split(" ") if len(lines) > 3 else []
    if not blank or lines[0] != ROWS or len(numbers) != 2 or not all(map(_NUMBER.fullmatch, numbers)):
        raise ProofError("Expected rows: kind, place and number, name, salt and path, each on its line")
    index, count = map(int, numbers)
    frontier, rows = Frontier(), {}
    if body and not body.endswith(b"\n"):
        raise ProofError("Expected each row to end its line")
    for number, line in enumerate(body.split(b"\n")[:-1], 1):
        shown = _SHOWN.fullmatch(line)
        hidden = None if shown else _HIDDEN.fullmatch(line)
        if shown is not None:
            rows[frontier.size] = shown[2]
            frontier.append(row_leaf(unb64(shown[1].decode()), shown[2]))
        elif hidden is not None and int(hidden[1]) < 48:
            frontier.append_subtree(int(hidden[1]), unb64(hidden[2].decode()))
        else:
            raise ProofError(
                "row %(number)s: expected a salt and a row, or a level and a hash", number=number
            )
    if frontier.size != count:
        raise ProofError(
            "It has %(got)s rows, and says that it has %(count)s", got=frontier.size, count=count
        )
    group = Group(lines[2], count, frontier.root())
    path = [unb64(line) for line in lines[4:]]
    try:
        verify_inclusion(group.leaf(unb64(lines[3])), index, snapshot.groups, path, snapshot.root)
    except ProofError as error:
        raise ProofError("The rows are not those of the snapshot: %(why)s", why=error) from error
    return VerifiedGroup(group.name, count, rows)
