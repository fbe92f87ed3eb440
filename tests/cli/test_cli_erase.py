"""From the command line: bodies erased by law, and all that still verifies."""

import subprocess
import sys
from pathlib import Path

from cli_world import AUTHORITY, GTIN, MAKER, Peopled

from traceability.reports import verifier

REGULATOR = "9521321000049"
ITEM = f"https://id.gs1.org/01/{GTIN}/21/"


def test_a_body_is_erased_and_what_is_left_verifies(peopled: Peopled, tmp_path: Path) -> None:
    log = peopled.log
    members = [f"gln={REGULATOR}", "name=Agency", "roles=regulator", "country=DE"]
    assert log.do(peopled.authority, "party", *[word for one in members for word in ("--set", one)])["effect"]
    regulator = log.key(REGULATOR, "regulator")
    assert log.do(peopled.authority, regulator.with_suffix(".key.json"))["effect"]
    items = [word for serial in ("A", "B") for word in ("--item", ITEM + serial)]
    words = ("--site", MAKER, "--lot", "L1", "--expiry", "2029-06-30", "--signer", "Zacharias Quimby")
    made = log.do(peopled.maker, "commissioned", *words, *items)
    assert made["effect"], made
    order = (made["id"], "--reason", "data_protection", "--reference", "42 C 7/26")
    signing = ("--key", peopled.authority, "--passphrase-file", log.passphrase)
    early = log.run("erase", *order, *signing, "--out", tmp_path / "early.json")
    assert early.exit_code == 1
    assert "No regulator has countersigned" in early.output

    taken, signed = log.ask("snapshot"), tmp_path / "seen.json"
    key = ("--key", regulator, "--passphrase-file", log.passphrase, "--out", signed)
    log.ask("snapshot", "--check", taken["size"], *key)
    assert log.ask("submit", "--local", signed)["effect"]
    erase = tmp_path / "erase.json"
    assert log.ask("erase", *order, *signing, "--out", erase)["size"] == taken["size"]
    assert log.ask("submit", "--local", erase)["effect"]
    assert log.ask("erase", "--list")["erased"][0]["carried_out"] is False
    assert log.ask("audit")["erase_waiting"] == 1
    assert "ordered to be erased and still here" in log.run("audit").output
    (log.data / "exports").mkdir()
    (log.data / "exports" / "old.zip").write_bytes(b"PK")
    assert [one["id"] for one in log.ask("erase", "--carry-out")["erased"]] == [made["id"]]
    assert log.ask("erase", "--carry-out")["erased"] == []
    assert not list((log.data / "exports").iterdir())
    assert log.ask("erase", "--list")["erased"][0]["carried_out"] is True
    assert "NOT YET" not in log.run("erase", "--list").output

    told = log.ask("audit")
    assert (told["erased"], told["covering"]) == (1, [taken["size"]])
    said = log.run("audit").output
    assert "1 bodies were erased by law" in said
    assert "the one that a regulator has countersigned" in said
    (log.data / "snapshot.key").rename(tmp_path / "snapshot.key")
    assert "NOT compared" in log.run("audit").output
    (tmp_path / "snapshot.key").rename(log.data / "snapshot.key")

    trust, receipt, bundle = log.data / "trust.json", tmp_path / "receipt.json", tmp_path / "lot.zip"
    shown = log.run("show", made["id"], "--receipt", receipt).output
    assert "erased by law" in shown
    assert "Quimby" not in shown
    log.ask("trace", GTIN, "L1", "--out", bundle, "--snapshot", taken["size"])
    for file in (receipt, bundle):
        ours = log.run("verify", file, "--trust", trust).output
        command = [sys.executable, str(verifier.__file__), str(file), "--trust", str(trust)]
        theirs = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        for words in (ours, theirs):
            assert "erased by law" in words
            assert AUTHORITY in words
    assert log.ask("rebuild")["entries"]
    assert log.ask("audit")["erased"] == 1
    assert log.do(peopled.maker, "sampled", "--site", MAKER, "--item", ITEM + "A")["effect"]


def test_it_is_called_in_one_way_at_a_time(peopled: Peopled) -> None:
    log = peopled.log
    for words in ((), ("--list", "--carry-out"), ("A" * 43,), ("A" * 43, "--carry-out")):
        assert log.run("erase", *words).exit_code == 2
    key = ("--key", peopled.authority, "--passphrase-file", log.passphrase, "--out", log.folder / "x.json")
    unknown = log.run("erase", "A" * 43, "--reason", "court_order", *key)
    assert unknown.exit_code == 1
    assert "no body" in unknown.output


def test_a_statement_id_may_begin_with_a_dash(peopled: Peopled) -> None:
    log, dashed = peopled.log, "-h" + "A" * 41
    assert dashed in log.run("show", dashed).output
    key = ("--key", peopled.authority, "--passphrase-file", log.passphrase, "--out", log.folder / "x.json")
    unknown = log.run("erase", dashed, "--reason", "court_order", *key)
    assert (unknown.exit_code, dashed in unknown.output) == (1, True)
