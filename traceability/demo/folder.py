"""The demo's folder: founded, played through and furnished with accounts, once."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from argon2 import PasswordHasher

from traceability.custody.rules import RULES_VERSION
from traceability.custody.state import Lot
from traceability.demo import DemoError
from traceability.demo.cast import (
    AMOXICILLIN,
    AUTHORITY,
    COLLEAGUES,
    IBUPROFEN,
    MAKER,
    PASSPHRASE,
    PASSWORD,
    PLAYERS,
    PRODUCTS,
    REGULATOR,
    TRADE,
    ZONE,
    Player,
    party_act,
    serial,
    site_act,
    sscc,
)
from traceability.demo.stage import Clock, Stage
from traceability.demo.supply_chain import Fortnight
from traceability.ledger.founding import found, is_founded, sequencing, write_new
from traceability.ledger.keyfile import KeyFile, new_key, new_nonce, registration
from traceability.ledger.station import Station
from traceability.proof.receipt import Trust
from traceability.proof.signing import PrivateKey
from traceability.settings import Settings
from traceability.store.office import Office
from traceability.store.sqlite import SqliteStore

MARKER = "demo"
"""The file that says that a folder belongs to the demo."""
SERVED = "served"
"""Folder, beside the files of the story, of the demo that is served to browsers."""
NAME = "demo.example/medicines"
Keys = Mapping[str, PrivateKey]


def is_demo(folder: Path) -> bool:
    """Whether a folder was made by the demo."""
    return (folder / MARKER).exists()


def zone() -> tzinfo:
    """Where the demo takes place; plain winter time where the machine has no time zones."""
    try:
        return ZoneInfo(ZONE)
    except ZoneInfoNotFoundError:
        return timezone(timedelta(hours=1))


def prepare(settings: Settings, now: datetime) -> bool:
    """Make the demo supply chain in the data folder, as of `now`; False where it was there already.

    Raises DemoError where the folder holds a log that is not the demo's.
    """
    if is_founded(settings):
        if is_demo(settings.data):
            return False
        raise DemoError(
            "%(folder)s holds a log of your own. Start the demo in another folder: --data DIR",
            folder=settings.data,
        )
    settings.prepare()
    # Made aside and moved in when whole: a demo that was interrupted starts afresh.
    aside = replace(settings, data=settings.data / ".making")
    shutil.rmtree(aside.data, ignore_errors=True)
    with playing(aside, now - timedelta(days=15)) as (stage, _):
        Fortnight(stage, now, zone()).play()
    furnish(aside)
    write_new(aside.data / MARKER, b"Made by traceability serve --demo. Its passwords are published.\n")
    move_in(aside, settings)
    return True


def move_in(aside: Settings, settings: Settings) -> None:
    """Move what was made aside into place; the root document, by which a log is known, comes last."""
    for path in sorted(aside.data.iterdir(), key=lambda path: path.name == settings.trust.name):
        target = settings.data / path.name
        if target.is_dir():
            shutil.rmtree(target)
        path.rename(target)
    aside.data.rmdir()


@contextmanager
def playing(settings: Settings, start: datetime) -> Iterator[tuple[Stage, Trust]]:
    """A founded log with every player enrolled at `start`, open for more; keys are left in the folder."""
    authority = new_key()
    trust = found(settings, NAME, AUTHORITY.gln, [authority.public])
    administrators = {player.gln: new_key() for player in (REGULATOR, *TRADE)}
    stations = {player.gln: new_key() for player in (REGULATOR, *TRADE)}
    clock = Clock(start.astimezone(UTC))
    at_work = {AUTHORITY.gln: authority, **stations}
    with (
        closing(SqliteStore(settings.ledger)) as store,
        sequencing(settings, store, trust, clock=clock) as sequencer,
    ):
        signing = {gln: Station(key, gln, trust.origin, nonce=new_nonce) for gln, key in at_work.items()}
        stage = Stage(sequencer, clock, signing)
        admin = {gln: Station(key, gln, trust.origin, nonce=new_nonce) for gln, key in administrators.items()}
        enrol(stage, trust, start, administrators, stations, admin)
        yield stage, trust
        stage.flush()
    keep(settings, "authority", [signing[AUTHORITY.gln]])
    keep(settings, "administrator", admin.values())
    keep(settings, "station", (signing[gln] for gln in stations))


def enrol(
    stage: Stage,
    trust: Trust,
    start: datetime,
    administrators: Keys,
    stations: Keys,
    admin: Mapping[str, Station],
) -> None:
    """Put the rules in force; register parties, places, administrators, stations and products, each by who may."""
    when = start.astimezone(zone())
    desks = Stage(stage.sequencer, stage.clock, admin)
    stage.register(AUTHORITY, {"type": "rules", "version": RULES_VERSION}, when)
    for player in PLAYERS:
        stage.register(AUTHORITY, party_act(player), when)
        if player.site != player.gln:
            stage.register(AUTHORITY, site_act(player), when)
    for gln, key in administrators.items():
        stage.register(AUTHORITY, registration(key, trust.origin, gln, "administrator"), when)
    stage.flush()
    for player in (REGULATOR, *TRADE):
        role = "regulator" if player is REGULATOR else "station"
        desks.register(player, registration(stations[player.gln], trust.origin, player.gln, role), when)
    desks.flush()
    for product in PRODUCTS.values():
        stage.register(MAKER, product, when + timedelta(minutes=1))
    stage.flush()


def keep(settings: Settings, role: str, stations: Iterable[Station]) -> None:
    """Leave the keys in the folder, under the published passphrase, their chains where they stand."""
    for station in stations:
        path = settings.stations / f"{login_of(station.party)}-{role}.pem"
        file = KeyFile.create(
            path, station.key, PASSPHRASE, origin=station.origin, party=station.party, role=role
        )
        file.follow(station.chain)


def login_of(gln: str) -> str:
    """The login of the player with a GLN."""
    return next(player.login for player in PLAYERS if player.gln == gln)


def furnish(settings: Settings) -> None:
    """Accounts for every player and colleague, with the published password."""
    hasher = PasswordHasher.from_parameters(settings.passwords)
    with closing(Office(settings.office, hasher)) as office:
        for one in (*PLAYERS, *COLLEAGUES):
            office.add_account(one.as_account(), PASSWORD)


def administrators(settings: Settings) -> dict[str, PrivateKey]:
    """The demo administrators' keys by party, with which the server approves device keys at once.

    For the authority it is the authority's own key.
    """
    found = [*settings.stations.glob("*-administrator.pem"), *settings.stations.glob("*-authority.pem")]
    files = [KeyFile.open(path, PASSPHRASE) for path in sorted(found)]
    return {file.party: file.key for file in files}


def logins() -> list[Player]:
    """Who can log in, in the order in which to try them."""
    first = ("maker", "distributor", "pharmacy", "regulator")
    return sorted(
        PLAYERS, key=lambda player: first.index(player.login) if player.login in first else len(first)
    )


def codes_to_try() -> list[tuple[str, str]]:
    """Who may scan or paste what, and the code as people read it."""
    a17, r02 = Lot(AMOXICILLIN, "A17", ""), Lot(IBUPROFEN, "R02", "")
    return [
        ("distributor, Receive", f"(00){sscc(102)[-18:]}"),
        ("pharmacy, Check", f"(01){AMOXICILLIN}(21){serial(a17, 5)}"),
        ("pharmacy, Check, recalled", f"(01){IBUPROFEN}(21){serial(r02, 10)}"),
    ]
