"""Who was told of a recall is kept once, and calls are only added."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from traceability.store.campaigns import Call, Campaigns, Notice
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
