"""For anyone, without an account: what a scanned or pasted code says, in words."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.web import reading as readings
from traceability.web.explanation import explain as explain_elements
from traceability.web.security import limiter

blueprint = Blueprint("public", __name__)

VISITS = "120 per minute"


def _explained(text: str) -> dict[str, object]:
    reading = readings.parse(text[:4000]) if text else None
    elements = explain_elements(reading) if reading is not None else []
    return {"text": text, "reading": reading, "elements": elements}


@blueprint.get("/")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def landing() -> ResponseReturnValue:
    """Explains a code: the one given as `code`, or whatever the page's scanner reads."""
    return render_template("landing.html", **_explained(request.args.get("code", "").strip()))


@blueprint.get("/explain")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def explain() -> ResponseReturnValue:
    """The explanation alone, for the landing page's scanner."""
    return render_template("explain.html", **_explained(request.args.get("code", "").strip()))


@blueprint.get("/evidence")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def evidence() -> ResponseReturnValue:
    """Checks a bundle or a receipt in the browser; the file never leaves it."""
    return render_template("verify.html")


@blueprint.get("/start")
def start() -> ResponseReturnValue:
    """Home of whoever is logged in, else the landing page."""
    return redirect(url_for("bench.home" if current_user.is_authenticated else "public.landing"))
