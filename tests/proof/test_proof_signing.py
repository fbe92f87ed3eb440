import contextlib
import hashlib
import json
import pickle

import ecdsa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.proof import ProofError
from traceability.proof.signing import PrivateKey, PublicKey, b64, std64, unb64, unstd64

# RFC 6979 appendix A.2.5: P-256, SHA-256
SCALAR = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
SAMPLE = (
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
)
TEST = (
    "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
    "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"
)
KEY = PrivateKey.from_scalar(SCALAR)


def test_signatures_of_rfc_6979() -> None:
    assert KEY.sign(b"sample").hex().upper() == SAMPLE
    assert KEY.sign(b"test").hex().upper() == TEST
    KEY.public.verify(bytes.fromhex(SAMPLE), b"sample")


def test_thumbprint_is_rfc_7638_and_the_other_library_agrees() -> None:
    point = ecdsa.SigningKey.from_secret_exponent(SCALAR, ecdsa.NIST256p).verifying_key.to_string()
    jwk = {"crv": "P-256", "kty": "EC", "x": b64(point[:32]), "y": b64(point[32:])}
    text = json.dumps(jwk, separators=(",", ":"), sort_keys=True)
    assert KEY.public.jwk == text
    assert KEY.public.kid == b64(hashlib.sha256(text.encode()).digest())
    assert PublicKey.parse(text) == PublicKey.from_jwk(jwk["x"], jwk["y"]) == KEY.public
    assert pickle.loads(pickle.dumps(KEY.public)) == KEY.public
    assert hash(PublicKey.parse(text)) == hash(KEY.public)


def test_every_changed_byte_of_a_signature_is_refused() -> None:
    signature = KEY.sign(b"m")
    for at in range(64):
        with pytest.raises(ProofError):
            KEY.public.verify(signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :], b"m")
    for wrong in (b"", signature[:63], signature + b"\0", bytes(64), b"\xff" * 64):
        with pytest.raises(ProofError):
            KEY.public.verify(wrong, b"m")


@pytest.mark.parametrize(
    "scalar", [0, -1, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551]
)
def test_scalars_outside_the_group_are_refused(scalar: int) -> None:
    with pytest.raises(ProofError):
        PrivateKey.from_scalar(scalar)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "null", KEY.public.jwk.replace(",", ", "), KEY.public.jwk.replace("P-256", "P-384"),
     KEY.public.jwk.replace('"y":"', '"y":"A'), '{"crv":"P-256","kty":"EC","x":"AA","y":"AA"}',
     f'{{"crv":"P-256","kty":"EC","x":"{b64(bytes(32))}","y":"{b64(bytes(32))}"}}'],
)  # fmt: skip
def test_other_spellings_of_a_key_are_refused(text: str) -> None:
    with pytest.raises(ProofError):
        PublicKey.parse(text)


def test_key_files_open_with_their_passphrase_alone() -> None:
    pem = KEY.to_pem(b"correct horse")
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert PrivateKey.from_pem(pem, b"correct horse").public == KEY.public
    with pytest.raises(ProofError, match="passphrase"):
        PrivateKey.from_pem(pem, b"wrong")
    with pytest.raises(ProofError):
        PrivateKey.from_pem(b"no key", b"x")


@given(st.binary(max_size=100))
def test_base64_has_one_spelling(data: bytes) -> None:
    assert unb64(b64(data)) == data
    assert unstd64(std64(data)) == data


@given(st.text(max_size=12))
def test_whatever_base64_accepts_it_spells_alike(text: str) -> None:
    for decode, encode in ((unb64, b64), (unstd64, std64)):
        with contextlib.suppress(ProofError):
            assert encode(decode(text)) == text


@pytest.mark.parametrize(
    "text", ["A", "AB", "AAB", "AA==", "A A", "AA\n", "+/+/", "AAA=", "ÄÄ", "=", "AAAA=", "\x00"]
)
def test_other_spellings_of_base64url_are_refused(text: str) -> None:
    with pytest.raises(ProofError):
        unb64(text)
