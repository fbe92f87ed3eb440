"""`init` founds a log; `keygen` makes a station key."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from traceability.cli.acts import stamp
from traceability.cli.options import command, data_option, passphrase_option, read_passphrase
from traceability.cli.output import Output
from traceability.custody.rules import RULES_VERSION
from traceability.ledger import founding
from traceability.ledger.keyfile import KeyFile, new_key, registration
from traceability.proof.receipt import Trust
from traceability.settings import Settings
from traceability.store.sqlite import SqliteStore

ROLES = ("administrator", "operator", "pharmacist", "quality", "station", "regulator")


@command
@data_option
@passphrase_option
@click.option(
    "--name",
    default="localhost/medicines",
    show_default=True,
    help="What the log's origin begins with, such as log.example.org/medicines.",
)
@click.option("--gln", required=True, help="GLN of the authority that registers parties.")
def init_command(
    out: Output, *, settings: Settings, passphrase_file: Path | None, name: str, gln: str
) -> None:
    """Found a log in the data folder: its key, an authority key, and trust.json to give away.

    Its first statement puts the newest custody rules in force.

    Nothing is ever overwritten, and an origin is never used twice.
    """
    verify_gln(gln)
    if founding.is_founded(settings):
        raise founding.FoundingError("%(folder)s holds a log already", folder=settings.data)
    passphrase = read_passphrase(passphrase_file, "the new authority key", new=True)
    key = new_key()
    trust = founding.found(settings, name, gln, [key.public])
    path = settings.data / "authority.pem"
    keyfile = KeyFile.create(path, key, passphrase, origin=trust.origin, party=gln, role="authority")
    _put_rules_in_force(settings, trust, keyfile)
    out.say(f"Founded the log {trust.origin} in {settings.data}.")
    out.say(f"{settings.trust} is what verifiers need: give it away.")
    out.say(
        f"{path} registers parties: keep it, with its passphrase and {path.with_suffix('.chain').name}, off this machine."
    )
    out.give(
        {
            "origin": trust.origin,
            "trust": str(settings.trust),
            "authority_key": str(path),
            "kid": key.public.kid,
        }
    )


def _put_rules_in_force(settings: Settings, trust: Trust, keyfile: KeyFile) -> None:
    """The first statement of a log: the newest rules hold from its beginning."""
    act = msgspec.json.encode({"type": "rules", "version": RULES_VERSION})
    raw = keyfile.sign(lambda station: station.register(act, stamp(datetime.now(UTC))), None)
    with (
        closing(SqliteStore(settings.ledger)) as store,
        founding.sequencing(settings, store, trust) as sequencer,
    ):
        sequencer.submit_many([raw])


def verify_gln(text: str) -> str:
    """A GLN as given, if its digits and check digit are right (Gs1Error otherwise)."""
    from traceability.gs1.keys import Gln

    return str(Gln.parse(text))


@command
@data_option
@passphrase_option
@click.option("--party", required=True, help="GLN of the party that the key signs for.")
@click.option("--role", type=click.Choice(ROLES), default="station", show_default=True)
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The log's trust.json.  [default: the one in the data folder]",
)
@click.option("--expires", help="Last day or moment on which the key may sign.")
@click.option(
    "--out",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File for the encrypted key, such as station.pem.",
)
def keygen_command(
    out: Output,
    *,
    settings: Settings,
    passphrase_file: Path | None,
    party: str,
    role: str,
    trust: Path | None,
    expires: str | None,
    target: Path,
) -> None:
    """Make a station key: an encrypted file, its chain, and the act that registers it.

    The party's administrator signs that act: `traceability sign --key ADMIN.pem --act FILE.key.json`.
    """
    verify_gln(party)
    root = founding.read_trust(settings) if trust is None else Trust.parse(trust.read_bytes())
    if target.exists():
        raise founding.FoundingError("%(path)s exists and is not overwritten", path=target)
    passphrase = read_passphrase(passphrase_file, "the new key", new=True)
    key = new_key()
    KeyFile.create(target, key, passphrase, origin=root.origin, party=party, role=role)
    act = target.with_suffix(".key.json")
    founding.write_new(act, registration(key, root.origin, party, role, expires) + b"\n", mode=0o644)
    out.say(f"Made the key {key.public.kid} in {target}.")
    out.say(
        f"To register it, its party's administrator signs {act}: traceability sign --key ADMIN.pem --act {act}"
    )
    out.give({"kid": key.public.kid, "key": str(target), "registration": str(act)})
