"""The pharmacist's counter: may I dispense this? And what the pharmacist did where the answer was no."""

import re
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.routing import BuildError

from traceability.custody.verdict import Kind
from traceability.web import directory
from traceability.web import reading as readings
from traceability.web.access import permitted
from traceability.web.counter import CHOICES
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.verdicts import answer

blueprint = Blueprint("pharmacy", __name__)


@blueprint.app_template_global()
def page_if_there(endpoint: str, **values: Any) -> str:
    """The address of a page that this installation may not have; empty where it has not."""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


RECENT = 500
"""Lines of the audit trail among which an answer that was sent twice is found again."""


@blueprint.get("/check")
@permitted("pharmacy.check")
def check() -> ResponseReturnValue:
    """The counter page."""
    choices = {kind.value: what for kind, what in CHOICES.items()}
    return render_template("check.html", choices_json=msgspec.json.encode(choices).decode())


@blueprint.get("/lend")
@permitted("pharmacy.lend")
def lend() -> ResponseReturnValue:
    """Lend packs to another counter, which receives them like any delivery."""
    return render_template("lend.html", receivers=directory.counters(current_user.party))


@blueprint.post("/pharmacy/verdict")
@permitted("pharmacy.check")
def verdict() -> ResponseReturnValue:
    """The verdict on one scanned code, in words."""
    asked = request.get_json()
    reading = readings.parse(str(asked.get("text", ""))[:4000], str(asked.get("symbology", ""))[:3])
    with parts().history.view() as view:
        return Response(msgspec.json.encode(answer(reading, view)), content_type="application/json")


class Done(msgspec.Struct, forbid_unknown_fields=True):
    """What a person did about a verdict that was not clear."""

    id: str
    """Made on the device: the same answer sent twice is kept once."""
    kind: Kind
    reason: str
    """Code of the verdict's reason."""
    what: str
    """The item's EPC, or the text of a code that names none."""
    did: str
    at: str
    """When the verdict was given, by the device's clock."""


_ID = re.compile(r"[0-9a-f-]{8,40}")


@blueprint.post("/pharmacy/answers")
@permitted("pharmacy.check")
def answers() -> ResponseReturnValue:
    """Keep on the audit trail what was done about a verdict."""
    try:
        done = msgspec.json.decode(request.get_data(), type=Done)
    except msgspec.MsgspecError as error:
        raise PageError("Expected what was done about a verdict, as JSON") from error
    if done.did not in CHOICES.get(done.kind, ()) or not _ID.fullmatch(done.id):
        raise PageError("Expected one of the answers that the counter offers for this verdict")
    act = f"counter: {done.did}"
    detail = f"{done.kind}/{done.reason[:40]} · {done.what[:300]} · {done.at[:40]} · {done.id}"
    if not any(
        (row.act, row.detail) == (act, detail)
        for row in parts().office.trail(current_user.party, limit=RECENT)
    ):
        record(act, detail)
    return jsonify(kept=True)
