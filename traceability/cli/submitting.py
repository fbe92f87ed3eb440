"""`submit`: signed statements into the log, over HTTP or straight into the data folder."""

import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import click
import msgspec

from traceability.cli.options import command, data_option, read_text
from traceability.cli.output import Output
from traceability.ledger.examination import Rejected
from traceability.ledger.founding import read_trust, sequencing, write_new
from traceability.ledger.sequencer import Outcome
from traceability.settings import Settings
from traceability.store.sqlite import SqliteStore

SHARE = 200
"""Statements in one request."""
PATIENCE = 120.0  # seconds for one answer


class SubmitError(ValueError):
    """A server that did not answer, or not as one of ours."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


class Admitted(msgspec.Struct):
    """What became of one submission; the same members from a server and from the folder."""

    id: str = ""
    position: int | None = None
    effect: bool = False
    admitted: str = ""
    late: bool = False
    unmatched: bool = False
    again: bool = False
    rule: str | None = None
    sentence: str | None = None
    """Why it has no effect."""
    step: int | None = None
    detail: str | None = None
    """Why it was not admitted."""
    receipt: msgspec.Raw = msgspec.Raw(b"")


@command
@data_option
@click.argument("files", nargs=-1, required=True)
@click.option("--server", metavar="URL", help="Server of the log.  [default: the one on this machine]")
@click.option("--local", is_flag=True, help="Into the log in the data folder, without a server.")
@click.option("--receipts", type=click.Path(file_okay=False, path_type=Path), help="Folder for the receipts.")
def submit_command(
    out: Output,
    *,
    settings: Settings,
    files: tuple[str, ...],
    server: str | None,
    local: bool,
    receipts: Path | None,
) -> int:
    """Submit FILES of signed statements, one JSON a line ("-" for stdin), and wait for receipts.

    The same statement again gives its first receipt. Exit status 1 if one was refused or had no effect.
    """
    if local and server:
        raise click.UsageError("Expected --server or --local, not both")
    raws = [raw for file in files for raw in _submissions(file)]
    address = server or f"http://{settings.host}:{settings.port}"
    source = _locally(settings, raws) if local else _remotely(address, raws)
    if receipts is not None:
        receipts.mkdir(parents=True, exist_ok=True)
    refused = 0
    with out.progress("Submitting") as advance:
        for done, result in enumerate(source, 1):
            advance(done, len(raws))
            refused += not result.effect
            _tell(out, result, receipts)
    return 1 if refused else 0


def _submissions(source: str) -> Iterator[bytes]:
    for line in read_text(source).splitlines():
        if not line.strip():
            continue
        try:
            wrapped = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        except msgspec.MsgspecError as error:
            raise click.UsageError(f"{source}: expected submissions as JSON, one a line ({error})") from error
        # What `sign --json` wrote carries its submission inside.
        yield bytes(wrapped.get("submission", line.encode()))


def _locally(settings: Settings, raws: Sequence[bytes]) -> Iterator[Admitted]:
    trust = read_trust(settings)
    with (
        closing(SqliteStore(settings.ledger)) as store,
        sequencing(settings, store, trust) as sequencer,
    ):
        for start in range(0, len(raws), SHARE):
            for result in sequencer.submit_many(raws[start : start + SHARE]):
                yield _of_outcome(result)


def _of_outcome(result: Outcome | Rejected) -> Admitted:
    if isinstance(result, Rejected):
        return Admitted(step=result.step, detail=str(result))
    return Admitted(
        id=result.id,
        position=result.position,
        effect=result.effect,
        admitted=result.receipt.entry.admitted,
        late=result.late,
        unmatched=result.unmatched,
        again=result.again,
        rule=result.rule,
        sentence=None if result.pattern is None else result.pattern % result.values,
        receipt=msgspec.Raw(result.receipt.to_json()),
    )


def _remotely(server: str, raws: Sequence[bytes]) -> Iterator[Admitted]:
    for start in range(0, len(raws), SHARE):
        body = b"[" + b",".join(raws[start : start + SHARE]) + b"]"
        try:
            yield from msgspec.json.decode(
                _post(f"{server.rstrip('/')}/api/statements", body), type=list[Admitted]
            )
        except msgspec.MsgspecError as error:
            raise SubmitError(
                "%(server)s did not answer as a log does: %(error)s", server=server, error=error
            ) from error


def _post(url: str, body: bytes) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"Expected a server such as https://log.example.org, got {url}")
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers)  # noqa: S310 - the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310 - likewise
            answer: bytes = response.read()
            return answer
    except urllib.error.HTTPError as error:
        raise SubmitError("%(url)s refused: %(reason)s", url=url, reason=_reason(error)) from error
    except (urllib.error.URLError, TimeoutError) as error:
        reason = getattr(error, "reason", error)
        raise SubmitError(
            "%(url)s does not answer (%(reason)s). Is the server running? What was signed stays good: submit "
            "the same files again.",
            url=url,
            reason=reason,
        ) from error


def _reason(error: urllib.error.HTTPError) -> str:
    with error:
        try:
            told = msgspec.json.decode(error.read(), type=dict[str, object])
        except msgspec.MsgspecError:
            return f"{error.code} {error.reason}"
    return str(told.get("detail", f"{error.code} {error.reason}"))


def _tell(out: Output, result: Admitted, receipts: Path | None) -> None:
    if receipts is not None and result.id:
        path = receipts / f"{result.id}.receipt.json"
        if not path.exists():
            write_new(path, bytes(result.receipt), mode=0o644)
    receipt = result.receipt if bytes(result.receipt) else None
    out.give(msgspec.structs.asdict(result) | {"receipt": receipt})
    if result.position is None:
        out.aside(f"Not admitted: {result.detail}")
        return
    words = "in force" if result.effect else f"without effect: {result.sentence}"
    marks = "".join(f" ({mark})" for mark in ("late", "unmatched", "again") if getattr(result, mark))
    out.say(f"Entry {result.position}, {result.id}: {words}{marks}")
