"""People out of a CSV file: every line looked at, every problem named, nothing changed."""

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from werkzeug.datastructures import FileStorage

from traceability.store.office import ROLES, Account
from traceability.store.people import verify_role
from traceability.web import directory
from traceability.web.errors import PageError
from traceability.web.language import tell
from traceability.web.parts import parts

COLUMNS = ("login", "name", "role", "site")
MOST = 1000
LARGEST = 500_000
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")


class Line(NamedTuple):
    """A line of the file as people count them, with the account it would make or all that is wrong with it."""

    number: int
    said: str
    account: Account | None
    problems: tuple[str, ...] = ()


def roles(party: str) -> tuple[str, ...]:
    """The roles that people of a party can have: the regulator's role is for the regulator."""
    known = directory.registry().parties.get(party)
    oversees = known is not None and "regulator" in known.roles
    return tuple(role for role in ROLES if oversees or role != "regulator")


def problems(login: str, name: str, role: str, site: str, party: str) -> Iterator[PageError]:
    """Everything that keeps these from being an account of a party, each with what was expected."""
    if not _LOGIN.fullmatch(login):
        yield PageError(
            "Expected a login of 2 to 64 small letters, digits and . _ @ -, got %(login)s", login=login[:80]
        )
    elif parts().office.account(login) is not None:
        yield PageError("The login %(login)s is taken", login=login)
    if not 1 <= len(name) <= 100:
        yield PageError("Expected the person's name, of at most 100 characters")
    if role not in roles(party):
        known = ", ".join(roles(party))
        yield PageError("Expected a role out of %(known)s, got %(role)s", known=known, role=role[:80])
    if site and site not in directory.sites(party):
        yield PageError("Expected the GLN of one of your own sites, or nothing, got %(site)s", site=site[:80])


def verify_new(login: str, name: str, role: str, site: str, party: str) -> Account:
    """The account that these make. Raises PageError saying what was expected first."""
    login, name, role, site = login.strip(), " ".join(name.split()), role.strip(), site.strip()
    for problem in problems(login, name, role, site, party):
        raise problem
    return Account(login, name, party, verify_role(role), site or None)


def text_of(file: FileStorage | None, pasted: str) -> str:
    """The text of an uploaded file, else what was pasted (a dry run hands the file's text on)."""
    if file is None or not file.filename:
        return pasted
    data = file.stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise PageError("Expected a file of at most %(most)s bytes", most=LARGEST)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PageError("Expected a CSV file in UTF-8. In Excel: save as “CSV UTF-8”.") from error


def read(text: str, party: str) -> list[Line]:
    """Every line with its account or its problem. The first line names the columns, in any order.

    Raises PageError for a file without the columns, without lines, or with too many.
    """
    kind = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=kind, restkey="more", restval="")
    try:
        names = [name.strip().lower() for name in rows.fieldnames or ()]
        if not {"login", "name", "role"} <= set(names):
            raise PageError("Expected the columns %(columns)s in the first line", columns=", ".join(COLUMNS))
        rows.fieldnames = names
        found = [(rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise PageError("This is not CSV: %(why)s", why=error) from error
    if not 1 <= len(found) <= MOST:
        raise PageError("Expected 1 to %(most)s people, got %(got)s", most=MOST, got=len(found))
    seen: set[str] = set()
    return [_line(number, row, party, seen) for number, row in found]


def _line(number: int, row: dict[str, str], party: str, seen: set[str]) -> Line:
    login, role, site = (row.get(column, "").strip() for column in ("login", "role", "site"))
    name = " ".join(row.get("name", "").split())
    wrong = list(problems(login, name, role, site, party))
    if row.get("more"):
        wrong.append(PageError("Expected %(want)s values, got more", want=len(row) - 1))
    if login in seen:
        wrong.append(PageError("The login %(login)s is in this file twice", login=login))
    seen.add(login)
    account = None if wrong else Account(login, name, party, verify_role(role), site or None)
    said = ", ".join(one for one in (login, name, role, site) if one)
    return Line(number, said, account, tuple(tell(one) for one in wrong))
