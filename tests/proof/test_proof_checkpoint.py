import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from traceability.proof import ProofError
from traceability.proof.checkpoint import Checkpoint, Note, parse_note, sign, sign_note, verify_checkpoint
from traceability.proof.signing import COSIGNATURE, LogKey, LogVerifier
from traceability.proof.tlog_proof import TlogProof
from traceability.proof.witness import cosign, verify_cosignature

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/checkpoint.json").read_text("utf-8"))
KEY = LogKey.from_seed("log.example/x-1", bytes(range(32)))
WITNESS = LogKey.from_seed("witness.example/w", bytes(range(1, 33)), COSIGNATURE)


@pytest.mark.parametrize("vector", VECTORS["verified"], ids=lambda vector: vector["why"])
def test_published_notes_verify(vector: dict) -> None:
    verifier = LogVerifier.parse(vector["key"])
    assert str(verifier) == vector["key"]
    note = Note.parse(vector["note"].encode())
    assert str(note.signed_by(verifier)) == vector["note"]
    assert note.text == vector["text"]
    if "tree" in vector["text"]:
        checkpoint = verify_checkpoint(vector["note"], verifier)
        assert (checkpoint.origin, checkpoint.body) == ("go.sum database tree", vector["text"])


@pytest.mark.parametrize("vector", VECTORS["parsed"], ids=lambda vector: vector["why"])
def test_published_notes_parse(vector: dict) -> None:
    note = parse_note(vector["note"])
    assert (note.text, str(note)) == (vector["text"], vector["note"])
    assert [line.name for line in note.signatures] == vector["names"]
    if "cosigned" in vector:
        assert Checkpoint.parse(note.text).size == 20852163
        line = next(line for line in note.signatures if line.name == vector["cosigned"]["name"])
        assert int.from_bytes(line.signature[:8], "big") == vector["cosigned"]["time"]


def test_published_proof_parses() -> None:
    proof = TlogProof.parse(VECTORS["proof"])
    assert (proof.index, len(proof.hashes), proof.extra) == (73894, 5, b"age-v1.2.1-darwin-arm64.tar.gz")
    assert (proof.checkpoint.origin, proof.checkpoint.size) == ("example.com/fancylog", 109482)
    assert str(proof) == VECTORS["proof"]


def test_every_mangled_verifier_key_is_refused() -> None:
    # As golang.org/x/mod/sumdb/note does: every part of the key, and every character changed.
    key = VECTORS["verified"][0]["key"]
    mangled = [
        key[i:j] for i in range(len(key)) for j in range(i + 1, len(key) + 1) if (i, j) != (0, len(key))
    ]
    mangled += [key[:i] + chr(ord(key[i]) + 1) + key[i + 1 :] for i in range(len(key))]
    for text in [*mangled, *VECTORS["keys_refused"], "", "a+b", "a b+00000000+AAAA"]:
        with pytest.raises(ProofError):
            LogVerifier.parse(text)


def test_what_a_log_signs_verifies() -> None:
    checkpoint = Checkpoint("log.example/x-1", 12, bytes(range(32)))
    note = sign(checkpoint, KEY)
    assert note.startswith(
        "log.example/x-1\n12\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n\u2014 log.example/x-1 "
    )
    assert verify_checkpoint(note, KEY.verifier) == checkpoint
    assert verify_checkpoint(note.encode(), LogVerifier.parse(str(KEY.verifier))) == checkpoint


def test_every_changed_byte_of_a_note_is_refused() -> None:
    note = sign(Checkpoint("log.example/x-1", 12, bytes(range(32))), KEY).encode()
    for at in range(len(note)):
        for flip in (1, 0x80):
            with pytest.raises(ProofError):
                verify_checkpoint(note[:at] + bytes([note[at] ^ flip]) + note[at + 1 :], KEY.verifier)


def test_unknown_signatures_are_ignored_and_kept() -> None:
    checkpoint = Checkpoint("log.example/x-1", 12, bytes(32))
    other = LogKey.from_seed("other.example", bytes(32))
    same_name = LogKey.from_seed("log.example/x-1", bytes(32))
    note = sign_note(checkpoint.body, [other, same_name, KEY])
    assert verify_checkpoint(str(note), KEY.verifier) == checkpoint
    assert len(Note.parse(str(note)).signatures) == 3
    stranger = LogKey.from_seed("log.example/x-1", bytes(range(2, 34)))
    with pytest.raises(ProofError, match="not signed by"):
        verify_checkpoint(str(note), stranger.verifier)


def test_a_signature_by_a_known_key_must_hold() -> None:
    first, second = (sign_note(f"log.example/x-1\n{n}\n{'A' * 43}=\n", [KEY]) for n in (1, 2))
    with pytest.raises(ProofError, match="signature"):
        verify_checkpoint(str(Note(first.text, second.signatures)), KEY.verifier)


SIGNATURE = str(sign_note("a\n", [KEY]).signatures[0])


@pytest.mark.parametrize(
    "note",
    [
        "", "a\n", "a\n\n", "a\n" + SIGNATURE, "\n" + SIGNATURE, f"a\n\n{SIGNATURE[:-1]}", f"\x01a\n\n{SIGNATURE}",
        f"a\r\n\n{SIGNATURE}", f"a\n\n{SIGNATURE}b\n", f"a\n\n{SIGNATURE}\n", f"a\n\n-{SIGNATURE[1:]}",
        f"a\n\n{SIGNATURE.replace('log', 'l g')}", f"a\n\n{SIGNATURE.replace('log', 'l+g')}",
        "a\n\n" + SIGNATURE.replace("log", "l\u00a0g"), "a\n\n\u2014 log AAAAAA==\n", "a\n\n\u2014 log AAAAAAA\n",
        "a\n\n" + SIGNATURE * 101, b"\xff\n\n" + SIGNATURE.encode(),
    ],
)  # fmt: skip
def test_malformed_notes_are_refused(note: str | bytes) -> None:
    with pytest.raises(ProofError):
        verify_checkpoint(note, KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n", "a\n1\n", f"a\n01\n{'A' * 43}=\n", f"a\n-1\n{'A' * 43}=\n", f"a\n1\n{'A' * 43}\n", f"a\n1\n{'A' * 42}==\n",
        f"a\n1\n{'A' * 43}=", f"\n1\n{'A' * 43}=\n", f"a\n1\n{'A' * 43}=\n\n", f"a\n١\n{'A' * 43}=\n", f"a\n 1\n{'A' * 43}=\n",
        f"a\n{'9' * 30}\n{'A' * 43}=\n",
    ],
)  # fmt: skip
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(ProofError):
        Checkpoint.parse(text)


names = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="+"), min_size=1, max_size=20
)


@given(names, st.integers(0, 2**60), st.binary(min_size=32, max_size=32), st.lists(names, max_size=2))
def test_checkpoints_are_inverses(origin: str, size: int, root: bytes, extensions: list[str]) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert Checkpoint.parse(checkpoint.body) == checkpoint
    key = LogKey.from_seed(origin, root)
    assert verify_checkpoint(sign(checkpoint, key), key.verifier) == checkpoint


@given(
    st.integers(0, 2**40), st.lists(st.binary(min_size=32, max_size=32), max_size=4), st.none() | st.binary()
)
def test_proofs_are_inverses(index: int, hashes: list[bytes], extra: bytes | None) -> None:
    proof = TlogProof(index, tuple(hashes), sign(Checkpoint("log", 3, bytes(32)), KEY), extra)
    assert TlogProof.parse(str(proof)) == proof
    assert TlogProof.parse(str(proof).encode()) == proof


@pytest.mark.parametrize(
    ("old", "new"),
    [("index 5", "index 05"), ("index 5", "index -5"), ("index 5", "indeX 5"), ("@v1", "@v2"), ("\n\n", "\n"), ("=\n", "\n"),
     ("index 5\n", ""), ("index 5\n", "extra AA\nindex 5\n"), ("AA=\n", "A==\n")],
)  # fmt: skip
def test_malformed_proofs_are_refused(old: str, new: str) -> None:
    text = str(TlogProof(5, (bytes(32),), sign(Checkpoint("log", 3, bytes(32)), KEY)))
    assert old in text
    with pytest.raises(ProofError):
        TlogProof.parse(text.replace(old, new, 1))


def test_witnesses_cosign_with_a_time() -> None:
    note = Note.parse(sign(Checkpoint("log.example/x-1", 12, bytes(32)), KEY))
    cosigned = Note.parse(str(cosign(note, 1679315147, WITNESS)))
    assert verify_cosignature(cosigned, WITNESS.verifier) == 1679315147
    assert verify_checkpoint(str(cosigned), KEY.verifier).size == 12
    assert LogVerifier.parse(str(WITNESS.verifier)) == WITNESS.verifier
    with pytest.raises(ProofError, match="not cosigned"):
        verify_cosignature(note, WITNESS.verifier)
    with pytest.raises(ProofError, match="not cosigned"):
        verify_cosignature(cosigned, KEY.verifier)
    with pytest.raises(ProofError, match="not signed"):
        cosigned.signed_by(WITNESS.verifier)
    with pytest.raises(ProofError):
        cosign(note, 1, KEY)
    line = cosigned.signatures[1]
    for at in range(72):
        changed = line.signature[:at] + bytes([line.signature[at] ^ 1]) + line.signature[at + 1 :]
        forged = Note(note.text, (note.signatures[0], type(line)(line.name, line.key_id, changed)))
        with pytest.raises(ProofError):
            verify_cosignature(forged, WITNESS.verifier)


def test_a_cosignature_is_of_its_kind() -> None:
    # The same secret under the same name: signing checkpoints and cosigning never mix.
    log, witness = (LogKey.from_seed("n", bytes(32), kind) for kind in (1, COSIGNATURE))
    assert log.verifier.key_id != witness.verifier.key_id
    with pytest.raises(ProofError):
        LogKey.from_seed("a b", bytes(32))
    with pytest.raises(ProofError):
        LogKey.from_seed("n", bytes(31))
