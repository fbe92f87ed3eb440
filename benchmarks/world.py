"""A founded log in a folder of its own, with a maker, a distributor and a pharmacy that sign."""

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from traceability.custody.compose import Ends, compose
from traceability.custody.state import Lot
from traceability.ledger import founding
from traceability.ledger.examination import Rejected
from traceability.ledger.history import History
from traceability.ledger.mark import MarkFile
from traceability.ledger.sequencer import Outcome, Sequencer, utc_now
from traceability.ledger.station import Station
from traceability.proof.receipt import Trust
from traceability.proof.signing import PrivateKey, b64
from traceability.settings import Settings
from traceability.store.sqlite import SqliteStore

AUTHORITY, MAKER, DISTRIBUTOR, PHARMACY = "9521321000018", "9521321000025", "9521321000032", "9521321000049"
GTIN = "09521321000018"
LOT = Lot(GTIN, "B26", "2029-06-30")
EVENT = 1000
"""Items in one commissioning or packing event."""


def epc(number: int) -> str:
    """The pack with a running number."""
    return f"https://id.gs1.org/01/{GTIN}/21/{number:012}"


def sscc(number: int) -> str:
    """The container with a running number."""
    digits = f"39521321{number:09}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return f"https://id.gs1.org/00/{digits}{-total % 10}"


class Member(NamedTuple):
    """A party of the trade; its first place has its own number."""

    gln: str
    role: str
    country: str = "DE"
    places: tuple[str, ...] = ()
    """Further places."""
    zone: str = "Europe/Berlin"


CAST = (Member(MAKER, "maker"), Member(DISTRIBUTOR, "wholesaler"), Member(PHARMACY, "pharmacy"))


class World(NamedTuple):
    """A log, its keys and those who sign."""

    settings: Settings
    store: SqliteStore
    trust: Trust
    mark: MarkFile
    stations: dict[str, Station]
    clock: Callable[[], datetime]

    def now(self) -> str:
        """A second ago, as events and claims write it."""
        return f"{self.clock() - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}+00:00"

    @contextmanager
    def sequencer(self, workers: int = 0) -> Iterator[Sequencer]:
        settings = replace(self.settings, workers=workers)
        with founding.sequencing(settings, self.store, self.trust, clock=self.clock) as sequencer:
            yield sequencer

    def admit(self, raws: list[bytes]) -> None:
        """Submit, and insist that everything takes effect."""
        with self.sequencer() as sequencer:
            verify_effect(sequencer.submit_many(raws))

    def operators(self, party: str, count: int) -> list[Station]:
        """Further keys of a party, registered by its administrator."""
        keys = [_key() for _ in range(count)]
        head = self.stations[party]
        acts = [_registration(key, party, "operator", self.trust.origin) for key in keys]
        self.admit([head.register(msgspec.json.encode(act), self.now()) for act in acts])
        return [_station(key, party, self.trust.origin) for key in keys]

    @property
    def history(self) -> History:
        return History(self.store, self.trust)

    # Acts, signed but not yet submitted

    def commission(self, first: int, count: int, lot: Lot = LOT) -> list[bytes]:
        maker, now = self.stations[MAKER], self.now()
        return [
            maker.sign(
                compose(
                    "commissioned",
                    time=now,
                    site=MAKER,
                    items=map(epc, range(start, min(start + EVENT, first + count))),
                    lot=lot,
                ),
                now,
            )
            for start in range(first, first + count, EVENT)
        ]

    def pack(self, container: str, items: list[str], party: str = MAKER) -> bytes:
        now = self.now()
        return self.stations[party].sign(
            compose("packed", time=now, site=party, items=items, parent=container), now
        )

    def ship(self, items: list[str], sender: str, receiver: str, station: Station | None = None) -> bytes:
        now = self.now()
        ends = Ends(sender, receiver, sender, receiver)
        composed = compose("shipped", time=now, site=sender, items=items, ends=ends)
        return (station or self.stations[sender]).sign(composed, now)

    def dispense(self, items: list[str], party: str) -> bytes:
        now = self.now()
        return self.stations[party].sign(compose("dispensed", time=now, site=party, items=items), now)

    def receive(self, items: list[str], sender: str, receiver: str, dispatch: str) -> bytes:
        now = self.now()
        ends = Ends(sender, receiver, sender, receiver)
        composed = compose("received", time=now, site=receiver, items=items, ends=ends, ref=[dispatch])
        return self.stations[receiver].sign(composed, now)

    def close(self, lot: Lot, count: int, root: str) -> bytes:
        act = {"type": "lot", "gtin": lot.gtin, "lot": lot.number, "count": count, "root": root}
        return self.stations[MAKER].register(msgspec.json.encode(act), self.now())


def verify_effect(outcomes: list[Outcome | Rejected]) -> list[Outcome]:
    """The outcomes, when every statement took effect."""
    for outcome in outcomes:
        if not isinstance(outcome, Outcome) or not outcome.effect:
            raise RuntimeError(outcome)
    return [outcome for outcome in outcomes if isinstance(outcome, Outcome)]


def statement_id(station: Station) -> str:
    """The id of the statement that a station signed last."""
    return station.chain.prev


def found(folder: Path, cast: Sequence[Member] = CAST, clock: Callable[[], datetime] = utc_now) -> World:
    """A new log in `folder`, its parties, places, keys and product registered."""
    authority = _key()
    settings = Settings(data=folder)
    trust = founding.found(settings, "benchmark.example/log", AUTHORITY, [authority.public])
    stations = {member.gln: _station(_key(), member.gln, trust.origin) for member in cast}
    world = World(
        settings, SqliteStore(settings.ledger), trust, MarkFile(settings.mark, trust.origin), stations, clock
    )
    head = _station(authority, AUTHORITY, trust.origin)
    acts = [
        *map(_party, cast),
        *(_site(place, member) for member in cast for place in (member.gln, *member.places)),
        *(
            _registration(station.key, gln, "administrator", trust.origin)
            for gln, station in stations.items()
        ),
    ]
    now = world.now()
    raws = [head.register(msgspec.json.encode(act), now) for act in acts]
    if MAKER in stations:
        product = {"type": "product", "gtin": GTIN, "name": "Amoxicillin 500 mg", "owner": MAKER}
        raws.append(stations[MAKER].register(msgspec.json.encode(product), now))
    world.admit(raws)
    return world


def _site(place: str, member: Member) -> dict[str, object]:
    return {
        "type": "site",
        "gln": place,
        "party": member.gln,
        "name": f"Site {place}",
        "country": member.country,
        "zone": member.zone,
    }


def _party(member: Member) -> dict[str, object]:
    return {
        "type": "party",
        "gln": member.gln,
        "name": f"Party {member.gln}",
        "roles": [member.role],
        "prefixes": ["9521321"],
        "country": member.country,
    }


def _registration(key: PrivateKey, party: str, role: str, origin: str) -> dict[str, object]:
    public = key.public
    text = f"custody-key/1\n{origin}\n{party}\n{role}\n{public.kid}\n"
    return {
        "type": "key",
        "party": party,
        "role": role,
        "jwk": msgspec.json.decode(public.jwk),
        "proof": b64(key.sign(text.encode())),
    }


def _key() -> PrivateKey:
    return PrivateKey.from_scalar(secrets.randbelow(2**255) + 1)


def _station(key: PrivateKey, gln: str, origin: str) -> Station:
    return Station(key, gln, origin, nonce=lambda: os.urandom(32))
