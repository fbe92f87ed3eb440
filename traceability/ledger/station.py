"""A key at work outside a browser: the command line, imports, the demo and the benchmarks sign here."""

from collections.abc import Callable, Iterable

from traceability.custody.compose import Composed
from traceability.ledger.history import Chain
from traceability.proof.signing import PrivateKey
from traceability.proof.statement import Body, Statement, Submission, draft_custody, draft_registry, sign


class Station:
    """Signs for one party with one key, and keeps that key's own chain (DESIGN section 3).

    The chain is the caller's to keep across runs: `chain` is where it stands. A statement that is not
    admitted must be sent again as it is, or the chain taken back to before it.
    """

    def __init__(
        self,
        key: PrivateKey,
        party: str,
        origin: str,
        *,
        chain: Chain | None = None,
        nonce: Callable[[], bytes],
    ) -> None:
        self.key = key
        self.party = party
        self.origin = origin
        self.chain = chain or Chain(0, "")
        self._nonce = nonce

    def sign(self, composed: Composed, iat: str) -> bytes:
        """A custody statement as submission JSON."""
        items: Iterable[str] = (role + epc for role, epc in composed.items)
        body = Body(self._nonce(), composed.core.to_json(), composed.terms.to_json(), tuple(items))
        draft = draft_custody(self.origin, self.party, iat, self.chain.seq, self.chain.prev, body)
        return self._submission(sign(draft, self.key), body)

    def register(self, act: bytes, iat: str) -> bytes:
        """A registry statement as submission JSON; `act` is its canonical JSON."""
        draft = draft_registry(self.origin, self.party, iat, self.chain.seq, self.chain.prev, act)
        return self._submission(sign(draft, self.key), None)

    def _submission(self, statement: Statement, body: Body | None) -> bytes:
        self.chain = Chain(self.chain.seq + 1, statement.id)
        return Submission(statement, body).to_json()
