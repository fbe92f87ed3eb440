"""The live dashboard: what goes on, what is stuck, and how the log itself is."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_login import current_user

from traceability.custody.times import seconds
from traceability.ledger import watch
from traceability.ledger.history import Snapshot
from traceability.ledger.watch import Day, Road
from traceability.web import campaigns, charts, directory, subjects
from traceability.web.access import for_regulator, permitted
from traceability.web.babel import gettext, ngettext
from traceability.web.links import lot_url, may_trace
from traceability.web.parts import parts
from traceability.web.words import day, moment, packs

blueprint = Blueprint("watch", __name__)

AGES = (1, 3, 7, 14)
"""Days at which goods on the road pass into the next age."""

MOST_LINES = 50


class AgeLine(NamedTuple):
    """Goods on the road of one age; `width` is thousandths of the longest bar."""

    word: str
    dispatches: int
    packs: int
    width: float
    tone: str


class PartnerLine(NamedTuple):
    """What one party has not confirmed to another."""

    sender: str
    receiver: str
    dispatches: int
    packs: str
    oldest: str
    sender_url: str
    """Its dossier; empty for who may not open it."""
    receiver_url: str


class ExpiredLine(NamedTuple):
    """An expired lot with packs still in trade."""

    product: str
    lot: str
    expiry: str
    packs: str
    url: str


@blueprint.get("/watch")
@permitted("watch.home")
def home() -> ResponseReturnValue:
    """Everything on one page; with `part`, only what changes."""
    now = parts().now()
    everything = for_regulator()
    gln = None if everything else current_user.party
    with parts().history.view() as view:
        roads = [one for one in watch.roads(view, gln) if not everything or _concerns(view, one)]
        days = watch.handoffs(view, gln, now)
        values = {
            "days": days,
            "plot": _plot(days),
            "now": now,
            "ages": ages(roads, now),
            "partners": partners(roads, now),
            "expired": _expired(view, now),
            "recalls": campaigns.waiting(view),
            "health": _health(view, now),
        }
    return render_template("_watch.html" if "part" in request.args else "watch.html", **values)


def _concerns(view: Snapshot, road: Road) -> bool:
    """Whether goods on the road come from, or go to, the country of the regulator who asks."""
    regulates = view.registry.is_regulator_of
    return regulates(current_user.party, road.sender) or regulates(current_user.party, road.receiver)


def _plot(days: list[Day]) -> charts.Plot:
    given = [gettext("%(day)s: %(count)s given", day=day(one.day), count=one.given) for one in days]
    taken = [gettext("%(day)s: %(count)s taken", day=day(one.day), count=one.taken) for one in days]
    return charts.bars(
        [one.day for one in days],
        [[one.given for one in days], [one.taken for one in days]],
        [given, taken],
    )


def age_of(since: str, now: str) -> float:
    """Days between two times."""
    return max(0.0, seconds(now) - seconds(since)) / 86400


def ages(roads: Iterable[Road], now: str) -> list[AgeLine]:
    """Packs on the road by how long they have been there."""
    dispatches, counts = [0] * (len(AGES) + 1), [0] * (len(AGES) + 1)
    for road in roads:
        place = sum(age_of(road.since, now) >= days for days in AGES)
        dispatches[place] += 1
        counts[place] += road.packs
    longest = max(*counts, 1)
    words = [
        gettext("under a day"),
        gettext("1 to 3 days"),
        gettext("3 to 7 days"),
        gettext("7 to 14 days"),
        gettext("14 days and more"),
    ]
    tones = ["held", "held", "road", "returned", "unresolved"]
    return [
        AgeLine(word, many, count, round(1000 * count / longest, 1), tone)
        for word, many, count, tone in zip(words, dispatches, counts, tones, strict=True)
    ]


def partners(roads: Iterable[Road], now: str) -> list[PartnerLine]:
    """Who has not confirmed what to whom, the longest wait first."""
    grouped: dict[tuple[str, str], list[Road]] = {}
    for road in roads:
        grouped.setdefault((road.sender, road.receiver), []).append(road)
    order = sorted(grouped.items(), key=lambda pair: min(seconds(one.since) for one in pair[1]))
    lines = []
    for (sender, receiver), found in order[:MOST_LINES]:
        oldest = min(found, key=lambda one: seconds(one.since))
        days = int(age_of(oldest.since, now))
        waited = ngettext("%(num)s day", "%(num)s days", days) if days else gettext("today")
        lines.append(
            PartnerLine(
                directory.party_name(sender),
                directory.party_name(receiver),
                len(found),
                packs(sum(one.packs for one in found)),
                f"{waited} · {moment(oldest.since)}",
                subjects.of_gln(sender),
                subjects.of_gln(receiver),
            )
        )
    return lines


def _expired(view: Snapshot, now: str) -> list[ExpiredLine]:
    lines: list[ExpiredLine] = []
    for one in watch.expired(view, now):
        if may_trace(one.lot.gtin) and len(lines) < MOST_LINES:
            name = directory.product_name(one.lot.gtin) or one.lot.gtin
            lines.append(
                ExpiredLine(name, one.lot.number, day(one.lot.expiry), packs(one.packs), lot_url(one.lot))
            )
    return lines


class HealthLine(NamedTuple):
    """One fact of the log's health."""

    word: str
    value: str
    tone: str


def _checkpoint(found: watch.Health, now: str) -> HealthLine:
    """How old the newest checkpoint is: as old as the newest entry, unless entries wait to be signed for."""
    word = gettext("Newest checkpoint")
    if found.newest is None:
        return HealthLine(word, gettext("none"), "again")
    if found.signed < found.entries:
        waiting = gettext("Entries not under it yet: %(num)s", num=found.entries - found.signed)
        return HealthLine(word, waiting, "again")
    age = format_timedelta(timedelta(days=age_of(found.newest, now)), threshold=1.5)
    return HealthLine(word, gettext("%(age)s old, over all entries", age=age), "clear")


def _health(view: Snapshot, now: str) -> list[HealthLine]:
    found = watch.health(view)
    audited = watch.last_audit(parts().settings.audited)
    behind = age_of(audited.at, now) if audited is not None else None
    return [
        HealthLine(gettext("Entries"), f"{found.entries:,}", "clear"),
        HealthLine(gettext("Newest entry"), moment(found.newest) if found.newest else gettext("none"), "clear"),
        _checkpoint(found, now),
        HealthLine(
            gettext("Forked signers"),
            f"{found.forks:,}",
            "stop" if found.forks else "clear",
        ),
        HealthLine(
            gettext("Last audit"),
            gettext("never") if audited is None
            else gettext("%(when)s, %(entries)s entries", when=moment(audited.at), entries=f"{audited.entries:,}"),
            "again" if behind is None or behind > 7 else "clear",
        ),
    ]  # fmt: skip
