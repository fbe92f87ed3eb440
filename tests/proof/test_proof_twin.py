"""static/js/statement.js is the twin of proof/statement.py: both run the same vectors."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from twin import in_chromium

from traceability.proof import ProofError
from traceability.proof.disclosure import Disclosure, prove_item, verify_disclosure, verify_item
from traceability.proof.signing import PrivateKey, b64, unb64
from traceability.proof.statement import (
    Body,
    Statement,
    commit,
    draft_custody,
    draft_registry,
    sign,
    verify,
    verify_body,
)

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "tests/vectors/statements.json"
STATEMENTS = json.loads(VECTORS.read_text("utf-8"))

RUN = """
import { readFileSync } from "node:fs";
import * as twin from %(module)s;
const vectors = JSON.parse(readFileSync(%(vectors)s, "utf-8"));
console.log(JSON.stringify(await (%(check)s)(twin, vectors)));
"""

# Runs in Node and in a browser: gives what the twin makes of each vector.
CHECK = """
async (twin, vectors) => {
  const made = { statements: [], refused: [], bodies_refused: [] };
  for (const one of vectors.statements) {
    const parsed = twin.parse(one.jws);
    await twin.verify(parsed, one.jwk);
    const out = { kid: await twin.thumbprint(one.jwk), id: await twin.statementId(parsed.input), claims: parsed.claims };
    const { log, iss, iat, seq, prev } = parsed.claims;
    if (one.body) {
      const body = twin.parseBody(one.body);
      out.body = twin.formatBody(body);
      out.commitments = await twin.commit(body);
      const salts = await twin.salts(body.nonce);
      out.salts = [twin.b64(await salts.core()), twin.b64(await salts.terms()), twin.b64(await salts.count())];
      out.proofs = [];
      for (let at = 0; at < Math.min(body.items.length, 9); at++) {
        const proof = await twin.proveItem(body, at);
        await twin.verifyItem(parsed.claims.items, body.items[at], proof);
        out.proofs.push(proof);
      }
      out.draft = new TextDecoder().decode(twin.draftCustody(log, iss, iat, seq, prev, out.commitments));
    } else {
      out.draft = new TextDecoder().decode(twin.draftRegistry(log, iss, iat, seq, prev, parsed.claims.act));
    }
    const input = twin.signingInput(parsed.typ, parsed.kid, new TextEncoder().encode(out.draft));
    out.same = `${input}.${twin.b64(parsed.signature)}` === one.jws;
    made.statements.push(out);
  }
  const attempt = (run) => { try { run(); return "accepted"; } catch (error) { return error instanceof twin.ProofError ? "refused" : String(error.stack); } };
  for (const one of vectors.refused) made.refused.push(attempt(() => twin.parse(one.jws)));
  for (const one of vectors.bodies_refused) made.bodies_refused.push(attempt(() => twin.parseBody(one.body)));
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const jwk = await crypto.subtle.exportKey("jwk", pair.publicKey);
  const kid = await twin.thumbprint(jwk);
  const draft = twin.draftRegistry("log.example/fresh-1", "9521000000013", "2026-11-23T10:00:00+01:00", 0, "", '{"type":"rules","version":2}');
  const fresh = await twin.sign(pair.privateKey, twin.REGISTRY, kid, draft);
  await twin.verify(fresh, jwk);
  made.fresh = { jws: fresh.jws, jwk: { crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y } };
  return made;
}
"""


def run_in_node(tmp_path: Path) -> dict:
    script = tmp_path / "run.mjs"
    module = tmp_path / "statement.mjs"  # Node takes .js for CommonJS where no package.json says otherwise
    shutil.copy(ROOT / "static/js/statement.js", module)
    names = {"module": json.dumps(module.as_uri()), "vectors": json.dumps(str(VECTORS)), "check": CHECK}
    script.write_text(RUN % names, "utf-8")
    done = subprocess.run(["node", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def run_in_chromium() -> dict:
    with in_chromium() as run:
        return run(
            f"async (vectors) => ({CHECK})(await import('/static/js/statement.js'), vectors)", STATEMENTS
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("twin")
    if shutil.which("node"):
        return run_in_node(folder)
    if Path("/usr/bin/chromium").exists():
        return run_in_chromium()
    pytest.skip("needs node or chromium: apt-get install -y chromium")


@pytest.mark.parametrize("number", range(len(STATEMENTS["statements"])))
def test_both_languages_make_the_same_statement(made: dict, number: int) -> None:
    given, there = STATEMENTS["statements"][number], made["statements"][number]
    statement = Statement.parse(given["jws"])
    key = PrivateKey.from_scalar(int(given["scalar"], 16))
    verify(statement, key.public)
    assert there["same"]
    assert statement.id == there["id"] == given["id"]
    assert statement.kid == there["kid"] == given["kid"]
    claims = statement.claims
    head = (claims.log, claims.iss, claims.iat, claims.seq, claims.prev)
    if "act" in given:
        assert there["claims"]["act"] == given["act"] == claims.act.decode()
        assert sign(draft_registry(*head, given["act"]), key).jws.decode() == given["jws"]
        return
    body = verify_body(statement, Body.parse(given["body"]))
    assert there["body"] == given["body"] == body.to_json().decode()
    assert sign(draft_custody(*head, body), key).jws.decode() == given["jws"]
    assert there["commitments"] == dict(zip(("core", "terms", "items"), map(b64, commit(body)), strict=True))
    for index, spelt in enumerate(there["proofs"]):
        proof = prove_item(body, index)
        assert verify_item(statement, body.items[index], proof) == body.items[index]
        assert spelt == {
            "salt": b64(proof.salt),
            "path": [side + b64(step) for side, step in proof.path],
            "count": b64(proof.count),
        }


@pytest.mark.parametrize("number", range(len(STATEMENTS["refused"])))
def test_both_languages_refuse_other_spellings(made: dict, number: int) -> None:
    given = STATEMENTS["refused"][number]
    with pytest.raises(ProofError):
        Statement.parse(given["jws"])
    assert made["refused"][number] == "refused", given["why"]


@pytest.mark.parametrize("number", range(len(STATEMENTS["bodies_refused"])))
def test_both_languages_refuse_other_bodies(made: dict, number: int) -> None:
    given = STATEMENTS["bodies_refused"][number]
    with pytest.raises(ProofError):
        Body.parse(given["body"])
    assert made["bodies_refused"][number] == "refused", given["why"]


def test_what_the_browser_signs_verifies_here(made: dict) -> None:
    jwk = made["fresh"]["jwk"]
    statement = Statement.parse(made["fresh"]["jws"])
    verify(statement, type(PrivateKey.from_scalar(1).public).from_jwk(jwk["x"], jwk["y"]))


def test_disclosures_of_the_vectors_verify() -> None:
    for given in STATEMENTS["statements"]:
        if "disclosure" in given:
            shown = Disclosure.parse(given["disclosure"])
            verify_disclosure(Statement.parse(given["jws"]), shown)
            assert shown.to_json().decode() == given["disclosure"]


def test_vector_keys_are_their_scalars() -> None:
    for given in STATEMENTS["statements"]:
        public = PrivateKey.from_scalar(int(given["scalar"], 16)).public
        assert json.loads(public.jwk) == given["jwk"]
        assert public.kid == given["kid"]
        assert len(unb64(given["kid"])) == 32
