"""What protects a session: headers, cookies, CSRF, limits, roles, and no demo on a network."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from traceability.settings import Settings
from traceability.store.office import Account, Office
from traceability.web import UnsafeError, refuse_unsafe
from traceability.web.security import HEADERS, is_loopback

PAGES = ["/", "/login", "/nothing-here", "/static/css/site.css", "/trust.json"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    answer.close()
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_the_policy_allows_nothing_inline() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.count("unsafe") == policy.count("'wasm-unsafe-eval'") == 1
    assert "worker-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "camera=(self)" in HEADERS["Permissions-Policy"]


def test_templates_have_no_inline_script_or_style() -> None:
    for path in (Path(__file__).parents[2] / "templates").rglob("*.html"):
        text = path.read_text()
        assert "<style" not in text, path
        assert " style=" not in text, path
        assert " onclick=" not in text, path
        for piece in text.split("<script")[1:]:
            assert "src=" in piece.split(">")[0], path


def test_no_form_puts_what_was_typed_into_an_address() -> None:
    """A form that only a script hears does nothing before that script is there: `method="dialog"` outside a dialog."""
    for path in (Path(__file__).parents[2] / "templates").glob("*.html"):
        for form in re.findall(r"<form\b(?:[^>{]|{{.*?}})*>", path.read_text()):
            assert "method=" in form or "action=" in form, (path, form)


def test_the_session_cookie_is_kept_to_https_except_on_this_machine(application: Flask) -> None:
    for address, secure in [("http://localhost", False), ("http://127.0.0.1:8000", False), ("http://example.org", True), ("https://localhost", True)]:  # fmt: skip
        cookie = application.test_client().get("/login", base_url=address).headers["Set-Cookie"]
        assert ("; Secure" in cookie) is secure, address
        assert "; HttpOnly" in cookie
        assert "; SameSite=Lax" in cookie


def test_posts_without_a_token_are_refused(client: FlaskClient) -> None:
    assert client.post("/login", data={"login": "maker", "password": "demo"}).status_code == 400
    for path in ("/logout", "/language", "/scan/code", "/devices/keys", "/api/check", "/pharmacy/verdict"):
        answer = client.post(path, json={}, headers={"Accept": "application/json"})
        assert answer.status_code == 400, path
        assert answer.json["title"] == "CSRFError"


def test_guessing_passwords_is_limited(client: FlaskClient) -> None:
    from forms import token

    form = {"login": "maker", "password": "wrong", "csrf_token": token(client)}
    codes = [client.post("/login", data=form).status_code for _ in range(12)]
    assert codes[0] == 401
    assert codes[-1] == 429


@pytest.mark.parametrize(
    ("login", "open_pages", "closed_pages"),
    [
        (
            "maker",
            ["/home", "/commission", "/pack", "/ship", "/receive", "/void", "/refuse", "/recall"],
            ["/check"],
        ),
        ("distributor", ["/home", "/pack", "/ship", "/receive"], ["/commission", "/check", "/recall"]),
        ("pharmacy", ["/home", "/check", "/receive", "/ship"], ["/commission", "/recall"]),
        ("regulator", ["/home", "/recall"], ["/ship", "/receive", "/check", "/commission"]),
    ],
)
def test_pages_open_to_the_roles_that_need_them(
    log_in, login: str, open_pages: list[str], closed_pages: list[str]
) -> None:
    client = log_in(login)
    assert [client.get(path).status_code for path in open_pages] == [200] * len(open_pages)
    assert [client.get(path).status_code for path in closed_pages] == [403] * len(closed_pages)


def test_pages_of_people_ask_for_a_login(client: FlaskClient) -> None:
    for path in ("/home", "/ship", "/receive", "/check", "/recall", "/devices", "/devices/requests"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login?next=")
    for path in ("/api/chain/x", "/api/items?epc=x", "/api/stock"):
        assert client.get(path).status_code == 401


def test_a_network_never_reaches_the_demo(tmp_path: Path) -> None:
    office = Office(tmp_path / "office.db", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    here = Settings(data=tmp_path)
    there = replace(here, host="0.0.0.0")
    refuse_unsafe(here, office)
    refuse_unsafe(there, office)
    with pytest.raises(UnsafeError, match="this machine only"):
        refuse_unsafe(replace(there, demo=True), office)
    office.add_account(Account("demo", "Demo", "9521321000012", "operator", published=True), "demo")
    refuse_unsafe(here, office)
    with pytest.raises(UnsafeError, match=r"before listening on 0\.0\.0\.0"):
        refuse_unsafe(there, office)
    office.close()


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("[::1]", True), ("localhost", True), ("0.0.0.0", False), ("192.168.1.4", False), ("example.org", False)],
)  # fmt: skip
def test_loopback_is_this_machine(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_uploads_have_a_largest_size(application: Flask, client: FlaskClient) -> None:
    assert application.config["MAX_CONTENT_LENGTH"] < 100_000_000
    answer = client.post("/api/statements", data=b"x", environ_overrides={"CONTENT_LENGTH": "900000000"})
    assert answer.status_code == 413
