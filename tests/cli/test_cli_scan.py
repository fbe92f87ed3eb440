"""`traceability scan`: pictures, folders, videos, stdin, a hand scanner; JSON and exit status."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from scanner import enhance, images, labels, photograph
from scanner.symbols import Corners, Sight, Symbol, Unread
from scanner.tracking import Tracker
from traceability.cli import cli
from traceability.cli.output import Output
from traceability.cli.sightings import Sightings, word_of

GTIN = "09521321000018"
CODE = f"01{GTIN}21{{}}\x1d1728123110A17"

needs_opencv = pytest.mark.skipif(
    enhance.opencv() is None, reason="apt-get install -y --no-install-recommends libgl1 libglib2.0-0"
)


def scan(*words: object, **more: object) -> Result:
    return CliRunner().invoke(cli, ["scan", *map(str, words)], catch_exceptions=False, **more)  # type: ignore[arg-type]


def told(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def codes(result: Result) -> list[dict[str, Any]]:
    return [line for line in told(result) if "text" in line]


def summary(result: Result) -> dict[str, Any]:
    """The one line that sums up; an error may follow it."""
    (found,) = [line["summary"] for line in told(result) if "summary" in line]
    return found  # type: ignore[no-any-return]


def label(serial: str) -> NDArray[np.uint8]:
    drawn = labels.pack_label("Amoxicillin", gtin=GTIN, serial=serial, expiry="281231", lot="A17")
    return images.read_image(labels.label_png(drawn))


def printed_code(element: str) -> NDArray[np.uint8]:
    modules = np.pad(labels.data_matrix(element), 4)
    return np.where(modules, 0, 255).astype(np.uint8).repeat(5, axis=0).repeat(5, axis=1)


def photo(serials: Sequence[str], seed: int = 1) -> NDArray[np.uint8]:
    return photograph.tray([label(serial) for serial in serials], np.random.default_rng(seed))


@pytest.fixture
def tray(tmp_path: Path) -> Path:
    """A photograph of three labels in a folder of their own."""
    path = tmp_path / "pictures" / "frame.png"
    path.parent.mkdir()
    path.write_bytes(images.png(photo(["S0", "S1", "S2"])))
    return path


def test_every_label_of_a_picture_is_told_once(tray: Path) -> None:
    result = scan(tray, "--json")
    assert result.exit_code == 0
    found = codes(result)
    assert {one["item"] for one in found} == {f"https://id.gs1.org/01/{GTIN}/21/S{n}" for n in range(3)}
    symbol = {"frame", "picture", "track", "text", "symbology", "format", "accepted", "corners"}
    assert set(found[0]) == symbol | {"elements", "item", "clone", "twins"}
    assert {one["track"] for one in found} == {1, 2, 3}
    assert summary(result) == {
        "frames": 1,
        "codes": 3,
        "expected": None,
        "clones": 0,
        "disputed": 0,
        "unreadable": 0,
    }


def test_a_folder_counts_a_code_once_and_goes_on_after_a_damaged_picture(tray: Path) -> None:
    (tray.parent / "again.png").write_bytes(images.png(photo(["S1", "S3"], seed=2)))
    (tray.parent / "broken.jpg").write_bytes(b"no picture")
    result = scan(tray.parent, "--json")
    assert [one["text"] for one in codes(result)].count(CODE.format("S1")) == 1
    assert (summary(result)["frames"], summary(result)["codes"], summary(result)["unreadable"]) == (3, 4, 1)
    assert [line["picture"] for line in told(result) if "error" in line] == ["broken.jpg"]
    assert result.exit_code == 1


def test_one_picture_on_stdin_or_many(tray: Path) -> None:
    assert len(codes(scan("-", "--json", input=tray.read_bytes()))) == 3
    stream = b"".join(images.png(photo([f"S{n}", "S9"], seed=n)) for n in range(3))
    result = scan("-", "--json", "--budget", "2", input=stream)
    assert sorted(one["text"] for one in codes(result)) == [CODE.format(f"S{n}") for n in (0, 1, 2, 9)]
    assert (summary(result)["frames"], result.exit_code) == (3, 0)
    # What is cut off at the end does not take along what was read before.
    cut = scan("-", "--json", "--budget", "2", input=stream + stream[:5000])
    assert (summary(cut)["codes"], summary(cut)["unreadable"], cut.exit_code) == (4, 1, 1)


def test_a_person_gets_the_codes_in_brackets(tray: Path) -> None:
    result = scan(tray)
    assert "DataMatrix  (01)09521321000018(21)S1(17)281231(10)A17" in result.stdout
    assert "3 codes read." in result.stderr


def test_a_picture_without_codes_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.write_bytes(images.png(np.full((200, 200), 200, np.uint8)))
    result = scan(path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No code was found" in result.stderr


@pytest.mark.parametrize(("expected", "status"), [(2, 1), (3, 0), (4, 1)])
def test_the_number_expected_decides_the_exit_status(tray: Path, expected: int, status: int) -> None:
    result = scan(tray, "--json", "--expect", expected)
    assert (result.exit_code, summary(result)["codes"], summary(result)["expected"]) == (status, 3, expected)
    if status:
        assert told(result)[-1] == {"error": f"Expected {expected} codes, read 3."}


def test_two_packs_with_one_code_want_a_person(tmp_path: Path) -> None:
    path = tmp_path / "clone.png"
    path.write_bytes(images.png(photo(["S0", "S1", "S0"])))
    result = scan(path, "--json", "--expect", 3)
    assert (result.exit_code, summary(result)["codes"], summary(result)["clones"]) == (3, 3, 2)
    assert [one["clone"] for one in codes(result) if one["text"] == CODE.format("S0")] == [True, True]
    assert "At least one of them is a copy" in scan(path).stderr


def test_the_preview_says_how_many_there_are_of_a_code() -> None:
    twins = [Symbol(CODE.format("S1"), "]d2", "DataMatrix", place(x), accepted=True) for x in (100, 400)]
    assert [word_of(track) for track in Tracker().update(Sight(twins, []), 0.0)] == ["S1 ×2", "S1 ×2"]


def test_two_labels_of_one_pallet_are_no_clone(tmp_path: Path) -> None:
    drawn = labels.logistic_label("Pallet", sscc="395213210000000019")
    picture = images.read_image(labels.label_png(drawn, dpi=150))
    path = tmp_path / "pallet.png"
    path.write_bytes(images.png(np.hstack([picture, picture])))
    result = scan(path, "--json", "--formats", "DataMatrix")
    assert [(one["clone"], len(one["twins"])) for one in codes(result)] == [(False, 1), (False, 1)]
    assert result.exit_code == 0


def test_the_bars_of_a_pallet_are_read_without_being_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "pallet.png"
    path.write_bytes(labels.label_png(labels.logistic_label("Pallet", sscc="395213210000000019"), dpi=150))
    found = codes(scan(path, "--json"))
    assert {one["format"] for one in found} == {"DataMatrix", "Code128"}
    assert {one["item"] for one in found} == {"https://id.gs1.org/00/395213210000000019"}


def test_a_wrong_check_digit_is_told_when_raw_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "wrong.png"
    path.write_bytes(images.png(printed_code("[01]09521321000019[21]S1")))
    assert scan(path, "--json").exit_code == 1
    (told_raw,) = codes(scan(path, "--json", "--raw"))
    assert (told_raw["text"], told_raw["accepted"]) == ("010952132100001921S1", False)
    assert "check digit" in told_raw["error"]


def test_a_printer_going_bad_is_noticed(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    picture = label("S1")
    faint = (255 - (255 - picture.astype(int)) * 0.3).astype(np.uint8)
    for path, shown in ((good, picture), (bad, faint)):
        path.write_bytes(images.png(photograph.photograph(shown, np.random.default_rng(1))))
    (fine,), (poor,) = (codes(scan(path, "--json", "--quality")) for path in (good, bad))
    assert fine["quality"]["notes"] == []
    assert poor["quality"]["notes"] == ["low contrast"]
    assert {"rows", "columns", "contrast", "ink", "quiet", "finder", "used", "notes"} == set(poor["quality"])
    result = scan(bad, "--quality")
    assert "not as it should be: low contrast" in result.stderr
    assert result.exit_code == 0


@needs_opencv
def test_a_code_that_moves_through_a_video_counts_once(tmp_path: Path) -> None:
    cv2 = enhance.opencv()
    path = tmp_path / "hand.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (1280, 720))
    small = enhance.resize(label("S7"), 0.6)
    for n in range(6):
        frame = np.full((720, 1280, 3), 90, np.uint8)
        frame[100 + 30 * n :, 100 + 90 * n :][: small.shape[0], : small.shape[1]] = small[:, :, None]
        writer.write(frame)
    writer.release()
    result = scan(path, "--json", "--expect", 1, "--budget", "1")
    assert [(one["frame"], one["track"], one["text"]) for one in codes(result)] == [(0, 1, CODE.format("S7"))]
    assert (summary(result)["frames"], result.exit_code) == (6, 0)
    every = scan(path, "--json", "--every", "--budget", "1")
    assert [one["track"] for one in codes(every)] == [1] * 6


def test_formats_choose_what_is_read(tray: Path) -> None:
    assert scan(tray, "--formats", "QRCode,Code128", "--budget", "1").exit_code == 1
    assert scan(tray, "--formats", "all", "--budget", "1").exit_code == 0
    result = scan(tray, "--formats", "Aztec", "--json")
    assert result.exit_code == 2
    assert "Aztec" in told(result)[0]["error"]


def test_wrong_calls_are_refused(tmp_path: Path, tray: Path) -> None:
    result = scan(tmp_path / "nothing.mp4", "--json")
    assert result.exit_code == 1
    assert "nothing.mp4" in told(result)[0]["error"]
    assert scan(tmp_path / "nothing.png").exit_code == 1
    for words in ((), (tray, "--camera", "0"), (tray, "--watch"), (tray, "--lines"), (tray, "--preview")):
        assert scan(*words).exit_code == 2, words


def test_a_hand_scanner_types_a_code_a_line() -> None:
    typed = f"]d2{CODE.format('S1')}\r\n{CODE.format('S2')}\r]d2{CODE.format('S1')}\n\n01{GTIN[:-1]}921X\n"
    result = scan("--lines", "--json", input=typed.encode())
    first, second, wrong = codes(result)
    assert (first["symbology"], first["text"]) == ("]d2", CODE.format("S1"))
    assert [one["item"] for one in (first, second)] == [
        f"https://id.gs1.org/01/{GTIN}/21/{serial}" for serial in ("S1", "S2")
    ]
    assert (first["track"], second["track"], first["accepted"], first["corners"]) == (1, 2, True, None)
    assert "check digit" in wrong["error"]
    assert not wrong["accepted"]
    assert (summary(result)["codes"], result.exit_code) == (3, 0)
    # The members are those of a code seen by a camera, but for the file it was seen in.
    assert set(first) == {
        *("frame", "track", "text", "symbology", "format", "accepted", "corners"),
        *("elements", "item", "clone", "twins"),
    }


def test_a_garbled_line_is_told_what_may_have_happened() -> None:
    result = scan("--lines", "--json", input=f"]D2{CODE.format('AB1').swapcase()}\n")
    (line,) = codes(result)
    assert "error" in line
    assert line["repairs"][0]["cause"] == "caps_lock"
    assert line["repairs"][0]["candidates"] == [f"(01){GTIN}(21)AB1(17)281231(10)A17"]


def start(*words: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "traceability", "scan", *map(str, words)]
    # Where the tests run in the background of a shell, Ctrl-C is ignored, and children inherit that.
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_a_watched_folder_is_read_until_ctrl_c(tray: Path) -> None:
    with start(tray.parent, "--watch", "--json") as running:
        assert running.stdout is not None
        there = [json.loads(running.stdout.readline()) for _ in range(3)]
        assert {one["picture"] for one in there} == {"frame.png"}
        later = tray.parent.parent / "later.png"
        later.write_bytes(images.png(photo(["S5"])))
        shutil.move(later, tray.parent / "later.png")
        assert json.loads(running.stdout.readline())["text"] == CODE.format("S5")
        running.send_signal(signal.SIGINT)
        assert json.loads(running.stdout.read())["summary"]["codes"] == 4
        assert running.wait() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_typed_codes_are_told_at_once_and_ctrl_c_sums_up() -> None:
    with start("--lines", "--json") as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(CODE.format("S1") + "\n")
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["item"].endswith("/21/S1")
        running.send_signal(signal.SIGINT)
        assert json.loads(running.stdout.read())["summary"]["codes"] == 1
        assert running.wait() == 0


def place(x: float) -> Corners:
    return ((x, 100.0), (x + 40, 100.0), (x + 40, 140.0), (x, 140.0))


def test_a_place_read_in_two_ways_is_told_once_and_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    tracker = Tracker()
    seen = Sightings(Output(as_json=True), tracker)
    for number, serial in enumerate(("S1", "S2", "S1")):
        symbol = Symbol(CODE.format(serial), "]d2", "DataMatrix", place(100), accepted=True)
        tracks = tracker.update(Sight([symbol], []), number / 30)
        seen.frame(tracks)
    assert word_of(tracks[0]) == "?"
    other = Symbol(CODE.format("S3"), "]d2", "DataMatrix", place(400), accepted=True)
    (good,) = tracker.update(Sight([other], []), 0.1)
    seen.frame([good])
    assert word_of(good) == "S3"
    assert seen.finish(still_unread=True) == 3
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    disputes = [line["disputed"] for line in lines if "disputed" in line]
    assert [sorted(texts) for texts in disputes] == [["]d2" + CODE.format("S1"), "]d2" + CODE.format("S2")]]
    assert lines[-1]["summary"]["disputed"] == 1


def test_places_not_read_are_told_with_what_would_help(capsys: pytest.CaptureFixture[str]) -> None:
    grey = np.full((300, 700), 200, np.uint8)
    unread = Sight([], [Unread(place(100), 2.0), Unread(place(400), 1.0)])
    tracker = Tracker()
    tracks = tracker.update(unread, 0.0, grey)
    assert [word_of(track) for track in tracks] == ["more light"] * 2
    seen = Sightings(Output(as_json=True), tracker)
    seen.frame(tracks, "a.png")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["picture"], line["track"], line["unread"]["advice"]) for line in lines] == [
        ("a.png", 1, "light"),
        ("a.png", 2, "light"),
    ]
    assert seen.finish(still_unread=False) == 1
    capsys.readouterr()
    Sightings(Output(), tracker).frame(tracks, "a.png")
    assert capsys.readouterr().err == "2 places that may be codes were not read: more light.\n"
