"""The rows of a dossier, merged in the order in which they became known, and paged by a cursor.

A cursor says for each source which of its rows was the last: "c17.l120.s8".
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from heapq import merge
from typing import NamedTuple

from traceability.store.dossiers import Page
from traceability.web import dossier_log, dossier_office
from traceability.web.access import TASKS, may
from traceability.web.dossier_rows import KIND_WORDS, Piece, Reading, Row, Source
from traceability.web.words import moment

FETCHED = 200
"""Rows that one source is asked for at a time."""


class Found(NamedTuple):
    """A page of rows."""

    rows: list[Row]
    hidden: int
    """Rows that were passed over because they are not the reader's to see."""
    next: str
    """Where the next page begins; empty at the end."""


def page(one: Reading, kinds: frozenset[str], cursor: str, limit: int, *, newest: bool) -> Found:
    """A page of the dossier from a cursor on; `kinds` empty asks for all."""
    starts = _parse_cursor(cursor)
    pieces = _merged(one, kinds, starts, newest=newest)
    rows, hidden = list[Row](), 0
    for piece in pieces:
        row = piece.make()
        starts[piece.tag] = piece.number
        hidden += row is None
        if row is not None and (not kinds or row.kind in kinds):
            rows.append(row)
        if len(rows) >= limit:
            break
    more = next(pieces, None) is not None
    return Found(rows, hidden, _cursor(starts) if more else "")


def whole(one: Reading, kinds: frozenset[str] = frozenset(), *, newest: bool = False) -> Iterator[Row]:
    """All rows, one after the other, in constant memory."""
    for number, piece in enumerate(_merged(one, kinds, {}, newest=newest)):
        row = piece.make()
        if row is not None and (not kinds or row.kind in kinds):
            yield row
        if number % 1000 == 999:
            one.view.forget()


def _parse_cursor(text: str) -> dict[str, int]:
    found = {}
    for part in text.split("."):
        if part[:1].isalpha() and part[1:].lstrip("-").isdigit():
            found[part[0]] = int(part[1:])
    return found


def _cursor(starts: Mapping[str, int]) -> str:
    return ".".join(f"{tag}{number}" for tag, number in sorted(starts.items()))


def _merged(
    one: Reading, kinds: frozenset[str], starts: Mapping[str, int], *, newest: bool
) -> Iterator[Piece]:
    wanted = [source for source in _sources(one) if not kinds or not kinds.isdisjoint(source.kinds)]
    streams = [_stream(source, starts.get(source.tag), newest=newest) for source in wanted]
    return merge(*streams, key=lambda piece: (piece.at, piece.tag, piece.number), reverse=newest)


def _stream(source: Source, start: int | None, *, newest: bool) -> Iterator[Piece]:
    while True:
        found = source.pieces(Page(start, FETCHED, newest))
        yield from found
        if len(found) < FETCHED:
            return
        start = found[-1].number


# Where rows come from


def _sources(one: Reading) -> list[Source]:
    found = [
        Source("l", frozenset({"statement", "refused"}), partial(dossier_log.statements, one)),
        Source("r", frozenset({"registration", "revocation", "recall"}), partial(dossier_log.registry, one)),
    ]
    if one.subject.kind != "site":
        cases = dossier_office.cases(one)
        kinds = frozenset({"alert", "exception", "trace_request", "investigation"})
        found.append(Source("c", kinds, partial(dossier_office.case_lines, cases)))
    if one.subject.kind != "device":
        found.append(Source("s", frozenset({"check"}), partial(dossier_office.checks, one)))
    if one.subject.kind in {"item", "lot", "party"}:
        found.append(Source("n", frozenset({"recall"}), partial(dossier_office.calls, one)))
        found.append(Source("p", frozenset({"report"}), partial(dossier_office.reports, one)))
    if any(task.endpoint == "audittrail.home" and may(task) for task in TASKS):
        found.append(Source("t", frozenset({"trail"}), partial(dossier_office.trail, one)))
    return found


def kinds_of(one: Reading) -> list[str]:
    """The kinds of rows that a dossier of this subject can have for this reader, in their order."""
    possible = {kind for source in _sources(one) for kind in source.kinds}
    return [kind for kind in KIND_WORDS if kind in possible]


def said_by(rows: Iterable[Row]) -> list[tuple[str, str, str, str]]:
    """Rows for paper: when, what, who, evidence."""
    return [
        (
            moment(row.at),
            " · ".join([f"{KIND_WORDS[row.kind]}: {row.title}", *row.lines]),
            row.who,
            " · ".join(part for part in (row.grade, *row.marks, f"#{row.entry:,}" if row.entry is not None else "") if part),
        )
        for row in rows
    ]  # fmt: skip
