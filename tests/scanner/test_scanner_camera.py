"""Cameras without a camera: a video and a folder made here, a screen that is a list."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from numpy.typing import NDArray

from scanner import ScannerError, accumulation, camera, enhance, images
from scanner.labels import label_png, pack_label
from scanner.photograph import photograph
from scanner.reader import look
from scanner.symbols import Sight, Unread
from scanner.tracking import Tracker

needs_opencv = pytest.mark.skipif(
    enhance.opencv() is None, reason="apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)
TEXT = "010952123454321321S{}\x1d1727123110L1"


def photo(serial: int, size: tuple[int, int] = (1280, 720)) -> NDArray[np.uint8]:
    label = pack_label("Amoxicillin", gtin="09521234543213", serial=f"S{serial}", expiry="271231", lot="L1")
    grey = photograph(images.read_image(label_png(label)), np.random.default_rng(serial), size=size)
    return np.stack([grey] * 3, axis=2)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cv2 = enhance.opencv()
    path = tmp_path_factory.mktemp("video") / "packs.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (1280, 720))
    for serial in range(3):
        writer.write(photo(serial))
    writer.release()
    return path


@needs_opencv
def test_a_video_is_read_frame_by_frame_with_outlines(video: Path) -> None:
    shown: list[NDArray[np.uint8]] = []

    def show(frame: NDArray[np.uint8]) -> bool:
        shown.append(frame)
        return True

    tracker = Tracker()
    followed = list(camera.follow(camera.open_shots(video), tracker, show, budget=2))
    texts = [[track.symbol.text for track in tracks if track.symbol] for _, tracks in followed]
    assert texts == [[TEXT.format(n)] for n in range(3)]
    assert [shot.at for shot, _ in followed] == pytest.approx([0.0, 0.1, 0.2])
    assert [track.number for track in tracker.codes] == [1, 2, 3]
    frames = list(camera.open_camera(str(video)))
    assert [frame.shape for frame in frames] == [(720, 1280, 3)] * 3
    for frame, drawn in zip(frames, shown, strict=True):
        # The outline is green, the picture grey.
        assert np.ptp(frame.astype(int), axis=2).max() < 60
        assert (np.ptp(drawn.astype(int), axis=2) > 90).sum() > 500


@needs_opencv
def test_closing_the_window_ends_the_preview(video: Path) -> None:
    shots = camera.open_shots(video)
    assert len(list(camera.follow(shots, Tracker(), lambda frame: False, budget=0))) == 1


@needs_opencv
def test_outline_leaves_its_frame_alone_and_writes_chinese() -> None:
    frame = photo(1)
    before = frame.copy()
    corners = look(frame, 2).symbols[0].corners
    plain = camera.outline(frame, [camera.Mark(corners, "")])
    named = camera.outline(frame, [camera.Mark(corners, "阿莫西林 · in your custody")])
    assert np.array_equal(frame, before)
    assert (named != plain).any()
    x, y = (round(place) for place in corners[0])
    assert plain[y, x, 1] > plain[y, x, 0] + 60
    # What is not read yet is amber: red and green, but no blue.
    amber = camera.outline(frame, [camera.Mark(corners, "come closer", read=False)])
    assert min(amber[y, x, 1:]) > amber[y, x, 0] + 60


def test_what_is_waited_for_is_looked_at_first_in_the_next_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    place = ((10.0, 10.0), (50.0, 10.0), (50.0, 50.0), (10.0, 50.0))
    asked: list[dict[str, object]] = []

    def look_and_note(grey: NDArray[np.uint8], *how: object, **more: object) -> Sight:
        asked.append({"formats": how[1], "raw": more["raw"], "first": more["first"]})
        return Sight([], [Unread(place, 1.0)])

    monkeypatch.setattr(accumulation, "look", look_and_note)
    shots = [camera.Shot(np.zeros((90, 120, 3), np.uint8), number / 10) for number in range(2)]
    list(camera.follow(shots, Tracker(), formats=("QRCode",), raw=True))
    assert asked == [
        {"formats": ("QRCode",), "raw": True, "first": []},
        {"formats": ("QRCode",), "raw": True, "first": [place]},
    ]


def test_of_what_a_camera_gives_meanwhile_the_newest_comes_next() -> None:
    more, taken, gone = Event(), Event(), Event()

    def source() -> Iterator[int]:
        yield 1
        more.wait(10)
        yield from (2, 3, 4)
        taken.set()
        gone.wait(10)
        raise ScannerError("The camera is gone")

    given = camera.newest(source())
    assert next(given) == 1
    more.set()
    assert taken.wait(10)
    assert next(given) == 4
    gone.set()
    with pytest.raises(ScannerError, match="gone"):
        next(given)


@needs_opencv
def test_a_camera_is_followed_as_it_comes_and_let_go() -> None:
    """Frames that came while one was read are added to it; whoever stops, stops the camera."""
    given: list[int] = []
    closed = []

    def shots() -> Iterator[camera.Shot]:
        try:
            for number in itertools.count():
                given.append(number)
                yield camera.Shot(photo(1), number / 25)
        finally:
            closed.append(True)

    tracker = Tracker()
    following = camera.follow(shots(), tracker, budget=0.25, live=True)
    for shot, tracks in itertools.islice(following, 3):
        assert [track.symbol.text for track in tracks if track.symbol] == [TEXT.format(1)], shot.at
    following.close()
    assert closed
    assert len(given) > 3
    assert len(tracker.codes) == 1


def test_unread_places_are_outlined_once_they_last() -> None:
    place = ((10.0, 10.0), (50.0, 10.0), (50.0, 50.0), (10.0, 50.0))
    tracker = Tracker()
    drawn = []
    for number in range(4):
        tracks = tracker.update(Sight([], [Unread(place, 1.0)]), number / 10)
        drawn.append(camera.marks_of(tracks, lambda track: f"{track.number}?"))
    assert drawn == [[], [], [camera.Mark(place, "1?", read=False)], [camera.Mark(place, "1?", read=False)]]


def test_a_folder_gives_its_pictures_in_order(tmp_path: Path) -> None:
    for serial in (2, 1):
        (tmp_path / f"{serial}.png").write_bytes(images.png(photo(serial, (320, 180))))
    (tmp_path / "notes.txt").write_text("no picture")
    frames = list(camera.open_camera(tmp_path))
    assert [np.array_equal(frame, photo(n, (320, 180))) for n, frame in enumerate(frames, 1)] == [True, True]
    (single,) = camera.open_camera(tmp_path / "1.png")
    assert np.array_equal(single, frames[0])


def test_sources_that_are_none_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScannerError, match=r"found no .*nothing"):
        camera.open_camera(tmp_path / "nothing.mp4")
    with pytest.raises(ScannerError, match="Found no JPEG"):
        camera.open_camera(tmp_path)


@needs_opencv
def test_a_file_that_does_not_play_and_a_camera_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "broken.avi").write_bytes(b"no video")
    with pytest.raises(ScannerError, match="cannot play"):
        camera.open_camera(tmp_path / "broken.avi")
    with pytest.raises(ScannerError, match="No camera 97"):
        camera.open_camera("97")


@needs_opencv
def test_without_a_screen_the_window_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(ScannerError, match="no screen"):
        camera.window()
