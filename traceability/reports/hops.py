"""The way of an item as rows of words, for terminals."""

from traceability.custody.provenance import Hop, Provenance
from traceability.custody.registry import Registry
from traceability.reports.trace import container_number, party_name

COLUMNS = ("When", "What", "Who", "Evidence", "In", "Entries")
_MARKS = ("late", "disputed", "unconfirmed", "voided", "undone", "struck", "flagged")


def hop_rows(story: Provenance, registry: Registry) -> list[tuple[str, ...]]:
    """One row a hop, in the order of event time; the cells go with `COLUMNS`."""
    return [
        (
            hop.time,
            hop.act,
            _who(hop, registry),
            ", ".join((hop.grade, *marks_of(hop))),
            ", ".join(container_number(container) for container in hop.containers),
            ", ".join(map(str, hop.positions)),
        )
        for hop in story.hops
    ]


def marks_of(hop: Hop) -> list[str]:
    """What has to be said beside the evidence of a hop: late, disputed, unconfirmed …"""
    return [mark for mark in _MARKS if getattr(hop, mark)]


def _who(hop: Hop, registry: Registry) -> str:
    name = party_name(registry, hop.party)
    if not hop.counterparty:
        return name
    other = party_name(registry, hop.counterparty)
    return f"{other} to {name}" if hop.taken is not None else f"{name} to {other}"
