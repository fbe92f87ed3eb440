"""The audit trail as people read it: searched, paged, printed, downloaded."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.reports.spreadsheet import csv_lines
from traceability.store.trail import Search, Trail
from traceability.web.access import for_regulator, permitted
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.record import record_reading

blueprint = Blueprint("audittrail", __name__, url_prefix="/trail")

LINES_A_PAGE = 100
_COLUMNS = ("number", "time", "who", "party", "what", "on", "old", "new", "why")


def _day(name: str) -> str:
    text = request.args.get(name, "").strip()
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise PageError("Expected a date as YYYY-MM-DD, got %(text)s", text=text[:40]) from error


def _wanted() -> Search:
    args = request.args
    return Search(
        args.get("who", "").strip()[:100], args.get("act", "").strip()[:100], _day("since"), _day("until"),
        args.get("text", "").strip()[:200],
    )  # fmt: skip


def _party() -> str | None:
    """Whose lines one may read: one's own party's; with the regulator's eyes everybody's."""
    return None if for_regulator() else str(current_user.party)


def _note(act: str, wanted: Search) -> None:
    """Reading everybody's trail is itself on it; turning its pages is not."""
    if "before" not in request.args:
        record_reading(act, ", ".join(f"{name} {value}" for name, value in _asked(wanted).items()))


def _asked(wanted: Search) -> dict[str, Any]:
    return {name: value for name, value in wanted._asdict().items() if value}


@blueprint.get("")
@permitted("audittrail.home")
def home() -> ResponseReturnValue:
    """Who did what, newest first."""
    wanted, party = _wanted(), _party()
    before = request.args.get("before", type=int)
    desk = Trail(parts().office)
    rows = desk.search(party, wanted, before, LINES_A_PAGE + 1)
    more = len(rows) > LINES_A_PAGE
    _note("read trail", wanted)
    asked = _asked(wanted)
    return render_template(
        "trail.html",
        rows=rows[:LINES_A_PAGE],
        wanted=wanted,
        now=parts().now(),
        acts=desk.acts(party),
        whose=party is None,
        names={account.login: account.name for account in parts().office.accounts(party)},
        older=url_for("audittrail.home", **asked, before=rows[LINES_A_PAGE - 1].id) if more else "",
        newest=url_for("audittrail.home", **asked) if before else "",
        file=url_for("audittrail.download", **asked),
    )


@blueprint.get("/trail.csv")
@permitted("audittrail.home")
def download() -> ResponseReturnValue:
    """Every line that fits, for a spreadsheet; no cell is taken for a formula."""
    wanted, party = _wanted(), _party()
    _note("downloaded trail", wanted)
    rows = Trail(parts().office).whole(party, wanted)
    response = Response(
        stream_with_context(csv_lines(_COLUMNS, rows)), content_type="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
    return response
