"""`erase`: bodies that the law wants gone; ordered by the authority, carried out by the operator."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from traceability.cli.acts import stamp
from traceability.cli.options import data_option, id_command, passphrase_option, read_passphrase
from traceability.cli.output import Output
from traceability.cli.signing import logged
from traceability.ledger.erasing import Order, carry_out, draft_erase, orders
from traceability.ledger.founding import known_snapshot_key, looking, read_trust, write_new
from traceability.ledger.keyfile import KeyFile
from traceability.ledger.mark import MarkFile
from traceability.settings import Settings
from traceability.store.office import Office

REASONS = ("court_order", "data_protection", "retention_ended", "unlawful_content")


@id_command
@data_option
@passphrase_option
@click.argument("statements", nargs=-1, metavar="[STATEMENT-ID]...")
@click.option("--reason", type=click.Choice(REASONS), help="Why the law wants them gone.")
@click.option("--reference", help="File number of the order; never a natural person's name.")
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The authority's key, with which the order is signed.",
)
@click.option(
    "--out", "target", type=click.Path(dir_okay=False, path_type=Path), help="File for the submission."
)
@click.option(
    "--carry-out", "carrying", is_flag=True, help="Erase what the orders in the log name and is still here."
)
@click.option("--list", "listed", is_flag=True, help="Show what was ordered, and what was carried out.")
def erase_command(
    out: Output,
    *,
    settings: Settings,
    passphrase_file: Path | None,
    statements: tuple[str, ...],
    reason: str | None,
    reference: str | None,
    key: Path | None,
    target: Path | None,
    carrying: bool,
    listed: bool,
) -> None:
    """Erase bodies by law: order it with the authority's key, submit the order, then carry it out.

    A snapshot from after the statements must be countersigned by a regulator. Both steps replay the whole log first;
    entries, chains and proofs stay, and the audit goes on.
    """
    wanted = bool(statements and reason and key and target)
    if sum((wanted, carrying, listed)) != 1 or (statements and not wanted):
        raise click.UsageError(
            "Expected statement ids with --reason, --key and --out; or --carry-out; or --list"
        )
    if listed:
        _list(out, settings)
    elif carrying:
        _carry_out(out, settings)
    elif reason is not None and key is not None and target is not None:
        keyfile = KeyFile.open(key, read_passphrase(passphrase_file, str(key)))
        _order(out, settings, statements, reason, reference, keyfile, target)


def _list(out: Output, settings: Settings) -> None:
    with looking(settings) as history, history.view() as view:
        found = orders(view)
    out.table(
        ("Entry", "Statement", "Ordered", "By", "Reason", "Carried out"),
        [
            (
                str(one.position),
                one.id,
                one.erasure.admitted,
                one.erasure.party,
                " ".join(filter(None, (one.erasure.reason, one.erasure.reference))),
                "yes" if one.carried_out else "NOT YET",
            )
            for one in found
        ],
    )
    out.give({"erased": [_told(one) for one in found]})


def _told(one: Order) -> dict[str, object]:
    return {"position": one.position, "id": one.id, "carried_out": one.carried_out, "erasure": one.erasure}


def _order(
    out: Output,
    settings: Settings,
    statements: tuple[str, ...],
    reason: str,
    reference: str | None,
    keyfile: KeyFile,
    target: Path,
) -> None:
    trust = read_trust(settings)
    with out.progress("Replaying") as advance:
        act = draft_erase(
            settings.ledger,
            trust,
            MarkFile(settings.mark, trust.origin),
            statements,
            reason=reason,
            reference=reference,
            key=known_snapshot_key(settings),
            workers=settings.workers,
            progress=advance,
        )
    raw = keyfile.sign(
        lambda station: station.register(msgspec.json.encode(act), stamp(datetime.now(UTC))),
        logged(keyfile, settings),
    )
    write_new(target, raw + b"\n", mode=0o644)
    out.say(
        f"{len(statements)} bodies to be erased, covered by the snapshot over {act.size} entries: send the order with "
        f"`traceability submit {target}`, then `traceability erase --carry-out`."
    )
    out.give({"statements": list(statements), "size": act.size, "file": str(target)})


def _carry_out(out: Output, settings: Settings) -> None:
    trust = read_trust(settings)
    with out.progress("Replaying") as advance:
        gone = carry_out(
            settings.ledger,
            trust,
            MarkFile(settings.mark, trust.origin),
            key=known_snapshot_key(settings),
            workers=settings.workers,
            progress=advance,
        )
    if gone and settings.exports.is_dir():
        for path in settings.exports.iterdir():  # prepared files may hold what is gone
            path.unlink(missing_ok=True)
    _note(settings, gone)
    for one in gone:
        out.say(f"Entry {one.position}: the body of {one.id} is erased ({one.erasure.reason}).")
    out.say(
        f"{len(gone)} bodies erased. Older backups still hold them: destroy those, or erase in them as well."
    )
    out.give({"erased": [_told(one._replace(carried_out=True)) for one in gone]})


def _note(settings: Settings, gone: list[Order]) -> None:
    """Each on the audit trail: what went, by which order, why."""
    if not gone or not settings.office.exists():
        return
    with closing(Office(settings.office)) as office:
        for one in gone:
            erasure = one.erasure
            at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            why = " ".join(filter(None, (erasure.reason, erasure.reference)))
            office.note(at, "", erasure.party, "erased body", one.id, new=erasure.by, why=why)
