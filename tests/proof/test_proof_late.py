"""What was signed by a key's last day and arrives later: our verifier, the stand-alone one and the browser's agree."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from small_log import (
    ADMIN_KEY,
    AUTHORITY,
    AUTHORITY_KEY,
    MAKER,
    STATION_KEY,
    SmallLog,
    body_of,
    key_act,
    party_act,
)

from traceability.proof import ProofError
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.reports import verifier

ROOT = Path(__file__).parents[2]
LAST, BEFORE, AFTER = "2026-11-24T00:00:00+00:00", "2026-11-23T10:00:00+01:00", "2026-11-24T01:00:01+01:00"
RUN = """
import { readFileSync } from "node:fs";
import { verifyEvidence } from "./evidence.js";
const { receipts, trust } = JSON.parse(readFileSync(0, "utf-8"));
const said = [];
for (const one of receipts) said.push(await verifyEvidence(new TextEncoder().encode(one), trust).then(() => "", (error) => error.why ?? error.code ?? String(error)));
console.log(JSON.stringify(said));
"""


def log_under(*versions: int) -> SmallLog:
    """A log whose maker has a station with a last day, after these versions were put in force."""
    log = SmallLog()
    for version in versions:
        log.register(AUTHORITY_KEY, AUTHORITY, b'{"type":"rules","version":%d}' % version)
    log.register(AUTHORITY_KEY, AUTHORITY, party_act(MAKER, "maker"))
    log.register(AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "administrator", ADMIN_KEY))
    log.register(ADMIN_KEY, MAKER, key_act(MAKER, "station", STATION_KEY, expires=LAST))
    return log


def arrived(log: SmallLog, iat: str, admitted: str) -> Receipt:
    """The receipt of a statement of the station's, signed and admitted then."""
    body = body_of(1)
    position = log.admit(log.draft(STATION_KEY, MAKER, iat, body), admitted=admitted)
    log.bodies[position] = body
    return log.receipt(position).with_registry(log.registry_entries(position))


CASES = [
    ((3,), BEFORE, "2026-11-23T23:59:00.000Z", True),
    ((3,), BEFORE, "2026-11-24T00:00:00.001Z", True),
    ((3,), BEFORE, "2026-12-04T00:00:00.000Z", True),
    ((3,), BEFORE, "2026-12-04T00:00:00.001Z", False),
    ((3,), AFTER, "2026-11-24T00:00:02.000Z", False),
    ((2,), BEFORE, "2026-11-24T00:00:00.001Z", False),
    ((), BEFORE, "2026-11-24T00:00:00.001Z", False),
    ((2, 3), BEFORE, "2026-11-24T00:00:00.001Z", True),
]  # fmt: skip


def test_a_late_arrival_is_good_for_all_three_verifiers_or_for_none(tmp_path: Path) -> None:
    given = []
    for versions, iat, admitted, good in CASES:
        log = log_under(*versions)
        receipt = arrived(log, iat, admitted)
        given.append(receipt.to_json())
        if good:
            verify_receipt(receipt, log.trust)
            verifier.verify_receipt(receipt.to_json(), verifier.read_trust(log.trust.to_json()))
        else:
            with pytest.raises(ProofError, match="expired"):
                verify_receipt(receipt, log.trust)
            with pytest.raises(verifier.Refused, match="expired"):
                verifier.verify_receipt(receipt.to_json(), verifier.read_trust(log.trust.to_json()))
    if shutil.which("node") is None:
        pytest.skip("needs node: apt-get install -y nodejs")
    for file in (ROOT / "static/js").glob("*.js"):
        shutil.copy(file, tmp_path)
    (tmp_path / "package.json").write_text('{"type":"module"}', "utf-8")
    (tmp_path / "run.js").write_text(RUN, "utf-8")
    asked = json.dumps({"receipts": [one.decode() if isinstance(one, bytes) else one for one in given],
                        "trust": log_under().trust.to_json().decode()})  # fmt: skip
    done = subprocess.run(
        ["node", tmp_path / "run.js"], input=asked, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [said == "" for said in json.loads(done.stdout)] == [good for *_, good in CASES], done.stdout
    assert all("key-expired" in said for said in json.loads(done.stdout) if said), done.stdout


def test_a_registry_statement_does_not_arrive_late() -> None:
    log = log_under(3)
    position = log.admit(
        log.draft(STATION_KEY, MAKER, BEFORE, b'{"type":"lot"}'), admitted="2026-11-24T00:00:01.000Z"
    )
    receipt = log.receipt(position).with_registry(log.registry_entries(position))
    with pytest.raises(ProofError, match="expired"):
        verify_receipt(receipt, log.trust)
    with pytest.raises(verifier.Refused, match="expired"):
        verifier.verify_receipt(receipt.to_json(), verifier.read_trust(log.trust.to_json()))
