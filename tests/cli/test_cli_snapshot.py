"""From the command line: a snapshot, its countersignature, and a trace that is whole by it."""

import json
import subprocess
import sys
from pathlib import Path

from cli_world import AUTHORITY, GTIN, MAKER, Peopled

from traceability.reports import verifier

REGULATOR = "9521321000049"
ITEM = f"https://id.gs1.org/01/{GTIN}/21/"


def test_a_lot_is_proven_whole_and_its_past_is_kept(peopled: Peopled, tmp_path: Path) -> None:
    log = peopled.log
    members = [f"gln={REGULATOR}", "name=Agency", "roles=regulator", "country=DE"]
    assert log.do(peopled.authority, "party", *[word for one in members for word in ("--set", one)])["effect"]
    regulator = log.key(REGULATOR, "regulator")
    assert log.do(peopled.authority, regulator.with_suffix(".key.json"))["effect"]
    items = [word for serial in ("A", "B", "C") for word in ("--item", ITEM + serial)]
    made = log.do(
        peopled.maker, "commissioned", "--site", MAKER, "--lot", "L1", "--expiry", "2029-06-30", *items
    )
    assert made["effect"], made
    assert log.do(peopled.maker, "stolen", "--site", MAKER, "--item", ITEM + "B")["effect"]

    taken = log.ask("snapshot")
    assert (taken["items"], taken["groups"]) == (3, 1)
    assert log.ask("snapshot")["hashed"] == 0
    assert log.ask("snapshot", "--list")["snapshots"][0]["countersigned"] == []
    whole, trust = tmp_path / "before.zip", log.data / "trust.json"
    log.ask("trace", GTIN, "L1", "--out", whole, "--snapshot", 0)
    assert "No regulator has countersigned" in log.run("verify", whole, "--trust", trust).output

    signed = tmp_path / "seen.json"
    words = (
        "--check",
        taken["size"],
        "--key",
        regulator,
        "--passphrase-file",
        log.passphrase,
        "--out",
        signed,
    )
    assert log.ask("snapshot", *words)["snapshot"] == taken["snapshot"]
    assert log.ask("submit", "--local", signed)["effect"]
    assert log.ask("snapshot", "--list")["snapshots"][0]["countersigned"] == [REGULATOR]
    assert log.do(peopled.maker, "sampled", "--site", MAKER, "--item", ITEM + "C")["effect"]

    bundle = tmp_path / "after.zip"
    log.ask("trace", GTIN, "L1", "--out", bundle, "--snapshot", taken["size"])
    told = log.ask("verify", bundle, "--trust", trust)["complete"]
    assert (told["packs"], told["proven"], told["countersigned"]) == (3, 3, [REGULATOR])
    command = [sys.executable, str(verifier.__file__), str(bundle), "--trust", str(trust)]
    alone = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert f"Countersigned by {REGULATOR}" in alone.stdout

    now, then = log.ask("trace", GTIN, "L1"), log.ask("trace", GTIN, "L1", "--known-at", made["position"])
    assert (now["parts"]["sampled"], now["parts"]["stolen"], now["gaps"]["stolen"]) == (1, 1, 1)
    assert [row["state"] for row in then["rows"]] == ["active"] * 3
    assert log.ask("trace", GTIN, "L1", "--at", "2020-01-01T00:00:00+00:00")["rows"] == []
    assert "no entry 999 yet" in log.run("trace", GTIN, "L1", "--known-at", 999).output
    assert log.run("trace", GTIN, "L1", "--snapshot", 0).exit_code == 2
    assert log.run("snapshot", "--key", regulator).exit_code == 2
    assert "no snapshot over 1 entries" in log.run("snapshot", "--check", 1).output
    assert json.loads(
        log.run("trace", GTIN, "L1", "--out", tmp_path / "x.zip", "--snapshot", 1, "--json").stdout
    )["error"]
    assert AUTHORITY != REGULATOR
