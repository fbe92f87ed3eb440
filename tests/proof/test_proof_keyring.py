import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registries import FORBIDDEN, OTHER, SECOND, THIRD
from small_log import (
    ADMIN_KEY,
    AUTHORITY,
    AUTHORITY_KEY,
    IAT,
    LOG_KEY,
    MAKER,
    ORIGIN,
    REGULATOR,
    STATION_KEY,
    TRUST,
    SmallLog,
    body_of,
    compact,
    founded,
    key_act,
    party_act,
    revoke_act,
)

from traceability.proof import ProofError
from traceability.proof.keyring import KeyRecord, Keyring
from traceability.proof.receipt import verify_receipt
from traceability.proof.registrar import VerifiedRegistry
from traceability.proof.signing import LogKey, PrivateKey
from traceability.proof.statement import Statement
from traceability.proof.trust import Authority, Trust, successor


def ring_of(log: SmallLog) -> Keyring:
    ring = Keyring.start(log.trust)
    for position in log.registry:
        ring = ring.apply(position, log.entries[position].statement)
    return ring


def said(log: SmallLog, key: PrivateKey, party: str, act: bytes) -> Statement:
    return log.draft(key, party, IAT, act)


def test_a_key_is_good_from_its_registration_to_its_revocation() -> None:
    log = founded()
    ring = ring_of(log)
    record = ring.signer(STATION_KEY.public.kid)
    assert record == KeyRecord(STATION_KEY.public, MAKER, "station", 2)
    assert (record.kid, record.jwk) == (STATION_KEY.public.kid, STATION_KEY.public.jwk)
    statement = log.draft(STATION_KEY, MAKER, IAT, body_of(1))
    assert ring.verify_signer(statement) == record
    later = ring.apply(9, said(log, ADMIN_KEY, MAKER, revoke_act(STATION_KEY, "compromised")))
    gone = later.signer(STATION_KEY.public.kid)
    assert gone is not None
    assert (gone.registered, gone.revoked, gone.since, gone.reason) == (2, 9, IAT, "compromised")
    assert ring.signer(STATION_KEY.public.kid) == record, "the keyring before is as it was"
    with pytest.raises(ProofError, match="revoked by entry 9"):
        later.verify_signer(statement)


def test_the_authority_is_pinned() -> None:
    ring = Keyring.start(TRUST)
    record = ring.signer(AUTHORITY_KEY.public.kid)
    assert record == KeyRecord(AUTHORITY_KEY.public, AUTHORITY, "authority")
    assert ring.signer("unknown") is None
    assert ring.roles(MAKER) is None
    assert ring_of(founded()).roles(MAKER) == ("maker",)


def test_a_key_expires() -> None:
    log = founded()
    log.register(ADMIN_KEY, MAKER, key_act(MAKER, "operator", OTHER, expires="2026-11-23T10:30:00+01:00"))
    ring, statement = ring_of(log), log.draft(OTHER, MAKER, IAT, body_of(1))
    assert ring.verify_signer(statement, "2026-11-23T09:30:00.000Z").role == "operator"
    assert ring.verify_signer(statement).role == "operator"
    with pytest.raises(ProofError, match="expired"):
        ring.verify_signer(statement, "2026-11-23T09:30:00.001Z")


def test_acts_that_are_not_about_keys_pass() -> None:
    log = founded()
    ring = ring_of(log)
    assert ring.apply(5, said(log, STATION_KEY, MAKER, b'{"type":"lot","anything":1}')) is ring
    assert ring.apply(5, said(log, STATION_KEY, MAKER, b'{"no":"type"}')) is ring
    with pytest.raises(ProofError, match="registry statement"):
        ring.apply(5, log.draft(STATION_KEY, MAKER, IAT, body_of(1)))


@pytest.mark.parametrize(("key", "party", "act", "why"), FORBIDDEN)
def test_who_may_not_say_what(key: PrivateKey, party: str, act: bytes, why: str) -> None:
    log = founded()
    with pytest.raises(ProofError, match=why):
        ring_of(log).apply(9, said(log, key, party, act))


def test_an_administrator_does_not_revoke_for_others_and_nobody_twice() -> None:
    log = founded()
    log.register(AUTHORITY_KEY, AUTHORITY, party_act(REGULATOR, "regulator"))
    log.register(AUTHORITY_KEY, AUTHORITY, key_act(REGULATOR, "administrator", OTHER))
    log.register(OTHER, REGULATOR, key_act(REGULATOR, "regulator", SECOND))
    with pytest.raises(ProofError, match="administrator of its own party"):
        ring_of(log).apply(9, said(log, OTHER, REGULATOR, revoke_act(STATION_KEY)))
    log.register(AUTHORITY_KEY, AUTHORITY, revoke_act(STATION_KEY))
    with pytest.raises(ProofError, match="revoked already"):
        ring_of(log).apply(9, said(log, ADMIN_KEY, MAKER, revoke_act(STATION_KEY)))


# The root document


def test_the_root_document_has_one_meaning() -> None:
    assert Trust.parse(TRUST.to_json()) == TRUST
    assert successor(TRUST.to_act()) == TRUST
    objects = json.loads(TRUST.to_act())
    del objects["type"]
    assert Trust.parse(json.dumps(objects, indent=2)) == TRUST


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"origin": "a b"}, {"origin": ""}, {"log": "x"}, {"more": 1}, {"authority": {}},
     {"log": str(LogKey.from_seed(ORIGIN, bytes(32), 4).verifier)},
     {"authority": {"gln": AUTHORITY, "threshold": 0, "keys": [AUTHORITY_KEY.public.jwk]}},
     {"authority": {"gln": AUTHORITY, "threshold": 2, "keys": [AUTHORITY_KEY.public.jwk]}},
     {"authority": {"gln": AUTHORITY, "threshold": 1, "keys": [AUTHORITY_KEY.public.jwk] * 2}},
     {"authority": {"gln": "1", "threshold": 1, "keys": [AUTHORITY_KEY.public.jwk]}},
     {"authority": {"gln": AUTHORITY, "threshold": 1, "keys": ["{}"]}}],
)  # fmt: skip
def test_other_root_documents_are_refused(change: dict) -> None:
    with pytest.raises(ProofError):
        Trust.parse(compact(json.loads(TRUST.to_json()) | change))


def test_no_member_of_a_root_document_twice() -> None:
    with pytest.raises(ProofError, match="twice"):
        Trust.parse(TRUST.to_json().replace(b'{"v":1,', b'{"v":1,"v":1,', 1))


def trust_of(threshold: int, *keys: PrivateKey, log: LogKey = LOG_KEY) -> Trust:
    return Trust(ORIGIN, log.verifier, Authority(AUTHORITY, threshold, tuple(key.public for key in keys)))


def test_a_successor_counts_when_enough_of_both_have_signed() -> None:
    new_log = LogKey.from_seed(ORIGIN, bytes(reversed(range(32))))
    old, new = trust_of(2, AUTHORITY_KEY, OTHER), trust_of(2, OTHER, SECOND, THIRD, log=new_log)
    log = SmallLog(old)
    log.register(AUTHORITY_KEY, AUTHORITY, party_act(MAKER, "maker"))
    log.register(AUTHORITY_KEY, AUTHORITY, new.to_act())
    proposed = ring_of(log)
    candidate = proposed.signer(SECOND.public.kid)
    assert candidate is not None
    assert candidate.role == "candidate"
    with pytest.raises(ProofError, match="only sign the root document"):
        proposed.apply(9, said(log, SECOND, AUTHORITY, party_act(REGULATOR, "regulator")))
    with pytest.raises(ProofError, match="only sign the root document"):
        proposed.verify_signer(log.draft(SECOND, AUTHORITY, IAT, body_of(1)))
    log.register(AUTHORITY_KEY, AUTHORITY, new.to_act())  # signing twice counts once
    log.register(SECOND, AUTHORITY, new.to_act())
    assert ring_of(log).trust == old
    log.register(OTHER, AUTHORITY, new.to_act())
    ring = ring_of(log)
    assert ring.trust == new
    assert ring.log_keys == (LOG_KEY.verifier, new_log.verifier)
    retired = ring.signer(AUTHORITY_KEY.public.kid)
    assert retired is not None
    assert (retired.revoked, retired.reason) == (4, "superseded")
    assert {ring.signer(key.public.kid).role for key in (OTHER, SECOND, THIRD)} == {"authority"}
    log.register(THIRD, AUTHORITY, party_act(REGULATOR, "regulator"))
    assert ring_of(log).roles(REGULATOR) == ("regulator",)
    log.log_key = new_log
    log.register(THIRD, AUTHORITY, key_act(MAKER, "administrator", ADMIN_KEY))
    position = log.act(ADMIN_KEY, MAKER, body_of(2))
    assert verify_receipt(log.receipt(position), old, log.registry_entries()).signer.role == "administrator"
    log.log_key = LogKey.from_seed(ORIGIN, bytes(32))
    with pytest.raises(ProofError, match="checkpoint signature"):
        verify_receipt(log.receipt(position), old, log.registry_entries())


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (
            Trust("other.example", LOG_KEY.verifier, Authority(AUTHORITY, 1, (OTHER.public,))),
            "keeps the log's origin",
        ),
        (trust_of(1, STATION_KEY), "is in use as station"),
    ],
)
def test_successors_that_do_not_fit(document: Trust, why: str) -> None:
    log = founded()
    with pytest.raises(ProofError, match=why):
        ring_of(log).apply(9, said(log, AUTHORITY_KEY, AUTHORITY, document.to_act()))


# The registry from its entries


def test_the_registry_verifies_from_its_entries_alone() -> None:
    log = founded()
    registry = VerifiedRegistry(TRUST, log.registry_entries())
    assert (registry.size, registry.head) == (3, log.head.root())
    assert registry.at(log.head.root()).signer(STATION_KEY.public.kid) is not None
    assert registry.at(VerifiedRegistry(TRUST).head).signer(STATION_KEY.public.kid) is None
    assert registry.keyring is registry.at(registry.head)
    with pytest.raises(ProofError, match="missing or altered"):
        registry.at(bytes(32))


@given(st.sets(st.integers(0, 3)), st.permutations(range(4)))
def test_an_entry_left_out_or_moved_does_not_verify(left_out: set[int], order: list[int]) -> None:
    log = founded()
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
    entries = log.registry_entries()
    kept = [entries[number] for number in order if number not in left_out]
    if kept == entries[: len(kept)]:
        assert VerifiedRegistry(TRUST, kept).size == len(kept)
    else:
        with pytest.raises(ProofError, match=r"^registry entry [0-3]: "):
            VerifiedRegistry(TRUST, kept)


def test_chains_in_the_registry_go_forward() -> None:
    log = founded()
    kid = AUTHORITY_KEY.public.kid
    seq, prev = log.chains[kid]
    for wrong in ((seq - 1, prev), (seq, log.entries[0].statement_id), (seq + 1, prev)):
        log.chains[kid] = wrong
        statement = said(log, AUTHORITY_KEY, AUTHORITY, party_act(REGULATOR, "regulator"))
        fork = SmallLog()
        fork.entries, fork.registry, fork.head = [*log.entries], [*log.registry], log.head.copy()
        fork.admit(statement)
        with pytest.raises(ProofError, match=r"registry entry 3: .*does not follow"):
            VerifiedRegistry(TRUST, fork.registry_entries())


def test_a_key_that_also_signs_custody_statements_has_gaps() -> None:
    log = founded()
    log.act(ADMIN_KEY, MAKER, body_of(1))
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
    assert VerifiedRegistry(TRUST, log.registry_entries()).size == 4


def test_the_log_cannot_give_a_good_revocation_no_effect() -> None:
    log = founded()
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY), "none")
    with pytest.raises(ProofError, match=r"registry entry 3: .*gave no effect"):
        VerifiedRegistry(TRUST, log.registry_entries())
    for iat in ("2026-11-23T10:06:00+01:00", "2026-11-23T09:59:59+01:00"):
        # From the future, or before the key's last act: refused rightly (DESIGN section 4, "Time").
        log = founded()
        log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY), "none", iat)
        assert (
            VerifiedRegistry(TRUST, log.registry_entries()).keyring.signer(STATION_KEY.public.kid).revoked
            is None
        )
    log = founded()
    log.register(ADMIN_KEY, MAKER, revoke_act(OTHER), "none")
    assert VerifiedRegistry(TRUST, log.registry_entries()).size == 4


def test_an_effect_that_the_keys_do_not_allow_does_not_verify() -> None:
    log = founded()
    log.register(STATION_KEY, MAKER, party_act(REGULATOR, "regulator"))
    with pytest.raises(ProofError, match="registry entry 3: Only the authority"):
        VerifiedRegistry(TRUST, log.registry_entries())
    log = founded()
    log.register(STATION_KEY, MAKER, party_act(REGULATOR, "regulator"), "none")
    assert VerifiedRegistry(TRUST, log.registry_entries()).keyring.roles(REGULATOR) is None
