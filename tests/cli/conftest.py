"""The fixtures of the command line's tests."""

import pytest
from cli_world import AUTHORITY, GTIN, MAKER, PHARMACY, Log, Peopled


@pytest.fixture
def folder(tmp_path) -> Log:  # type: ignore[no-untyped-def]
    """An empty data folder."""
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    return Log(tmp_path, tmp_path / "data", passphrase)


@pytest.fixture
def log(folder: Log) -> Log:
    """A founded log."""
    words = ("--gln", AUTHORITY, "--name", "log.example.org/test", "--passphrase-file", folder.passphrase)
    folder.ask("init", *words)
    return folder


@pytest.fixture
def peopled(log: Log) -> Peopled:
    """A log with a maker, its product and a pharmacy."""
    authority = log.data / "authority.pem"
    for gln, name, role in ((MAKER, "Maker", "maker"), (PHARMACY, "Pharmacy", "pharmacy")):
        members = [f"gln={gln}", f"name={name}", f"roles={role}", "prefixes=9521321", "country=DE"]
        done = log.do(authority, "party", *[word for text in members for word in ("--set", text)])
        assert done["effect"], done
    maker, pharmacy = log.key(MAKER), log.key(PHARMACY)
    for key in (maker, pharmacy):
        done = log.do(authority, key.with_suffix(".key.json"))
        assert done["effect"], done
    product = ("--set", f"gtin={GTIN}", "--set", "name=Amoxicillin", "--set", f"owner={MAKER}")
    assert log.do(maker, "product", *product)["effect"]
    return Peopled(log, authority, maker, pharmacy)
