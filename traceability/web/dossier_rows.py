"""A row of a dossier, and what may become one."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
from flask_login import current_user

from traceability.custody.subjects import Subject
from traceability.ledger.history import Snapshot
from traceability.store.dossiers import Page
from traceability.web.access import for_regulator
from traceability.web.babel import LazyString, lazy_gettext

LONGEST = 300
"""Characters of a line; the whole text stands on the page that the row leads to."""

KIND_WORDS: dict[str, LazyString] = {
    "statement": lazy_gettext("Statement"),
    "refused": lazy_gettext("Refused statement"),
    "registration": lazy_gettext("Registration"),
    "revocation": lazy_gettext("Revocation"),
    "recall": lazy_gettext("Recall"),
    "alert": lazy_gettext("Alert"),
    "exception": lazy_gettext("Exception"),
    "trace_request": lazy_gettext("Trace request"),
    "investigation": lazy_gettext("Investigation"),
    "report": lazy_gettext("Report of illegitimate product"),
    "check": lazy_gettext("Check"),
    "trail": lazy_gettext("Audit trail"),
}
_TONES = {"refused": "stop", "revocation": "stop", "alert": "stop", "recall": "stop", "exception": "again", "trace_request": "again"}  # fmt: skip


class Row(msgspec.Struct, omit_defaults=True):
    """One line of a dossier."""

    at: str
    """When it became known to this log or this office, UTC."""
    kind: str
    title: str
    lines: list[str] = []
    who: str = ""
    party: str = ""
    """GLN of who signed or did it."""
    time: str = ""
    """Of a statement: when it happened, as it says."""
    grade: str = ""
    """Of a statement: scanned, inferred, claimed or unmatched."""
    marks: list[str] = []
    entry: int | None = None
    """Position in the log."""
    statement: str = ""
    """Its id."""
    kid: str = ""
    """The key that signed it."""
    url: str = ""
    receipt: str = ""

    @property
    def tone(self) -> str:
        """Of its state, for the icon beside it; empty where there is nothing to look at."""
        return _TONES.get(self.kind, "")


class Piece(NamedTuple):
    """Something that may become a row: when, and its number in its source."""

    at: str
    tag: str
    number: int
    make: Callable[[], Row | None]
    """The row; None where it is not the reader's to see, or of a kind that was not asked for."""


class Source(NamedTuple):
    """One of the places that know something of a subject."""

    tag: str
    kinds: frozenset[str]
    pieces: Callable[[Page], list[Piece]]


class Reading(NamedTuple):
    """Who reads a dossier, and how."""

    view: Snapshot
    subject: Subject
    viewer: str
    regulator: bool
    reading: bool = True
    """Whether the audit trail's lines of who only read something are rows too."""

    @property
    def sides(self) -> str | None:
        """Whose statements are asked for: the reader's own; everybody's for a regulator."""
        return None if self.regulator else self.viewer

    def sees(self, party: str) -> bool:
        """Whether the reader sees what the office knows of a party: itself, and a regulator its country's."""
        known = self.view.registry
        return party == self.viewer or (self.regulator and known.is_regulator_of(self.viewer, party))


def reading_of(view: Snapshot, subject: Subject, *, reading: bool = True) -> Reading:
    """A reading by the person who is logged in."""
    return Reading(view, subject, str(current_user.party), for_regulator(), reading)
