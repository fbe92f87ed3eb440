"""What an exception, an alert or an investigation is made of: states, sides, lines (`cases.py` keeps them)."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

CaseKind = Literal["exception", "alert", "investigation"]
Part = Literal["raiser", "other", "concerned"]
State = Literal["open", "answered", "new", "acknowledged", "investigating", "escalated", "resolved"]

NEXT: Mapping[str, frozenset[str]] = {
    "open": frozenset({"answered", "resolved"}),
    "answered": frozenset({"open", "resolved"}),
    "new": frozenset({"acknowledged", "investigating", "escalated", "resolved"}),
    "acknowledged": frozenset({"investigating", "escalated", "resolved"}),
    "investigating": frozenset({"escalated", "resolved"}),
    "escalated": frozenset({"resolved"}),
    "resolved": frozenset(),
}
"""The states that may follow a state."""


class Case(NamedTuple):
    """One exception, alert or investigation as it stands; `cause` of an investigation is its title."""

    id: int
    kind: CaseKind
    cause: str
    item: str
    state: State
    raised: str
    raiser: str
    due: str
    size: int
    """Entries in the log when it was raised."""
    evidence: str
    """JSON, written and read by `web`."""
    repeats: int
    last: str
    proposal: str
    outcome: str
    closed: str | None
    escalated: str | None

    @property
    def done(self) -> bool:
        return self.state == "resolved"


class Side(NamedTuple):
    """A party in a case, and the login of the person who takes care of it there."""

    party: str
    part: Part
    owner: str


class Line(NamedTuple):
    """One line of a thread: a message, or what somebody did. Lines are never changed."""

    line: int
    id: int
    at: str
    party: str
    login: str
    act: str
    text: str


class Entry(NamedTuple):
    """A line that is to be written; `party` is empty where the server itself acts."""

    at: str
    act: str
    party: str = ""
    login: str = ""
    text: str = ""


class Opening(NamedTuple):
    """A case that is to be opened."""

    kind: CaseKind
    cause: str
    items: tuple[str, ...]
    raiser: str
    others: tuple[tuple[str, Part], ...]
    due: str
    size: int
    evidence: str


class Opened(NamedTuple):
    """The case, and whether it was opened now rather than repeated."""

    id: int
    fresh: bool
