"""`traceability scan`: pictures, folders, stdin."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from scanner import images, labels, photograph
from traceability.cli import cli

GTIN = "09521321000018"


def scan(*words: object, **more: object) -> Result:
    return CliRunner().invoke(cli, ["scan", *map(str, words)], catch_exceptions=False, **more)  # type: ignore[arg-type]


def told(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def tray(tmp_path: Path) -> Path:
    """A photograph of three labels in a folder of their own."""
    drawn = [
        labels.pack_label("Amoxicillin", gtin=GTIN, serial=f"S{n}", expiry="281231", lot="A17")
        for n in range(3)
    ]
    pictures = [images.read_image(labels.label_png(label)) for label in drawn]
    path = tmp_path / "pictures" / "frame.png"
    path.parent.mkdir()
    path.write_bytes(images.png(photograph.tray(pictures, np.random.default_rng(1))))
    return path


def test_every_label_of_a_picture_is_told_once(tray: Path) -> None:
    result = scan(tray, "--json")
    assert result.exit_code == 0
    found = told(result)
    assert {one["item"] for one in found} == {f"https://id.gs1.org/01/{GTIN}/21/S{n}" for n in range(3)}
    assert {"frame", "text", "symbology", "format", "corners", "elements", "item"} == set(found[0])


def test_a_folder_and_stdin_are_sources_too(tray: Path) -> None:
    assert len(told(scan(tray.parent, "--json"))) == 3
    assert len(told(scan("-", "--json", input=tray.read_bytes()))) == 3


def test_a_person_gets_the_codes_in_brackets(tray: Path) -> None:
    assert "DataMatrix  (01)09521321000018(21)S1(17)281231(10)A17" in scan(tray).stdout


def test_a_picture_without_codes_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.png"
    path.write_bytes(images.png(np.full((200, 200), 200, np.uint8)))
    result = scan(path)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No code was found" in result.stderr


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    result = scan(tmp_path / "nothing.mp4", "--json")
    assert result.exit_code == 1
    assert "nothing.mp4" in told(result)[0]["error"]  # type: ignore[operator]
    assert scan().exit_code == 2
