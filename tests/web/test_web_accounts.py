"""Login, logout, languages, and the error shape."""

import pytest
from flask.testing import FlaskClient
from forms import token


def test_a_login_opens_and_a_logout_closes(log_in) -> None:
    client = log_in("distributor")
    home = client.get("/home")
    assert "Li Wei" in home.text
    assert "Nordmed Wholesale" in home.text
    assert client.post("/logout", data={"csrf_token": token(client, "/home")}).status_code == 302
    assert client.get("/home").status_code == 302


def test_a_wrong_password_says_nothing_about_the_login(client: FlaskClient) -> None:
    said = set()
    for login in ("maker", "nobody"):
        form = {"login": login, "password": "wrong", "csrf_token": token(client)}
        answer = client.post("/login", data=form)
        assert answer.status_code == 401
        said.add(answer.text.count("do not go together"))
    assert said == {1}


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/ship", "/ship"),
        ("https://example.org/", "/start"),
        ("//example.org", "/start"),
        ("/\\example.org", "/start"),
    ],
)
def test_login_goes_on_to_a_page_of_ours_only(client: FlaskClient, target: str, lands: str) -> None:
    form = {"login": "maker", "password": "demo", "csrf_token": token(client)}
    assert client.post("/login", query_string={"next": target}, data=form).headers["Location"] == lands


def test_the_browser_chooses_the_language_then_the_visitor(client: FlaskClient) -> None:
    assert 'lang="en"' in client.get("/").text
    chinese = client.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
    assert 'lang="zh-Hans"' in chinese.text
    assert "药品追溯" in chinese.text
    form = {"language": "zh", "next": "/", "csrf_token": token(client)}
    assert client.post("/language", data=form).headers["Location"] == "/"
    assert "药品追溯" in client.get("/").text


def test_an_account_keeps_its_language(log_in) -> None:
    assert "药品追溯" in log_in("pharmacy3").get("/home").text


def test_errors_have_one_shape(client: FlaskClient) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert set(answer.json) == {"type", "title", "status", "detail"}
    page = client.get("/nothing")
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    assert "Scan the code again" in page.text


def test_errors_speak_the_readers_language(client: FlaskClient) -> None:
    answer = client.post("/api/statements", data=b"[", headers={"Accept-Language": "zh"})
    assert answer.status_code == 400
    assert "JSON" in answer.json["detail"]
    assert "应为" in answer.json["detail"]


def test_logins_are_on_the_trail(log_in, parts) -> None:
    log_in("pharmacy2")
    assert ("pharmacy2", "login") in {(row.login, row.act) for row in parts.office.trail()}
