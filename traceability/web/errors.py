"""One table from errors to HTTP statuses, one shape for every error.

A program gets problem details (RFC 9457), a person a page; both get the same translated sentence.
"""

import logging
from collections.abc import Callable

from flask import Flask, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from scanner import ScannerError
from traceability.custody import CustodyError
from traceability.custody.rules import Refusal
from traceability.epcis import EpcisError
from traceability.gs1 import Gs1Error
from traceability.ledger.examination import Rejected
from traceability.proof import ProofError
from traceability.store import StoreError
from traceability.web.babel import gettext, lazy_gettext
from traceability.web.language import tell

log = logging.getLogger(__name__)


class PageError(ValueError):
    """A request that a page cannot answer as it was sent."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


class ProofNeeded(PageError):
    """Something grave, for which a person proves once more who they are."""


# The nearest class counts: Refusal is a CustodyError.
STATUS: dict[type[ValueError], int] = {
    PageError: 400,
    ProofNeeded: 403,
    Gs1Error: 400,
    EpcisError: 400,
    ProofError: 400,
    ScannerError: 400,
    CustodyError: 409,
    Refusal: 409,
    StoreError: 409,
    Rejected: 400,
}
# The admission step that failed (DESIGN section 4): form, key, signature, body, chain.
REJECTED = {1: 400, 2: 403, 3: 403, 4: 400, 5: 409}

_TITLES = {
    400: lazy_gettext("This cannot be used"),
    403: lazy_gettext("Not allowed"),
    401: lazy_gettext("Log in first"),
    404: lazy_gettext("Not found"),
    409: lazy_gettext("This cannot be done"),
}
_SENTENCES = {
    400: lazy_gettext("The server could not read what was sent. Go back and try again."),
    401: lazy_gettext("Log in to see this page."),
    403: lazy_gettext("Your account may not do this. Ask your administrator, or log in as somebody else."),
    404: lazy_gettext("There is nothing at this address. Scan the code again, or start from the home page."),
    405: lazy_gettext("This address does not take that kind of request."),
    413: lazy_gettext("This is too large to send. Take a smaller picture, or send fewer at once."),
    415: lazy_gettext("This address expects another kind of content."),
    429: lazy_gettext("Too many tries. Wait a minute, then try again."),
    500: lazy_gettext("Something went wrong here, not with you. Nothing was signed. Try again in a moment."),
    503: lazy_gettext("The log is not taking statements right now. What you signed is kept; try again soon."),
}


def status_of(error: ValueError) -> int:
    """The HTTP status of an error of any room."""
    if isinstance(error, Rejected):
        return REJECTED.get(error.step, 400)
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def problem(error: ValueError) -> dict[str, object]:
    """An error as problem details; `rule` and `item` where a custody rule refused."""
    details: dict[str, object] = {
        "type": "about:blank",
        "title": type(error).__name__,
        "status": status_of(error),
        "detail": tell(error),
    }
    if isinstance(error, Refusal):
        details |= {"rule": error.rule, "item": error.item}
    if isinstance(error, Rejected):
        details["step"] = error.step
    return details


def wants_json() -> bool:
    """Whether a program is asking: our own endpoints for programs, or one that prefers JSON."""
    if request.path.startswith(("/api/", "/scan/", "/sync/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def _answer(details: dict[str, object]) -> ResponseReturnValue:
    status = int(str(details["status"]))
    if wants_json():
        response = jsonify(details)
        response.mimetype = "application/problem+json"
        return response, status
    title = _TITLES.get(status, gettext("This did not work"))
    return render_template("error.html", title=title, sentence=details["detail"], status=status), status


def _on_room_error(error: ValueError) -> ResponseReturnValue:
    return _answer(problem(error))


def _on_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    detail = str(_SENTENCES.get(status, error.description))
    response = make_response(
        _answer({"type": "about:blank", "title": error.name, "status": status, "detail": detail})
    )
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(error.valid_methods)
    return response


def _on_csrf(_error: CSRFError) -> ResponseReturnValue:
    detail = gettext("This page was open for too long. Load it again, then repeat the last step.")
    return _answer({"type": "about:blank", "title": "CSRFError", "status": 400, "detail": detail})


def set_up(app: Flask) -> None:
    """Answer every error with its sentence."""
    handle: Callable[[ValueError], ResponseReturnValue] = _on_room_error
    for kind in STATUS:
        app.register_error_handler(kind, handle)
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(HTTPException, _on_http_error)
