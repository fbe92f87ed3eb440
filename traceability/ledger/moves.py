"""What statements moved: the items that they name, and what was in those at the time."""

from collections.abc import Callable, Iterable, Iterator

from traceability.custody.inheritance import TRANSFORMING
from traceability.custody.provenance import RECEIVING
from traceability.custody.recall import Asked
from traceability.ledger.moments import Moment
from traceability.ledger.view import View
from traceability.store import StoreError
from traceability.store.rows import EFFECT, ActRow, ItemRow

May = Callable[[str, str | None], bool]
"""Whether somebody may see what two parties signed."""
FORGET = 1000
"""Statements after which what was read is forgotten, so that memory does not grow with their number."""
_CHUNK = 512


class Seen:
    """Which items were met: a bit each."""

    def __init__(self, view: View) -> None:
        self._bits = bytearray(view.reader.last_item() // 8 + 1)

    def add(self, number: int) -> bool:
        """Whether an item is met for the first time."""
        place, bit = number >> 3, 1 << (number & 7)
        fresh = not self._bits[place] & bit
        self._bits[place] |= bit
        return fresh


def moved(view: View, position: int) -> Iterator[int]:
    """The items that a statement named and did not call missing, and what was in them or was taken out by it."""
    act = view.reader.act(position)
    if act is None:
        return
    named = view.named(position)
    gone = {epc for role, epc in named if role == "c"} if act.act in RECEIVING else set()
    view.prefetch(epc for _, epc in named)
    missing = _numbers(view, gone)
    waiting = [number for number in _numbers(view, (epc for _, epc in named)) if number not in missing]
    if not named and act.parent is not None:  # unpacked wholly: its contents are not listed
        waiting += [row.child for row in view.reader.contained(act.parent) if row.until == position]
    seen = set(waiting)
    while waiting:
        number = waiting.pop()
        yield number
        for row in view.reader.contained(number):
            there = row.since <= position and (row.until is None or row.until >= position)
            if there and row.child not in seen and row.child not in missing:
                seen.add(row.child)
                waiting.append(row.child)


def _numbers(view: View, epcs: Iterable[str]) -> dict[int, None]:
    found = (view.item_number(epc) for epc in epcs)
    return {number: None for number in found if number is not None}


def asked_positions(view: View, asked: Asked, moment: Moment, may: May | None = None) -> Iterator[int]:
    """The statements whose goods a question is about, in log order.

    What a party or a place had came there by a statement of that party or at that place; what moved last in
    a window, by one in the window. So none of them can be missed.
    """
    if asked.statement:
        yield _position(view, asked.statement, moment)
        return
    window = bool(asked.act) or not (asked.party or asked.place)
    for act in _acts(view, asked):
        if (
            act.marks & EFFECT
            and act.position <= moment.known_at
            and (act.struck is None or act.struck > moment.known_at or not asked.act)
            and (not window or asked.in_window(act.event_time))
            and (may is None or not asked.act or may(*_sides(view, act)))
        ):  # fmt: skip
            yield act.position


def _sides(view: View, act: ActRow) -> tuple[str, str | None]:
    glns = view.names.glns.texts
    return glns[act.party], None if act.counterparty is None else glns[act.counterparty]


def _position(view: View, statement: str, moment: Moment) -> int:
    position = view.position(statement)
    if position is None or position > moment.known_at:
        raise StoreError("The log has no statement %(id)s", id=statement)
    return position


def _acts(view: View, asked: Asked) -> Iterator[ActRow]:
    numbers = [view.names.glns.find(gln) if gln else None for gln in (asked.party, asked.place)]
    if any(gln and number is None for gln, number in zip((asked.party, asked.place), numbers, strict=True)):
        return iter(())
    party, place = numbers
    # Goods that a party has somewhere came to the party, and perhaps later to the place.
    return view.reader.acts_where(asked.act, party, place if asked.act or not asked.party else None)


def rows_moved(view: View, positions: Iterable[int], moment: Moment) -> Iterator[ItemRow]:
    """The items that some statements moved, each once, as they were at a moment."""
    seen = Seen(view)
    for count, position in enumerate(positions, 1):
        if count % FORGET == 0:
            view.forget()
        yield from versions(view, (number for number in moved(view, position) if seen.add(number)), moment)


def versions(view: View, numbers: Iterable[int], moment: Moment) -> Iterator[ItemRow]:
    """Items by number, as they were at a moment; those that were not there yet are left out."""
    waiting = list(numbers)
    for start in range(0, len(waiting), _CHUNK):
        rows = {row.id: row for row in view.reader.items_by_id(waiting[start : start + _CHUNK])}
        for row in rows.values():
            found = moment.version(row)
            if found is not None:
                yield found


class Following:
    """Goods that were made into others: from inputs to outputs, or back, as often as that was done."""

    def __init__(self, view: View, moment: Moment, direction: str, may: May | None) -> None:
        self._view = view
        self._moment = moment
        self._may = may
        self._forwards = direction == "forwards"
        self._seen = Seen(view)
        self._done: set[int] = set()
        self._waiting: list[int] = []

    def note(self, row: ItemRow) -> None:
        """Remember an item that was found, and the statements that made it into others, or it of others."""
        self._seen.add(row.id)
        for position in self._positions(row):
            if position not in self._done:
                self._done.add(position)
                self._waiting.append(position)

    def _positions(self, row: ItemRow) -> Iterator[int]:
        if self._forwards:
            acts = [act for _, act in self._view.reader.story(row.id) if act.position > row.born]
        else:
            born = self._view.reader.act(row.born)
            acts = [] if born is None else [born]
        for act in acts:
            happened = act.act in TRANSFORMING and act.marks & EFFECT and self._moment.happened(act)
            if happened and (self._may is None or self._may(*_sides(self._view, act))):
                yield act.position

    def rest(self) -> Iterator[ItemRow]:
        """What the items that were noted became, or were made of, and so on."""
        role = "o" if self._forwards else "i"
        while self._waiting:
            named = [epc for one, epc in self._view.named(self._waiting.pop()) if one == role]
            fresh = [number for number in _numbers(self._view, named) if self._seen.add(number)]
            for row in versions(self._view, fresh, self._moment):
                self.note(row)
                yield row
