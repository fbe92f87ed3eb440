"""The scanner's way in: frames, photos and texts, all ending as readings."""

from typing import Any

import msgspec
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from scanner.images import read_image
from scanner.reader import read_symbols
from scanner.symbols import Symbol
from traceability.web import reading as readings
from traceability.web.errors import PageError
from traceability.web.parts import parts
from traceability.web.reading import Reading
from traceability.web.security import limiter

blueprint = Blueprint("scan", __name__, url_prefix="/scan")

MOST_CODES = 1000
LARGEST_FRAME = 4_000_000
FRAME_BUDGET = 0.12  # seconds: a video has a next frame
PHOTO_BUDGET = 6.0  # seconds: a photo is the only one there is
# Of visitors without an account: reading pictures is work.
VISITS = "600 per minute"


class _Code(msgspec.Struct):
    text: str
    symbology: str = ""


class _Codes(msgspec.Struct):
    codes: list[_Code]
    task: str = ""


def _anonymous() -> bool:
    return not current_user.is_authenticated


def read_codes(codes: list[_Code], task: str) -> list[Reading]:
    """Readings of many codes, with what the log says to those who are logged in."""
    found = [readings.parse(code.text[:4000], code.symbology[:3]) for code in codes]
    if _anonymous():
        return found
    with parts().history.view() as view:
        view.prefetch([one.epc for one in found if one.epc])
        return [readings.resolve(one, view, task) for one in found]


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
    """Read one camera frame (JPEG)."""
    return _picture(FRAME_BUDGET, LARGEST_FRAME)


@blueprint.post("/photo")
@limiter.limit(VISITS, exempt_when=lambda: current_user.is_authenticated)
def photo() -> ResponseReturnValue:
    """Read one photo: JPEG, PNG, WebP or HEIC."""
    return _picture(PHOTO_BUDGET, None)


def _picture(budget: float, largest: int | None) -> ResponseReturnValue:
    data = request.get_data(cache=False)
    if largest is not None and len(data) > largest:
        raise PageError("Expected a camera frame of at most %(limit)s MB", limit=largest // 1_000_000)
    grey = read_image(data)
    symbols = read_symbols(grey, budget=budget)
    found = read_codes([_Code(one.text, one.symbology) for one in symbols], request.args.get("task", ""))
    placed = [_placed(one, symbol) for one, symbol in zip(found, symbols, strict=True)]
    height, width = grey.shape
    return _json({"symbols": placed, "width": width, "height": height})


def _placed(one: Reading, symbol: Symbol) -> Reading:
    corners = [[round(x, 1), round(y, 1)] for x, y in symbol.corners]
    return msgspec.structs.replace(one, corners=corners)


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
