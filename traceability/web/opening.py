"""Day one: what stood on the shelves before anybody signed. A list is tried first, and shows every problem."""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple, TypeVar

import msgspec
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.state import Standing
from traceability.gs1 import Gs1Error, element_strings
from traceability.gs1.key_types import Gtin, Sgtin, Sscc, verify_text
from traceability.ledger.history import Snapshot
from traceability.web import directory, reading, sheets
from traceability.web.access import permitted
from traceability.web.babel import gettext
from traceability.web.language import tell
from traceability.web.parts import parts
from traceability.web.reading import Reading
from traceability.web.sheets import CellError, Column, Problem, Row
from traceability.web.words import CONDITION_WORDS

blueprint = Blueprint("opening", __name__)

COLUMNS = (
    Column("code", ("barcode", "epc", "url", "追溯码", "码")),
    Column("gtin", ("product", "article", "产品")),
    Column("serial", ("serial number", "sn", "序列号")),
    Column("lot", ("batch", "lot number", "批号")),
    Column("expiry", ("exp", "expiry date", "expires", "有效期")),
    Column("sscc", ("pallet", "container", "托盘")),
)
_T = TypeVar("_T")
_PRODUCT = "0109521321000018"
"""Any product, before which an expiry may stand in a code."""
_SIX = re.compile(r"[0-9]{6}")


class Entry(msgspec.Struct):
    """A line that can be signed: the item, as a reading, with its line."""

    line: int
    reading: Reading


class _Found(NamedTuple):
    """An item that a line names; `from_code` where a code said so, which a scanner may have garbled."""

    line: int
    reading: Reading
    from_code: bool


class Trial(msgspec.Struct):
    """What a list would do: the lines that can be signed, and every problem of the others."""

    entries: list[Entry]
    problems: list[Problem]


@blueprint.get("/stock/opening")
@permitted("opening.home")
def home() -> ResponseReturnValue:
    """Scan the shelves, or bring a list."""
    return render_template("opening.html", sites=directory.sites(current_user.party), columns=COLUMNS)


@blueprint.post("/stock/opening/check")
@permitted("opening.home")
def check() -> ResponseReturnValue:
    """Try a list (the bytes of a CSV file): nothing is changed by it."""
    text = sheets.decode(request.get_data(cache=False))
    with parts().history.view() as view:
        trial = try_list(text, view)
    return Response(msgspec.json.encode(trial), content_type="application/json")


def try_list(text: str, view: Snapshot) -> Trial:
    """What the lines of a list name, and what stands against taking each of them into stock."""
    found, problems = _read(text)
    view.prefetch([one.reading.epc for one in found])
    problems += sheets.twice([(one.line, one.reading.epc) for one in found], "")
    repeated = {problem.line for problem in problems}
    entries = []
    for one in found:
        if one.line in repeated:
            continue
        known = _looked_up(one, view)
        against = known.problem or _against(known, view)
        if against:
            problems.append(Problem(one.line, "", against))
        else:
            entries.append(Entry(one.line, known))
    return Trial(entries, sorted(problems, key=lambda problem: (problem.line, problem.column)))


def _looked_up(one: _Found, view: Snapshot) -> Reading:
    """A line's reading with what the log knows of it.

    A garbled code is recognised by what it must have been; what stands in columns of its own came through
    no scanner, and need not be looked at so closely.
    """
    if one.from_code or view.item(one.reading.epc) is not None:
        return reading.resolve(one.reading, view, "opening")
    return msgspec.structs.replace(one.reading, tone="unknown", word=gettext("not in the log yet"))


def _read(text: str) -> tuple[list[_Found], list[Problem]]:
    if not sheets.has_header(text, COLUMNS):
        return _codes(text)
    sheet = sheets.read(text, COLUMNS)
    found = []
    for row in sheet.rows:
        try:
            found.append(_Found(row.line, _of_row(row), bool(row.cells.get("code"))))
        except CellError as error:
            sheet.problems.append(Problem(row.line, error.column, error.text))
    return found, sheet.problems


def _codes(text: str) -> tuple[list[_Found], list[Problem]]:
    """A plain list, a code a line: a code may contain what separates cells elsewhere, so nothing is split."""
    found, problems = [], []
    lines = [(line, code) for line, code in enumerate(re.split(r"\r\n|\r|\n", text), start=1) if code.strip()]
    sheets.verify_length(len(lines))
    for line, code in lines:
        try:
            found.append(_Found(line, _of_code(code), from_code=True))
        except CellError as error:
            problems.append(Problem(line, error.column, error.text))
    return found, problems


def _of_code(code: str) -> Reading:
    quoted = code.strip(" \t")
    bare = quoted[1:-1].replace('""', '"') if len(quoted) > 1 and quoted[0] == quoted[-1] == '"' else quoted
    found = reading.parse(bare[:4000])
    if found.problem:
        raise CellError("code", found.problem)
    return found


def _of_row(row: Row) -> Reading:
    cells = {name: value for name, value in row.cells.items() if value}
    ways = [name for name in ("code", "sscc", "gtin") if name in cells]
    if len(ways) != 1:
        raise CellError(
            "", gettext("Expected a code, or an SSCC, or a GTIN with a serial number: one of the three.")
        )
    if ways == ["code"]:
        found = _of_code(cells["code"])
        lot, expiry = cells.get("lot", ""), _expiry(cells)
        _verify_agree(found, lot, expiry)
        return msgspec.structs.replace(found, lot=found.lot or lot, expiry=found.expiry or expiry)
    if ways == ["sscc"]:
        sscc = _parsed("sscc", lambda: Sscc.parse(cells["sscc"].removeprefix("(00)").replace(" ", "")))
        return reading.parse(f"(00){sscc.digits}")
    return _of_pack(cells)


def _of_pack(cells: dict[str, str]) -> Reading:
    gtin = _parsed("gtin", lambda: Gtin.parse(cells["gtin"]))
    if "serial" not in cells:
        raise CellError(
            "serial", gettext("A pack is named by its product and its serial number. This one has none.")
        )
    serial = _parsed("serial", lambda: Sgtin(gtin, cells["serial"]).serial)
    lot = _parsed("lot", lambda: verify_text(cells["lot"], 1, 20, "lot")) if "lot" in cells else ""
    expiry = _expiry(cells)
    text = f"01{gtin.digits}21{serial}"
    if lot:
        text += f"{element_strings.GS}10{lot}"
    found = reading.parse(text)
    if found.problem:
        raise CellError("", found.problem)
    return msgspec.structs.replace(found, expiry=expiry)


def _parsed(column: str, parse: Callable[[], _T]) -> _T:
    try:
        return parse()
    except Gs1Error as error:
        raise CellError(column, tell(error)) from error


def _expiry(cells: dict[str, str]) -> str:
    """An ISO date out of 2027-04-30, 20270430 or, as in the code, 270430 and 270400."""
    text = cells.get("expiry", "")
    if not text:
        return ""
    try:
        if _SIX.fullmatch(text):
            return _six(text)
        return date.fromisoformat(text).isoformat()
    except (ValueError, Gs1Error) as error:
        said = gettext("Expected a date such as 2027-04-30, or 270430 as in the code, got %(got)s.", got=text)
        raise CellError("expiry", said) from error


def _six(text: str) -> str:
    """A date of AI 17, whose day 00 is the last of its month."""
    found = reading.elements_of(f"{_PRODUCT}17{text}").expiry
    return found.isoformat() if found is not None else ""


def _verify_agree(found: Reading, lot: str, expiry: str) -> None:
    for column, inside, beside in (("lot", found.lot, lot), ("expiry", found.expiry, expiry)):
        if inside and beside and inside != beside:
            said = gettext("The code says %(code)s, the column says %(cell)s.", code=inside, cell=beside)
            raise CellError(column, said)


def _against(one: Reading, view: Snapshot) -> str:
    """Why an item is not opening stock; empty where it may be."""
    item = view.item(one.epc)
    if item is None:
        return ""
    top, me = view.top(item), current_user.party
    condition = item.condition if item.condition.blocked else top.condition
    if top.custodian == me and top.receiver is None:
        return gettext("This is in your stock already.")
    if top.receiver == me:
        return gettext("This is on the road to you. Receive its delivery, then it is matched.")
    if top.custodian == me:
        return gettext("This is on the road from you. Void the dispatch if it never left.")
    if condition.standing >= Standing.OUT_OF_TRADE:
        word = str(CONDITION_WORDS[condition][1])
        return gettext(
            "The log has this as %(condition)s. Put it aside and call your quality person.", condition=word
        )
    return ""


@blueprint.get("/stock/opening/empty.csv")
@permitted("opening.home")
def sample() -> ResponseReturnValue:
    """A table with nothing but its first line."""
    return sheets.empty("opening-stock.csv", ("gtin", "serial", "lot", "expiry", "sscc"))
