"""Cases in lists: on their own pages, and among what waits on the home page."""

from typing import NamedTuple

from flask import url_for
from flask_login import current_user

from traceability.custody.registry import gtin_of
from traceability.store.case_rows import Case
from traceability.web import casefile, directory
from traceability.web.babel import gettext
from traceability.web.casewords import KIND_WORDS, STATE_WORDS, cause_word
from traceability.web.dispatches import Waiting
from traceability.web.links import link
from traceability.web.words import day, moment

MOST_SHOWN = 5
"""Cases of a kind on the home page; the rest is one line."""


class Row(NamedTuple):
    """A case in a list."""

    id: int
    title: str
    detail: str
    tone: str
    state: str
    due: str
    overdue: bool
    mine: bool
    """Whether it is the reader's turn."""
    url: str


def row(case: Case, turn: frozenset[int]) -> Row:
    """A case in a list; `turn` are the cases in which it is the reader's turn."""
    tone, word = STATE_WORDS[case.state]
    return Row(
        case.id,
        cause_word(case.kind, case.cause),
        _detail(case),
        tone,
        str(word),
        day(case.due),
        casefile.overdue(case),
        case.id in turn,
        casefile.address(case),
    )


def _detail(case: Case) -> str:
    said = [moment(case.raised)]
    if case.kind == "investigation":
        return " · ".join(said)
    if case.kind == "exception":
        others = [one.party for one in casefile.desk().sides(case.id) if one.party != current_user.party]
        said.insert(0, " · ".join(map(directory.party_name, others)))
    else:
        said.insert(0, _product(case.item))
    return " · ".join(filter(None, said))


def _product(epc: str) -> str:
    if not epc.startswith("https:"):
        return epc[:12] if epc not in directory.registry().parties else directory.party_name(epc)
    return directory.product_name(gtin_of(epc)) or link(epc).hri


def waiting() -> list[Waiting]:
    """Lines of the home page: alerts and exceptions in which it is the reader's turn, overdue ones first."""
    lines: list[tuple[bool, Waiting]] = []
    for kind in ("alert", "exception", "investigation"):
        cases = casefile.turn(kind)
        lines += [(not casefile.overdue(case), _waiting(case)) for case in cases[:MOST_SHOWN]]
        more = len(cases) - MOST_SHOWN
        if more > 0:
            title = {
                "alert": gettext("More alerts: %(count)s", count=more),
                "exception": gettext("More exceptions: %(count)s", count=more),
                "investigation": gettext("More investigations: %(count)s", count=more),
            }[kind]
            lines.append((True, Waiting("next", "unknown", title, "", url_for(f"{kind}s.home"))))
    return [line for _, line in sorted(lines, key=lambda one: one[0])]


def _waiting(case: Case) -> Waiting:
    late = casefile.overdue(case)
    until = (
        gettext("overdue since %(day)s", day=day(case.due))
        if late
        else gettext("until %(day)s", day=day(case.due))
    )
    tone = "stop" if late or case.kind == "alert" else "again"
    title = f"{KIND_WORDS[case.kind]}: {cause_word(case.kind, case.cause)}"
    icon = "inspect" if case.kind == "investigation" else case.kind
    return Waiting(icon, tone, title, f"{until} · {_detail(case)}", casefile.address(case))
