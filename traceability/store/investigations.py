"""What an investigation collects, beside its thread in `cases.py`: subjects, other cases, documents.

A document's bytes are a file in a folder of the data, named by their SHA-256; nothing ever changes or removes it.
"""

import os
import secrets
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, NamedTuple

from traceability.store import StoreError
from traceability.store.case_rows import Case, Entry
from traceability.store.cases import verify_open, write
from traceability.store.office import Office

LARGEST = 25_000_000
"""Bytes of one document."""
MOST_DOCUMENTS = 200
MOST_SUBJECTS = 500
_PIECE = 1 << 20


class Document(NamedTuple):
    """A document of an investigation."""

    id: int
    case: int
    name: str
    size: int
    sha256: str
    """In hexadecimal; it names the file."""
    salt: str
    """Base64url, of its name in the log."""
    added: str
    login: str


_DOCUMENT = ", ".join(f'"{name}"' for name in Document._fields)


class Investigations:
    """The desk of what investigations collect."""

    def __init__(self, office: Office, folder: Path) -> None:
        self._office = office
        self._folder = folder

    # Subjects and other cases

    def collect(self, case: int, subject: str, entry: Entry) -> bool:
        """Add a subject's URI, or another case as "alert/12"; whether it was not there before."""
        with self._office.change() as db:
            verify_open(db, case)
            (known,) = db.execute(
                "SELECT count(*) FROM investigation_subject WHERE id = ?", (case,)
            ).fetchone()
            if known >= MOST_SUBJECTS:
                raise StoreError("An investigation collects at most %(most)s subjects", most=MOST_SUBJECTS)
            sql = "INSERT INTO investigation_subject (id, subject) VALUES (?, ?) ON CONFLICT DO NOTHING"
            fresh = bool(db.execute(sql, (case, subject)).rowcount)
            if fresh:
                write(db, case, entry)
        return fresh

    def leave_out(self, case: int, subject: str, entry: Entry) -> None:
        """Take a subject out again; the thread keeps that it was there."""
        with self._office.change() as db:
            verify_open(db, case)
            sql = "DELETE FROM investigation_subject WHERE id = ? AND subject = ?"
            if db.execute(sql, (case, subject)).rowcount:
                write(db, case, entry)

    def subjects(self, case: int) -> list[str]:
        """What an investigation collects, sorted."""
        sql = "SELECT subject FROM investigation_subject WHERE id = ? ORDER BY subject"
        return [str(one) for (one,) in self._office.rows(sql, case)]

    def collecting(self, subject: str, party: str) -> list[Case]:
        """The investigations of a party that collect a subject, newest first."""
        names = ", ".join(f"f.{name}" for name in Case._fields)
        sql = (
            f"SELECT {names} FROM investigation_subject s JOIN case_file f ON f.id = s.id"  # noqa: S608
            " WHERE s.subject = ? AND f.raiser = ? ORDER BY f.id DESC"
        )
        return [Case._make(row) for row in self._office.rows(sql, subject, party)]

    # Documents

    def add_document(self, case: int, name: str, content: BinaryIO, entry: Entry) -> Document:
        """Keep a document. Raises StoreError for one that is empty, too large, or there already."""
        digest, size = self._keep(content)
        values = (case, name, size, digest, _salt(), entry.at, entry.login)
        with self._office.change() as db:
            verify_open(db, case)
            (known,) = db.execute('SELECT count(*) FROM document WHERE "case" = ?', (case,)).fetchone()
            if known >= MOST_DOCUMENTS:
                raise StoreError("An investigation has at most %(most)s documents", most=MOST_DOCUMENTS)
            twice = db.execute('SELECT 1 FROM document WHERE "case" = ? AND sha256 = ?', (case, digest))
            if twice.fetchone() is not None:
                raise StoreError("This document is in the investigation already")
            sql = (
                'INSERT INTO document ("case", name, size, sha256, salt, added, login)'
                " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id"
            )
            number = int(db.execute(sql, values).fetchone()[0])
            write(db, case, entry._replace(text=f"{name}\n{digest}"))
        return Document(number, *values)

    def _keep(self, content: BinaryIO) -> tuple[str, int]:
        """Write a file and name it by its hash; returns that and the size."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        fresh = self._folder / f"{secrets.token_hex(8)}.new"
        digest, size = sha256(), 0
        try:
            with fresh.open("xb") as file:
                fresh.chmod(0o600)
                for piece in iter(lambda: content.read(_PIECE), b""):
                    size += len(piece)
                    if size > LARGEST:
                        raise StoreError(
                            "Expected a document of at most %(most)s MB", most=LARGEST // 1_000_000
                        )
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if not size:
                raise StoreError("This document is empty")
            fresh.rename(self._folder / digest.hexdigest())
        finally:
            fresh.unlink(missing_ok=True)
        return digest.hexdigest(), size

    def documents(self, case: int) -> list[Document]:
        """The documents of an investigation, in the order in which they were added."""
        sql = f'SELECT {_DOCUMENT} FROM document WHERE "case" = ? ORDER BY id'  # noqa: S608
        return [Document._make(row) for row in self._office.rows(sql, case)]

    def content(self, document: Document) -> Iterator[bytes]:
        """The bytes of a document. Raises StoreError, before the first, where they are not those that were added."""
        path = self._folder / document.sha256
        try:
            with path.open("rb") as file:
                found = _digest(iter(lambda: file.read(_PIECE), b""))
        except OSError as error:
            raise StoreError("The file of the document %(name)s is missing", name=document.name) from error
        if found != document.sha256:
            raise StoreError("The file of the document %(name)s was changed", name=document.name)
        return _pieces(path)


def _digest(pieces: Iterable[bytes]) -> str:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(_PIECE), b"")


def _salt() -> str:
    return secrets.token_urlsafe(32)
