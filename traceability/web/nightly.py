"""The snapshot of every night, taken by the server itself: a thread that waits, and a process that hashes.

The process has the lowest priority and reads beside the sequencer; what it writes in the end is one row. The
regulator's countersigning stays the regulator's own act.
"""

import logging
import multiprocessing
import threading
from datetime import datetime, time, timedelta
from types import TracebackType

from flask import Flask

from traceability.ledger.apart import take_quietly
from traceability.web.parts import Parts

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
"""Seconds from one look at the clock to the next: it may be set, and a machine may sleep."""
STOPS_WITHIN = 0.2
"""Seconds until a process that hashes is stopped with its server."""


def next_night(now: datetime, at: time) -> datetime:
    """The first moment after `now` at which the clocks of its zone show `at`.

    >>> next_night(datetime(2026, 11, 27, 2, 15), time(2, 15))
    datetime.datetime(2026, 11, 28, 2, 15)
    """
    today = datetime.combine(now.date(), at, now.tzinfo)
    return today if today > now else today + timedelta(days=1)


class Nightly:
    """Takes a snapshot at the hour that the settings name, while it is entered; never where they name none."""

    def __init__(self, app: Flask) -> None:
        self._opened: Parts = app.extensions["traceability"]
        self._at = self._opened.settings.snapshot_at
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="nightly", daemon=True)

    def __enter__(self) -> "Nightly":
        if self._at is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._at is not None:
            self._thread.join()

    def _now(self) -> datetime:
        return self._opened.clock().astimezone()

    def _run(self) -> None:
        if self._at is None:
            return
        due = next_night(self._now(), self._at)
        while not self._stop.wait(LOOK_EVERY):
            now = self._now()
            if now >= due:
                due = next_night(now, self._at)
                self.take()

    def take(self) -> bool:
        """Take one now; whether there is one over all that was signed when this began."""
        before, signed = self._newest()
        process = multiprocessing.get_context("spawn").Process(
            target=take_quietly, args=(self._opened.settings,), name="snapshot", daemon=True
        )
        process.start()
        while process.is_alive():
            if self._stop.wait(STOPS_WITHIN):
                process.terminate()
            process.join(0)
        taken, _ = self._newest()
        if taken != before:
            self._opened.office.note(self._opened.now(), "", "", "took snapshot", "", new=str(taken))
        if taken < signed and not self._stop.is_set():
            log.error("The snapshot of this night was not taken: its process ended with %s", process.exitcode)
        return taken >= signed

    def _newest(self) -> tuple[int, int]:
        """Over how many entries the newest snapshot and the newest checkpoint are."""
        with self._opened.history.view() as view:
            kept, checkpoint = view.reader.snapshot(), view.reader.checkpoint()
        return 0 if kept is None else kept.size, 0 if checkpoint is None else checkpoint[0]
