"""How an exception may be settled: proposals that lead to the screen that signs them, and signed outcomes."""

from typing import NamedTuple

from flask import url_for
from flask_login import current_user
from werkzeug.routing import BuildError

from traceability.custody.state import Fact
from traceability.ledger.history import Snapshot
from traceability.store.case_rows import Case
from traceability.store.cases import Cases
from traceability.web import casefile, phrases
from traceability.web.casewords import COUNTERSIGNATURE, PROPOSAL_WORDS
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.watching import evidence_of
from traceability.web.words import moment

MOST_OUTCOMES = 30

# What fits a kind of exception: signed by who raised it, and signed by the other side.
PROPOSALS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "missing": (("receive", "sighted", "correct"), ("void", "ship", "lost", "correct")),
    "extra": (("receive", "return", "sighted"), ("ship", "correct")),
    "damaged": (("hold", "return", "destroy", "refuse", "sighted"), ("void",)),
    "wrong_product": (("return", "refuse", "receive"), ("void", "ship", "correct")),
    "product_without_data": (("receive", "hold", "return"), ("ship", "correct")),
    "data_without_product": (("refuse", "receive"), ("void", "ship", "lost")),
    "trace_request": ((), ("ship", "correct")),
    COUNTERSIGNATURE: (("correct",), ("countersign",)),
}
# Where each is signed: an endpoint of the bench, or a short form by its name.
_BENCH = {
    "ship": "bench.ship",
    "void": "bench.void",
    "receive": "bench.receive",
    "refuse": "bench.refuse",
}
_FORMS = {"return": "return", "hold": "hold", "lost": "lost", "destroy": "destroy", "sighted": "move"}


class Proposal(NamedTuple):
    """One way to settle it: who signs, and where the reader signs it."""

    code: str
    word: str
    mine: bool
    url: str


class Outcome(NamedTuple):
    """A statement that can settle an exception."""

    id: str
    title: str
    url: str


def proposals(case: Case) -> list[Proposal]:
    """The proposals that fit a case, the reader's own acts first."""
    raiser, other = PROPOSALS.get(case.cause, ((), ()))
    mine, theirs = (raiser, other) if current_user.party == case.raiser else (other, raiser)
    made = [Proposal(code, str(PROPOSAL_WORDS[code]), mine=True, url=_address(code, case)) for code in mine]
    known = set(mine)
    return made + [
        Proposal(code, str(PROPOSAL_WORDS[code]), mine=False, url="") for code in theirs if code not in known
    ]


def _address(code: str, case: Case) -> str:
    """Where something is signed; empty where this installation has no page for it."""
    if code in {"correct", "countersign"}:
        evidence = evidence_of(case)
        about = evidence.statements[0] if case.cause == COUNTERSIGNATURE else ""
        # Which of its statements is wrong the reader sees on the item's page.
        return (
            url_for("correcting.correct", statement=about) if about else url_for("items.item", epc=case.item)
        )
    try:
        return url_for(_BENCH[code]) if code in _BENCH else url_for("acts.act", name=_FORMS[code])
    except (BuildError, KeyError):
        return ""


def outcomes(case: Case, view: Snapshot) -> list[Outcome]:
    """Statements that settle a case: signed after it was raised, by one of its parties, on one of its items;
    newest first. A trace request asks for what was signed before as well. Where no custody has to change, "moved" to the place where the goods are signs that they
    are here."""
    return [
        Outcome(
            fact.id,
            f"{phrases.statement_title(fact)}, {moment(fact.event_time)}",
            casefile.statement_url(view, fact.position, fact.id),
        )
        for fact in _settling(case, view)[:MOST_OUTCOMES]
    ]


def _settling(case: Case, view: Snapshot) -> list[Fact]:
    cases = Cases(parts().office)
    sides = {side.party for side in cases.sides(case.id)}
    since = 0 if case.cause == "trace_request" else case.size
    found: dict[int, Fact] = {}
    for epc in cases.items(case.id):
        for step in view.steps(epc):
            fact = step.fact
            if fact.position >= since and fact.effect and fact.struck is None and fact.party in sides:
                found[fact.position] = fact
    return [found[position] for position in sorted(found, reverse=True)]


def verify_outcome(case: Case, statement: str, view: Snapshot) -> str:
    """The id of a statement that settles the case. Raises PageError where it does not."""
    if not statement:
        raise PageError("Choose the signed statement that settles it")
    if statement not in {fact.id for fact in _settling(case, view)}:
        raise PageError(
            "This statement does not settle it: expected one that a party of this exception signed on its goods "
            "after it was raised"
        )
    return statement
