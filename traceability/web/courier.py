"""The one thread beside the requests: it looks at the log, tells of what is new, and delivers."""

import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType

from flask import Flask

from traceability.store.notices import Notice, Notices
from traceability.web import announcing, reminding, sending, watching
from traceability.web.errors import PageError
from traceability.web.parts import Parts, parts

log = logging.getLogger(__name__)

EVERY = 3.0
"""Seconds from one round to the next."""


class Courier:
    """Rounds in the background while it is entered. Deliveries that were waiting before a stop go on after it."""

    def __init__(self, app: Flask, every: float = EVERY) -> None:
        self._app = app
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def __enter__(self) -> "Courier":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        # A round that fails, with a full disk for example, is told and the next one comes all the same.
        with ThreadPoolExecutor(1, thread_name_prefix="courier") as hand:
            while not self._stop.wait(self._every):
                trouble = hand.submit(self.round).exception()
                if trouble is not None:
                    log.error("The courier's round failed", exc_info=trouble)

    def round(self) -> None:
        """Look, tell, deliver, once."""
        opened: Parts = self._app.extensions["traceability"]
        # Pages have addresses only under a request; this one makes those that a reader can follow.
        with self._app.test_request_context(base_url=opened.settings.address):
            watching.sweep()
            reminding.follow()
            announcing.announce()
            opened.office.fold()
            deliver(self._stop)


def deliver(stop: threading.Event | None = None) -> None:
    """Send what is due, each by itself: one that fails keeps no other back."""
    desk = Notices(parts().office)
    for notice in desk.due(parts().clock().timestamp()):
        if stop is not None and stop.is_set():
            return
        now = parts().clock()
        try:
            _send(notice, desk, now)
        except sending.NotNowError as trouble:
            desk.put_off(notice, now.timestamp(), str(trouble)[:300])
        except (sending.NeverError, PageError) as trouble:
            desk.failed(notice, str(trouble)[:300])
        else:
            desk.sent(notice)


def _send(notice: Notice, desk: Notices, now: datetime) -> None:
    settings = parts().settings
    if notice.login:
        if settings.mail is None:
            raise sending.NeverError("This server has no mail server: TRACEABILITY_SMTP is not set")
        content = json.loads(notice.content)
        sending.send_mail(settings.mail, notice.target, content["subject"], content["text"], notice.id, now)
        return
    wish = desk.party(notice.party)
    if wish is None or wish.url != notice.target:
        raise sending.NeverError("The webhook was changed or taken away")
    sending.call(notice.target, wish.secret, notice.id, notice.content.encode(), now, demo=settings.demo)
