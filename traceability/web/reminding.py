"""Recalls, beside the requests: who gets packs later is told then, who was told is reminded, silence is escalated.

Each step is taken once for each holder, and kept together with the e-mails and webhook calls that tell of it.
As every notice they name no goods, lots, serials or partners: they say that something waits, until when and where.
"""

from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import force_locale

from traceability.custody.registry import Recall
from traceability.custody.state import Lot
from traceability.ledger.history import Snapshot
from traceability.store.campaigns import Call, Campaigns, Step
from traceability.store.campaigns import Notice as Told
from traceability.store.cases import Cases
from traceability.store.notices import Notice, Notices, PersonWish
from traceability.store.rows import EFFECT
from traceability.web import calling, directory
from traceability.web.announcing import notice_of
from traceability.web.babel import gettext, ngettext
from traceability.web.parts import parts
from traceability.web.sending import to_utc
from traceability.web.words import moment

CURSOR = "recalls"
MOST_ENTRIES = 50_000
"""Entries of the log looked at in one round; the next goes on from there."""
ANSWERABLE = frozenset({"administrator", "quality"})
"""People who hear that their party is overdue, where some of them hear of recalls at all."""


def follow() -> None:
    """One round: tell later holders, then take the steps that are due."""
    with parts().history.view() as view:
        _follow_log(view)
        for recall in _open(view):
            _take_steps(view, recall)
        for recall in view.registry.lifted.values():
            _tell_lifted(recall)


def _open(view: Snapshot) -> list[Recall]:
    return [one for one in view.registry.recalls.values() if one.closed is None]


# Who gets packs later


def _follow_log(view: Snapshot) -> None:
    """Look at what the log has taken in since the last round; at first, at all that there is."""
    desk, size = Cases(parts().office), view.reader.size()
    start = desk.cursor(CURSOR)
    last = size if start is None else min(size, start + MOST_ENTRIES)
    open_ = _open(view)
    if start is None:
        for recall in open_:
            calling.tell(view, recall)
    elif open_:
        issued = {recall.position: recall for recall in open_}
        lots = {recall.id: frozenset(calling.lots_of(view, recall)) for recall in open_}
        for position in range(start, last):
            if position in issued:  # by a station, or by another server's page
                calling.tell(view, issued[position])
            else:
                _follow_goods(view, position, open_, lots)
    if last != start:
        desk.advance(CURSOR, last)


def _follow_goods(
    view: Snapshot, position: int, recalls: list[Recall], lots: dict[str, frozenset[Lot]]
) -> None:
    """Tell both sides of an act that moved recalled goods."""
    act = view.reader.act(position)
    if act is None or not act.marks & EFFECT:
        return
    glns = view.names.glns.texts
    sides = {glns[one] for one in (act.party, act.counterparty) if one is not None}
    named = {epc for _, epc in view.named(position)}
    for recall in recalls:
        if recall.position < position and _among(view, named, recall, lots[recall.id]):
            calling.tell_parties(recall, sides)


def _among(view: Snapshot, named: set[str], recall: Recall, lots: frozenset[Lot]) -> bool:
    """Whether some of the items named are recalled, or hold what is."""
    for epc in named:
        item = view.item(epc)
        if epc in recall.items or (
            item is not None and (item.lot in lots or not lots.isdisjoint(view.contents(epc)))
        ):
            return True
    singles = (view.item(epc) for epc in recall.items)
    return any(item is not None and view.top(item).epc in named for item in singles)


# What was told, and is not answered


def _take_steps(view: Snapshot, recall: Recall) -> None:
    desk = Campaigns(parts().office)
    told = desk.told(recall.id)
    if not told:
        return
    taken = {(step.party, step.step) for step in desk.steps(recall.id)}
    answered = {answer.party for answer in view.answers(recall)}
    escalated = []
    for notice in told.values():
        wanted = [] if (notice.party, "told") in taken else ["told"]
        if notice.party not in answered and (late := _due_step(notice)):
            wanted.append(late)
        for step in wanted:
            if (notice.party, step) in taken:
                continue
            if step == "escalated":
                escalated.append(notice)
            else:
                _take(recall, [notice], step)
    if escalated:  # one letter, however many they are
        _take(recall, escalated, "escalated")


def _due_step(notice: Told) -> str:
    """The latest step that is due to a holder that has not answered: half of its time is over, all of it, or a
    quarter as much again."""
    now, told, due = (datetime.fromisoformat(one) for one in (parts().now(), notice.notified, notice.due))
    if now < told + (due - told) / 2:
        return ""
    if now < due:
        return "reminded"
    return "overdue" if now < due + (due - told) / 4 else "escalated"


def _tell_lifted(recall: Recall) -> None:
    desk = Campaigns(parts().office)
    told = desk.told(recall.id)
    if told and recall.closed is None:
        taken = {step.party for step in desk.steps(recall.id) if step.step == "lifted"}
        for notice in told.values():
            if notice.party not in taken:
                _take(recall, [notice], "lifted")


def _take(recall: Recall, notices: list[Told], step: str) -> None:
    steps = [Step(recall.id, notice.party, step, parts().now()) for notice in notices]
    due = min(notice.due for notice in notices)
    letters = _letters(recall, [notice.party for notice in notices], due, step)
    Campaigns(parts().office).take(steps, list(letters))


def remind(recall: Recall, call: Call) -> None:
    """A reminder by hand: noted, and sent."""
    desk = Campaigns(parts().office)
    notice = desk.told(recall.id).get(call.party)
    due = "" if notice is None else notice.due
    desk.call(call, list(_letters(recall, [call.party], due, "reminded")))


# The letters


def _letters(recall: Recall, holders: list[str], due: str, step: str) -> Iterator[Notice]:
    desk, clock = Notices(parts().office), parts().clock()
    for party in _audience(recall, holders, step):
        wish = desk.party(party)
        if wish is not None and "recall" in wish.kinds:
            yield notice_of(clock, party, "", wish.url, _call(recall, len(holders), due, step, clock))
        for person in _people(desk.people(party), answerable=step in {"overdue", "escalated"}):
            yield notice_of(
                clock, party, person.login, person.email, _mail(recall, len(holders), due, step, person)
            )


def _audience(recall: Recall, holders: list[str], step: str) -> list[str]:
    """The parties that hear of a step: the holder; where some stay silent, who issued the recall and their regulators."""
    if step != "escalated":
        return holders
    known = directory.registry()
    regulators = [gln for gln in known.parties if any(known.is_regulator_of(gln, one) for one in holders)]
    return list(dict.fromkeys((recall.party, *regulators)))


def _people(people: list[PersonWish], *, answerable: bool) -> list[PersonWish]:
    """Those who hear of recalls; of what is overdue those who answer for it, where there are any."""
    hear = [person for person in people if "recall" in person.kinds]
    accounts = {person.login: parts().office.account(person.login) for person in hear}
    chosen = [one for one in hear if (found := accounts[one.login]) is not None and found.role in ANSWERABLE]
    return chosen if answerable and chosen else hear


def _url(recall: Recall) -> str:
    return url_for("campaigns.campaign", statement=recall.id, _external=True)


def _call(recall: Recall, holders: int, due: str, step: str, clock: datetime) -> dict[str, object]:
    """The body of a webhook call."""
    return {
        "type": f"recall.{step}",
        "timestamp": to_utc(clock),
        "data": {
            "id": recall.id,
            "class": recall.kind,
            "level": recall.level,
            "drill": recall.drill,
            "holders": holders,
            "due": due,
            "url": _url(recall),
        },
    }


def _mail(recall: Recall, holders: int, due: str, step: str, person: PersonWish) -> dict[str, object]:
    account = parts().office.account(person.login)
    with force_locale((account.locale if account is not None else None) or "en"):
        subject = _subject(recall, holders, step)
        text = "\n\n".join((
            subject,
            *((gettext("To be answered by %(when)s.", when=moment(due)),) if due and step != "lifted" else ()),
            _url(recall),
            gettext("You get this because you asked for it. Change it at %(url)s", url=url_for("notices.home", _external=True)),
        ))  # fmt: skip
    return {"subject": subject, "text": text}


def _subject(recall: Recall, holders: int, step: str) -> str:
    if recall.drill:
        return {
            "told": gettext("Recall drill: say what you have"),
            "reminded": gettext("Reminder: a recall drill waits for your answer"),
            "overdue": gettext("Overdue: a recall drill was not answered in time"),
            "escalated": ngettext(
                "Escalated: %(num)s holder has not answered a recall drill",
                "Escalated: %(num)s holders have not answered a recall drill",
                holders,
            ),
            "lifted": gettext("A recall drill is over"),
        }[step]
    kind = recall.kind
    return {
        "told": gettext("Recall, class %(kind)s: stop, set aside, and answer", kind=kind),
        "reminded": gettext("Reminder: a recall, class %(kind)s, waits for your answer", kind=kind),
        "overdue": gettext("Overdue: a recall, class %(kind)s, was not answered in time", kind=kind),
        "escalated": ngettext(
            "Escalated: %(num)s holder has not answered a recall, class %(kind)s",
            "Escalated: %(num)s holders have not answered a recall, class %(kind)s",
            holders,
            kind=kind,
        ),
        "lifted": gettext("A recall, class %(kind)s, was lifted: release what you have set aside", kind=kind),
    }[step]
