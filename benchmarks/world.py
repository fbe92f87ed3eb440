"""A founded log in a folder of its own, with a maker, a distributor and a pharmacy that sign."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from traceability.custody.compose import Ends, compose
from traceability.custody.state import Lot
from traceability.ledger.history import History
from traceability.ledger.mark import MarkFile
from traceability.ledger.sequencer import Outcome, Sequencer
from traceability.ledger.station import Station
from traceability.proof.receipt import Trust
from traceability.proof.signing import LogKey, PrivateKey, b64
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


class World(NamedTuple):
    """A log, its keys and those who sign."""

    folder: Path
    store: SqliteStore
    trust: Trust
    mark: MarkFile
    log_key: LogKey
    stations: dict[str, Station]

    @contextmanager
    def sequencer(self, workers: int = 0) -> Iterator[Sequencer]:
        with Sequencer(self.store, self.trust, self.log_key, self.mark, workers=workers) as sequencer:
            yield sequencer

    @property
    def history(self) -> History:
        return History(self.store, self.trust)

    # Acts, signed but not yet submitted

    def commission(self, first: int, count: int) -> list[bytes]:
        maker, now = self.stations[MAKER], _now()
        return [
            maker.sign(
                compose("commissioned", time=now, site=MAKER, items=map(epc, range(start, min(start + EVENT, first + count))), lot=LOT),
                now,
            )
            for start in range(first, first + count, EVENT)
        ]

    def pack(self, container: str, items: list[str], party: str = MAKER) -> bytes:
        now = _now()
        return self.stations[party].sign(compose("packed", time=now, site=party, items=items, parent=container), now)

    def ship(self, items: list[str], sender: str, receiver: str) -> bytes:
        now = _now()
        ends = Ends(sender, receiver, sender, receiver)
        return self.stations[sender].sign(compose("shipped", time=now, site=sender, items=items, ends=ends), now)

    def receive(self, items: list[str], sender: str, receiver: str, dispatch: str) -> bytes:
        now = _now()
        ends = Ends(sender, receiver, sender, receiver)
        composed = compose("received", time=now, site=receiver, items=items, ends=ends, ref=[dispatch])
        return self.stations[receiver].sign(composed, now)


def _now() -> str:
    return f"{datetime.now(UTC) - timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}+00:00"


def statement_id(station: Station) -> str:
    """The id of the statement that a station signed last."""
    return station.chain.prev


def found(folder: Path) -> World:
    """A new log in `folder`, its parties, places, keys and product registered."""
    origin = f"benchmark.example/{secrets.token_hex(4)}"
    authority = _key()
    log_key = LogKey.from_seed(origin, os.urandom(32))
    trust = Trust.parse(
        msgspec.json.encode(
            {
                "v": 1,
                "origin": origin,
                "log": str(log_key.verifier),
                "authority": {"gln": AUTHORITY, "threshold": 1, "keys": [authority.public.jwk]},
            }
        )
    )
    stations = {gln: _station(_key(), gln, origin) for gln in (MAKER, DISTRIBUTOR, PHARMACY)}
    world = World(folder, SqliteStore(folder / "ledger.db"), trust, MarkFile(folder / "mark", origin), log_key, stations)
    head = _station(authority, AUTHORITY, origin)
    acts = [
        *(_party(gln, role) for gln, role in ((MAKER, "maker"), (DISTRIBUTOR, "wholesaler"), (PHARMACY, "pharmacy"))),
        *({"type": "site", "gln": gln, "party": gln, "name": f"Site {gln}", "country": "DE"} for gln in stations),
        *(_registration(station, origin) for station in stations.values()),
    ]
    raws = [head.register(msgspec.json.encode(act), _now()) for act in acts]
    product = {"type": "product", "gtin": GTIN, "name": "Amoxicillin 500 mg", "owner": MAKER}
    raws.append(stations[MAKER].register(msgspec.json.encode(product), _now()))
    with world.sequencer() as sequencer:
        for outcome in sequencer.submit_many(raws):
            if not isinstance(outcome, Outcome) or not outcome.effect:
                raise RuntimeError(outcome)
    return world


def _party(gln: str, role: str) -> dict[str, object]:
    return {"type": "party", "gln": gln, "name": f"Party {gln}", "roles": [role], "prefixes": ["9521321"], "country": "DE"}


def _registration(station: Station, origin: str) -> dict[str, object]:
    public = station.key.public
    text = f"custody-key/1\n{origin}\n{station.party}\nadministrator\n{public.kid}\n"
    return {
        "type": "key",
        "party": station.party,
        "role": "administrator",
        "jwk": msgspec.json.decode(public.jwk),
        "proof": b64(station.key.sign(text.encode())),
    }


def _key() -> PrivateKey:
    return PrivateKey.from_scalar(secrets.randbelow(2**255) + 1)


def _station(key: PrivateKey, gln: str, origin: str) -> Station:
    return Station(key, gln, origin, nonce=lambda: os.urandom(32))
