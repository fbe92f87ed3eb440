"""A case as its readers see it: who they are, what it rests on, its thread, and whose turn it is."""

from typing import NamedTuple

from flask import abort, url_for
from flask_login import current_user

from traceability.ledger.history import Snapshot
from traceability.store.case_rows import Case, CaseKind, Entry, Line, Side
from traceability.store.cases import Cases
from traceability.web import directory, phrases, subjects
from traceability.web.babel import gettext
from traceability.web.casewords import (
    LINE_WORDS,
    PROPOSAL_WORDS,
    SERVER_LINES,
    STATE_WORDS,
    SUBJECT_LINES,
    cause_word,
)
from traceability.web.language import sentence
from traceability.web.links import Link, link
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.watching import Evidence, evidence_of
from traceability.web.words import PARTY_WORDS, day, moment

MOST_TEXT = 2000


def is_regulator() -> bool:
    """Whether the reader is a regulator, who sees exceptions, and alerts once they are escalated."""
    return bool(current_user.role == "regulator")


def desk() -> Cases:
    return Cases(parts().office)


def found(kind: CaseKind, case: int) -> Case:
    """A case that the reader may see; anything else is not there."""
    known = desk().find(case, current_user.party, regulator=is_regulator())
    if known is None or known.kind != kind or not _in_jurisdiction(known):
        abort(404)
    return known


def listed(kind: CaseKind, *, done: bool) -> list[Case]:
    """The cases of a kind that the reader may see."""
    cases = desk().listing(kind, current_user.party, regulator=is_regulator(), done=done)
    return [case for case in cases if _in_jurisdiction(case)]


def turn(kind: CaseKind) -> list[Case]:
    """The cases of a kind in which it is the reader's turn, soonest deadline first."""
    cases = desk().waiting(kind, current_user.party, regulator=is_regulator())
    return [case for case in cases if _in_jurisdiction(case)]


def _in_jurisdiction(case: Case) -> bool:
    """A regulator sees the cases of the parties that it is the regulator of."""
    if not is_regulator():
        return True
    known, me = directory.registry(), str(current_user.party)
    return any(known.is_regulator_of(me, side.party) for side in desk().sides(case.id))


def entry(act: str, text: str = "") -> Entry:
    """A line by the person who is logged in, now."""
    return Entry(parts().now(), act, current_user.party, current_user.login, text.strip()[:MOST_TEXT])


def note(act: str, case: Case, detail: str = "") -> None:
    """Put an act on a case on the audit trail."""
    what = f"{case.kind} {case.id}" + (f": {detail}" if detail else "")
    record(act, what)


def overdue(case: Case) -> bool:
    """Whether its last day has passed."""
    return not case.done and case.due < parts().today().isoformat()


def address(case: Case) -> str:
    """The page of a case."""
    return url_for(f"{case.kind}s.{case.kind}", case=case.id)


# The page


class Said(NamedTuple):
    """A line of a thread."""

    who: str
    when: str
    act: str
    text: str
    mine: bool
    message: bool


class Seen(NamedTuple):
    """A check in the evidence: the place, or as much as the reader may know of the party."""

    where: str
    when: str


class Signed(NamedTuple):
    """A statement in the evidence."""

    title: str
    url: str


class Page(NamedTuple):
    """What a case's page shows beside the case itself."""

    case: Case
    title: str
    tone: str
    state: str
    due: str
    overdue: bool
    sentence: str
    sides: list[tuple[str, str]]
    """Name of each party, and of the person who takes care of it there."""
    owner: str
    """Login of the person who takes care of it at the reader's party."""
    items: list[Link]
    seen: list[Seen]
    signed: list[Signed]
    thread: list[Said]
    outcome: Signed | None
    proposal: str


def page(case: Case, view: Snapshot) -> Page:
    """A case in words, with what the reader may see of its evidence."""
    tone, word = STATE_WORDS[case.state]
    evidence = evidence_of(case)
    sides = desk().sides(case.id)
    statements = [*([evidence.dispatch] if evidence.dispatch else []), *evidence.statements]
    return Page(
        case=case,
        title=cause_word(case.kind, case.cause),
        tone=tone,
        state=str(word),
        due=day(case.due),
        overdue=overdue(case),
        sentence=sentence(evidence.pattern, evidence.values) if evidence.pattern else "",
        sides=[(name(one.party, case), _person(one, case)) for one in sides],
        owner=next((one.owner for one in sides if one.party == current_user.party), ""),
        items=[link(epc) for epc in desk().items(case.id) if epc.startswith("https:")],
        seen=_seen(evidence, case),
        signed=[one for one in (settled(view, id_) for id_ in statements) if one is not None and one.url],
        thread=[said(line, case) for line in desk().lines(case.id)],
        outcome=settled(view, case.outcome) if case.outcome else None,
        proposal=str(PROPOSAL_WORDS.get(case.proposal, "")),
    )


def name(gln: str, case: Case) -> str:
    """What a party of a case is called. In an alert everybody knows the maker, and who acted against one's own
    goods; any other party is told by its role alone, except to the regulator: a scan must not tell where else
    goods are."""
    known = {current_user.party, directory.maker(case.item)}
    named = case.cause == "rule-broken" and case.raiser == current_user.party
    party = directory.registry().parties.get(gln)
    if case.kind == "exception" or is_regulator() or named or gln in known or party is None:
        return directory.party_name(gln)
    return gettext("another %(role)s", role=str(PARTY_WORDS.get(party.roles[0], party.roles[0])))


def _person(side: Side, case: Case) -> str:
    """Who takes care of it at a party; by name where the party itself is told by name."""
    account = parts().office.account(side.owner) if side.owner else None
    if account is None:
        return ""
    known = case.kind == "exception" or is_regulator() or side.party == current_user.party
    return account.name if known else gettext("somebody there")


def _seen(evidence: Evidence, case: Case) -> list[Seen]:
    found = []
    for one in evidence.sightings:
        shown = one.party == current_user.party or is_regulator()
        where = directory.place_name(one.site) if shown and one.site else name(one.party, case)
        found.append(Seen(where, moment(one.time)))
    return list(dict.fromkeys(found))


def settled(view: Snapshot, statement: str) -> Signed | None:
    """What a statement says, with a link where the reader may see it whole or one of its items."""
    fact = view.fact_by_id(statement)
    if fact is None:
        return None
    title = f"{phrases.statement_title(fact)}, {moment(fact.event_time)}"
    return Signed(title, statement_url(view, fact.position, statement))


def statement_url(view: Snapshot, position: int, statement: str) -> str:
    """The page of a statement; empty where it is not the reader's to see."""
    level = view.disclosure(current_user.party, position)
    if level not in {"whole", "item"} and not is_regulator():
        return ""
    return url_for("items.statement", statement=statement)


def said(line: Line, case: Case) -> Said:
    words = str(LINE_WORDS.get(line.act, line.act))
    text = subjects.named(line.text) if line.act in SUBJECT_LINES else line.text
    if line.act == "proposed":
        chosen, _, text = line.text.partition("\n")
        words = f"{words}: {PROPOSAL_WORDS.get(chosen, chosen)}"
    if line.act in SERVER_LINES:
        return Said(words, moment(line.at), "", text, mine=False, message=False)
    account = parts().office.account(line.login) if line.login else None
    who = name(line.party, case) if line.party else gettext("The server")
    if account is not None and (line.party == current_user.party or case.kind == "exception"):
        who = f"{account.name}, {who}"
    return Said(
        who, moment(line.at), words, text, line.party == current_user.party, line.act in {"said", "proposed"}
    )
