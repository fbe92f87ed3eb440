#!/usr/bin/env python3
"""Checks an evidence bundle or a receipt of a custody log, alone: this file, Python 3.11 or newer, and the
package `ecdsa` (pip install ecdsa). It shares no code with the server that made the evidence.

    python verifier.py BUNDLE.zip --trust trust.json
    python verifier.py RECEIPT.json --trust trust.json

trust.json pins the log's key and the authority's keys: get it from the authority, not with the evidence.
Exit status: 0 all of it verified, 1 something did not and is named, 2 called wrongly.
"""

import argparse
import base64
import binascii
import bisect
import codecs
import csv
import hashlib
import hmac
import io
import json
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, BinaryIO, NamedTuple, TypeVar
from urllib.parse import quote, unquote

try:
    import ecdsa
except ImportError:
    sys.exit("This program needs the package ecdsa: pip install ecdsa")

T = TypeVar("T")
Json = dict[str, Any]
DIGEST = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}"
PATTERNS = {
    "log": r"[!#-*,-\[\]-~]{1,255}",
    "iss": r"[0-9]{13}",
    "iat": TIME,
    "prev": f"({DIGEST})?",
    "core": DIGEST,
    "terms": DIGEST,
    "items": DIGEST,
}
DEVICE_ROLES = ("operator", "pharmacist", "quality", "station", "regulator")


class Refused(Exception):
    """Something did not verify; the message names it."""


def demand(holds: object, what: str) -> None:
    if not holds:
        raise Refused(what)


def within(part: str, step: Callable[[], T]) -> T:
    """One step, its failure named by the part in which it failed."""
    try:
        return step()
    except Refused as refused:
        raise Refused(f"{part}: {refused}") from refused


# Encodings: one spelling each


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def decode64(text: Any, *, url: bool = True) -> bytes:
    demand(isinstance(text, str), "expected base64 in a text")
    try:
        if url:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        else:
            data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    demand(encode64(data, url=url) == text, f"expected base64{'url' if url else ''}, got {text[:60]!a}")
    return data


def encode64(data: bytes, *, url: bool = True) -> str:
    return (base64.urlsafe_b64encode(data).rstrip(b"=") if url else base64.b64encode(data)).decode()


def utf8(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(f"{what} is not UTF-8") from error


def read_json(text: str, what: str) -> Any:
    """JSON in which no member occurs twice at any depth."""

    def collect(pairs: list[tuple[str, Any]]) -> Json:
        demand(len(dict(pairs)) == len(pairs), f"a member occurs twice in {what}")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=collect)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what} is not JSON: {error}") from error


def spell(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def members(value: Any, names: str, what: str) -> Json:
    """A JSON object with these members in this order; those with a question mark may be absent."""
    demand(isinstance(value, dict), f"expected an object in {what}")
    wanted = [name.rstrip("?") for name in names.split() if not name.endswith("?") or name[:-1] in value]
    demand(list(value) == wanted and None not in value.values(), f"expected the members {names} in {what}")
    found: Json = value
    return found


def texts(value: Json, names: str, what: str) -> None:
    demand(all(isinstance(value[name], str) for name in names.split()), f"expected texts in {what}")


def moment(text: str) -> datetime:
    """A time with its offset from UTC."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"the calendar does not have the time {text}") from error


def verify_time(text: Any) -> None:
    spelt = isinstance(text, str) and re.fullmatch(TIME, text) and text[-2:] < "60" and text[-6:] != "-00:00"
    demand(spelt, "expected a time as YYYY-MM-DDThh:mm:ss±hh:mm")
    moment(text)


# Signatures


class PublicKey(NamedTuple):
    """A P-256 key and its RFC 7638 thumbprint."""

    jwk: str
    kid: str
    key: Any

    def verify(self, signature: bytes, message: bytes) -> None:
        try:
            self.key.verify(signature, message, hashfunc=hashlib.sha256)
        except (ecdsa.BadSignatureError, ecdsa.util.MalformedSignature, ValueError) as error:
            raise Refused(f"not signed by the key {self.kid}") from error


@lru_cache(maxsize=4096)
def public_key(jwk: str) -> PublicKey:
    value = members(read_json(jwk, "key"), "crv kty x y", "key")
    demand((value["crv"], value["kty"]) == ("P-256", "EC") and spell(value) == jwk, "expected a P-256 key")
    x, y = decode64(value["x"]), decode64(value["y"])
    demand(len(x) == len(y) == 32, "expected coordinates of 32 bytes")
    try:
        key = ecdsa.VerifyingKey.from_string(x + y, curve=ecdsa.NIST256p)
    except (ecdsa.errors.MalformedPointError, ValueError) as error:
        raise Refused("the key is no point of P-256") from error
    return PublicKey(jwk, encode64(sha256(jwk.encode())), key)


class LogKey(NamedTuple):
    """An Ed25519 key of signed notes (C2SP signed-note)."""

    text: str
    name: str
    key_id: bytes
    key: Any

    @classmethod
    def parse(cls, text: Any) -> "LogKey":
        demand(isinstance(text, str) and text.count("+") >= 2, "expected a verifier key, name+id+base64")
        name, key_id, encoded = text.split("+", 2)
        data = decode64(encoded, url=False)
        demand(name and len(data) == 33 and data[0] == 1, "expected an Ed25519 verifier key")
        found = sha256(name.encode() + b"\n" + data)[:4]
        demand(found.hex() == key_id, "the key id does not fit name and key")
        try:
            key = ecdsa.VerifyingKey.from_string(data[1:], curve=ecdsa.Ed25519)
        except (ecdsa.errors.MalformedPointError, ValueError) as error:
            raise Refused("the log's key is no point of Ed25519") from error
        return cls(text, name, found, key)

    def verify(self, signature: bytes, message: bytes) -> None:
        try:
            self.key.verify(signature, message)
        except (ecdsa.BadSignatureError, ecdsa.util.MalformedSignature, ValueError) as error:
            raise Refused(f"not signed by the key {self.name}") from error


# The tree (RFC 6962) and the checkpoint (C2SP tlog-checkpoint, tlog-proof)


def merkle_root(hashes: list[bytes]) -> bytes:
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + merkle_root(hashes[:split]) + merkle_root(hashes[split:]))


class GrowingRoot:
    """The root over hashes appended one by one."""

    def __init__(self) -> None:
        self.size, self.edge = 0, list[bytes]()

    def append(self, leaf: bytes) -> None:
        for _ in range(((self.size + 1) & -(self.size + 1)).bit_length() - 1):
            leaf = sha256(b"\x01" + self.edge.pop() + leaf)
        self.edge.append(leaf)
        self.size += 1

    def append_subtree(self, level: int, node: bytes) -> None:
        """2^level leaves at once, by the root over them."""
        demand(self.size % (1 << level) == 0, "no subtree of this height begins here")
        self.size += 1 << level
        size = self.size >> level
        for _ in range((size & -size).bit_length() - 1):
            node = sha256(b"\x01" + self.edge.pop() + node)
        self.edge.append(node)

    def root(self) -> bytes:
        if not self.edge:
            return sha256(b"")
        root = self.edge[-1]
        for left in self.edge[-2::-1]:
            root = sha256(b"\x01" + left + root)
        return root


def verify_consistency(old: int, new: int, path: list[bytes], old_root: bytes, new_root: bytes) -> None:
    """RFC 9162 section 2.1.4.2: the tree of `old` leaves is a beginning of that of `new`."""
    what = "the log of the snapshot is not a beginning of this one"
    demand(0 < old <= new, what)
    if old == new:
        demand(not path and old_root == new_root, what)
        return
    steps = [old_root, *path] if not old & (old - 1) else path
    demand(steps, what)
    place, last = old - 1, new - 1
    while place % 2:
        place, last = place // 2, last // 2
    before = after = steps[0]
    for step in steps[1:]:
        demand(last > 0, what)
        if place % 2 or place == last:
            before, after = sha256(b"\x01" + step + before), sha256(b"\x01" + step + after)
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            after = sha256(b"\x01" + after + step)
        place, last = place // 2, last // 2
    demand(last == 0 and before == old_root and after == new_root, what)


def verify_inclusion(leaf: bytes, index: int, size: int, path: list[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2."""
    demand(index < size, "the position is not in the tree")
    place, last = index, size - 1
    for sibling in path:
        demand(last > 0, "too long")
        if place % 2 or place == last:
            leaf = sha256(b"\x01" + sibling + leaf)
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            leaf = sha256(b"\x01" + leaf + sibling)
        place, last = place // 2, last // 2
    demand(last == 0 and leaf == root, "does not lead to the root of the checkpoint")


class Checkpoint:
    """A signed note over origin, size and root."""

    def __init__(self, note: str) -> None:
        self.note = note
        head, blank, lines = note.rpartition("\n\n")
        demand(
            blank and lines.endswith("\n") and not re.search(r"[\x00-\x09\x0b-\x1f]", note),
            "not a signed note",
        )
        self.text = head + "\n"
        fields = head.split("\n")
        demand(len(fields) == 3 and all(fields), "expected origin, size and root, each on its line")
        demand(re.fullmatch(r"0|[1-9][0-9]{0,18}", fields[1]), "expected a size")
        self.origin, self.size, self.root = fields[0], int(fields[1]), decode64(fields[2], url=False)
        demand(len(self.root) == 32, "expected a root of 32 bytes")
        self.signatures = [self.signature(line) for line in lines[:-1].split("\n")]

    @staticmethod
    def signature(line: str) -> tuple[str, bytes]:
        name, _, encoded = line[2:].partition(" ")
        data = decode64(encoded, url=False)
        named = line[:2] == "\u2014 " and name and "+" not in name and name.split() == [name]
        demand(named and len(data) > 4, "expected a signature line")
        return name, data

    def verify(self, origin: str, keys: list[LogKey]) -> None:
        demand(self.origin == origin, f"it is of the log {self.origin}, not of {origin}")
        for name, data in self.signatures:
            for key in keys:
                if (name, data[:4]) == (key.name, key.key_id):
                    return key.verify(data[4:], self.text.encode())
        raise Refused("not signed by the log's key")


class Proof:
    """A C2SP tlog-proof without extra data."""

    def __init__(self, text: str) -> None:
        head, blank, self.note = text.partition("\n\n")
        first, *lines = head.split("\n")
        demand(blank and first == "c2sp.org/tlog-proof@v1" and lines, "not a tlog-proof")
        demand(re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines[0]), "expected the index of the entry")
        self.index = int(lines[0][6:])
        self.path = [decode64(line, url=False) for line in lines[1:]]
        demand(all(len(step) == 32 for step in self.path), "expected hashes of 32 bytes")


# Statements and entries


class Statement:
    """A JWS of one spelling."""

    def __init__(self, jws: bytes) -> None:
        parts = utf8(jws, "statement").split(".")
        demand(len(parts) == 3, "expected a statement of three parts")
        header = utf8(decode64(parts[0]), "header")
        payload = utf8(decode64(parts[1]), "claims")
        self.signature = decode64(parts[2])
        demand(len(self.signature) == 64, "expected a signature of 64 bytes")
        self.signing_input = f"{parts[0]}.{parts[1]}".encode()
        self.id = encode64(sha256(self.signing_input))
        head = members(read_json(header, "header"), "alg kid typ", "header")
        self.kid = head["kid"]
        self.is_registry = head["typ"] == "registry+jws"
        demand(
            head["alg"] == "ES256" and (self.is_registry or head["typ"] == "custody+jws"), "wrong alg or typ"
        )
        demand(re.fullmatch(DIGEST, str(self.kid)) and spell(head) == header, "the header is not canonical")
        names = "v log iss iat seq prev " + ("act" if self.is_registry else "core terms items")
        self.claims = members(read_json(payload, "claims"), names, "claims")
        demand(spell(self.claims) == payload and "\\" not in payload, "the claims are not canonical")
        self.verify_claims(names.split())
        self.act = self.claims.get("act", {})
        demand(isinstance(self.act, dict) and is_plain(self.act), "expected a plain act")

    def verify_claims(self, names: list[str]) -> None:
        claims = self.claims
        for name in names:
            if name in PATTERNS:
                demand(
                    isinstance(claims[name], str) and re.fullmatch(PATTERNS[name], claims[name]),
                    f"wrong {name}",
                )
        seq = claims["seq"]
        demand(type(claims["v"]) is int and claims["v"] == 1, "expected version 1")
        demand(type(seq) is int and 0 <= seq < 2**53, "wrong seq")
        demand((seq == 0) == (claims["prev"] == ""), "prev does not fit seq")
        verify_time(claims["iat"])


def is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(
            re.fullmatch(r"[A-Za-z][A-Za-z0-9_:.-]*", name) and is_plain(value[name]) for name in value
        )
    if isinstance(value, list):
        return all(map(is_plain, value))
    return abs(value) < 2**53 if isinstance(value, int) else value is None or isinstance(value, str)


class Entry:
    """The three lines that the log holds."""

    def __init__(self, data: bytes) -> None:
        demand(len(data) <= 65535, "expected at most 65535 bytes")
        lines = data.split(b"\n")
        demand(
            len(lines) == 4 and lines[0] == b"custody-entry/1" and not lines[3],
            "expected an entry of three lines",
        )
        head = re.fullmatch(
            r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z) (effect|none)"
            rf" (0|[1-9][0-9]{{0,8}}) ({DIGEST})",
            utf8(lines[1], "entry"),
        )
        if head is None:
            raise Refused("expected time, outcome, rules version and registry head in line 2")
        self.data = data
        self.admitted = head[1]
        moment(self.admitted)
        self.effect = head[2] == "effect"
        self.registry_head = decode64(head[4])
        self.leaf = sha256(b"\x00" + data)
        self.statement = within("statement", lambda: Statement(lines[2]))


# The registry: which key is good at which place


class Signer(NamedTuple):
    """A registered key from some registry entry on."""

    key: PublicKey
    party: str
    role: str
    expires: str | None = None
    revoked: bool = False


class Trust:
    """The root document."""

    def __init__(self, value: Any) -> None:
        value = members(value, "v origin log authority", "root document")
        demand(type(value["v"]) is int and value["v"] == 1, "expected a root document of version 1")
        authority = members(value["authority"], "gln threshold keys", "root document")
        self.origin, self.log = value["origin"], LogKey.parse(value["log"])
        self.gln, self.threshold = authority["gln"], authority["threshold"]
        demand(isinstance(self.origin, str) and re.fullmatch(PATTERNS["log"], self.origin), "wrong origin")
        demand(isinstance(self.gln, str) and re.fullmatch(PATTERNS["iss"], self.gln), "wrong GLN")
        keys = authority["keys"]
        demand(isinstance(keys, list), "expected a list of authority keys")
        self.keys = [public_key(key if isinstance(key, str) else spell(key)) for key in keys]
        demand(
            type(self.threshold) is int
            and len({key.kid for key in self.keys}) == len(keys)
            and 1 <= self.threshold <= len(keys),
            "expected different authority keys, and a threshold from 1 to their number",
        )


class Erasure(NamedTuple):
    """A statement's body that the authority has had erased by law."""

    party: str
    admitted: str
    reason: str
    size: int


class Registry:
    """Registry entries, verified in order; every state of a key is kept with the entry that made it so."""

    def __init__(self, trust: Trust) -> None:
        self.trust = trust
        self.log_keys = [trust.log]
        self.roles: dict[str, list[str]] = {}
        self.signers: dict[str, list[tuple[int, Signer]]] = {}
        self.proposals: dict[str, tuple[Trust, set[str]]] = {}
        self.rules: list[tuple[int, int]] = []
        self.countersigned: dict[str, list[str]] = {}
        self.closed: dict[tuple[Any, Any], Json] = {}
        self.noted: dict[tuple[str, str], tuple[str, str]] = {}
        self.erased: dict[str, Erasure] = {}
        self.chains: dict[str, tuple[int, str, str]] = {}
        self.tree = GrowingRoot()
        self.heads = {self.tree.root(): 0}
        for key in trust.keys:
            self.signers[key.kid] = [(0, Signer(key, trust.gln, "authority"))]

    def put(self, signer: Signer) -> None:
        """A state of a key, good from the registry entry that is being added on."""
        self.signers.setdefault(signer.key.kid, []).append((self.tree.size + 1, signer))

    def signer(self, kid: str, size: int) -> Signer | None:
        """The state of a key after the first `size` registry entries."""
        states = self.signers.get(kid, [])
        at = bisect.bisect_right(states, size, key=lambda state: state[0])
        return states[at - 1][1] if at else None

    def good_signer(self, statement: Statement, size: int, admitted: str) -> Signer:
        claims = statement.claims
        demand(claims["log"] == self.trust.origin, f"the statement is for the log {claims['log']}")
        signer = self.signer(statement.kid, size)
        if signer is None:
            raise Refused(f"the key {statement.kid} is not registered")
        demand(signer.party == claims["iss"], f"the key {statement.kid} does not belong to {claims['iss']}")
        demand(not signer.revoked, f"the key {statement.kid} was revoked")
        if signer.expires is not None and moment(admitted) > moment(signer.expires):
            late = self.is_late(statement, size, admitted, signer.expires)
            demand(late, f"the key {statement.kid} has expired")
        candidate = signer.role == "candidate"
        demand(
            not candidate or statement.act.get("type") == "root", "this key may only sign its root document"
        )
        return signer

    def is_late(self, statement: Statement, size: int, admitted: str, expires: str) -> bool:
        """From rules version 3 on, what a key signed by its last day may arrive within 240 hours of it."""
        version = max((version for since, version in self.rules if since <= size), default=0)
        signed, arrived, ends = moment(statement.claims["iat"]), moment(admitted), moment(expires)
        within_days = (arrived - ends).total_seconds() <= 240 * 3600
        return version >= 3 and not statement.is_registry and signed <= ends and within_days

    def size_at(self, head: bytes) -> int:
        demand(head in self.heads, "the registry head is not one of these registry entries: some are missing")
        return self.heads[head]

    def add(self, entry: Entry) -> None:
        within(f"registry entry {self.tree.size}", lambda: self.add_entry(entry))

    def add_entry(self, entry: Entry) -> None:
        statement = entry.statement
        demand(statement.is_registry, "expected a registry statement")
        demand(entry.registry_head == self.tree.root(), "the registry head is not over the entries before it")
        signer = self.good_signer(statement, self.tree.size, entry.admitted)
        signer.key.verify(statement.signature, statement.signing_input)
        seq, previous, effective = self.chains.get(statement.kid, (-1, "", ""))
        claims = statement.claims
        follows = claims["seq"] > seq and (
            not previous or (claims["seq"] == seq + 1) == (claims["prev"] == previous)
        )
        demand(follows, "does not follow the last statement of its key")
        self.chains[statement.kid] = (
            claims["seq"],
            statement.id,
            claims["iat"] if entry.effect else effective,
        )
        if entry.effect:
            self.apply(signer, statement.act, entry.admitted)
            if statement.act.get("type") == "evidence":
                for name in members(statement.act, "type documents", "act")["documents"]:
                    self.noted[statement.id, str(name)] = (claims["iss"], claims["iat"])
        elif statement.act.get("type") == "revoke":
            self.verify_refusal(entry, signer, effective)
        self.tree.append(entry.leaf)
        self.heads[self.tree.root()] = self.tree.size

    def verify_refusal(self, entry: Entry, signer: Signer, effective: str) -> None:
        """The log may not give a good revocation no effect."""
        iat = moment(entry.statement.claims["iat"])
        if (iat - moment(entry.admitted)).total_seconds() > 300 or (effective and moment(effective) > iat):
            return
        try:
            self.revocation(signer, entry.statement.act)
        except Refused:
            return
        raise Refused("the log gave no effect to a revocation that is good")

    def apply(self, signer: Signer, act: Json, admitted: str) -> None:
        kind = act.get("type")
        if kind == "party":
            demand(signer.role == "authority", "only the authority registers parties")
            roles, gln = act.get("roles"), act.get("gln")
            demand(isinstance(gln, str) and re.fullmatch(PATTERNS["iss"], gln), "wrong GLN")
            if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
                raise Refused("expected the roles of the party")
            self.roles[str(gln)] = roles
        elif kind == "key":
            self.register(signer, members(act, "type party role jwk proof expires?", "act"))
        elif kind == "revoke":
            self.put(self.revocation(signer, act)._replace(revoked=True))
        elif kind == "root":
            self.propose(signer, act)
        elif kind == "rules" and signer.role == "authority":
            demand(type(act.get("version")) is int, "expected the version of the rules")
            self.rules.append((self.tree.size + 1, int(act["version"])))
        elif kind == "lot":
            self.closed.setdefault((act.get("gtin"), act.get("lot")), act)
        elif kind == "snapshot" and signer.role == "regulator":
            names = self.countersigned.setdefault(spell(act), [])
            names += [] if signer.party in names else [signer.party]
        elif kind == "erase":
            self.erased |= self.erasures(signer, act, admitted)

    def erasures(self, signer: Signer, act: Json, admitted: str) -> dict[str, Erasure]:
        """What an `erase` takes away: by the authority, and by a snapshot that a regulator has countersigned."""
        act = members(act, "type statements size snapshot reason reference?", "act")
        demand(signer.role == "authority", "only the authority has bodies erased")
        covering = spell({"type": "snapshot", "size": act["size"], "snapshot": act["snapshot"]})
        demand(
            self.countersigned.get(covering), "the erase is by a snapshot that no regulator has countersigned"
        )
        texts(act, "reason", "act")
        demand(isinstance(act["statements"], list), "expected statements in the act")
        for one in act["statements"]:
            texts(members(one, "id kept", "act"), "id kept", "act")
        named = [one["id"] for one in act["statements"]]
        demand(
            named and not any(one in self.erased for one in named), "the erase names a body that is erased"
        )
        return dict.fromkeys(named, Erasure(signer.party, admitted, act["reason"], act["size"]))

    def register(self, signer: Signer, act: Json) -> None:
        key, party, role = public_key(spell(act["jwk"])), act["party"], act["role"]
        texts(act, "party role proof", "act")
        roles = self.roles.get(party)
        if roles is None:
            raise Refused(f"the party {party} is not registered")
        demand(role != "regulator" or "regulator" in roles, f"the party {party} is no regulator")
        by_authority = signer.role == "authority" and role in ("administrator", "regulator")
        by_party = signer.role == "administrator" and signer.party == party and role in DEVICE_ROLES
        demand(by_authority or by_party, "the signer may not register this key")
        demand(key.kid not in self.signers, f"the key {key.kid} is registered already")
        text = f"custody-key/1\n{self.trust.origin}\n{party}\n{role}\n{key.kid}\n"
        within("proof of possession", lambda: key.verify(decode64(act["proof"]), text.encode()))
        if "expires" in act:
            verify_time(act["expires"])
        self.put(Signer(key, party, role, act.get("expires")))

    def revocation(self, signer: Signer, act: Json) -> Signer:
        """The key that a `revoke` act ends, when its signer may end it."""
        act = members(act, "type kid reason since", "act")
        verify_time(act["since"])
        demand(act["reason"] in ("lost", "compromised", "retired", "superseded"), "unknown reason")
        found = self.signer(str(act["kid"]), self.tree.size)
        if found is None or found.role in ("authority", "candidate"):
            raise Refused(f"the key {act['kid']} is not registered by a statement")
        demand(not found.revoked, f"the key {act['kid']} is revoked already")
        own = signer.role == "administrator" and signer.party == found.party
        demand(signer.role == "authority" or own, "the signer may not revoke this key")
        return found

    def propose(self, signer: Signer, act: Json) -> None:
        """A successor root document counts when enough old and new authority keys have signed it."""
        text = spell(act)
        if text not in self.proposals:
            demand(signer.role == "authority", "a root document is proposed by the authority in force")
            demand(next(iter(act)) == "type", "expected the type first")
            document = Trust({name: act[name] for name in list(act)[1:]})
            demand(all(isinstance(key, dict) for key in act["authority"]["keys"]), "expected keys as objects")
            demand(document.origin == self.trust.origin, "a root document keeps the origin")
            for key in document.keys:
                held = self.signer(key.kid, self.tree.size)
                demand(held is None or held.role in ("authority", "candidate"), "a key of it is in use")
            self.proposals[text] = document, set()
        document, signed = self.proposals[text]
        signed.add(signer.key.kid)
        if all(
            len(signed & {key.kid for key in one.keys}) >= one.threshold for one in (self.trust, document)
        ):
            self.succeed(document)
            return
        for key in document.keys:
            if key.kid not in self.signers:
                self.put(Signer(key, document.gln, "candidate"))

    def succeed(self, document: Trust) -> None:
        new = {key.kid for key in document.keys}
        for key in self.trust.keys:
            if key.kid not in new:
                self.put(Signer(key, self.trust.gln, "authority", revoked=True))
        for key in document.keys:
            self.put(Signer(key, document.gln, "authority"))
        self.trust, self.proposals = document, {}
        if document.log.text not in [key.text for key in self.log_keys]:
            self.log_keys.append(document.log)


# Bodies


class Shown(NamedTuple):
    """What was shown of a statement's body, and verified."""

    core: str | None = None
    terms: str | None = None
    items: tuple[str, ...] = ()
    whole: bool = False


def verify_object(text: str, what: str) -> str:
    demand(isinstance(read_json(text, what), dict), f"expected a JSON object in {what}")
    return text


def commitment(statement: Statement, part: str, found: bytes) -> None:
    demand(not statement.is_registry, "a registry statement has no body")
    demand(encode64(found) == statement.claims[part], f"{part} of the body: not what was signed")


def verify_item_text(item: Any) -> str:
    demand(isinstance(item, str) and re.fullmatch(r"[ecio][!-~]+", item), "expected a role letter and a URI")
    return str(item)


def verify_body(statement: Statement, value: Any) -> Shown:
    """The whole body against its three commitments."""
    body = members(value, "nonce core terms items", "body")
    texts(body, "nonce core terms", "body")
    nonce = decode64(body["nonce"])
    demand(len(nonce) == 32 and isinstance(body["items"], list), "expected a nonce of 32 bytes and items")
    core, terms = verify_object(body["core"], "core"), verify_object(body["terms"], "terms")
    items = [verify_item_text(item) for item in body["items"]]

    def salt(label: bytes) -> bytes:
        return hmac.digest(nonce, label, "sha256")

    commitment(statement, "core", sha256(salt(b"core") + core.encode()))
    commitment(statement, "terms", sha256(salt(b"terms") + terms.encode()))
    hashes = [
        sha256(b"\x00" + salt(b"item" + struct.pack(">I", at)) + item.encode())
        for at, item in enumerate(items)
    ]
    count = sha256(salt(b"count") + struct.pack(">I", len(items)))
    commitment(statement, "items", sha256(b"\x02" + count + merkle_root(hashes)))
    return Shown(core, terms, tuple(items), whole=True)


def verify_disclosure(statement: Statement, value: Any) -> Shown:
    """Parts of a body, each against its commitment."""
    shown = members(value, "core? terms? items?", "disclosure")
    found: dict[str, str | None] = {"core": None, "terms": None}
    for part in ("core", "terms"):
        if part in shown:
            opened = members(shown[part], "text salt", part)
            texts(opened, "text salt", part)
            text = verify_object(opened["text"], part)
            commitment(statement, part, sha256(digest(opened["salt"]) + text.encode()))
            found[part] = text
    items = shown.get("items", [0])
    demand(isinstance(items, list) and items, "expected items, or none of that name")
    items = shown.get("items", [])
    demand(len({spell(item) for item in items}) == len(items), "an item is shown twice")
    for number, item in enumerate(items, 1):
        within(f"item {number}", partial(verify_item, statement, item))
    return Shown(found["core"], found["terms"], tuple(item["item"] for item in items))


def digest(text: Any) -> bytes:
    data = decode64(text)
    demand(len(data) == 32, "expected 32 bytes")
    return data


def verify_item(statement: Statement, value: Any) -> None:
    proof = members(value, "item salt path count", "item")
    found = sha256(b"\x00" + digest(proof["salt"]) + verify_item_text(proof["item"]).encode())
    demand(isinstance(proof["path"], list) and len(proof["path"]) <= 32, "expected a path")
    for step in proof["path"]:
        demand(isinstance(step, str) and step[:1] in ("L", "R"), "expected L or R in the path")
        pair = digest(step[1:]) + found if step[0] == "L" else found + digest(step[1:])
        found = sha256(b"\x01" + pair)
    commitment(statement, "items", sha256(b"\x02" + digest(proof["count"]) + found))


def verify_shown(statement: Statement, body: Any, disclosure: Any) -> Shown:
    demand(body is None or disclosure is None, "expected the whole body or parts of it, not both")
    if body is not None:
        return within("body", lambda: verify_body(statement, body))
    if disclosure is not None:
        return within("disclosure", lambda: verify_disclosure(statement, disclosure))
    return Shown()


class Verified(NamedTuple):
    """One statement that has verified: as much as the report tells, however many there are."""

    position: int
    id: str
    party: str
    effect: bool
    shown: str
    """How much of its body: whole, part or none."""
    erased: Erasure | None = None

    @classmethod
    def of(cls, position: int, entry: Entry, shown: Shown, erased: Erasure | None = None) -> "Verified":
        how = "whole" if shown.whole else "none" if shown == Shown() else "part"
        statement = entry.statement
        return cls(position, statement.id, statement.claims["iss"], entry.effect, how, erased)


class Whole(NamedTuple):
    """What a snapshot has shown of a lot."""

    lot: str
    size: int
    packs: int
    proven: int
    countersigned: list[str]
    closed: int | None
    same: bool | None


class Document(NamedTuple):
    """A document of an investigation; `party` and `iat` where the log notes it."""

    file: str
    party: str = ""
    iat: str = ""


class Report(NamedTuple):
    """All that has verified."""

    checkpoint: Checkpoint
    statements: list[Verified]
    registry: int
    newest: str
    kind: str
    whole: Whole | None = None
    documents: list[Document] | None = None


# Receipts


def verify_receipt(data: bytes, trust: Trust) -> Report:
    """A receipt that carries the registry entries before its own."""
    text = utf8(data.strip(), "receipt")
    value = read_json(text, "receipt")
    demand(spell(value) == text, "receipt: not canonical")
    report, _, _ = read_receipt(value, trust)
    if "erased" in value:
        only = report.statements[0]
        erased = within("erased", lambda: verify_erased(value["erased"], trust, only))
        report = report._replace(statements=[only._replace(erased=erased)])
    return report


def verify_erased(value: Any, trust: Trust, taken: Verified) -> Erasure:
    """By which `erase`, whose receipt this is, the body of a statement was taken away."""
    demand(taken.shown == "none", "expected no body beside the erase that has taken it away")
    demand(isinstance(value, dict) and "erased" not in value, "expected the receipt of an erase")
    _, registry, entry = read_receipt(value, trust)
    act = entry.statement.act
    demand(entry.effect and act.get("type") == "erase", "expected an erase that had effect")
    signer = registry.good_signer(entry.statement, registry.tree.size, entry.admitted)
    named = registry.erasures(signer, act, entry.admitted)
    demand(taken.id in named, "the erase does not name this statement")
    erasure = named[taken.id]
    demand(taken.position < erasure.size, "the snapshot of the erase does not cover this statement")
    return erasure


def read_receipt(value: Any, trust: Trust) -> tuple[Report, Registry, Entry]:
    value = members(value, "receipt entry proof body? disclosure? registry? erased?", "receipt")
    version = 2 if "erased" in value else 1
    demand(
        type(value["receipt"]) is int and value["receipt"] == version,
        "receipt: expected version 1, or 2 of a body that was erased",
    )
    texts(value, "entry proof", "receipt")
    entry = within("entry", lambda: Entry(value["entry"].encode()))
    proof = within("inclusion proof", lambda: Proof(value["proof"]))
    checkpoint = within("checkpoint", lambda: Checkpoint(proof.note))
    head = checkpoint.root
    within(
        "inclusion proof",
        lambda: verify_inclusion(entry.leaf, proof.index, checkpoint.size, proof.path, head),
    )
    shown = verify_shown(entry.statement, value.get("body"), value.get("disclosure"))
    entries = value.get("registry", [])
    demand(
        isinstance(entries, list) and all(isinstance(one, str) for one in entries),
        "registry: expected entries",
    )
    parsed = []
    for number, one in enumerate(entries):
        parsed.append(within(f"registry entry {number}", partial(Entry, one.encode())))
    whole = merkle_root([one.leaf for one in parsed]) == entry.registry_head
    demand(whole, "registry: the registry head of the entry is not over these registry entries")
    registry = Registry(trust)
    for one in parsed:
        registry.add(one)
    within("checkpoint signature", lambda: checkpoint.verify(trust.origin, registry.log_keys))
    verify_signed(entry, registry, registry.tree.size)
    verified = Verified.of(proof.index, entry, shown)
    return Report(checkpoint, [verified], len(parsed), entry.admitted, "receipt"), registry, entry


def verify_signed(entry: Entry, registry: Registry, size: int) -> None:
    statement = entry.statement
    signer = within("signer", lambda: registry.good_signer(statement, size, entry.admitted))
    key = signer.key
    within("statement signature", lambda: key.verify(statement.signature, statement.signing_input))


# Bundles

MEANINGS = {
    r"checkpoint": "the log's signed checkpoint, to which every proof leads",
    r"registry/[0-9]{6,9}\.entry": "registry entry: who may sign",
    r"registry/[0-9]{6,9}\.proof": "proof that the registry entry is in the log",
    r"statements/(0|[1-9][0-9]{0,15})\.entry": "signed statement as the log admitted it",
    r"statements/(0|[1-9][0-9]{0,15})\.proof": "proof that the statement is in the log",
    r"statements/(0|[1-9][0-9]{0,15})\.disclosure\.json": "what is shown of the statement's body",
    r"snapshot/note": "the state of every item at a log position, signed by the log",
    r"snapshot/consistency": "proof that the log of the snapshot is a beginning of this one",
    r"snapshot/[0-9]{6}\.rows": "rows of the snapshot, with the proof that they are in it",
    r"investigation\.(json|pdf)": "the investigation for reading; signed by nobody",
    r"documents\.json": "the documents, with the salts of their names in the log",
    r"documents/[0-9]{6}-[A-Za-z0-9._-]{1,100}": "document of the investigation",
    r"dossiers/[0-9]{6}\.(json|pdf)": "dossier for reading; signed by nobody",
    r"reports/[0-9]{6}\.(json|pdf)": "report of illegitimate product for reading; signed by nobody",
    r"trace\.(csv|json|xlsx|pdf)": "the trace for reading; signed by nobody",
    r"verifier\.py": "a program that checks this bundle; better use your own copy",
    r"README\.txt": "how to read and check this bundle",
}


PIECE = 1 << 20  # bytes of a large member that are read at a time
AT_ONCE = 1 << 14  # and of small ones: those of one statement stand together, statements here and there


def zip_member(name: bytes, checksum: int, size: int, offset: int) -> tuple[bytes, bytes]:
    """The local and the central header of a stored ZIP member (PKWARE APPNOTE 4.3.7 and 4.3.12)."""
    fields = (20, 0, 0, 0, 33, checksum, size, size, len(name), 0)
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *fields) + name
    central = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 788, *fields, 0, 0, 0, 0o100644 << 16, offset)
    return local, central + name


def zip_end(length: int, count: int, offset: int) -> bytes:
    """What follows a directory of so many bytes and members that begins at an offset."""
    end = b""
    if count > 0xFFFE:
        end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 788, 45, 0, 0, count, count, length, offset)
        end += struct.pack("<4sIQI", b"PK\x06\x07", 0, offset + length, 1)
        count = 0xFFFF
    return end + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, length, offset, 0)


class Files(Mapping[str, bytes]):
    """The members of a bundle, each read from its file when it is asked for.

    Every byte of the file between the members must be the one that follows from them.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.places: dict[str, tuple[int, int, bytes]] = {}
        directory, length, offset, last = hashlib.sha256(), 0, 0, ""
        while (header := self.read(offset, 30))[:4] == b"PK\x03\x04" and len(header) == 30:
            size, name_size = struct.unpack_from("<IH", header, 22)
            start = offset + 30 + name_size
            encoded = self.read(offset + 30, name_size)
            name = encoded.decode("ascii", "replace")
            checksum, found, digest = 0, 0, hashlib.sha256()
            for piece in self.pieces(start, size):
                checksum, found = zlib.crc32(piece, checksum), found + len(piece)
                digest.update(piece)
            local, central = zip_member(name.encode("ascii", "replace"), checksum, size, offset)
            demand(found == size and local == header + encoded, f"{name!a}: altered inside the ZIP file")
            demand(name > last, f"{name}: not at its place in the ZIP file, or there twice")
            directory.update(central)
            self.places[name] = start, size, digest.digest()
            length, last, offset = length + len(central), name, start + size
        ours = hashlib.sha256()
        for piece in self.pieces(offset, length):
            ours.update(piece)
        end = zip_end(length, len(self.places), offset)
        rest = self.read(offset + length, len(end) + 1)
        demand(ours.digest() == directory.digest() and rest == end, "ZIP directory: not that of its files")

    def read(self, start: int, size: int) -> bytes:
        self.file.seek(start)
        return self.file.read(size)

    def pieces(self, start: int, size: int) -> Iterator[bytes]:
        """A range of the file in pieces; others may read between them."""
        end = start + size
        while start < end:
            piece = self.read(start, min(PIECE, end - start))
            if not piece:
                return
            start += len(piece)
            yield piece

    def __getitem__(self, name: str) -> bytes:
        start, size, _ = self.places[name]
        return self.read(start, size)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def digest(self, name: str) -> str:
        """SHA-256 of a member, hexadecimal."""
        return self.places[name][2].hex()

    def lines(self, name: str) -> Iterator[str]:
        """A member as text, line by line."""
        start, size, _ = self.places[name]
        return text_lines(self.pieces(start, size), name)


def text_lines(pieces: Iterable[bytes], what: str) -> Iterator[str]:
    """UTF-8 in lines without their line feeds; what follows the last one is a line as well."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")(), ""
    try:
        for piece in pieces:
            *lines, rest = (rest + decoder.decode(piece)).split("\n")
            yield from lines
        yield rest + decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise Refused(f"{what} is not UTF-8") from error


def verify_manifest(files: Files) -> Checkpoint:
    """Every file is listed with its hash, and the list is spelt as its files make it."""
    for name in ("manifest.json", "checkpoint"):
        demand(name in files, f"{name}: missing")
    checkpoint = within("checkpoint", lambda: Checkpoint(utf8(files["checkpoint"], "checkpoint")))
    version = 3 if "investigation.json" in files else 2 if "snapshot/note" in files else 1
    kind = f"custody-bundle/{version}"
    head = spell({"bundle": kind, "origin": checkpoint.origin, "size": checkpoint.size, "files": []})
    spelt, between = hashlib.sha256(head[:-2].encode() + b"\n"), ""
    for name in files:
        if name != "manifest.json":
            meaning = meaning_of(name)
            demand(meaning is not None, f"{name!a}: not a file of an evidence bundle")
            line = {"name": name, "sha256": files.digest(name), "meaning": meaning}
            spelt.update(f"{between}{spell(line)}".encode())
            between = ",\n"
    spelt.update(b"\n]}\n")
    if spelt.hexdigest() != files.digest("manifest.json"):
        raise Refused(within("manifest.json", lambda: difference(files)))
    return checkpoint


def meaning_of(name: str) -> str | None:
    return next((MEANINGS[one] for one in MEANINGS if re.fullmatch(one, name)), None)


def difference(files: Files) -> str:
    """In what a manifest is not that of its files."""
    text = utf8(files["manifest.json"], "manifest.json")
    manifest = members(read_json(text, "manifest.json"), "bundle origin size files", "manifest.json")
    demand(isinstance(manifest["files"], list), "expected a list of files")
    listed = set()
    for file in manifest["files"]:
        texts(members(file, "name sha256 meaning", "manifest.json"), "name sha256 meaning", "manifest.json")
        name = file["name"]
        listed.add(name)
        if name not in files:
            return f"{name!a}: listed in manifest.json, but missing"
        if files.digest(name) != file["sha256"]:
            return f"{name!a}: not the file that manifest.json lists"
        if meaning_of(name) != file["meaning"]:
            return f"manifest.json: the meaning of {name!a} is not the one it has"
    for name in files:
        if name not in listed and name != "manifest.json":
            return f"{name!a}: not listed in manifest.json"
    return "manifest.json: not the manifest of these files"


def covered(registry: Registry, statement: Statement, position: int) -> Erasure | None:
    """The erasure of a statement's body; Refused where the snapshot that has to cover it is older."""
    found = registry.erased.get(statement.id)
    if found is not None:
        demand(position < found.size, "the snapshot of the erase that names it does not cover it")
    return found


class Bundle:
    """A bundle while it is verified."""

    def __init__(self, files: Files, trust: Trust) -> None:
        self.files = files
        self.checkpoint = verify_manifest(files)
        self.registry = Registry(trust)
        self.positions: list[int] = []
        self.newest = ""

    def entries(self, folder: str) -> Iterator[str]:
        return (name[:-6] for name in self.files if name.startswith(folder) and name.endswith(".entry"))

    def verify(self) -> Report:
        for name in self.files:
            stem = name.partition(".")[0]
            if stem.startswith("snapshot/"):
                whole = "snapshot/note" in self.files and "snapshot/consistency" in self.files
                demand(whole, f"{name}: there is no whole snapshot")
            else:
                proven = not stem.startswith(("registry/", "statements/")) or f"{stem}.entry" in self.files
                demand(proven, f"{name}: there is no {stem}.entry")
        for number, name in enumerate(sorted(self.entries("registry/"))):
            demand(name == f"registry/{number:06}", f"registry/{number:06}.entry: missing")
            entry, position = self.included(name)
            demand(
                not self.positions or position > self.positions[-1], f"{name}.proof: not after the last one"
            )
            within(f"{name}.entry", partial(self.registry.add, entry))
            self.positions.append(position)
        keys, origin = self.registry.log_keys, self.registry.trust.origin
        within("checkpoint: checkpoint signature", lambda: self.checkpoint.verify(origin, keys))
        names = sorted(self.entries("statements/"), key=lambda name: int(name[11:]))
        statements = []
        for name in names:
            statements.append(self.statement(name))
            if sys.stderr.isatty() and len(statements) % 100 == 0:
                print(f"{len(statements)} of {len(names)} statements", end="\r", file=sys.stderr)
        found = Snapshot(self, statements).verify() if "snapshot/note" in self.files else None
        documents = self.documents() if "investigation.json" in self.files else None
        return Report(
            self.checkpoint, statements, self.registry.tree.size, self.newest, "bundle", found, documents
        )

    def documents(self) -> list[Document]:
        """The documents of an investigation: those listed, and noted in the log where the list says so."""
        text = utf8(self.files.get("documents.json", b""), "documents.json")
        value = members(read_json(text, "documents.json"), "documents", "documents.json")
        demand(spell(value) + "\n" == text, "documents.json: not canonical")
        demand(isinstance(value["documents"], list), "documents.json: expected a list of documents")
        return [
            within("documents.json", partial(self.document, one)) for one in self.listed(value["documents"])
        ]

    def listed(self, documents: list[Any]) -> list[Json]:
        """The list, when it has the files of the folder, each once."""
        found = [members(one, "file sha256 size salt statement?", "documents.json") for one in documents]
        there = sorted(name for name in self.files if name.startswith("documents/"))
        same = sorted(str(one["file"]) for one in found) == there
        demand(same, "documents.json: it does not list the files of documents/, each once")
        return found

    def document(self, one: Json) -> Document:
        content, salt = self.files[one["file"]], decode64(one["salt"])
        same = hashlib.sha256(content).hexdigest() == one["sha256"] and len(content) == one["size"]
        demand(same, f"{one['file']}: not the document that is listed")
        demand(len(salt) == 32, "expected salts of 32 bytes")
        if "statement" not in one:
            return Document(one["file"])
        name = encode64(sha256(b"\x03" + salt + sha256(content)))
        found = self.registry.noted.get((one["statement"], name))
        if found is None:
            raise Refused(f"{one['file']}: it is not noted in the statement {one['statement']}")
        return Document(one["file"], *found)

    def included(self, name: str) -> tuple[Entry, int]:
        entry = within(f"{name}.entry", lambda: Entry(self.files[f"{name}.entry"]))
        proof = within(f"{name}.proof", lambda: Proof(utf8(self.files.get(f"{name}.proof", b""), "proof")))
        head = self.checkpoint
        demand(proof.note == head.note, f"{name}.proof: not against the checkpoint of the bundle")
        within(
            f"{name}.proof: inclusion proof",
            lambda: verify_inclusion(entry.leaf, proof.index, head.size, proof.path, head.root),
        )
        self.newest = max(self.newest, entry.admitted)
        return entry, proof.index

    def statement(self, name: str) -> Verified:
        entry, position = self.included(name)
        demand(name == f"statements/{position}", f"{name}.proof: it is for position {position}")
        shown = within(f"{name}.disclosure.json", lambda: self.shown(name, entry.statement))
        within(f"{name}.entry", lambda: self.signed(entry, position))
        erased = within(f"{name}.entry", lambda: covered(self.registry, entry.statement, position))
        return Verified.of(position, entry, shown, erased)

    def signed(self, entry: Entry, position: int) -> None:
        demand(not entry.statement.is_registry, "expected a custody statement")
        size = self.registry.size_at(entry.registry_head)
        at = bisect.bisect_left(self.positions, position)
        demand(size == at, "the registry head is not that of its place in the log")
        verify_signed(entry, self.registry, size)

    def shown(self, name: str, statement: Statement) -> Shown:
        data = self.files.get(f"{name}.disclosure.json")
        if data is None:
            return Shown()
        text = utf8(data, "disclosure")
        value = members(read_json(text, "disclosure"), "body? disclosure?", "disclosure")
        demand(spell(value) == text and len(value) == 1, "expected one body or one disclosure, canonical")
        return verify_shown(statement, value.get("body"), value.get("disclosure"))


# Snapshots: whether the trace is whole

ROW = "epc condition born acted life? lot? expiry? in? custodian? site? owner? receiver? dispatch? unmatched? left?"
GOOD = ("active", "partly_dispensed")
COLUMNS = (
    "gtin product serial lot expiry state holder_gln holder site since evidence container statement entry"
    " receiver_gln receiver outermost epc"
)
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class Group(NamedTuple):
    """The rows of a lot, or of neighbouring containers, once they have been seen to be those of a snapshot."""

    name: str
    size: int
    shown: int
    closed: str
    """The root over the serials that were shown."""


class RowLines:
    """A rows file, line by line."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        kind = next(lines)
        numbers = re.fullmatch(r"(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15})", next(lines, ""))
        self.name, salt = next(lines, ""), next(lines, None)
        if kind != "custody-rows/1" or numbers is None or salt is None:
            raise Refused("expected kind, place and number, name, salt and path, each on its line")
        self.index, self.size, self.salt = int(numbers[1]), int(numbers[2]), digest(salt)
        self.path: list[bytes] = []
        for line in lines:
            if not line:
                return
            self.path.append(digest(line))
        raise Refused("expected a line between the head and the rows")

    def rows(
        self, hide: Callable[[int, bytes], object] = lambda *_: None
    ) -> Iterator[tuple[int, Json, str, str, str]]:
        """Each row that is shown: its place, what it says, its serial, its salt and its text. `hide` gets the level
        and the hash of those that are not."""
        place, last, number, ended = 0, b"", 0, False
        for line in self.lines:
            demand(not ended, "expected each row to end its line")
            if not line:
                ended = True
                continue
            number += 1
            shown = re.fullmatch(r"(\S{43}) (\{.*\})", line)
            hidden = re.fullmatch(r"-([0-9]|[1-3][0-9]|4[0-7]) (\S{43})", line)
            if shown is not None:
                row, serial = within(f"row {number}", partial(self.row, shown[2]))
                demand(serial.encode() > last, f"row {number}: {row['epc']} is not at its place")
                last = serial.encode()
                yield place, row, serial, shown[1], shown[2]
                place += 1
            elif hidden is not None:
                hide(int(hidden[1]), digest(hidden[2]))
                place += 1 << int(hidden[1])
            else:
                raise Refused(f"row {number}: expected a salt and a row, or a level and a hash")
        demand(ended, "expected each row to end its line")

    def row(self, text: str) -> tuple[Json, str]:
        """A row and its serial, when it belongs to the group."""
        row = members(read_json(text, "row"), ROW, "row")
        demand(spell(row) == text and isinstance(row["epc"], str), "not canonical")
        prefix, serial = split_link(row["epc"])
        if "lot" in row:
            wanted = f"{prefix}/10/{escaped(row['lot'])}"
        else:
            wanted = f"00/{serial[:-5]}" if prefix == "00" else prefix
        demand(self.name == wanted, f"{row['epc']} does not belong to {self.name}")
        return row, serial


def verify_group(
    lines: Iterator[str], groups: int, root: bytes, see: Callable[[int, Json], object] = lambda *_: None
) -> Group:
    """A group whose rows lead to the root of a snapshot; `see` gets each that is shown, at its place."""
    read, tree, closed = RowLines(lines), GrowingRoot(), GrowingRoot()
    for place, row, serial, salt, text in read.rows(tree.append_subtree):
        tree.append(sha256(b"\x00" + digest(salt) + text.encode()))
        closed.append(sha256(b"\x00" + serial.encode()))
        see(place, row)
    demand(tree.size == read.size, f"it has {tree.size} rows, and says that it has {read.size}")
    fixed = struct.pack(">Q", tree.size) + tree.root() + read.name.encode()
    try:
        verify_inclusion(sha256(b"\x00" + read.salt + fixed), read.index, groups, read.path, root)
    except Refused as refused:
        raise Refused("the rows are not those of the snapshot") from refused
    return Group(read.name, read.size, closed.size, encode64(closed.root()))


class Snapshot:
    """The snapshot of a bundle while it is verified."""

    def __init__(self, bundle: Bundle, statements: list[Verified]) -> None:
        self.files, self.registry, self.checkpoint = bundle.files, bundle.registry, bundle.checkpoint
        self.statements = {one.id: one for one in statements}
        self.above: dict[str, Json] = {}
        self.tops: dict[str, Json] = {}
        self.head = within("snapshot/note", self.note)
        within("snapshot/consistency", self.consistency)

    def note(self) -> str:
        """The text that the log has signed."""
        note = utf8(self.files["snapshot/note"], "note")
        head, blank, lines = note.rpartition("\n\n")
        demand(blank and lines.endswith("\n"), "not a signed note")
        text = head + "\n"
        fields = re.fullmatch(
            r"custody-snapshot/1\n([^\n]+)\n([1-9][0-9]{0,15}) (\S{44})\n"
            r"(0|[1-9][0-9]{0,15}) (0|[1-9][0-9]{0,15})\n(\S{44})\n",
            text,
        )
        if fields is None:
            raise Refused("expected kind, origin, size and head, numbers and root, each on its line")
        demand(fields[1] == self.registry.trust.origin, f"it is of the log {fields[1]}")
        self.size, self.log_root = int(fields[2]), decode64(fields[3], url=False)
        self.groups, self.root = int(fields[5]), decode64(fields[6], url=False)
        for name, data in map(Checkpoint.signature, lines[:-1].split("\n")):
            for key in self.registry.log_keys:
                if (name, data[:4]) == (key.name, key.key_id):
                    key.verify(data[4:], text.encode())
                    return text
        raise Refused("not signed by the log's key")

    def consistency(self) -> None:
        lines = utf8(self.files["snapshot/consistency"], "proof").split("\n")
        demand(
            not lines.pop() and all(re.fullmatch("[0-9a-f]{64}", line) for line in lines), "expected hashes"
        )
        steps = [bytes.fromhex(line) for line in lines]
        verify_consistency(self.size, self.checkpoint.size, steps, self.log_root, self.checkpoint.root)

    def verify(self) -> Whole:
        names = sorted(name for name in self.files if name.endswith(".rows"))
        demand(
            names and names == [f"snapshot/{n:06}.rows" for n in range(len(names))],
            "snapshot: rows are missing",
        )
        for name in names[1:]:
            within(name, partial(self.group, name, self.contain))
        lot = within(names[0], partial(self.group, names[0]))
        about = self.compare(names[0], lot)
        gtin, number = about.get("gtin"), about.get("lot")
        snapshot = encode64(sha256(self.head.encode()))
        act = spell({"type": "snapshot", "size": self.size, "snapshot": snapshot})
        closed = self.registry.closed.get((gtin, number))
        whole = lot.shown == lot.size
        return Whole(
            str(number),
            self.size,
            lot.size,
            lot.shown,
            self.registry.countersigned.get(act, []),
            None if closed is None else closed.get("count"),
            (lot.size, lot.closed) == (closed["count"], closed["root"])
            if closed is not None and whole
            else None,
        )

    def group(self, name: str, see: Callable[[int, Json], object] = lambda *_: None) -> Group:
        return verify_group(self.files.lines(name), self.groups, self.root, see)

    def contain(self, _place: int, row: Json) -> None:
        self.above[row["epc"]] = row

    def compare(self, name: str, lot: Group) -> Json:
        """Every pack of trace.json and trace.csv beside its row: as many, in one order, saying the same."""
        for file in ("trace.json", "trace.csv"):
            demand(file in self.files, f"{file}: missing")
        about, packs = within("trace.json", lambda: read_trace(self.files.lines("trace.json")))
        wanted = f"01/{about.get('gtin')}/10/{escaped(about.get('lot'))}"
        demand(lot.name == wanted, f"{name}: expected the rows of {wanted}, got {lot.name}")
        records = csv.reader(line + "\n" for line in self.files.lines("trace.csv") if line)
        self.record(records, COLUMNS.split())
        rows = RowLines(self.files.lines(name)).rows()
        row, count = next(rows, None), 0
        while (told := within("trace.json", lambda: next(packs, None))) is not None:
            what = f"trace.json: it has {count + 1} packs or more, and the lot had {lot.size} when the snapshot was taken"
            demand(count < lot.size, what)
            columns = isinstance(told, dict) and list(told) == COLUMNS.split()
            demand(columns, "trace.json: expected its columns")
            here = row is not None and row[0] == count
            self.pack(told, row[1] if here and row is not None else None)
            self.record(records, [cell(told[one]) for one in COLUMNS.split()])
            row, count = next(rows, None) if here else row, count + 1
        what = f"trace.json: it has {count} packs, and the lot had {lot.size} when the snapshot was taken"
        demand(count == lot.size, what)
        demand(next(records, None) is None, "trace.csv: it does not say the same as trace.json")
        return about

    @staticmethod
    def record(records: Iterator[list[str]], wanted: list[str]) -> None:
        demand(next(records, None) == wanted, "trace.csv: it does not say the same as trace.json")

    def pack(self, told: Json, row: Json | None) -> None:
        """What the trace says of a pack is what its row and those of its containers say."""
        what = f"trace.json: pack {told['serial']}"
        if row is None:
            quiet = told["state"] == "handed_on" and not told["holder_gln"] and not told["statement"]
            demand(quiet, f"{what}: its row is not shown, so nothing may be said of where it is")
            return
        self.last(row)
        top = self.top(row["in"]) if "in" in row else row
        prefix, serial = split_link(row["epc"])
        state = next((one["condition"] for one in (row, top) if one["condition"] not in GOOD), None)
        wanted = {
            "epc": row["epc"],
            "gtin": prefix[3:],
            "serial": serial,
            "lot": row.get("lot", ""),
            "expiry": row.get("expiry", ""),
            "state": state or ("in_transit" if "receiver" in top else row["condition"]),
            "holder_gln": top.get("custodian", ""),
            "receiver_gln": top.get("receiver", ""),
            "container": container(row["in"]) if "in" in row else "",
            "outermost": container(top["epc"]) if "in" in row else "",
            "statement": top["acted"],
            "entry": self.statements[top["acted"]].position,
        }
        for name, value in wanted.items():
            demand(told[name] == value, f"{what}: its {name} is {told[name]}, and the snapshot says {value}")

    def top(self, epc: str) -> Json:
        """The outermost container above a pack; the last statement about each of them must be here."""
        if epc not in self.tops:
            row = self.above.get(epc)
            if row is None:
                raise Refused(f"snapshot: the row of the container {epc} is missing")
            self.last(row)
            self.tops[epc] = self.top(row["in"]) if "in" in row else row
        return self.tops[epc]

    def last(self, row: Json) -> None:
        found = self.statements.get(str(row["acted"]))
        if found is None:
            raise Refused(f"statements: the last one about {row['epc']}, {row['acted']}, is missing")
        good = found.effect and found.position < self.size
        demand(good, f"statements/{found.position}: it is not the last one about {row['epc']}")


def read_trace(lines: Iterator[str]) -> tuple[Json, Iterator[Any]]:
    """What a trace is about, and its packs one by one: a line each, as we write them, or in any other layout."""
    first = next(lines)
    if re.fullmatch(r'\{"about":\{.*\},"packs":\[', first) is None:
        text = "\n".join([first, *lines])
        trace = members(read_json(text, "trace.json"), "about packs", "trace.json")
        demand(isinstance(trace["packs"], list) and isinstance(trace["about"], dict), "expected packs")
        return trace["about"], iter(trace["packs"])
    trace = members(read_json(first + "]}", "trace.json"), "about packs", "trace.json")
    return trace["about"], pack_lines(lines)


def pack_lines(lines: Iterator[str]) -> Iterator[Any]:
    ended = False
    for line in lines:
        if line == "]}":
            ended = True
        elif line:
            demand(not ended, "expected nothing after the packs")
            yield read_json(line.removesuffix(","), "trace.json")
    demand(ended, "expected the end of the packs")


def escaped(value: Any) -> str:
    """As the path of a Digital Link of one spelling has it."""
    return quote(str(value), safe="")


def split_link(epc: str) -> tuple[str, str]:
    """What many items share, and what is this item's own."""
    found = re.fullmatch(
        r"https://id\.gs1\.org/(?:(01/[0-9]{14})/21/|(00)/|(8003/[0-9]{14})|(8004)/)(.+)", epc
    )
    if found is None:
        raise Refused(f"{epc} is not the link of an item")
    return next(filter(None, found.groups()[:4])), unquote(found[5])


def container(epc: str) -> str:
    path = "/" + epc.split("/", 3)[3]
    return path[4:] if path.startswith("/00/") else path


def cell(value: Any) -> str:
    """A cell that no spreadsheet runs as a formula."""
    text = "" if value is None else str(value)
    return "'" + text if text.lstrip("'").startswith(RUNS) else text


# The program


def read_trust(data: bytes) -> Trust:
    """The root document in trust.json. Refused where it is none."""
    return within("trust.json", lambda: Trust(read_json(utf8(data, "trust.json"), "root document")))


def verify(data: bytes | BinaryIO, trust: Trust) -> Report:
    """A bundle or a receipt, by what it begins with. Refused, naming what failed, where it does not verify.

    A bundle is read piece by piece, however large it is.
    """
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    begin = file.read(2)
    if begin == b"PK":
        return Bundle(Files(file), trust).verify()
    return verify_receipt(begin + file.read(), trust)


def describe(report: Report) -> str:
    """What was and what was not proven, in sentences."""
    count, parties = len(report.statements), {one.party for one in report.statements}
    refused = sum(not one.effect for one in report.statements)
    whole = sum(one.shown == "whole" for one in report.statements)
    part = sum(one.shown == "part" for one in report.statements)
    erased = [one for one in report.statements if one.erased and one.shown == "none"]
    head = report.checkpoint
    lines = [
        f"Verified: {_count(count, 'statement')} by {_count(len(parties), 'party', 'parties')}.",
        f"Log: {head.origin}, {_count(head.size, 'entry', 'entries')}, newest entry here admitted {report.newest}.",
        f"Registry: {_count(report.registry, 'entry', 'entries')}, from the pinned root document on.",
        f"Bodies: {whole} shown whole, {part} in part, {count - whole - part - len(erased)} not shown"
        + (f", {len(erased)} erased by law." if erased else "."),
        *map(describe_erased, erased[:ERASED_TOLD]),
        *([f"{len(erased) - ERASED_TOLD} more were erased."] if len(erased) > ERASED_TOLD else []),
        "",
        "Proven: each statement was signed by a key that was registered for its party and not revoked when",
        "the log admitted it; it stands in the log at its position, under the log's signed checkpoint; what",
        "is shown of core, terms and items is what was signed.",
    ]
    if refused:
        lines.append(
            f"{_count(refused, 'statement')} had no effect: the rules refused the act, and it is only on record."
        )
    if report.documents is not None:
        lines += describe_documents(report.documents)
    if report.whole is not None:
        lines += describe_whole(report.whole)
    lines += ["", *(NOT_ALL if report.whole is None else NOT_AFTER)]
    if report.documents is not None:
        lines.append(
            "investigation.*, dossiers/, reports/ and README.txt are for reading and are signed by nobody."
        )
    elif report.kind == "bundle":
        lines.append(
            "trace.* and README.txt are for reading and are signed by nobody."
            if report.whole is None
            else "Names of parties, products and places in trace.* and README.txt are for reading: nobody signed them."
        )
    return "\n".join(lines)


def describe_documents(documents: list[Document]) -> list[str]:
    """Which documents are noted in the log, by whom and when it was signed."""
    lines = ["", f"Investigation: {_count(len(documents), 'document')}, each with the hash that is listed."]
    for one in documents:
        noted = f"noted in the log by {one.party}, signed {one.iat}" if one.party else "not noted in the log"
        lines.append(f"  {one.file}: {noted}")
    return lines


ERASED_TOLD = 20


def describe_erased(one: Verified) -> str:
    """By whom and why a body is gone, and what still holds."""
    if one.erased is None:
        return ""
    party, admitted, reason, size = one.erased
    return (
        f"Entry {one.position}: its body was erased by law on {admitted[:10]}, by {party} ({reason}). A regulator has "
        f"countersigned the state after the first {size} entries."
    )


NOT_ALL = (
    "Not proven: that these are all statements about an item or a lot; that the log gave the right outcome",
    "to each; that no key was revoked after the newest registry entry; that what was signed is true.",
)
NOT_AFTER = (
    "Not proven: what happened after the snapshot; that no key was revoked after the newest registry entry;",
    "that what was signed is true.",
)


def describe_whole(whole: Whole) -> list[str]:
    """What a snapshot adds, and what it still leaves open."""
    lines = [
        "",
        f"Whole as of entry {whole.size - 1}: the snapshot has {_count(whole.packs, 'pack')} of lot {whole.lot}, as the trace.",
        f"Of {whole.proven} it is proven where they are, and by which last statement.",
    ]
    if whole.proven < whole.packs:
        lines.append(f"Where {_count(whole.packs - whole.proven, 'pack')} are is not shown to this reader.")
    if whole.countersigned:
        lines.append(f"Countersigned by {', '.join(whole.countersigned)}, after a replay of its own.")
    else:
        lines.append(
            "Not proven: that the snapshot is right. Only the log's operator says so; no regulator has signed it."
        )
    if whole.closed is None:
        lines.append("The maker has not closed the lot: nobody has signed how many packs it has.")
    elif whole.same is None:
        lines.append(
            f"The maker closed the lot with {whole.closed} packs; which they are cannot be told from this."
        )
    elif whole.same:
        lines.append(f"The maker closed the lot with {whole.closed} packs: these, and no others.")
    else:
        lines.append(f"The maker closed the lot with {whole.closed} packs, and these are not they.")
    return lines


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def main(arguments: list[str] | None = None) -> int:
    """The program; gives the exit status."""
    parser = argparse.ArgumentParser(description="Check an evidence bundle or a receipt of a custody log.")
    parser.add_argument("file", help="bundle (.zip) or receipt (.json)")
    parser.add_argument("--trust", required=True, help="root document of the log, trust.json")
    options = parser.parse_args(arguments)
    try:
        with open(options.trust, "rb") as file:
            trust_data = file.read()
        trust = read_trust(trust_data)
    except (OSError, Refused) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        with open(options.file, "rb", buffering=AT_ONCE) as opened:
            report = verify(opened, trust)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    except Refused as refused:
        print(f"NOT VERIFIED. {refused}", file=sys.stderr)
        return 1
    print(describe(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
