"""Who was told of a recall is kept once, and calls are only added."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traceability.store.campaigns import Call, Campaigns, Notice, Step
from traceability.store.notices import Notice as Letter
from traceability.store.notices import Notices
from traceability.store.office import Office

TOLD = Notice("R1", "9521321000018", "2026-11-23T08:00:00Z", "2026-11-25T08:00:00Z")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with closing(Office(tmp_path / "office.db")) as office:
        yield office


def test_a_party_is_told_once(office: Office) -> None:
    campaigns = Campaigns(office)
    other = TOLD._replace(party="9521321000025")
    assert campaigns.tell([TOLD]) == [TOLD]
    assert campaigns.tell([TOLD._replace(notified="2026-11-24T08:00:00Z"), other]) == [other]
    assert campaigns.told("R1") == {TOLD.party: TOLD, other.party: other}
    assert campaigns.of_party(TOLD.party) == [TOLD]
    assert campaigns.told("R2") == {}


def test_calls_are_only_added(office: Office) -> None:
    campaigns = Campaigns(office)
    call = Call("R1", TOLD.party, "check", "2026-11-24T08:00:00Z", "maker", "Shelf seen empty.")
    campaigns.call(call)
    assert campaigns.calls("R1") == [call]
    with pytest.raises(sqlite3.IntegrityError, match="only added"), office.change() as db:
        db.execute("DELETE FROM recall_call")


LETTER = Letter(
    "msg_1", "2026-11-24T08:00:00Z", TOLD.party, "", "https://x.example", "{}", 0, 0.0, "waiting", ""
)


def test_a_step_is_taken_once_together_with_its_letters(office: Office) -> None:
    campaigns, step = Campaigns(office), Step("R1", TOLD.party, "overdue", "2026-11-25T08:00:01Z")
    assert campaigns.take([step], [LETTER])
    assert not campaigns.take([step._replace(at="2026-11-26T08:00:00Z")], [LETTER._replace(id="msg_2")])
    assert campaigns.steps("R1") == [step]
    assert [one.id for one in Notices(office).due(1.0)] == ["msg_1"]
    with pytest.raises(sqlite3.IntegrityError):  # the letter cannot be queued, so the step was not taken
        campaigns.take([step._replace(step="escalated")], [LETTER])
    assert campaigns.steps("R1") == [step]


def test_who_was_told_by_an_older_version_is_not_told_again(tmp_path: Path) -> None:
    path = tmp_path / "office.db"
    Office(path).close()
    with closing(sqlite3.connect(path)) as old:
        old.execute("DROP TABLE recall_step")
        old.execute("DELETE FROM _yoyo_migration WHERE migration_id LIKE '0009%'")
        old.execute("INSERT INTO recall_notice VALUES (?, ?, ?, ?)", TOLD)
        old.execute("INSERT INTO notice_party VALUES ('9521321000018', 'https://x.example', 's', 'alert')")
        old.execute("INSERT INTO notice_party VALUES ('9521321000025', 'https://x.example', 's', '')")
        old.commit()
    with closing(Office(path)) as office:
        assert Campaigns(office).steps("R1") == [Step("R1", TOLD.party, "told", TOLD.notified)]
        wishes = [Notices(office).party(gln) for gln in ("9521321000018", "9521321000025")]
        assert [one and one.kinds for one in wishes] == [{"alert", "recall"}, frozenset()]
