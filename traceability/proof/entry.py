"""The entry, version 1 (DESIGN section 4): a statement with what the log adds to it; the leaf of the tree."""

import re
from datetime import datetime

import msgspec

from traceability.proof import ProofError
from traceability.proof.merkle import leaf_hash
from traceability.proof.signing import b64, unb64
from traceability.proof.statement import Statement

MAX_ENTRY = 65_535
_FIRST = b"custody-entry/1"
_HEAD = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z) (effect|none)"
    r" (0|[1-9][0-9]{0,8}) ([A-Za-z0-9_-]{43})"
)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry of the log."""

    admitted: str
    """When the log admitted it: UTC with milliseconds, YYYY-MM-DDThh:mm:ss.mmmZ."""
    outcome: str
    """`effect`, or `none` where the rules refused the act and it changed nothing."""
    rules: int
    """The version of the rules that decided."""
    registry_head: bytes
    """RFC 6962 root over all registry entries before this one, 32 bytes."""
    jws: bytes

    @classmethod
    def parse(cls, data: bytes | str) -> "Entry":
        """From its three lines of text; ProofError for whatever `to_bytes` would not write."""
        data = data.encode() if isinstance(data, str) else data
        if len(data) > MAX_ENTRY:
            raise ProofError(
                "Expected an entry of at most %(most)s bytes, got %(got)s", most=MAX_ENTRY, got=len(data)
            )
        lines = data.split(b"\n")
        if len(lines) != 4 or lines[0] != _FIRST or lines[3]:
            raise ProofError("Expected an entry of three lines, the first %(first)s", first=_FIRST.decode())
        match = _HEAD.fullmatch(lines[1].decode("ascii", "replace"))
        if match is None:
            raise ProofError(
                "Expected admitted time, outcome, rules version and registry head in an entry's line 2"
            )
        admitted, outcome, rules, head = match.groups()
        try:
            datetime.fromisoformat(admitted)
        except ValueError as error:
            raise ProofError("The calendar does not have the time %(time)s", time=admitted) from error
        return cls(admitted, outcome, int(rules), unb64(head), lines[2])

    def to_bytes(self) -> bytes:
        """The three lines of text; ProofError above 65,535 bytes."""
        head = f"custody-entry/1\n{self.admitted} {self.outcome} {self.rules} {b64(self.registry_head)}\n"
        data = head.encode() + self.jws + b"\n"
        if len(data) > MAX_ENTRY:
            raise ProofError(
                "Expected an entry of at most %(most)s bytes, got %(got)s", most=MAX_ENTRY, got=len(data)
            )
        return data

    @property
    def leaf_hash(self) -> bytes:
        """The hash of this entry as a leaf of the tree."""
        return leaf_hash(self.to_bytes())

    @property
    def statement(self) -> Statement:
        """The statement, parsed; ProofError where it is not one."""
        return Statement.parse(self.jws)

    @property
    def statement_id(self) -> str:
        """The id of the statement."""
        return self.statement.id
