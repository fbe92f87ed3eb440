"""The high-water mark: the largest tree this log ever signed, kept outside the database.

A database behind the mark, such as yesterday's backup put back, never signs: it would give the log
two histories (DESIGN section 4, step 9).
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from traceability.proof.signing import b64, unb64
from traceability.store import StoreError


class Mark(NamedTuple):
    """Size and root of the largest tree signed so far."""

    size: int
    root: bytes


class MarkFile:
    """The mark of one log in one small file, replaced atomically and durably."""

    def __init__(self, path: Path, origin: str) -> None:
        self._path = path
        self._origin = origin

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from signing meanwhile."""
        descriptor = os.open(self._path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def in_use(self, *, alone: bool = False) -> Iterator[None]:
        """Say that this process works with the log; `alone` refuses while any other does."""
        descriptor = os.open(self._path.with_suffix(".users"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if alone else fcntl.LOCK_SH)
            yield
        except BlockingIOError as error:
            raise StoreError(
                "A server is running on this log. Stop it first; nothing was changed."
            ) from error
        finally:
            os.close(descriptor)

    def read(self) -> Mark | None:
        """The mark; None where no tree was ever signed. StoreError for anything but a whole mark."""
        try:
            text = self._path.read_text("utf-8")
        except FileNotFoundError:
            return None
        lines = text.split("\n")
        if (
            len(lines) != 5
            or lines[0] != "custody-mark/1"
            or lines[1] != self._origin
            or not lines[2].isdigit()
        ):
            raise StoreError(
                "%(path)s is not the mark of the log %(origin)s", path=self._path, origin=self._origin
            )
        return Mark(int(lines[2]), unb64(lines[3]))

    def verify(self, size: int, root_at: Callable[[int], bytes]) -> Mark | None:
        """Refuse a database of `size` entries that is not the mark's or a later state of it.

        `root_at(n)` computes the root over the first n entries of the database.
        """
        mark = self.read()
        if mark is None:
            if size:
                raise StoreError(
                    "The database holds %(size)s entries, but the mark at %(path)s is missing. Put the mark "
                    "back from where it was kept: without it nobody can tell whether this is the whole log.",
                    size=size,
                    path=self._path,
                )
            return None
        if size < mark.size:
            raise StoreError(
                "The database holds %(size)s entries, but this log has signed %(signed)s. It looks like an old "
                "backup: restore the newest one, or the missing entries from a mirror. Nothing will be signed.",
                size=size,
                signed=mark.size,
            )
        if root_at(mark.size) != mark.root:
            raise StoreError(
                "The first %(size)s entries of the database are not those that this log has signed. "
                "Run `traceability audit` to find the first that differs. Nothing will be signed.",
                size=mark.size,
            )
        return mark

    def advance(self, mark: Mark) -> None:
        """Replace the mark, durably."""
        text = f"custody-mark/1\n{self._origin}\n{mark.size}\n{b64(mark.root)}\n"
        fresh = self._path.with_suffix(".new")
        descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, text.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fresh.rename(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
