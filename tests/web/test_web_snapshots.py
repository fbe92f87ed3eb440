"""The page of snapshots: the regulator has one taken, and a lot's evidence is whole by it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from forms import token
from journey import log_in as log_in_page

import app as composition
from traceability.demo import cast
from traceability.proof.bundle import read_bundle, verify_bundle
from traceability.reports.completeness import verify_trace

LogIn = Callable[[str], FlaskClient]
LOT = {"gtin": cast.AMOXICILLIN, "lot": "A17"}


def take(client: FlaskClient) -> None:
    """Take a snapshot by the button."""
    form = {"csrf_token": token(client, "/snapshots")}
    taken = client.post("/snapshots", data=form)
    assert (taken.status_code, taken.location) == (302, "/snapshots")


def test_a_snapshot_is_taken_and_proves_a_lot_whole(log_in: LogIn, parts: composition.Parts) -> None:
    client = log_in("regulator")
    take(client)
    with parts.history.view() as view:
        kept = view.reader.snapshot()
    assert kept is not None
    assert f"traceability snapshot --check {kept.size}" in client.get("/snapshots").text
    page = client.get("/lot", query_string=LOT).text
    assert f"snapshot={kept.size}" in page
    with client.get("/lot/evidence.zip", query_string=LOT | {"snapshot": kept.size}) as response:
        files = read_bundle(response.data)
        assert f"-as-of-{kept.size}-" in response.headers["Content-Disposition"]
    found = verify_trace(files, verify_bundle(files, parts.trust))
    assert found is not None
    assert found.packs == found.proven == files["trace.csv"].count(b"\r\n") - 1
    missing = client.get("/lot/evidence.zip", query_string=LOT | {"snapshot": 1})
    assert missing.status_code == 400
    assert "snapshot" in missing.text


@pytest.mark.parametrize("login", ["maker", "pharmacy"])
def test_others_have_no_such_page(log_in: LogIn, login: str) -> None:
    client = log_in(login)
    assert client.get("/snapshots").status_code == 403
    assert client.post("/snapshots", data={"csrf_token": token(client, "/home")}).status_code == 403


@pytest.mark.browser
def test_taking_one_with_the_keyboard(page: Any, parts: composition.Parts) -> None:
    log_in_page(page, "regulator")
    page.goto("/snapshots")
    if page.locator("form button.primary").count():
        page.locator("form button.primary").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/snapshots")
    assert page.locator("table tbody tr").count() >= 1
