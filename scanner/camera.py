"""Frames from a camera, a video or a folder of pictures, and the window that shows them with outlines."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from scanner import ScannerError, images
from scanner.enhance import opencv
from scanner.reader import BUDGET, DEFAULT_FORMATS, read_symbols
from scanner.symbols import Symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

Frame: TypeAlias = "NDArray[np.uint8]"
Show: TypeAlias = "Callable[[Frame], bool]"

_GREEN = (60, 170, 30)  # BGR
_KEYS_TO_STOP = frozenset({ord("q"), ord("Q"), 27})
_NO_OPENCV = (
    "Cameras and videos need OpenCV, which does not load here. On Debian: "
    "apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)


def open_camera(source: int | str | Path, *, width: int = 1280, height: int = 720) -> Iterator[Frame]:
    """The BGR frames (uint8, height x width x 3) of a source, until it ends or the iterator is closed.

    `source` is a camera's number (also as text, "0"), a video file, or a folder of pictures, which come in
    the order of their names. `width` and `height` are asked of a camera, which may give others. Raises
    ScannerError at once when the source cannot be opened, and while reading when a picture is damaged.
    """
    if isinstance(source, str) and source.isdecimal():
        source = int(source)
    if isinstance(source, int):
        return _frames(_open_index(source, width, height))
    path = Path(source)
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise ScannerError(
            "Expected a camera number, a video file or a folder of pictures, found no %(path)s", path=path
        )
    if path.suffix.lower() in images.SUFFIXES:
        return iter([images.read_frame(path)])
    return _frames(_open_video(path))


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


def _folder(path: Path) -> Iterator[Frame]:
    pictures = sorted(file for file in path.iterdir() if file.suffix.lower() in images.SUFFIXES)
    if not pictures:
        raise ScannerError("Found no JPEG, PNG, WebP or HEIC pictures in %(path)s", path=path)
    return (images.read_frame(picture) for picture in pictures)


def outline(frame: Frame, symbols: Sequence[Symbol], words: Sequence[str]) -> Frame:
    """A copy of the BGR frame with each symbol outlined and its word written above it.

    `words` has one label a symbol, in their order; an empty one leaves the outline alone. Raises
    ScannerError without OpenCV.
    """
    cv2 = opencv()
    if cv2 is None:
        raise ScannerError(_NO_OPENCV)
    drawn = frame.copy()
    thickness = max(2, frame.shape[1] // 400)
    for symbol, word in zip(symbols, words, strict=True):
        corners = np.array(symbol.corners).round().astype(np.int32)
        cv2.polylines(drawn, [corners.reshape(-1, 1, 2)], True, _GREEN, thickness, cv2.LINE_AA)  # noqa: FBT003
        if word:
            _write(cv2, drawn, word, corners)
    return drawn


def _write(cv2: Any, frame: Frame, word: str, corners: NDArray[np.int32]) -> None:
    size = max(14, frame.shape[1] // 64)
    face = cv2.FontFace("uni")
    left, top = int(corners[:, 0].min()), int(corners[:, 1].min())
    box = cv2.getTextSize((0, 0), word, (0, 0), face, size)
    width, pad = int(box[2]), size // 3
    left = max(0, min(left, frame.shape[1] - width - 2 * pad))
    # Above the symbol, or below it at the upper edge.
    foot = top - pad if top > size + 3 * pad else int(corners[:, 1].max()) + size + 2 * pad
    cv2.rectangle(frame, (left, foot - size - pad), (left + width + 2 * pad, foot + pad), _GREEN, cv2.FILLED)
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


def preview(
    frames: Iterable[Frame],
    show: Show,
    word: Callable[[Symbol], str] = lambda symbol: symbol.text,
    *,
    budget: float | None = BUDGET,
    formats: Sequence[str] = DEFAULT_FORMATS,
) -> Iterator[list[Symbol]]:
    """The symbols of each frame, while `show` (see `window`) shows the frame with their outlines.

    `word` gives the label of a symbol. Ends with the frames, or when `show` returns False.
    """
    for frame in frames:
        symbols = read_symbols(frame, budget, formats)
        going_on = show(outline(frame, symbols, [word(symbol) for symbol in symbols]))
        yield symbols
        if not going_on:
            return
