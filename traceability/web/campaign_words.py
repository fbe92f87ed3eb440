"""A recall campaign in words and numbers, for its page and its report."""

from typing import NamedTuple

from traceability.custody.campaign import Campaign, Holder
from traceability.custody.recall import PARTS
from traceability.custody.registry import Recall
from traceability.gs1 import digital_link
from traceability.reports.pdf import Grid, LotReport, Share
from traceability.store.campaigns import Call, Step
from traceability.web import directory
from traceability.web.babel import gettext
from traceability.web.lotrows import BEYOND
from traceability.web.parts import parts
from traceability.web.tracing import part_word, recall_sentence, recalled
from traceability.web.words import moment, packs

PACKS_NAMED = 3
"""Single packs that the title of a recall names."""

_TONES = {
    "overdue": "stop",
    "untold": "unknown",
    "silent": "again",
    "acknowledged": "again",
    "reported": "clear",
    "issuer": "clear",
}


class Line(NamedTuple):
    """One holder of a campaign on the page."""

    name: str
    gln: str
    tone: str
    word: str
    when: str
    log: str
    """What the log says it has, in words."""
    told: str
    """What it reported, in words."""
    answer: str
    """Statement id of its latest answer."""
    accounted: str
    calls: list[str]
    may_call: bool


class ClassLine(NamedTuple):
    """A class of recalled packs in the answer's form."""

    uri: str
    name: str
    packs: int


def title(recall: Recall) -> str:
    """The name of a recall: what it is about, and whether it is a drill."""
    what = recalled(recall, PACKS_NAMED)
    return gettext("Drill: %(what)s", what=what) if recall.drill else gettext("Recall: %(what)s", what=what)


def percent(found: Campaign) -> str:
    """The share of packs that are accounted for, rounded down: 100.0 means all."""
    tenths = found.accounted * 1000 // found.packs if found.packs else 1000
    return f"{tenths / 10:.1f}"


def state_word(holder: Holder, now: str) -> str:
    """Where a holder stands."""
    return {
        "overdue": gettext("no answer in time"),
        "untold": gettext("not told yet"),
        "silent": gettext("told, no answer yet"),
        "acknowledged": gettext("acknowledged"),
        "reported": gettext("reported"),
        "issuer": gettext("issued it"),
    }[holder.state(now)]


def _when(holder: Holder) -> str:
    answer = holder.reported or holder.acknowledged
    if answer is not None:
        return moment(answer.admitted)
    return "" if holder.due is None else gettext("due %(when)s", when=moment(holder.due))


def _log(holder: Holder) -> str:
    counts = [f"{part_word(part)} {holder.parts[part]:,}" for part in PARTS if holder.parts.get(part)]
    return ", ".join(counts)


def _told(holder: Holder) -> str:
    answer = holder.reported or holder.acknowledged
    if answer is None:
        return ""
    if answer.counts is None:
        return gettext("on hand %(packs)s", packs=f"{answer.on_hand:,}")
    counts = answer.counts
    named = (
        (gettext("on hand"), counts.onHand),
        (gettext("sent back"), counts.returned),
        (gettext("destroyed"), counts.destroyed),
        (gettext("dispensed"), counts.dispensed),
        (gettext("missing"), counts.missing),
    )
    return ", ".join(f"{word} {count:,}" for word, count in named if count) or gettext("nothing")


Calls = tuple[list[Call], list[Step]]
"""What people did about holders, and what was sent by itself."""


def lines(found: Campaign, calls: Calls, now: str) -> list[Line]:
    """The holders, those that need attention first."""
    return [_line(holder, _calls(holder.party, calls), now) for holder in found.holders]


def _calls(party: str, calls: Calls) -> list[str]:
    """What was done about a holder, oldest first."""
    told = [(call.at, _call(call)) for call in calls[0] if call.party == party]
    told += [(step.at, said) for step in calls[1] if step.party == party and (said := _step(step))]
    return [said for _, said in sorted(told)]


def _step(step: Step) -> str:
    when = moment(step.at)
    return {
        "reminded": gettext("Reminded by the system, %(when)s", when=when),
        "overdue": gettext("Told that it is overdue, %(when)s", when=when),
        "escalated": gettext("Escalated to issuer and regulator, %(when)s", when=when),
    }.get(step.step, "")


def _line(holder: Holder, calls: list[str], now: str) -> Line:
    beyond = holder.party == BEYOND
    answer = holder.reported or holder.acknowledged
    return Line(
        gettext("Others, known to their suppliers and the regulator")
        if beyond
        else directory.party_name(holder.party),
        "" if beyond else holder.party,
        _TONES[holder.state(now)],
        state_word(holder, now),
        _when(holder),
        _log(holder),
        _told(holder),
        "" if answer is None else answer.id,
        f"{holder.accounted:,} / {holder.packs:,}",
        calls,
        not holder.issuer and not beyond,
    )


def _call(call: Call) -> str:
    account = parts().office.account(call.login)
    who = account.name if account is not None else call.login
    if call.kind == "reminder":
        return gettext("Reminded by %(who)s, %(when)s", who=who, when=moment(call.at))
    return gettext("Checked by %(who)s, %(when)s: %(note)s", who=who, when=moment(call.at), note=call.note)


def totals(found: Campaign) -> list[tuple[str, str]]:
    """The counts of the status report, as regulators ask for them: word and number."""
    holders = [holder for holder in found.holders if not holder.issuer]
    reported = [holder.reported.counts for holder in holders if holder.reported and holder.reported.counts]
    answered = [holder for holder in holders if holder.acknowledged is not None]
    return [
        (gettext("Holders notified"), f"{sum(holder.notified is not None for holder in holders):,}"),
        (gettext("Answered"), f"{len(answered):,}"),
        (gettext("Not answered"), f"{len(holders) - len(answered):,}"),
        (gettext("Reported on hand"), f"{sum(one.onHand for one in reported):,}"),
        (gettext("Reported sent back"), f"{sum(one.returned for one in reported):,}"),
        (gettext("Reported destroyed"), f"{sum(one.destroyed for one in reported):,}"),
        (gettext("Reported dispensed"), f"{sum(one.dispensed for one in reported):,}"),
        (gettext("Reported missing"), f"{sum(one.missing for one in reported):,}"),
    ]


def classes(on_hand: dict[str, int]) -> list[ClassLine]:
    """The classes of an answer's form by name."""
    found = []
    for uri, count in on_hand.items():
        elements = digital_link.parse(uri).element_string(parts().today())
        gtin, lot = elements.get("01") or "", elements.get("10") or ""
        name = directory.product_name(gtin) or gtin
        found.append(ClassLine(uri, f"{name}, {lot}" if lot else name, count))
    return found


def report(
    recall: Recall, found: Campaign, calls: Calls, now: str, entries: int, *, lifted: bool
) -> LotReport:
    """The status report for reports.pdf."""
    rows = [
        (
            f"{line.name} {line.gln}",
            f"{line.word} {line.when}",
            line.log,
            line.told,
            "\n".join(line.calls),
        )
        for line in lines(found, calls, now)
    ]
    holders = Grid(
        gettext("Holders"),
        (
            gettext("Party"),
            gettext("State"),
            gettext("By the log"),
            gettext("By its own report"),
            gettext("Calls"),
        ),
        rows,
        (4, 4, 3, 3, 4),
    )
    sums = {part: sum(holder.parts.get(part, 0) for holder in found.holders) for part in PARTS}
    sums["unresolved"] += found.nobody
    facts = [
        (gettext("Class"), recall.kind),
        (gettext("Issued"), f"{directory.party_name(recall.party)}, {moment(recall.issued)}"),
        (gettext("Reason"), recall.reason),
        *([(gettext("Instructions"), recall.instructions)] if recall.instructions else []),
        (gettext("Statement"), recall.id),
        (gettext("As of"), f"{moment(now)}, {gettext('%(entries)s entries', entries=entries)}"),
        *totals(found),
    ]
    if lifted:
        facts.append((gettext("State"), gettext("lifted")))
    elif recall.closed is not None:
        facts.append((gettext("Closed"), f"{moment(recall.closed)} {recall.closing or ''}".strip()))
    return LotReport(
        title=gettext("Recall status report"),
        sentence=gettext(
            "%(title)s. %(accounted)s of %(packs)s are accounted for (%(percent)s %%).",
            title=title(recall), accounted=f"{found.accounted:,}", packs=packs(found.packs), percent=percent(found),
        ),
        facts=facts,
        shares=[Share(part, part_word(part), count) for part, count in sums.items()],
        grids=[holders],
        notes=[] if recall.drill else [recall_sentence(recall)],
        foot=f"{title(recall)} · {moment(now)}",
    )  # fmt: skip
