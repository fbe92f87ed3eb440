"""Where things are and how the server listens, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from argon2 import Parameters
from argon2.profiles import get_default_parameters


class SettingsError(ValueError):
    """An environment variable that cannot be used as it is."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


def _whole(environ: Mapping[str, str], name: str, default: int, highest: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) > highest:
        raise SettingsError(
            "%(name)s: expected a whole number up to %(highest)s, got %(text)s",
            name=name,
            highest=highest,
            text=text,
        )
    return int(text)


def _hour(text: str) -> time | None:
    """A time of the day as HH:MM; None for "never"."""
    if text == "never":
        return None
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError as error:
        raise SettingsError(
            "TRACEABILITY_SNAPSHOT_AT: expected a time of the day such as 02:15, or never, got %(text)s",
            text=text,
        ) from error


def _address(text: str) -> str:
    if text and not text.startswith(("https://", "http://")):
        raise SettingsError(
            "TRACEABILITY_URL: expected an address such as https://log.example, got %(text)s", text=text
        )
    return text.rstrip("/")


@dataclass(frozen=True, slots=True)
class Mail:
    """The mail server that takes notices."""

    host: str
    port: int
    security: Literal["plain", "starttls", "tls"]
    user: str
    password: str
    sender: str

    @classmethod
    def parse(cls, text: str, sender: str) -> "Mail":
        """`smtps://user:password@host:465`, `smtp://…` (STARTTLS), or `smtp+plain://localhost:1025`.

        Raises SettingsError; without encryption only this very machine is written to.
        """
        try:
            url = urlsplit(text)
            port = url.port
        except ValueError:
            url, port = urlsplit(""), None
        known: dict[str, tuple[Literal["plain", "starttls", "tls"], int]] = {
            "smtps": ("tls", 465), "smtp": ("starttls", 587), "smtp+plain": ("plain", 25),
        }  # fmt: skip
        here = url.hostname in {"localhost", "127.0.0.1", "::1"}
        if url.scheme not in known or not url.hostname or (url.scheme == "smtp+plain" and not here):
            # The value holds a password: it is not repeated.
            raise SettingsError(
                "TRACEABILITY_SMTP: expected smtps://user:password@host:465 or smtp://user:password@host:587"
            )
        if "@" not in sender or any(ord(letter) < 32 for letter in sender):
            raise SettingsError(
                "TRACEABILITY_MAIL_FROM: expected an e-mail address, got %(text)s", text=sender
            )
        security, usual = known[url.scheme]
        user, password = unquote(url.username or ""), unquote(url.password or "")
        return cls(url.hostname, port or usual, security, user, password, sender)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default. `from_env` is the only reader of the environment."""

    data: Path
    """Folder (mode 0700) of everything that must be kept: ledger, office, keys, mark."""
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 64
    workers: int = 0
    """Processes that examine statements beside the server; 0 examines in the server's threads."""
    idle: int = 15
    """Minutes without a hand on it after which a session locks; 0 never."""
    proxies: int = 0
    """Proxies in front whose `X-Forwarded-For`, `-Proto` and `-Host` are believed; 0 believes nobody."""
    demo: bool = False
    """Whether the demo supply chain, with its published passwords, may be served."""
    mail: Mail | None = None
    """Where notices by e-mail are handed in; without it there are none."""
    passwords: Parameters = field(default_factory=get_default_parameters)
    """What hashing a password costs (argon2id). No variable changes it: only tests ask for less."""
    url: str = ""
    """The address at which people reach this server, for links in notices."""
    snapshot_at: time | None = time(2, 15)
    """When the server takes the snapshot of every night, by the clock of its machine; None never."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `TRACEABILITY_DATA`, `_HOST`, `_PORT`, `_THREADS`, `_WORKERS`, `_IDLE`, `_PROXIES`, `_DEMO`, `_SMTP`,
        `_MAIL_FROM`, `_URL` and `_SNAPSHOT_AT`."""
        env = os.environ if environ is None else environ
        smtp = env.get("TRACEABILITY_SMTP", "")
        return cls(
            data=Path(env.get("TRACEABILITY_DATA", "var")),
            host=env.get("TRACEABILITY_HOST", "127.0.0.1"),
            port=_whole(env, "TRACEABILITY_PORT", 8000, 65535),
            threads=_whole(env, "TRACEABILITY_THREADS", 64, 1000),
            workers=_whole(env, "TRACEABILITY_WORKERS", 0, 64),
            idle=_whole(env, "TRACEABILITY_IDLE", 15, 1440),
            proxies=_whole(env, "TRACEABILITY_PROXIES", 0, 10),
            demo=env.get("TRACEABILITY_DEMO", "") in {"1", "true", "yes"},
            mail=Mail.parse(smtp, env.get("TRACEABILITY_MAIL_FROM", "")) if smtp else None,
            url=_address(env.get("TRACEABILITY_URL", "")),
            snapshot_at=_hour(env.get("TRACEABILITY_SNAPSHOT_AT", "02:15")),
        )

    @property
    def address(self) -> str:
        """Where people reach this server."""
        return self.url or f"http://localhost:{self.port}"

    @property
    def ledger(self) -> Path:
        return self.data / "ledger.db"

    @property
    def office(self) -> Path:
        return self.data / "office.db"

    @property
    def mark(self) -> Path:
        """The sequencer's high-water mark, outside the database on purpose."""
        return self.data / "mark"

    @property
    def audited(self) -> Path:
        """When the store was last proven against its log, and how much of it."""
        return self.data / "audited.json"

    @property
    def trust(self) -> Path:
        """The root document that pins the log and the authority."""
        return self.data / "trust.json"

    @property
    def log_key(self) -> Path:
        return self.data / "log.key"

    @property
    def snapshot_key(self) -> Path:
        """The secret with which the rows of snapshots are salted; a regulator's replay needs it too."""
        return self.data / "snapshot.key"

    @property
    def cookie_secret(self) -> Path:
        return self.data / "cookie.secret"

    @property
    def stations(self) -> Path:
        """Folder of encrypted station keys, <kid>.pem."""
        return self.data / "stations"

    @property
    def exports(self) -> Path:
        """Folder of files that were prepared for download; anything in it may be deleted."""
        return self.data / "exports"

    @property
    def documents(self) -> Path:
        """Folder of the documents of investigations, each named by its SHA-256. To be kept with office.db."""
        return self.data / "documents"

    def prepare(self) -> None:
        """Make the data folder, for this user alone."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
