"""Exceptions and alerts through their pages: who sees what, whose turn it is, what settles it, what raises it."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from forms import token

import app as composition
from traceability.custody.compose import Composed, compose, correction
from traceability.custody.state import Lot
from traceability.demo import cast
from traceability.demo.stage import between
from traceability.epcis.parts import Core, Terms
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.station import Station
from traceability.store.case_rows import Case
from traceability.store.cases import Cases
from traceability.web import watching
from traceability.web.security import limiter

A17, R02, R03 = (
    Lot(cast.AMOXICILLIN, "A17", ""),
    Lot(cast.IBUPROFEN, "R02", ""),
    Lot(cast.IBUPROFEN, "R03", ""),
)
Enter = Callable[[str], FlaskClient]


@pytest.fixture
def enter(application: Flask) -> Enter:
    """Log somebody of the demo in, each with a session of their own."""

    def open_session(login: str) -> FlaskClient:
        client = application.test_client()
        form = {"login": login, "password": cast.PASSWORD, "csrf_token": token(client)}
        assert client.post("/login", data=form).status_code == 302
        return client

    limiter.reset()
    return open_session


def post(client: FlaskClient, path: str, status: int = 302, **form: Any) -> Any:
    answer = client.post(path, data={**form, "csrf_token": token(client, "/home")})
    assert answer.status_code == status, answer.text
    return answer


def report(client: FlaskClient, status: int = 201, **what: Any) -> dict[str, Any]:
    answer = client.post("/exceptions", json=what, headers={"X-CSRFToken": token(client, "/home"), "Accept": "application/json"})  # fmt: skip
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json
    return found


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    """What a page shows, without the names that its sentences may need."""
    answer = client.get(path)
    assert answer.status_code == status
    return str(answer.text).partition('<div id="say"')[0]


def check(client: FlaskClient, text: str) -> str:
    answer = client.post(
        "/pharmacy/verdict", json={"text": text}, headers={"X-CSRFToken": token(client, "/home")}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json["code"])


def label(epc: str, lot: str = "", expiry: str = "") -> str:
    _, gtin, _, serial = epc.removeprefix("https://id.gs1.org/").split("/")
    return f"(01){gtin}(21){serial}" + (f"(10){lot}" if lot else "") + (f"(17){expiry}" if expiry else "")


def alerts(parts: composition.Parts, epc: str) -> list[Case]:
    rows = parts.office.rows("SELECT id FROM case_file WHERE kind = 'alert' AND item = ? ORDER BY id", epc)
    found = [Cases(parts.office).find(int(str(row[0])), "", regulator=True) for row in rows]
    known = {case.id: case for case in Cases(parts.office).unresolved("alert") if case.item == epc}
    return [*known.values(), *(case for case in found if case is not None and case.id not in known)]


def station(parts: composition.Parts, player: cast.Player) -> Station:
    file = KeyFile.open(parts.settings.stations / f"{player.login}-station.pem", cast.PASSPHRASE)
    chain = parts.history.chain(file.key.public.kid)
    return Station(file.key, player.gln, parts.trust.origin, chain=chain, nonce=new_nonce)


def act(parts: composition.Parts, player: cast.Player, meaning: str, epcs: list[str], **more: Any) -> Any:
    """Sign an act now, as a player's station."""
    now = datetime.now(UTC).astimezone()
    when = now - timedelta(hours=3) if meaning == "commissioned" else now
    time = when.isoformat(timespec="seconds")
    composed = compose(meaning, time=time, items=epcs, site=player.site, signer=player.person, **more)
    return parts.sequencer.submit(station(parts, player).sign(composed, now.isoformat(timespec="seconds")))


def dispatch_of(parts: composition.Parts, epc: str) -> str:
    with parts.history.view() as view:
        item = view.item(epc)
        fact = view.fact(item.acted) if item is not None else None
    assert fact is not None
    return fact.id


def correct(parts: composition.Parts, statement: str) -> Any:
    """The maker declares that a statement of its own did not happen."""
    with parts.history.view() as view:
        position = view.position(statement)
        body = view.body(position) if position is not None else None
    assert body is not None
    items = tuple((one[0], one[1:]) for one in body.items)
    original = Composed(Core.parse(body.core), Terms.parse(body.terms), items)
    when = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    composed = correction(original, statement, time=when, signer=cast.MAKER.person)
    return parts.sequencer.submit(station(parts, cast.MAKER).sign(composed, when))


_numbers: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)


def made(parts: composition.Parts, serial: str, count: int = 1) -> list[str]:
    """New packs at the maker, which no other test touches, nor this one when it is tried again; made some hours ago."""
    lot = Lot(cast.AMOXICILLIN, "CASES", "2031-05-31")
    epcs = [
        f"https://id.gs1.org/01/{cast.AMOXICILLIN}/21/{serial}{next(_numbers[serial])}" for _ in range(count)
    ]
    assert act(parts, cast.MAKER, "commissioned", epcs, lot=lot).effect
    return epcs


# Exceptions


def test_an_exception_is_settled_by_what_was_signed(parts: composition.Parts, enter: Enter) -> None:
    [epc] = made(parts, "SETTLED")
    assert act(parts, cast.MAKER, "shipped", [epc], ends=between(cast.MAKER, cast.NORDMED)).effect
    receiver, sender = enter("distributor"), enter("maker")
    found = report(receiver, kind="data_without_product", items=[epc], note="The van came without it")
    assert cast.MAKER.name in found["sentence"]
    path = found["url"]
    assert "Exception: Data without product" in page(sender, "/home")
    assert "The van came without it" in page(sender, path)
    assert "Exception: Data without product" not in page(receiver, "/home")

    post(sender, f"{path}/owner")
    post(sender, f"{path}/messages", proposal="void", text="It is still here")
    seen = page(receiver, path)
    assert "Void the dispatch" in seen
    assert "It is still here" in seen
    assert cast.MAKER.person in seen
    assert "Exception: Data without product" in page(receiver, "/home")

    # Before anything is signed there is nothing to settle it with, and an older statement does not do.
    assert "There is none yet" in seen
    old = dispatch_of(parts, epc)
    post(receiver, f"{path}/outcome", 400, statement=old)
    ends = between(cast.MAKER, cast.NORDMED)
    voided = act(parts, cast.MAKER, "voided", [epc], ends=ends, ref=[old], reason="It never left")
    post(sender, f"{path}/outcome", 400, statement=voided.id)
    post(receiver, f"{path}/outcome", statement=voided.id)
    for client in (receiver, sender):
        assert f"/statement/{voided.id}" in page(client, path)
    post(receiver, f"{path}/messages", 409, text="One more thing")


def test_a_trace_request_is_answered_with_what_was_signed_before(
    parts: composition.Parts, enter: Enter
) -> None:
    [epc] = made(parts, "TRACED")
    assert act(parts, cast.MAKER, "shipped", [epc], ends=between(cast.MAKER, cast.NORDMED)).effect
    raiser, asked = enter("distributor"), enter("maker")
    found = report(raiser, kind="trace_request", items=[epc], note="Suspect seal: where from?")
    path = found["url"]
    assert "Trace request" in page(asked, path)
    post(asked, f"{path}/messages", text="Made in Kassel, shipped by us.")
    post(raiser, f"{path}/outcome", statement=dispatch_of(parts, epc))
    assert f"/statement/{dispatch_of(parts, epc)}" in page(asked, path)


def test_only_the_two_parties_and_the_regulator_see_it(parts: composition.Parts, enter: Enter) -> None:
    [epc] = made(parts, "SECRET")
    assert act(parts, cast.MAKER, "shipped", [epc], ends=between(cast.MAKER, cast.NORDMED)).effect
    path = report(enter("distributor"), kind="missing", items=[epc], note="Between us")["url"]
    for login in ("maker", "regulator"):
        assert "Between us" in page(enter(login), path)
    stranger = enter("pharmacy")
    page(stranger, path, 404)
    post(stranger, f"{path}/messages", 404, text="Hello")
    assert path not in page(stranger, "/exceptions")
    assert path in page(enter("regulator"), "/exceptions")
    assert f"exception {path.rpartition('/')[2]}" in [
        row.detail for row in parts.office.trail(cast.REGULATOR.gln)
    ]
    # A regulator writes along, and it stays the other side's turn.
    post(enter("regulator"), f"{path}/messages", text="We follow this")
    assert "Exception: Missing" in page(enter("maker"), "/home")
    post(enter("regulator"), f"{path}/owner", 400)


def test_a_second_click_opens_no_second_exception(parts: composition.Parts, enter: Enter) -> None:
    [epc] = made(parts, "TWICE")
    assert act(parts, cast.MAKER, "shipped", [epc], ends=between(cast.MAKER, cast.NORDMED)).effect
    client = enter("distributor")
    first = report(client, kind="damaged", items=[epc])
    assert report(client, kind="damaged", items=[epc])["id"] == first["id"]
    assert report(client, kind="extra", items=[epc])["id"] != first["id"]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"kind": "lost", "items": ["x"]}, "Expected a problem out of missing"),
        ({"kind": "missing", "items": []}, "scan at least one code"),
        ({"kind": "missing", "items": ["hello"]}, "hello: "),
        ({"kind": "missing", "items": ["(01)09521321000018"]}, "no serial number"),
        ({"kind": "missing"}, "Expected a problem as JSON"),
        ({"kind": "missing", "items": [f"(01){cast.AMOXICILLIN}(21)NOBODYS"]}, "Say who sent it"),
        ({"kind": "missing", "items": [f"(01){cast.AMOXICILLIN}(21)N"], "other": cast.NORDMED.gln}, "Say who sent it"),
        ({"kind": "missing", "items": [f"(01){cast.AMOXICILLIN}(21)N"], "other": cast.REGULATOR.gln}, "Say who sent it"),
        ({"kind": "missing", "items": [f"(01){cast.AMOXICILLIN}(21)N"], "dispatch": "abc"}, "no such dispatch"),
    ],
)  # fmt: skip
def test_a_report_says_what_it_lacks(enter: Enter, what: dict[str, Any], said: str) -> None:
    assert said in report(enter("distributor"), 400, **what)["detail"]


def test_a_regulator_watches_and_reports_none(enter: Enter) -> None:
    what = {"kind": "missing", "items": [cast.sscc(52)], "other": cast.NORDMED.gln}
    assert "between two parties" in report(enter("regulator"), 400, **what)["detail"]


def test_a_dispatch_between_others_is_nobody_elses(parts: composition.Parts, enter: Enter) -> None:
    dispatch = dispatch_of(parts, cast.sscc(52))
    what = {"kind": "missing", "items": [cast.sscc(52)], "dispatch": dispatch}
    assert "neither from you nor to you" in report(enter("pharmacy"), 400, **what)["detail"]


# Alerts from checks


def test_a_suspect_verdict_raises_one_alert(parts: composition.Parts, enter: Enter) -> None:
    [epc] = made(parts, "ELSEWHERE")
    for sender, receiver in ((cast.MAKER, cast.NORDMED), (cast.NORDMED, cast.MARKT)):
        assert act(parts, sender, "shipped", [epc], ends=between(sender, receiver)).effect
        assert act(
            parts, receiver, "received", [epc], ends=between(sender, receiver), ref=[dispatch_of(parts, epc)]
        ).effect
    assert act(parts, cast.MARKT, "dispensed", [epc]).effect
    counter = enter("pharmacy2")
    assert check(counter, label(epc)) == "suspect"
    assert check(counter, label(epc)) == "suspect"
    [case] = alerts(parts, epc)
    assert (case.cause, case.raiser, case.repeats) == ("dispensed-elsewhere", cast.BRUNNEN.gln, 2)
    path = f"/alerts/{case.id}"
    assert "Alert: Dispensed elsewhere" in page(counter, "/home")

    # Who dispensed it is not told by name; that pharmacy, and the maker, see the alert; nobody else does.
    seen = page(counter, path)
    assert "another pharmacy" in seen
    assert cast.MARKT.name not in seen
    assert cast.BRUNNEN.person in seen
    assert f"/statement/{dispatch_of(parts, epc)}" in page(enter("pharmacy"), path)
    seen = page(enter("maker"), path)
    assert "another pharmacy" in seen
    assert cast.BRUNNEN.person not in seen
    assert cast.BRUNNEN.name not in seen
    for login in ("distributor", "pharmacy3", "regulator"):
        page(enter(login), path, 404)

    post(enter("pharmacy"), f"{path}/messages", text="Ours left the shop on Monday")
    post(enter("pharmacy"), f"{path}/state", 400, state="resolved", text="Mine")
    post(counter, f"{path}/state", state="investigating")
    post(counter, f"{path}/state", 400, state="escalated")
    post(counter, f"{path}/state", state="escalated", text="Two packs with one serial")
    regulator = enter("regulator")
    assert "Alert: Dispensed elsewhere" in page(regulator, "/home")
    seen = page(regulator, path)
    for wanted in (cast.MARKT.name, "Two packs with one serial", "Ours left the shop on Monday"):
        assert wanted in seen
    post(regulator, f"{path}/state", state="resolved", text="A copy: seized")
    assert "A copy: seized" in page(counter, path)


def test_gaps_faults_and_blocked_packs_raise_none(parts: composition.Parts, enter: Enter) -> None:
    before = len(Cases(parts.office).unresolved("alert"))
    counter = enter("pharmacy2")
    for text, expected in (
        (label(cast.pack(A17, 100)), "data_gap"),  # on the road to somebody else
        (f"01{cast.AMOXICILLIN}21889", "data_gap"),
        (label(cast.pack(R03, 3)), "blocked"),  # held here
        (label(cast.pack(R02, 5)), "blocked"),  # recalled
        ("hello", "scanner_fault"),
    ):
        assert check(counter, text) == expected, text
    assert len(Cases(parts.office).unresolved("alert")) == before


def test_a_wrong_label_raises_an_alert_that_data_may_explain(parts: composition.Parts, enter: Enter) -> None:
    [epc] = made(parts, "LABEL")
    counter = enter("pharmacy2")
    assert check(counter, label(epc, lot="OTHER")) == "suspect"
    [case] = alerts(parts, epc)
    assert case.cause == "lot"
    seen = page(counter, f"/alerts/{case.id}")
    assert "OTHER" in seen
    # The maker strikes the wrong commissioning and signs the right lot.
    wrong = dispatch_of(parts, epc)
    assert "It has explained itself" not in seen
    assert correct(parts, wrong).effect
    right = Lot(cast.AMOXICILLIN, "OTHER", "2031-05-31")
    assert act(parts, cast.MAKER, "commissioned", [epc], lot=right).effect
    assert "It has explained itself" in page(counter, f"/alerts/{case.id}")
    assert "resolved" in page(counter, f"/alerts/{case.id}")


def test_a_clone_that_is_only_checked_is_found(parts: composition.Parts, enter: Enter) -> None:
    [epc] = made(parts, "CLONE")
    assert check(enter("pharmacy3"), label(epc)) == "data_gap"
    assert check(enter("pharmacy2"), label(epc)) == "suspect"
    [case] = alerts(parts, epc)
    assert (case.cause, case.raiser) == ("seen-elsewhere", cast.BRUNNEN.gln)
    seen = page(enter("pharmacy2"), f"/alerts/{case.id}")
    assert cast.BRUNNEN.site_name in seen
    assert "another pharmacy" in seen
    assert cast.STERN.name not in seen


def bench(client: FlaskClient, task: str, *epcs: str) -> None:
    """Codes that are read at a bench."""
    codes = [{"text": label(epc)} for epc in epcs]
    answer = client.post(
        "/scan/code", json={"codes": codes, "task": task}, headers={"X-CSRFToken": token(client, "/home")}
    )
    assert answer.status_code == 200, answer.text


def test_benches_leave_sightings_and_find_clones(parts: composition.Parts, enter: Enter) -> None:
    """Two benches read one serial within minutes, and nothing signed explains it; a delivery does."""
    copied, delivered, packed = made(parts, "BENCH", 3)
    first, second = enter("distributor2"), enter("pharmacy2")
    bench(first, "count", copied)
    bench(second, "receive", copied)
    bench(second, "receive", copied)
    assert [one.cause for one in alerts(parts, copied)] == ["clone"]
    act(parts, cast.MAKER, "shipped", [delivered], ends=between(cast.MAKER, cast.NORDMED))
    bench(enter("maker"), "ship", delivered)
    bench(enter("distributor"), "receive", delivered)
    bench(first, "pack", packed)
    bench(second, "pack", packed)
    assert alerts(parts, delivered) == alerts(parts, packed) == []


def test_a_box_of_suspect_packs_is_one_matter(parts: composition.Parts, enter: Enter) -> None:
    epcs = made(parts, "BOX", 5)
    counter = enter("pharmacy")
    for epc in epcs:
        assert check(counter, label(epc, lot="OTHER")) == "suspect"
    [case] = alerts(parts, cast.MARKT.gln)
    assert (case.cause, case.raiser) == ("burst", cast.MARKT.gln)
    seen = page(counter, f"/alerts/{case.id}")
    for number in range(5):
        assert f"BOX{number}" in seen
    assert "another pharmacy" in page(enter("maker"), f"/alerts/{case.id}")
    page(enter("pharmacy2"), f"/alerts/{case.id}", 404)


def test_the_rate_is_per_thousand_checks(parts: composition.Parts, enter: Enter) -> None:
    counter = enter("pharmacy")
    check(counter, label(cast.pack(A17, 3)))
    seen = page(counter, "/alerts")
    for wanted in ("per 1000 checks", "All causes", "7 days", "30 days"):
        assert wanted in seen


# Alerts from the log


def test_somebody_elses_act_on_my_goods_is_told(
    parts: composition.Parts, application: Flask, enter: Enter
) -> None:
    [epc] = made(parts, "MINE")
    with application.test_request_context():
        watching.sweep()
    refused = act(parts, cast.STERN, "dispensed", [epc])
    assert not refused.effect
    with application.test_request_context():
        watching.sweep()
        watching.sweep()
    [case] = alerts(parts, epc)
    assert (case.cause, case.raiser, case.repeats) == ("rule-broken", cast.MAKER.gln, 1)
    seen = page(enter("maker"), f"/alerts/{case.id}")
    assert cast.STERN.name in seen
    assert str(refused.rule) in seen
    # Once they are on the road to that pharmacy, it explains itself.
    assert act(parts, cast.MAKER, "shipped", [epc], ends=between(cast.MAKER, cast.STERN)).effect
    with application.test_request_context():
        watching.sweep()
    assert alerts(parts, epc) == []


def test_a_forked_signer_is_with_the_regulator_at_once(
    parts: composition.Parts, application: Flask, enter: Enter
) -> None:
    one, other = made(parts, "FORK", 2)
    with application.test_request_context():
        watching.sweep()
    when = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    twins = [station(parts, cast.MAKER), station(parts, cast.MAKER)]
    raws = [
        key.sign(
            compose("held", time=when, items=[epc], site=cast.MAKER.site, signer="Anna Weber", reason="Test"),
            when,
        )
        for key, epc in zip(twins, (one, other), strict=True)
    ]
    parts.sequencer.submit_many(raws)
    with application.test_request_context():
        watching.sweep()
    kid = twins[0].key.public.kid
    [case] = alerts(parts, kid)
    assert (case.cause, case.state, case.raiser) == ("forked-signer", "escalated", cast.MAKER.gln)
    for login in ("regulator", "maker"):
        assert "One key signed two histories" in page(enter(login), f"/alerts/{case.id}")
    page(enter("distributor"), f"/alerts/{case.id}", 404)
