"""Recalls by e-mail and webhook: to holders, to goods on the road, to later holders; reminded and escalated, once."""

import json
import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trustme
from flask import Flask
from flask.testing import FlaskClient
from goods import case_of, fresh, fresh_lot, hand_over, registered, said
from mailing import Letters, Receiver, mail_server, tls_of
from standardwebhooks import Webhook
from test_cases import page, post

import app as composition
from traceability.custody.compose import Ends
from traceability.custody.registry import Recall
from traceability.custody.state import Lot
from traceability.demo import cast
from traceability.settings import Mail
from traceability.store.campaigns import Campaigns
from traceability.store.notices import Notices, PartyWish, PersonWish
from traceability.web import courier, reminding, sending

REGULATED = (cast.MAKER, cast.REGULATOR, cast.MARKT, cast.STERN, cast.BRUNNEN)
"""Who gets e-mails about recalls here, at login@example.org."""


@pytest.fixture
def listening(parts: composition.Parts, posting: Flask, letters: tuple[Letters, int]) -> Flask:
    """The application, with people who hear of recalls; what was to be told before is told."""
    desk = Notices(parts.office)
    for player in REGULATED:
        desk.set_person(PersonWish(player.login, f"{player.login}@example.org", frozenset({"recall"})))
    round_(posting)
    letters[0].kept.clear()
    return posting


def round_(app: Flask, hours: float = 0) -> None:
    """What the courier does for recalls, so many hours from now."""
    now = app.extensions["traceability"]
    app.extensions["traceability"] = replace(now, clock=lambda: datetime.now(UTC) + timedelta(hours=hours))
    try:
        with app.test_request_context(base_url="https://log.example"):
            reminding.follow()
            for _ in range(20):
                courier.deliver()
    finally:
        app.extensions["traceability"] = now


def issue(parts: composition.Parts, lot: Lot, *, drill: bool = False) -> Recall:
    act = {"type": "recall", "lots": [{"gtin": lot.gtin, "lot": lot.number}], "class": "1", "level": "patient",
           "reason": "Wrong leaflet"} | ({"drill": True} if drill else {})  # fmt: skip
    registered(parts, cast.MAKER, "station", msgspec.json.encode(act))
    return max(parts.history.registry.recalls.values(), key=lambda one: one.position)


def got(letters: tuple[Letters, int], recall: Recall) -> list[tuple[str, str]]:
    """To whom which letters about a recall went since the last time: (login, the first word of its subject)."""
    mine = [one for one in letters[0].kept if recall.id in one.get_content()]
    letters[0].kept.clear()
    return sorted(
        (str(one["To"]).partition("@")[0], re.split("[ ,:，：]", one["Subject"])[0]) for one in mine
    )


def on_the_road(
    parts: composition.Parts, sender: cast.Player, receiver: cast.Player, items: list[str]
) -> str:
    ends = Ends(sender.gln, receiver.gln, sender.site, receiver.site)
    return said(parts, sender, "shipped", items, ends=ends).id


def test_holders_and_goods_on_the_road_are_told_reminded_and_escalated_once(
    parts: composition.Parts,
    listening: Flask,
    letters: tuple[Letters, int],
    receiver: Receiver,
    enter: Callable[[str], FlaskClient],
) -> None:
    lot = fresh_lot()
    epcs = fresh(parts, cast.NORDMED, 4, lot)
    hand_over(parts, cast.NORDMED, cast.MARKT, epcs[:1])
    on_the_road(parts, cast.NORDMED, cast.STERN, epcs[1:3])
    secret = sending.new_secret()
    Notices(parts.office).set_party(PartyWish(cast.NORDMED.gln, receiver.url, secret, frozenset({"recall"})))
    recall = issue(parts, lot)
    round_(listening)
    [letter] = [one for one in letters[0].kept if one["To"] == "pharmacy@example.org"]
    assert letter["Subject"] == "Recall, class 1: stop, set aside, and answer"
    assert f"https://log.example/recalls/{recall.id}" in letter.get_content()
    for secret_word in (lot.number, cast.AMOXICILLIN, "Amoxicillin", cast.MAKER.name):
        assert secret_word not in letter.get_content()
    assert got(letters, recall) == [("pharmacy", "Recall"), ("pharmacy3", "召回")]
    [told] = [
        Webhook(secret).verify(body, headers)
        for headers, body in receiver.calls
        if recall.id.encode() in body
    ]
    assert (told["type"], told["data"]["class"], told["data"]["drill"]) == ("recall.told", "1", False)
    assert set(Campaigns(parts.office).told(recall.id)) == {cast.NORDMED.gln, cast.MARKT.gln, cast.STERN.gln}
    shown = page(enter("pharmacy3"), f"/recalls/{recall.id}")
    assert "其中 2 盒在发往你处的路上" in shown

    round_(listening, 1)
    assert got(letters, recall) == []
    round_(listening, 12.5)
    assert got(letters, recall) == [("pharmacy", "Reminder"), ("pharmacy3", "提醒")]
    uri = f"https://id.gs1.org/01/{lot.gtin}/10/{lot.number}"
    said(parts, cast.STERN, "recall_answered", [], ref=[recall.id], quantities=[(uri, 2)])
    round_(listening, 24.5)
    assert got(letters, recall) == [("pharmacy", "Overdue")]
    round_(listening, 29)
    assert got(letters, recall) == []
    round_(listening, 30.5)
    assert got(letters, recall) == [("maker", "Escalated"), ("regulator", "Escalated")]
    round_(listening, 300)
    assert got(letters, recall) == []
    types = [json.loads(body)["type"] for _, body in receiver.calls if recall.id.encode() in body]
    assert types == ["recall.told", "recall.reminded", "recall.overdue"]
    assert "Escalated to issuer and regulator" in page(enter("maker"), f"/recalls/{recall.id}")

    post(enter("regulator"), f"/recalls/{recall.id}/calls", kind="reminder", party=cast.MARKT.gln)
    round_(listening)
    assert got(letters, recall) == [("pharmacy", "Reminder")]
    lift = {"type": "lift", "recall": recall.id, "reason": "It was right"}
    registered(parts, cast.MAKER, "station", msgspec.json.encode(lift))
    round_(listening)
    assert got(letters, recall) == [("pharmacy", "A"), ("pharmacy3", "一项")]
    round_(listening, 500)
    assert got(letters, recall) == []
    Notices(parts.office).set_party(PartyWish(cast.NORDMED.gln, "", "", frozenset()))


def test_who_gets_packs_later_is_told_then(
    parts: composition.Parts,
    listening: Flask,
    letters: tuple[Letters, int],
    enter: Callable[[str], FlaskClient],
) -> None:
    lot = fresh_lot()
    epcs = fresh(parts, cast.MAKER, 3, lot)
    case = case_of(parts, epcs[:2])
    hand_over(parts, cast.MAKER, cast.NORDMED, [case])
    drill = issue(parts, lot, drill=True)
    round_(listening)
    assert got(letters, drill) == []
    sent = on_the_road(parts, cast.NORDMED, cast.BRUNNEN, [case])
    round_(listening)
    assert got(letters, drill) == [("pharmacy2", "Recall")]
    assert "on the road to you" in page(enter("pharmacy2"), "/home")
    ends = Ends(cast.NORDMED.gln, cast.BRUNNEN.gln, cast.NORDMED.site, cast.BRUNNEN.site)
    said(parts, cast.BRUNNEN, "received", [case], ends=ends, ref=[sent])
    said(parts, cast.BRUNNEN, "unpacked", epcs[:1], parent=case)
    hand_over(parts, cast.BRUNNEN, cast.STERN, epcs[:1])
    round_(listening)
    assert got(letters, drill) == [("pharmacy3", "召回演练")]
    round_(listening)
    assert got(letters, drill) == []
    assert drill.id not in page(enter("pharmacy"), "/home")


def test_single_packs_and_whole_products_are_followed_as_well(
    parts: composition.Parts, listening: Flask, letters: tuple[Letters, int]
) -> None:
    lot = fresh_lot()
    one, two = fresh(parts, cast.NORDMED, 2, lot)
    act = {
        "type": "recall",
        "items": [one],
        "class": "2",
        "level": "patient",
        "reason": "Torn",
        "drill": True,
    }
    registered(parts, cast.MAKER, "station", msgspec.json.encode(act))
    drill = max(parts.history.registry.recalls.values(), key=lambda found: found.position)
    round_(listening)
    hand_over(parts, cast.NORDMED, cast.MARKT, [two])
    round_(listening)
    assert got(letters, drill) == []
    hand_over(parts, cast.NORDMED, cast.MARKT, [one])
    round_(listening)
    assert got(letters, drill) == [("pharmacy", "Recall")]


# The mail server, over TLS


@contextmanager
def trusting(authority: trustme.CA, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """This process trusts an authority, as a machine does that has its certificate installed."""
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    yield
    monkeypatch.delenv("SSL_CERT_FILE")


def letter_by(security: str, port: int, **more: str) -> None:
    mail = Mail(more.get("host", "localhost"), port, security, "", "", "log@example.org")  # type: ignore[arg-type]
    sending.send_mail(mail, "anna@example.org", "Recall", "Wait", "msg_1", datetime.now(UTC))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_letter_goes_by_a_server_that_shows_a_good_certificate(
    security: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    for known, name, trouble in (
        (authority, "localhost", ""),
        (authority, "mail.example", "CERTIFICATE_VERIFY_FAILED"),
        (stranger, "localhost", "CERTIFICATE_VERIFY_FAILED"),
    ):
        context = tls_of(known, name)
        settings = (
            {"ssl_context": context}
            if security == "tls"
            else {"tls_context": context, "require_starttls": True}
        )
        with (
            trusting(authority, tmp_path, monkeypatch),
            mail_server(**settings) as (
                hands,
                port,
            ),
        ):
            if trouble:
                with pytest.raises(sending.NotNowError, match=trouble):
                    letter_by(security, port)
                assert hands.kept == []
            else:
                letter_by(security, port)
                assert hands.kept[0]["To"] == "anna@example.org"


def test_a_server_without_starttls_gets_no_letter() -> None:
    with mail_server() as (hands, port):
        with pytest.raises(sending.NotNowError, match="STARTTLS"):
            letter_by("starttls", port)
        assert hands.kept == []


def test_a_webhook_by_https_is_called_and_only_with_a_good_certificate(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    receiver.socket = tls_of(authority, "localhost").wrap_socket(receiver.socket, server_side=True)
    url = receiver.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(sending.NotNowError, match="CERTIFICATE_VERIFY_FAILED"):
        sending.call(url, sending.new_secret(), "msg_1", b"{}", datetime.now(UTC), demo=True)
    with trusting(authority, tmp_path, monkeypatch):
        sending.call(url, sending.new_secret(), "msg_1", b"{}", datetime.now(UTC), demo=True)
    assert len(receiver.calls) == 1
