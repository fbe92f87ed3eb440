"""The root document: what a verifier pins, and everything else follows from (DESIGN section 3, "Keys")."""

import msgspec

from traceability.proof import ProofError
from traceability.proof.body import DECODE_ERRORS, verify_unique
from traceability.proof.signing import ED25519, LogVerifier, PublicKey
from traceability.proof.statement import Origin, PartyNumber


class Authority(msgspec.Struct, frozen=True):
    """Who registers parties and their administrators: `threshold` of `keys` must sign a successor."""

    gln: str
    threshold: int
    keys: tuple[PublicKey, ...]


class Trust(msgspec.Struct, frozen=True):
    """A root document, `trust.json`."""

    origin: str
    """The log's origin."""
    log: LogVerifier
    """The key that signs the log's checkpoints."""
    authority: Authority

    @classmethod
    def parse(cls, data: bytes | str) -> "Trust":
        """From JSON: `{"v":1,"origin":…,"log":"<vkey>","authority":{"gln":…,"threshold":k,"keys":[…]}}`.

        A key is a canonical JWK, as a text or as an object. ProofError otherwise.
        """
        data = data.encode() if isinstance(data, str) else data
        try:
            wire = msgspec.json.decode(data, type=_WireTrust)
        except DECODE_ERRORS as error:
            raise ProofError("Expected a root document (trust.json): %(why)s", why=error) from error
        verify_unique(data, "root document")
        keys = tuple([_key(key) for key in wire.authority.keys])
        if wire.v != 1:
            raise ProofError("Expected a root document of version 1, got %(got)s", got=wire.v)
        if len(set(keys)) != len(keys) or not 1 <= wire.authority.threshold <= len(keys):
            raise ProofError("Expected different authority keys, and a threshold from 1 to their number")
        log = LogVerifier.parse(wire.log)
        if log.kind != ED25519:
            raise ProofError("Expected the log's key to be one for checkpoints, not for cosignatures")
        return cls(wire.origin, log, Authority(wire.authority.gln, wire.authority.threshold, keys))

    def to_json(self) -> bytes:
        """The JSON of `trust.json`."""
        authority = _WireAuthority(
            self.authority.gln, self.authority.threshold, tuple([key.jwk for key in self.authority.keys])
        )
        return msgspec.json.encode(_WireTrust(1, self.origin, str(self.log), authority))

    def to_act(self) -> bytes:
        """The `root` act by which this document becomes the successor of another."""
        keys = tuple([msgspec.json.decode(key.jwk, type=WireJwk) for key in self.authority.keys])
        authority = _WireAuthority(self.authority.gln, self.authority.threshold, keys)
        document = msgspec.json.encode(_WireTrust(1, self.origin, str(self.log), authority))
        return b'{"type":"root",' + document[1:]


class WireJwk(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A P-256 key as a JSON object, members in canonical order (RFC 7638 section 3.2)."""

    crv: str
    kty: str
    x: str
    y: str

    def open(self) -> PublicKey:
        """The key. ProofError where it is none."""
        return PublicKey.parse(f'{{"crv":"{self.crv}","kty":"{self.kty}","x":"{self.x}","y":"{self.y}"}}')


class _WireAuthority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gln: PartyNumber
    threshold: int
    keys: tuple[str | WireJwk, ...]


class _WireTrust(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    origin: Origin
    log: str
    authority: _WireAuthority


class _WireRootAct(_WireTrust, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="root"):
    pass


def successor(act: bytes) -> Trust:
    """The root document that a `root` act proposes; ProofError where it is none."""
    try:
        wire = msgspec.json.decode(act, type=_WireRootAct)
    except DECODE_ERRORS as error:
        raise ProofError("Expected a root document in the act: %(why)s", why=error) from error
    document = Trust.parse(msgspec.json.encode(_WireTrust(wire.v, wire.origin, wire.log, wire.authority)))
    if document.to_act() != act:
        raise ProofError("Expected the root document in its canonical order, keys as objects")
    return document


def _key(key: str | WireJwk) -> PublicKey:
    return PublicKey.parse(key) if isinstance(key, str) else key.open()
