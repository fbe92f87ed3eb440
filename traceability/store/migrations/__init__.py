"""Numbered .sql files, one folder a database file, applied by yoyo."""

from pathlib import Path

from yoyo import get_backend, read_migrations


def migrate(path: Path, folder: str) -> None:
    """Bring the SQLite file at `path` to the newest schema of `folder` ("ledger" or "office").

    Every migration is applied once; running again changes nothing.
    """
    backend = get_backend(f"sqlite:///{path.absolute()}")
    try:
        migrations = read_migrations(str(Path(__file__).parent / folder))
        with backend.lock():
            backend.apply_migrations(backend.to_apply(migrations))
    finally:
        backend.connection.close()
