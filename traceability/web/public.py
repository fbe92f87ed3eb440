"""For anyone, without an account: what a scanned or pasted code says, in words."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.web import scan

blueprint = Blueprint("public", __name__)


@blueprint.get("/")
def landing() -> ResponseReturnValue:
    """Explains a code: the one given as `code`, or whatever the page's scanner reads."""
    text = request.args.get("code", "").strip()
    return render_template("landing.html", text=text, reading=scan.explain(text) if text else None)


@blueprint.get("/start")
def start() -> ResponseReturnValue:
    """Home of whoever is logged in, else the landing page."""
    return redirect(url_for("bench.home" if current_user.is_authenticated else "public.landing"))
