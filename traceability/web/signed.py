"""A statement on its page: what was signed, what became of it, and the way to check it elsewhere."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from flask import abort, url_for

from traceability.custody.provenance import OWNERSHIP
from traceability.custody.state import Fact
from traceability.ledger.admission import Decided
from traceability.ledger.exhibits import shown_receipt
from traceability.ledger.history import Snapshot
from traceability.proof.receipt import Receipt
from traceability.proof.signing import b64
from traceability.proof.statement import RegistryClaims, Statement
from traceability.web import casefile, directory, phrases, trail
from traceability.web.babel import gettext, ngettext
from traceability.web.correcting import may_say_wrong
from traceability.web.language import sentence
from traceability.web.links import link
from traceability.web.proofs import proof_sentences
from traceability.web.trail import Named
from traceability.web.words import ACT_WORDS, ERASURE_WORDS, LEVEL_WORDS, PARTY_WORDS, ROLE_WORDS, moment

ITEMS_SHOWN = 500


def position(view: Snapshot, statement: str) -> int:
    """Where a statement is in the log; there is no page of one that is not."""
    found = view.position(statement)
    if found is None:
        abort(404)
    return found


class Refused(NamedTuple):
    """Why a statement had no effect."""

    sentence: str
    rule: str
    item: str


class Line(NamedTuple):
    """An item of a statement."""

    hri: str
    url: str
    role: str


class Answered(NamedTuple):
    """A statement that this one answers."""

    word: str
    url: str


class Erased(NamedTuple):
    """That a body was erased by law, by whom and why, and the statement that ordered it."""

    sentence: str
    url: str


class Part(NamedTuple):
    """Signed bytes, as they are."""

    name: str
    text: str


def registry_entries(view: Snapshot, before: int | None = None) -> list[bytes]:
    """The registry entries of the log in order, all or those before a position."""
    found = []
    for position in view.reader.registry():
        if before is not None and position >= before:
            break
        entry = view.entry(position)
        if entry is not None:
            found.append(entry.to_bytes())
    return found


def receipt(view: Snapshot, position: int, viewer: str, epc: str | None, *, bare: bool) -> Receipt:
    """The receipt with what the viewer may see, of one item alone where `epc` is given.

    Unless `bare` it carries the registry entries before it, and so verifies with trust.json alone.
    """
    level = trail.level(view, viewer, position, epc)
    items = _held(view, position, viewer, epc) if level == "item" else frozenset()
    found = shown_receipt(view, position, level, items)
    if bare:
        return msgspec.structs.replace(found, erased=None)
    return found.with_registry(registry_entries(view, position))


def page(view: Snapshot, position: int, viewer: str, epc: str | None) -> dict[str, object]:
    """What the template of a statement's page shows."""
    decided = view.decided(position)
    statement = Statement.parse(decided.entry.jws)
    fact = view.fact(position)
    if isinstance(statement.claims, RegistryClaims):
        shown = _registry(statement, bytes(statement.claims.act))
    else:
        shown = _custody(view, position, fact, viewer, epc)
    return {
        "id": statement.id,
        "refused": _refused(decided),
        "logged": _logged(decided, statement, fact, view),
        "receipt_url": url_for("items.receipt", statement=statement.id, epc=epc),
        "command": f"traceability verify receipt-{position}.json --trust trust.json",
        "proof": _proof(statement, shown["title"]),
        "proof_sentences": proof_sentences,
        "answers": _answers(view, fact, viewer, epc),
        "erased": _erased(view, position),
        "struck": _struck(view, fact),
        "wrong_url": url_for("correcting.correct", statement=statement.id)
        if fact is not None and may_say_wrong(fact)
        else "",
        **shown,
    }


def _struck(view: Snapshot, fact: Fact | None) -> casefile.Signed | None:
    """The correction that struck a statement."""
    by = view.fact(fact.struck) if fact is not None and fact.struck is not None else None
    return None if by is None else casefile.settled(view, by.id)


def _proof(statement: Statement, title: object) -> str:
    return json.dumps([{"id": statement.id, "label": title}], ensure_ascii=False)


def _erased(view: Snapshot, position: int) -> Erased | None:
    erasure = view.erasure(position)
    if erasure is None:
        return None
    what = {
        "when": moment(erasure.admitted),
        "party": directory.party_name(erasure.party),
        "reason": str(ERASURE_WORDS.get(erasure.reason, erasure.reason)),
    }
    if view.body(position) is None:
        said = gettext(
            "What was signed here was erased by law on %(when)s, by %(party)s (%(reason)s). That it was signed, its place in the log and what it changed stay.",
            **what,
        )
    else:
        said = gettext(
            "What was signed here is to be erased by law: ordered on %(when)s, by %(party)s (%(reason)s).",
            **what,
        )
    return Erased(said, url_for("items.statement", statement=erasure.by))


def _refused(decided: Decided) -> Refused | None:
    if decided.pattern is None:
        return None
    return Refused(
        sentence(decided.pattern, decided.values), decided.rule or "", str(decided.values.get("item", ""))
    )


def _logged(decided: Decided, statement: Statement, fact: Fact | None, view: Snapshot) -> list[Named]:
    entry = decided.entry
    record = view.registry.keyring.signer(statement.kid)
    role = str(ROLE_WORDS.get(record.role, record.role)) if record is not None else ""
    effect = entry.outcome == "effect"
    found = [
        Named(gettext("Entry"), f"{decided.position:,}"),
        Named(gettext("Admitted"), moment(entry.admitted)),
        Named(
            gettext("Outcome"),
            gettext("counts") if effect else gettext("logged without effect"),
            tone="clear" if effect else "stop",
        ),
        Named(gettext("Key"), role, more=statement.kid),
        Named(gettext("In the key's chain"), gettext("number %(seq)s", seq=statement.claims.seq + 1)),
        Named(gettext("Rules"), gettext("version %(version)s", version=entry.rules)),
        Named(gettext("Registry head"), "", more=b64(entry.registry_head)),
    ]
    if fact is not None and fact.late:
        found.insert(2, Named(gettext("Late"), gettext("signed in time, delivered later"), tone="again"))
    return found


def _answers(view: Snapshot, fact: Fact | None, viewer: str, epc: str | None) -> list[Answered]:
    found = []
    for position in fact.ref if fact is not None else ():
        other = view.fact(position)
        if other is not None and trail.level(view, viewer, position, epc) in trail.VISIBLE:
            url = url_for("items.statement", statement=other.id, epc=epc)
            found.append(Answered(f"{phrases.statement_title(other)} · {moment(other.event_time)}", url))
    return found


# A custody statement


def _custody(
    view: Snapshot, position: int, fact: Fact | None, viewer: str, epc: str | None
) -> dict[str, object]:
    body = view.body(position)
    level = trail.level(view, viewer, position, epc)
    named = view.named(position)
    whole = level == "whole" and (body is not None or bool(named))
    core = msgspec.json.decode(body.core) if body is not None else {}
    terms = msgspec.json.decode(body.terms) if whole and body is not None else {}
    shown = named if whole else tuple(pair for pair in named if pair[1] in _held(view, position, viewer, epc))
    title = phrases.act_title(fact) if fact is not None else gettext("A statement")
    return {
        "title": title,
        "sentence": _sentence(fact, core, terms),
        "facts": _facts(fact, core, terms),
        "items": [Line(*link(one), _role(role, fact)) for role, one in shown[:ITEMS_SHOWN]],
        "items_title": ngettext("%(num)s item", "%(num)s items", len(named)) if whole else gettext("Items"),
        "items_more": _more(len(shown), len(named), whole=whole),
        "parts": _parts(body.core, body.terms if whole else b"") if body is not None else [],
    }


def _held(view: Snapshot, position: int, viewer: str, epc: str | None) -> frozenset[str]:
    if epc is not None:
        return frozenset({epc})
    return frozenset(one for _, one in view.named(position) if view.holds(viewer, one, position))


def _more(shown: int, named: int, *, whole: bool) -> str:
    if whole and named > ITEMS_SHOWN:
        return gettext("and %(count)s more, all in the receipt", count=named - ITEMS_SHOWN)
    if not whole and not shown:
        return gettext("You held the item inside a container that this statement names.")
    if not whole:
        return gettext("You see the items that you hold or held. What else the statement names is not shown.")
    return ""


def _role(role: str, fact: Fact | None) -> str:
    if role == "c" and fact is not None and fact.act == "received":
        return gettext("missing")
    return {"i": gettext("input"), "o": gettext("output")}.get(role, "")


def _sentence(fact: Fact | None, core: Mapping[str, Any], terms: Mapping[str, Any]) -> str:
    if fact is None:
        return gettext("The rules could not use this statement.")
    said = str(ACT_WORDS.get(fact.act, fact.act))
    signer = terms.get("signer")
    party = directory.party_name(fact.party)
    when = moment(str(core.get("eventTime", fact.event_time)))
    if signer:
        return gettext(
            "%(signer)s for %(party)s: %(act)s, %(when)s", signer=signer, party=party, act=said, when=when
        )
    return gettext("%(party)s: %(act)s, %(when)s", party=party, act=said, when=when)


def _facts(fact: Fact | None, core: Mapping[str, Any], terms: Mapping[str, Any]) -> list[Named]:
    found = []
    if fact is not None:
        found.append(Named(gettext("Signed by"), directory.party_name(fact.party), more=f"GLN {fact.party}"))
        if fact.counterparty and (terms or fact.act not in OWNERSHIP):
            other = directory.party_name(fact.counterparty)
            found.append(Named(gettext("Other side"), other, more=f"GLN {fact.counterparty}"))
        if fact.site:
            found.append(Named(gettext("Place"), directory.place_name(fact.site), more=f"GLN {fact.site}"))
        if fact.parent:
            found.append(Named(gettext("Container"), link(fact.parent).hri, link(fact.parent).url))
        found.append(Named(gettext("Signed at"), moment(fact.iat)))
    ilmd = core.get("ilmd") or {}
    found += [
        Named(name, str(value))
        for name, value in (
            (gettext("Lot"), ilmd.get("cbvmda:lotNumber")),
            (gettext("Expires"), ilmd.get("cbvmda:itemExpirationDate")),
            (gettext("Step"), core.get("bizStep")),
            (gettext("Disposition"), core.get("disposition")),
            (gettext("Reason"), terms.get("reason")),
            (gettext("Units taken"), (terms.get("amount") or {}).get("taken")),
        )
        if value
    ]
    for order in terms.get("bizTransactionList", ()):
        found.append(Named(gettext("Order"), str(order["bizTransaction"])))
    for end, word in (("sourceList", "source"), ("destinationList", "destination")):
        for one in terms.get(end, ()):
            name = gettext("Owner before") if word == "source" else gettext("Owner after")
            found.append(Named(name, directory.party_name(str(one[word])[-13:])))
    return found


def _parts(core: bytes, terms: bytes) -> list[Part]:
    parts = [Part("core", core.decode())]
    return [*parts, Part("terms", terms.decode())] if terms else parts


# A registry statement


def _registry(statement: Statement, act: bytes) -> dict[str, object]:
    said: dict[str, Any] = msgspec.json.decode(act)
    title = phrases.registry_title(str(said.get("type")))
    party = directory.party_name(statement.claims.iss)
    facts = [Named(gettext("Signed by"), party, more=f"GLN {statement.claims.iss}")]
    facts += [Named(gettext("Signed at"), moment(statement.claims.iat)), *members(said)]
    return {
        "title": title,
        "sentence": gettext(
            "%(party)s: %(act)s, %(when)s", party=party, act=title, when=moment(statement.claims.iat)
        ),
        "facts": facts,
        "items": [],
        "items_title": gettext("Open to all"),
        "items_more": gettext("A registry statement is in the log as it was signed; it has no private part."),
        "parts": [Part("act", act.decode())],
    }


def members(act: Mapping[str, object]) -> list[Named]:
    """The members of a registry act in words."""
    return [_named(name, value) for name, value in act.items() if name != "type"]


def _named(name: str, value: object) -> Named:
    """A member of a registry act in words, where there are words for it."""
    words = {
        "gln": "GLN",
        "gtin": "GTIN",
        "name": gettext("Name"),
        "party": gettext("Party"),
        "role": gettext("Role"),
        "roles": gettext("Roles"),
        "country": gettext("Country"),
        "owner": gettext("Owner"),
        "lot": gettext("Lot"),
        "lots": gettext("Lots"),
        "products": gettext("Products"),
        "class": gettext("Class"),
        "level": gettext("Down to"),
        "reason": gettext("Reason"),
        "count": gettext("Packs"),
        "since": gettext("Since"),
        "expires": gettext("Expires"),
        "strength": gettext("Strength"),
        "form": gettext("Form"),
        "pack": gettext("Pack size"),
        "documents": gettext("Documents"),
        "kid": gettext("Key"),
        "instructions": gettext("What holders do with it"),
        "contact": gettext("Contact"),
        "reference": gettext("File number"),
        "statements": gettext("Statements"),
        "size": gettext("Entries"),
    }
    return Named(words.get(name, name), _plain(name, value))


def _plain(name: str, value: Any) -> str:
    if name == "level":
        return str(LEVEL_WORDS.get(value, value))
    if name == "role":
        return str(ROLE_WORDS.get(value, value))
    if name == "roles":
        return ", ".join(str(PARTY_WORDS.get(role, role)) for role in value)
    if name in {"party", "owner", "to"}:
        return f"{directory.party_name(value)} ({value})"
    if name == "statements":
        return " ".join(one["id"] for one in value)
    if name == "reason" and value in ERASURE_WORDS:
        return str(ERASURE_WORDS[value])
    if name == "lots":
        return "; ".join(
            f"{directory.product_name(one['gtin']) or one['gtin']}, {one['lot']}" for one in value
        )
    if name == "products":
        return "; ".join(directory.product_name(gtin) or gtin for gtin in value)
    return str(value) if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
