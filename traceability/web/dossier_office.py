"""What the office knows of a subject, as rows of its dossier: each by the rule of its own page."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from itertools import islice

from flask import url_for

from traceability.custody.registry import Recall
from traceability.custody.subjects import Subject
from traceability.custody.verdict import Kind as VerdictKind
from traceability.ledger import dossiers
from traceability.ledger.dossiers import packs_between
from traceability.store.case_rows import Case, Line
from traceability.store.dossiers import CallRow, CheckRow, OfficeFacts, Page, ReportRow
from traceability.store.trail import TrailRow
from traceability.web import calling, campaign_words, casefile, directory
from traceability.web.access import TASKS, may
from traceability.web.babel import LazyString, gettext, lazy_gettext
from traceability.web.casewords import cause_word
from traceability.web.dossier_rows import LONGEST, Piece, Reading, Row
from traceability.web.links import hri
from traceability.web.parts import parts
from traceability.web.words import TRAIL_WORDS

_CHECK_WORDS: dict[str, LazyString] = {
    VerdictKind.CLEAR.value: lazy_gettext("Checked: nothing against it"),
    VerdictKind.SCANNER_FAULT.value: lazy_gettext("Checked: to be scanned again"),
    VerdictKind.DATA_GAP.value: lazy_gettext("Checked: not known yet"),
    VerdictKind.BLOCKED.value: lazy_gettext("Checked: not to be used"),
    VerdictKind.SUSPECT.value: lazy_gettext("Checked: suspect"),
}
_CALL_WORDS: dict[str, LazyString] = {
    "told": lazy_gettext("%(party)s was told of the recall"),
    "reminder": lazy_gettext("%(party)s was reminded of the recall"),
    "check": lazy_gettext("%(party)s was looked up for the recall"),
}
_REPORT_WORDS: dict[str, LazyString] = {
    "saved": lazy_gettext("Report of illegitimate product saved"),
    "sent": lazy_gettext("Report of illegitimate product sent"),
    "terminated": lazy_gettext("Report of illegitimate product ended"),
}


def _office() -> OfficeFacts:
    return OfficeFacts(parts().office)


def _between(subject: Subject) -> tuple[str, str]:
    """The range of texts in which the items of a subject lie; more than those of a lot."""
    return packs_between(subject.gtin) if subject.kind == "lot" else (subject.key, subject.key)


def _is_about(one: Reading, epc: str) -> bool:
    """Whether an item that lies in the range is the subject, or of it."""
    if one.subject.kind != "lot":
        return True
    item = one.view.item(epc) if epc.startswith("https:") else None
    lot = item.lot if item is not None else None
    return lot is not None and (lot.gtin, lot.number) == (one.subject.gtin, one.subject.lot)


# The office: cases


def cases(one: Reading) -> dict[int, Case]:
    """The cases about a subject that the reader may see."""
    office, subject = _office(), one.subject
    numbers = set(office.collecting(subject.uri))
    if subject.kind == "party":
        numbers |= set(office.cases_of_party(subject.key))
        numbers |= {case for case, _ in office.cases_of_items(subject.key, subject.key)}
    else:
        about = office.cases_of_items(*_between(subject))
        numbers |= {case for case, epc in about if _is_about(one, epc)}
    return {case.id: case for case in office.cases(numbers) if _sees_case(one, case)}


def _sees_case(one: Reading, case: Case) -> bool:
    """As on its own page: its sides; a regulator the exceptions, and alerts once escalated, of its country."""
    sides = {side.party for side in casefile.desk().sides(case.id)}
    if one.viewer in sides:
        return True
    open_to = case.kind == "exception" or (case.kind == "alert" and case.escalated is not None)
    return one.regulator and open_to and any(one.sees(side) for side in sides)


def case_lines(cases: Mapping[int, Case], page: Page) -> list[Piece]:
    if not cases:
        return []
    return [
        Piece(line.at, "c", line.line, partial(_case_line, cases[line.id], line))
        for line in _office().case_lines(cases, page)
    ]


def _case_line(case: Case, line: Line) -> Row:
    said = casefile.said(line, case)
    kind = "trace_request" if case.cause == "trace_request" else case.kind
    pages = {"alert": "alerts.home", "exception": "exceptions.home", "investigation": "investigations.home"}
    open_to = any(task.endpoint == pages[case.kind] and may(task) for task in TASKS)
    return Row(
        at=line.at,
        kind=kind,
        title=f"{cause_word(case.kind, case.cause)}: {said.act or said.who}",
        lines=[said.text[:LONGEST]] if said.text else [],
        who=said.who if said.act else "",
        party=line.party if _is_named(line.party, case) else "",
        url=casefile.address(case) if open_to else "",
    )


def _is_named(party: str, case: Case) -> bool:
    """Whether the reader is told the name of a party of a case."""
    return casefile.name(party, case) == directory.party_name(party)


# The office: checks


def checks(one: Reading, page: Page) -> list[Piece]:
    office, subject = _office(), one.subject
    if subject.kind in {"item", "lot"}:
        rows = office.checks_of_items(*_between(subject), one.sides, page)
    else:
        rows = office.checks_by(subject.kind, subject.key, one.sides, page)
    return [Piece(row.seen.time, "s", row.id, lambda row=row: _check(one, row)) for row in rows]  # type: ignore[misc]


def _check(one: Reading, row: CheckRow) -> Row | None:
    seen = row.seen
    if not one.sees(seen.party) or not _is_about(one, seen.epc):
        return None
    place = directory.place_name(seen.site) if seen.site else ""
    lines = [place, hri(seen.epc) if one.subject.kind != "item" else "", seen.reason]
    return Row(
        seen.time,
        "check",
        str(_CHECK_WORDS.get(seen.kind, gettext("Checked"))),
        [line for line in lines if line],
        directory.party_name(seen.party),
        seen.party,
    )


# The office: recalls


def calls(one: Reading, page: Page) -> list[Piece]:
    registry = one.view.registry
    known = {**registry.lifted, **registry.recalls}
    holders = cache(lambda recall: _known_holders(one, known[recall]))
    if one.subject.kind == "party":
        rows = _office().calls(None, one.subject.key)
    else:
        found = dossiers.registrations(one.view, one.subject, Page(None, 2**31, newest=False))
        rows = _office().calls([each.id for each in found if each.id in known], None)
    shown = [row for row in rows if row.recall in known]
    if page.newest:
        shown = [row for row in reversed(shown) if row.id < page.edge]
    else:
        shown = [row for row in shown if row.id > page.edge]
    return [
        Piece(row.at, "n", row.id, partial(_call, one, row, known[row.recall], holders))
        for row in islice(shown, page.limit)
    ]


def _call(one: Reading, row: CallRow, recall: Recall, holders: Callable[[str], frozenset[str]]) -> Row | None:
    if not (one.sees(row.party) or (recall.party == one.viewer and row.party in holders(recall.id))):
        return None
    return Row(
        row.at,
        "recall",
        str(_CALL_WORDS[row.kind]) % {"party": directory.party_name(row.party)},
        [line for line in (campaign_words.title(recall), row.note) if line],
        directory.party_name(recall.party),
        recall.party,
        url=url_for("campaigns.campaign", statement=recall.id),
    )


def _known_holders(one: Reading, recall: Recall) -> frozenset[str]:
    """The holders whom the issuer of a recall knows by name: as in its campaign, its customers and who answered."""
    found = calling.campaign_of(one.view, recall, one.viewer)
    return frozenset(holder.party for holder in found.holders)


# The office: reports of illegitimate product, and the audit trail


def reports(one: Reading, page: Page) -> list[Piece]:
    """Lines of the reports about a subject."""
    desk, subject = _office(), one.subject
    if subject.kind == "party":
        numbers = desk.reports_of_party(subject.key)
    else:
        about = desk.reports_of_items(*_between(subject))
        numbers = [number for number, epc in about if _is_about(one, epc)]
    rows = desk.report_lines(numbers, one.sides, page) if numbers else []
    return [Piece(row.at, "p", row.line, partial(_report, one, row)) for row in rows]


def _report(one: Reading, row: ReportRow) -> Row | None:
    if not one.sees(row.party):
        return None
    return Row(
        row.at,
        "report",
        str(_REPORT_WORDS[row.act]),
        [row.text] if row.text else [],
        directory.party_name(row.party),
        row.party,
        url=url_for("illegitimate.report", report=row.id),
    )


def trail(one: Reading, page: Page) -> list[Piece]:
    office, subject = _office(), one.subject
    if subject.kind == "party":
        rows = office.trail_of(subject.key, one.sides, page, reading=one.reading)
    else:
        rows = office.trail(subject.key, one.sides, page, reading=one.reading)
    return [Piece(row.at, "t", row.id, lambda row=row: _trail_row(one, row)) for row in rows]  # type: ignore[misc]


def _trail_row(one: Reading, row: TrailRow) -> Row:
    changed = " → ".join(part for part in (row.old, row.new) if part)
    why = gettext("Reason: %(reason)s", reason=row.why) if row.why else ""
    detail = "" if row.detail in {one.subject.key, one.subject.uri} else row.detail
    account = parts().office.account(row.login)
    return Row(
        row.at,
        "trail",
        str(TRAIL_WORDS.get(row.act, row.act)),
        [line[:LONGEST] for line in (detail, changed, why) if line],
        account.name if account is not None else row.login,
        row.party,
    )
