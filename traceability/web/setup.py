"""Set up a hand scanner: codes to scan from the screen or from paper, and what to mend when they come out wrong."""

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from scanner.labels import Label, label_svg, logistic_label, pack_label
from traceability.web.access import permitted

blueprint = Blueprint("setup", __name__)

# Numbers of GS1's prefix for examples, so that no log ever knows them. Small and large letters, the keys that
# QWERTY, QWERTZ and AZERTY disagree on, digits, and a separator that a short serial cannot hide.
GTIN, SERIAL, LOT, EXPIRY = "09521321000018", "AbYzQwMa", "ZyaW/-07", "2030-12-31"
SSCC = "395213210000000019"
CODES: dict[str, Label] = {
    "pack": pack_label("1", gtin=GTIN, serial=SERIAL, expiry=EXPIRY[2:].replace("-", ""), lot=LOT),
    "pallet": logistic_label("2", sscc=SSCC),
}


@blueprint.get("/bench/scanner")
@permitted("setup.scanner")
def scanner() -> ResponseReturnValue:
    """Scan the test codes; the page says what is wrong with the scanner."""
    expected = {"epc": f"https://id.gs1.org/01/{GTIN}/21/{SERIAL}", "lot": LOT, "expiry": EXPIRY}
    pallet = f"https://id.gs1.org/00/{SSCC}"
    return render_template("setup.html", expected=expected, pallet=pallet)


@blueprint.get("/bench/scanner/<name>.svg")
@permitted("setup.scanner")
def code(name: str) -> ResponseReturnValue:
    """A test code as a label."""
    label = CODES.get(name)
    if label is None:
        abort(404)
    return Response(label_svg(label), content_type="image/svg+xml")
