"""The desks of exceptions, alerts, sightings and notices."""

import sqlite3
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from traceability.store import StoreError
from traceability.store.case_rows import Entry, Opening
from traceability.store.cases import Cases
from traceability.store.notices import BACKOFF, Notice, Notices, PartyWish, PersonWish
from traceability.store.office import Account, Office
from traceability.store.sightings import SightingRow, Sightings

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HERE, THERE, MAKER, STRANGER = "9521321000012", "9521321000029", "9521321000036", "9521321000043"
PACK = "https://id.gs1.org/01/09521321000018/21/A1"
NOW, LATER = "2026-11-23T10:00:00.000Z", "2026-11-23T11:00:00.000Z"


@pytest.fixture
def office(tmp_path: Path):
    office = Office(tmp_path / "office.db", QUICK)
    office.add_account(Account("li", "Li Wei", HERE, "operator"), "correct horse battery")
    yield office
    office.close()


def exception(cases: Cases) -> int:
    opening = Opening("exception", "missing", (PACK,), HERE, ((THERE, "other"),), "2026-11-26", 7, "{}")
    return cases.open(opening, Entry(NOW, "raised", HERE, "li", "Not in the case")).id


def alert(cases: Cases, party: str = HERE, cause: str = "two-places") -> int:
    opening = Opening("alert", cause, (PACK,), party, ((MAKER, "concerned"),), "2026-11-24", 7, "{}")
    return cases.open(opening, Entry(NOW, "raised", party)).id


def test_an_exception_goes_to_and_fro_until_it_is_resolved(office: Office) -> None:
    cases = Cases(office)
    case = exception(cases)
    assert [one.id for one in cases.waiting("exception", THERE)] == [case]
    assert cases.waiting("exception", HERE) == []
    cases.say(case, Entry(NOW, "said", THERE, "eva", "We look for it"))
    assert cases.waiting("exception", THERE) == []
    assert [one.state for one in cases.waiting("exception", HERE)] == ["answered"]
    cases.propose(case, "void", Entry(NOW, "proposed", HERE, "li", "void\n"))
    assert [one.proposal for one in cases.waiting("exception", THERE)] == ["void"]
    cases.move(case, "resolved", Entry(LATER, "resolved", HERE, "li"), outcome="statement")
    known = cases.find(case, THERE)
    assert known is not None
    assert (known.state, known.outcome, known.closed) == ("resolved", "statement", LATER)
    assert [line.act for line in cases.lines(case)] == ["raised", "said", "proposed", "resolved"]
    with pytest.raises(StoreError, match="resolved"):
        cases.say(case, Entry(LATER, "said", HERE, "li", "One more"))


def test_who_raises_an_exception_takes_care_of_it_until_somebody_else_does(office: Office) -> None:
    cases = Cases(office)
    case = exception(cases)
    assert [(side.party, side.owner) for side in cases.sides(case)] == [(HERE, "li"), (THERE, "")]
    cases.take(case, Entry(NOW, "took", THERE, "eva"))
    assert [side.owner for side in cases.sides(case)] == ["li", "eva"]


def test_nobody_else_sees_it_but_a_regulator(office: Office) -> None:
    cases = Cases(office)
    case, warned = exception(cases), alert(cases)
    for party in (HERE, THERE):
        assert cases.find(case, party) is not None
    assert cases.find(case, STRANGER) is None
    assert cases.listing("exception", STRANGER) == []
    assert cases.find(case, STRANGER, regulator=True) is not None
    assert cases.find(warned, STRANGER, regulator=True) is None
    cases.move(warned, "escalated", Entry(NOW, "escalated", HERE, "li", "Two of one serial"))
    assert [one.id for one in cases.listing("alert", STRANGER, regulator=True)] == [warned]
    assert [one.id for one in cases.waiting("alert", STRANGER, regulator=True)] == [warned]


def test_one_alert_per_cause_and_item(office: Office) -> None:
    cases = Cases(office)
    first = alert(cases)
    assert alert(cases) == first
    assert alert(cases, STRANGER) == first
    known = cases.find(first, STRANGER)
    assert known is not None
    assert known.repeats == 3
    assert len(cases.lines(first)) == 1
    assert alert(cases, cause="stolen") != first
    cases.move(first, "resolved", Entry(NOW, "resolved", HERE, "li", "A double scan"))
    assert alert(cases) != first


def test_states_follow_each_other(office: Office) -> None:
    cases = Cases(office)
    case = alert(cases)
    cases.move(case, "acknowledged", Entry(NOW, "acknowledged", HERE, "li"))
    cases.move(case, "investigating", Entry(NOW, "investigating", HERE, "li"))
    with pytest.raises(StoreError, match="gone on meanwhile"):
        cases.move(case, "acknowledged", Entry(NOW, "acknowledged", HERE, "li"))
    cases.move(case, "escalated", Entry(NOW, "escalated", HERE, "li"))
    cases.move(case, "resolved", Entry(LATER, "resolved", HERE, "li"))
    known = cases.find(case, HERE)
    assert known is not None
    assert (known.escalated, known.closed) == (NOW, LATER)


def test_what_is_overdue_is_said_once(office: Office) -> None:
    cases = Cases(office)
    case = exception(cases)
    assert cases.warn_overdue("2026-11-26", NOW) == []
    assert cases.warn_overdue("2026-11-27", NOW) == [case]
    assert cases.warn_overdue("2026-11-28", NOW) == []
    assert [line.act for line in cases.lines(case)] == ["raised", "overdue"]


def test_a_thread_only_grows(office: Office, tmp_path: Path) -> None:
    exception(Cases(office))
    other = sqlite3.connect(tmp_path / "office.db")
    for sql in ("DELETE FROM case_line", "UPDATE case_line SET text = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            other.execute(sql)
    other.close()


def test_alerts_are_counted_by_cause(office: Office) -> None:
    cases = Cases(office)
    alert(cases)
    alert(cases, cause="stolen")
    assert cases.raised_by_cause(NOW) == {"stolen": 1, "two-places": 1}
    assert cases.raised_by_cause(NOW, HERE) == {"stolen": 1, "two-places": 1}
    assert cases.raised_by_cause(NOW, MAKER) == {}
    assert cases.raised_by_cause(LATER) == {}


def test_sightings_are_kept_for_days_and_bounded(office: Office) -> None:
    sightings = Sightings(office, most=500)
    sightings.add(SightingRow(PACK, HERE, None, "2026-11-10T10:00:00.000Z"))
    assert len(sightings.of(PACK, "2026-11-01")) == 1
    for number in range(999):
        sightings.add(SightingRow(f"{PACK}{number}", HERE, THERE, NOW))
    assert sightings.of(PACK, "2026-11-01") == []
    assert len(sightings.of(f"{PACK}998", "2026-11-01")) == 1
    assert sightings.of(f"{PACK}10", "2026-11-01") == []  # more than 500 came after it
    sightings.add(SightingRow(PACK, HERE, None, NOW, "suspect", "stolen"))
    assert [one.reason for one in sightings.of_kind(HERE, "suspect", NOW)] == ["stolen"]
    assert sightings.of_kind(THERE, "suspect", NOW) == []
    sightings.count(NOW, THERE)
    assert sightings.checks("2026-11-20") == {"2026-11-23": 1001}
    assert sightings.checks("2026-11-20", THERE) == {"2026-11-23": 1}
    assert sightings.checks("2026-11-01")["2026-11-10"] == 1


def notice(number: int) -> Notice:
    return Notice(f"msg_{number}", NOW, HERE, "li", "li@example.org", "{}", 0, 100.0, "waiting", "")


def test_a_notice_is_tried_again_later_each_time_and_then_given_up(office: Office) -> None:
    notices = Notices(office)
    notices.queue([notice(1)], ("announced", 1))
    now = 100.0
    for wait in BACKOFF:
        [due] = notices.due(now)
        notices.put_off(due, now, "no answer")
        assert notices.due(now + wait - 1) == []
        now += wait
    [due] = notices.due(now)
    notices.put_off(due, now, "no answer")
    [known] = notices.recent(HERE, "li")
    assert (known.state, known.trouble) == ("failed", "no answer")
    with pytest.raises(StoreError):
        notices.again("msg_1", THERE, now)
    notices.again("msg_1", HERE, now)
    [due] = notices.due(now)
    notices.sent(due)
    assert notices.due(now + 10**9) == []
    assert [one.state for one in notices.recent(HERE, "li")] == ["sent"]


def test_a_notice_is_made_once_for_a_line(office: Office) -> None:
    notices = Notices(office)
    notices.queue([notice(1)], ("announced", 5))
    assert Cases(office).cursor("announced") == 5
    with pytest.raises(sqlite3.IntegrityError):
        notices.queue([notice(2), notice(1)], ("announced", 9))
    assert Cases(office).cursor("announced") == 5
    assert [one.id for one in notices.due(200.0)] == ["msg_1"]


def test_wishes_are_kept_until_they_are_taken_back(office: Office) -> None:
    notices = Notices(office)
    wish = PersonWish("li", "li@example.org", frozenset({"alert"}))
    notices.set_person(wish)
    assert notices.people(HERE) == [wish]
    office.disable("li")
    assert notices.people(HERE) == []
    notices.set_person(PersonWish("li", "", frozenset()))
    assert notices.person("li") is None
    system = PartyWish(HERE, "https://example.org/hook", "whsec_eA==", frozenset({"alert", "exception"}))
    notices.set_party(system)
    assert notices.party(HERE) == system
    notices.set_party(PartyWish(HERE, "", "", frozenset()))
    assert notices.party(HERE) is None
