"""Notices: to a real mail server and a real webhook receiver, kept until they are delivered."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from mailing import Letters, Receiver
from standardwebhooks import Webhook
from test_cases import made, page, post, report

import app as composition
from traceability.demo import cast
from traceability.settings import Mail, Settings, SettingsError
from traceability.store.notices import Notices
from traceability.web import Courier, sending
from traceability.web.errors import PageError

DOCS = Path(__file__).parents[2] / "docs" / "alerts.md"


def problem(parts: composition.Parts, client: FlaskClient, serial: str) -> str:
    """An exception between the distributor and the maker."""
    [epc] = made(parts, serial)
    found = report(client, kind="damaged", items=[epc], other=cast.MAKER.gln)
    return str(found["url"])


def test_an_email_says_what_waits_and_no_serial(
    parts: composition.Parts,
    posting: Flask,
    letters: tuple[Letters, int],
    enter: Callable[[str], FlaskClient],
) -> None:
    maker = enter("maker")
    post(maker, "/notices/person", email="anna@example.org", kinds=["exception"])
    path = problem(parts, enter("distributor"), "MAILED")
    Courier(posting).round()
    Courier(posting).round()
    [letter] = letters[0].kept
    assert letter["To"] == "anna@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "Damaged" in letter["Subject"]
    text = letter.get_content()
    assert f"https://log.example{path}" in text
    assert "MAILED" not in text
    assert "delivered" in page(maker, "/notices")
    # One's own lines are no news; the other side's are.
    post(maker, f"{path}/messages", text="Sorry")
    post(enter("distributor"), f"{path}/messages", text="It is wet")
    Courier(posting).round()
    assert [one["Subject"].partition(" ·")[0] for one in letters[0].kept] == ["New", "New message"]
    post(maker, "/notices/person", email="")
    problem(parts, enter("distributor"), "SILENT")
    Courier(posting).round()
    assert len(letters[0].kept) == 2


def test_a_letter_is_in_its_readers_language(
    parts: composition.Parts,
    posting: Flask,
    letters: tuple[Letters, int],
    enter: Callable[[str], FlaskClient],
) -> None:
    post(enter("pharmacy3"), "/notices/person", email="chen@example.org", kinds=["exception", "alert"])
    [epc] = made(parts, "CHINESE")
    report(enter("distributor"), kind="damaged", items=[epc], other=cast.STERN.gln)
    Courier(posting).round()
    assert "破损" in letters[0].kept[0]["Subject"]
    post(enter("pharmacy3"), "/notices/person", email="")


def test_what_is_refused_for_now_is_tried_again_and_for_ever_is_told(
    parts: composition.Parts,
    posting: Flask,
    letters: tuple[Letters, int],
    enter: Callable[[str], FlaskClient],
) -> None:
    maker, desk = enter("maker"), Notices(parts.office)
    for address, state, word in (
        ("later@example.org", "waiting", "on its way"),
        ("nobody@example.org", "failed", "not delivered"),
    ):
        post(maker, "/notices/person", email=address, kinds=["exception"])
        problem(parts, enter("distributor"), address[:4])
        Courier(posting).round()
        latest = desk.recent(cast.MAKER.gln, "maker", 1)[0]
        assert (latest.target, latest.state, latest.tries) == (address, state, 1)
        shown = page(maker, "/notices")
        assert word in shown
        assert latest.trouble in shown
    post(maker, f"/notices/{latest.id}/again")
    assert desk.recent(cast.MAKER.gln, "maker", 1)[0].state == "waiting"
    post(enter("distributor"), f"/notices/{latest.id}/again", 409)
    post(maker, "/notices/person", email="")
    Courier(posting).round()


def test_a_webhook_is_signed_as_the_standard_has_it(
    parts: composition.Parts,
    posting: Flask,
    receiver: Receiver,
    enter: Callable[[str], FlaskClient],
    tmp_path: Path,
) -> None:
    maker = enter("maker")
    post(maker, "/notices/party", url=receiver.url, kinds=["exception", "alert"])
    path = problem(parts, enter("distributor"), "HOOKED")
    Courier(posting).round()
    [(headers, body)] = receiver.calls
    wish = Notices(parts.office).party(cast.MAKER.gln)
    assert wish is not None
    assert wish.secret in page(maker, "/notices")
    told = Webhook(wish.secret).verify(body, headers)
    assert told["type"] == "exception.raised"
    assert told["data"]["url"] == f"https://log.example{path}"
    assert b"HOOKED" not in body
    for forged in (body + b" ", body.replace(b"damaged", b"missing")):
        with pytest.raises(Exception, match="No matching signature"):
            Webhook(wish.secret).verify(forged, headers)

    # The example of the documentation verifies it as well, and refuses what was changed.
    example = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert example is not None
    (tmp_path / "verify.py").write_text(example.group(1))
    for content, expected in ((body, 0), (body + b" ", 1)):
        case = json.dumps({"secret": wish.secret, "headers": headers, "body": content.decode()})
        script = (
            "import json, sys; from verify import verify; c = json.load(sys.stdin);"
            "sys.exit(not verify(c['secret'], c['headers'], c['body'].encode()))"
        )
        done = subprocess.run([sys.executable, "-c", script], input=case.encode(), cwd=tmp_path, check=False)
        assert done.returncode == expected

    # The secret stays while the address does, and a new one is made when it is asked for.
    post(maker, "/notices/party", url=receiver.url, kinds=["exception"])
    assert Notices(parts.office).party(cast.MAKER.gln) == wish._replace(kinds=frozenset({"exception"}))
    post(maker, "/notices/party", url=receiver.url, kinds=["exception"], renew="1")
    renewed = Notices(parts.office).party(cast.MAKER.gln)
    assert renewed is not None
    assert renewed.secret != wish.secret
    post(maker, "/notices/party", url="")


@pytest.mark.parametrize(("status", "state"), [(500, "waiting"), (302, "waiting"), (410, "failed")])
def test_a_webhook_that_does_not_take_it_is_called_again_unless_it_is_gone(
    parts: composition.Parts,
    posting: Flask,
    receiver: Receiver,
    enter: Callable[[str], FlaskClient],
    status: int,
    state: str,
) -> None:
    maker = enter("maker")
    post(maker, "/notices/party", url=receiver.url, kinds=["exception"])
    receiver.status = status
    problem(parts, enter("distributor"), f"HTTP{status}")
    Courier(posting).round()
    Courier(posting).round()
    assert len(receiver.calls) == 1  # no redirect was followed, and the next try is later
    latest = Notices(parts.office).recent(cast.MAKER.gln, "", 1)[0]
    assert (latest.state, str(status) in latest.trouble) == (state, True)
    post(maker, "/notices/party", url="")


def test_who_may_set_a_webhook(enter: Callable[[str], FlaskClient]) -> None:
    operator = enter("distributor")
    assert "webhook" not in page(operator, "/notices").partition("<main")[2].lower()
    post(operator, "/notices/party", 403, url="https://example.org")


def test_the_courier_goes_its_rounds(
    parts: composition.Parts, posting: Flask, receiver: Receiver, enter: Callable[[str], FlaskClient]
) -> None:
    maker = enter("maker")
    post(maker, "/notices/party", url=receiver.url, kinds=["exception"])
    arrived = threading.Event()
    answer = receiver.finish_request

    def finish(*given: Any) -> None:
        answer(*given)
        arrived.set()

    receiver.finish_request = finish  # type: ignore[method-assign]
    with Courier(posting, every=0.05):
        problem(parts, enter("distributor"), "ROUNDS")
        assert arrived.wait(20)
    post(maker, "/notices/party", url="")


def test_a_failed_round_is_told_and_the_next_one_comes(
    posting: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds, came_again = [], threading.Event()

    def sweep() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise OSError("No space left on device")
        came_again.set()

    monkeypatch.setattr("traceability.web.watching.sweep", sweep)
    with Courier(posting, every=0.01):
        assert came_again.wait(20)
    assert "The courier's round failed" in caplog.text
    assert "No space left" in caplog.text


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "https://user:secret@example.org/",
        "https:///hook",
        "ftp://example.org/",
        "https://127.0.0.1/hook",
        "https://localhost:8443/",
        "https://[::1]/",
        "https://example.org:99999/",
        "file:///etc/passwd",
    ],
)
def test_only_https_elsewhere_is_called(url: str) -> None:
    with pytest.raises(PageError):
        sending.parse_url(url, demo=False)


def test_the_demo_may_call_this_machine() -> None:
    assert sending.parse_url("http://localhost:9000/x", demo=True) == "http://localhost:9000/x"
    with pytest.raises(PageError):
        sending.parse_url("http://example.org/x", demo=True)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "[fd00::1]", "[::ffff:10.0.0.1]", "0.0.0.0"]
)
def test_neighbours_are_not_called(address: str) -> None:
    with pytest.raises(sending.NeverError, match="not on the public network"):
        sending.call(
            f"https://{address}/", sending.new_secret(), "msg_1", b"{}", datetime.now(UTC), demo=False
        )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "a@example.org\nBcc: b@example.org",
        "a b@example.org",
        "x" * 250 + "@example.org",
    ],
)
def test_an_address_is_one_address(text: str) -> None:
    with pytest.raises(PageError):
        sending.parse_address(text)


# Settings


def test_the_mail_server_is_named_by_one_address() -> None:
    env = {
        "TRACEABILITY_SMTP": "smtps://log%40x:p%3Aw@mail.example",
        "TRACEABILITY_MAIL_FROM": "log@example.org",
    }
    assert Settings.from_env(env).mail == Mail("mail.example", 465, "tls", "log@x", "p:w", "log@example.org")
    assert Settings.from_env({}).mail is None
    plain = {**env, "TRACEABILITY_SMTP": "smtp+plain://localhost:1025"}
    assert Settings.from_env(plain).mail == Mail("localhost", 1025, "plain", "", "", "log@example.org")
    for text, sender in (
        ("smtp+plain://mail.example", "log@example.org"),
        ("mail.example", "log@example.org"),
        ("smtps://mail.example", ""),
        ("smtps://mail.example", "a@example.org\nBcc: b@example.org"),
    ):
        with pytest.raises(SettingsError, match="TRACEABILITY_") as caught:
            Settings.from_env({"TRACEABILITY_SMTP": text, "TRACEABILITY_MAIL_FROM": sender})
        assert "p:w" not in str(caught.value)


def test_links_in_notices_lead_to_the_address_that_people_use() -> None:
    assert Settings.from_env({"TRACEABILITY_URL": "https://log.example/"}).address == "https://log.example"
    assert Settings.from_env({"TRACEABILITY_PORT": "8080"}).address == "http://localhost:8080"
    with pytest.raises(SettingsError):
        Settings.from_env({"TRACEABILITY_URL": "log.example"})
