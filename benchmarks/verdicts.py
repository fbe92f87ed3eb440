"""How fast a verdict is: the counter's own request over HTTP, at a steady rate, with a million packs in the log.

Open loop: a check is due when it is due, however slow the one before it was, and its time counts from then.
"""

import http.client
import itertools
import json
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.server import serving
from benchmarks.world import DISTRIBUTOR, GTIN, LOT, MAKER, PHARMACY, World, epc, found, sscc, statement_id
from traceability.ledger.sequencer import Sequencer
from traceability.store.office import Account, Office

LOGIN, PASSWORD = "counter", "a benchmark needs no secret"
SHELF = 20_000
"""Packs on the pharmacy's shelf; the rest of the million are with their maker or a wholesaler."""
CLIENTS = 32
WARM_UP = 2.0


class Session(NamedTuple):
    """What a logged-in browser sends."""

    cookie: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Cookie": self.cookie, "X-CSRFToken": self.token}


def verdict_times(packs: int, workers: int, rate: int = 200, seconds: float = 30.0) -> dict[str, float]:
    """Milliseconds from the moment a check is due to its answer."""
    with tempfile.TemporaryDirectory() as folder:
        # Two days ago: what a maker signed for a moment ago cannot be at a counter, and would be suspect.
        world = found(Path(folder), clock=lambda: datetime.now(UTC) - timedelta(days=2))
        with world.sequencer(workers) as sequencer:
            _fill(world, sequencer, packs)
        _open_account(world)
        world.store.close()
        with serving(world, 0) as port:
            session = _log_in(port)
            texts = _checks(packs, Random(1))
            _ask_all(port, session, texts, rate, WARM_UP)
            times = sorted(_ask_all(port, session, texts, rate, seconds))
    cuts = statistics.quantiles(times, n=100)
    return {"verdict_p50_ms": cuts[49], "verdict_p95_ms": cuts[94], "verdict_p99_ms": cuts[98]}


def _fill(world: World, sequencer: Sequencer, packs: int) -> None:
    """A lot of so many packs; a wholesaler has cases of them, a pharmacy a shelf full, some dispensed."""
    for start in range(0, packs, 100_000):
        _admit(sequencer, world.commission(start, min(100_000, packs - start)))
    shelf = min(SHELF, packs // 4)
    for start in range(0, shelf, 500):
        items = [epc(number) for number in range(start, min(start + 500, shelf))]
        for sender, receiver in ((MAKER, DISTRIBUTOR), (DISTRIBUTOR, PHARMACY)):
            sent = world.ship(items, sender, receiver)
            dispatch = statement_id(world.stations[sender])
            _admit(sequencer, [sent, world.receive(items, sender, receiver, dispatch)])
    cases = [sscc(number) for number in range(shelf // 100)]
    for number, case in enumerate(cases):
        first = shelf + number * 100
        _admit(sequencer, [world.pack(case, [epc(one) for one in range(first, first + 100)])])
    sent = world.ship(cases, MAKER, DISTRIBUTOR)
    _admit(sequencer, [sent, world.receive(cases, MAKER, DISTRIBUTOR, statement_id(world.stations[MAKER]))])
    _admit(sequencer, [world.dispense([epc(number) for number in range(0, shelf, 10)], PHARMACY)])


def _admit(sequencer: Sequencer, raws: list[bytes]) -> None:
    for outcome in sequencer.submit_many(raws):
        if not getattr(outcome, "effect", False):
            raise RuntimeError(outcome)


def _open_account(world: World) -> None:
    office = Office(world.settings.office)
    office.add_account(Account(LOGIN, "Counter", PHARMACY, "pharmacist", PHARMACY), PASSWORD)
    office.close()


def _log_in(port: int) -> Session:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    cookie, page = _get(client, "/login", "")
    form = urlencode({"login": LOGIN, "password": PASSWORD, "csrf_token": _token(page)})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    client.request("POST", "/login", form, headers)
    answer = client.getresponse()
    answer.read()
    if answer.status != 302:
        raise RuntimeError(answer.status)
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    newer, page = _get(client, "/check", cookie)
    return Session(newer or cookie, _token(page))


def _get(client: http.client.HTTPConnection, path: str, cookie: str) -> tuple[str, str]:
    client.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = client.getresponse()
    page = answer.read().decode()
    return (answer.getheader("Set-Cookie") or "").partition(";")[0], page


def _token(page: str) -> str:
    match = re.search(r'name="csrf-token" content="([^"]+)"', page)
    if match is None:
        raise RuntimeError("the page has no token")
    return match[1]


def _checks(packs: int, rng: Random) -> Iterator[bytes]:
    """What a counter scans: mostly its own shelf, some of it dispensed; data gaps, strangers and garbles."""
    shelf = min(SHELF, packs // 4)
    while True:
        chance = rng.random()
        number = rng.randrange(shelf) if chance < 0.8 else rng.randrange(int(packs * 1.01))
        text = f"01{GTIN}21{number:012}\x1d17{LOT.expiry[2:].replace('-', '')}10{LOT.number}"
        garbled = text.replace("\x1d", "") if chance < 0.1 else text
        yield json.dumps({"text": garbled}).encode()


def _ask_all(port: int, session: Session, texts: Iterator[bytes], rate: int, seconds: float) -> list[float]:
    count = int(rate * seconds)
    bodies = [next(texts) for _ in range(count)]
    numbers, times, failures = itertools.count(), [0.0] * count, list[object]()
    begin = time.perf_counter() + 0.2

    def ask() -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for number in iter(lambda: next(numbers), None):
            if number >= count or failures:
                return
            due = begin + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            client.request("POST", "/pharmacy/verdict", bodies[number], session.headers)
            answer = client.getresponse()
            said = answer.read()
            times[number] = (time.perf_counter() - due) * 1000
            if answer.status != 200:
                failures.append((answer.status, said[:200]))

    threads = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return times
