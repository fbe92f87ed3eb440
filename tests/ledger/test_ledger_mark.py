from pathlib import Path

import pytest

from traceability.ledger.mark import Mark, MarkFile
from traceability.store import StoreError

ROOT, OTHER = bytes(32), bytes([1]) * 32


@pytest.fixture
def mark(tmp_path: Path) -> MarkFile:
    return MarkFile(tmp_path / "mark", "log.example/1")


def test_a_new_log_has_no_mark(mark: MarkFile) -> None:
    assert mark.verify(0, lambda _: ROOT) is None


def test_the_mark_comes_back_as_it_was_written(mark: MarkFile) -> None:
    mark.advance(Mark(7, ROOT))
    assert mark.read() == Mark(7, ROOT)
    assert mark.verify(9, lambda size: ROOT if size == 7 else OTHER) == Mark(7, ROOT)


def test_an_old_backup_is_refused(mark: MarkFile) -> None:
    mark.advance(Mark(7, ROOT))
    with pytest.raises(StoreError, match="holds 6 entries, but this log has signed 7"):
        mark.verify(6, lambda _: ROOT)


def test_another_history_is_refused(mark: MarkFile) -> None:
    mark.advance(Mark(7, ROOT))
    with pytest.raises(StoreError, match="are not those that this log has signed"):
        mark.verify(8, lambda _: OTHER)


def test_a_lost_mark_is_refused(mark: MarkFile) -> None:
    with pytest.raises(StoreError, match=r"the mark at .* is missing"):
        mark.verify(3, lambda _: ROOT)


@pytest.mark.parametrize("text", ["", "custody-mark/1\nother/1\n7\nAA\n", "custody-mark/1\nlog.example/1\n7"])
def test_what_is_no_mark_is_refused(mark: MarkFile, tmp_path: Path, text: str) -> None:
    (tmp_path / "mark").write_text(text)
    with pytest.raises(StoreError, match="is not the mark of the log"):
        mark.read()
