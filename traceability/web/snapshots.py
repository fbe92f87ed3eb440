"""Snapshots, for the log's operator and the regulator: those that were taken, and taking one now."""

from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from traceability.ledger.erasing import Order, orders
from traceability.ledger.founding import snapshot_key
from traceability.ledger.snapshots import take
from traceability.proof.snapshot import parse_snapshot
from traceability.reports.evidence import Progress
from traceability.web import directory
from traceability.web.access import permitted
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.preparing import PREPARING, Preparation
from traceability.web.record import record
from traceability.web.words import ERASURE_WORDS, moment

blueprint = Blueprint("snapshots", __name__)


class SnapshotLine(NamedTuple):
    """A snapshot in the list."""

    size: int
    entries: str
    items: str
    signed: str
    """The regulators that have countersigned it, by name; empty where nobody has."""


class ErasedLine(NamedTuple):
    """A body that was erased by law, or is to be."""

    entry: str
    url: str
    ordered: str
    by: str
    why: str
    gone: bool


ERASED_SHOWN = 200


@blueprint.get("/snapshots")
@permitted("snapshots.home")
def home() -> ResponseReturnValue:
    """The snapshots that were taken, newest first."""
    with parts().history.view() as view:
        size = view.reader.size()
        heads = [parse_snapshot(row.note) for row in view.reader.snapshots()]
        signed = view.registry.snapshots
        erased = [_erased(one) for one in reversed(orders(view))]
    lines = [
        SnapshotLine(
            head.size,
            f"{head.size:,}",
            f"{head.items:,}",
            ", ".join(directory.party_name(party) for party in signed.get(head.digest, ())),
        )
        for head in reversed(heads)
    ]
    return render_template(
        "snapshots.html",
        snapshots=lines,
        size=size,
        entries=f"{size:,}",
        erased=erased[:ERASED_SHOWN],
        erased_more=len(erased) - ERASED_SHOWN,
    )


def _erased(order: Order) -> ErasedLine:
    erasure = order.erasure
    why = str(ERASURE_WORDS.get(erasure.reason, erasure.reason))
    return ErasedLine(
        f"{order.position:,}",
        url_for("items.statement", statement=order.id),
        moment(erasure.admitted),
        directory.party_name(erasure.party),
        f"{why}, {erasure.reference}" if erasure.reference else why,
        order.carried_out,
    )


@blueprint.post("/snapshots")
@permitted("snapshots.home")
def take_one() -> ResponseReturnValue:
    """Take one now, signed by the log."""
    record("took snapshot")
    return _shown(_taking())


@blueprint.get("/snapshots/taking")
@permitted("snapshots.home")
def taking() -> ResponseReturnValue:
    """How far the one is that is being taken."""
    return _shown(_taking())


def _taking() -> Preparation:
    opened = parts()
    with opened.history.view() as view:
        newest = view.reader.checkpoint()
        lots = len(view.names.lots)
    size = 0 if newest is None else newest[0]
    key, history, keep = snapshot_key(opened.settings), opened.history, opened.sequencer.keep_snapshot

    def make(path: Path, progress: Progress) -> None:
        _, note = take(history, key, keep, lambda done, _: progress(done))
        path.write_text(note)

    return PREPARING.file(
        opened.settings.exports, f"snapshot-{size}.txt", (opened.trust.origin, size), lots, make
    )


def _shown(found: Preparation) -> ResponseReturnValue:
    if not found.finished.is_set():
        page = render_template("snapshots.html", percent=found.percent)
        return page, 202, {"Refresh": f"2; url={url_for('snapshots.taking')}"}
    if found.failure:
        raise PageError("The snapshot could not be taken: %(why)s", why=found.failure)
    return redirect(url_for("snapshots.home"))
