"""The registry of a log, verified from its entries alone (DESIGN section 4): whoever holds them recomputes
every registry head, so that a revocation left out does not verify."""

from collections.abc import Iterable

from traceability.proof import ProofError
from traceability.proof.entry import Entry
from traceability.proof.erasure import Erasures
from traceability.proof.keyring import Keyring, is_after
from traceability.proof.merkle import Frontier
from traceability.proof.statement import RegistryClaims, Statement, verify
from traceability.proof.trust import Trust

CLOCK_TOLERANCE = 300
"""Seconds that a claimed time may be ahead of the admitted time (DESIGN section 4, "Time")."""


class VerifiedRegistry:
    """Registry entries in log order, each verified as it is added; answers with the keys as of any head."""

    def __init__(self, trust: Trust, entries: Iterable[bytes] = ()) -> None:
        self.trust = trust
        self._frontier = Frontier()
        self._keyring = Keyring.start(trust)
        self._keyrings = {self._frontier.root(): (0, self._keyring)}
        self._chains: dict[str, tuple[int, str, str]] = {}
        self._erasures = Erasures()
        for entry in entries:
            self.add(entry)

    @property
    def size(self) -> int:
        """The number of entries so far."""
        return self._frontier.size

    @property
    def head(self) -> bytes:
        """The registry head over all entries so far."""
        return self._frontier.root()

    @property
    def keyring(self) -> Keyring:
        """The keys after all entries so far."""
        return self._keyring

    @property
    def erasures(self) -> Erasures:
        """What the entries so far have erased."""
        return self._erasures

    def at(self, head: bytes) -> Keyring:
        """The keys as of a registry head; ProofError where these entries do not lead to it."""
        return self.prefix(head)[1]

    def prefix(self, head: bytes) -> tuple[int, Keyring]:
        """How many of these entries a registry head is over, and the keys after them; else ProofError."""
        found = self._keyrings.get(head)
        if found is None:
            raise ProofError(
                "The registry head is not one of these %(size)s registry entries: some are missing or altered",
                size=self.size,
            )
        return found

    def add(self, data: bytes, position: int | None = None) -> Statement:
        """Verify one more entry; ProofError names it by its number, counted from 0."""
        number = self.size
        try:
            return self._add(data, number if position is None else position)
        except ProofError as error:
            raise ProofError("registry entry %(number)s: %(why)s", number=number, why=error) from error

    def _add(self, data: bytes, position: int) -> Statement:
        # 1. An entry with a registry statement.
        entry = Entry.parse(data)
        statement = entry.statement
        claims = statement.claims
        if not isinstance(claims, RegistryClaims):
            raise ProofError("Expected a registry statement")
        # 2. Its own registry head is over those before it.
        if entry.registry_head != self.head:
            raise ProofError("The registry head is not the root over the entries before it")
        # 3. Its signer was registered and good then; the signature is the signer's.
        record = self._keyring.verify_signer(statement, entry.admitted)
        verify(statement, record.key)
        # 4. It goes on in its signer's chain.
        self._verify_chain(statement)
        # 5. What it says about keys.
        if entry.outcome == "effect":
            self._keyring = self._keyring.apply(position, statement)
            self._erasures.add(record, statement, entry.admitted)
        else:
            self._verify_refused(entry, statement, position)
        seq, id_, iat = claims.seq, statement.id, claims.iat
        _, _, before = self._chains.get(statement.kid, (0, "", ""))
        self._chains[statement.kid] = (seq, id_, iat if entry.outcome == "effect" else before)
        self._frontier.append(entry.leaf_hash)
        self._keyrings.setdefault(self.head, (self.size, self._keyring))
        return statement

    def _verify_chain(self, statement: Statement) -> None:
        """A key that signs custody statements too has gaps here, which `seq` shows; backwards it never goes."""
        seq, previous, _ = self._chains.get(statement.kid, (-1, "", ""))
        claims = statement.claims
        if claims.seq <= seq or (previous and (claims.seq == seq + 1) != (claims.prev == previous)):
            raise ProofError("The statement does not follow the last one of its key")

    def _verify_refused(self, entry: Entry, statement: Statement, position: int) -> None:
        """The log may not give a good revocation no effect, or a lost key would stay in use."""
        claims = statement.claims
        if not isinstance(claims, RegistryClaims) or not claims.act.startswith(b'{"type":"revoke",'):
            return
        _, _, last = self._chains.get(statement.kid, (0, "", ""))
        if is_after(claims.iat, entry.admitted, CLOCK_TOLERANCE) or (last and is_after(last, claims.iat)):
            return
        try:
            self._keyring.apply(position, statement)
        except ProofError:
            return
        raise ProofError("The log gave no effect to a revocation that is good")
