"""What the log knows of a subject, as rows of its dossier: each statement passes `custody.provenance.disclosure`."""

from functools import partial

import msgspec
from flask import url_for

from traceability.custody.provenance import disclosure, is_disputed
from traceability.custody.state import Fact
from traceability.ledger import dossiers
from traceability.ledger.admission import Decided
from traceability.ledger.history import Snapshot
from traceability.ledger.registered import Registered
from traceability.proof.statement import RegistryClaims, Statement
from traceability.store.dossiers import Page
from traceability.web import directory, phrases, signed, trail
from traceability.web.babel import gettext
from traceability.web.dossier_rows import LONGEST, Piece, Reading, Row
from traceability.web.erased import erased_line
from traceability.web.language import sentence
from traceability.web.links import hri

# Custody statements


def statements(one: Reading, page: Page) -> list[Piece]:
    view, subject = one.view, one.subject
    via, until = dict[int, tuple[str, ...]](), -1
    if subject.kind == "item":
        steps = view.steps(subject.key)
        via = {step.fact.position: step.via for step in reversed(steps)}
        until = trail.held_until(view, subject.key, one.viewer, [step.fact for step in steps])

    def piece(position: int) -> Piece:
        make = partial(_statement, one, position, via.get(position, ()), held=until >= position)
        return Piece(_admitted(view, position), "l", position, make)

    return [piece(position) for position in dossiers.statements(view, subject, page, one.sides)]


def _admitted(view: Snapshot, position: int) -> str:
    entry = view.entry(position)
    return entry.admitted if entry is not None else ""


def _statement(one: Reading, position: int, via: tuple[str, ...], *, held: bool) -> Row | None:
    view, fact = one.view, one.view.fact(position)
    if fact is None:
        return _unreadable(one, position)
    holds = (one.subject.key,) if held and one.subject.kind == "item" else ()
    level = disclosure(one.viewer, fact, view.registry, holds)
    if level not in trail.VISIBLE:
        return None
    epc = one.subject.key if one.subject.kind == "item" else None
    refused = view.decided(position) if not fact.effect else None
    lines = [line for line in (_places(fact), *_refusal(refused), *_containers(via)) if line]
    if level == "whole":
        lines += _terms(view, fact)
    return Row(
        at=fact.admitted,
        kind="refused" if refused is not None else "statement",
        title=phrases.statement_title(fact),
        lines=lines,
        who=directory.party_name(fact.party),
        party=fact.party,
        time=fact.event_time,
        grade=_grade(fact, via),
        marks=_marks(one, fact),
        entry=position,
        statement=fact.id,
        kid=fact.kid,
        url=url_for("items.statement", statement=fact.id, epc=epc),
        receipt=url_for("items.receipt", statement=fact.id, epc=epc),
    )


def _unreadable(one: Reading, position: int) -> Row | None:
    """A statement that the rules could not even read: its party's own, and the regulator's to see."""
    entry = one.view.entry(position)
    if entry is None:
        return None
    statement = Statement.parse(entry.jws)
    if not one.sees(statement.claims.iss):
        return None
    title = gettext("The rules could not use this statement.")
    return Row(
        entry.admitted, "refused", title, _refusal(one.view.decided(position)),
        directory.party_name(statement.claims.iss), statement.claims.iss, entry=position,
        statement=statement.id, kid=statement.kid,
    )  # fmt: skip


def _refusal(decided: Decided | None) -> list[str]:
    if decided is None or decided.pattern is None:
        return []
    return [sentence(decided.pattern, decided.values)]


def _places(fact: Fact) -> str:
    ends = [fact.site, fact.counter_site]
    if fact.act in {"received", "return_received"}:
        ends.reverse()
    return " → ".join(directory.place_name(end) for end in ends if end)


def _containers(via: tuple[str, ...]) -> list[str]:
    return [gettext("Inside %(container)s", container=hri(epc)) for epc in via]


def _terms(view: Snapshot, fact: Fact) -> list[str]:
    """Reason and order, where the reader sees the terms."""
    terms = view.terms(fact.position) if fact.act not in {"commissioned", "packed", "unpacked"} else None
    gone = erased_line(view, fact.position)
    if terms is None:
        return gone
    orders = [one.bizTransaction.rpartition(":")[2] for one in terms.bizTransactionList]
    return [
        *gone,
        *([gettext("Reason: %(reason)s", reason=terms.reason)] if terms.reason else []),
        *(gettext("Order %(number)s", number=number) for number in orders),
    ]


def _grade(fact: Fact, via: tuple[str, ...]) -> str:
    if fact.unmatched:
        return "unmatched"
    return "claimed" if fact.claimed else "inferred" if via else "scanned"


def _marks(one: Reading, fact: Fact) -> list[str]:
    marks = (
        (fact.late, gettext("late")),
        (is_disputed(fact, one.view.registry), gettext("disputed")),
        (fact.struck is not None, gettext("struck")),
    )
    return [word for holds, word in marks if holds]


# Registry statements, open to every party


def registry(one: Reading, page: Page) -> list[Piece]:
    return [
        Piece(_admitted(one.view, found.position), "r", found.position, partial(_registered, one, found))
        for found in dossiers.registrations(one.view, one.subject, page)
    ]


def _registered(one: Reading, found: Registered) -> Row | None:
    entry = one.view.entry(found.position)
    if entry is None:
        return None
    claims = Statement.parse(entry.jws).claims
    act = msgspec.json.decode(bytes(claims.act)) if isinstance(claims, RegistryClaims) else {}
    kinds = {"recall": "recall", "recall_closed": "recall", "lift": "recall", "revoke": "revocation"}
    return Row(
        at=entry.admitted,
        kind=kinds.get(found.kind, "registration") if found.effect else "refused",
        title=phrases.registry_title(found.kind),
        lines=[*_refusal(one.view.decided(found.position)), *_members(act)],
        who=directory.party_name(found.party),
        party=found.party,
        time=claims.iat,
        entry=found.position,
        statement=found.id,
        kid=found.kid,
        url=url_for("items.statement", statement=found.id),
        receipt=url_for("items.receipt", statement=found.id),
    )


def _members(act: dict[str, object]) -> list[str]:
    documents = act.get("documents")
    told = {**act, "documents": len(documents)} if isinstance(documents, list) else act
    plain = {name: value for name, value in told.items() if name not in {"jwk", "proof", "root"}}
    return [f"{one.name}: {one.value}"[:LONGEST] for one in signed.members(plain)]
