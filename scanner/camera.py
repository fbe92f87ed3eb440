"""Frames from a camera, a video or a folder of pictures, what they show, and the window that shows it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np

from scanner import ScannerError, images
from scanner.accumulation import Exposure
from scanner.enhance import opencv
from scanner.reader import BUDGET, DEFAULT_FORMATS, to_grey
from scanner.symbols import Corners
from scanner.tracking import Track, Tracker

if TYPE_CHECKING:
    from numpy.typing import NDArray

Frame: TypeAlias = "NDArray[np.uint8]"
Show: TypeAlias = "Callable[[Frame], bool]"
_T = TypeVar("_T")

BETWEEN_PICTURES = 10.0  # seconds taken to lie between two photographs: nothing stays in its place

_GREEN, _AMBER = (60, 170, 30), (0, 140, 225)  # BGR
_WANTED = 12  # places that a frame's reader is told to look at first
_LASTING = 3  # frames in which an unread place is seen before it is outlined: most others are gone by then
_KEYS_TO_STOP = frozenset({ord("q"), ord("Q"), 27})
_NO_OPENCV = (
    "Cameras and videos need OpenCV, which does not load here. On Debian: "
    "apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One frame (BGR, uint8, height x width x 3) and when it was taken: seconds that count from anywhere."""

    frame: Frame
    at: float


@dataclass(frozen=True, slots=True)
class Mark:
    """An outline to draw: green where it was read, amber where not, with a word beside it or none."""

    corners: Corners
    word: str
    read: bool = True


def open_camera(source: int | str | Path, *, width: int = 1280, height: int = 720) -> Iterator[Frame]:
    """The frames of a source, as `open_shots` gives them, without their times."""
    shots = open_shots(source, width=width, height=height)
    return (shot.frame for shot in shots)


def open_shots(
    source: int | str | Path,
    *,
    width: int = 1280,
    height: int = 720,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Shot]:
    """What a source gives, until it ends or the iterator is closed.

    `source` is a camera's number (also as text, "0"), a video file, or a folder of pictures, which come in
    the order of their names. `width` and `height` are asked of a camera, which may give others; its frames
    are timed by `clock`, those of a video from its beginning. Raises ScannerError at once when the source
    cannot be opened, and while reading when a picture is damaged.
    """
    if isinstance(source, str) and source.isdecimal():
        source = int(source)
    if isinstance(source, int):
        capture = _open_index(source, width, height)
        return (Shot(frame, clock()) for frame in _frames(capture))
    path = Path(source)
    if path.is_dir():
        return _photographs(folder(path))
    if not path.is_file():
        raise ScannerError(
            "Expected a camera number, a video file or a folder of pictures, found no %(path)s", path=path
        )
    if path.suffix.lower() in images.SUFFIXES:
        return _photographs([path])
    return _video(path)


def _video(path: Path) -> Iterator[Shot]:
    cv2 = opencv()
    capture = _open_video(path)
    rate = float(capture.get(cv2.CAP_PROP_FPS))
    step = 1 / rate if 1 <= rate <= 240 else 1 / 30  # some files do not tell, or tell nonsense
    return (Shot(frame, number * step) for number, frame in enumerate(_frames(capture)))


def _photographs(paths: Iterable[Path]) -> Iterator[Shot]:
    return (Shot(images.read_frame(path), n * BETWEEN_PICTURES) for n, path in enumerate(paths))


def _open_index(index: int, width: int, height: int) -> Any:
    cv2 = opencv()
    if cv2 is None:
        raise ScannerError(_NO_OPENCV)
    capture = cv2.VideoCapture(index)
    if not capture.isOpened():
        raise ScannerError(
            "No camera %(index)s: is it plugged in, and used by no other program?", index=index
        )
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    # Old frames are of no use to a person who moves a pack: keep one.
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return capture


def _open_video(path: Path) -> Any:
    cv2 = opencv()
    if cv2 is None:
        raise ScannerError(_NO_OPENCV)
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise ScannerError("Expected a video or a picture, cannot play %(path)s", path=path)
    return capture


def _frames(capture: Any) -> Iterator[Frame]:
    try:
        while True:
            good, frame = capture.read()
            if not good:
                return
            yield np.asarray(frame, np.uint8)
    finally:
        capture.release()


def folder(path: Path) -> list[Path]:
    """The pictures in a folder, in the order of their names. Raises ScannerError where there are none."""
    pictures = sorted(file for file in path.iterdir() if file.suffix.lower() in images.SUFFIXES)
    if not pictures:
        raise ScannerError("Found no JPEG, PNG, WebP or HEIC pictures in %(path)s", path=path)
    return pictures


def outline(frame: Frame, marks: Sequence[Mark]) -> Frame:
    """A copy of the BGR frame with each mark outlined and its word written above it.

    Raises ScannerError without OpenCV.
    """
    cv2 = opencv()
    if cv2 is None:
        raise ScannerError(_NO_OPENCV)
    drawn = frame.copy()
    thickness = max(2, frame.shape[1] // 400)
    for mark in marks:
        corners = np.array(mark.corners).round().astype(np.int32)
        colour = _GREEN if mark.read else _AMBER
        cv2.polylines(drawn, [corners.reshape(-1, 1, 2)], True, colour, thickness, cv2.LINE_AA)  # noqa: FBT003
        if mark.word:
            _write(cv2, drawn, mark.word, corners, colour)
    return drawn


def _write(
    cv2: Any, frame: Frame, word: str, corners: NDArray[np.int32], colour: tuple[int, int, int]
) -> None:
    size = max(14, frame.shape[1] // 64)
    face = cv2.FontFace("uni")
    left, top = int(corners[:, 0].min()), int(corners[:, 1].min())
    box = cv2.getTextSize((0, 0), word, (0, 0), face, size)
    width, pad = int(box[2]), size // 3
    left = max(0, min(left, frame.shape[1] - width - 2 * pad))
    # Above the symbol, or below it at the upper edge.
    foot = top - pad if top > size + 3 * pad else int(corners[:, 1].max()) + size + 2 * pad
    cv2.rectangle(frame, (left, foot - size - pad), (left + width + 2 * pad, foot + pad), colour, cv2.FILLED)
    cv2.putText(frame, word, (left + pad, foot - pad // 2), (255, 255, 255), face, size)


def window(title: str = "traceability scan") -> Show:
    """A function that shows a frame on the screen and is False once the person has closed the window.

    Raises ScannerError where there is no screen or no OpenCV.
    """
    cv2 = opencv()
    if cv2 is None:
        raise ScannerError(_NO_OPENCV)
    # OpenCV's window library ends the whole process without a display: ask before it does.
    on_x11 = sys.platform.startswith("linux")
    if on_x11 and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise ScannerError("There is no screen to show the picture on: scan without preview, or set DISPLAY")

    def show(frame: Frame) -> bool:
        try:
            cv2.imshow(title, frame)
            key = cv2.waitKey(1) & 0xFF
            closed = cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) < 1
        except cv2.error as error:
            raise ScannerError("The picture cannot be shown: %(reason)s", reason=error.err) from error
        if closed or key in _KEYS_TO_STOP:
            cv2.destroyAllWindows()
            return False
        return True

    return show


def marks_of(tracks: Iterable[Track], word: Callable[[Track], str]) -> list[Mark]:
    """How tracks are drawn: those read, and those seen for a few frames that were not."""
    return [
        Mark(track.corners, word(track), track.counted)
        for track in tracks
        if track.symbol is not None or track.seen >= _LASTING
    ]


def follow(
    shots: Iterable[Shot],
    tracker: Tracker,
    show: Show | None = None,
    word: Callable[[Track], str] = lambda track: track.symbol.text if track.symbol else "",
    *,
    budget: float | None = BUDGET,
    formats: Sequence[str] = DEFAULT_FORMATS,
    raw: bool = False,
    live: bool = False,
) -> Iterator[tuple[Shot, list[Track]]]:
    """Each shot with the tracks that are seen in it, accumulated by `tracker`.

    Frames of one view are taken together (`accumulation`), and the places that the tracker wants go first in
    each frame's budget. Shots that come `live` do not wait: while one is read, those that come are taken together,
    and the newest is given next.
    `show` (see `window`) shows each frame with the outlines of its tracks, and `word` gives the label of a
    track. Ends with the shots, or when `show` returns False.
    """
    exposure = Exposure()
    greys = ((shot, to_grey(shot.frame)) for shot in shots)
    added = ((shot, grey, exposure.add(grey, shot.at)) for shot, grey in greys)
    for shot, grey, standing in newest(added) if live else added:
        first = [track.corners for track in tracker.wanted(_WANTED)]
        sight = exposure.read(standing, budget, formats, raw=raw, first=first)
        tracks = tracker.update(sight, shot.at, grey)
        going_on = show is None or show(outline(shot.frame, marks_of(tracks, word)))
        yield shot, tracks
        if not going_on:
            return


def newest(source: Iterable[_T]) -> Iterator[_T]:
    """What came last from a source, each time one is asked for: a thread takes all that comes meanwhile.

    Ends after the last of them; raises what the source raises.
    """
    waiting: list[_T] = []  # one at most
    changed = Condition()
    ended = Event()

    def take() -> None:
        try:
            for one in source:
                with changed:
                    waiting[:] = [one]
                    changed.notify()
                if ended.is_set():
                    return
        finally:
            ended.set()
            with changed:
                changed.notify()

    with ThreadPoolExecutor(1, "camera") as hand:
        taking = hand.submit(take)
        try:
            while True:
                with changed:
                    changed.wait_for(lambda: waiting or ended.is_set())
                    if not waiting:
                        break
                    one = waiting.pop()
                yield one
        finally:
            ended.set()
        taking.result()
