"""The office file: passwords, device keys, a trail that only grows."""

import sqlite3
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from traceability.store import StoreError
from traceability.store.office import Account, Enrolment, Office

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LI = Account("li", "Li Wei", "9521321000012", "operator")


@pytest.fixture
def office(tmp_path: Path):
    office = Office(tmp_path / "office.db", QUICK)
    office.add_account(LI, "correct horse battery")
    yield office
    office.close()


def enrolment(kid: str = "k1", login: str = "li") -> Enrolment:
    return Enrolment(
        kid, "{}", "p", LI.party, "operator", login, "Bay 3", "requested", "2026-11-23T10:00:00Z"
    )


def test_a_password_opens_its_own_account_only(office: Office) -> None:
    office.add_account(Account("mo", "Mo", LI.party, "quality"), "another long one")
    assert office.verify_password("li", "correct horse battery") == LI
    for login, password in [("li", "another long one"), ("li", ""), ("nobody", "correct horse battery")]:
        with pytest.raises(StoreError, match="do not go together"):
            office.verify_password(login, password)


def test_a_disabled_account_stays_shut(office: Office) -> None:
    office.disable("li")
    with pytest.raises(StoreError):
        office.verify_password("li", "correct horse battery")


def test_the_file_holds_no_password_and_is_private(office: Office, tmp_path: Path) -> None:
    data = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"correct horse battery" not in data
    assert b"$argon2id$" in data
    assert (tmp_path / "office.db").stat().st_mode & 0o077 == 0


def test_an_account_is_refused_with_a_reason(office: Office) -> None:
    with pytest.raises(StoreError, match="li is taken"):
        office.add_account(LI, "correct horse battery")
    with pytest.raises(StoreError, match="at least 10"):
        office.add_account(Account("short", "S", LI.party, "operator"), "short")
    with pytest.raises(StoreError, match="got king"):
        office.add_account(Account("k", "K", LI.party, "king"), "correct horse battery")  # type: ignore[arg-type]


def test_published_passwords_are_known_until_changed(office: Office) -> None:
    assert not office.has_published_passwords()
    office.add_account(Account("demo", "Demo", LI.party, "operator", published=True), "demo")
    assert office.has_published_passwords()
    office.change_password("demo", "a private password")
    assert not office.has_published_passwords()
    assert office.account("demo") == Account("demo", "Demo", LI.party, "operator")


def test_a_device_key_goes_from_request_to_decision(office: Office) -> None:
    office.request_key(enrolment())
    office.request_key(enrolment())
    assert [e.kid for e in office.enrolments(LI.party, "requested")] == ["k1"]
    office.decide_key("k1", "approved", "ada", "2026-11-23T10:01:00Z")
    assert office.enrolments(login="li")[0].state == "approved"
    assert office.enrolments(LI.party, "requested") == []


def test_a_refused_key_is_not_asked_for_again(office: Office) -> None:
    office.request_key(enrolment())
    office.decide_key("k1", "refused", "ada", "2026-11-23T10:01:00Z")
    with pytest.raises(StoreError, match="Make a new one"):
        office.request_key(enrolment())


def test_the_trail_only_grows(office: Office, tmp_path: Path) -> None:
    for act in ("login", "read"):
        office.note("2026-11-23T10:00:00Z", "li", LI.party, act, "")
    assert [row.act for row in office.trail()] == ["read", "login"]
    assert [row.act for row in office.trail(LI.party, before=2)] == ["login"]
    other = sqlite3.connect(tmp_path / "office.db")
    for sql in ("DELETE FROM trail", "UPDATE trail SET act = 'x'"):
        with pytest.raises(sqlite3.IntegrityError, match="only grows"):
            other.execute(sql)
    other.close()


def test_preferences_are_kept(office: Office) -> None:
    office.set_locale("li", "zh")
    office.set_site("li", "9521321000029")
    assert office.account("li") == LI._replace(locale="zh", site="9521321000029")


def test_a_question_does_not_wait_for_a_change(office: Office) -> None:
    """While a change is on its way, whoever asks is told how it was before."""
    with office.change() as db:
        db.execute("UPDATE account SET name = 'Somebody' WHERE login = ?", (LI.login,))
        before = office.account(LI.login)
    after = office.account(LI.login)
    assert (before and before.name, after and after.name) == (LI.name, "Somebody")


def test_a_question_changes_nothing(office: Office) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        office.rows("DELETE FROM account")
