"""Documents that are noted in the log: named there by a salted hash, proven by whoever has document and salt.

    name = base64url SHA-256(0x03 ‖ salt ‖ SHA-256(document))        salt: 32 random bytes, one a document

The log is open, and a hash alone would tell everybody who has a document that somebody else has it too. In a
bundle (`proof.bundle`) `documents.json` lists the files of `documents/` with their hashes and salts.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

import msgspec

from traceability.proof import ProofError
from traceability.proof.body import DECODE_ERRORS
from traceability.proof.signing import b64, unb64
from traceability.proof.statement import RegistryClaims, Statement

LIST, FOLDER = "documents.json", "documents/"


def noted_name(salt: bytes, digest: bytes) -> str:
    """What names a document in the log, from its salt and its SHA-256."""
    return b64(sha256(b"\x03" + salt + digest).digest())


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A document in `documents.json`."""

    file: str
    sha256: str
    """In hexadecimal."""
    size: int
    salt: str
    statement: str = ""
    """Id of the registry statement that notes it; empty where none does."""


class _List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    documents: tuple[Listed, ...]


class _Act(msgspec.Struct, frozen=True):
    type: str
    documents: tuple[str, ...] = ()


class VerifiedDocument(msgspec.Struct, frozen=True):
    """A document that is the one listed, and was noted in the log by `party` at `iat` where those are not empty."""

    file: str
    sha256: str
    party: str = ""
    iat: str = ""


def write_list(documents: Iterable[Listed]) -> bytes:
    """`documents.json`, in its one spelling."""
    return msgspec.json.encode(_List(tuple(documents))) + b"\n"


def verify_documents(files: Mapping[str, bytes], acts: Iterable[Statement]) -> tuple[VerifiedDocument, ...]:
    """The documents of a bundle; `acts` are its registry statements that had effect. Raises ProofError."""
    data = files.get(LIST, b"")
    try:
        listed = msgspec.json.decode(data, type=_List).documents
    except DECODE_ERRORS as error:
        raise ProofError("documents.json: %(why)s", why=error) from error
    if write_list(listed) != data:
        raise ProofError("documents.json: Expected its members in order and without white space")
    there = [name for name in files if name.startswith(FOLDER)]
    if sorted(one.file for one in listed) != sorted(there):
        raise ProofError("documents.json: it does not list the files of documents/, each once")
    noted = {statement.id: statement for statement in acts}
    return tuple([_verify(one, files[one.file], noted) for one in listed])


def _verify(one: Listed, content: bytes, noted: Mapping[str, Statement]) -> VerifiedDocument:
    digest = sha256(content)
    if digest.hexdigest() != one.sha256 or len(content) != one.size:
        raise ProofError("%(file)s: not the document that documents.json lists", file=one.file)
    salt = unb64(one.salt)
    if len(salt) != 32:
        raise ProofError("documents.json: Expected salts of 32 bytes")
    if not one.statement:
        return VerifiedDocument(one.file, one.sha256)
    statement = noted.get(one.statement)
    claims = statement.claims if statement is not None else None
    act = msgspec.json.decode(claims.act, type=_Act) if isinstance(claims, RegistryClaims) else None
    name = noted_name(salt, digest.digest())
    if claims is None or act is None or act.type != "evidence" or name not in act.documents:
        raise ProofError("%(file)s: it is not noted in the statement %(id)s", file=one.file, id=one.statement)
    return VerifiedDocument(one.file, one.sha256, claims.iss, claims.iat)
