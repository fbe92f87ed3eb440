"""`sign`: one act, signed with a station key, as a submission that can be sent from anywhere."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from traceability.cli import acts
from traceability.cli.options import command, data_option, passphrase_option, read_passphrase
from traceability.cli.output import Output
from traceability.custody.compose import Composed
from traceability.ledger.founding import FoundingError, is_founded, looking, read_trust, write_new
from traceability.ledger.history import Chain
from traceability.ledger.keyfile import KeyFile
from traceability.ledger.station import Station
from traceability.proof.statement import Submission
from traceability.settings import Settings

Wanted = Composed | bytes
"""A custody event, or a registry act as canonical JSON."""


@command
@data_option
@passphrase_option
@click.option(
    "--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True, help="Station key."
)
@click.option(
    "--act", metavar="CODE|FILE", help="What is signed: shipped, received, recall …, or a JSON file."
)
@click.option("--set", "members", multiple=True, metavar="NAME=VALUE", help="A member of a registry act.")
@acts.act_options
@click.option(
    "--corrects",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --act corrected: submission or receipt of the statement that was wrong.",
)
@click.option(
    "--error",
    type=click.Choice(["did_not_occur", "incorrect_data"]),
    default="did_not_occur",
    show_default=True,
    help="With --corrects: what was wrong.",
)
@click.option("--again", is_flag=True, help="Write the statement signed last once more; nothing is signed.")
@click.option(
    "--out", "target", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else stdout."
)
def sign_command(
    out: Output,
    *,
    settings: Settings,
    passphrase_file: Path | None,
    key: Path,
    act: str | None,
    members: tuple[str, ...],
    corrects: Path | None,
    error: str,
    again: bool,
    target: Path | None,
    items_file: Path | None,
    **details: Any,
) -> None:
    """Sign an act with a station key; the submission goes to a file or stdout, for `submit`.

    The key's chain lies beside it, so that one number is never signed twice.
    """
    if again == (act is not None):
        raise click.UsageError("Expected --act, or --again alone")
    if target is not None and target.exists():
        raise FoundingError("%(path)s exists and is not overwritten", path=target)
    if (act == "corrected") != (corrects is not None):
        raise click.UsageError("--act corrected and --corrects FILE go together")
    now = datetime.now(UTC)
    wanted: Wanted | None = None
    if corrects is not None:
        wanted = acts.correction_of(corrects.read_bytes(), error, details["reason"], details["ref"], now)
    elif act is not None:
        wanted = _wanted(act, members, items_file, details, now)
    keyfile = KeyFile.open(key, read_passphrase(passphrase_file, str(key)))
    raw = keyfile.last if wanted is None else _sign(keyfile, wanted, now, settings)
    if raw is None:
        raise FoundingError("%(path)s has not signed anything yet", path=key)
    _write(out, raw, target)


def _wanted(
    act: str, members: tuple[str, ...], items_file: Path | None, details: dict[str, Any], now: datetime
) -> Wanted:
    """What is to be signed, out of the options."""
    if act.endswith(".json"):
        if members or items_file or any(details.values()):
            raise click.UsageError("An act from a file takes no other details")
        read = acts.read_act(Path(act))
        return read if isinstance(read, bytes) else acts.event_of(read, now)
    if acts.is_registry(act):
        return acts.registry_act(act, members)
    if members:
        raise click.UsageError(f"--set is for registry acts; {act} has options of its own")
    given = {name: list(value) if isinstance(value, tuple) else value for name, value in details.items()}
    if items_file is not None:
        given["items"] += acts.read_lines(items_file)
    return acts.event_of(msgspec.convert({"act": act} | given, acts.Details), now)


def _sign(keyfile: KeyFile, wanted: Wanted, now: datetime, settings: Settings) -> bytes:
    def make(station: Station) -> bytes:
        if isinstance(wanted, bytes):
            return station.register(wanted, acts.stamp(now))
        return station.sign(wanted, acts.stamp(now))

    return keyfile.sign(make, logged(keyfile, settings))


def logged(keyfile: KeyFile, settings: Settings) -> Chain | None:
    """Where the log says that the key's chain stands, if this key's log is in the data folder."""
    if not is_founded(settings) or not settings.ledger.exists():
        return None
    if read_trust(settings).origin != keyfile.origin:
        return None
    with looking(settings) as history:
        return history.chain(keyfile.key.public.kid)


def _write(out: Output, raw: bytes, target: Path | None) -> None:
    statement = Submission.parse(raw).statement
    told: dict[str, object] = {"id": statement.id, "kid": statement.kid, "seq": statement.claims.seq}
    if target is not None:
        write_new(target, raw + b"\n", mode=0o644)
        out.say(f"Signed statement {statement.claims.seq} of this key, {statement.id}, in {target}.")
        out.give(told | {"file": str(target)})
    elif out.as_json:
        out.give(told | {"submission": msgspec.Raw(raw)})
    else:
        click.echo(raw.decode())
