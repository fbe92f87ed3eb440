"""What goes on in the log now: handoffs by day, goods on the road, expired goods in trade, its own health."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from traceability.custody.state import Lot
from traceability.ledger.history import Snapshot
from traceability.ledger.stock import on_the_road

DAYS = 30
"""Days of the plots, today included."""


class Day(NamedTuple):
    """How many handoffs were signed for on one day, by who gave and by who took."""

    day: str
    given: int
    taken: int


class Road(NamedTuple):
    """A dispatch that nobody has received yet."""

    id: str
    sender: str
    receiver: str
    since: str
    """Event time of the dispatch."""
    items: int
    packs: int


class Expired(NamedTuple):
    """An expired lot of which packs are still in trade."""

    lot: Lot
    packs: int


class LastAudit(msgspec.Struct):
    """When the store was last proven against its log (UTC), and how many entries it had."""

    at: str
    entries: int


def last_audit(path: Path) -> LastAudit | None:
    """The last audit that found nothing; None where there was none, or its note cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=LastAudit)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


class Health(NamedTuple):
    """The log itself: entries, when the newest was admitted (UTC; None for an empty log), forks found."""

    entries: int
    newest: str | None
    signed: int
    """Entries under the newest checkpoint. It is signed when the last of them is admitted."""
    forks: int


GIVEN = frozenset({"shipped", "returned", "refused"})
TAKEN = frozenset({"received", "return_received"})


def handoffs(view: Snapshot, gln: str | None, today: str) -> list[Day]:
    """The handoffs of the last `DAYS` days of one party, or of anybody, by event day; oldest first."""
    last = datetime.fromisoformat(today[:10])
    days = [(last - timedelta(days=ago)).date().isoformat() for ago in range(DAYS - 1, -1, -1)]
    given, taken = dict.fromkeys(days, 0), dict.fromkeys(days, 0)
    for row in view.reader.tally(_number(view, gln), _first_since(view, days[0])):
        for wanted, counts in ((GIVEN, given), (TAKEN, taken)):
            if row.act in wanted and row.day in counts:
                counts[row.day] += row.acts
    return [Day(day, given[day], taken[day]) for day in days]


def _first_since(view: Snapshot, day: str) -> int:
    """Position of the first entry admitted on or after a day: admitted times only grow."""
    low, high = 0, view.reader.size()
    while low < high:
        middle = (low + high) // 2
        entry = view.entry(middle)
        if entry is not None and entry.admitted < day:
            low = middle + 1
        else:
            high = middle
    return low


def _number(view: Snapshot, gln: str | None) -> int | None:
    """The store's number of a party; one that nothing has where the log does not know it."""
    return None if gln is None else view.names.glns.find(gln) or -1


def roads(view: Snapshot, gln: str | None) -> list[Road]:
    """Dispatches that nobody has received yet, from or to one party or anybody; oldest first."""
    return [
        Road(
            one.fact.id,
            one.sender,
            one.receiver,
            one.fact.event_time,
            one.packs + one.containers,
            one.packs + one.inside,
        )
        for one in on_the_road(view, gln)
    ]


def expired(view: Snapshot, today: str) -> list[Expired]:
    """Expired lots of which packs are still active, the most first."""
    rows = [(view.names.lot(row.lot), row.packs) for row in view.reader.expired(today[:10])]
    found = [Expired(lot, packs) for lot, packs in rows if lot is not None]
    return sorted(found, key=lambda one: -one.packs)


def health(view: Snapshot) -> Health:
    """The log itself."""
    size = view.reader.size()
    entry = view.entry(size - 1) if size else None
    signed, _ = view.reader.checkpoint() or (0, "")
    forks = sum(1 for _ in view.reader.forks())
    return Health(size, None if entry is None else entry.admitted, signed, forks)
