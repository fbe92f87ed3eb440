"""The evidence bundle of a trace: statements, bodies, proofs and registry, with the trace for reading.

`proof.bundle` says what such a file is and makes it; here is what goes in for people.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from traceability.proof.bundle import KIND, KIND_WITH_SNAPSHOT, BundleWriter
from traceability.proof.receipt import Receipt
from traceability.reports.spreadsheet import trace_csv
from traceability.reports.trace import TraceRow

PIECE = 65_536
"""Bytes of a streamed file that are handed on at a time."""
STEP = 500
"""Statements or rows between two reports of progress."""
Progress = Callable[[int], object]
T = TypeVar("T")
VERIFIER = Path(__file__).with_name("verifier.py")
"""The program that every bundle carries."""

HOW_TO_CHECK = """\
How to check it, without a network
----------------------------------
You need trust.json, the root document of the log. It is not in here on purpose: get it by a way you trust.

    traceability verify BUNDLE.zip --trust trust.json

or, with any Python 3.11 or newer and the package `ecdsa`, by the program in this bundle, which shares no
code with the server:

    python3 verifier.py BUNDLE.zip --trust trust.json

A copy of verifier.py that you got elsewhere is better evidence than the one in the file that it checks.
"""
"""What the README of every bundle says of checking it."""

_README = """\
Evidence bundle: a trace
========================

{about}

What this is
------------
trace.csv and trace.json say where every pack of the trace is, one row a pack. Nobody has signed them.
What proves them is in statements/ (the signed statements about these packs, as the log admitted them, with
what their reader may see of them), registry/ (who may sign) and checkpoint (the log's signature over all of
it). manifest.json names every file with its SHA-256.

In trace.csv a cell that a spreadsheet would run as a formula has an apostrophe (') in front. The file is
UTF-8.

{how_to_check}If a single byte was altered, the check fails and names the file.

What it does not prove
----------------------
{limits}
"""
_WITHOUT = """\
That nothing was left out. A statement that is here was made, and is in the log; whether there are others
about the same packs shows a trace as of a countersigned snapshot."""
_WITH = """\
What happened after the snapshot in snapshot/. It holds the state of every item at its log position, and the
rows of this lot are proven to be in it, so that no pack and no last statement about one can be missing. Whether
a regulator has countersigned it after a replay of its own, both programs say: until then, the operator of
the log alone vouches that the rows are right. Names of parties, products and places are for reading."""


class Exhibited(NamedTuple):
    """What goes into a bundle, each part to be read once and in turn."""

    note: str
    """The signed checkpoint to which every proof leads."""
    registry: Iterable[Receipt]
    """All registry entries, in order."""
    statements: Iterable[Receipt]
    """In the order of `proof.bundle.statement_order`."""
    rows: Callable[[], Iterable[TraceRow]]
    """The trace, from the beginning each time it is called."""
    about: Mapping[str, str]
    """Facts such as gtin, lot, log and entries, for README.txt and trace.json."""
    snapshot: Iterable[tuple[str, Iterable[bytes]]] = ()
    """The files of the snapshot (`ledger.proven`) as of which the trace is, where it is as of one."""


def reported(things: Iterable[T], progress: Progress) -> Iterator[T]:
    """Hand things on one by one, and report how many there were, `STEP` by `STEP`."""
    for done, thing in enumerate(things):
        yield thing
        if done % STEP == 0:
            progress(done)


def evidence_bundle(exhibited: Exhibited, target: BinaryIO, progress: Progress | None = None) -> None:
    """Write the bundle to a file that can seek, in constant memory; it is the same for the same trace.

    `progress` is called with the number of statements and rows written so far.
    """
    done = 0

    def told(parts: Iterable[T]) -> Iterator[T]:
        nonlocal done
        for part in parts:
            yield part
            done += 1
            if progress is not None and done % STEP == 0:
                progress(done)

    with tempfile.TemporaryFile() as rest, tempfile.TemporaryFile() as lines:
        snapshot = iter(exhibited.snapshot)
        first = next(snapshot, None)
        kind = KIND if first is None else KIND_WITH_SNAPSHOT
        writer = BundleWriter(target, rest, lines, exhibited.note, kind=kind)
        writer.add("README.txt", readme(exhibited.about, snapshot=first is not None))
        writer.add("checkpoint", exhibited.note.encode())
        writer.registry(exhibited.registry)
        for name, chunks in chain(() if first is None else (first,), snapshot):
            writer.stream(f"snapshot/{name}", chunks)
        writer.statements(told(exhibited.statements))
        writer.stream("trace.csv", trace_csv(told(exhibited.rows())))
        writer.stream("trace.json", trace_json(told(exhibited.rows()), exhibited.about))
        writer.add("verifier.py", VERIFIER.read_bytes())
        writer.close(copyfileobj)


def trace_json(rows: Iterable[TraceRow], about: Mapping[str, str]) -> Iterator[bytes]:
    """The trace as JSON: `{"about": {…}, "packs": [{column: value}, …]}`, a pack a line, in pieces."""
    encode = msgspec.json.encode
    waiting = bytearray(b'{"about":' + encode(dict(about)) + b',"packs":[\n')
    between = b""
    for row in rows:
        waiting += between + encode(row._asdict())
        between = b",\n"
        if len(waiting) > PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting) + b"\n]}\n"


def readme(about: Mapping[str, str], *, snapshot: bool = False) -> bytes:
    """How to read and check the bundle."""
    facts = [(name, value) for name, value in about.items() if value and "\n" not in value.strip()]
    width = max((len(name) for name, _ in facts), default=0)
    lines = "\n".join(f"{name:<{width}}  {value}" for name, value in facts)
    return _README.format(
        about=lines, how_to_check=HOW_TO_CHECK, limits=_WITH if snapshot else _WITHOUT
    ).encode()
