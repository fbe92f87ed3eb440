"""A small log in memory, made with the proof room alone: an authority, a party, its keys and a few acts."""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO

from traceability.proof.bundle import CHECKPOINT, BundleWriter, statement_order
from traceability.proof.checkpoint import Checkpoint, sign
from traceability.proof.entry import Entry
from traceability.proof.keyring import possession_text
from traceability.proof.merkle import Frontier, TileReader, inclusion_proof, new_tiles, tree_root
from traceability.proof.receipt import Receipt
from traceability.proof.signing import LogKey, PrivateKey, b64
from traceability.proof.statement import Body, Statement, draft_custody, draft_registry
from traceability.proof.statement import sign as sign_statement
from traceability.proof.trust import Authority, Trust

ORIGIN = "log.example/test-1"
AUTHORITY, MAKER, REGULATOR = "9521000000006", "9521000000013", "9521000000020"
AUTHORITY_KEY, ADMIN_KEY, STATION_KEY = (PrivateKey.from_scalar(n) for n in (11, 12, 13))
LOG_KEY = LogKey.from_seed(ORIGIN, bytes(range(32)))
TRUST = Trust(ORIGIN, LOG_KEY.verifier, Authority(AUTHORITY, 1, (AUTHORITY_KEY.public,)))
IAT = "2026-11-23T10:00:00+01:00"
CORE = (
    b'{"type":"ObjectEvent","eventTime":"2026-11-23T10:00:00+01:00","eventTimeZoneOffset":"+01:00",'
    b'"action":"OBSERVE","bizStep":"shipping","disposition":"in_transit"}'
)
TERMS = '{"meaning":"shipped","signer":"Zoë 王"}'.encode()


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def party_act(gln: str, *roles: str) -> bytes:
    return compact({"type": "party", "gln": gln, "name": "A party", "roles": roles, "country": "DE"})


def key_act(party: str, role: str, key: PrivateKey, origin: str = ORIGIN, **more: str) -> bytes:
    proof = key.sign(possession_text(origin, party, role, key.public.kid))
    act = {
        "type": "key",
        "party": party,
        "role": role,
        "jwk": json.loads(key.public.jwk),
        "proof": b64(proof),
    }
    return compact(act | more)


def revoke_act(key: PrivateKey, reason: str = "lost", since: str = IAT) -> bytes:
    return compact({"type": "revoke", "kid": key.public.kid, "reason": reason, "since": since})


def body_of(count: int, nonce: int = 7) -> Body:
    items = tuple(f"ehttps://id.gs1.org/01/09521321000012/21/S{n:04}" for n in range(count))
    return Body(bytes([nonce]) * 32, CORE, TERMS, items)


class SmallLog:
    """Signs, admits without any rule, and hands out receipts."""

    def __init__(self, trust: Trust = TRUST, log_key: LogKey = LOG_KEY) -> None:
        self.trust, self.log_key = trust, log_key
        self.entries: list[Entry] = []
        self.bodies: dict[int, Body] = {}
        self.registry: list[int] = []
        self.head = Frontier()
        self.chains: dict[str, tuple[int, str]] = {}

    def draft(self, key: PrivateKey, party: str, iat: str, content: bytes | Body) -> Statement:
        seq, prev = self.chains.get(key.public.kid, (0, ""))
        if isinstance(content, Body):
            claims = draft_custody(self.trust.origin, party, iat, seq, prev, content)
        else:
            claims = draft_registry(self.trust.origin, party, iat, seq, prev, content)
        return sign_statement(claims, key)

    def admit(
        self, statement: Statement, outcome: str = "effect", admitted: str = "2026-11-23T09:00:01.250Z"
    ) -> int:
        entry = Entry(admitted, outcome, 1, self.head.root(), statement.jws)
        position = len(self.entries)
        self.entries.append(entry)
        self.chains[statement.kid] = (statement.claims.seq + 1, statement.id)
        if statement.typ == "registry+jws":
            self.head.append(entry.leaf_hash)
            self.registry.append(position)
        return position

    def register(
        self, key: PrivateKey, party: str, act: bytes, outcome: str = "effect", iat: str = IAT
    ) -> int:
        return self.admit(self.draft(key, party, iat, act), outcome)

    def act(self, key: PrivateKey, party: str, body: Body, outcome: str = "effect") -> int:
        position = self.admit(self.draft(key, party, IAT, body), outcome)
        self.bodies[position] = body
        return position

    def registry_entries(self, before: int | None = None) -> list[bytes]:
        return [self.entries[at].to_bytes() for at in self.registry if before is None or at < before]

    def reader(self) -> TileReader:
        tiles = new_tiles(0, [entry.leaf_hash for entry in self.entries], lambda level, index: b"")
        return TileReader(lambda level, index: tiles.get((level, index), b""))

    def note(self) -> str:
        size = len(self.entries)
        return sign(Checkpoint(self.trust.origin, size, tree_root(self.reader(), size)), self.log_key)

    def receipt(self, position: int, *, whole: bool = True) -> Receipt:
        proof = inclusion_proof(self.reader(), position, len(self.entries))
        body = self.bodies.get(position) if whole else None
        return Receipt(self.entries[position], position, proof, self.note(), body)


def founded() -> SmallLog:
    """A log in which the maker has an administrator and a station."""
    log = SmallLog()
    log.register(AUTHORITY_KEY, AUTHORITY, party_act(MAKER, "maker"))
    log.register(AUTHORITY_KEY, AUTHORITY, key_act(MAKER, "administrator", ADMIN_KEY))
    log.register(ADMIN_KEY, MAKER, key_act(MAKER, "station", STATION_KEY))
    return log


def make_bundle(
    note: str, registry: Iterable[Receipt], statements: Iterable[Receipt], extras: Mapping[str, bytes]
) -> bytes:
    """The bundle of some statements, as the bytes of its ZIP file.

    `registry` are the receipts of all registry entries under the checkpoint in `note`, in order; `statements`
    those of custody statements, with as much of their bodies as the reader may see. Each must be proven
    against `note`. `extras` are files for people: trace.csv, README.txt, verifier.py and the like.
    """
    target = BytesIO()
    writer = BundleWriter(target, BytesIO(), BytesIO(), note)
    proven = {receipt.index: receipt for receipt in statements}
    waiting = sorted({**extras, CHECKPOINT: note.encode()}.items())
    for folder in ("registry/", "statements/", "~"):
        while waiting and waiting[0][0] < folder:
            writer.add(*waiting.pop(0))
        if folder == "registry/":
            writer.registry(registry)
        elif folder == "statements/":
            writer.statements(proven[position] for position in statement_order(proven))
    writer.close(lambda source, out: out.write(source.read()))
    return target.getvalue()
