"""A log founded and peopled through the command line alone."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner, Result

from traceability.cli import cli

AUTHORITY, MAKER, PHARMACY = "9521321000018", "9521321000025", "9521321000032"
GTIN = "09521321000018"


class Log(NamedTuple):
    """A data folder with keys, and a way to call commands on it."""

    folder: Path
    data: Path
    passphrase: Path

    def run(self, *words: object) -> Result:
        """Call a command; `--data` is left to the environment."""
        env = {"TRACEABILITY_DATA": str(self.data)}
        return CliRunner().invoke(cli, [str(word) for word in words], env=env, catch_exceptions=False)

    def ask(self, *words: object) -> Any:
        """Call a command that succeeds, and return its JSON answer."""
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        return lines[0] if len(lines) == 1 else lines

    def key(self, party: str, role: str = "administrator") -> Path:
        """A fresh key of a party; its registration lies beside it."""
        path = self.folder / f"{party}-{role}.pem"
        self.ask(
            "keygen", "--party", party, "--role", role, "--out", path, "--passphrase-file", self.passphrase
        )
        return path

    def sign(self, key: Path, act: object, *details: object) -> Path:
        """Sign an act into a file."""
        out = self.folder / f"signed-{len(list(self.folder.glob('signed-*')))}.json"
        self.ask(
            "sign", "--key", key, "--passphrase-file", self.passphrase, "--act", act, *details, "--out", out
        )
        return out

    def do(self, key: Path, act: object, *details: object) -> Any:
        """Sign an act and submit it to the folder; what became of it."""
        result = self.run("submit", "--local", self.sign(key, act, *details), "--json")
        return json.loads(result.stdout)


class Peopled(NamedTuple):
    """A log with a maker, its product and a pharmacy."""

    log: Log
    authority: Path
    maker: Path
    pharmacy: Path
