"""reports/verifier.py reads statements and bodies as proof does: the same vectors, and the same root changes."""

import ast
import json
import sys
from pathlib import Path

import pytest
from small_log import (
    ADMIN_KEY,
    AUTHORITY,
    AUTHORITY_KEY,
    MAKER,
    ORIGIN,
    STATION_KEY,
    SmallLog,
    body_of,
    compact,
    key_act,
    party_act,
    revoke_act,
)

from traceability.proof import ProofError
from traceability.proof.receipt import verify_receipt
from traceability.proof.signing import LogKey, PrivateKey
from traceability.proof.trust import Authority, Trust
from traceability.reports import verifier

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/statements.json").read_text("utf-8"))
OTHER, THIRD = PrivateKey.from_scalar(31), PrivateKey.from_scalar(32)
OLD_LOG, NEW_LOG = (LogKey.from_seed(ORIGIN, bytes([n]) * 32) for n in (1, 2))


@pytest.mark.parametrize("vector", VECTORS["statements"], ids=lambda vector: vector["id"])
def test_statements_of_the_vectors(vector: dict) -> None:
    statement = verifier.Statement(vector["jws"].encode())
    verifier.public_key(json.dumps(vector["jwk"], separators=(",", ":"))).verify(
        statement.signature, statement.signing_input
    )
    assert (statement.id, statement.kid) == (vector["id"], vector["kid"])
    if "body" in vector:
        shown = verifier.verify_body(statement, json.loads(vector["body"]))
        assert list(shown.items) == json.loads(vector["body"])["items"]
        parts = verifier.verify_disclosure(statement, json.loads(vector["disclosure"]))
        assert set(parts.items) <= set(shown.items)


@pytest.mark.parametrize("vector", VECTORS["refused"], ids=lambda vector: vector["why"])
def test_other_spellings_are_refused(vector: dict) -> None:
    if vector["why"] == "70 kB":
        jws = vector["jws"].encode()
        with pytest.raises(verifier.Refused):
            verifier.Entry(b"custody-entry/1\n" + jws + b"\n")
        return
    with pytest.raises(verifier.Refused):
        verifier.Statement(vector["jws"].encode())


@pytest.mark.parametrize("vector", VECTORS["bodies_refused"], ids=lambda vector: vector["why"])
def test_other_bodies_are_refused(vector: dict) -> None:
    statement = verifier.Statement(VECTORS["statements"][0]["jws"].encode())
    with pytest.raises(verifier.Refused):
        verifier.verify_body(statement, verifier.read_json(vector["body"], "body"))


def test_it_stands_alone() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    assert foreign == {"ecdsa"}


def trust_of(log: LogKey, *keys: PrivateKey) -> Trust:
    return Trust(ORIGIN, log.verifier, Authority(AUTHORITY, 2, tuple(key.public for key in keys)))


def renewed() -> SmallLog:
    """A log whose authority and log key were succeeded, with a key that expires and a revoked one."""
    log = SmallLog(trust_of(OLD_LOG, AUTHORITY_KEY, OTHER), OLD_LOG)
    log.register(OTHER, AUTHORITY, party_act(MAKER, "maker"))
    successor = trust_of(NEW_LOG, OTHER, THIRD).to_act()
    for key in (AUTHORITY_KEY, THIRD, OTHER):
        log.register(key, AUTHORITY, successor)
    log.log_key = NEW_LOG
    log.register(THIRD, AUTHORITY, key_act(MAKER, "administrator", ADMIN_KEY))
    log.register(
        ADMIN_KEY, MAKER, key_act(MAKER, "station", STATION_KEY, expires="2026-11-23T09:00:02+00:00")
    )
    return log


def judge(log: SmallLog, position: int) -> tuple[str, str]:
    """What both verifiers say about a receipt, empty where they accept it."""
    receipt = log.receipt(position).with_registry(log.registry_entries(position))
    ours = theirs = ""
    try:
        verify_receipt(receipt, log.trust)
    except ProofError as error:
        ours = str(error)
    try:
        verifier.verify_receipt(receipt.to_json(), verifier.read_trust(log.trust.to_json()))
    except verifier.Refused as refused:
        theirs = str(refused)
    return ours, theirs


def test_both_follow_a_new_root_document() -> None:
    log = renewed()
    assert judge(log, log.act(STATION_KEY, MAKER, body_of(2))) == ("", "")
    assert judge(log, log.act(ADMIN_KEY, MAKER, body_of(1))) == ("", "")
    log.log_key = LogKey.from_seed(ORIGIN, bytes(32))
    assert [said.partition(":")[0] for said in judge(log, len(log.entries) - 1)] == [
        "checkpoint signature"
    ] * 2


def test_both_refuse_who_is_not_good_any_more() -> None:
    log = renewed()
    late = log.admit(
        log.draft(STATION_KEY, MAKER, "2026-11-23T10:00:00+01:00", body_of(1)),
        admitted="2026-11-23T09:00:02.001Z",
    )
    assert all("has expired" in said for said in judge(log, late))
    log.chains[STATION_KEY.public.kid] = (0, "")
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
    assert all("revoked" in said for said in judge(log, log.act(STATION_KEY, MAKER, body_of(1))))
    assert all(
        "revoked" in said for said in judge(log, log.register(AUTHORITY_KEY, AUTHORITY, b'{"type":"lot"}'))
    )


@pytest.mark.parametrize(
    ("key", "party", "act"),
    [
        (AUTHORITY_KEY, AUTHORITY, party_act(MAKER, "maker")),
        (ADMIN_KEY, MAKER, party_act(MAKER, "maker")),
        (THIRD, AUTHORITY, key_act(MAKER, "station", PrivateKey.from_scalar(50))),
        (THIRD, AUTHORITY, key_act(MAKER, "regulator", PrivateKey.from_scalar(50))),
        (THIRD, AUTHORITY, key_act("9521000000099", "administrator", PrivateKey.from_scalar(50))),
        (ADMIN_KEY, MAKER, key_act(MAKER, "administrator", PrivateKey.from_scalar(50))),
        (ADMIN_KEY, MAKER, key_act(MAKER, "station", STATION_KEY)),
        (ADMIN_KEY, MAKER, key_act(MAKER, "station", PrivateKey.from_scalar(50), origin="x")),
        (ADMIN_KEY, MAKER, key_act(MAKER, "station", PrivateKey.from_scalar(50), expires="x")),
        (STATION_KEY, MAKER, revoke_act(STATION_KEY)),
        (ADMIN_KEY, MAKER, revoke_act(OTHER)),
        (ADMIN_KEY, MAKER, revoke_act(STATION_KEY, "bored")),
        (ADMIN_KEY, MAKER, revoke_act(STATION_KEY, since="x")),
        (ADMIN_KEY, MAKER, trust_of(NEW_LOG, OTHER, THIRD).to_act()),
        (THIRD, AUTHORITY, trust_of(NEW_LOG, OTHER, STATION_KEY).to_act()),
        (THIRD, AUTHORITY, trust_of(NEW_LOG, OTHER, THIRD).to_act().replace(ORIGIN.encode(), b"elsewhere")),
        (THIRD, AUTHORITY, b'{"type":"root"}'),
        (ADMIN_KEY, MAKER, b'{"type":"key"}'),
        (ADMIN_KEY, MAKER, compact(dict(sorted(json.loads(revoke_act(STATION_KEY)).items())))),
        (ADMIN_KEY, MAKER, compact(json.loads(revoke_act(STATION_KEY)) | {"more": 1})),
        (ADMIN_KEY, MAKER, compact(json.loads(key_act(MAKER, "station", PrivateKey.from_scalar(50))) | {"expires": None})),
        (ADMIN_KEY, MAKER, compact(dict(sorted(json.loads(key_act(MAKER, "station", PrivateKey.from_scalar(50))).items())))),
        (THIRD, AUTHORITY, b'{"type":"party","gln":"x","roles":[]}'),
    ],
)  # fmt: skip
def test_both_refuse_the_same_registry_acts(key: PrivateKey, party: str, act: bytes) -> None:
    log = renewed()
    bad = log.register(key, party, act)
    said = judge(log, log.act(ADMIN_KEY, MAKER, body_of(1)))
    assert all(one.startswith(f"registry entry {bad}: ") for one in said), said
    log = renewed()
    log.register(key, party, act, "none")
    judged = judge(log, log.act(ADMIN_KEY, MAKER, body_of(1)))
    if key is not AUTHORITY_KEY:  # without effect it is only on record
        assert judged == ("", "")
