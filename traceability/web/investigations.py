"""Investigations: what belongs together, with its thread and its documents, handed on as one bundle.

An investigation is a case of its party alone (`store/cases.py`), and so has a thread, an owner and a last day.
"""

import re
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

import msgspec
from flask import (
    Blueprint,
    Response,
    copy_current_request_context,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_login import current_user

from traceability.custody.registry import EVIDENCE
from traceability.custody.subjects import Subject
from traceability.proof.documents import noted_name
from traceability.proof.signing import unb64
from traceability.reports.evidence import Progress
from traceability.store.case_rows import Case, CaseKind, Opening
from traceability.store.investigations import LARGEST, Document, Investigations
from traceability.web import casefile, caselists, directory, investigation_bundle, subjects
from traceability.web.access import DECIDERS, logged_in, permitted
from traceability.web.babel import gettext
from traceability.web.casewords import cause_word
from traceability.web.errors import PageError
from traceability.web.illegitimate import reports_from
from traceability.web.parts import parts
from traceability.web.tracefiles import Page, send_prepared
from traceability.web.words import moment

blueprint = Blueprint("investigations", __name__, url_prefix="/investigations")

DAYS = 30
"""Until when an investigation is to be closed, where nobody says otherwise."""
LONGEST_TITLE = 120
_AS_OF = re.compile(r"[0-9]{1,16}-[0-9]{8}T[0-9]{12}")


class Collected(NamedTuple):
    """Something that an investigation collects."""

    name: str
    """As it is kept: a subject's URI, or "alert/12"."""
    title: str
    url: str


class Kept(NamedTuple):
    """A document in the list."""

    id: int
    name: str
    size: str
    sha256: str
    added: str
    noted: str
    """When the log took note of it; empty while it has not."""
    statement: str


def desk() -> Investigations:
    """The desk of what investigations collect."""
    return Investigations(parts().office, parts().settings.documents)


@blueprint.get("")
@permitted("investigations.home")
def home() -> ResponseReturnValue:
    """The investigations of one's party: those open, then those closed."""
    turn = frozenset(case.id for case in casefile.turn("investigation"))
    rows = {
        done: [caselists.row(case, turn) for case in casefile.listed("investigation", done=done)]
        for done in (False, True)
    }
    return render_template(
        "investigations.html", todo=rows[False], done=rows[True], may_write=current_user.role in DECIDERS
    )


# Opening


@blueprint.get("/new")
@logged_in
def new() -> ResponseReturnValue:
    """The form that opens an investigation, with what it begins from."""
    begin = request.args.get("subject", "") or request.args.get("case", "")
    return render_template(
        "investigation_new.html",
        subject=begin,
        about=_collected(begin).title if begin else "",
        people=_people(),
        until=(parts().today() + timedelta(days=DAYS)).isoformat(),
    )


def _people() -> list[tuple[str, str]]:
    """Who of one's party may take care of an investigation."""
    accounts = parts().office.accounts(current_user.party)
    return [(one.login, one.name) for one in accounts if one.role in DECIDERS and not one.disabled]


@blueprint.post("")
@logged_in
def begin() -> ResponseReturnValue:
    """Open an investigation."""
    title, reason = request.form.get("title", "").strip(), request.form.get("reason", "").strip()
    if not title or not reason:
        raise PageError("Give the investigation a title, and say why it is opened")
    if len(title) > LONGEST_TITLE:
        raise PageError("Expected a title of at most %(most)s characters", most=LONGEST_TITLE)
    first = request.form.get("subject", "")
    with parts().history.view() as view:
        size = view.reader.size()
    opening = Opening(
        kind="investigation",
        cause=title,
        items=(),
        raiser=current_user.party,
        others=(),
        due=_day(request.form.get("until", "")),
        size=size,
        evidence="{}",
    )
    if first:
        _verify_collectable(first)
    opened = casefile.desk().open(opening, casefile.entry("opened", reason))
    case = casefile.found("investigation", opened.id)
    casefile.note("investigation opened", case, title)
    owner = request.form.get("owner", "")
    if owner and owner != current_user.login:
        _assign(case, owner)
    if first:
        _collect(case, first)
    return redirect(casefile.address(case))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise PageError("Expected a day as YYYY-MM-DD, got %(got)s", got=text[:20]) from error


# One investigation


@blueprint.get("/<int:case>")
@permitted("investigations.home")
def investigation(case: int) -> ResponseReturnValue:
    """One investigation: what it collects, its thread, its documents, its reports."""
    known = casefile.found("investigation", case)
    with parts().history.view() as view:
        page = casefile.page(known, view)
        ready = view.registry.rules_version >= EVIDENCE
        documents = [_kept(one) for one in desk().documents(case)]
        waiting = [] if known.done or not ready else _unnoted(case)
    may_write = current_user.role in DECIDERS
    return render_template(
        "investigation.html",
        page=page,
        side=may_write,
        may_write=may_write and not known.done,
        collected=[_collected(name) for name in desk().subjects(case)],
        documents=documents,
        ready=ready,
        waiting=msgspec.json.encode(waiting).decode(),
        waits=len(waiting),
        largest=LARGEST // 1_000_000,
        people=_people(),
        reports=reports_from(f"investigation/{case}"),
        bundle=url_for("investigations.bundle", case=case),
    )


def _kept(one: Document) -> Kept:
    noted = directory.registry().documents.get(_name_in_log(one))
    return Kept(
        one.id,
        one.name,
        f"{one.size:,}",
        one.sha256,
        moment(one.added),
        moment(noted.admitted) if noted is not None else "",
        noted.statement if noted is not None else "",
    )


def _name_in_log(one: Document) -> str:
    return noted_name(unb64(one.salt), bytes.fromhex(one.sha256))


def _unnoted(case: int) -> list[str]:
    """The names of the documents that the log has not noted yet."""
    noted = directory.registry().documents
    return [name for name in map(_name_in_log, desk().documents(case)) if name not in noted]


def _collected(name: str) -> Collected:
    kind, _, number = name.partition("/")
    if kind in {"alert", "exception"} and number.isdigit():
        case = casefile.desk().find(int(number), current_user.party, regulator=casefile.is_regulator())
        if case is None:
            return Collected(name, subjects.named(name), "")
        title = f"{subjects.named(name)}: {cause_word(case.kind, case.cause)}"
        return Collected(name, title, casefile.address(case))
    return Collected(name, subjects.named(name), subjects.dossier_url(Subject.parse(name)))


# What it collects


@blueprint.post("/collect")
@logged_in
def collect() -> ResponseReturnValue:
    """Add a subject, or another case, to an investigation: by its name, or by what somebody types or scans."""
    known = casefile.found("investigation", request.form.get("case", 0, type=int))
    name, text = request.form.get("subject", ""), request.form.get("text", "").strip()
    if not name and text:
        with parts().history.view() as view:
            found = subjects.find(text[:200], view)
        if len(found) != 1:
            raise PageError("%(count)s subjects fit: scan a code, or open a dossier and add it there",
                            count=len(found))  # fmt: skip
        name = found[0].uri
    _verify_collectable(name)
    _collect(known, name)
    return redirect(casefile.address(known))


def _verify_collectable(name: str) -> None:
    """What the reader may see may be collected. Raises CustodyError or aborts."""
    kind, _, number = name.partition("/")
    if kind in {"alert", "exception"} and number.isdigit():
        casefile.found(cast("CaseKind", kind), int(number))
        return
    with parts().history.view() as view:
        subjects.asked(name, view)


def _collect(case: Case, name: str) -> None:
    if desk().collect(case.id, name, casefile.entry("collected", name)):
        casefile.note("investigation collected", case, name)


@blueprint.post("/<int:case>/leave-out")
@logged_in
def leave_out(case: int) -> ResponseReturnValue:
    """Take something out of it again."""
    known, name = casefile.found("investigation", case), request.form.get("subject", "")
    desk().leave_out(case, name, casefile.entry("left_out", name))
    casefile.note("investigation left out", known, name)
    return redirect(casefile.address(known))


# Its thread


@blueprint.post("/<int:case>/messages")
@logged_in
def say(case: int) -> ResponseReturnValue:
    """Write a note."""
    known = casefile.found("investigation", case)
    if not request.form.get("text", "").strip():
        raise PageError("Write a message first")
    casefile.desk().say(case, casefile.entry("said", request.form["text"]))
    casefile.note("investigation note", known)
    return redirect(casefile.address(known))


@blueprint.post("/<int:case>/owner")
@logged_in
def take(case: int) -> ResponseReturnValue:
    """Take care of it, or give it to somebody of one's party."""
    known, owner = casefile.found("investigation", case), request.form.get("owner", "")
    if owner and owner != current_user.login:
        _assign(known, owner)
    else:
        casefile.desk().take(case, casefile.entry("took"))
        casefile.note("investigation taken", known)
    return redirect(casefile.address(known))


def _assign(case: Case, owner: str) -> None:
    name = dict(_people()).get(owner)
    if name is None:
        raise PageError("Expected somebody of your own party who may decide")
    casefile.desk().take(case.id, casefile.entry("assigned", name), owner)
    casefile.note("investigation assigned", case, owner)


@blueprint.post("/<int:case>/close")
@logged_in
def close(case: int) -> ResponseReturnValue:
    """Close it, with its outcome."""
    known, outcome = casefile.found("investigation", case), request.form.get("outcome", "").strip()
    if not outcome:
        raise PageError("Say what came out of it")
    casefile.desk().move(case, "resolved", casefile.entry("resolved", outcome))
    casefile.note("investigation closed", known, outcome[:200])
    flash(gettext("Closed."), "clear")
    return redirect(casefile.address(known))


# Its documents


@blueprint.post("/<int:case>/documents")
@logged_in
def add_document(case: int) -> ResponseReturnValue:
    """Keep a document; who adds it then signs that the log notes it."""
    known, file = casefile.found("investigation", case), request.files.get("file")
    if file is None or not file.filename:
        raise PageError("Choose a file first")
    name = file.filename.replace("\\", "/").rpartition("/")[2][:200]
    with closing(cast("BinaryIO", file.stream)) as content:
        kept = desk().add_document(case, name, content, casefile.entry("document"))
    casefile.note("investigation document", known, f"{kept.name} {kept.sha256}")
    return redirect(casefile.address(known))


@blueprint.get("/<int:case>/documents/<int:number>")
@permitted("investigations.home")
def document(case: int, number: int) -> ResponseReturnValue:
    """A document, as it was added: to be saved, never shown by the browser."""
    known = casefile.found("investigation", case)
    found = next((one for one in desk().documents(case) if one.id == number), None)
    if found is None:
        raise PageError("There is no such document in this investigation")
    casefile.note("read document", known, f"{found.name} {found.sha256}")
    response = Response(desk().content(found), content_type="application/octet-stream")
    response.headers["Content-Length"] = str(found.size)
    response.headers.set(
        "Content-Disposition", "attachment", filename=investigation_bundle.plain_name(found.name)
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# The bundle


@blueprint.get("/<int:case>/bundle.zip")
@permitted("investigations.home")
def bundle(case: int) -> ResponseReturnValue:
    """All of it in one file that verifies offline; `as_of` names what was known when it was asked for."""
    known, history, party = casefile.found("investigation", case), parts().history, str(current_user.party)
    as_of = request.args.get("as_of", "")
    if not _AS_OF.fullmatch(as_of):
        with history.view() as view:
            fresh = f"{view.reader.size()}-{parts().clock():%Y%m%dT%H%M%S%f}"
        return redirect(url_for("investigations.bundle", case=case, as_of=fresh))

    @copy_current_request_context
    def make(path: Path, progress: Progress) -> None:
        with history.view() as view:
            investigation_bundle.write(view, known, party, path, progress)

    name = f"investigation-{case}-{as_of.partition('-')[0]}.zip"
    key = (parts().trust.origin, "investigation", case, as_of, party, str(get_locale()))
    back = Page(known.cause, casefile.address(known))
    sent = send_prepared(name, "application/zip", key, investigation_bundle.steps(known), back, make)
    if not isinstance(sent, tuple):
        casefile.note("exported investigation", known)
    return sent
