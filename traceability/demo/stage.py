"""The stage of the demo: a sequencer whose clock walks, and the stations that sign on it."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from traceability.custody.compose import Ends, compose
from traceability.demo import DemoError
from traceability.demo.cast import Player
from traceability.ledger.examination import Rejected
from traceability.ledger.sequencer import Outcome, Sequencer
from traceability.ledger.station import Station


class Clock:
    """A clock that stands where it was put."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def stamp(moment: datetime) -> str:
    """A time as statements write it, in the zone that it carries."""
    text = moment.isoformat(timespec="seconds")
    return text[:-6] + "+00:00" if text.endswith("Z") else text


def between(sender: Player, receiver: Player) -> Ends:
    """Both ends of a handover, with their places."""
    return Ends(sender.gln, receiver.gln, sender.site, receiver.site)


class Stage:
    """Signs acts at times of the past and has them admitted a moment later."""

    def __init__(self, sequencer: Sequencer, clock: Clock, stations: Mapping[str, Station]) -> None:
        self.sequencer = sequencer
        self.clock = clock
        self.stations = stations
        self.outcomes: list[Outcome] = []
        self._waiting: list[bytes] = []
        self._when = clock.now

    def act(self, player: Player, meaning: str, when: datetime, items: Iterable[str], **more: Any) -> str:
        """A custody act by a player at its own place; returns the statement's id."""
        more.setdefault("site", player.site)
        more.setdefault("signer", player.person)
        composed = compose(meaning, time=stamp(when), items=items, **more)
        station = self._station(player, when)
        self._waiting.append(station.sign(composed, stamp(when)))
        return station.chain.prev

    def register(self, player: Player, act: Mapping[str, object] | bytes, when: datetime) -> str:
        """A registry act by a player; returns the statement's id."""
        station = self._station(player, when)
        raw = act if isinstance(act, bytes) else msgspec.json.encode(act)
        self._waiting.append(station.register(raw, stamp(when)))
        return station.chain.prev

    def _station(self, player: Player, when: datetime) -> Station:
        """The player's station, once everything signed at an earlier time is in the log."""
        if self._waiting and when > self._when:
            self.flush()
        self._when = when
        return self.stations[player.gln]

    def flush(self) -> None:
        """Have everything signed so far admitted, three seconds after it was signed."""
        if not self._waiting:
            return
        self.clock.now = max(self.clock.now, self._when.astimezone(UTC) + timedelta(seconds=3))
        for outcome in self.sequencer.submit_many(self._waiting):
            if isinstance(outcome, Rejected):
                raise DemoError("The demo's own statement was not admitted: %(reason)s", reason=outcome)
            if not outcome.effect:
                reason = (outcome.pattern or "") % outcome.values
                raise DemoError("The demo's own act had no effect: %(reason)s", reason=reason)
            self.outcomes.append(outcome)
        self._waiting = []
