"""The picture of a lot's way, as one viewer may see it, with the table that says the same."""

from typing import NamedTuple

from markupsafe import Markup

from traceability.custody.recall import PARTS
from traceability.custody.state import Lot
from traceability.ledger.flows import flows
from traceability.ledger.history import Snapshot
from traceability.reports.flow import Way, layout, svg
from traceability.reports.pdf import TONES
from traceability.web import directory
from traceability.web.babel import gettext
from traceability.web.lotrows import BEYOND, Sight
from traceability.web.tracing import counted, part_word

NOBODY = "nobody"
"""Stands for whoever did not sign for handing packs over."""


class FlowLine(NamedTuple):
    """One way in the table."""

    sender: str
    receiver: str
    packs: str
    back: bool


class Flowing(NamedTuple):
    """The picture and its table."""

    picture: Markup
    lines: list[FlowLine]


def ways_of(view: Snapshot, lot: Lot, viewer: str, at: str | None) -> list[Way]:
    """The ways of a lot; parties that the viewer may not know stand together as BEYOND."""
    sight = Sight(view.registry, viewer)
    found = flows(view, lot, at)
    supplied = {flow.receiver for flow in found if flow.sender == viewer}
    made: dict[tuple[str, str, bool], int] = {}
    for flow in found:
        ends = (flow.sender or NOBODY, flow.receiver)
        if viewer not in ends and not sight.may(ends[0], ends[1]):
            ends = (ends[0] if ends[0] in supplied else BEYOND, BEYOND)
        if ends[0] != ends[1]:
            key = (*ends, flow.back)
            made[key] = made.get(key, 0) + flow.packs
    return [Way(sender, receiver, packs, back) for (sender, receiver, back), packs in made.items()]


def names_of(ways: list[Way]) -> dict[str, str]:
    """What the parties of some ways are called."""
    special = {
        BEYOND: gettext("others"),
        NOBODY: gettext("unknown origin"),
    }
    parties = {party for way in ways for party in (way.sender, way.receiver)}
    return {party: special.get(party) or directory.party_name(party) for party in parties}


def flowing(view: Snapshot, lot: Lot, viewer: str, at: str | None, *, alone: bool = False) -> Flowing | None:
    """The picture of a lot's way until event time `at`; None where it has not gone anywhere.

    `alone` writes its colours into it, for a file of its own.
    """
    ways = ways_of(view, lot, viewer, at)
    if not ways:
        return None
    sums: dict[str, dict[str, int]] = {}
    for holder in counted(view, lot, viewer).holders if at is None else ():
        sums[holder.party or NOBODY] = dict(holder.parts)
    names = names_of(ways)
    rest = gettext("smaller ones")
    picture = layout(ways, {party: sums.get(party, {}) for party in names}, rest)
    title = gettext("The way of lot %(lot)s", lot=lot.number)
    words = {part: part_word(part) for part in PARTS}
    lines = [
        FlowLine(names[way.sender], names[way.receiver], f"{way.packs:,}", way.back)
        for way in sorted(ways, key=lambda way: -way.packs)
    ]
    return Flowing(Markup(svg(picture, names, words, title, _colours() if alone else None)), lines)  # noqa: S704 - escaped there


def _colours() -> dict[str, str]:
    """For a file that stands alone: those of the printed report."""
    parts = {part: f"#{colour.hexval()[2:]}" for part, colour in TONES.items()}
    return parts | {"ink": "#1c2430", "way": "#5b8fd0", "back": "#b98a2f", "passed": "#c9c6bc"}
