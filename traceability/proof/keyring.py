"""Which key is good at which place of the log (DESIGN section 3, "Keys"): a fold over registry statements.

A key is good for entries between its registration and its revocation, by log position. This is the one
place that knows; receipts, bundles and admission all ask it. Registry acts that say nothing about keys
pass through unchanged.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic, Literal, TypeVar

import msgspec

from traceability.proof import ProofError
from traceability.proof.body import DECODE_ERRORS
from traceability.proof.signing import LogVerifier, PublicKey, unb64
from traceability.proof.statement import PartyNumber, RegistryClaims, Statement, verify_time
from traceability.proof.trust import Trust, WireJwk, successor

AUTHORITY = "authority"
CANDIDATE = "candidate"
"""The role of a key that a proposed root document names: it may sign that document and nothing else."""
ADMINISTRATOR, REGULATOR = "administrator", "regulator"
LATE_FROM = 3
"""The version of the custody rules from which a statement may arrive after its key's last day."""
LATE_WITHIN = 240 * 3600
"""Seconds after the last day of a key within which what it signed before may arrive: a person's device
without a network. Longer would let an expired key sign with an earlier date."""

V = TypeVar("V")


class KeyRecord(msgspec.Struct, frozen=True):
    """A registered key, as of one place in the log."""

    key: PublicKey
    party: str
    """GLN of the party for which it signs."""
    role: str
    """authority, candidate, or the role of its registration: administrator, operator, pharmacist …"""
    registered: int | None = None
    """Log position of its registration; None where the root document itself names the key."""
    revoked: int | None = None
    """Log position of its revocation; None while it is good."""
    since: str | None = None
    """From when its signatures are disputed, as the revocation says."""
    reason: str | None = None
    expires: str | None = None

    @property
    def kid(self) -> str:
        """RFC 7638 thumbprint."""
        return self.key.kid

    @property
    def jwk(self) -> str:
        """The canonical JWK text."""
        return self.key.jwk


class _Table(Generic[V]):
    """A persistent mapping: `put` gives a new table and shares what did not change."""

    __slots__ = ("_buckets",)

    def __init__(self, buckets: Mapping[str, Mapping[str, V]] | None = None) -> None:
        self._buckets = buckets or {}

    def get(self, name: str) -> V | None:
        bucket = self._buckets.get(name[-2:])
        return None if bucket is None else bucket.get(name)

    def put(self, name: str, value: V) -> "_Table[V]":
        bucket = {**self._buckets.get(name[-2:], {}), name: value}
        return _Table({**self._buckets, name[-2:]: bucket})


class _Type(msgspec.Struct, frozen=True, gc=False):
    type: str


class _Party(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="party"):
    gln: PartyNumber
    roles: tuple[str, ...]


class _Key(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="type", tag="key"
):
    party: PartyNumber
    role: Literal["administrator", "operator", "pharmacist", "quality", "station", "regulator"]
    jwk: WireJwk
    proof: str
    expires: str | None = None


class _Rules(msgspec.Struct, frozen=True, gc=False):
    version: int


class _Revoke(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="revoke"):
    kid: str
    reason: Literal["lost", "compromised", "retired", "superseded"]
    since: str


class _Proposal(msgspec.Struct, frozen=True):
    document: Trust
    signed: frozenset[str]


def possession_text(log: str, party: str, role: str, kid: str) -> bytes:
    """What a new key signs to show that it wants this registration and no other (member `proof`)."""
    return f"custody-key/1\n{log}\n{party}\n{role}\n{kid}\n".encode()


class Keyring:
    """The keys of a log as of one place in it. Immutable: `apply` gives the next one."""

    __slots__ = ("_keys", "_parties", "_proposals", "_rules", "log_keys", "trust")

    def __init__(
        self,
        trust: Trust,
        log_keys: tuple[LogVerifier, ...],
        keys: _Table[KeyRecord],
        parties: _Table[tuple[str, ...]],
        proposals: Mapping[bytes, _Proposal],
        rules: int = 0,
    ) -> None:
        self.trust = trust
        """The root document in force."""
        self.log_keys = log_keys
        """The keys that may have signed checkpoints: the pinned document's and its successors'."""
        self._keys = keys
        self._parties = parties
        self._proposals = proposals
        self._rules = rules

    @classmethod
    def start(cls, trust: Trust) -> "Keyring":
        """The keyring of an empty log: the authority's keys alone."""
        keys: _Table[KeyRecord] = _Table()
        for key in trust.authority.keys:
            keys = keys.put(key.kid, KeyRecord(key, trust.authority.gln, AUTHORITY))
        return cls(trust, (trust.log,), keys, _Table(), {})

    def signer(self, kid: str) -> KeyRecord | None:
        """What is known of a key; None where it is not registered. It may be revoked: look at `revoked`."""
        return self._keys.get(kid)

    def roles(self, gln: str) -> tuple[str, ...] | None:
        """The roles of a registered party; None where it is not registered."""
        return self._parties.get(gln)

    def verify_signer(self, statement: Statement, admitted: str | None = None) -> KeyRecord:
        """The key of a statement, when it is registered, belongs to `iss` and is not revoked or, at the time
        of admission, expired; ProofError otherwise. The signature is not verified by this.

        From rules version 3 on, a custody statement that was signed by the key's last day may arrive within
        `LATE_WITHIN` of it: the rules grade it late.
        """
        record, claims = self._keys.get(statement.kid), statement.claims
        if claims.log != self.trust.origin:
            raise ProofError(
                "The statement is for the log %(theirs)s, not for %(ours)s",
                theirs=claims.log,
                ours=self.trust.origin,
            )
        if record is None:
            raise ProofError("The key %(kid)s is not registered", kid=statement.kid)
        if record.party != claims.iss:
            raise ProofError(
                "The key %(kid)s belongs to party %(owner)s, and the statement speaks for %(iss)s",
                kid=statement.kid,
                owner=record.party,
                iss=claims.iss,
            )
        if record.revoked is not None:
            raise ProofError(
                "The key %(kid)s was revoked by entry %(position)s", kid=record.kid, position=record.revoked
            )
        if (
            record.expires is not None
            and admitted is not None
            and is_after(admitted, record.expires)
            and not self._is_late(statement, admitted, record.expires)
        ):
            raise ProofError("The key %(kid)s has expired on %(time)s", kid=record.kid, time=record.expires)
        if record.role == CANDIDATE and _type(claims) != "root":
            raise ProofError("The key %(kid)s may only sign the root document that names it", kid=record.kid)
        return record

    def _is_late(self, statement: Statement, admitted: str, expires: str) -> bool:
        """Whether a statement arrives after its key's last day, and was signed before."""
        claims = statement.claims
        return (
            self._rules >= LATE_FROM
            and not isinstance(claims, RegistryClaims)
            and not is_after(claims.iat, expires)
            and not is_after(admitted, expires, LATE_WITHIN)
        )

    def apply(self, position: int, statement: Statement) -> "Keyring":
        """The keyring after a registry statement at a log position, whose signature has been verified.

        ProofError where its signer may not say this. Acts that are not about keys change nothing.
        """
        claims = statement.claims
        if not isinstance(claims, RegistryClaims):
            raise ProofError("Expected a registry statement")
        signer = self.verify_signer(statement)
        rule = _RULES.get(_type(claims) or "")
        return self if rule is None else rule(self, position, signer, claims.act)

    def _party(self, _position: int, signer: KeyRecord, act: bytes) -> "Keyring":
        party = _decode(act, _Party)
        if signer.role != AUTHORITY:
            raise ProofError("Only the authority registers parties")
        return self._with(parties=self._parties.put(party.gln, party.roles))

    def _put_rules(self, _position: int, signer: KeyRecord, act: bytes) -> "Keyring":
        """Custody knows what the rules say; here they only say how long a statement may be on its way."""
        return self._with(rules=_decode(act, _Rules).version) if signer.role == AUTHORITY else self

    def _key(self, position: int, signer: KeyRecord, act: bytes) -> "Keyring":
        wanted = _decode_exact(act, _Key)
        key = wanted.jwk.open()
        self._verify_may_register(signer, wanted)
        if self._keys.get(key.kid) is not None:
            raise ProofError("The key %(kid)s is registered already; a key registers once", kid=key.kid)
        text = possession_text(self.trust.origin, wanted.party, wanted.role, key.kid)
        try:
            key.verify(unb64(wanted.proof), text)
        except ProofError as error:
            raise ProofError(
                "The new key %(kid)s has not signed for its registration", kid=key.kid
            ) from error
        if wanted.expires is not None:
            verify_time(wanted.expires)
        record = KeyRecord(key, wanted.party, wanted.role, position, expires=wanted.expires)
        return self._with(keys=self._keys.put(key.kid, record))

    def _verify_may_register(self, signer: KeyRecord, wanted: _Key) -> None:
        roles = self._parties.get(wanted.party)
        if roles is None:
            raise ProofError("The party %(gln)s is not registered", gln=wanted.party)
        if wanted.role == REGULATOR and REGULATOR not in roles:
            raise ProofError("The party %(gln)s is not a regulator", gln=wanted.party)
        if signer.role == AUTHORITY and wanted.role in (ADMINISTRATOR, REGULATOR):
            return
        own = signer.role == ADMINISTRATOR and signer.party == wanted.party
        if not own or wanted.role == ADMINISTRATOR:
            raise ProofError(
                "The authority registers administrators and regulators; an administrator registers the other "
                "keys of its own party"
            )

    def _revoke(self, position: int, signer: KeyRecord, act: bytes) -> "Keyring":
        revoked = _decode_exact(act, _Revoke)
        verify_time(revoked.since)
        record = self._keys.get(revoked.kid)
        if record is None or record.role in (AUTHORITY, CANDIDATE):
            raise ProofError(
                "The key %(kid)s is not registered by a statement, so none revokes it", kid=revoked.kid
            )
        if record.revoked is not None:
            raise ProofError("The key %(kid)s is revoked already", kid=revoked.kid)
        if signer.role != AUTHORITY and (signer.role != ADMINISTRATOR or signer.party != record.party):
            raise ProofError("A key is revoked by the authority or by an administrator of its own party")
        gone = msgspec.structs.replace(record, revoked=position, since=revoked.since, reason=revoked.reason)
        return self._with(keys=self._keys.put(record.kid, gone))

    def _root(self, position: int, signer: KeyRecord, act: bytes) -> "Keyring":
        """A successor counts when as many of the old and of the new authority keys have signed it as the
        old and the new document ask for."""
        known = self._proposals.get(act)
        if known is None:
            if signer.role != AUTHORITY:
                raise ProofError("A new root document is proposed by the authority in force")
            document = successor(act)
            if document.origin != self.trust.origin:
                raise ProofError("A new root document keeps the log's origin")
            for key in document.authority.keys:
                held = self._keys.get(key.kid)
                if held is not None and held.role not in (AUTHORITY, CANDIDATE):
                    raise ProofError("The key %(kid)s is in use as %(role)s", kid=key.kid, role=held.role)
            known = _Proposal(document, frozenset())
        known = _Proposal(known.document, known.signed | {signer.kid})
        proposals = {**self._proposals, act: known}
        keys = self._keys
        if self._is_accepted(known):
            return self._succeed(position, known.document)
        for key in known.document.authority.keys:
            if keys.get(key.kid) is None:
                keys = keys.put(key.kid, KeyRecord(key, known.document.authority.gln, CANDIDATE, position))
        return self._with(keys=keys, proposals=proposals)

    def _is_accepted(self, proposal: _Proposal) -> bool:
        authorities = (self.trust.authority, proposal.document.authority)
        return all(
            sum(key.kid in proposal.signed for key in authority.keys) >= authority.threshold
            for authority in authorities
        )

    def _succeed(self, position: int, document: Trust) -> "Keyring":
        keys, new = self._keys, {key.kid for key in document.authority.keys}
        for key in self.trust.authority.keys:
            record = keys.get(key.kid)
            if key.kid not in new and record is not None:
                keys = keys.put(
                    key.kid, msgspec.structs.replace(record, revoked=position, reason="superseded")
                )
        for key in document.authority.keys:
            keys = keys.put(key.kid, KeyRecord(key, document.authority.gln, AUTHORITY, position))
        log_keys = self.log_keys if document.log in self.log_keys else (*self.log_keys, document.log)
        return Keyring(document, log_keys, keys, self._parties, {}, self._rules)

    def _with(
        self,
        keys: _Table[KeyRecord] | None = None,
        parties: _Table[tuple[str, ...]] | None = None,
        proposals: Mapping[bytes, _Proposal] | None = None,
        rules: int | None = None,
    ) -> "Keyring":
        return Keyring(
            self.trust,
            self.log_keys,
            keys or self._keys,
            parties or self._parties,
            self._proposals if proposals is None else proposals,
            self._rules if rules is None else rules,
        )


_RULES: dict[str, Callable[[Keyring, int, KeyRecord, bytes], Keyring]] = {
    "party": Keyring._party,
    "rules": Keyring._put_rules,
    "key": Keyring._key,
    "revoke": Keyring._revoke,
    "root": Keyring._root,
}

T = TypeVar("T")


def _decode(act: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(act, type=kind)
    except DECODE_ERRORS as error:
        raise ProofError("The registry act is not what its type asks for: %(why)s", why=error) from error


def _decode_exact(act: bytes, kind: type[T]) -> T:
    """The same, for acts that are nothing but keys: members in their one order."""
    value = _decode(act, kind)
    if msgspec.json.encode(value) != act:
        raise ProofError(
            "The registry act is not spelt as its type asks for: members in order, absent ones left out"
        )
    return value


def _type(claims: object) -> str | None:
    if not isinstance(claims, RegistryClaims):
        return None
    try:
        return msgspec.json.decode(claims.act, type=_Type).type
    except DECODE_ERRORS:
        return None


def is_after(time: str, limit: str, seconds: int = 0) -> bool:
    """Whether a time is more than so many seconds after another; both with their offset from UTC."""
    return (datetime.fromisoformat(time) - datetime.fromisoformat(limit)).total_seconds() > seconds
