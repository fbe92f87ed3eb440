"""The evidence bundle of a trace: statements, bodies, proofs and registry, with the trace for reading.

`proof.bundle` says what such a file is and makes it; here is what goes in for people.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from traceability.proof.bundle import make_bundle
from traceability.proof.receipt import Receipt
from traceability.reports.spreadsheet import trace_csv
from traceability.reports.trace import TraceRow

_VERIFIER = Path(__file__).with_name("verifier.py")

_README = """\
Evidence bundle: trace of a lot
===============================

{about}

What this is
------------
trace.csv and trace.json say where every pack of the lot is, one row a pack. Nobody has signed them.
What proves them is in statements/ (the signed statements about these packs, as the log admitted them, with
what their reader may see of them), registry/ (who may sign) and checkpoint (the log's signature over all of
it). manifest.json names every file with its SHA-256.

In trace.csv a cell that a spreadsheet would run as a formula has an apostrophe (') in front. The file is
UTF-8.

How to check it, without a network
----------------------------------
You need trust.json, the root document of the log. It is not in here on purpose: get it by a way you trust.

    traceability verify BUNDLE.zip --trust trust.json

or, with any Python 3.11 or newer and the package `ecdsa`, by the program in this bundle, which shares no
code with the server:

    python3 verifier.py BUNDLE.zip --trust trust.json

A copy of verifier.py that you got elsewhere is better evidence than the one in the file that it checks.
If a single byte was altered, the check fails and names the file.

What it does not prove
----------------------
That nothing was left out. A statement that is here was made, and is in the log; whether there are others
about the same packs shows a trace as of a countersigned snapshot.
"""


def evidence_bundle(
    note: str,
    registry: Iterable[Receipt],
    statements: Iterable[Receipt],
    rows: Iterable[TraceRow],
    about: Mapping[str, str],
) -> bytes:
    """The bundle as the bytes of its ZIP file.

    `registry` and `statements` are receipts against the checkpoint `note`, registry entries all and in
    order; `rows` the trace; `about` facts such as gtin, lot, log and entries, for README.txt and trace.json.
    """
    trace = list(rows)
    extras = {
        "trace.csv": b"".join(trace_csv(trace)),
        "trace.json": trace_json(trace, about),
        "README.txt": readme(about),
        "verifier.py": _VERIFIER.read_bytes(),
    }
    return make_bundle(note, registry, statements, extras)


def trace_json(rows: Iterable[TraceRow], about: Mapping[str, str]) -> bytes:
    """The trace as JSON: `{"about": {…}, "packs": [{column: value}, …]}`, a pack a line."""
    encode = msgspec.json.encode
    lines = b",\n".join(encode(row._asdict()) for row in rows)
    return b'{"about":' + encode(dict(about)) + b',"packs":[\n' + lines + b"\n]}\n"


def readme(about: Mapping[str, str]) -> bytes:
    """How to read and check the bundle."""
    facts = [(name, value) for name, value in about.items() if value and "\n" not in value.strip()]
    width = max((len(name) for name, _ in facts), default=0)
    return _README.format(about="\n".join(f"{name:<{width}}  {value}" for name, value in facts)).encode()
