"""The desks of the office: people and invitations, passkeys, and a trail whose lines hang together."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from traceability.store import StoreError
from traceability.store.office import Account, Office
from traceability.store.passkeys import MOST, Passkey, Passkeys
from traceability.store.people import Invitation, People
from traceability.store.trail import Search, Trail, TrailRow, line_hash

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LI = Account("li", "Li Wei", "9521321000012", "operator")
NOW, LATER = "2026-11-27T10:00:00.000Z", "2026-11-30T10:00:00Z"
FIRST = Path(__file__).parents[2] / "traceability/store/migrations/office/0001-office.sql"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office.db", QUICK)
    office.add_account(LI, "correct horse battery")
    yield office
    office.close()


def test_people_are_added_together_or_not_at_all(office: Office) -> None:
    people = People(office)
    with pytest.raises(StoreError, match="li is taken"):
        people.add([Account("mo", "Mo", LI.party, "quality"), LI])
    assert office.account("mo") is None
    people.add([Account("mo", "Mo", LI.party, "quality")])
    for password in ("", "!", "anything at all"):
        with pytest.raises(StoreError, match="do not go together"):
            office.verify_password("mo", password)


def test_an_invitation_opens_one_account_once_in_time(office: Office) -> None:
    people = People(office)
    people.invite("first", Invitation("li", "ada", NOW, LATER))
    people.invite("second", Invitation("li", "ada", NOW, LATER))
    assert people.waiting(LI.party, NOW) == {"li": LATER}
    with pytest.raises(StoreError, match="used already"):
        people.invited("first", NOW)
    with pytest.raises(StoreError, match="too old"):
        people.invited("second", LATER)
    with pytest.raises(StoreError, match="at least"):
        people.accept("second", "short", NOW)
    assert people.accept("second", "a brand new password", NOW) == LI
    with pytest.raises(StoreError, match="used already"):
        people.accept("second", "a brand new password", NOW)
    assert office.verify_password("li", "a brand new password") == LI
    office.disable("li")
    people.invite("third", Invitation("li", "ada", NOW, LATER))
    with pytest.raises(StoreError, match="used already"):
        people.invited("third", NOW)


def test_whatever_ends_sessions_raises_the_epoch(office: Office) -> None:
    people = People(office)

    def epoch() -> int:
        standing = people.standing("li")
        assert standing is not None
        return standing[1]

    seen = [epoch()]
    office.change_password("li", "another password")
    seen.append(epoch())
    people.set_role("li", "quality")
    seen.append(epoch())
    office.disable("li")
    assert people.standing("li") is None
    people.enable("li")
    seen.append(epoch())
    assert seen == sorted(set(seen))
    with pytest.raises(StoreError, match="got king"):
        people.set_role("li", "king")  # type: ignore[arg-type]


def test_passkeys_are_named_counted_and_removed_by_their_owner(office: Office) -> None:
    desk = Passkeys(office)
    key = Passkey("id", "li", "Phone", "localhost", b"cose", 0, NOW)
    desk.add(key)
    with pytest.raises(StoreError, match="already"):
        desk.add(key)
    desk.note_used("id", 7, LATER)
    assert desk.of("li") == [key._replace(counter=7, used=LATER)]
    with pytest.raises(StoreError, match="no such"):
        desk.remove("id", "mo")
    assert desk.remove("id", "li").name == "Phone"
    assert desk.find("id") is None
    for number in range(MOST):
        desk.add(key._replace(id=str(number)))
    with pytest.raises(StoreError, match="at most 20"):
        desk.add(key)


def test_the_trail_finds_by_who_what_when_and_text(office: Office) -> None:
    for day, login, act, new in [
        ("25", "li", "a", "100%"),
        ("26", "mo", "b", "100"),
        ("27", "li", "b", "x_y"),
    ]:
        office.note(f"2026-11-{day}T23:59:59.000Z", login, LI.party, act, "", new=new, why="Because")
    office.note("2026-11-27T00:00:00.000Z", "eva", "9521321000029", "a", "")
    trail = Trail(office)

    def numbers(**wanted: str) -> list[int]:
        return [row.id for row in trail.search(LI.party, Search(**wanted))]

    assert numbers() == [3, 2, 1]
    assert numbers(who="li") == [3, 1]
    assert numbers(act="b", since="2026-11-27") == [3]
    assert numbers(until="2026-11-26") == [2, 1]
    assert numbers(text="0%") == [1]
    assert numbers(text="X_Y") == [3]
    assert numbers(text="mo b") == [2]
    assert numbers(text="because") == [3, 2, 1]
    assert len(list(trail.whole(None, Search()))) == 4
    assert trail.acts(LI.party) == ["a", "b"]


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE trail SET new = 'other' WHERE id = 2",
        "UPDATE trail SET at = '2020-01-01T00:00:00.000Z' WHERE id = 1",
        "DELETE FROM trail WHERE id = 2",
        "DELETE FROM trail WHERE id = 1",
        "UPDATE trail SET hash = '', login = 'x' WHERE id = 4",
    ],
)
def test_a_line_that_was_changed_or_removed_is_named(office: Office, tmp_path: Path, harm: str) -> None:
    for number in range(4):
        office.note(NOW, "li", LI.party, "act", str(number))
    count, last = Trail(office).verify()
    assert (count, len(last)) == (4, 64)
    other = sqlite3.connect(tmp_path / "office.db")
    other.executescript(f"DROP TRIGGER trail_keeps; DROP TRIGGER trail_stays; {harm}")
    other.close()
    with pytest.raises(StoreError, match="was changed or removed"):
        Trail(office).verify()


def test_lines_of_before_the_hashes_are_kept_and_folded_in(tmp_path: Path) -> None:
    """A file as the first migration left it, with two lines on its trail."""
    path = tmp_path / "office.db"
    Office(path, QUICK).close()
    old = sqlite3.connect(path)
    for table in ("trail", "account", "enrolment", "passkey", "invitation"):
        old.execute(f"DROP TABLE {table}")
    old.executescript(FIRST.read_text("utf-8"))
    old.execute("DELETE FROM _yoyo_migration WHERE migration_id = '0002-people'")
    old.executemany(
        "INSERT INTO trail (at, login, party, act, detail) VALUES (?, 'li', '9521321000012', 'login', '')",
        [(NOW,), (NOW,)],
    )
    old.commit()
    old.close()
    office = Office(path, QUICK)
    office.note(NOW, "li", LI.party, "logout", "")
    assert [row.act for row in office.trail()] == ["logout", "login", "login"]
    count, last = Trail(office).verify()
    before = ""
    for row in reversed(office.trail()):
        before = line_hash(before, TrailRow._make(row))
    assert (count, last) == (3, before)
    office.close()
