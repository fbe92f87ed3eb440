"""Founding, signing, submitting, looking and proving, each command as a person would call it."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from cli_world import AUTHORITY, GTIN, MAKER, PHARMACY, Log, Peopled

PACKS = [f"(01){GTIN}(21)S{number}" for number in range(3)]
URIS = [f"https://id.gs1.org/01/{GTIN}/21/S{number}" for number in range(3)]
LOT = ("--lot", "A17", "--expiry", "2031-04-30")


def items(codes: list[str]) -> list[str]:
    return [word for code in codes for word in ("--item", code)]


def commission(peopled: Peopled) -> dict[str, object]:
    told: dict[str, object] = peopled.log.do(
        peopled.maker, "commissioned", *items(PACKS), "--site", MAKER, *LOT
    )
    assert told["effect"], told["sentence"]
    return told


# Founding


def test_init_founds_a_log_once(folder: Log) -> None:
    words = (
        "init",
        "--gln",
        AUTHORITY,
        "--name",
        "log.example.org/a",
        "--passphrase-file",
        folder.passphrase,
    )
    told = folder.ask(*words)
    assert told["origin"].startswith("log.example.org/a-")
    assert json.loads(Path(told["trust"]).read_text())["origin"] == told["origin"]
    assert stat.S_IMODE(folder.data.stat().st_mode) == 0o700
    for name in ("log.key", "cookie.secret", "authority.pem"):
        assert stat.S_IMODE((folder.data / name).stat().st_mode) == 0o600
    before = {path.name: path.read_bytes() for path in folder.data.iterdir() if path.is_file()}
    again = folder.run(*words)
    assert again.exit_code == 1
    assert "already" in again.stderr
    assert before == {path.name: path.read_bytes() for path in folder.data.iterdir() if path.is_file()}


def test_origins_differ(folder: Log, tmp_path: Path) -> None:
    words = ("init", "--gln", AUTHORITY, "--passphrase-file", folder.passphrase)
    first, second = (folder.ask(*words, "--data", tmp_path / name)["origin"] for name in "ab")
    assert first != second


def test_the_authority_key_is_encrypted(log: Log) -> None:
    assert b"ENCRYPTED" in (log.data / "authority.pem").read_bytes()
    wrong = log.folder / "wrong"
    wrong.write_text("battery staple\n")
    result = log.run(
        "sign",
        "--key",
        log.data / "authority.pem",
        "--passphrase-file",
        wrong,
        "--act",
        "rules",
        "--set",
        "version=1",
    )
    assert result.exit_code == 1
    assert "passphrase" in result.stderr


def test_a_wrong_gln_and_a_missing_passphrase_are_told(folder: Log) -> None:
    result = folder.run("init", "--gln", "9521321000019", "--passphrase-file", folder.passphrase)
    assert (result.exit_code, folder.data.exists()) == (1, False)
    assert "check digit" in result.stderr
    assert folder.run("init", "--gln", AUTHORITY).exit_code == 2
    assert folder.run("init").exit_code == 2


def test_commands_without_a_log_say_what_to_do(folder: Log) -> None:
    for words in (("audit",), ("show",), ("trace", GTIN, "A17"), ("serve", "--port", "0"), ("account",)):
        result = folder.run(*words)
        assert result.exit_code == 1
        assert "traceability init" in result.stderr


# Signing


def test_a_key_is_registered_by_its_administrator(peopled: Peopled) -> None:
    log = peopled.log
    station = log.key(MAKER, "station")
    told = log.do(peopled.maker, station.with_suffix(".key.json"))
    assert told["effect"]
    done = log.do(station, "commissioned", *items(PACKS), "--site", MAKER, *LOT)
    assert done["effect"]


def test_a_key_is_revoked(peopled: Peopled) -> None:
    log = peopled.log
    station = log.key(MAKER, "station")
    assert log.do(peopled.maker, station.with_suffix(".key.json"))["effect"]
    kid = json.loads(station.with_suffix(".chain").read_text())["kid"]
    members = ("--set", f"kid={kid}", "--set", "since=2026-01-01T00:00:00+00:00", "--set", "reason=lost")
    assert log.do(peopled.maker, "revoke", *members)["effect"]
    told = log.do(station, "held", "--item", PACKS[0], "--site", MAKER)
    assert (told["effect"], told["step"]) == (False, 2)
    assert (
        log.run(
            "sign", "--key", peopled.maker, "--passphrase-file", log.passphrase, "--act", "revoke"
        ).exit_code
        == 2
    )


def test_a_chain_never_signs_a_number_twice(peopled: Peopled) -> None:
    log, seen = peopled.log, set()
    for number in range(3):
        signed = log.sign(peopled.maker, "commissioned", "--item", PACKS[number], "--site", MAKER, *LOT)
        told = json.loads(peopled.maker.with_suffix(".chain").read_text())
        assert json.loads(signed.read_text()) == json.loads(told["last"])
        seen.add(told["seq"])
    assert len(seen) == 3
    again = log.run("sign", "--key", peopled.maker, "--passphrase-file", log.passphrase, "--again")
    assert again.stdout == signed.read_text()
    assert json.loads(peopled.maker.with_suffix(".chain").read_text())["seq"] == max(seen)


def test_a_stale_chain_follows_the_log(peopled: Peopled) -> None:
    chain = peopled.maker.with_suffix(".chain")
    stale = chain.read_bytes()
    commission(peopled)
    chain.write_bytes(stale)
    told = peopled.log.do(peopled.maker, "held", "--item", PACKS[0], "--site", MAKER)
    assert told["effect"]


def test_an_act_from_a_file_and_items_from_a_list(peopled: Peopled) -> None:
    log = peopled.log
    commission(peopled)
    act = log.folder / "act.json"
    act.write_text(json.dumps({"act": "held", "items": [URIS[0]], "site": MAKER, "reason": "Damaged"}))
    assert log.do(peopled.maker, act)["effect"]
    listed = log.folder / "items.txt"
    listed.write_text(f"{PACKS[1]}\n\n{URIS[2]}\n")
    assert log.do(peopled.maker, "held", "--items-file", listed, "--site", MAKER)["effect"]
    assert {log.ask("show", uri)["state"] for uri in URIS} == {"held"}


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--act", "vanished"),
        ("--act", "shipped", "--from", MAKER),
        ("--act", "commissioned", "--lot", "A17"),
        ("--act", "party", "--set", "colour=red"),
        ("--act", "shipped", "--set", "gln=1"),
        ("--act", "corrected"),
        ("--act", "held", "--item", PACKS[0], "--again"),
    ],
)
def test_a_wrong_act_is_usage_and_signs_nothing(peopled: Peopled, words: tuple[str, ...]) -> None:
    chain = peopled.maker.with_suffix(".chain").read_bytes()
    result = peopled.log.run(
        "sign", "--key", peopled.maker, "--passphrase-file", peopled.log.passphrase, *words
    )
    assert result.exit_code == 2, result.output
    assert peopled.maker.with_suffix(".chain").read_bytes() == chain


def test_a_correction_repeats_the_event(peopled: Peopled) -> None:
    log = peopled.log
    commission(peopled)
    wrong = log.sign(peopled.maker, "sampled", "--item", PACKS[0], "--site", MAKER)
    assert log.ask("submit", "--local", wrong)["effect"]
    told = log.do(peopled.maker, "corrected", "--corrects", wrong, "--reason", "Wrong pack")
    assert told["effect"], told["sentence"]
    assert log.ask("show", PACKS[0])["state"] == "held"


# Submitting


def test_a_handover_is_signed_on_both_sides(peopled: Peopled) -> None:
    log = peopled.log
    commission(peopled)
    ends = ("--from", MAKER, "--from-site", MAKER, "--to", PHARMACY, "--to-site", PHARMACY)
    sent = log.do(
        peopled.maker, "shipped", *items(PACKS), "--site", MAKER, *ends, "--order", "po=urn:x:order:1"
    )
    assert sent["effect"], sent
    got = log.do(peopled.pharmacy, "received", *items(PACKS), "--site", PHARMACY, *ends, "--ref", sent["id"])
    assert (got["effect"], got["late"], got["unmatched"]) == (True, False, False)
    done = log.do(peopled.pharmacy, "dispensed", "--item", PACKS[0], "--site", PHARMACY)
    assert done["effect"]
    shown = log.ask("show", PACKS[0])
    assert (shown["state"], shown["holder"]) == ("dispensed", PHARMACY)
    assert [hop["act"] for hop in shown["hops"]][-1] == "dispensed"


def test_a_refused_act_is_logged_without_effect_and_told(peopled: Peopled) -> None:
    log = peopled.log
    commission(peopled)
    signed = log.sign(peopled.pharmacy, "dispensed", "--item", PACKS[0], "--site", PHARMACY)
    result = log.run("submit", "--local", signed, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["effect"]) == (1, False)
    assert told["rule"]
    assert told["sentence"]
    assert told["position"] > 0


def test_the_same_submission_again_has_its_first_receipt(peopled: Peopled) -> None:
    log = peopled.log
    signed = log.sign(peopled.maker, "commissioned", *items(PACKS), "--site", MAKER, *LOT)
    receipts = log.folder / "receipts"
    first = log.ask("submit", "--local", signed, "--receipts", receipts)
    again = log.ask("submit", "--local", signed, "--receipts", receipts)
    assert again["again"]
    assert again["receipt"] == first["receipt"]
    assert [path.name for path in receipts.iterdir()] == [f"{first['id']}.receipt.json"]


def test_what_is_not_admitted_names_the_step(peopled: Peopled) -> None:
    log = peopled.log
    stranger = log.key(MAKER, "station")
    signed = log.sign(stranger, "held", "--item", PACKS[0], "--site", MAKER)
    result = log.run("submit", "--local", signed, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["step"], told["effect"]) == (1, 2, False)
    assert "not registered" in told["detail"]
    assert log.run("submit", "--local", log.passphrase).exit_code == 2


def test_a_server_that_is_not_there_is_said_so(peopled: Peopled) -> None:
    signed = peopled.log.sign(peopled.maker, "held", "--item", PACKS[0], "--site", MAKER)
    result = peopled.log.run("submit", signed, "--server", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert "does not answer" in result.stderr
    assert peopled.log.run("submit", signed, "--server", "ftp://x").exit_code == 2


# Looking


def test_show_tells_the_log_a_statement_and_its_receipt(peopled: Peopled) -> None:
    log = peopled.log
    told = commission(peopled)
    whole = log.ask("show")
    assert {party["name"] for party in whole["parties"]} == {"Maker", "Pharmacy"}
    assert whole["products"] == [{"gtin": GTIN, "name": "Amoxicillin"}]
    by_position = log.ask("show", told["position"])
    path = log.folder / "receipt.json"
    by_id = log.ask("show", told["id"], "--receipt", path)
    assert by_id == by_position | {"receipt": str(path)}
    assert by_id["items"] == [f"e{uri}" for uri in URIS]
    assert log.run("show", told["id"]).exit_code == 0
    assert log.run("show", "A" * 43).exit_code == 1
    assert log.run("show", "https://id.gs1.org/01/09521321000018/21/UNKNOWN").exit_code == 1


def test_verify_checks_a_receipt_without_the_log(peopled: Peopled) -> None:
    log = peopled.log
    told = commission(peopled)
    path, trust = log.folder / "receipt.json", log.data / "trust.json"
    log.ask("show", told["id"], "--receipt", path)
    verified = log.ask("verify", path, "--trust", trust)
    assert verified["position"] == told["position"]
    path.write_text(path.read_text().replace("effect", "effecT", 1))
    result = log.run("verify", path, "--trust", trust)
    assert result.exit_code == 1
    assert result.stderr


@pytest.mark.parametrize("kind", ["csv", "json", "zip", "db"])
def test_trace_writes_every_pack_of_a_lot(peopled: Peopled, kind: str) -> None:
    log = peopled.log
    commission(peopled)
    path = log.folder / f"trace.{kind}"
    told = log.ask("trace", GTIN, "A17", "--out", path)
    assert (told["packs"], told["file"]) == (3, str(path))
    assert path.stat().st_size
    assert log.run("trace", GTIN, "A17", "--out", path).exit_code == 1
    if kind == "csv":
        assert path.read_text().count("https://id.gs1.org/01/") == 3
    if kind == "zip":
        verified = log.ask("verify", path, "--trust", log.data / "trust.json")
        assert verified["packs"] == 3


def test_trace_refuses_what_it_does_not_know(peopled: Peopled) -> None:
    log = peopled.log
    commission(peopled)
    assert len(log.ask("trace", f"(01){GTIN}(10)A17")["rows"]) == 3
    assert log.run("trace", GTIN, "Z99").exit_code == 1
    assert log.ask("trace", GTIN)["packs"] == 3
    assert log.run("trace", GTIN[:-1] + "9").exit_code == 1
    assert log.run("trace").exit_code == 1
    assert log.run("trace", GTIN, "A17", "--out", log.folder / "trace.txt").exit_code == 2


# Proving


def test_audit_passes_and_names_a_row_changed_by_hand(peopled: Peopled) -> None:
    log = peopled.log
    told = commission(peopled)
    passed = log.ask("audit")
    assert passed["entries"] == told["position"] + 1  # type: ignore[operator]
    with closing(sqlite3.connect(log.data / "ledger.db")) as db, db:
        assert db.execute("UPDATE item SET condition = 30 WHERE id = 1").rowcount == 1
    result = log.run("audit", "--json")
    assert result.exit_code == 1
    assert "item" in json.loads(result.stdout)["error"]
    assert log.ask("rebuild") == {"entries": passed["entries"]}
    assert log.ask("audit") == passed


def test_audit_names_a_line_that_the_trail_lost(log: Log) -> None:
    secret = log.folder / "password"
    secret.write_text("a long password\n")
    for login in ("anna", "ben", "cleo"):
        words = ("--name", login, "--party", MAKER, "--role", "auditor", "--password-file", secret)
        log.ask("account", "--add", login, *words)
    passed = log.ask("audit")
    assert passed["trail"] == 3
    with closing(sqlite3.connect(log.data / "office.db")) as db, db:
        db.execute("DROP TRIGGER trail_stays")
        db.execute("DELETE FROM trail WHERE id = 2")
    result = log.run("audit", "--json")
    assert result.exit_code == 1
    assert "Line 2 of the audit trail" in json.loads(result.stdout)["error"]


def test_accounts(log: Log) -> None:
    secret = log.folder / "password"
    secret.write_text("a long password\n")
    words = ("--name", "Anna", "--party", MAKER, "--role", "quality", "--password-file", secret)
    assert log.ask("account", "--add", "anna", *words) == {"login": "anna", "party": MAKER}
    assert log.run("account", "--add", "anna", *words).exit_code == 1
    log.ask("account", "--password", "anna", "--password-file", secret)
    log.ask("account", "--disable", "anna")
    (account,) = log.ask("account")["accounts"]
    assert (account["login"], account["disabled"]) == ("anna", True)
    assert log.run("account", "--disable", "nobody").exit_code == 1
    assert log.run("account", "--add", "x", "--disable", "y").exit_code == 2
