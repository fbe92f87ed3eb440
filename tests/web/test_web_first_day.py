"""The first day of a newly founded log: nothing is in it yet, and every page says what to do next."""

import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest
import waitress
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from flask import Flask, url_for
from goods import stamp
from journey import log_in
from looking import looking

import app as composition
from traceability.custody.rules import RULES_VERSION
from traceability.demo import cast
from traceability.ledger.founding import found, sequencing
from traceability.ledger.keyfile import new_key, new_nonce
from traceability.ledger.station import Station
from traceability.settings import Settings
from traceability.store.office import Account, Office
from traceability.store.sqlite import SqliteStore
from traceability.web.access import TASKS

pytestmark = pytest.mark.browser

FIRST = (cast.MAKER, cast.NORDMED, cast.BRUNNEN, cast.REGULATOR, cast.AUTHORITY)
"""Who is registered, each with an administrator, the regulator with its own role."""
EMPTY = {
    "bench.home", "bench.commission", "bench.receive", "bench.ship", "bench.pack", "bench.void", "bench.refuse",
    "stock.home", "lots.home", "watch.home", "investigations.home", "illegitimate.home", "snapshots.home",
    "master.home", "alerts.home", "exceptions.home", "accounts.requests"
}  # fmt: skip
"""Pages of lists that have nothing to list."""
MORE = {
    "stock.home": [{"tab": tab} for tab in ("expiring", "containers", "road", "blocked")],
    "asking.home": [{"act": "shipped"}],
    "dossiers.home": [{"q": "nobody"}],
    "lots.home": [{"q": "nothing"}],
    "audittrail.home": [{"text": "nothing"}],
}
"""What else is opened of a page: its tabs, and what is asked and finds nothing."""

# What a page says where it has nothing to show, the parts that stop after their heading, and whether there
# is anything to do.
LOOK = """() => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true });
  const main = document.querySelector("main");
  const all = (selector) => [...main.querySelectorAll(selector)].filter(shown);
  const text = (one) => one.innerText.replace(/\\s+/g, " ").trim();
  const bare = all("section").filter((one) => text(one) === [...one.querySelectorAll("h2, caption")].map(text).join(" "));
  const lists = all("ul, ol, tbody").filter((one) => !one.children.length);
  return {
    said: all("div.empty").map((one) => [...one.querySelectorAll("strong, :scope > p:first-of-type")].map(text)),
    bare: bare.map(text),
    doing: all("a.button, button, input, select, textarea, .actions a").length,
    lists: lists.filter((one) => !all("p, .empty").some((said) => one.parentElement.contains(said))).map((one) => one.parentElement.outerHTML.slice(0, 200)),
  };
}"""


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application of a log with its rules, organisations and people, and nothing else."""
    settings = Settings(data=tmp_path_factory.mktemp("new") / "var", port=0, passwords=CHEAPEST)
    authority = new_key()
    trust = found(settings, "new.example/medicines", cast.AUTHORITY.gln, [authority.public])
    signer = Station(authority, cast.AUTHORITY.gln, trust.origin, nonce=new_nonce)
    acts = [{"type": "rules", "version": RULES_VERSION}, *map(cast.party_act, FIRST)]
    acts += [cast.site_act(player) for player in FIRST if player.site != player.gln]
    with (
        closing(SqliteStore(settings.ledger)) as store,
        sequencing(settings, store, trust) as sequencer,
    ):
        for act in acts:
            assert sequencer.submit(signer.register(msgspec.json.encode(act), stamp())).pattern is None
    with closing(Office(settings.office, PasswordHasher.from_parameters(CHEAPEST))) as office:
        for player in FIRST:
            site = player.site if player.site != player.gln else None
            role = "regulator" if player is cast.REGULATOR else "administrator"
            office.add_account(
                Account(player.login, player.person, player.gln, role, site, published=True), cast.PASSWORD
            )
    with composition.open_parts(settings) as opened:
        yield composition.build(opened)


@pytest.fixture
def at_first(first_day: Flask) -> Iterator[str]:
    """The address of its server."""
    server = waitress.create_server(first_day, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, name="first day", daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def pages(application: Flask, endpoint: str) -> list[str]:
    """The addresses of a task that are looked at."""
    with application.test_request_context():
        return [url_for(endpoint), *(url_for(endpoint, **query) for query in MORE.get(endpoint, []))]


def test_no_page_of_a_new_log_is_a_bare_heading(browser: Any, first_day: Flask, at_first: str) -> None:
    """Where there is nothing to list, a sentence says what comes here and from where; elsewhere something can be done."""
    left = {task.endpoint for task in TASKS}
    wrong: list[str] = []
    for player in FIRST:
        with looking(browser, at_first) as page:
            log_in(page, player.login)
            for endpoint in [task.endpoint for task in TASKS if task.endpoint in left]:
                for path in pages(first_day, endpoint):
                    answer = page.goto(path)
                    if answer.status == 403:
                        break
                    left.discard(endpoint)
                    page.wait_for_load_state("load")
                    found = page.evaluate(LOOK)
                    if (endpoint in EMPTY or "?" in path) and not found["said"]:
                        wrong.append(f"{path}: nothing says that it is empty")
                    wrong += [f"{path}: {one}" for one in found["said"] if len(one) < 2 or one[1][-1:] != "."]
                    wrong += [f"{path}: bare {one}" for one in (*found["bare"], *found["lists"])]
                    if not (found["doing"] or found["said"]):
                        wrong.append(f"{path}: nothing to do")
                    if path == "/commission":
                        assert page.query_selector("main a[href='/master']")  # where products are registered
    assert wrong == []
    assert left == set()
