"""Where are they, and where were they? Any question about packs, by what they are, where, when, or what moved them."""

from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.acts import ACTS
from traceability.custody.recall import Asked
from traceability.gs1 import Gs1Error, scanned
from traceability.ledger.history import Snapshot
from traceability.reports.trace import TraceRow, shown_rows
from traceability.store import StoreError
from traceability.web import directory, lotrows
from traceability.web import reading as readings
from traceability.web.access import permitted
from traceability.web.babel import gettext, ngettext
from traceability.web.errors import PageError, status_of, wants_json
from traceability.web.language import tell
from traceability.web.links import allowed
from traceability.web.parts import parts
from traceability.web.record import record_reading
from traceability.web.tracefiles import (
    KINDS,
    MOST_COUNTED,
    Page,
    Question,
    holder_name,
    limits,
    send_question,
)
from traceability.web.tracing import PartLine, gap_sentence, part_lines, part_word
from traceability.web.words import ACT_WORDS

blueprint = Blueprint("asking", __name__, url_prefix="/trace")

PACKS_A_PAGE = 50
LONGEST = 200
FIELDS = (
    "code", "gtin", "lot", "first", "last", "party", "place", "act", "statement", "since", "until", "at",
    "known_at", "follow",
)  # fmt: skip
"""What the form asks for."""
WAYS = ("forwards", "backwards")


class Line(NamedTuple):
    """A pack that answers, for the table."""

    product: str
    lot: str
    pack: lotrows.PackLine


class Counted(NamedTuple):
    """The answer in numbers."""

    title: str
    parts: list[PartLine]
    holders: list[tuple[str, str]]
    gaps: list[str]


class Answer(NamedTuple):
    """What answers a question: a page of packs, whether there are more, all in numbers, what it proves."""

    lines: list[Line]
    more: bool
    counted: Counted | None
    limits: list[str]


@blueprint.get("")
@permitted("asking.home")
def home() -> ResponseReturnValue:
    """The form, and the answer to what it asks; or why that cannot be asked, beside what was filled in."""
    given = _given()
    page = max(1, request.args.get("page", 1, type=int))
    answer, refusal, status = None, "", 200
    with parts().history.view() as view:
        try:
            answer = _answer(view, given, page) if given else None
        except (Gs1Error, PageError, StoreError) as error:
            if wants_json():
                raise
            refusal, status = tell(error), status_of(error)
        size = view.reader.size()
    form = render_template(
        "trace.html",
        given=given,
        answer=answer,
        refusal=refusal,
        most=f"{MOST_COUNTED:,}",
        page=page,
        newer=url_for("asking.home", **given, page=page - 1) if page > 1 else "",
        older=url_for("asking.home", **given, page=page + 1) if answer and answer.more else "",
        files=[(kind, url_for("asking.file", kind=name, **given)) for name, kind in KINDS.items()],
        product_choices=_products(),
        parties=_parties(),
        places=_places(),
        acts={act: str(ACT_WORDS.get(act, act)) for act in ACTS if act != "recall_answered"},
        last=size - 1,
    )
    return form, status


@blueprint.get("/packs.<kind>")
@permitted("asking.home")
def file(kind: str) -> ResponseReturnValue:
    """The whole answer as a file, made once for a position of the log."""
    if kind not in KINDS:
        abort(404)
    given = _given()
    with parts().history.view() as view:
        question = _question(view, given)
    name = f"trace-{sha256(msgspec.json.encode(question.asked)).hexdigest()[:8]}"
    back = Page(gettext("Where are they?"), url_for("asking.home", **given))
    sent = send_question(question, KINDS[kind], name, back)
    if not isinstance(sent, tuple):
        record_reading("exported trace", f"{KINDS[kind].act}: {_words(given)}")
    return sent


# What is asked


def _given() -> dict[str, Any]:
    """The fields of the form that say something."""
    given = {name: request.args.get(name, "").strip()[:LONGEST] for name in FIELDS}
    return {name: text for name, text in given.items() if text}


def _words(given: dict[str, str]) -> str:
    return ", ".join(f"{name} {text}" for name, text in given.items())


def _question(view: Snapshot, given: dict[str, str]) -> Question:
    asked = _asked(given)
    if asked.known_at is not None and asked.known_at >= view.reader.size():
        raise StoreError("The log has no entry %(entry)s yet", entry=asked.known_at)
    gtins = allowed()
    if gtins is not None and asked.gtin and asked.gtin not in gtins:
        raise PageError("You may ask about the products of your own organisation")
    if asked.statement:
        _verify_visible(view, asked.statement)
    return Question(asked, current_user.party, gtins)


def _verify_visible(view: Snapshot, statement: str) -> None:
    """A statement is asked about by those who may see all that it names; to others there is none such."""
    fact = view.fact_by_id(statement)
    sight = lotrows.Sight(view.registry, current_user.party)
    if fact is None or not sight.may(fact.party, fact.counterparty):
        raise PageError("There is no statement %(id)s that you may see wholly", id=statement)


def _asked(given: dict[str, str]) -> Asked:
    known_at, follow, act = given.get("known_at"), given.get("follow", ""), given.get("act", "")
    if known_at is not None and not known_at.isdecimal():
        raise PageError("Expected the number of an entry, got %(got)s", got=known_at)
    if follow and follow not in WAYS:
        raise PageError("Expected forwards or backwards")
    if act and act not in ACTS:
        raise PageError("There is no act %(act)s", act=act)
    asked = Asked(
        gtin=given.get("gtin", ""),
        lot=given.get("lot", ""),
        first=given.get("first", ""),
        last=given.get("last", ""),
        party=given.get("party", ""),
        place=given.get("place", ""),
        since=_time(given, "since") or "",
        until=_time(given, "until") or "",
        at=_time(given, "at"),
        known_at=None if known_at is None else int(known_at),
        statement=given.get("statement", ""),
        act=act,
        follow=follow,
    )
    if "code" in given:
        asked = _by_code(asked, given["code"])
    if asked.lot and not asked.gtin:
        raise PageError("Choose the product of this lot as well")
    return asked


def _by_code(asked: Asked, code: str) -> Asked:
    """What a code names: one pack, a case or pallet, a lot or a product."""
    elements = readings.elements_of(code)
    epc, gtin, serial = scanned.item_uri(elements), elements.get("01") or "", elements.get("21") or ""
    if epc and readings.kind_of(epc) == "pack":
        return msgspec.structs.replace(asked, gtin=gtin, first=serial, last=serial)
    if epc:
        return msgspec.structs.replace(asked, container=epc)
    if not gtin:
        raise PageError("%(code)s names no product, lot, pack, case or pallet", code=code)
    return msgspec.structs.replace(asked, gtin=gtin, lot=elements.get("10") or asked.lot)


def _time(given: dict[str, str], name: str) -> str | None:
    """A time of the form, in UTC where it names no zone."""
    text = given.get(name)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise PageError("Expected a time as YYYY-MM-DDThh:mm, got %(got)s", got=text[:40]) from error
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def _products() -> list[tuple[str, str]]:
    """The products that somebody may ask about, by name."""
    whose = None if allowed() is None else str(current_user.party)
    return [(one.gtin, directory.product_name(one.gtin) or one.gtin) for one in directory.products(whose)]


def _parties() -> list[tuple[str, str]]:
    known = directory.registry().parties.items()
    return sorted(((gln, party.name) for gln, party in known), key=lambda one: one[1].casefold())


def _places() -> list[tuple[str, str]]:
    """Places by GLN, each after the party that it belongs to."""
    known = directory.registry().sites.items()
    named = [(gln, f"{directory.party_name(site.party)}: {site.name}") for gln, site in known]
    return sorted(named, key=lambda one: one[1].casefold())


# The answer


def _answer(view: Snapshot, given: dict[str, Any], page: int) -> Answer:
    question = _question(view, given)
    first = (page - 1) * PACKS_A_PAGE
    packs = islice(question.packs(view), first, first + PACKS_A_PAGE + 1)
    lines = [_line(row) for row in shown_rows(packs, view.registry)]
    record_reading("asked trace", _words(given))
    return Answer(lines[:PACKS_A_PAGE], len(lines) > PACKS_A_PAGE, _counted(view, question), limits(question))


def _line(row: TraceRow) -> Line:
    return Line(directory.product_name(row.gtin) or row.gtin, row.lot, lotrows.pack_line(row))


def _counted(view: Snapshot, question: Question) -> Counted | None:
    """The balance of an answer; None where it is too large to be counted for a page."""
    found = question.balance(view, MOST_COUNTED)
    if found is None:
        return None
    holders = []
    for one in found.holders:
        words = ", ".join(f"{part_word(part)} {count:,}" for part, count in one.parts.items() if count)
        holders.append((holder_name(view, one.party), words))
    title = ngettext("%(num)s pack", "%(num)s packs", found.packs)
    return Counted(title, part_lines(found), holders, [gap_sentence(gap) for gap in found.gaps])
