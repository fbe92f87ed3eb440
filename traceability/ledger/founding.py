"""A log's beginning: its folder, its keys, its root document, and how they are opened again.

The folder holds what must be kept (mode 0700): the log's Ed25519 key, the authority's first key, the
cookie secret and `trust.json`. Nothing here is ever overwritten, and an origin is never used twice.
"""

import base64
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from traceability.ledger.history import History
from traceability.ledger.mark import MarkFile
from traceability.ledger.sequencer import Sequencer, utc_now
from traceability.proof.receipt import Trust
from traceability.proof.signing import LogKey, PublicKey
from traceability.settings import Settings
from traceability.store import Store
from traceability.store.sqlite import SqliteStore

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*(/[a-z0-9._-]+)*")
_SIGNER = "PRIVATE+KEY"  # the text form of golang.org/x/mod/sumdb/note, read by every tool for signed notes


class FoundingError(ValueError):
    """A folder that cannot become a log, or is none."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


def found(
    settings: Settings,
    name: str,
    gln: str,
    keys: Sequence[PublicKey],
    *,
    threshold: int = 1,
    random: Callable[[int], bytes] = os.urandom,
) -> Trust:
    """Found a log in the data folder and return its root document.

    `name` begins the origin, e.g. "log.example.org/medicines"; a random end makes it one that was never
    used before. `gln` and `keys` are the authority's, `threshold` how many of them a successor root needs.
    Raises FoundingError where the folder holds a log already.
    """
    if not _NAME.fullmatch(name):
        raise FoundingError(
            "Expected a name such as log.example.org/medicines, in small letters, got %(name)s", name=name
        )
    if not 1 <= threshold <= len(keys):
        raise FoundingError(
            "Expected a threshold from 1 to the number of authority keys (%(keys)s), got %(threshold)s",
            keys=len(keys),
            threshold=threshold,
        )
    settings.prepare()
    for path in (settings.trust, settings.ledger, settings.log_key, settings.mark):
        if path.exists():
            raise FoundingError(
                "%(path)s exists: there is a log in this folder. Choose another folder with "
                "TRACEABILITY_DATA or --data; nothing was changed.",
                path=path,
            )
    origin = f"{name}-{random(4).hex()}"
    seed = random(32)
    log_key = LogKey.from_seed(origin, seed)
    document = {
        "v": 1,
        "origin": origin,
        "log": str(log_key.verifier),
        "authority": {"gln": gln, "threshold": threshold, "keys": [key.jwk for key in keys]},
    }
    text = msgspec.json.encode(document)
    trust = Trust.parse(text)
    write_new(settings.log_key, _signer_text(str(log_key.verifier), seed))
    write_new(settings.cookie_secret, random(32).hex().encode())
    settings.stations.mkdir(mode=0o700, exist_ok=True)
    write_new(settings.trust, text + b"\n", mode=0o644)
    return trust


def write_new(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file that must not exist yet, durably, for this user alone unless `mode` says otherwise."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    except FileExistsError as error:
        raise FoundingError("%(path)s exists and is not overwritten", path=path) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


@contextmanager
def new_file(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file that must not exist yet, to be written in pieces; it is there only when all of it is."""
    if path.exists():
        raise FoundingError("%(path)s exists and is not overwritten", path=path)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with fresh.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(mode)
        os.link(fresh, path)
    except FileExistsError as error:
        raise FoundingError("%(path)s exists and is not overwritten", path=path) from error
    finally:
        fresh.unlink(missing_ok=True)


def _signer_text(verifier: str, seed: bytes) -> bytes:
    name, key_id, _ = verifier.split("+", 2)
    secret = base64.b64encode(b"\x01" + seed).decode()
    return f"{_SIGNER}+{name}+{key_id}+{secret}\n".encode()


def is_founded(settings: Settings) -> bool:
    """Whether the data folder holds a log."""
    return settings.trust.exists()


def read_trust(settings: Settings) -> Trust:
    """The root document of the log in the data folder."""
    try:
        return Trust.parse(settings.trust.read_bytes())
    except FileNotFoundError as error:
        raise FoundingError(
            "There is no log in %(folder)s. Found one with `traceability init`, or try the demo with "
            "`traceability serve --demo`.",
            folder=settings.data,
        ) from error


def read_log_key(settings: Settings, trust: Trust) -> LogKey:
    """The key that signs checkpoints; it must be the one that the root document pins."""
    parts = settings.log_key.read_text("ascii").strip().split("+", 4)
    try:
        seed = base64.b64decode(parts[4], validate=True)[1:]
        key = LogKey.from_seed(parts[2], seed)
    except (IndexError, ValueError) as error:
        raise FoundingError("%(path)s holds no log key", path=settings.log_key) from error
    if str(key.verifier) != str(trust.log):
        raise FoundingError(
            "%(path)s is not the log key that %(trust)s pins", path=settings.log_key, trust=settings.trust
        )
    return key


def read_cookie_secret(settings: Settings) -> bytes:
    """The secret with which sessions are signed."""
    return bytes.fromhex(settings.cookie_secret.read_text("ascii").strip())


def snapshot_key(settings: Settings, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """The secret that salts the rows of this log's snapshots, made when it is first asked for."""
    path = settings.snapshot_key
    if not path.exists():
        write_new(path, random(32).hex().encode() + b"\n")
    text = path.read_text("ascii").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise FoundingError("%(path)s holds no key for snapshots", path=path)
    return bytes.fromhex(text)


def known_snapshot_key(settings: Settings) -> bytes | None:
    """The same secret where this data folder has it: a copy of a ledger may not."""
    return snapshot_key(settings) if settings.snapshot_key.exists() else None


@contextmanager
def sequencing(
    settings: Settings,
    store: Store,
    trust: Trust,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> Iterator[Sequencer]:
    """The writer of the log in the data folder."""
    mark = MarkFile(settings.mark, trust.origin)
    key = read_log_key(settings, trust)
    with Sequencer(store, trust, key, mark, clock=clock, workers=settings.workers) as sequencer:
        yield sequencer


@contextmanager
def looking(settings: Settings) -> Iterator[History]:
    """The log in the data folder, to look at."""
    trust = read_trust(settings)
    with closing(SqliteStore(settings.ledger)) as store:
        yield History(store, trust)
