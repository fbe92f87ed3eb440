"""A watched folder: pictures are given once complete, and again when they are replaced."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from scanner import ScannerError
from scanner.watching import watch


class Enough(Exception):
    """Ends the watching."""


def watched(folder: Path, events: list[Callable[[], object]]) -> list[tuple[str, int]]:
    """Names and sizes of what is given while `events` happen, one between any two looks."""
    coming = iter([*events, nothing, nothing])

    def sleep(seconds: float) -> None:
        event = next(coming, None)
        if event is None:
            raise Enough
        event()

    given: list[tuple[str, int]] = []
    with suppress(Enough):
        for path in watch(folder, sleep=sleep):
            given.append((path.name, path.stat().st_size))  # noqa: PERF401 - it ends by an exception
    return given


def nothing() -> None:
    """Nothing happens."""


def test_pictures_there_come_first_then_those_that_appear(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "notes.txt", ".hidden.png"):
        (tmp_path / name).write_bytes(b"1")
    given = watched(tmp_path, [nothing, lambda: (tmp_path / "0.webp").write_bytes(b"12")])
    assert given == [("a.jpg", 1), ("b.png", 1), ("0.webp", 2)]


def test_a_picture_that_grows_is_waited_for(tmp_path: Path) -> None:
    def grow() -> None:
        with (tmp_path / "a.png").open("ab") as file:
            file.write(b"12345")

    assert watched(tmp_path, [grow, grow, grow]) == [("a.png", 15)]


def test_a_replaced_picture_is_given_again(tmp_path: Path) -> None:
    path = tmp_path / "latest.jpg"
    path.write_bytes(b"1")
    again: Callable[[], object] = lambda: path.write_bytes(b"22")  # noqa: E731
    events = [nothing, nothing, again, nothing, nothing, path.unlink, again]
    assert watched(tmp_path, events) == [("latest.jpg", 1), ("latest.jpg", 2), ("latest.jpg", 2)]


def test_folders_that_are_none_or_go_away_are_told(tmp_path: Path) -> None:
    with pytest.raises(ScannerError, match="found none at"):
        watch(tmp_path / "nothing")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(ScannerError, match="Cannot look into the folder"):
        watched(folder, [folder.rmdir])
