"""Keys and signatures: P-256 for statements (RFC 7518 ES256), Ed25519 for logs and witnesses (C2SP signed-note).

`cryptography` signs and verifies. Nothing here makes a key out of randomness: the edge does.
"""

import binascii
from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from traceability.proof import ProofError

_CURVE = ec.SECP256R1()
_ES256 = ec.ECDSA(hashes.SHA256())
_ES256_RFC6979 = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/", b"+/!!")

ED25519 = 1
COSIGNATURE = 4
"""Signature types of C2SP signed-note."""


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515 section 2)."""
    encoded = binascii.b2a_base64(data, newline=False)
    return encoded.translate(_TO_URL).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The inverse of `b64`: no padding, trailing bits zero. ProofError for any other spelling."""
    try:
        data = binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except ValueError:
        data = b""
    if b64(data) != text:
        raise ProofError("Expected base64url without padding, got %(text)s", text=ascii(text[:60]))
    return data


def std64(data: bytes) -> str:
    """base64 with padding (RFC 4648 section 4), as the C2SP formats use it."""
    return b64encode(data).decode("ascii")


def unstd64(text: str) -> bytes:
    """The inverse of `std64`. ProofError for any other spelling."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    if std64(data) != text:
        raise ProofError("Expected base64 with padding, got %(text)s", text=ascii(text[:60]))
    return data


class PublicKey:
    """A P-256 public key, named by its RFC 7638 thumbprint `kid`."""

    __slots__ = ("_key", "jwk", "kid")

    def __init__(self, key: ec.EllipticCurvePublicKey) -> None:
        point = key.public_numbers()
        x, y = b64(point.x.to_bytes(32, "big")), b64(point.y.to_bytes(32, "big"))
        self._key = key
        self.jwk = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
        self.kid = b64(sha256(self.jwk.encode()).digest())

    @classmethod
    def from_jwk(cls, x: str, y: str) -> "PublicKey":
        """From the base64url coordinates of a JWK (RFC 7518 section 6.2.1)."""
        return _public(x, y)

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        """From the canonical JWK text (RFC 7638 section 3.2), as `jwk` has it."""
        parts = text.split('"')
        if len(parts) == 17:
            key = _public(parts[11], parts[15])
            if key.jwk == text:
                return key
        raise ProofError(
            'Expected a key spelt {"crv":"P-256","kty":"EC","x":"…","y":"…"}, got %(text)s', text=text[:80]
        )

    def __str__(self) -> str:
        return self.jwk

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a signature of 64 bytes, r‖s (RFC 7518 section 3.4). ProofError where it does not hold."""
        if len(signature) != 64:
            raise ProofError("Expected a signature of 64 bytes, got %(got)s", got=len(signature))
        der = encode_dss_signature(
            int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        )
        try:
            self._key.verify(der, message, _ES256)
        except InvalidSignature as error:
            raise ProofError("The signature is not one by the key %(kid)s", kid=self.kid) from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PublicKey) and other.jwk == self.jwk

    def __hash__(self) -> int:
        return hash(self.jwk)

    def __repr__(self) -> str:
        return f"PublicKey({self.kid})"

    def __reduce__(self) -> tuple[object, ...]:
        return PublicKey.parse, (self.jwk,)


@lru_cache(maxsize=4096)
def _public(x: str, y: str) -> PublicKey:
    point = unb64(x), unb64(y)
    if len(point[0]) != 32 or len(point[1]) != 32:
        raise ProofError("Expected P-256 coordinates of 32 bytes each")
    numbers = ec.EllipticCurvePublicNumbers(
        int.from_bytes(point[0], "big"), int.from_bytes(point[1], "big"), _CURVE
    )
    try:
        return PublicKey(numbers.public_key())
    except ValueError as error:
        raise ProofError("The coordinates are no point of the curve P-256") from error


class PrivateKey:
    """A P-256 private key held by a station. Signs deterministically (RFC 6979)."""

    __slots__ = ("_key", "public")

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    @classmethod
    def from_scalar(cls, scalar: int) -> "PrivateKey":
        """From the secret number itself, from 1 to the order of the group less one."""
        try:
            return cls(ec.derive_private_key(scalar, _CURVE))
        except ValueError as error:
            raise ProofError("Expected a secret number below the order of P-256") from error

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: bytes) -> "PrivateKey":
        """From an encrypted PKCS#8 PEM (RFC 5958). ProofError on a wrong passphrase or another kind of key."""
        try:
            key = serialization.load_pem_private_key(pem, passphrase)
        except (ValueError, TypeError) as error:
            raise ProofError(
                "The key file does not open: wrong passphrase, or not an encrypted PKCS#8 key"
            ) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
            raise ProofError("Expected a P-256 key in the key file")
        return cls(key)

    def to_pem(self, passphrase: bytes) -> bytes:
        """As an encrypted PKCS#8 PEM."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(passphrase),
        )

    def sign(self, message: bytes) -> bytes:
        """64 bytes, r‖s."""
        r, s = decode_dss_signature(self._key.sign(message, _ES256_RFC6979))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def is_note_name(name: str) -> bool:
    """Whether a text may name a key of a signed note: not empty, no white space, no plus sign."""
    return bool(name) and "+" not in name and len(name.split()) == 1 and name.strip() == name


class LogVerifier:
    """An Ed25519 key that verifies signed notes, as the C2SP text `name+hex key id+base64`.

    `kind` is the signature type of the note: ED25519 for a log, COSIGNATURE for a witness.
    """

    __slots__ = ("_key", "_raw", "key_id", "kind", "name")

    def __init__(self, name: str, key: bytes, kind: int = ED25519) -> None:
        self.name = name
        self.kind = kind
        self.key_id = sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]
        self._raw = key
        self._key = Ed25519PublicKey.from_public_bytes(key)

    @classmethod
    def parse(cls, text: str) -> "LogVerifier":
        """From a verifier key (vkey). ProofError where name, key id and key do not fit each other."""
        name, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        data = unstd64(encoded)
        if is_note_name(name) and len(data) == 33 and data[0] in (ED25519, COSIGNATURE):
            verifier = cls(name, data[1:], data[0])
            if str(verifier) == text:
                return verifier
        raise ProofError("Expected a verifier key, name+id+base64 of an Ed25519 key, got %(text)s", text=text)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{std64(bytes([self.kind]) + self._raw)}"

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check an Ed25519 signature of 64 bytes (RFC 8032). ProofError where it does not hold."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature as error:
            raise ProofError("The signature is not one by the key %(name)s", name=self.name) from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LogVerifier) and str(other) == str(self)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"LogVerifier({self})"


class LogKey:
    """The Ed25519 key with which a log signs its checkpoints, or a witness cosigns them."""

    __slots__ = ("_key", "verifier")

    def __init__(self, name: str, key: Ed25519PrivateKey, kind: int = ED25519) -> None:
        if not is_note_name(name):
            raise ProofError("Expected a key name without white space or plus sign, got %(name)s", name=name)
        self._key = key
        self.verifier = LogVerifier(name, key.public_key().public_bytes_raw(), kind)

    @classmethod
    def from_seed(cls, name: str, seed: bytes, kind: int = ED25519) -> "LogKey":
        """From the 32 secret bytes of RFC 8032."""
        if len(seed) != 32:
            raise ProofError("Expected a seed of 32 bytes, got %(got)s", got=len(seed))
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed), kind)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)
