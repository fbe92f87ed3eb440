"""`traceability serve`: a real process, the demo in it, statements submitted over HTTP."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_world import Log
from click.testing import CliRunner

from traceability.cli import cli
from traceability.demo import cast
from traceability.ledger.founding import looking, read_trust
from traceability.settings import Settings


class Served(NamedTuple):
    """A running server."""

    data: Path
    address: str
    told: dict[str, object]


def start(data: Path, *words: str) -> "subprocess.Popen[str]":
    line = [
        sys.executable,
        "-m",
        "traceability",
        "serve",
        "--data",
        str(data),
        "--port",
        "0",
        "--json",
        *words,
    ]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stop(process: "subprocess.Popen[str]") -> int:
    process.terminate()
    process.communicate(timeout=20)
    return process.returncode


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("serve") / "var"
    process = start(data, "--demo")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    yield Served(data, told["address"], told)
    assert stop(process) == 0


def test_it_says_where_it_is_and_who_to_log_in_as(served: Served) -> None:
    assert served.told["demo"] is True
    assert [login["login"] for login in served.told["logins"]][:3] == ["maker", "distributor", "pharmacy"]  # type: ignore[attr-defined]
    with urllib.request.urlopen(served.address) as answer:
        assert answer.status == 200
    with urllib.request.urlopen(f"{served.address}/checkpoint") as answer:
        assert answer.read().decode().startswith(read_trust(Settings(data=served.data)).origin)


def test_a_statement_is_submitted_over_http(served: Served, tmp_path: Path) -> None:
    with looking(Settings(data=served.data)) as history, history.view() as view:
        (dispatch,) = view.pending(cast.NORDMED.gln)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(f"{cast.PASSPHRASE}\n")
    log = Log(tmp_path, served.data, passphrase)
    ends = ("--from", cast.MAKER.gln, "--to", cast.NORDMED.gln)
    key = served.data / "stations" / "distributor-station.pem"
    items = [word for item in dispatch.items for word in ("--item", item.epc)]
    signed = log.sign(key, "received", *items, "--site", cast.NORDMED.site, *ends, "--ref", dispatch.fact.id)
    told = log.ask("submit", signed, "--server", served.address, "--receipts", tmp_path / "receipts")
    assert (told["effect"], told["unmatched"]) == (True, False)
    again = log.ask("submit", signed, "--server", served.address)
    assert (again["again"], again["position"]) == (True, told["position"])
    (receipt,) = (tmp_path / "receipts").iterdir()
    assert receipt.name == f"{told['id']}.receipt.json"
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(signed.read_text().replace(dispatch.fact.id[:8], "AAAAAAAA"))
    result = log.run("submit", spoilt, "--server", served.address, "--json")
    refused = json.loads(result.stdout)
    assert (result.exit_code, refused["effect"], refused["step"]) == (1, False, 4)
    assert refused["detail"]


def test_a_port_in_use_is_said_so(served: Served) -> None:
    port = served.address.rpartition(":")[2]
    result = CliRunner().invoke(cli, ["serve", "--data", str(served.data), "--port", port])
    assert result.exit_code == 1
    assert "--port" in result.stderr


@pytest.mark.parametrize("words", [["--demo"], []])
def test_the_demo_is_not_served_to_a_network(served: Served, words: list[str]) -> None:
    line = ["serve", "--data", str(served.data), "--host", "0.0.0.0", "--port", "0", *words]
    result = CliRunner().invoke(cli, line)
    assert result.exit_code == 1
    assert "this machine only" in result.stderr


def test_a_published_password_keeps_a_log_off_the_network(log: Log) -> None:
    from traceability.store.office import Account, Office

    office = Office(log.data / "office.db")
    office.add_account(Account("demo", "Demo", cast.MAKER.gln, "operator", published=True), "demo")
    office.close()
    result = log.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert result.exit_code == 1
    assert "published" in result.stderr


def test_a_second_start_finds_the_demo(served: Served) -> None:
    before = read_trust(Settings(data=served.data)).origin
    process = start(served.data)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    assert stop(process) == 0
    assert told["demo"] is True
    assert read_trust(Settings(data=served.data)).origin == before


def test_the_factory_serves_the_log_of_the_environment(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    import app

    monkeypatch.setenv("TRACEABILITY_DATA", str(log.data))
    with app.open_parts(Settings.from_env()) as parts:
        answer = app.build(parts).test_client().get("/")
    assert answer.status_code == 200
