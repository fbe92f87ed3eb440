"""The command line: `traceability …`. Exit status 0 when done, 1 when refused, 2 for a wrong call.

Every command takes `--json`; an error is then `{"error": "a sentence", …}` on stdout, else one sentence
on stderr. Commands load what they need when they are called: `verify` starts without the web.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click
import msgspec

COMMANDS = {
    "init": "founding",
    "keygen": "founding",
    "account": "accounts",
    "serve": "serving",
    "demo": "serving",
    "scan": "scanning",
    "gs1": "codes",
    "labels": "labelling",
    "sign": "signing",
    "submit": "submitting",
    "show": "showing",
    "trace": "tracing",
    "snapshot": "snapshots",
    "erase": "erasing",
    "verify": "checking",
    "audit": "checking",
    "rebuild": "checking",
}
"""Each command and the module of this package that has it."""

DONE, REFUSED, USAGE = 0, 1, 2


class Commands(click.Group):
    """The group of all commands; answers every error of the rooms with its sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(import_module(f"traceability.cli.{module}"), f"{cmd_name}_command")
        return found

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> None:
        words = sys.argv[1:] if args is None else list(args)
        extra["standalone_mode"] = False
        try:
            status = super().main(words, prog_name or "traceability", **extra)
        except (click.ClickException, click.Abort, ValueError, OSError) as error:
            status = _tell(error, as_json="--json" in words)
        sys.exit(status or DONE)


def _tell(error: Exception, *, as_json: bool) -> int:
    """Say what went wrong and return the exit status."""
    status, sentence = REFUSED, str(error)
    details: dict[str, object] = {}
    if isinstance(error, click.UsageError):
        status, sentence = USAGE, error.format_message()
        if error.ctx is not None and not as_json:
            click.echo(error.ctx.get_usage(), err=True)
    elif isinstance(error, click.ClickException):
        sentence = error.format_message()
    elif isinstance(error, click.Abort):
        sentence = "Stopped."
    elif isinstance(error, OSError):
        sentence = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    elif not hasattr(error, "pattern"):
        raise error
    for name in ("rule", "item", "step"):
        value = getattr(error, name, None)
        if value is not None:
            details[name] = value
    if as_json:
        click.echo(msgspec.json.encode({"error": sentence} | details, enc_hook=str).decode())
    else:
        click.echo(sentence, err=True)
    return status


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="traceability", prog_name="traceability")
def cli() -> None:
    """Medicine traceability: custody handoffs, signed on both sides, in a log that anyone can check."""


def main() -> None:
    """The console script."""
    cli()
