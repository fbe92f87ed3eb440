"""Office files from before, documents as files, reports with their clock, and pages of what the office knows."""

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from yoyo import get_backend, read_migrations

from traceability.store import StoreError, migrations
from traceability.store.case_rows import Entry, Opening
from traceability.store.cases import Cases
from traceability.store.dossiers import OfficeFacts, Page
from traceability.store.illegitimate import Illegitimate
from traceability.store.investigations import Document, Investigations
from traceability.store.office import Office

AT, PARTY, EPC = "2026-11-27T08:00:00.000Z", "9521321000100", "https://id.gs1.org/01/09521321000018/21/A"
ALERT = Opening("alert", "lot", (EPC,), PARTY, (), "2026-11-28", 7, "{}")
LATE = Opening("investigation", "Wrong colour", (), PARTY, (), "2026-12-24", 7, "{}")
OPENED = Entry(AT, "opened", PARTY, "anna", "Because")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "office.db")
    yield opened
    opened.close()


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Investigations:
    return Investigations(office, tmp_path / "documents")


def test_an_office_from_before_investigations_keeps_its_cases(tmp_path: Path) -> None:
    path = tmp_path / "office.db"
    backend = get_backend(f"sqlite:///{path}")
    folder = read_migrations(str(Path(migrations.__file__).parent / "office"))
    backend.apply_migrations(backend.to_apply(folder.filter(lambda one: one.id < "0012")))
    backend.connection.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT INTO case_file (kind, cause, item, state, raised, raiser, due, size, evidence, last)"
            " VALUES ('alert', 'lot', ?, 'new', ?, ?, '2026-11-28', 7, '{}', ?)",
            (EPC, AT, PARTY, AT),
        )
        db.execute("INSERT INTO case_item VALUES (1, ?)", (EPC,))
        db.execute("INSERT INTO case_party VALUES (1, ?, 'raiser', '')", (PARTY,))
        db.execute("INSERT INTO case_line VALUES (1, 1, ?, ?, '', 'raised', '')", (AT, PARTY))
        db.commit()
    with closing(Office(path)) as office:
        desk = Cases(office)
        assert [(case.id, case.item) for case in desk.listing("alert", PARTY)] == [(1, EPC)]
        assert not desk.open(ALERT, Entry(AT, "raised", PARTY)).fresh
        assert desk.open(LATE, OPENED).id == 2
        assert office.rows("PRAGMA foreign_key_check") == []


def test_an_investigation_is_a_case_of_its_party_alone(office: Office, desk: Investigations) -> None:
    cases = Cases(office)
    case = cases.open(LATE, OPENED).id
    [found] = cases.waiting("investigation", PARTY)
    assert (found.state, found.cause) == ("investigating", "Wrong colour")
    assert [side.owner for side in cases.sides(case)] == ["anna"]
    assert cases.find(case, "9521321000025", regulator=True) is None
    assert desk.collect(case, EPC, Entry(AT, "collected", PARTY, "anna", EPC))
    assert not desk.collect(case, EPC, Entry(AT, "collected", PARTY, "anna", EPC))
    assert [one.id for one in desk.collecting(EPC, PARTY)] == [case]
    desk.leave_out(case, EPC, Entry(AT, "left_out", PARTY, "anna", EPC))
    assert desk.subjects(case) == []
    cases.take(case, Entry(AT, "assigned", PARTY, "anna", "Li"), "li")
    assert [side.owner for side in cases.sides(case)] == ["li"]
    cases.move(case, "resolved", Entry(AT, "resolved", PARTY, "anna", "Harmless"))
    with pytest.raises(StoreError, match="resolved"):
        desk.collect(case, EPC, Entry(AT, "collected", PARTY))


def added(desk: Investigations, case: int, content: bytes, name: str = "a.txt") -> Document:
    return desk.add_document(case, name, io.BytesIO(content), Entry(AT, "document", PARTY, "anna"))


def test_documents_are_never_changed(office: Office, desk: Investigations, tmp_path: Path) -> None:
    case = Cases(office).open(LATE, OPENED).id
    kept = added(desk, case, b"content")
    assert desk.documents(case) == [kept]
    assert b"".join(desk.content(kept)) == b"content"
    assert (tmp_path / "documents" / kept.sha256).stat().st_mode & 0o777 == 0o600
    for content in (b"content", b""):
        with pytest.raises(StoreError):
            added(desk, case, content)
    other = Cases(office).open(LATE._replace(cause="Another"), OPENED).id
    assert added(desk, other, b"content").salt != kept.salt
    with pytest.raises(sqlite3.IntegrityError), office.change() as db:
        db.execute("DELETE FROM document")
    (tmp_path / "documents" / kept.sha256).write_bytes(b"changed")
    with pytest.raises(StoreError, match="was changed"):
        desk.content(kept)
    (tmp_path / "documents" / kept.sha256).unlink()
    with pytest.raises(StoreError, match="is missing"):
        desk.content(kept)


def test_a_report_goes_its_way_once(office: Office) -> None:
    desk = Illegitimate(office)
    report = desk.open(PARTY, EPC, "2026-11-27T07:30:00.000Z", [EPC], "{}", AT, "anna")
    known = desk.find(report, PARTY)
    assert known is not None
    assert (known.state, known.due) == ("draft", "2026-11-28T07:30:00.000Z")
    assert desk.find(report, "9521321000025", regulator=True) is None
    for early in ("follow_up", "termination"):
        with pytest.raises(StoreError):
            desk.send(report, early, "{}", AT, "anna")
    desk.save(report, "2026-11-27T06:00:00.000Z", [EPC], '{"a":"b"}', AT, "anna")
    desk.send(report, "initial", '{"a":"b"}', AT, "anna")
    desk.save(report, "2026-11-20T06:00:00.000Z", [EPC], '{"a":"c"}', AT, "anna")
    known = desk.find(report, "9521321000025", regulator=True)
    assert known is not None
    assert (known.state, known.determined, known.notified) == ("notified", "2026-11-27T06:00:00.000Z", AT)
    with pytest.raises(StoreError):
        desk.send(report, "initial", "{}", AT, "anna")
    with pytest.raises(StoreError):
        desk.terminate(report, "{}", "by letter", AT, "anna")
    for what in ("follow_up", "termination", "follow_up"):
        desk.send(report, what, "{}", AT, "anna")
    desk.terminate(report, "{}", "by letter", AT, "anna")
    with pytest.raises(StoreError):
        desk.save(report, AT, [], "{}", AT, "anna")
    assert [line.act for line in desk.lines(report)] == ["saved", "saved", "sent", "saved", "sent", "sent", "sent", "terminated"]  # fmt: skip
    with pytest.raises(sqlite3.IntegrityError), office.change() as db:
        db.execute("UPDATE illegitimate_line SET fields = '{}'")


@pytest.mark.parametrize("newest", [True, False])
def test_what_the_office_knows_comes_in_pages(office: Office, newest: bool) -> None:
    for number in range(7):
        office.note(AT, "anna", PARTY, "read item" if number % 2 else "report saved", EPC, why=str(number))
    facts, found, start = OfficeFacts(office), list[str](), None
    while rows := facts.trail(EPC, PARTY, Page(start, 3, newest), reading=True):
        found += [row.why for row in rows]
        start = rows[-1].id
    assert found == sorted(map(str, range(7)), reverse=newest)
    changed = facts.trail_of(PARTY, None, Page(None, 9, newest), reading=False)
    assert {row.act for row in changed} == {"report saved"}
    assert facts.trail(EPC, "9521321000025", Page(None, 9, newest), reading=True) == []
