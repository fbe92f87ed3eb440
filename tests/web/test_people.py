"""Accounts, invitations, sessions and the audit trail, asked as a program asks."""

import io
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from forms import token
from test_web_api import stamp, station

import app as composition
from traceability.demo import cast, folder
from traceability.proof.keyring import possession_text
from traceability.proof.signing import PrivateKey, b64
from traceability.reports.spreadsheet import plain
from traceability.store.office import Account
from traceability.store.people import People
from traceability.store.trail import Search, Trail
from traceability.web.security import limiter

PASSWORD = "a long enough password"
Enter = Callable[[str], FlaskClient]


@pytest.fixture
def client(application: Flask) -> FlaskClient:
    """A visitor whose requests leave nothing behind: here several people come at once."""
    limiter.reset()
    return application.test_client()


@pytest.fixture
def head(client: FlaskClient, parts: composition.Parts) -> FlaskClient:
    """The administrator of the maker, logged in."""
    if parts.office.account("head") is None:
        parts.office.add_account(Account("head", "Ute Kern", cast.MAKER.gln, "administrator"), PASSWORD)
    return enter(client, "head", PASSWORD)


def enter(client: FlaskClient, login: str, password: str) -> FlaskClient:
    form = {"login": login, "password": password, "csrf_token": token(client)}
    assert client.post("/login", data=form).status_code == 302
    return client


def send(client: FlaskClient, path: str, **form: object):
    return client.post(path, data={"csrf_token": token(client, "/"), **form}, follow_redirects=True)


def link_in(text: str) -> str:
    return "/invited/" + text.partition("/invited/")[2].partition('"')[0]


def found(parts: composition.Parts, **wanted: str):
    return Trail(parts.office).search(None, Search(**wanted))


# Accounts


def test_somebody_new_chooses_a_password_with_a_link_that_works_once(
    head: FlaskClient, application: Flask, parts
) -> None:
    page = send(head, "/people", name="Kim Lund", login="kim", role="operator", site=cast.MAKER.site)
    assert page.status_code == 200
    link = link_in(page.text)
    kim = application.test_client()
    assert "Kim Lund" in kim.get(link).text
    short = send(kim, link, new="short", again="short")
    assert short.status_code == 409
    assert "at least 10" in short.text
    differs = send(kim, link, new=PASSWORD, again=PASSWORD + "!")
    assert "differ" in differs.text
    chosen = send(kim, link, new=PASSWORD, again=PASSWORD)
    assert "You and this device" in chosen.text
    again = application.test_client().get(link)
    assert again.status_code == 409
    assert "Ask your administrator" in again.text
    assert [row.act for row in found(parts, who="kim")] == ["password chosen"]
    assert found(parts, act="invited")[0].login == "head"


def test_the_link_itself_is_kept_nowhere(head: FlaskClient, parts) -> None:
    page = send(head, "/people", name="Nils", login="nils", role="quality")
    secret = link_in(page.text).rpartition("/")[2]
    assert secret.encode() not in parts.settings.office.read_bytes()
    send(head, "/people/nils/invite")
    with pytest.raises(ValueError, match="used already"):
        People(parts.office).invited(secret, "2020-01-01T00:00:00Z")


def test_another_role_and_a_closed_account_end_open_sessions(
    head: FlaskClient, application: Flask, parts
) -> None:
    parts.office.add_account(Account("otto", "Otto", cast.MAKER.gln, "operator"), PASSWORD)
    otto = enter(application.test_client(), "otto", PASSWORD)
    send(head, "/people/otto/role", role="quality", why="Trained")
    assert otto.get("/home").status_code == 302
    row = found(parts, act="role changed")[0]
    assert (row.login, row.detail, row.old, row.new, row.why) == (
        "head",
        "otto",
        "operator",
        "quality",
        "Trained",
    )
    enter(otto, "otto", PASSWORD)
    send(head, "/people/otto/close", why="Left")
    assert otto.get("/home").status_code == 302
    assert otto.post("/unlock", json={"login": "otto", "password": PASSWORD}, headers=_csrf(otto)).status_code == 409  # fmt: skip
    send(head, "/people/otto/open")
    enter(otto, "otto", PASSWORD)


def _csrf(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": client.get("/session").json["token"], "Accept": "application/json"}


def test_nobody_gives_themselves_another_role_or_the_regulators(head: FlaskClient, parts) -> None:
    for path in ("/people/head/role", "/people/head/close"):
        assert "Ask another administrator" in send(head, path, role="quality").text
    assert "Expected a role" in send(head, "/people", name="X", login="xx", role="regulator").text
    assert parts.office.account("head").role == "administrator"
    assert parts.office.account("xx") is None


def upload(client: FlaskClient, text: str, name: str = "people.csv"):
    data = {"csrf_token": token(client, "/"), "file": (io.BytesIO(text.encode()), name)}
    return client.post("/people/import", data=data, content_type="multipart/form-data")


def test_a_file_of_people_is_shown_line_by_line_before_anything_happens(head: FlaskClient, parts) -> None:
    bad = "login;name;role;site\nrosa;Rosa;operator;\nhead;Again;operator;\nPaul;Paul;operator;\nrosa;Twice;king;123\n"
    page = upload(head, bad)
    for said in (
        "The login head is taken",
        "small letters",
        "Expected a role",
        "in this file twice",
        "Mend the lines",
    ):
        assert said in page.text
    assert "Add them all" not in page.text
    assert parts.office.account("rosa") is None
    good = "role,login,name\noperator,rosa,Rosa Lux\nauditor,emil,Emil Ost\n"
    page = upload(head, good)
    assert "Add them all" in page.text
    assert parts.office.account("rosa") is None
    page = send(head, "/people/import", text=good, sure="1")
    assert page.text.count("/invited/") == 2
    assert parts.office.account("emil") == Account("emil", "Emil Ost", cast.MAKER.gln, "auditor")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expected the columns"),
        ("a,b\n1,2\n", "Expected the columns"),
        ("login,name,role\n", "Expected 1 to 1000"),
    ],
)
def test_a_file_that_is_none_says_what_was_expected(head: FlaskClient, text: str, said: str) -> None:
    answer = upload(head, text)
    assert answer.status_code == 400
    assert said in answer.text


def test_a_password_is_changed_by_who_knows_it_and_ends_other_sessions(
    client: FlaskClient, application: Flask, parts
) -> None:
    parts.office.add_account(Account("vera", "Vera", cast.MAKER.gln, "quality"), PASSWORD)
    enter(client, "vera", PASSWORD)
    elsewhere = enter(application.test_client(), "vera", PASSWORD)
    fresh = "quite another password"
    assert send(client, "/password", old="wrong", new=fresh, again=fresh).status_code == 409
    assert send(client, "/password", old=PASSWORD, new=fresh, again="x").status_code == 409
    assert "Your password is changed" in send(client, "/password", old=PASSWORD, new=fresh, again=fresh).text
    assert client.get("/home").status_code == 200
    assert elsewhere.get("/home").status_code == 302


# Sessions


def test_an_idle_session_is_nobodys_until_it_is_unlocked(log_in: Enter) -> None:
    client = log_in("maker")
    with client.session_transaction() as session:
        session["seen"] -= 16 * 60
    assert client.get("/api/stock").status_code == 401
    assert "locked" in client.get("/login").text
    item = client.get("/").text
    assert "Anna Weber" not in item
    answer = client.post("/unlock", json={"login": "maker", "password": "demo"}, headers=_csrf(client))
    assert answer.status_code == 200
    assert client.get("/api/stock").status_code == 200


def test_looking_at_a_key_keeps_no_session_awake(log_in: Enter) -> None:
    client = log_in("maker")
    with client.session_transaction() as session:
        session["seen"] = before = session["seen"] - 100
    client.get("/devices/keys/x")
    client.get("/session")
    with client.session_transaction() as session:
        assert session["seen"] == before
    client.get("/session?here")
    with client.session_transaction() as session:
        assert session["seen"] > before


def test_a_page_says_whose_it_is(log_in: Enter, application: Flask) -> None:
    client = log_in("maker")
    mine = client.get("/api/stock", headers={"X-Login": "maker"})
    assert mine.status_code == 200
    other = client.get("/api/stock", headers={"X-Login": "pharmacy"})
    assert other.status_code == 400
    assert "Somebody else is logged in" in other.json["detail"]
    visitor = application.test_client()
    assert visitor.post("/scan/code", json={"text": "x"}, headers=_csrf(visitor)).status_code == 200
    gone = _csrf(visitor) | {"X-Login": "maker"}
    assert visitor.post("/scan/code", json={"text": "x"}, headers=gone).status_code == 401


def test_a_passkey_is_added_only_after_a_fresh_proof(log_in: Enter) -> None:
    client = log_in("maker")
    headers = _csrf(client)
    assert client.post("/passkeys/offer", headers=headers).status_code == 200
    with client.session_transaction() as session:
        session["proven"] -= 200
    answer = client.post("/passkeys/offer", headers=headers)
    assert (answer.status_code, answer.json["title"]) == (403, "ProofNeeded")


def test_a_challenge_is_answered_once(log_in: Enter) -> None:
    client = log_in("maker")
    headers = _csrf(client)
    client.post("/passkeys/ask", headers=headers)
    for said in ("not known here", "took too long"):
        answer = client.post("/passkeys/enter", json={"credential": {"id": "x"}}, headers=headers)
        assert answer.status_code == 400
        assert said in answer.json["detail"]


# Grave acts


def test_a_browser_recalls_only_after_a_fresh_proof_and_a_station_without(
    log_in: Enter, application: Flask, parts
) -> None:
    client = log_in("maker")
    desk = station(parts, cast.MAKER)
    act = b'{"type":"recall","lots":[{"gtin":"%s","lot":"R02"}],"class":"2","level":"pharmacy","reason":"Grave"}'
    raw = desk.register(act % cast.IBUPROFEN.encode(), stamp())
    with client.session_transaction() as session:
        session["proven"] -= 200
    refused = client.post("/api/statements", data=raw)
    assert (refused.status_code, refused.json["title"]) == (403, "ProofNeeded")
    batch = client.post("/api/statements", data=b"[" + raw + b"]")
    assert batch.status_code == 403
    client.post(
        "/unlock", json={"login": "maker", "password": "demo", "why": "Recalled by"}, headers=_csrf(client)
    )
    taken = client.post("/api/statements", data=raw)
    assert taken.json["effect"]
    assert found(parts, act="proved again")[0].why == "Recalled by"
    assert found(parts, act="signed")[0].detail == taken.json["id"]
    again = application.test_client().post("/api/statements", data=raw)
    assert again.json["position"] == taken.json["position"]


# The audit trail


def test_the_trail_says_who_what_old_new_and_is_searched(log_in: Enter, parts) -> None:
    client = log_in("maker")
    send(client, "/devices/site", site="")
    send(client, "/devices/site", site=cast.MAKER.site)
    row = found(parts, who="maker", act="site changed")[0]
    assert (row.old, row.new) == ("", cast.MAKER.site)
    page = client.get("/trail", query_string={"act": "site changed", "text": cast.MAKER.site, "who": "maker"})
    assert "place of work changed" in page.text
    assert "Nothing found" in client.get("/trail?text=no-such-thing").text
    assert "Nothing found" in client.get("/trail?until=2020-01-01").text
    assert client.get("/trail?since=yesterday").status_code == 400
    assert "Tom Berg" not in client.get("/trail").text


def test_a_partys_trail_is_its_own_and_the_regulators_reading_is_on_it(log_in: Enter, parts) -> None:
    parts.office.note(parts_now(), "pharmacy", cast.MARKT.gln, "site changed", "=1+1")
    client = log_in("regulator")
    page = client.get("/trail", query_string={"act": "site changed"})
    assert "Tom Berg" in page.text
    file = client.get("/trail/trail.csv", query_string={"act": "site changed"})
    cells = [cell for line in file.text.splitlines() for cell in line.split(",")]
    assert "'=1+1" in cells
    assert plain("'=1+1") == "=1+1"
    assert [row.act for row in found(parts, who="regulator")][:2] == ["downloaded trail", "read trail"]


def parts_now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def test_the_trail_turns_its_pages(head: FlaskClient, parts) -> None:
    for number in range(130):
        parts.office.note(parts_now(), "head", cast.MAKER.gln, "paged", f"line {number}")
    first = head.get("/trail?act=paged")
    assert "line 129" in first.text
    assert "line 29<" not in first.text
    older = first.text.partition("before=")[2].partition('"')[0]
    second = head.get(f"/trail?act=paged&before={older}")
    assert "line 29<" in second.text
    assert "line 30<" not in second.text


# Proxies


def test_forwarded_headers_are_believed_only_where_a_proxy_is_set(parts: composition.Parts) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "trace.example.org"}
    for proxies, kept in ((0, "localhost"), (1, "trace.example.org")):
        built = composition.build(replace(parts, settings=replace(parts.settings, proxies=proxies)))
        answer = built.test_client().get("/login", headers=headers)
        assert ("Strict-Transport-Security" in answer.headers) is (proxies == 1), kept
        assert ("; Secure" in answer.headers["Set-Cookie"]) is (proxies == 1)


def test_a_removed_line_shows(parts: composition.Parts, tmp_path) -> None:
    count, last = Trail(parts.office).verify()
    assert count > 0
    assert len(last) == 64
    copy = tmp_path / "office.db"
    source = sqlite3.connect(parts.settings.office)
    target = sqlite3.connect(copy)
    source.backup(target)
    target.executescript("DROP TRIGGER trail_stays; DELETE FROM trail WHERE id = 3")
    source.close()
    target.close()
    from traceability.store.office import Office

    opened = Office(copy)
    with pytest.raises(ValueError, match="Line 3 of the audit trail"):
        Trail(opened).verify()
    opened.close()


# Devices


def device(client: FlaskClient, parts: composition.Parts, player: cast.Player, role: str, name: str) -> str:
    """Ask for a device's registration as its browser does; returns its kid."""
    key = PrivateKey.from_scalar(secrets.randbelow(2**250) + 1)
    text = possession_text(parts.trust.origin, player.gln, role, key.public.kid)
    wanted = {"jwk": msgspec.json.decode(key.public.jwk), "proof": b64(key.sign(text)), "device": name}
    assert client.post("/devices/keys", json=wanted, headers=_csrf(client)).status_code == 201
    return key.public.kid


def test_without_the_demo_a_lost_device_waits_for_its_administrator(
    parts: composition.Parts, application: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = enter(application.test_client(), "distributor", "demo")
    kid = device(owner, parts, cast.NORDMED, "operator", "Bay 7")
    monkeypatch.setattr(folder, "administrators", lambda _settings: {})
    alone = composition.build(parts).test_client()
    enter(alone, "distributor", "demo")
    assert alone.get(f"/devices/keys/{kid}").json["state"] == "approved"
    assert "to come" in send(alone, f"/devices/keys/{kid}/lost", since="2999-01-01T00:00").text
    assert "a date and a time" in send(alone, f"/devices/keys/{kid}/lost", since="Monday").text
    send(alone, f"/devices/keys/{kid}/lost", since="2026-11-20T08:00")
    assert alone.get(f"/devices/keys/{kid}").json["state"] == "lost"
    assert parts.history.registry.keyring.signer(kid).revoked is None
    if parts.office.account("nord-head") is None:
        parts.office.add_account(
            Account("nord-head", "Per Nord", cast.NORDMED.gln, "administrator"), PASSWORD
        )
    enter(alone, "nord-head", PASSWORD)
    page = alone.get("/devices/requests").text
    assert "Reported lost: sign their end" in page
    assert "2026-11-20T08:00:00+00:00" in page
    assert "Devices reported lost" in alone.get("/home").text
    assert "signs nothing any more" in send(owner, f"/devices/keys/{kid}/lost").text


def test_the_log_itself_knows_a_devices_last_day(application: Flask, parts: composition.Parts) -> None:
    owner = enter(application.test_client(), "distributor", "demo")
    kid = device(owner, parts, cast.NORDMED, "operator", "Bay 8")
    known = parts.office.enrolment(kid)
    assert known is not None
    assert parts.history.registry.keyring.signer(kid).expires == f"{known.expires}T23:59:59+00:00"
    owner_of_none = enter(application.test_client(), "pharmacy", "demo")
    assert owner_of_none.get(f"/devices/keys/{kid}").json["state"] == "unknown"
    assert "signs nothing any more" in send(owner_of_none, f"/devices/keys/{kid}/lost").text


def test_an_auditor_has_no_device(application: Flask, parts: composition.Parts) -> None:
    if parts.office.account("eyes") is None:
        parts.office.add_account(Account("eyes", "Ella Ohr", cast.MAKER.gln, "auditor"), PASSWORD)
    client = enter(application.test_client(), "eyes", PASSWORD)
    assert client.post("/devices/keys", json={}, headers=_csrf(client)).status_code == 403
    assert 'id="enrol"' not in client.get("/devices").text
    assert 'id="device"' not in client.get("/home").text
