"""Pictures that appear in a folder, each given once it is complete."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from scanner import ScannerError, images

Version: TypeAlias = tuple[int, int]

PAUSE = 0.5  # seconds between two looks at the folder


def watch(
    folder: str | Path, *, pause: float = PAUSE, sleep: Callable[[float], None] = time.sleep
) -> Iterator[Path]:
    """The pictures in `folder` in the order of their names, then those that appear, without end.

    A picture counts as complete when its size and time have not changed from one look to the next, `pause`
    seconds later. One that is replaced is given again. Raises ScannerError at once where there is no such
    folder, and while watching when it goes away.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ScannerError("Expected a folder to watch, found none at %(path)s", path=path)
    return _watch(path, pause, sleep)


def _watch(path: Path, pause: float, sleep: Callable[[float], None]) -> Iterator[Path]:
    given: dict[str, Version] = {}
    before: dict[str, Version] = {}
    while True:
        now = _versions(path)
        for name in sorted(now):
            if now[name] == before.get(name) != given.get(name):
                given[name] = now[name]
                yield path / name
        # One of the same name that comes after it was taken away is a new one.
        given = {name: version for name, version in given.items() if name in now}
        before = now
        sleep(pause)


def _versions(path: Path) -> dict[str, Version]:
    """Size and time of each picture; a hidden file, such as a download that goes on, is none yet."""
    found = {}
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".")
                if not hidden and Path(entry.name).suffix.lower() in images.SUFFIXES:
                    try:
                        stat = entry.stat()
                    except FileNotFoundError:
                        continue  # taken away since it was listed
                    found[entry.name] = (stat.st_size, stat.st_mtime_ns)
    except OSError as error:
        raise ScannerError(
            "Cannot look into the folder %(path)s: %(reason)s",
            path=path,
            reason=error.strerror or "unreadable",
        ) from error
    return {name: version for name, version in found.items() if version[0] > 0}
