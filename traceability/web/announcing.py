"""From a line of a thread to the e-mails and webhook calls that tell of it.

The threads themselves are the outbox: what was written before a crash is told after it. Neither an e-mail
nor a call names goods, lots or serials: they say that something waits, until when, and where.
"""

import json
import secrets
from collections.abc import Iterator
from datetime import datetime

from flask import url_for
from flask_babel import force_locale

from traceability.store.case_rows import Case, Line
from traceability.store.notices import Notice, Notices, PersonWish
from traceability.web import casefile, directory
from traceability.web.babel import LazyString, gettext, lazy_gettext
from traceability.web.casewords import cause_word
from traceability.web.parts import parts
from traceability.web.sending import to_utc
from traceability.web.words import day

CURSOR = "announced"

_TOLD: dict[str, LazyString] = {
    "raised": lazy_gettext("New"),
    "said": lazy_gettext("New message"),
    "proposed": lazy_gettext("Proposal"),
    "escalated": lazy_gettext("Escalated to the regulator"),
    "resolved": lazy_gettext("Resolved"),
    "explained": lazy_gettext("Resolved"),
    "overdue": lazy_gettext("Overdue"),
}
"""The lines that others are told of."""


def announce() -> int:
    """Queue notices for every line written since the last time; returns how many."""
    desk = casefile.desk()
    lines = desk.lines_after(desk.cursor(CURSOR) or 0)
    if not lines:
        return 0
    notices = [one for line, case in lines for one in _notices(line, case)]
    Notices(parts().office).queue(notices, (CURSOR, lines[-1][0].line))
    return len(notices)


def audience(line: Line, case: Case) -> list[str]:
    """The parties that are told of a line: everyone in the case but who wrote it, and on an escalation the
    regulators."""
    sides = [side.party for side in casefile.desk().sides(case.id)]
    if line.act == "raised" and case.kind == "alert":
        told = sides  # the party that resolves it may have raised it by a mere scan
    else:
        told = [party for party in sides if party != line.party]
    if case.escalated is not None and line.act in {"escalated", "overdue"}:
        known = directory.registry()
        told += [gln for gln in known.parties if gln not in told and known.is_regulator_of(gln, case.raiser)]
    return told


def _notices(line: Line, case: Case) -> Iterator[Notice]:
    if line.act not in _TOLD:
        return
    desk, clock = Notices(parts().office), parts().clock()
    for party in audience(line, case):
        wish = desk.party(party)
        if wish is not None and case.kind in wish.kinds:
            yield notice_of(clock, party, "", wish.url, _call(line, case, clock))
        for person in desk.people(party):
            if case.kind in person.kinds and person.login != line.login:
                yield notice_of(clock, party, person.login, person.email, _mail(line, case, person))


def notice_of(clock: datetime, party: str, login: str, target: str, content: dict[str, object]) -> Notice:
    """A notice on its way to a person, or with an empty login to a party's webhook."""
    return Notice(
        id=f"msg_{secrets.token_urlsafe(18)}",
        made=parts().now(),
        party=party,
        login=login,
        target=target,
        content=json.dumps(content, ensure_ascii=False, separators=(",", ":")),
        tries=0,
        due=clock.timestamp(),
        state="waiting",
        trouble="",
    )


def _call(line: Line, case: Case, clock: datetime) -> dict[str, object]:
    """The body of a webhook call: type, timestamp and data, as Standard Webhooks has it."""
    return {
        "type": f"{case.kind}.{line.act}",
        "timestamp": to_utc(clock),
        "data": {
            "id": case.id,
            "cause": case.cause,
            "state": case.state,
            "due": case.due,
            "url": _url(case),
        },
    }


def _url(case: Case) -> str:
    return url_for(f"{case.kind}s.{case.kind}", case=case.id, _external=True)


def _mail(line: Line, case: Case, person: PersonWish) -> dict[str, object]:
    account = parts().office.account(person.login)
    with force_locale((account.locale if account is not None else None) or "en"):
        kind = gettext("Alert") if case.kind == "alert" else gettext("Exception")
        subject = f"{_TOLD[line.act]} · {kind} {case.id}: {cause_word(case.kind, case.cause)}"
        text = "\n\n".join((
            subject,
            gettext("To be settled until %(day)s.", day=day(case.due)) if not case.done else gettext("It is settled."),
            _url(case),
            gettext("You get this because you asked for it. Change it at %(url)s", url=url_for("notices.home", _external=True)),
        ))  # fmt: skip
    return {"subject": subject, "text": text}
