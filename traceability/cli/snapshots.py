"""`snapshot`: the state of every item under one signed root; a regulator checks it and countersigns."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from traceability.cli.acts import stamp
from traceability.cli.options import command, data_option, passphrase_option, read_passphrase
from traceability.cli.output import Output
from traceability.cli.signing import logged
from traceability.ledger import audit as auditing
from traceability.ledger.founding import (
    known_snapshot_key,
    looking,
    read_log_key,
    read_trust,
    snapshot_key,
    write_new,
)
from traceability.ledger.history import History
from traceability.ledger.keyfile import KeyFile
from traceability.ledger.mark import MarkFile
from traceability.ledger.snapshots import keeping, take, verify_snapshot
from traceability.proof.snapshot import Countersignature, SnapshotHead, parse_snapshot
from traceability.settings import Settings
from traceability.store import StoreError
from traceability.store.sqlite import SqliteStore


@command
@data_option
@passphrase_option
@click.option(
    "--list", "listed", is_flag=True, help="Show those that were taken, and who countersigned each."
)
@click.option(
    "--check", type=click.IntRange(1), metavar="SIZE", help="Replay the log and compute that one again."
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --check: the regulator's key; what comes out right is countersigned.",
)
@click.option(
    "--out",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --key: file for the submission.",
)
def snapshot_command(
    out: Output,
    *,
    settings: Settings,
    passphrase_file: Path | None,
    listed: bool,
    check: int | None,
    key: Path | None,
    target: Path | None,
) -> None:
    """Take a snapshot of the log as it is now: every item's state under one root, signed by the log.

    The regulator checks it on a ledger of its own with --check, and countersigns with --key; the submission
    goes into the log by `submit`. A trace exported with --snapshot is then proven to be whole.
    """
    if (key is None) != (target is None) or (key is not None and check is None):
        raise click.UsageError("--key and --out go together, with --check")
    if listed:
        _list(out, settings)
    elif check is None:
        _take(out, settings)
    else:
        head = _check(out, settings, check)
        if key is not None and target is not None:
            _countersign(
                out, settings, head, KeyFile.open(key, read_passphrase(passphrase_file, str(key))), target
            )


def _take(out: Output, settings: Settings) -> None:
    trust = read_trust(settings)
    log_key = read_log_key(settings, trust)
    with closing(SqliteStore(settings.ledger)) as store, out.progress("Hashing lots") as advance:
        taken, note = take(History(store, trust), snapshot_key(settings), keeping(store, log_key), advance)
    head = taken.head
    out.say(
        f"Snapshot over {head.size} entries: {head.items} items in {head.groups} groups, {taken.hashed} hashed now."
    )
    out.say(f"A regulator checks it with `traceability snapshot --check {head.size}`.")
    out.give(_told(head) | {"hashed": taken.hashed, "note": note})


def _told(head: SnapshotHead) -> dict[str, object]:
    return {"size": head.size, "items": head.items, "groups": head.groups, "snapshot": head.digest}


def _list(out: Output, settings: Settings) -> None:
    with looking(settings) as history, history.view() as view:
        heads = [parse_snapshot(row.note) for row in view.reader.snapshots()]
        signed = [view.registry.snapshots.get(head.digest, ()) for head in heads]
    out.table(
        ("Entries", "Items", "Groups", "Countersigned by"),
        [
            (str(head.size), str(head.items), str(head.groups), ", ".join(by) or "nobody yet")
            for head, by in zip(heads, signed, strict=True)
        ],
    )
    rows = zip(heads, signed, strict=True)
    out.give({"snapshots": [_told(head) | {"countersigned": list(by)} for head, by in rows]})


def _check(out: Output, settings: Settings, size: int) -> SnapshotHead:
    """Prove the ledger against its log, then compute the snapshot from it."""
    trust = read_trust(settings)
    with out.progress("Replaying") as advance:
        mark = MarkFile(settings.mark, trust.origin)
        auditing.audit(
            settings.ledger,
            trust,
            mark,
            key=known_snapshot_key(settings),
            workers=settings.workers,
            progress=advance,
        )
    with looking(settings) as history, history.view() as view, out.progress("Hashing lots") as advance:
        kept = view.reader.snapshot(size)
        if kept is None:
            raise StoreError("There is no snapshot over %(size)s entries", size=size)
        head = verify_snapshot(view, kept.note, snapshot_key(settings), advance)
    out.say(f"The replay gives the same snapshot over {head.size} entries: {head.items} items.")
    out.give(_told(head))
    return head


def _countersign(out: Output, settings: Settings, head: SnapshotHead, keyfile: KeyFile, target: Path) -> None:
    act = msgspec.json.encode(Countersignature(head.size, head.digest))
    now = stamp(datetime.now(UTC))
    raw = keyfile.sign(lambda station: station.register(act, now), logged(keyfile, settings))
    write_new(target, raw + b"\n", mode=0o644)
    out.say(f"Countersigned, in {target}: send it with `traceability submit {target}`.")
