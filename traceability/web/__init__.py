"""The web application: one blueprint a person or protocol, opened by `create_app`.

Views stay thin: read the request, call one function, render. Rules, proofs and SQL live below.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from flask import Flask

from traceability.ledger.history import History
from traceability.ledger.sequencer import Sequencer
from traceability.proof.receipt import Trust
from traceability.proof.signing import PrivateKey
from traceability.settings import Settings
from traceability.store.office import Office
from traceability.web import (
    access,
    accounts,
    acts,
    alerts,
    api,
    asking,
    audittrail,
    bench,
    campaigns,
    correcting,
    counting,
    directory,
    dossiers,
    errors,
    exceptions,
    grave,
    illegitimate,
    investigations,
    items,
    language,
    locks,
    log,
    lots,
    master,
    notices,
    offline,
    opening,
    packing,
    passkeys,
    passwords,
    people,
    pharmacy,
    picking,
    public,
    recalls,
    scan,
    security,
    sentences,
    setup,
    snapshots,
    stock,
    watch,
    words,
)
from traceability.web.courier import Courier
from traceability.web.nightly import Nightly
from traceability.web.parts import Parts, utc_now
from traceability.web.security import UnsafeError, refuse_unsafe
from traceability.web.turns import in_turns

__all__ = ["Courier", "Nightly", "UnsafeError", "create_app", "refuse_unsafe"]

ROOT = Path(__file__).resolve().parents[2]

BLUEPRINTS = (
    public.blueprint,
    accounts.blueprint,
    locks.blueprint,
    passwords.blueprint,
    passkeys.blueprint,
    people.blueprint,
    audittrail.blueprint,
    bench.blueprint,
    acts.blueprint,
    packing.blueprint,
    picking.blueprint,
    pharmacy.blueprint,
    recalls.blueprint,
    campaigns.blueprint,
    lots.blueprint,
    asking.blueprint,
    watch.blueprint,
    stock.blueprint,
    correcting.blueprint,
    counting.blueprint,
    opening.blueprint,
    master.blueprint,
    setup.blueprint,
    snapshots.blueprint,
    items.blueprint,
    exceptions.blueprint,
    dossiers.blueprint,
    investigations.blueprint,
    illegitimate.blueprint,
    alerts.blueprint,
    notices.blueprint,
    scan.blueprint,
    offline.blueprint,
    api.blueprint,
    log.blueprint,
)


def create_app(
    settings: Settings,
    *,
    trust: Trust,
    sequencer: Sequencer,
    history: History,
    office: Office,
    secret: bytes,
    administrators: Mapping[str, PrivateKey] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
    """The application over open parts, which the caller closes.

    `secret` signs cookies. `administrators` are station keys by party GLN with which this server
    approves device keys at once: the demo's, and nobody else's.
    """
    app = Flask(
        "traceability.web", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static")
    )
    app.extensions["traceability"] = Parts(
        settings, trust, sequencer, history, office, administrators or {}, clock
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    security.set_up(app, secret, settings)
    language.set_up(app)
    for room in (access, grave, directory, words, sentences, errors):
        room.set_up(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.wsgi_app = in_turns(app.wsgi_app)  # type: ignore[assignment,method-assign]
    return app
