"""The bundle of an investigation: its documents are those listed, and those that the log notes; three checkers."""

from hashlib import sha256

import msgspec
import pytest
from small_log import ADMIN_KEY, MAKER, TRUST, compact, founded

from traceability.proof import ProofError
from traceability.proof.bundle import CHECKPOINT, read_bundle, verify_bundle, write_bundle
from traceability.proof.documents import Listed, noted_name, write_list
from traceability.proof.signing import b64
from traceability.reports import verifier

SALT, PHOTO, LETTER = b"s" * 32, b"a photograph", b"a letter"
LOG = founded()
AT = LOG.register(
    ADMIN_KEY,
    MAKER,
    compact({"type": "evidence", "documents": [noted_name(SALT, sha256(PHOTO).digest())]}),
)
NOTED = LOG.entries[AT].statement.id


def listed(name: str, content: bytes, statement: str = "", salt: bytes = SALT) -> Listed:
    return Listed(name, sha256(content).hexdigest(), len(content), b64(salt), statement)


LIST = [listed("documents/000001-photo.jpg", PHOTO, NOTED), listed("documents/000002-letter", LETTER)]


def files() -> dict[str, bytes]:
    found = {
        CHECKPOINT: LOG.note().encode(),
        "investigation.json": b"{}\n",
        "dossiers/000001.json": b"{}\n",
        "reports/000001.pdf": b"%PDF-",
        "documents/000001-photo.jpg": PHOTO,
        "documents/000002-letter": LETTER,
        "documents.json": write_list(LIST),
    }
    for number, at in enumerate(LOG.registry):
        receipt = LOG.receipt(at)
        found[f"registry/{number:06}.entry"] = receipt.entry.to_bytes()
        found[f"registry/{number:06}.proof"] = str(receipt.tlog_proof).encode()
    return found


def test_documents_are_proven_to_be_those_noted() -> None:
    data = write_bundle(files())
    verified = verify_bundle(read_bundle(data), TRUST)
    assert [(one.file, one.party) for one in verified.documents] == [
        ("documents/000001-photo.jpg", MAKER),
        ("documents/000002-letter", ""),
    ]
    report = verifier.verify(data, verifier.read_trust(TRUST.to_json()))
    said = verifier.describe(report)
    assert "Investigation: 2 documents" in said
    assert f"documents/000001-photo.jpg: noted in the log by {MAKER}" in said
    assert "documents/000002-letter: not noted in the log" in said


@pytest.mark.parametrize(
    "changes",
    [
        {"documents/000001-photo.jpg": b"another photograph"},
        {"documents/000003-more": b"not listed"},
        {"documents.json": write_list(LIST[:1])},
        {"documents.json": write_list([LIST[0], LIST[0]])},
        {"documents.json": write_list([listed("documents/000001-photo.jpg", PHOTO, NOTED, b"t" * 32), LIST[1]])},
        {"documents.json": write_list([LIST[0], listed("documents/000002-letter", LETTER, NOTED)])},
        {"documents.json": write_list([LIST[0], listed("documents/000002-letter", LETTER, "A" * 43)])},
        {"documents.json": write_list([LIST[0], listed("documents/000002-letter", LETTER, salt=b"short")])},
        {"documents.json": write_list(LIST) + b" "},
        {"documents.json": msgspec.json.encode({"documents": [{"file": "documents/000002-letter"}]}) + b"\n"},
        {"documents.json": b""},
        {"documents/../up": b"up"},
        {"secrets/000001": b"?"},
    ],
)  # fmt: skip
def test_both_verifiers_refuse_what_was_changed(changes: dict[str, bytes]) -> None:
    try:
        data = write_bundle({**files(), **changes})
    except ProofError:
        return  # a file that no bundle has
    with pytest.raises(ProofError):
        verify_bundle(read_bundle(data), TRUST)
    with pytest.raises(verifier.Refused):
        verifier.verify(data, verifier.read_trust(TRUST.to_json()))
