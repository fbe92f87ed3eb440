"""The pharmacist's counter: may I dispense this?"""

import msgspec
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from traceability.web import reading as readings
from traceability.web.access import permitted
from traceability.web.parts import parts
from traceability.web.verdicts import answer

blueprint = Blueprint("pharmacy", __name__)


@blueprint.get("/check")
@permitted("pharmacy.check")
def check() -> ResponseReturnValue:
    """The counter page."""
    return render_template("check.html")


@blueprint.post("/pharmacy/verdict")
@permitted("pharmacy.check")
def verdict() -> ResponseReturnValue:
    """The verdict on one scanned code, in words."""
    asked = request.get_json()
    reading = readings.parse(str(asked.get("text", ""))[:4000], str(asked.get("symbology", ""))[:3])
    with parts().history.view() as view:
        return Response(msgspec.json.encode(answer(reading, view)), content_type="application/json")
