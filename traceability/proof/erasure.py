"""Bodies erased by law, as the registry entries of a log tell of them (docs/formats.md, "Erase").

An `erase` is the authority's, and names statements and a snapshot that a regulator has countersigned before. Whether
the snapshot covers a statement shows its position.
"""

from typing import Annotated

import msgspec

from traceability.proof import ProofError
from traceability.proof.body import DECODE_ERRORS
from traceability.proof.keyring import AUTHORITY, REGULATOR, KeyRecord
from traceability.proof.snapshot import Countersignature
from traceability.proof.statement import RegistryClaims, Statement

_ERASE, _SNAPSHOT = b'{"type":"erase",', b'{"type":"snapshot",'


class Erasure(msgspec.Struct, frozen=True):
    """How a statement's body was erased."""

    party: str
    """GLN of the authority."""
    admitted: str
    reason: str
    size: int
    """Number of entries of the snapshot that covers it."""


class _Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    kept: str


class _Erase(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="type",
    tag="erase",
):
    statements: Annotated[tuple[_Named, ...], msgspec.Meta(min_length=1)]
    size: int
    snapshot: str
    reason: str
    reference: str | None = None


class Erasures:
    """What was erased, entry by entry of a verified registry."""

    def __init__(self) -> None:
        self.named: dict[str, Erasure] = {}
        """By statement id."""
        self._countersigned: set[bytes] = set()

    def add(self, signer: KeyRecord, statement: Statement, admitted: str) -> None:
        """Take in a registry statement that had effect; ProofError for an `erase` that could have none."""
        claims = statement.claims
        if not isinstance(claims, RegistryClaims):
            return
        act = bytes(claims.act)
        if act.startswith(_SNAPSHOT) and signer.role == REGULATOR:
            self._countersigned.add(act)
        elif act.startswith(_ERASE):
            self.named |= self.of(signer, act, admitted)

    def of(self, signer: KeyRecord, act: bytes, admitted: str) -> dict[str, Erasure]:
        """What an `erase` would take away after the entries so far."""
        try:
            erase = msgspec.json.decode(act, type=_Erase)
        except DECODE_ERRORS as error:
            raise ProofError("The erase is not what its type asks for: %(why)s", why=error) from error
        if msgspec.json.encode(erase) != act:
            raise ProofError("The erase is not spelt as its type asks for")
        if signer.role != AUTHORITY:
            raise ProofError("Only the authority has bodies erased")
        covering = msgspec.json.encode(Countersignature(erase.size, erase.snapshot))
        if covering not in self._countersigned:
            raise ProofError("The erase is by a snapshot that no regulator has countersigned")
        if any(one.id in self.named for one in erase.statements):
            raise ProofError("The erase names a body that is erased already")
        made = Erasure(signer.party, admitted, erase.reason, erase.size)
        return dict.fromkeys([one.id for one in erase.statements], made)


def verify_covered(erased: dict[str, Erasure], statement: Statement, position: int) -> Erasure | None:
    """The erasure of a statement's body; ProofError where the snapshot that has to cover it is older than it."""
    found = erased.get(statement.id)
    if found is not None and position >= found.size:
        raise ProofError("The snapshot of the erase that names it does not cover it")
    return found
