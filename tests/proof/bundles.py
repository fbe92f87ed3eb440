"""Evidence bundles, and what may be wrong inside of one whose archive and manifest fit."""

from registries import erase_act, erasing
from small_log import (
    ADMIN_KEY,
    AUTHORITY,
    AUTHORITY_KEY,
    MAKER,
    STATION_KEY,
    SmallLog,
    body_of,
    founded,
    make_bundle,
    revoke_act,
)

from traceability.proof.bundle import read_bundle, write_bundle

BODY = body_of(5)
EXTRAS = {"README.txt": b"Read me.\n", "trace.csv": b"item,where\n", "verifier.py": b"# stand-in\n"}


def traced() -> SmallLog:
    log = founded()
    log.act(STATION_KEY, MAKER, BODY)
    log.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
    log.act(ADMIN_KEY, MAKER, body_of(2, nonce=8), "none")
    return log


def bundle_of(log: SmallLog) -> bytes:
    first, second = sorted(log.bodies)
    statements = [log.receipt(second), log.receipt(first).disclosing(BODY, BODY.items[1:3])]
    return make_bundle(log.note(), [log.receipt(at) for at in log.registry], statements, EXTRAS)


LOG = traced()
BUNDLE = bundle_of(LOG)
FILES = read_bundle(BUNDLE)


# With an archive and a manifest that fit: what is inside must still be refused, and named.


def sealed(changes: dict[str, bytes | None]) -> bytes:
    files = {name: content for name, content in {**FILES, **changes}.items() if content is not None}
    return write_bundle(files)


def swapped(name: str, old: bytes, new: bytes) -> bytes:
    assert old in FILES[name]
    return sealed({name: FILES[name].replace(old, new, 1)})


GROWN = traced()
GROWN.act(ADMIN_KEY, MAKER, body_of(1))
STALE = founded()
STALE.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
STALE_HEAD, STALE.head = STALE.head, founded().head
STALE.act(STATION_KEY, MAKER, BODY)
STALE.head = STALE_HEAD
STALE.act(ADMIN_KEY, MAKER, BODY)


REVOKED = founded()
REVOKED.register(ADMIN_KEY, MAKER, revoke_act(STATION_KEY))
REVOKED.act(STATION_KEY, MAKER, BODY)
REVOKED.act(ADMIN_KEY, MAKER, BODY)


def _erasing(signed_by: object = AUTHORITY_KEY, party: str = AUTHORITY, size: int = 7, **more: str) -> bytes:
    """A bundle with a statement at position 6 whose body an `erase` names."""
    log, identity = erasing()
    log.register(signed_by, party, erase_act(size, identity, **more))  # type: ignore[arg-type]
    return make_bundle(
        log.note(), [log.receipt(at) for at in log.registry], [log.receipt(6, whole=False)], {}
    )


def _erasing_later() -> bytes:
    """The `erase` names a statement that its snapshot is too old for."""
    log, _ = erasing()
    later = log.act(STATION_KEY, MAKER, body_of(1))
    log.register(AUTHORITY_KEY, AUTHORITY, erase_act(7, log.entries[later].statement_id))
    statement = log.receipt(later, whole=False)
    return make_bundle(log.note(), [log.receipt(at) for at in log.registry], [statement], {})


ERASED = _erasing()

CASES = {
    "an entry left out": (sealed({"statements/3.entry": None}), "statements/3"),
    "a proof left out": (sealed({"statements/3.proof": None}), "statements/3.proof"),
    "a registry entry left out": (sealed({"registry/000001.entry": None, "registry/000001.proof": None}), "registry/000001"),
    "the last registry entry left out": (
        sealed({"registry/000003.entry": None, "registry/000003.proof": None}),
        "statements/5.entry",
    ),
    "a stray proof": (sealed({"statements/9.proof": FILES["statements/3.proof"]}), "statements/9"),
    "a stray disclosure": (sealed({"statements/9.disclosure.json": b"{}"}), "statements/9"),
    "a statement at another position": (
        sealed({"statements/4.entry": FILES["statements/3.entry"], "statements/4.proof": FILES["statements/3.proof"]}),
        "statements/4.proof",
    ),
    "a proof for another checkpoint": (
        sealed({"statements/3.proof": str(GROWN.receipt(3).tlog_proof).encode()}),
        "statements/3.proof",
    ),
    "another checkpoint": (sealed({"checkpoint": GROWN.note().encode()}), "registry/000000.proof"),
    "a registry statement among statements": (
        sealed({"statements/0.entry": FILES["registry/000000.entry"], "statements/0.proof": FILES["registry/000000.proof"]}),
        "statements/0.entry",
    ),
    "a whole body under another entry": (
        sealed({"statements/3.disclosure.json": FILES["statements/5.disclosure.json"]}),
        "statements/3.disclosure.json",
    ),
    "an empty disclosure file": (sealed({"statements/3.disclosure.json": b"{}"}), "statements/3.disclosure.json"),
    "terms that were not signed": (swapped("statements/5.disclosure.json", b"shipped", b"dropped"), "statements/5.disclosure.json"),
    "an item that was not signed": (swapped("statements/3.disclosure.json", b"S0001", b"S0009"), "statements/3.disclosure.json"),
    "another outcome": (swapped("statements/5.entry", b" none ", b" effect "), "statements/5.proof"),
    "another admitted time": (swapped("registry/000000.entry", b"09:00", b"08:00"), "registry/000000.proof"),
    "a checkpoint that is none": (sealed({"registry/000000.proof": b""}), "registry/000000.proof"),
    "an erase by an administrator": (_erasing(ADMIN_KEY, MAKER), "registry/000007.entry"),
    "an erase by a snapshot that nobody countersigned": (_erasing(snapshot="C" * 43), "registry/000007.entry"),
    "an erase by a snapshot of another size": (_erasing(size=6), "registry/000007.entry"),
    "an erase of what its snapshot does not cover": (_erasing_later(), "statements/8.entry"),
    "a statement signed with a revoked key": (bundle_of(REVOKED), "statements/4.entry"),
    "a statement backdated": (swapped("statements/3.entry", b"T09:00:01", b"T08:00:01"), "statements/3.proof"),
    "an admission under a registry head of the past": (bundle_of(STALE), "statements/4.entry"),
}  # fmt: skip
