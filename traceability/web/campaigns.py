"""The campaign of a recall: the status report of who issued it, the answer of who holds its packs."""

from typing import NamedTuple

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.registry import Recall
from traceability.ledger.history import Snapshot, StockRow
from traceability.reports.pdf import lot_pdf
from traceability.store.campaigns import Call, Campaigns, Notice
from traceability.web import calling, campaign_words, directory, reminding
from traceability.web.access import for_regulator, logged_in
from traceability.web.babel import gettext
from traceability.web.dispatches import Waiting
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.words import moment, packs

blueprint = Blueprint("campaigns", __name__)

LONGEST_NOTE = 500


class Asked(NamedTuple):
    """A recall on a page: who asks, and whether it is its issuer's or the regulator's page."""

    recall: Recall
    lifted: bool
    issuer: bool


def _asked(view: Snapshot, statement: str) -> Asked:
    registry = view.registry
    recall = registry.recalls.get(statement) or registry.lifted.get(statement)
    if recall is None:
        abort(404)
    issuer = for_regulator() or current_user.party == recall.party
    return Asked(recall, statement in registry.lifted, issuer)


def _may_answer(view: Snapshot, recall: Recall) -> bool:
    told = Campaigns(parts().office).told(recall.id)
    return current_user.party in told or bool(calling.stock_of(view, recall, current_user.party))


@blueprint.get("/recalls/<statement>")
@logged_in
def campaign(statement: str) -> ResponseReturnValue:
    """The status report for the issuer and the regulator; for a holder, what to do and the answer."""
    with parts().history.view() as view:
        asked = _asked(view, statement)
        if asked.issuer:
            return _status(view, asked)
        if not _may_answer(view, asked.recall):
            abort(404)
        return _answer(view, asked)


def _status(view: Snapshot, asked: Asked) -> str:
    recall = asked.recall
    if not asked.lifted and recall.closed is None and not Campaigns(parts().office).told(recall.id):
        calling.tell(view, recall)  # else the courier has told, and follows the log
    found = calling.campaign_of(view, recall, _viewer(recall))
    desk = Campaigns(parts().office)
    calls = desk.calls(recall.id), desk.steps(recall.id)
    return render_template(
        "campaign.html",
        recall=recall,
        lifted=asked.lifted,
        title=campaign_words.title(recall),
        campaign=found,
        percent=campaign_words.percent(found),
        lines=campaign_words.lines(found, calls, parts().now()),
        totals=campaign_words.totals(found),
        may_end=not asked.lifted,
    )


def _viewer(recall: Recall) -> str | None:
    """Through whose eyes holders are listed: the regulator sees all of them."""
    return None if for_regulator() else recall.party


def _answer(view: Snapshot, asked: Asked) -> str:
    recall = asked.recall
    own = calling.own(view, recall, current_user.party)
    return render_template(
        "recall_answer.html",
        recall=recall,
        lifted=asked.lifted,
        title=campaign_words.title(recall),
        issuer=directory.party_name(recall.party),
        own=own,
        classes=campaign_words.classes(own.on_hand),
    )


@blueprint.get("/recalls/<statement>/status.pdf")
@logged_in
def status_pdf(statement: str) -> ResponseReturnValue:
    """The status report on paper."""
    with parts().history.view() as view:
        asked = _asked(view, statement)
        if not asked.issuer:
            abort(404)
        found = calling.campaign_of(view, asked.recall, _viewer(asked.recall))
        calls = Campaigns(parts().office).calls(statement)
        steps = Campaigns(parts().office).steps(statement)
        entries = view.reader.size()
        report = campaign_words.report(
            asked.recall, found, (calls, steps), parts().now(), entries, lifted=asked.lifted
        )
    response = Response(lot_pdf(report), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="recall-{statement[:12]}.pdf"'
    return response


@blueprint.post("/recalls/<statement>/calls")
@logged_in
def call(statement: str) -> ResponseReturnValue:
    """Note a reminder, or an effectiveness check and what it found."""
    kind, party = request.form.get("kind", ""), request.form.get("party", "")
    note = request.form.get("note", "").strip()
    if kind not in ("reminder", "check"):
        raise PageError("Expected a reminder or a check")
    if kind == "check" and not note:
        raise PageError("Say what the check found")
    if len(note) > LONGEST_NOTE:
        raise PageError("Expected at most %(most)s characters", most=LONGEST_NOTE)
    with parts().history.view() as view:
        asked = _asked(view, statement)
        if not asked.issuer:
            abort(404)
        known = calling.campaign_of(view, asked.recall, _viewer(asked.recall)).holders
    if party not in {holder.party for holder in known}:
        raise PageError("Expected a party that this recall concerns")
    now = parts().now()
    if kind == "check":
        Campaigns(parts().office).call(Call(statement, party, "check", now, current_user.login, note))
    else:
        reminding.remind(asked.recall, Call(statement, party, "reminder", now, current_user.login, note))
    record(f"recall {kind}", f"{statement} {party}")
    return redirect(url_for("campaigns.campaign", statement=statement))


# Home


def tell_of(statement: str) -> None:
    """Tell every holder, where a statement just admitted is a recall."""
    recall = parts().history.registry.recalls.get(statement)
    if recall is not None:
        with parts().history.view() as view:
            calling.tell(view, recall)


def waiting(view: Snapshot) -> list[Waiting]:
    """The home lines of recalls: to be answered by a holder, to be followed by their issuer."""
    open_ = [one for one in view.registry.recalls.values() if one.closed is None]
    if not open_:
        return []
    told = {notice.recall: notice for notice in Campaigns(parts().office).of_party(current_user.party)}
    stock = view.stock(current_user.party)
    lines = []
    for recall in sorted(open_, key=lambda recall: -recall.position):
        if current_user.party == recall.party or for_regulator():
            lines.append(_followed(view, recall))
        else:
            line = _to_answer(view, recall, told.get(recall.id), stock)
            lines += [] if line is None else [line]
    return lines


def _followed(view: Snapshot, recall: Recall) -> Waiting:
    answered = {answer.party for answer in view.answers(recall)} - {recall.party}
    told = Campaigns(parts().office).told(recall.id)
    if not told:  # issued elsewhere: by a station, or before this server ran
        calling.tell(view, recall)
        told = Campaigns(parts().office).told(recall.id)
    detail = gettext(
        "%(answered)s of %(told)s holders have answered", answered=len(answered & set(told)), told=len(told)
    )
    tone = "clear" if told and answered >= set(told) else "again"
    return Waiting("recall", tone, campaign_words.title(recall), detail, _url(recall))


def _to_answer(
    view: Snapshot, recall: Recall, notice: Notice | None, stock: list[StockRow]
) -> Waiting | None:
    held = calling.stock_of(view, recall, current_user.party, stock)
    if not held and notice is None:
        return None
    own = [answer for answer in view.answers(recall) if answer.party == current_user.party]
    if any(answer.counts is not None for answer in own):
        return None
    amount = packs(sum(held.values()))
    if own:
        said = gettext("Acknowledged. Set the packs aside and report what you have: %(packs)s.", packs=amount)
    elif notice is not None and not held:
        said = _without(view, recall, notice)
    elif notice is not None:
        said = gettext("You hold %(packs)s of it. Answer by %(when)s.", packs=amount, when=moment(notice.due))
    else:
        said = gettext("You hold %(packs)s of it. Put them aside.", packs=amount)
    return Waiting(
        "recall", "again" if own or recall.drill else "stop", campaign_words.title(recall), said, _url(recall)
    )


def _without(view: Snapshot, recall: Recall, notice: Notice) -> str:
    """What a party is told that was asked and has none in hand."""
    coming, when = calling.coming_to(view, recall, current_user.party), moment(notice.due)
    if coming:
        return gettext(
            "%(packs)s of it are on the road to you. Answer by %(when)s.", packs=packs(coming), when=when
        )
    return gettext("You had some of it. Answer by %(when)s.", when=when)


def _url(recall: Recall) -> str:
    return url_for("campaigns.campaign", statement=recall.id)
