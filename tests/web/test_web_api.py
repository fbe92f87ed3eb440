"""The interface for programs: codes, pictures, statements, receipts, tiles."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from flask.testing import FlaskClient
from forms import token

import app as composition
from scanner.images import png
from scanner.labels import data_matrix, label_png, logistic_label, pack_label
from scanner.symbols import Sight, Unread
from traceability.custody.compose import Ends, compose
from traceability.custody.state import Condition
from traceability.demo import cast, folder
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.station import Station
from traceability.proof.checkpoint import parse_note
from traceability.proof.keyring import possession_text
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.proof.signing import PrivateKey, b64

Enter = Callable[[str], FlaskClient]


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def post(client: FlaskClient, path: str, content: object) -> dict:
    headers = {"X-CSRFToken": token(client, "/")}
    answer = client.post(path, json=content, headers=headers)
    assert answer.status_code < 300, answer.text
    return answer.json


def station(parts: composition.Parts, player: cast.Player) -> Station:
    """The player's station key, with its chain where the log has it."""
    path = next(parts.settings.stations.glob(f"{player.login}-station.pem"))
    key = KeyFile.open(path, cast.PASSPHRASE).key
    return Station(
        key, player.gln, parts.trust.origin, chain=parts.history.chain(key.public.kid), nonce=new_nonce
    )


def loose_pack(parts: composition.Parts, player: cast.Player) -> str:
    with parts.history.view() as view:
        return next(
            item.epc
            for item in view.holdings(player.gln, limit=10_000)
            if item.lot is not None
            and item.receiver is None
            and item.condition is Condition.ACTIVE
            and not view.registry.recalls_of_lot(item.lot)
        )


def test_codes_are_explained_to_anyone(client: FlaskClient) -> None:
    text = f"(01){cast.AMOXICILLIN}(21)ABC(17)270430(10)A17"
    page = client.get("/", query_string={"code": text}).text
    assert "Amoxicillin" in page
    assert "30 Apr 2027" in page
    answer = post(client, "/scan/code", {"codes": [{"text": text}]})["results"][0]
    assert (answer["serial"], answer["lot"], answer["expiry"], answer["kind"]) == (
        "ABC",
        "A17",
        "2027-04-30",
        "pack",
    )
    assert "known" not in answer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(01)09521321000019(21)A", "check digit"),
        ("hello", "Expected"),
        (f"(01){cast.AMOXICILLIN}", "no serial number"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(client: FlaskClient, text: str, said: str) -> None:
    reading = post(client, "/scan/code", {"text": text})["results"][0]
    assert said in reading["problem"]
    assert reading["tone"] == "again"


def test_a_garbled_scan_names_its_cause(client: FlaskClient) -> None:
    good = f"]d201{cast.AMOXICILLIN}21AbCdEf\x1d17270430\x1d10LotA"
    reading = post(client, "/scan/code", {"text": good[3:].swapcase()})["results"][0]
    assert "epc" in reading or "caps lock" in reading["problem"].lower()


def test_a_holder_sees_the_state_of_its_goods(log_in: Enter, parts: composition.Parts) -> None:
    epc = loose_pack(parts, cast.BRUNNEN)
    client = log_in("pharmacy2")
    mine = post(client, "/scan/code", {"codes": [{"text": epc}], "task": "ship"})["results"][0]
    assert mine["known"]
    assert mine["word"] == "with you"
    assert "problem" not in mine


def test_others_learn_only_that_it_is_not_theirs(log_in: Enter, parts: composition.Parts) -> None:
    epc = loose_pack(parts, cast.BRUNNEN)
    reading = post(log_in("pharmacy"), "/scan/code", {"codes": [{"text": epc}], "task": "ship"})["results"][0]
    assert "lot" not in reading
    assert "Receive it first" in reading["problem"]


def test_a_frame_gives_symbols_with_corners(client: FlaskClient) -> None:
    label = pack_label("Test", gtin=cast.AMOXICILLIN, serial="XYZ1", expiry="270430", lot="A17")
    headers = {"X-CSRFToken": token(client, "/"), "Content-Type": "image/png"}
    answer = client.post("/scan/photo", data=label_png(label), headers=headers).json
    assert answer["width"] > 0
    (symbol,) = answer["symbols"]
    assert symbol["serial"] == "XYZ1"
    assert len(symbol["corners"]) == 4
    assert symbol["format"] == "DataMatrix"
    assert answer["unread"] == []
    for path in ("/scan/frame", "/scan/frame?unread"):
        seen = client.post(path, data=label_png(label), headers=headers).json
        assert ([one["serial"] for one in seen["symbols"]], seen["unread"]) == (["XYZ1"], [])
    assert client.post("/scan/photo", data=b"no picture", headers=headers).status_code == 400


def test_a_code_with_a_wrong_check_digit_comes_with_its_reason(client: FlaskClient) -> None:
    modules = np.pad(data_matrix("[01]09521321000019[21]S1"), 4)
    grey = np.where(modules, 0, 255).astype(np.uint8).repeat(5, axis=0).repeat(5, axis=1)
    headers = {"X-CSRFToken": token(client, "/"), "Content-Type": "image/png"}
    for path in ("/scan/photo", "/scan/frame", "/scan/frame?unread"):
        (symbol,) = client.post(path, data=png(grey), headers=headers).json["symbols"]
        assert (symbol["tone"], symbol.get("epc")) == ("again", None)
        assert "check digit" in symbol["problem"]


def test_the_bars_of_a_pallet_are_read_from_every_picture(client: FlaskClient) -> None:
    label = label_png(logistic_label("Pallet", sscc="395213210000000019"), dpi=150)
    headers = {"X-CSRFToken": token(client, "/"), "Content-Type": "image/png"}
    for path in ("/scan/photo", "/scan/frame", "/scan/frame?unread"):
        symbols = client.post(path, data=label, headers=headers).json["symbols"]
        assert {one["format"] for one in symbols} == {"DataMatrix", "Code128"}
        assert {one["epc"] for one in symbols} == {"https://id.gs1.org/00/395213210000000019"}


def test_the_first_unread_places_come_with_what_would_help(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    corners = [((x, 20.0), (x + 40, 20.0), (x + 40, 60.0), (x, 60.0)) for x in range(0, 400, 50)]
    unread = Sight([], [Unread(place, 1.0) for place in corners])
    monkeypatch.setattr("traceability.web.scan.look", lambda *how, **more: unread)
    headers = {"X-CSRFToken": token(client, "/"), "Content-Type": "image/png"}
    dark = png(np.full((80, 400), 20, np.uint8))
    spots = client.post("/scan/photo", data=dark, headers=headers).json["unread"]
    assert [spot.get("hint", "") for spot in spots] == ["light"] * 6 + [""] * 2


def test_a_statement_is_its_own_authentication(client: FlaskClient, parts: composition.Parts) -> None:
    epc = loose_pack(parts, cast.MAKER)
    ends = Ends(cast.MAKER.gln, cast.SUEDPHARM.gln, cast.MAKER.site, cast.SUEDPHARM.site)
    act = compose("shipped", time=stamp(), items=[epc], site=cast.MAKER.site, ends=ends, signer="Station")
    raw = station(parts, cast.MAKER).sign(act, stamp())
    first = client.post("/api/statements", data=raw)
    assert first.status_code == 200, first.text
    assert first.json["effect"]
    again = client.post("/api/statements", data=raw).json
    assert (again["position"], again["again"]) == (first.json["position"], True)
    many = client.post("/api/statements", data=b"[" + raw + b"]").json
    assert many[0]["position"] == first.json["position"]


def test_what_fails_admission_is_refused_with_its_step(client: FlaskClient, parts: composition.Parts) -> None:
    act = compose(
        "held", time=stamp(), items=[loose_pack(parts, cast.MARKT)], site=cast.STERN.site, signer="S"
    )
    stranger = Station(PrivateKey.from_scalar(secrets.randbelow(2**250) + 1), cast.STERN.gln, parts.trust.origin, nonce=new_nonce)  # fmt: skip
    refused = client.post("/api/statements", data=stranger.sign(act, stamp()))
    assert refused.status_code == 403
    assert refused.json["step"] == 2
    assert "Ask your administrator" in refused.json["detail"]
    broken = client.post("/api/statements", data=b'{"statement":"x"}')
    assert broken.status_code == 400
    assert broken.json["step"] == 1


def test_receipts_go_to_those_who_may_see_them(log_in: Enter, parts: composition.Parts) -> None:
    with parts.history.view() as view:
        fact = next(fact for fact in view.activity(cast.MARKT.gln) if fact.act == "received")
    client = log_in("pharmacy")
    answer = client.get(f"/api/statements/{fact.id}/receipt")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    receipt = Receipt.parse(answer.data)
    assert verify_receipt(receipt, parts.trust).statement.id == fact.id
    assert client.get("/api/statements/unknown/receipt").status_code == 404


def test_receipts_stay_from_those_who_may_not(log_in: Enter, parts: composition.Parts) -> None:
    with parts.history.view() as view:
        fact = next(fact for fact in view.activity(cast.MARKT.gln) if fact.act in {"dispensed", "received"})
    assert log_in("pharmacy3").get(f"/api/statements/{fact.id}/receipt").status_code == 403


def test_the_rules_are_asked_before_signing(log_in: Enter, parts: composition.Parts) -> None:
    client = log_in("pharmacy3")
    mine = station(parts, cast.STERN)
    act = compose(
        "dispensed", time=stamp(), items=[loose_pack(parts, cast.BRUNNEN)], site=cast.STERN.site, signer="S"
    )
    raw = msgspec.json.decode(mine.sign(act, stamp()))
    question = {"kid": mine.key.public.kid, "iat": stamp(), "body": raw["body"]}
    answer = client.post("/api/check", json=question, headers={"X-CSRFToken": token(client, "/home")})
    assert answer.status_code == 409
    assert answer.json["rule"]
    assert answer.json["item"]
    assert parts.history.chain(mine.key.public.kid).seq == mine.chain.seq - 1


def test_the_log_is_served_as_tiles(client: FlaskClient, parts: composition.Parts) -> None:
    note = client.get("/checkpoint")
    assert note.mimetype == "text/plain"
    size = (
        parse_note(note.text).checkpoint.size
        if hasattr(parse_note(note.text), "checkpoint")
        else int(note.text.split("\n")[1])
    )
    width = min(size, 256)
    suffix = "" if width == 256 else f".p/{width}"
    tile = client.get(f"/tile/0/000{suffix}")
    assert tile.mimetype == "application/octet-stream"
    assert len(tile.data) == width * 32
    assert "immutable" in tile.headers["Cache-Control"]
    for path in ("/tile/0/001.p/300", "/tile/x", "/tile/0/x999/999", "/tile/0/000.p/0"):
        assert client.get(path).status_code == 404, path
    assert client.get(f"/tile/entries/000{suffix}").status_code == 302


def test_entry_bundles_match_their_tile(log_in: Enter) -> None:
    client = log_in("maker")
    size = int(client.get("/checkpoint").text.split("\n")[1])
    suffix = "" if size >= 256 else f".p/{size}"
    hashes, bundle = client.get(f"/tile/0/000{suffix}").data, client.get(f"/tile/entries/000{suffix}").data
    for place in range(0, len(hashes), 32):
        length = int.from_bytes(bundle[:2], "big")
        entry, bundle = bundle[2 : 2 + length], bundle[2 + length :]
        assert hashlib.sha256(b"\x00" + entry).digest() == hashes[place : place + 32]
    assert bundle == b""


def test_the_root_document_is_public(client: FlaskClient, parts: composition.Parts) -> None:
    assert client.get("/trust.json").json["origin"] == parts.trust.origin


def test_a_device_key_needs_its_own_signature(log_in: Enter, parts: composition.Parts) -> None:
    client = log_in("distributor")
    key = PrivateKey.from_scalar(secrets.randbelow(2**250) + 1)
    jwk = msgspec.json.decode(key.public.jwk)
    text = possession_text(parts.trust.origin, cast.NORDMED.gln, "operator", key.public.kid)
    headers = {"X-CSRFToken": token(client, "/home")}
    wrong = {"jwk": jwk, "proof": b64(key.sign(b"something else")), "device": "Bay 3"}
    assert client.post("/devices/keys", json=wrong, headers=headers).status_code == 400
    right = wrong | {"proof": b64(key.sign(text))}
    answer = client.post("/devices/keys", json=right, headers=headers)
    assert answer.json == {"kid": key.public.kid, "state": "approved"}
    assert parts.history.registry.keyring.signer(key.public.kid) is not None


def test_without_the_demo_an_administrator_decides(
    parts: composition.Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "administrators", lambda _settings: {})
    application = composition.build(parts)
    client = application.test_client()
    form = {"login": "distributor2", "password": cast.PASSWORD, "csrf_token": token(client)}
    client.post("/login", data=form)
    key = PrivateKey.from_scalar(secrets.randbelow(2**250) + 1)
    text = possession_text(parts.trust.origin, cast.SUEDPHARM.gln, "operator", key.public.kid)
    wanted = {"jwk": msgspec.json.decode(key.public.jwk), "proof": b64(key.sign(text)), "device": "Dock 1"}
    headers = {"X-CSRFToken": token(client, "/home")}
    assert client.post("/devices/keys", json=wanted, headers=headers).json["state"] == "requested"
    assert client.get("/devices/requests").status_code == 403
    assert parts.history.registry.keyring.signer(key.public.kid) is None
