"""What items were at a moment, by both clocks: event time (what happened) and log position (when it was known).

The store keeps each state of an item until the statement that ended it. Of the states that were known at a
log position, event time chooses the one whose statement happened last before it; a statement that was struck
by then did not happen. A state that was never recorded (between a late dispatch and its earlier receipt) is
not made up.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from traceability.custody.times import seconds
from traceability.store import Reader, StoreError
from traceability.store.rows import ActRow, ItemRow, PastRow

State = tuple[int, ItemRow]
"""The log position that began a state, and the item as it was from there on."""


def states(item: ItemRow, past: Iterable[PastRow]) -> list[State]:
    """Every state of an item, oldest first."""
    found: list[State] = []
    until: int | None = None
    for row in past:
        found.append(
            (row.born if until is None else until, ItemRow(item.id, item.product, item.serial, *row[2:-1]))
        )
        until = row.until
    found.append((item.born if until is None else until, item))
    return found


class Moment:
    """Answers as the log would have at a position, about what had happened by a time."""

    def __init__(self, reader: Reader, at: str | None, known_at: int | None) -> None:
        first = reader.history_from()
        if first and (at is not None or (known_at is not None and known_at + 1 < first)):
            raise StoreError(
                "This ledger was made by an older version: it knows the past from entry %(first)s on. "
                "`traceability rebuild` computes the rest.",
                first=first,
            )
        self._reader = reader
        self._at = None if at is None else seconds(at)
        self.known_at = reader.size() - 1 if known_at is None else known_at
        self._now = at is None and self.known_at == reader.size() - 1
        self._times: dict[int, tuple[float, int | None]] = {}
        self._above: dict[int, ItemRow | None] = {}
        if self._at is not None:
            self._times = {
                position: (seconds(time), struck)
                for position, time, struck in reader.times(0, self.known_at + 1)
            }

    def items_of_lot(self, lot: int) -> Iterator[ItemRow]:
        """The items that were of a lot, in item order."""
        past = groupby(self._reader.past_of_lot(lot), key=lambda row: row.item)
        number, rows = next(past, (-1, iter(())))
        for item in self._reader.items_ever_of_lot(lot):
            mine: Sequence[PastRow] = ()
            if number == item.id:
                mine = list(rows)
                number, rows = next(past, (-1, iter(())))
            found = self.choose(states(item, mine))
            if found is not None and found.lot == lot:
                yield found

    def choose(self, known: Sequence[State]) -> ItemRow | None:
        """The state that held; None where the item was not there yet."""
        chosen: ItemRow | None = None
        best = (float("-inf"), -1)
        for since, row in known:
            if since > self.known_at:
                break
            if self._at is None:
                chosen = row
                continue
            time, struck = self._times.get(since, (float("inf"), None))
            if time > self._at or (struck is not None and struck <= self.known_at):
                continue
            if (time, since) > best:
                best, chosen = (time, since), row
        return chosen

    def version(self, item: ItemRow) -> ItemRow | None:
        """What an item was, of which this is how it is now."""
        if self._now:
            return item
        return self.choose(states(item, self._reader.past(item.id)))

    def happened(self, act: ActRow) -> bool:
        """Whether an act was known, had happened, and was not struck."""
        if act.position > self.known_at or (act.struck is not None and act.struck <= self.known_at):
            return False
        return self._at is None or seconds(act.event_time) <= self._at

    def item(self, number: int) -> ItemRow | None:
        """What one item was."""
        if number not in self._above:
            row = next(iter(self._reader.items_by_id((number,))), None)
            self._above[number] = row and self.version(row)
        return self._above[number]

    def inside(self, container: int) -> Iterator[ItemRow]:
        """Everything that was in a container, at any depth; what is in it is not necessarily a pack."""
        seen: set[int] = set()
        for row in list(self._reader.contained(container)):
            if row.child in seen:
                continue
            seen.add(row.child)
            found = next(iter(self._reader.items_by_id((row.child,))), None)
            item = found and self.version(found)
            if item is not None and item.container == container:
                yield item
                yield from self.inside(item.id)

    def top(self, container: int) -> ItemRow:
        """The outermost container that a container was in, or itself."""
        found = self.item(container)
        while found is not None and found.container is not None:
            above = self.item(found.container)
            if above is None:
                return found
            found = above
        if found is None:
            raise LookupError(container)
        return found
