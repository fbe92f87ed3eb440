"""The table of who may do what: complete, the same in docs, and held against every request."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from forms import token

import app as composition
from traceability.demo import cast
from traceability.store.office import Account
from traceability.web import roles
from traceability.web.access import ALSO, PUBLIC, TASKS, line_of

PASSWORD = "an auditor's long password"
CHANGES_OF_ONES_OWN = {
    "accounts.choose_site", "passwords.change", "passkeys.offer", "passkeys.add", "passkeys.remove",
}  # fmt: skip


@pytest.fixture
def auditor(client: FlaskClient, parts: composition.Parts):
    """Log in as an auditor of a party: `auditor(cast.NORDMED)`."""

    def enter(player: cast.Player) -> FlaskClient:
        login = f"auditor-of-{player.login}"
        if parts.office.account(login) is None:
            parts.office.add_account(Account(login, "Ida Prüfer", player.gln, "auditor"), PASSWORD)
        form = {"login": login, "password": PASSWORD, "csrf_token": token(client)}
        assert client.post("/login", data=form).status_code == 302
        return client

    return enter


def test_every_address_is_in_the_table_or_public(application: Flask) -> None:
    with application.app_context():
        known = set(application.view_functions)
        assert [one for one in sorted(known - set(PUBLIC)) if line_of(one) is None] == []
    named = {task.endpoint for task in TASKS} | {one for line in ALSO for one in line.endpoints} | set(PUBLIC)
    assert named - known == set()


def test_the_documentation_has_the_same_table() -> None:
    page = roles.PAGE.read_text("utf-8")
    assert roles.replaced(page) == page, "run: python -m traceability.web.roles"


def _filled(rule: str) -> str:
    numbered = re.sub(r"<int:[a-z_]+>", "1", rule)
    return re.sub(r"<(?:[a-z]+(?:\([^)]*\))?:)?[a-z_]+>", "x", numbered)


def test_a_visitor_opens_nothing_but_what_is_public(application: Flask, client: FlaskClient) -> None:
    for rule in application.url_map.iter_rules():
        if rule.endpoint in PUBLIC or "GET" not in (rule.methods or ()):
            continue
        assert client.get(_filled(rule.rule)).status_code in {302, 401}, rule.rule


def test_an_auditor_changes_nothing(application: Flask, auditor) -> None:
    client = auditor(cast.MAKER)
    headers = {"X-CSRFToken": token(client, "/home"), "Accept": "application/json"}
    for rule in application.url_map.iter_rules():
        changes = {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
        if not changes or rule.endpoint in PUBLIC or rule.endpoint in CHANGES_OF_ONES_OWN:
            continue
        answer = client.open(_filled(rule.rule), method=changes.pop(), headers=headers, json={})
        assert answer.status_code == 403, rule.rule


def test_an_auditor_reads_what_the_party_may(auditor) -> None:
    client = auditor(cast.MAKER)
    for path in ("/home", "/lots", "/trail", "/devices", "/api/stock"):
        assert client.get(path).status_code == 200, path
    for path in ("/recall", "/ship", "/commission", "/people", "/devices/requests"):
        assert client.get(path).status_code == 403, path


def test_an_auditor_of_the_regulator_reads_the_whole_log_on_the_record(auditor, parts) -> None:
    client = auditor(cast.REGULATOR)
    lot = f"/lot?gtin={cast.IBUPROFEN}&lot=R02"
    assert client.get(lot).status_code == 200
    noted = {(row.login, row.act) for row in parts.office.trail()}
    assert ("auditor-of-regulator", "read lot") in noted


def test_a_party_sees_only_its_own_chain(application: Flask, parts: composition.Parts) -> None:
    """A pack of one pharmacy, its statements and its lot, asked for by everybody else."""
    with parts.history.view() as view:
        item = next(iter(view.holdings(cast.MARKT.gln, limit=1)))
        facts = [step.fact for step in view.steps(item.epc)]
        last = facts[-1]
    ours = {fact.party for fact in facts} | {cast.MARKT.gln, cast.REGULATOR.gln}
    for player in (cast.SUEDPHARM, cast.BRUNNEN, cast.STERN):
        assert player.gln not in ours
        client = application.test_client()
        form = {"login": player.login, "password": cast.PASSWORD, "csrf_token": token(client)}
        client.post("/login", data=form)
        for path in (f"/statement/{last.id}", f"/statement/{last.id}/receipt.json", f"/api/statements/{last.id}", f"/api/statements/{last.id}/receipt"):  # fmt: skip
            assert client.get(path).status_code in {403, 404}, path
        assert client.get("/api/contents", query_string={"epc": item.epc}).status_code == 403
        assert client.get("/item.pdf", query_string={"epc": item.epc}).status_code == 404
        page = client.get("/item", query_string={"epc": item.epc}).text
        assert cast.MARKT.name not in page
        assert client.get("/lot", query_string={"gtin": cast.IBUPROFEN, "lot": "R02"}).status_code == 403


def test_an_administrator_touches_the_own_party_only(log_in, parts) -> None:
    parts.office.add_account(Account("head-of-stern", "Yu", cast.STERN.gln, "administrator"), PASSWORD)
    client = log_in("authority")
    headers = {"X-CSRFToken": token(client, "/people")}
    for deed in ("invite", "role", "site", "close", "open"):
        answer = client.post(f"/people/head-of-stern/{deed}", data={"role": "operator"}, headers=headers)
        assert answer.status_code == 400
        assert "in your organisation" in answer.text
    assert parts.office.account("head-of-stern").role == "administrator"
