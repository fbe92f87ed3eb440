"""Who may see and do what on these pages: one table, read from top to bottom.

The log's own rules decide again on every statement; this table keeps people from standing before a page that
could never work for them, and `docs/roles.md` is written from it (`python -m traceability.web.roles`). Every
address of the application is governed by a line of it or stands in PUBLIC; a test fails for one that is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import unquote

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from traceability.web import sessions
from traceability.web.babel import LazyString, lazy_gettext
from traceability.web.directory import registry
from traceability.web.errors import wants_json
from traceability.web.parts import parts

P = ParamSpec("P")
R = TypeVar("R")

HOLDERS = frozenset({"maker", "wholesaler", "pharmacy", "institution", "carrier"})
COUNTERS = frozenset({"pharmacy", "institution"})
PARTIES = HOLDERS | {"regulator", "authority"}
HANDS = frozenset({"operator", "pharmacist", "quality", "administrator"})
SIGNERS = HANDS | {"regulator"}
EYES = SIGNERS | {"auditor"}
DECIDERS = frozenset({"quality", "administrator", "regulator"})
OVERSIGHT = frozenset({"quality", "administrator", "regulator", "auditor"})


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


@dataclass(frozen=True, slots=True)
class Also:
    """Addresses that are no task of their own: what they are for, and who may."""

    what: str
    parties: frozenset[str]
    people: frozenset[str]
    endpoints: tuple[str, ...]


TASKS = (
    Task("bench.home", "home", lazy_gettext("Home"), lazy_gettext("What waits for you"), PARTIES, EYES),
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
         frozenset({"maker", "regulator"}), EYES),
    Task("asking.home", "trace", lazy_gettext("Trace"), lazy_gettext("Ask where packs are, or were, in any way"),
         frozenset({"maker", "regulator"}), EYES, seldom=True),
    Task("watch.home", "watch", lazy_gettext("Watch"), lazy_gettext("What is going on, and what is stuck"),
         HOLDERS | {"regulator"}, frozenset({"quality", "administrator", "regulator"}), seldom=True),
    Task("dossiers.home", "file", lazy_gettext("Dossiers"),
         lazy_gettext("Everything known of a pack, lot, party, place or device"), PARTIES, OVERSIGHT, seldom=True),
    Task("investigations.home", "inspect", lazy_gettext("Investigations"),
         lazy_gettext("Collect what belongs together, and hand it on with its proof"),
         HOLDERS | {"regulator"}, OVERSIGHT, seldom=True),
    Task("illegitimate.home", "stop", lazy_gettext("Illegitimate product"),
         lazy_gettext("Report it within 24 hours, with the fields of Form FDA 3911"),
         HOLDERS | {"regulator"}, OVERSIGHT, seldom=True),
    Task("pharmacy.lend", "lend", lazy_gettext("Lend"), lazy_gettext("Help another pharmacy out with packs"),
         COUNTERS, HANDS, seldom=True),
    Task("snapshots.home", "trace", lazy_gettext("Snapshots"), lazy_gettext("Prove that a trace leaves nothing out"),
         frozenset({"regulator", "authority"}), HANDS | {"regulator"}, seldom=True),
    Task("bench.void", "void", lazy_gettext("Void"), lazy_gettext("Take back a dispatch that never left"),
         HOLDERS, HANDS, seldom=True),
    Task("bench.refuse", "refuse", lazy_gettext("Refuse"), lazy_gettext("Send a delivery back unreceived"),
         HOLDERS, HANDS, seldom=True),
    Task("counting.count", "count", lazy_gettext("Count a shelf"), lazy_gettext("Scan what stands there and see what differs"),
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
    Task("notices.home", "bell", lazy_gettext("Notices"), lazy_gettext("Hear of alerts, exceptions and recalls by e-mail or webhook"),
         HOLDERS | {"regulator"}, HANDS | {"regulator"}, seldom=True),
    Task("people.home", "people", lazy_gettext("People"), lazy_gettext("Who may log in here, and as what"),
         PARTIES, frozenset({"administrator"}), seldom=True),
    Task("accounts.requests", "key", lazy_gettext("Devices"), lazy_gettext("Approve and end the devices that sign"),
         PARTIES, frozenset({"administrator"}), seldom=True),
    Task("audittrail.home", "trail", lazy_gettext("Audit trail"), lazy_gettext("Who did what here, when and why"),
         PARTIES, OVERSIGHT, seldom=True),
)  # fmt: skip

ALSO = (
    Also("Look a code up; follow an item, its statements and receipts, as far as one's party may see",
         PARTIES, EYES,
         ("bench.find", "items.lot", "items.pdf", "items.statement", "items.receipt", "items.registry",
          "api.statement_outcome", "api.receipt", "api.item", "api.contents", "api.stock")),
    Also("Say that a statement of one's party is wrong: take it back, or correct it; countersign the correction of another's",
         HOLDERS, HANDS, ("correcting.correct", "correcting.ask", "correcting.signed")),
    Also("Ask the rules before signing, and where a key's chain stands",
         PARTIES, SIGNERS, ("api.check", "api.chain")),
    Also("Enrol a device of one's own, see how far it is, report it lost",
         PARTIES, SIGNERS, ("accounts.request_key", "accounts.key_state", "accounts.lose_key")),
    Also("One's own page: place of work, password, passkeys", PARTIES, EYES,
         ("accounts.devices", "accounts.choose_site", "passwords.change", "passkeys.offer", "passkeys.add",
          "passkeys.remove")),
    Also("Recalls that concern one's party: what to do, the signed answer; for issuer and regulator the status report",
         PARTIES, EYES, ("campaigns.campaign", "campaigns.status_pdf")),
    Also("Note a reminder or a check in the campaign of a recall one's party issued", PARTIES, SIGNERS,
         ("campaigns.call",)),
    Also("Open investigations and change them; write, send and end reports of illegitimate product",
         HOLDERS | {"regulator"}, DECIDERS,
         ("investigations.new", "investigations.begin", "investigations.collect", "investigations.leave_out",
          "investigations.say", "investigations.take", "investigations.add_document", "investigations.close",
          "illegitimate.new", "illegitimate.begin", "illegitimate.save", "illegitimate.send",
          "illegitimate.terminate")),
    Also("Work without a network: the stock to check against, and what waits to be sent", PARTIES, SIGNERS,
         ("offline.stock", "offline.outbox")),
)  # fmt: skip

PUBLIC: dict[str, str] = {
    "static": "scripts, styles and pictures",
    "public.landing": "what a code says",
    "public.explain": "what a code says, for the page's scanner",
    "public.evidence": "checks a bundle or receipt in the browser",
    "offline.service_worker": "lets pages open without a network",
    "offline.manifest": "lets the application be installed",
    "offline.icon": "its icon",
    "offline.away": "the page without a network",
    "public.start": "leads home, or to the landing page",
    "items.pack": "an item's page; a visitor sees its summary only",
    "items.container": "an item's page; a visitor sees its summary only",
    "items.item": "an item's page; a visitor sees its summary only",
    "scan.code": "reads texts; what the log knows is told only to who is logged in",
    "scan.frame": "reads a picture; what the log knows is told only to who is logged in",
    "scan.photo": "reads a picture; what the log knows is told only to who is logged in",
    "api.submit": "a statement is its own authentication",
    "log.checkpoint": "the newest checkpoint",
    "log.trust": "the root document",
    "log.tile": "tiles of hashes; entry bundles only for who is logged in",
    "accounts.login": "opens a session",
    "accounts.logout": "ends a session",
    "accounts.switch_language": "changes the language",
    "locks.session": "whose session this is, with a fresh form token",
    "locks.lock": "locks one's own session",
    "locks.unlock": "opens a locked or ended session with a password",
    "passkeys.ask": "a challenge for a passkey",
    "passkeys.enter": "opens a session with a passkey",
    "passwords.invited": "chooses a password, with a link that works once",
}
"""Open without a session, and what they give."""
_ENTRANCES = frozenset({"locks.session", "locks.lock", "locks.unlock", "passkeys.ask", "passkeys.enter"})


def may(line: Task | Also) -> bool:
    """Whether the person who is logged in may do what a line of the table says."""
    if not current_user.is_authenticated or current_user.role not in line.people:
        return False
    party = registry().parties.get(current_user.party)
    return party is not None and not line.parties.isdisjoint(party.roles)


def my_tasks() -> list[Task]:
    """The tasks of the person who is logged in, in the order of the table."""
    return [task for task in TASKS if may(task)]


def for_regulator() -> bool:
    """Whether the person who is logged in looks with the regulator's eyes, and so on the record."""
    if not current_user.is_authenticated or current_user.role not in {"regulator", "auditor"}:
        return False
    party = registry().parties.get(current_user.party)
    return current_user.role == "regulator" or (party is not None and "regulator" in party.roles)


def line_of(endpoint: str) -> Task | Also | None:
    """The line of the table that governs an endpoint: its own, or that of the task it belongs to."""
    belongs = getattr(current_app.view_functions[endpoint], "task", endpoint)
    own = next((task for task in TASKS if task.endpoint == belongs), None)
    return own or next((line for line in ALSO if endpoint in line.endpoints), None)


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

        guarded.task = endpoint  # type: ignore[attr-defined]  # read by line_of
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


def guard() -> ResponseReturnValue | None:
    """Hold a request against the table, whatever its view checks besides."""
    endpoint = request.endpoint
    verify_same_person()
    if endpoint is None or endpoint in PUBLIC:
        return None
    if not current_user.is_authenticated:
        return unauthorized()
    line = line_of(endpoint)
    # A view without a line is a defect, which a test names; until it is mended, signers alone get through.
    if not (may(line) if line is not None else current_user.role in SIGNERS):
        abort(403)
    return None


def verify_same_person() -> None:
    """Refuse a page whose person's session is over, or is another's by now: it says whose it is itself.

    Without this a page would go on as a visitor's, or sign under one name what another has scanned.
    """
    theirs = unquote(request.headers.get("X-Login", ""))
    if not theirs or request.endpoint in _ENTRANCES:
        return
    if not current_user.is_authenticated:
        abort(401)
    sessions.verify_owner(theirs)


def set_up(app: Flask) -> None:
    """Know who is logged in, and hold every request against the table."""
    manager = LoginManager()
    manager.init_app(app)
    manager.user_loader(sessions.find_person)
    app.before_request(guard)
    app.after_request(sessions.touch)
    app.jinja_env.globals.update(
        my_tasks=my_tasks,
        session_idle=lambda: parts().settings.idle,
    )
