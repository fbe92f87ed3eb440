"""The ways that a lot took: how many of its packs each party gave to each other, through nested containers."""

from collections.abc import Iterator
from typing import NamedTuple

from traceability.custody.state import Lot
from traceability.ledger.history import Snapshot
from traceability.store.rows import EFFECT, UNMATCHED, ActRow, ContainmentRow

GIVING = frozenset({"shipped", "returned", "refused"})
BACK = frozenset({"returned", "refused"})


class Flow(NamedTuple):
    """Packs of a lot that went from one party to another."""

    sender: str | None
    """None where nobody signed for handing them over."""
    receiver: str
    packs: int
    back: bool
    """Whether they went back the way they had come."""


class _Contents:
    """How many packs of a lot were in each container at each position."""

    def __init__(self, view: Snapshot, lot: int) -> None:
        self._view = view
        self.direct: dict[int, list[tuple[int, int | None, int]]] = {}
        for row in view.reader.groups_of_lot(lot):
            self.direct.setdefault(row.container, []).append((row.since, row.until, row.packs))
        self.inner: dict[int, list[ContainmentRow]] = {}
        waiting = list(self.direct)
        self.containers = dict.fromkeys(waiting)
        while waiting:
            for row_ in view.reader.containments(waiting.pop()):
                self.inner.setdefault(row_.container, []).append(row_)
                if row_.container not in self.containers:
                    self.containers[row_.container] = None
                    waiting.append(row_.container)

    def at(self, container: int, position: int) -> int:
        """Packs of the lot in a container, at any depth, just before a position."""
        packs = sum(
            count for since, until, count in self.direct.get(container, ()) if _holds(since, until, position)
        )
        return packs + sum(
            self.at(row.child, position)
            for row in self.inner.get(container, ())
            if _holds(row.since, row.until, position)
        )


def _holds(since: int, until: int | None, position: int) -> bool:
    return since < position and (until is None or until > position)


def flows(view: Snapshot, lot: Lot, at: str | None = None) -> list[Flow]:
    """Who gave packs of a lot to whom until event time `at`, the most first; what was voided is taken off."""
    number = view.names.lot_number(lot)
    if number is None:
        return []
    names = view.names.glns.texts
    found: dict[tuple[str | None, str, bool], int] = {}
    for act, packs in _moves(view, number):
        if packs == 0 or (at is not None and act.event_time[: len(at)] > at):
            continue
        edge, sign = _edge(view, act)
        if edge is not None:
            sender, receiver, back = edge
            key = (None if sender is None else names[sender], names[receiver], back)
            found[key] = found.get(key, 0) + sign * packs
    made = [
        Flow(sender, receiver, packs, back) for (sender, receiver, back), packs in found.items() if packs > 0
    ]
    return sorted(made, key=lambda flow: (-flow.packs, flow.sender or "", flow.receiver))


def _edge(view: Snapshot, act: ActRow) -> tuple[tuple[int | None, int, bool] | None, int]:
    """From whom to whom an act moved packs, and whether it adds or takes off."""
    if act.act in GIVING:
        return (None if act.counterparty is None else (act.party, act.counterparty, act.act in BACK)), 1
    if act.act == "voided":
        sent = next((view.reader.act(int(one)) for one in (act.ref or "").split()), None)
        if sent is None or sent.counterparty is None:
            return None, 0
        return (sent.party, sent.counterparty, sent.act in BACK), -1
    return (None, act.party, False), 1


def _moves(view: Snapshot, lot: int) -> Iterator[tuple[ActRow, int]]:
    """Acts that handed packs of a lot over, with how many: those named themselves, and those in containers."""
    wanted = (*GIVING, "voided", "received")
    for position, packs in view.reader.moves_of_lot(lot, wanted):
        act = view.reader.act(position)
        if act is not None and _counts(act):
            yield act, packs
    contents = _Contents(view, lot)
    for container in contents.containers:
        for touch, act in view.reader.story(container):
            if touch.place >= 0 and act.act in wanted and _counts(act):
                yield act, contents.at(container, act.position)


def _counts(act: ActRow) -> bool:
    """Whether an act moves anything here: it had effect and stands, and a receipt only where nobody gave."""
    stands = bool(act.marks & EFFECT) and act.struck is None
    return stands and (act.act != "received" or bool(act.marks & UNMATCHED))
