"""The packs of a lot, one row each, as one viewer may see them."""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from traceability.custody.provenance import disclosure
from traceability.custody.recall import Alike, PackRow, part_of
from traceability.custody.registry import Registry
from traceability.custody.state import Condition, Lot
from traceability.ledger.history import Snapshot
from traceability.reports.trace import TraceRow, shown_rows
from traceability.web.babel import gettext
from traceability.web.links import page_url
from traceability.web.trail import VISIBLE
from traceability.web.words import CONDITION_WORDS

BEYOND = "beyond"
"""Stands for every holder that the viewer may not know."""


class PackLine(NamedTuple):
    """Where one pack is, for the table of the page."""

    serial: str
    url: str
    tone: str
    icon: str
    word: str
    holder: str
    place: str
    container: str
    container_url: str
    since: str
    evidence: str


class Sight:
    """What one viewer may know of where packs are: custody.provenance decides, once a statement."""

    def __init__(self, registry: Registry, viewer: str) -> None:
        self._registry = registry
        self._viewer = viewer
        self._seen: dict[tuple[str, str | None], bool] = {}

    def masked(self, group: Alike) -> Alike:
        """The group, its holder replaced by BEYOND where the viewer may not know it."""
        if group.custodian is None or group.party is None:
            return group if group.custodian in {None, self._viewer} else group._replace(custodian=BEYOND)
        if self._viewer in {group.custodian, group.receiver} or self.may(group.party, group.counterparty):
            return group
        return group._replace(custodian=BEYOND)

    def sees(self, row: PackRow) -> bool:
        """Whether the viewer may know who has a pack: it does itself, or may see the last statement about it."""
        if self._viewer in {row.top.custodian, row.top.receiver}:
            return True
        return row.fact is not None and self.may(row.fact.party, row.fact.counterparty)

    def may(self, party: str, counterparty: str | None) -> bool:
        """Whether the viewer may see what two parties signed."""
        known = self._seen.get((party, counterparty))
        if known is None:
            level = disclosure(self._viewer, _Sides(party, counterparty), self._registry, ())
            known = self._seen[party, counterparty] = level in VISIBLE
        return known


class _Sides(NamedTuple):
    party: str
    counterparty: str | None


def rows(
    view: Snapshot, lot: Lot, viewer: str, first: int = 0, count: int | None = None, part: str = ""
) -> Iterator[TraceRow]:
    """The trace of a lot, or of a part of its balance: what the viewer may not see is left empty, and its
    state says `handed_on`."""
    sight = Sight(view.registry, viewer)
    last = None if count is None else first + count
    asked = (row for row in view.lot_trace(lot.gtin, lot.number) if not part or part_of(row) == part)
    return shown_rows(((row, sight.sees(row)) for row in islice(asked, first, last)), view.registry)


_STATES = {
    "in_transit": ("again", "road"),
    "handed_on": ("unknown", "next"),
    "dispensed": ("clear", "dispense"),
    "destroyed": ("unknown", "refuse"),
}
"""Tone and icon of states for whoever follows a lot; the others as at the bench."""


def state_of(state: str) -> tuple[str, str, str]:
    """Tone, icon and word of a row's state."""
    if state == "in_transit":
        return *_STATES[state], gettext("on the road")
    if state == "handed_on":
        return *_STATES[state], gettext("handed on")
    tone, word = CONDITION_WORDS[Condition[state.upper()]]
    return *_STATES.get(state, (tone, tone)), str(word)


def pack_line(row: TraceRow) -> PackLine:
    """A row of the trace for the page."""
    tone, icon, word = state_of(row.state)
    to = gettext("to %(party)s", party=row.receiver) if row.receiver else ""
    place = row.site if row.site and row.site != row.holder else ""
    container = row.container
    return PackLine(
        serial=row.serial,
        url=page_url(row.epc),
        tone=tone,
        icon=icon,
        word=word,
        holder=row.holder or gettext("not yours to see"),
        place=" ".join(part for part in (place, to) if part),
        container=f"(00)…{container[-6:]}" if container.isdigit() else container,
        container_url=page_url(
            f"https://id.gs1.org{container if container.startswith('/') else f'/00/{container}'}"
        ),
        since=row.since,
        evidence=row.evidence,
    )
