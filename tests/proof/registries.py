"""Registries, good and bad, as receipts that carry them: every verifier is to judge them alike."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import msgspec
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

from traceability.proof.receipt import Receipt
from traceability.proof.signing import LogKey, PrivateKey
from traceability.proof.trust import Authority, Trust

OTHER, SECOND, THIRD = (PrivateKey.from_scalar(n) for n in (21, 22, 23))

FORBIDDEN: list[tuple[PrivateKey, str, bytes, str]] = [
    (ADMIN_KEY, MAKER, party_act(REGULATOR, "regulator"), "Only the authority registers parties"),
    (AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "station", OTHER), "registers administrators and regulators"),
    (AUTHORITY_KEY, AUTHORITY, key_act(REGULATOR, "administrator", OTHER), "is not registered"),
    (AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "regulator", OTHER), "is not a regulator"),
    (AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "authority", OTHER), "Invalid enum value"),
    (AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "administrator", STATION_KEY), "registered already"),
    (AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "administrator", AUTHORITY_KEY), "registered already"),
    (ADMIN_KEY, MAKER, key_act(MAKER, "administrator", OTHER), "registers the other keys"),
    (ADMIN_KEY, MAKER, key_act(MAKER, "regulator", OTHER), "is not a regulator"),
    (STATION_KEY, MAKER, key_act(MAKER, "station", OTHER), "registers the other keys"),
    (ADMIN_KEY, MAKER, key_act(MAKER, "station", OTHER, origin="other.example"), "has not signed"),
    (ADMIN_KEY, MAKER, key_act(MAKER, "station", OTHER, expires="tomorrow"), "Expected a time"),
    (ADMIN_KEY, MAKER, compact(json.loads(key_act(MAKER, "station", OTHER)) | {"role": "operator"}), "has not signed"),
    (ADMIN_KEY, MAKER, b'{"type":"key"}', "not what its type asks for"),
    (STATION_KEY, MAKER, revoke_act(STATION_KEY), "revoked by the authority or by an administrator"),
    (ADMIN_KEY, MAKER, revoke_act(OTHER), "is not registered by a statement"),
    (AUTHORITY_KEY, AUTHORITY, revoke_act(AUTHORITY_KEY), "is not registered by a statement"),
    (ADMIN_KEY, MAKER, revoke_act(STATION_KEY, "annoyed"), "Invalid enum value"),
    (ADMIN_KEY, MAKER, revoke_act(STATION_KEY, since="then"), "Expected a time"),
    (ADMIN_KEY, REGULATOR, revoke_act(STATION_KEY), "belongs to party"),
    (OTHER, MAKER, revoke_act(STATION_KEY), "is not registered"),
    (ADMIN_KEY, MAKER, TRUST.to_act(), "proposed by the authority in force"),
]  # fmt: skip
"""Acts in a founded log with the key and the party that sign each, and why the keyring refuses it."""


class Case(NamedTuple):
    """A receipt with its registry, and whether it verifies."""

    name: str
    trust: Trust
    receipt: Receipt
    good: bool = False


def carried(log: SmallLog, position: int, *, whole: bool = True) -> Receipt:
    """The receipt of an entry with the registry entries before it."""
    return log.receipt(position, whole=whole).with_registry(log.registry_entries(position))


def _acted(log: SmallLog, key: PrivateKey = ADMIN_KEY, party: str = MAKER) -> Receipt:
    return carried(log, log.act(key, party, body_of(2)))


def cases() -> Iterator[Case]:
    """Every case, under its name."""
    yield Case("founded", TRUST, _acted(founded(), STATION_KEY), good=True)
    yield from _keys()
    yield from _successions()
    for number, (key, party, act, why) in enumerate(FORBIDDEN):
        log = founded()
        log.register(key, party, act)
        yield Case(f"forbidden {number}: {why}", TRUST, _acted(log))
    yield from _entries()
    yield from _erasures()


def _keys() -> Iterator[Case]:
    log = founded()
    before = log.act(STATION_KEY, MAKER, body_of(1))
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY, "compromised"))
    after = log.act(STATION_KEY, MAKER, body_of(1))
    yield Case("signed before the revocation", TRUST, carried(log, before), good=True)
    yield Case("signed with a revoked key", TRUST, carried(log, after))
    yield Case("another key after a revocation", TRUST, _acted(log), good=True)
    yield Case("signed with a key that nobody registered", TRUST, _acted(founded(), OTHER))
    yield Case("signed with the key of another party", TRUST, _acted(founded(), STATION_KEY, REGULATOR))
    for name, expires, good in (
        ("about to expire", "2026-11-23T10:00:02+01:00", True),
        ("expired", "2026-11-23T10:00:01+01:00", False),
    ):
        log = founded()
        log.register(ADMIN_KEY, MAKER, key_act(MAKER, "operator", OTHER, expires=expires))
        yield Case(name, TRUST, _acted(log, OTHER), good)
    for name, act, iat, good in (
        ("a good revocation without effect", revoke_act(STATION_KEY), IAT, False),
        ("a revocation from the future", revoke_act(STATION_KEY), "2026-11-23T10:06:00+01:00", True),
        ("a revocation before the last act", revoke_act(STATION_KEY), "2026-11-23T09:59:59+01:00", True),
        ("a bad revocation without effect", revoke_act(OTHER), IAT, True),
        ("a party that a station wanted", party_act(REGULATOR, "regulator"), IAT, True),
    ):
        log = founded()
        key = STATION_KEY if "station" in name else ADMIN_KEY
        log.register(key, MAKER, act, "none", iat)
        yield Case(name, TRUST, _acted(log, STATION_KEY), good)
    yield Case("another root document", Trust(ORIGIN, LOG_KEY.verifier, Authority(AUTHORITY, 1, (OTHER.public,))),
               _acted(founded()))  # fmt: skip


def _trust_of(threshold: int, *keys: PrivateKey, log: LogKey = LOG_KEY) -> Trust:
    return Trust(ORIGIN, log.verifier, Authority(AUTHORITY, threshold, tuple(key.public for key in keys)))


def _successions() -> Iterator[Case]:
    new_log = LogKey.from_seed(ORIGIN, bytes(reversed(range(32))))
    old, new = _trust_of(2, AUTHORITY_KEY, OTHER), _trust_of(2, OTHER, SECOND, THIRD, log=new_log)
    for name, signers, log_key, good in (
        ("a succession with a new key of the log", (AUTHORITY_KEY, SECOND, OTHER), new_log, True),
        ("a succession under the old key of the log", (AUTHORITY_KEY, SECOND, OTHER), LOG_KEY, True),
        ("a succession that half of them have signed", (AUTHORITY_KEY, AUTHORITY_KEY, SECOND), LOG_KEY, True),
        ("a new key of the log that half of them have signed", (AUTHORITY_KEY, SECOND), new_log, False),
        ("a key of the log that nobody has signed", (AUTHORITY_KEY, SECOND, OTHER), LogKey.from_seed(ORIGIN, bytes(32)), False),
    ):  # fmt: skip
        log = SmallLog(old)
        log.register(AUTHORITY_KEY, AUTHORITY, party_act(MAKER, "maker"))
        log.register(AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "administrator", ADMIN_KEY))
        for key in signers:
            log.register(key, AUTHORITY, new.to_act())
        log.log_key = log_key
        yield Case(name, old, _acted(log), good)
    for name, key, good in (
        ("a retired authority", AUTHORITY_KEY, False),
        ("the new authority", THIRD, True),
    ):
        log = SmallLog(old)
        for signer in (AUTHORITY_KEY, SECOND, OTHER):
            log.register(signer, AUTHORITY, new.to_act())
        log.register(key, AUTHORITY, party_act(MAKER, "maker"))
        log.register(THIRD, AUTHORITY, key_act(MAKER, "administrator", ADMIN_KEY))
        yield Case(f"registered by {name}", old, _acted(log), good)
    log = SmallLog(old)
    log.register(AUTHORITY_KEY, AUTHORITY, new.to_act())
    yield Case("a candidate that signs something else", old, _acted(log, SECOND, AUTHORITY))
    for name, document in (
        ("a root document of another log", Trust("other.example", LOG_KEY.verifier, Authority(AUTHORITY, 1, (OTHER.public,)))),
        ("a root document with a key in use", _trust_of(1, STATION_KEY)),
    ):  # fmt: skip
        log = founded()
        log.register(AUTHORITY_KEY, AUTHORITY, document.to_act())
        yield Case(name, TRUST, _acted(log))


def _entries() -> Iterator[Case]:
    log = founded()
    log.register(AUTHORITY_KEY, AUTHORITY, party_act(REGULATOR, "regulator"))
    whole = _acted(log, STATION_KEY)
    entries = whole.registry or ()
    for name, kept in {
        "the last one left out": entries[:-1],
        "the first one left out": entries[1:],
        "one left out": (*entries[:1], *entries[2:]),
        "two the other way round": (entries[0], entries[2], entries[1], entries[3]),
        "one twice": (*entries, entries[-1]),
        "none at all": (),
        "another outcome": (*entries[:3], entries[3].replace(b" effect ", b" none ")),
    }.items():
        yield Case(f"registry entries, {name}", TRUST, whole.with_registry(kept))
    kid = AUTHORITY_KEY.public.kid
    seq, prev = log.chains[kid]
    for wrong in ((seq - 1, prev), (seq, log.entries[0].statement_id), (seq + 1, prev)):
        fork = founded()
        fork.register(AUTHORITY_KEY, AUTHORITY, party_act(REGULATOR, "regulator"))
        fork.chains[kid] = wrong
        fork.register(AUTHORITY_KEY, AUTHORITY, party_act(MAKER, "wholesaler"))
        yield Case(f"a chain that goes on as {wrong[0]} after {seq}", TRUST, _acted(fork))


# Erased bodies

SNAPSHOT = "B" * 43


def seen_act(size: int) -> bytes:
    return compact({"type": "snapshot", "size": size, "snapshot": SNAPSHOT})


def erase_act(size: int, *statements: str, **more: str) -> bytes:
    named = [{"id": one, "kept": "A" * 43} for one in statements]
    act = {"type": "erase", "statements": named, "size": size, "snapshot": SNAPSHOT, "reason": "court_order"}
    return compact(act | more)


def erasing() -> tuple[SmallLog, str]:
    """A log with a regulator, and a statement at position 6 that a countersigned snapshot of 7 entries covers."""
    log = founded()
    log.register(AUTHORITY_KEY, AUTHORITY, party_act(REGULATOR, "regulator"))
    log.register(AUTHORITY_KEY, AUTHORITY, key_act(REGULATOR, "administrator", OTHER))
    log.register(OTHER, REGULATOR, key_act(REGULATOR, "regulator", SECOND))
    position = log.act(STATION_KEY, MAKER, body_of(2))
    log.register(SECOND, REGULATOR, seen_act(position + 1))
    return log, log.entries[position].statement_id


ERASES = {
    "erased": (AUTHORITY_KEY, AUTHORITY, {}, True),
    "erased by an administrator": (ADMIN_KEY, MAKER, {}, False),
    "erased by a regulator": (SECOND, REGULATOR, {}, False),
    "erased by another snapshot": (AUTHORITY_KEY, AUTHORITY, {"snapshot": "C" * 43}, False),
}  # fmt: skip


def _erasures() -> Iterator[Case]:
    for name, (key, party, more, good) in ERASES.items():
        log, identity = erasing()
        position = log.register(key, party, erase_act(7, identity, **more))
        bare = carried(log, 6, whole=False)
        taken = msgspec.structs.replace(bare, erased=carried(log, position))
        yield Case(name, TRUST, taken, good)
        yield Case(f"{name}, then something else", TRUST, _acted(log), good)
    log, identity = erasing()
    other = log.act(STATION_KEY, MAKER, body_of(1))
    position = log.register(AUTHORITY_KEY, AUTHORITY, erase_act(7, identity, log.entries[other].statement_id))
    by = carried(log, position)
    for name, receipt in {
        "an erase whose snapshot does not cover it": msgspec.structs.replace(carried(log, other, whole=False), erased=by),
        "a body beside its erase": msgspec.structs.replace(carried(log, 6), erased=by),
        "an erase inside of an erase": msgspec.structs.replace(carried(log, 6, whole=False), erased=msgspec.structs.replace(by, erased=by)),
        "an erase without its registry": msgspec.structs.replace(carried(log, 6, whole=False), erased=log.receipt(position)),
        "an erase that is no erase": msgspec.structs.replace(carried(log, 6, whole=False), erased=carried(log, other, whole=False)),
        "an erase of another statement": msgspec.structs.replace(_acted(log, STATION_KEY), body=None, erased=by),
    }.items():  # fmt: skip
        yield Case(name, TRUST, receipt)
    log, identity = erasing()
    log.register(AUTHORITY_KEY, AUTHORITY, erase_act(7, identity))
    log.register(AUTHORITY_KEY, AUTHORITY, erase_act(7, identity))
    yield Case("an erase twice", TRUST, _acted(log))
    log, identity = erasing()
    position = log.register(AUTHORITY_KEY, AUTHORITY, erase_act(7, identity), "none")
    receipt = msgspec.structs.replace(carried(log, 6, whole=False), erased=carried(log, position))
    yield Case("an erase without effect", TRUST, receipt)
    yield Case("an erase for later entries", TRUST, _acted(log), good=True)
