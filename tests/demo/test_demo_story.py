"""The story in the terminal: told to its end, in time, with its files; told again; nobody's files touched."""

import csv
import json
from pathlib import Path
from time import perf_counter

import pytest
from click.testing import CliRunner, Result

from scanner import images, reader
from traceability.cli import cli
from traceability.demo.story import LEFT


def demo(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(
        cli, ["demo", "--headless", "--out", str(folder), *words], catch_exceptions=False
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("story")
    start = perf_counter()
    result = demo(folder)
    assert perf_counter() - start < 20
    return folder, result


def test_every_step_is_one_sentence_with_its_numbers(told: tuple[Path, Result]) -> None:
    _, result = told
    assert result.exit_code == 0
    steps = [line for line in result.stdout.splitlines() if line[:3].strip(" .").isdigit()]
    assert [int(line[:2]) for line in steps] == list(range(1, 13))
    assert "read all 27 back" in steps[1]
    assert "is recalled" in steps[6]
    assert "both refuse" in steps[-1]


def test_it_leaves_what_it_promises(told: tuple[Path, Result]) -> None:
    folder, _ = told
    for name in LEFT:
        assert (folder / name).stat().st_size
    assert (folder / "labels.pdf").read_bytes().startswith(b"%PDF")
    assert len(reader.read_symbols(images.read_image(folder / "frame.png"), 4.0)) == 12
    with (folder / "trace.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 24
    assert sum(row["state"] == "dispensed" for row in rows) == 1


def test_its_bundle_and_store_stand_up_to_the_other_commands(told: tuple[Path, Result]) -> None:
    folder, _ = told
    verify = CliRunner().invoke(
        cli, ["verify", str(folder / "bundle.zip"), "--trust", str(folder / "trust.json"), "--json"]
    )
    assert verify.exit_code == 0
    assert json.loads(verify.stdout)["packs"] == 24
    audit = CliRunner().invoke(cli, ["audit", "--data", str(folder), "--json"])
    assert audit.exit_code == 0


def test_it_can_be_told_again_and_for_programs(told: tuple[Path, Result]) -> None:
    folder, _ = told
    (folder / "notes.txt").write_text("mine")
    again = demo(folder, "--json")
    numbers = json.loads(again.stdout)
    assert (numbers["read"], numbers["statements"], numbers["files"]) == (27, 13, list(LEFT))
    assert (folder / "notes.txt").read_text() == "mine"


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("mine")
    result = demo(tmp_path)
    assert result.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]
    assert "not the demo's" in result.stderr
