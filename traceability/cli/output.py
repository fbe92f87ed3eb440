"""What a command says: sentences for a person, JSON for a program, progress on the side."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

_WIDE = 240
"""Columns for a table that goes into a file or another program: nothing folds."""
Advance = Callable[[int, int], None]
"""Called with (done, in all)."""


@dataclass(frozen=True, slots=True)
class Output:
    """Where a command speaks: its answer to stdout, everything else to stderr."""

    as_json: bool = False

    def say(self, sentence: str) -> None:
        """A line for a person; a program does not see it."""
        if not self.as_json:
            click.echo(sentence)

    def aside(self, sentence: str) -> None:
        """A line for a person beside the answer, on stderr."""
        if not self.as_json:
            click.echo(sentence, err=True)

    def give(self, value: object) -> None:
        """A value for a program: one line of JSON; a person does not see it."""
        if self.as_json:
            click.echo(msgspec.json.encode(value, enc_hook=str).decode())

    def refuse(self, sentence: str) -> int:
        """Say why nothing came of it; returns the exit status."""
        self.give({"error": sentence})
        self.aside(sentence)
        return 1

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Rows for a person; cells fold, nothing is cut off."""
        if self.as_json:
            return
        table = Table(*columns, box=None, pad_edge=False)
        for column in table.columns:
            column.overflow = "fold"
        for row in rows:
            table.add_row(*[cell.replace("[", r"\[") for cell in row])
        width = None if sys.stdout.isatty() else _WIDE
        Console(file=sys.stdout, highlight=False, width=width).print(table)

    @contextmanager
    def progress(self, title: str) -> Iterator[Advance]:
        """A bar on stderr while something long runs, where a person watches."""
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        quiet = self.as_json or not console.is_terminal
        with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
            task = bar.add_task(title, total=None)

            def advance(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            yield advance
