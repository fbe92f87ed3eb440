"""What every view needs, opened once by the composition root and handed to the application factory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from flask import current_app

from traceability.ledger.history import History
from traceability.ledger.sequencer import Sequencer
from traceability.proof.receipt import Trust
from traceability.proof.signing import PrivateKey
from traceability.settings import Settings
from traceability.store.office import Office


def utc_now() -> datetime:
    """The clock of a running server."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """The open parts of one running server."""

    settings: Settings
    trust: Trust
    sequencer: Sequencer
    history: History
    office: Office
    administrators: Mapping[str, PrivateKey] = field(default_factory=dict)
    """Administrators' station keys by party GLN, with which device keys are approved at once. Demo only."""
    clock: Callable[[], datetime] = utc_now

    def now(self) -> str:
        """This moment as the log writes it: UTC with milliseconds."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def today(self) -> date:
        """The calendar date, which codes with two-digit years need."""
        return self.clock().astimezone().date()


def parts() -> Parts:
    """The parts of the server that is answering now."""
    opened: Parts = current_app.extensions["traceability"]
    return opened
