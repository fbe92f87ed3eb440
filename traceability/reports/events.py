"""A trace as an EPCIS 2.0 document (JSON-LD): the events themselves, for programs that read EPCIS."""

from collections.abc import Iterable, Iterator, Mapping

from traceability.epcis.documents import document_lines
from traceability.epcis.events import Event

PIECE = 65_536
"""Bytes that are handed on at a time; the first event goes at once."""


def trace_epcis(events: Iterable[Event], about: Mapping[str, str], made: str) -> Iterator[bytes]:
    """The document in pieces, an event a line. `about` says what it is of, `made` is its creation date."""
    members = {f"custody:{name}": value for name, value in about.items() if value}
    waiting = bytearray()
    enough = 0
    for line in document_lines(events, creation_date=made, members=members):
        waiting += line
        if len(waiting) > enough:
            yield bytes(waiting)
            waiting.clear()
            enough = PIECE
    yield bytes(waiting)
