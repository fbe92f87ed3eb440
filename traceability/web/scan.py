"""The scanner's way in: frames, photos and texts, all ending as readings."""

from pathlib import Path
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from scanner.advice import advise
from scanner.images import read_image
from scanner.reader import look
from scanner.symbols import Corners, Symbol
from traceability.web import reading as readings
from traceability.web import verdicts
from traceability.web.access import HANDS
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.reading import Reading
from traceability.web.record import record_reading
from traceability.web.security import limiter

blueprint = Blueprint("scan", __name__, url_prefix="/scan")

MOST_CODES = 1000
IN_HAND = frozenset({"receive", "ship", "count"})
"""Tasks in which the goods whose codes are read are at hand: a sighting, as a check at the counter is one."""
LARGEST_FRAME = 4_000_000
MOST_HINTS = 6  # places told what would help: each costs some milliseconds
FRAME_BUDGET = 0.12  # seconds: a video has a next frame
UNREAD_BUDGET = 0.4  # seconds: a frame that the page could not read, one at a time
PHOTO_BUDGET = 6.0  # seconds: a photo is the only one there is
# What is on packs and on their containers: GS1 DataMatrix, Digital Link, GS1-128.
FORMATS = ("DataMatrix", "QRCode", "Code128")
# QR codes are large and the page reads them by itself: the time goes to what its decoder cannot do.
UNREAD_FORMATS = ("DataMatrix", "Code128")
# The decoder of the page, which set-up fetches where it can; without it every frame comes here.
PAGE_DECODER = "vendor/zxing-wasm/dist/reader/zxing_reader.wasm"
# Of visitors without an account: reading pictures is work.
VISITS = "600 per minute"


class _Code(msgspec.Struct):
    text: str
    symbology: str = ""


class _Codes(msgspec.Struct):
    codes: list[_Code]
    task: str = ""


class Spot(msgspec.Struct, omit_defaults=True):
    """A place of a picture that looks like a code and was not read, with what would help: a word for
    static/js/tracking.js (closer, light, still, shine), or none."""

    corners: list[list[float]]
    hint: str = ""


@blueprint.app_template_global()
def reads_in_page() -> bool:
    """Whether the page has a decoder of its own."""
    return Path(str(current_app.static_folder), PAGE_DECODER).is_file()


def _anonymous() -> bool:
    return not current_user.is_authenticated


def read_codes(codes: list[_Code], task: str) -> list[Reading]:
    """Readings of many codes, with what the log says to those who are logged in."""
    found = [readings.parse(code.text[:4000], code.symbology[:3]) for code in codes]
    if _anonymous():
        return found
    with parts().history.view() as view:
        epcs = [one.epc for one in found if one.epc]
        view.prefetch(epcs)
        if epcs:
            record_reading("read codes", " ".join(epcs)[:1000])
        resolved = [readings.resolve(one, view, task) for one in found]
        if task in IN_HAND and current_user.role in HANDS:
            verdicts.noted([one for one in resolved if one.epc], view)
        return resolved


@blueprint.post("/code")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def code() -> ResponseReturnValue:
    """Resolve texts: {"codes": [{"text", "symbology"}], "task"} or one {"text"} gives {"results": [...]}."""
    try:
        asked = msgspec.json.decode(request.get_data(), type=dict[str, Any])
        single = "text" in asked
        wanted = msgspec.convert({"codes": [asked], **asked} if single else asked, _Codes)
    except msgspec.MsgspecError as error:
        raise PageError("Expected codes as JSON: a list of texts with their symbology identifiers") from error
    if len(wanted.codes) > MOST_CODES:
        raise PageError(
            "Expected at most %(most)s codes at once, got %(got)s", most=MOST_CODES, got=len(wanted.codes)
        )
    return _json({"results": read_codes(wanted.codes, wanted.task)})


@blueprint.post("/frame")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def frame() -> ResponseReturnValue:
    """Read one camera frame (JPEG); with `?unread` one that the page could not read by itself."""
    if "unread" in request.args:
        return _picture(UNREAD_BUDGET, UNREAD_FORMATS, LARGEST_FRAME)
    return _picture(FRAME_BUDGET, FORMATS, LARGEST_FRAME)


@blueprint.post("/photo")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def photo() -> ResponseReturnValue:
    """Read one photo: JPEG, PNG, WebP or HEIC."""
    return _picture(PHOTO_BUDGET, FORMATS, None)


def _picture(budget: float, formats: tuple[str, ...], largest: int | None) -> ResponseReturnValue:
    data = request.get_data(cache=False)
    if largest is not None and len(data) > largest:
        raise PageError("Expected a camera frame of at most %(limit)s MB", limit=largest // 1_000_000)
    grey = read_image(data)
    # Raw: a person who shows a broken code is told what is wrong with it; it never turns green.
    sight = look(grey, budget, formats, raw=True)
    codes = [_Code(one.text, one.symbology) for one in sight.symbols]
    found = read_codes(codes, request.args.get("task", ""))
    placed = [_placed(one, symbol) for one, symbol in zip(found, sight.symbols, strict=True)]
    unread = [
        Spot(_rounded(one.corners), advise(grey, one.corners).code if number < MOST_HINTS else "")
        for number, one in enumerate(sight.unread)
    ]
    height, width = grey.shape
    return _json({"symbols": placed, "unread": unread, "width": width, "height": height})


def _placed(one: Reading, symbol: Symbol) -> Reading:
    return msgspec.structs.replace(one, format=symbol.format, corners=_rounded(symbol.corners))


def _rounded(corners: Corners) -> list[list[float]]:
    return [[round(x, 1), round(y, 1)] for x, y in corners]


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
