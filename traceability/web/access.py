"""Who may do what on these pages. The log's own rules decide again on every statement; this table
only keeps people from standing before a page that could never work for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user

from traceability.store.office import Account
from traceability.web.babel import LazyString, lazy_gettext
from traceability.web.directory import registry
from traceability.web.errors import wants_json
from traceability.web.parts import parts

P = ParamSpec("P")
R = TypeVar("R")

HOLDERS = frozenset({"maker", "wholesaler", "pharmacy", "institution", "carrier"})
COUNTERS = frozenset({"pharmacy", "institution"})
HANDS = frozenset({"operator", "pharmacist", "quality", "administrator"})


@dataclass(frozen=True, slots=True)
class Task:
    """Something a person comes here to do, and who may."""

    endpoint: str
    icon: str
    label: LazyString
    hint: LazyString
    parties: frozenset[str]
    """Roles of the party, any of which will do."""
    people: frozenset[str]
    """Roles of the account, any of which will do."""
    seldom: bool = False
    """True for what is found on the home page only, not in the bar of every page."""


TASKS = (
    Task("bench.home", "home", lazy_gettext("Home"), lazy_gettext("What waits for you"),
         HOLDERS | {"regulator", "authority"}, HANDS | {"regulator"}),
    Task("pharmacy.check", "check", lazy_gettext("Check"), lazy_gettext("May this pack be dispensed?"),
         COUNTERS, HANDS),
    Task("bench.commission", "commission", lazy_gettext("Commission"), lazy_gettext("Give new packs their serials"),
         frozenset({"maker"}), HANDS),
    Task("bench.receive", "receive", lazy_gettext("Receive"), lazy_gettext("Take over what arrived"), HOLDERS, HANDS),
    Task("bench.ship", "ship", lazy_gettext("Ship"), lazy_gettext("Hand goods over to somebody"), HOLDERS, HANDS),
    Task("bench.pack", "pack", lazy_gettext("Pack"), lazy_gettext("Put packs in a case, cases on a pallet"),
         HOLDERS, HANDS),
    Task("stock.home", "stock", lazy_gettext("Stock"), lazy_gettext("What you hold, where, and until when"),
         HOLDERS, HANDS),
    Task("recalls.recall", "recall", lazy_gettext("Recall"), lazy_gettext("Stop a lot everywhere at once"),
         frozenset({"maker", "regulator"}), frozenset({"quality", "administrator", "regulator"})),
    Task("lots.home", "lot", lazy_gettext("Lots"), lazy_gettext("Where is every pack of a lot?"),
         frozenset({"maker", "regulator"}), HANDS | {"regulator"}),
    Task("watch.home", "watch", lazy_gettext("Watch"), lazy_gettext("What is going on, and what is stuck"),
         HOLDERS | {"regulator"}, frozenset({"quality", "administrator", "regulator"}), seldom=True),
    Task("pharmacy.lend", "lend", lazy_gettext("Lend"), lazy_gettext("Help another pharmacy out with packs"),
         COUNTERS, HANDS, seldom=True),
    Task("snapshots.home", "trace", lazy_gettext("Snapshots"), lazy_gettext("Prove that a trace leaves nothing out"),
         frozenset({"regulator", "authority"}), HANDS | {"regulator"}, seldom=True),
    Task("bench.void", "void", lazy_gettext("Void"), lazy_gettext("Take back a dispatch that never left"),
         HOLDERS, HANDS, seldom=True),
    Task("bench.refuse", "refuse", lazy_gettext("Refuse"), lazy_gettext("Send a delivery back unreceived"),
         HOLDERS, HANDS, seldom=True),
    Task("counting.count", "count", lazy_gettext("Count"), lazy_gettext("Scan a shelf and see what differs"),
         HOLDERS, HANDS, seldom=True),
    Task("opening.home", "opening", lazy_gettext("Opening stock"), lazy_gettext("Take in what was here before day one"),
         HOLDERS, HANDS, seldom=True),
    Task("master.home", "master", lazy_gettext("Master data"), lazy_gettext("Products, places and organisations"),
         HOLDERS | {"authority"}, frozenset({"administrator", "quality"}), seldom=True),
    Task("setup.scanner", "scanner", lazy_gettext("Set up a scanner"),
         lazy_gettext("Test codes that tell what a hand scanner does wrong"), HOLDERS, HANDS, seldom=True),
    Task("acts.home", "acts", lazy_gettext("Other acts"), lazy_gettext("Hold, return, destroy, report, relabel, move"),
         HOLDERS, HANDS),
    Task("alerts.home", "alert", lazy_gettext("Alerts"), lazy_gettext("What contradicts something signed"),
         HOLDERS | {"regulator"}, HANDS | {"regulator"}, seldom=True),
    Task("exceptions.home", "exception", lazy_gettext("Exceptions"), lazy_gettext("Goods and papers differ: settle it"),
         HOLDERS | {"regulator"}, HANDS | {"regulator"}, seldom=True),
    Task("notices.home", "bell", lazy_gettext("Notices"), lazy_gettext("Hear of alerts and exceptions by e-mail or webhook"),
         HOLDERS | {"regulator"}, HANDS | {"regulator"}, seldom=True),
)  # fmt: skip


class Person(UserMixin):  # type: ignore[misc]
    """The account of whoever is logged in, as Flask-Login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.login = account.login
        self.name = account.name
        self.party = account.party
        self.role = account.role
        self.site = account.site
        self.locale = account.locale

    def get_id(self) -> str:
        return self.login


def find_person(login: str) -> Person | None:
    """The person of a session, as long as the account is open."""
    account = parts().office.account(login)
    return None if account is None or account.disabled else Person(account)


def may(task: Task) -> bool:
    """Whether the person who is logged in may do a task."""
    if not current_user.is_authenticated or current_user.role not in task.people:
        return False
    party = registry().parties.get(current_user.party)
    return party is not None and not task.parties.isdisjoint(party.roles)


def my_tasks() -> list[Task]:
    """The tasks of the person who is logged in, in the order of the table."""
    return [task for task in TASKS if may(task)]


def permitted(endpoint: str) -> Callable[[Callable[P, R]], Callable[P, R | ResponseReturnValue]]:
    """Let a view run only for those who may do the task named by its endpoint."""
    task = next(task for task in TASKS if task.endpoint == endpoint)

    def decorate(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
            if not current_user.is_authenticated:
                return unauthorized()
            if not may(task):
                abort(403)
            return view(*args, **kwargs)

        return guarded

    return decorate


def logged_in(view: Callable[P, R]) -> Callable[P, R | ResponseReturnValue]:
    """Let a view run only for somebody who is logged in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | ResponseReturnValue:
        if not current_user.is_authenticated:
            return unauthorized()
        return view(*args, **kwargs)

    return guarded


def unauthorized() -> ResponseReturnValue:
    """Send a person to the login page, a program its 401."""

    if wants_json() or request.method != "GET":
        abort(401)
    return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))


def set_up(app: Flask) -> None:
    """Know who is logged in."""
    manager = LoginManager()
    manager.init_app(app)
    manager.user_loader(find_person)
    app.jinja_env.globals.update(my_tasks=my_tasks)
