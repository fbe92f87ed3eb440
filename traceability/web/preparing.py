"""Files that take long to make: made once in a thread of their own, kept for a day, sent in ranges.

A file is named by what it shows: the log position, the lot and who reads it. So the same question at the
same position finds the same bytes, and a download that broke off goes on where it stopped.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import time

KEPT_SECONDS = 86_400
AT_ONCE_SECONDS = 2.0
"""How long a request waits for a file before it shows progress instead."""

Make = Callable[[Path, Callable[[int], object]], None]
"""Writes a file at a path and reports how many rows and statements are done."""


def tag(key: tuple[object, ...]) -> str:
    """What stands for the bytes of a file, by what it shows: its ETag."""
    return sha256(repr(key).encode()).hexdigest()[:16]


@dataclass
class Preparation:
    """One file on its way."""

    path: Path
    total: int
    """Rows and statements in all, as far as that is known beforehand."""
    done: int = 0
    failure: str = ""
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def percent(self) -> int:
        """How far it is; 99 until it is there."""
        return min(99, 100 * self.done // max(1, self.total))


class Preparing:
    """The files of one server, on their way or ready."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[Path, Preparation] = {}

    def file(
        self,
        folder: Path,
        name: str,
        key: tuple[object, ...],
        total: int,
        make: Make,
        *,
        patient: bool = False,
    ) -> Preparation:
        """The file that answers a question, begun now if it is not there; waits for it a moment, or, where it
        is `patient`, until it is there."""
        path = folder / f"{tag(key)}-{name}"
        with self._lock:
            found = self._running.get(path)
            if found is None:
                found = self._running[path] = Preparation(path, total)
                self._start(found, make)
        found.finished.wait(None if patient else AT_ONCE_SECONDS)
        return found

    def _start(self, one: Preparation, make: Make) -> None:
        if one.path.exists():
            one.path.touch()
            self._finish(one)
            return
        one.path.parent.mkdir(mode=0o700, exist_ok=True)
        _drop_old(one.path.parent)
        threading.Thread(
            target=self._run, args=(one, make), name=f"prepare {one.path.name}", daemon=True
        ).start()

    def _run(self, one: Preparation, make: Make) -> None:
        fresh = one.path.with_suffix(".new")

        def told(done: int) -> None:
            one.done = done

        try:
            fresh.unlink(missing_ok=True)
            make(fresh, told)
            fresh.rename(one.path)
        except BaseException as error:
            one.failure = str(error) or type(error).__name__
            fresh.unlink(missing_ok=True)
            raise
        finally:
            self._finish(one)

    def _finish(self, one: Preparation) -> None:
        self._running.pop(one.path, None)
        one.finished.set()


def _drop_old(folder: Path) -> None:
    for path in folder.iterdir():
        if path.stat().st_mtime < time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)


PREPARING = Preparing()
