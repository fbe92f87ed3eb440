"""Where things are and how the server listens, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read `TRACEABILITY_DATA`, `_HOST`, `_PORT`, `_THREADS`, `_WORKERS`, `_IDLE`, `_PROXIES` and `_DEMO`."""
        env = os.environ if environ is None else environ
        return cls(
            data=Path(env.get("TRACEABILITY_DATA", "var")),
            host=env.get("TRACEABILITY_HOST", "127.0.0.1"),
            port=_whole(env, "TRACEABILITY_PORT", 8000, 65535),
            threads=_whole(env, "TRACEABILITY_THREADS", 64, 1000),
            workers=_whole(env, "TRACEABILITY_WORKERS", 0, 64),
            idle=_whole(env, "TRACEABILITY_IDLE", 15, 1440),
            proxies=_whole(env, "TRACEABILITY_PROXIES", 0, 10),
            demo=env.get("TRACEABILITY_DEMO", "") in {"1", "true", "yes"},
        )

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
    def trust(self) -> Path:
        """The root document that pins the log and the authority."""
        return self.data / "trust.json"

    @property
    def log_key(self) -> Path:
        return self.data / "log.key"

    @property
    def cookie_secret(self) -> Path:
        return self.data / "cookie.secret"

    @property
    def stations(self) -> Path:
        """Folder of encrypted station keys, <kid>.pem."""
        return self.data / "stations"

    def prepare(self) -> None:
        """Make the data folder, for this user alone."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
