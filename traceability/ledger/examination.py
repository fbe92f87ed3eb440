"""The stateless half of admission (steps 1, 3, 4 and 6): pure, and so fit for other processes."""

import msgspec

from traceability.custody import CustodyError
from traceability.custody.acts import act_of
from traceability.custody.erasing import Kept
from traceability.epcis import EpcisError
from traceability.epcis.parts import Core, Terms, verify_items
from traceability.gs1 import Gs1Error
from traceability.gs1.keys import verify_epc_uri
from traceability.proof import ProofError
from traceability.proof.signing import PublicKey
from traceability.proof.statement import Body, Statement, Submission, verify, verify_body
from traceability.store.packing import pack
from traceability.store.rows import ErasedRow


class Rejected(ValueError):
    """A submission that was not admitted (steps 1 to 5): nothing was logged, nothing changed."""

    def __init__(self, step: int, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.step = step
        self.pattern = pattern
        self.values = values

    def __reduce__(self) -> tuple[object, ...]:
        return _rejected, (self.step, self.pattern, self.values)


def _rejected(step: int, pattern: str, values: dict[str, object]) -> Rejected:
    return Rejected(step, pattern, **values)


class Examined(msgspec.Struct, frozen=True, gc=False):
    """A submission after every check that needs no state."""

    statement: Statement
    verified: bool
    """Whether the signature was checked (step 3); False where the key was not known yet."""
    packed: bytes = b""
    """The body, checked and packed for the store; empty for a registry statement."""
    core: Core | None = None
    terms: Terms | None = None
    act: str | None = None
    items: tuple[tuple[str, str], ...] = ()
    fault: tuple[str, dict[str, object]] | None = None
    """Why the event is not valid (step 6): pattern and values."""
    kept: tuple[Kept, ErasedRow] | None = None
    """In a replay: what is kept of a body that was erased by law."""


def examine(raw: bytes, key: PublicKey | None) -> Examined:
    """Steps 1, 3, 4 and 6 for one submission; `key` is the registered key of its kid, where known.

    Raises Rejected. What fails in step 6 is kept as `fault`, since it is logged all the same.
    """
    # 1. Parse strictly.
    try:
        submission = Submission.parse(raw)
    except ProofError as error:
        raise Rejected(1, error.pattern, **error.values) from error
    return examine_statement(submission.statement, submission.body, key)


def examine_statement(statement: Statement, body: Body | None, key: PublicKey | None) -> Examined:
    """Steps 3, 4 and 6 for a parsed statement and its body."""
    # 3. The signature, where the key is known already.
    if key is not None:
        verify_signature(statement, key)
    if statement.typ == "registry+jws":
        if body is not None:
            raise Rejected(4, "A registry statement has no body: what it registers stands in the statement")
        return Examined(statement, key is not None)
    if body is None:
        raise Rejected(
            4, "Expected the body beside the statement: without it nobody could tell what was signed"
        )
    # 4. The body matches its commitments.
    try:
        verify_body(statement, body)
    except ProofError as error:
        raise Rejected(4, error.pattern, **error.values) from error
    packed = pack(body.nonce, body.core, body.terms, body.items)
    # 6. The event is valid EPCIS and the meaning fits it.
    try:
        core, terms, act, items = read_event(body)
    except (EpcisError, CustodyError, Gs1Error) as error:
        return Examined(statement, key is not None, packed, fault=(error.pattern, plain(error.values)))
    return Examined(statement, key is not None, packed, core, terms, act, items)


def read_event(body: Body) -> tuple[Core, Terms, str, tuple[tuple[str, str], ...]]:
    """The typed event of a body: core, terms, act code and (role, epc) pairs (step 6)."""
    core = Core.parse(body.core)
    terms = Terms.parse(body.terms)
    act = act_of(core, terms)
    items = verify_items(core, [(text[0], text[1:]) for text in body.items])
    for _, epc in items:
        verify_epc_uri(epc)
    return core, terms, act.code, items


def verify_signature(statement: Statement, key: PublicKey) -> None:
    """Step 3."""
    try:
        verify(statement, key)
    except ProofError as error:
        raise Rejected(3, error.pattern, **error.values) from error


def plain(values: dict[str, object]) -> dict[str, object]:
    """Values of a sentence as JSON can keep them."""
    return {
        name: value if isinstance(value, int | str | None) else str(value) for name, value in values.items()
    }
