"""The composition root: settings to store to ledger to web. No rule, no SQL.

`open_parts` opens what a server needs and closes it again; `build` makes the application of it.
`create_app` is for servers that want a factory: `flask --app app run`, `waitress-serve --call app:create_app`.
"""

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from argon2 import PasswordHasher
from flask import Flask

from traceability import web
from traceability.demo import folder
from traceability.ledger.founding import read_cookie_secret, read_trust, sequencing
from traceability.ledger.history import History
from traceability.ledger.sequencer import Sequencer
from traceability.proof.receipt import Trust
from traceability.settings import Settings
from traceability.store.office import Office
from traceability.store.sqlite import SqliteStore


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything open that one server works with."""

    settings: Settings
    trust: Trust
    store: SqliteStore
    sequencer: Sequencer
    history: History
    office: Office


@contextmanager
def open_parts(settings: Settings) -> Iterator[Parts]:
    """The parts of the log in the data folder, closed on leaving.

    Raises FoundingError where there is no log, UnsafeError where a network would reach the demo.
    """
    trust = read_trust(settings)
    with ExitStack() as stack:
        hasher = PasswordHasher.from_parameters(settings.passwords)
        office = stack.enter_context(closing(Office(settings.office, hasher)))
        web.refuse_unsafe(settings, office)
        store = stack.enter_context(closing(SqliteStore(settings.ledger)))
        sequencer = stack.enter_context(sequencing(settings, store, trust))
        yield Parts(settings, trust, store, sequencer, History(store, trust), office)


def build(parts: Parts) -> Flask:
    """The web application over open parts."""
    demo = parts.settings.demo and folder.is_demo(parts.settings.data)
    return web.create_app(
        parts.settings,
        trust=parts.trust,
        sequencer=parts.sequencer,
        history=parts.history,
        office=parts.office,
        secret=read_cookie_secret(parts.settings),
        administrators=folder.administrators(parts.settings) if demo else {},
    )


def create_app() -> Flask:
    """The application for the environment's settings, open until the process ends."""
    stack = ExitStack()
    flask = build(stack.enter_context(open_parts(Settings.from_env())))
    stack.enter_context(web.Courier(flask))
    atexit.register(stack.close)
    return flask
