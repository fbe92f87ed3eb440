"""What a verdict is made of: the code, who asks, and the finding with its weight and its one action."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from traceability.custody import CustodyError
from traceability.custody.state import Item, World

COUNTERS = ("pharmacy", "institution")
"""Roles of parties that dispense."""


class Kind(StrEnum):
    """How much a warning weighs."""

    CLEAR = "clear"
    SCANNER_FAULT = "scanner_fault"
    DATA_GAP = "data_gap"
    BLOCKED = "blocked"
    SUSPECT = "suspect"


class Action(StrEnum):
    """What the person at the counter does."""

    GO_ON = "go_on"
    SCAN_AGAIN = "scan_again"
    WAIT = "wait"
    ASK_SENDER = "ask_sender"
    DO_NOT_USE = "do_not_use"
    QUARANTINE = "quarantine"


ACTIONS: dict[Kind, Action] = {
    Kind.CLEAR: Action.GO_ON,
    Kind.SCANNER_FAULT: Action.SCAN_AGAIN,
    Kind.DATA_GAP: Action.WAIT,
    Kind.BLOCKED: Action.DO_NOT_USE,
    Kind.SUSPECT: Action.QUARANTINE,
}


class Scan(msgspec.Struct, frozen=True):
    """What the code on the pack says; `expiry` is an ISO date."""

    epc: str | None = None
    lot: str | None = None
    expiry: str | None = None


class Viewer(msgspec.Struct, frozen=True):
    """Who asks, where they stand, and what they have said of the goods."""

    party: str
    site: str | None = None
    sender: str | None = None
    """Who handed the goods over, where the viewer receives them and has named the other side."""
    from_patient: bool = False
    """Whether a patient has brought them back, to be taken back and never used again."""


class Verdict(msgspec.Struct, frozen=True):
    """Kind, stable reason code, sentence, and what to do."""

    kind: Kind
    reason: str
    pattern: str
    action: Action
    values: Mapping[str, object] = {}
    mild: bool = False
    """Said without alarm: most likely the same person scanned the same pack twice."""

    @property
    def sentence(self) -> str:
        """The sentence in English; `web` translates the pattern."""
        return self.pattern % self.values


def say(kind: Kind, reason: str, sentence: CustodyError, action: Action | None = None) -> Verdict:
    return Verdict(kind, reason, sentence.pattern, action or ACTIONS[kind], sentence.values)


def above(item: Item, world: World) -> list[Item]:
    """The item and the containers around it, innermost first."""
    chain = [item]
    while chain[-1].container is not None:
        container = world.item(chain[-1].container)
        if container is None:
            break
        chain.append(container)
    return chain


def fault(garble: ValueError | None) -> Verdict:
    """The verdict on what the scanner has done, or on a code that names no single pack."""
    if garble is None:
        error = CustodyError(
            "This code names no single pack: it has no serial number. Scan the other code on the pack."
        )
        return say(Kind.SCANNER_FAULT, "no-serial", error)
    pattern = getattr(garble, "pattern", "%(why)s")
    values = getattr(garble, "values", {"why": str(garble)})
    return Verdict(Kind.SCANNER_FAULT, "garbled", pattern, Action.SCAN_AGAIN, values)
