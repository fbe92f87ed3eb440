"""The statement, version 1 (DESIGN section 3): a JWS compact string (RFC 7515, ES256) of one spelling.

What is parsed is spelt again by our own formatter and compared with what came: whatever differs is refused.
"""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Annotated

import msgspec

from traceability.proof import ProofError
from traceability.proof.body import (
    DECODE_ERRORS,
    Body,
    WireBody,
    commit,
    item_hashes,
    verify_unique,
)
from traceability.proof.signing import PrivateKey, PublicKey, b64, unb64

__all__ = [
    "CUSTODY",
    "REGISTRY",
    "Body",
    "Claims",
    "RegistryClaims",
    "Statement",
    "Submission",
    "commit",
    "draft_custody",
    "draft_registry",
    "item_hashes",
    "sign",
    "verify",
    "verify_body",
    "verify_time",
]

CUSTODY, REGISTRY = "custody+jws", "registry+jws"
MAX_JWS = 65_535
MAX_SEQ = 2**53 - 1
_DIGEST = r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"  # 32 bytes in base64url: the last two bits are zero

Digest = Annotated[str, msgspec.Meta(pattern=rf"\A{_DIGEST}\Z")]
Origin = Annotated[str, msgspec.Meta(pattern=r"\A[!#-*,-\[\]-~]{1,255}\Z")]
"""A log's origin: visible ASCII without quote, backslash and plus, fit to name a key of a signed note."""
PartyNumber = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{13}\Z")]
Prev = Annotated[str, msgspec.Meta(pattern=rf"\A(?:{_DIGEST})?\Z")]
Seq = Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQ)]

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-5][0-9]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_:.-]*")
_REGISTRY_DRAFT = re.compile(
    rb'\{"v":1,"log":"[^"]*","iss":"[^"]*","iat":"[^"]*","seq":[0-9]+,"prev":"[^"]*","act":'
)


class Claims(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The claims of a custody statement, in the order in which they are spelt (table of DESIGN section 3)."""

    v: int
    log: Origin
    iss: PartyNumber
    iat: str
    seq: Seq
    prev: Prev
    core: Digest
    terms: Digest
    items: Digest


class RegistryClaims(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The claims of a registry statement; `act` is the JSON of the registered object."""

    v: int
    log: Origin
    iss: PartyNumber
    iat: str
    seq: Seq
    prev: Prev
    act: bytes


class _WireRegistryClaims(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    v: int
    log: Origin
    iss: PartyNumber
    iat: str
    seq: Seq
    prev: Prev
    act: msgspec.Raw


class _Header(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    alg: str
    kid: Digest
    typ: str


_decode_claims = msgspec.json.Decoder(Claims).decode
_decode_registry = msgspec.json.Decoder(_WireRegistryClaims).decode
_decode_header = msgspec.json.Decoder(_Header).decode


class Statement(msgspec.Struct, frozen=True, gc=False):
    """A parsed statement: its exact bytes and what they say. Only `parse` makes one; the signature is not
    verified by that."""

    jws: bytes
    typ: str
    kid: str
    claims: Claims | RegistryClaims
    digest: bytes
    """SHA-256 of the signing input; never of the signature, since ECDSA signatures can be altered and hold."""

    @property
    def id(self) -> str:
        """The statement id: base64url of `digest`."""
        return b64(self.digest)

    @property
    def signing_input(self) -> bytes:
        """`header.claims`: what the signature signs (RFC 7515 section 5.1)."""
        return self.jws[:-87]

    @property
    def signature(self) -> bytes:
        """64 bytes, r‖s."""
        return unb64(self.jws[-86:].decode())

    @classmethod
    def parse(cls, jws: bytes | str) -> "Statement":
        """Parse strictly. ProofError for whatever our formatter would not have written."""
        data = jws.encode() if isinstance(jws, str) else jws
        if len(data) > MAX_JWS:
            raise ProofError(
                "Expected a statement of at most %(most)s bytes, got %(got)s", most=MAX_JWS, got=len(data)
            )
        parts = data.split(b".")
        if len(parts) != 3:
            raise ProofError(
                "Expected a statement of three parts with dots between, got %(got)s", got=len(parts)
            )
        header, payload, signature = parts
        typ, kid = _parse_header(header)
        claims = _parse_claims(_unb64(payload, "claims"), typ)
        if len(_unb64(signature, "signature")) != 64:
            raise ProofError("Expected a signature of 64 bytes")
        return cls(data, typ, kid, claims, sha256(data[:-87]).digest())


def _unb64(part: bytes, name: str) -> bytes:
    try:
        return unb64(part.decode("ascii"))
    except (UnicodeDecodeError, ProofError) as error:
        raise ProofError("Expected the %(part)s in base64url without padding", part=name) from error


@lru_cache(maxsize=4096)
def _parse_header(part: bytes) -> tuple[str, str]:
    text = _unb64(part, "header")
    try:
        header = _decode_header(text)
    except DECODE_ERRORS as error:
        raise ProofError("Expected a header of alg, kid and typ: %(why)s", why=error) from error
    if header.alg != "ES256" or header.typ not in (CUSTODY, REGISTRY):
        raise ProofError("Expected alg ES256 and typ %(one)s or %(other)s", one=CUSTODY, other=REGISTRY)
    if format_header(header.typ, header.kid) != text:
        raise ProofError(
            "The header is not spelt as it must be: alg, kid, typ, without white space or escapes"
        )
    return header.typ, header.kid


def _parse_claims(payload: bytes, typ: str) -> Claims | RegistryClaims:
    claims: Claims | RegistryClaims
    try:
        if typ == CUSTODY:
            claims = _decode_claims(payload)
            spelt = _format_claims(claims)
        else:
            wire = _decode_registry(payload)
            claims = RegistryClaims(
                wire.v, wire.log, wire.iss, wire.iat, wire.seq, wire.prev, bytes(wire.act)
            )
            spelt = _format_registry(claims)
    except DECODE_ERRORS as error:
        raise ProofError("Expected the claims of a %(typ)s: %(why)s", typ=typ, why=error) from error
    if spelt != payload:
        raise ProofError("The claims are not spelt as they must be: in order, without white space or escapes")
    if claims.v != 1:
        raise ProofError("Expected a statement of version 1, got %(got)s", got=claims.v)
    if (claims.seq == 0) != (claims.prev == ""):
        raise ProofError("Expected in prev the id of the key's previous statement, and nothing in its first")
    verify_time(claims.iat)
    return claims


@lru_cache(maxsize=4096)
def verify_time(text: str) -> str:
    """The time, when it is spelt YYYY-MM-DDThh:mm:ss±hh:mm and the calendar has it; ProofError otherwise."""
    try:
        if not _TIME.fullmatch(text) or text.endswith("-00:00"):
            raise ValueError(text)
        datetime.fromisoformat(text)
    except ValueError as error:
        raise ProofError(
            "Expected a time as YYYY-MM-DDThh:mm:ss±hh:mm, got %(got)s", got=ascii(text[:40])
        ) from error
    return text


def format_header(typ: str, kid: str) -> bytes:
    """The one spelling of a header."""
    return f'{{"alg":"ES256","kid":"{kid}","typ":"{typ}"}}'.encode()


def _format_claims(claims: Claims) -> bytes:
    return (
        f'{{"v":{claims.v},"log":"{claims.log}","iss":"{claims.iss}","iat":"{claims.iat}","seq":{claims.seq},'
        f'"prev":"{claims.prev}","core":"{claims.core}","terms":"{claims.terms}","items":"{claims.items}"}}'
    ).encode()


def _format_registry(claims: RegistryClaims) -> bytes:
    value = msgspec.json.decode(claims.act)
    act = msgspec.json.encode(value)
    if b"\\" in act or type(value) is not dict or not _is_plain(value):
        raise ProofError(
            "Expected an act that is a JSON object of plain members, without escapes and fractions"
        )
    head = (
        f'{{"v":{claims.v},"log":"{claims.log}","iss":"{claims.iss}","iat":"{claims.iat}","seq":{claims.seq},'
        f'"prev":"{claims.prev}","act":'
    )
    return head.encode() + act + b"}"


def _is_plain(value: object) -> bool:
    """Whether every language spells a value alike: no fractions, no large numbers, no names like numbers."""
    if isinstance(value, dict):
        return all(_NAME.fullmatch(name) and _is_plain(member) for name, member in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, int):
        return abs(value) <= MAX_SEQ
    return value is None or isinstance(value, str)


# Signing and verifying


def draft_custody(log: str, iss: str, iat: str, seq: int, prev: str, body: Body) -> bytes:
    """The claims of a custody statement over a body, ready to be signed."""
    core, terms, items = commit(body)
    return _format_claims(Claims(1, log, iss, iat, seq, prev, b64(core), b64(terms), b64(items)))


def draft_registry(log: str, iss: str, iat: str, seq: int, prev: str, act: bytes | str) -> bytes:
    """The claims of a registry statement, ready to be signed. `act` is canonical JSON."""
    act = act.encode() if isinstance(act, str) else act
    return _format_registry(RegistryClaims(1, log, iss, iat, seq, prev, act))


def sign(draft: bytes, key: PrivateKey) -> Statement:
    """Sign claims drafted by `draft_custody` or `draft_registry`. ProofError where they are not canonical."""
    typ = REGISTRY if _REGISTRY_DRAFT.match(draft) else CUSTODY
    signing_input = f"{b64(format_header(typ, key.public.kid))}.{b64(draft)}".encode()
    return Statement.parse(signing_input + b"." + b64(key.sign(signing_input)).encode())


def verify(statement: Statement, key: PublicKey) -> Statement:
    """The statement, when `key` is the one it names and has signed it; ProofError otherwise."""
    if statement.kid != key.kid:
        raise ProofError(
            "The statement names the key %(named)s, not %(kid)s", named=statement.kid, kid=key.kid
        )
    key.verify(statement.signature, statement.signing_input)
    return statement


def verify_body(statement: Statement, body: Body) -> Body:
    """The body, when the statement commits to all of it; ProofError names the part that differs."""
    claims = statement.claims
    if not isinstance(claims, Claims):
        raise ProofError("A registry statement has no body")
    core, terms, items = commit(body)
    for part, found, signed in (
        ("core", core, claims.core),
        ("terms", terms, claims.terms),
        ("items", items, claims.items),
    ):
        if b64(found) != signed:
            raise ProofError("The %(part)s of the body: not what was signed", part=part)
    return body


class Submission(msgspec.Struct, frozen=True, gc=False):
    """A statement on its way to the log, with its body where it is a custody statement."""

    statement: Statement
    body: Body | None = None

    @classmethod
    def parse(cls, data: bytes) -> "Submission":
        """From its JSON envelope `{"statement":"…","body":{…}}`; ProofError otherwise."""
        try:
            wire = msgspec.json.decode(data, type=_WireSubmission)
        except DECODE_ERRORS as error:
            raise ProofError("Expected a submission of statement and body: %(why)s", why=error) from error
        if msgspec.json.encode(wire) != data:
            verify_unique(data, "submission")
        return cls(Statement.parse(wire.statement), None if wire.body is None else wire.body.open())

    @staticmethod
    def peek_kid(data: bytes) -> str | None:
        """The kid that a submission names, without parsing the rest; None where it names none."""
        start = data.find(b'"statement":"') + 13
        if start < 13:
            return None
        try:
            return _parse_header(data[start : start + 400].partition(b".")[0])[1]
        except ProofError:
            return None

    def to_json(self) -> bytes:
        """The JSON envelope."""
        body = None if self.body is None else WireBody.of(self.body)
        return msgspec.json.encode(_WireSubmission(self.statement.jws.decode(), body))


class _WireSubmission(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    statement: str
    body: WireBody | None = None
