"""What several commands share: their output, the data folder, passphrases, and codes as arguments."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from traceability.cli.output import Output
from traceability.settings import Settings

Command = Callable[..., int | None]


def command(function: Command) -> click.Command:
    """A command named as its function says (`gs1_command` is `gs1`), with `--json`."""

    @click.option("--json", "as_json", is_flag=True, help="Answer in JSON, for programs.")
    @wraps(function)
    def run(*, as_json: bool, **options: Any) -> int | None:
        return function(Output(as_json), **options)

    return click.command(function.__name__.removesuffix("_command"))(run)


def id_command(function: Command) -> click.Command:
    """A command that takes statement ids as arguments: one in 64 of them begins with a dash, as options do."""
    made = command(function)
    made.context_settings = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
    return made


def data_option(function: Command) -> Command:
    """`--data`: the folder of the log; the command gets the settings."""

    @click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the log.  [default: TRACEABILITY_DATA or var]",
    )
    @wraps(function)
    def run(*args: Any, data: Path | None, **options: Any) -> int | None:
        settings = Settings.from_env()
        return function(*args, settings=settings if data is None else replace(settings, data=data), **options)

    return run


def passphrase_option(function: Command) -> Command:
    """`--passphrase-file`: the passphrase is the first line of the file, else it is asked for."""
    return click.option(
        "--passphrase-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File whose first line is the passphrase; asked for without it.",
    )(function)


def read_passphrase(file: Path | None, what: str, *, new: bool = False) -> str:
    """A passphrase from a file or, typed unseen, from a person; `new` asks twice."""
    if file is not None:
        lines = file.read_text("utf-8").splitlines()
        if not lines or not lines[0]:
            raise click.UsageError(f"{file}: expected a passphrase in the first line")
        return lines[0]
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is here to type a passphrase: give --passphrase-file")
    typed: str = click.prompt(f"Passphrase of {what}", hide_input=True, confirmation_prompt=new, err=True)
    return typed


def read_text(source: str) -> str:
    """The text of a file, or of stdin for "-"."""
    with click.open_file(source, encoding="utf-8") as file:
        text: str = file.read()
    return text
