"""What do I hold: by product, lot, expiry, container and place; what is on the road, what is blocked."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import msgspec
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.custody.state import Condition, Item
from traceability.ledger import stock as ledger
from traceability.ledger.history import Snapshot
from traceability.ledger.stock import Held, Travelling, Wanted
from traceability.reports.spreadsheet import csv_lines
from traceability.web import directory
from traceability.web.access import permitted
from traceability.web.ageing import Age
from traceability.web.babel import LazyString, gettext, lazy_gettext, ngettext
from traceability.web.dispatches import on_road
from traceability.web.links import hri, page_url
from traceability.web.parts import parts
from traceability.web.reading import inside, kind_of, name_of, recalled, whereabouts
from traceability.web.words import CONDITION_WORDS, containers, moment, packs

blueprint = Blueprint("stock", __name__)

LINES_A_PAGE = 100
ITEMS_A_PAGE = 50
SOON = (30, 60, 90)


class Tab(NamedTuple):
    """One way to look at the stock."""

    name: str
    icon: str
    label: LazyString


TABS = (
    Tab("held", "stock", lazy_gettext("With you")),
    Tab("expiring", "calendar", lazy_gettext("Expiring")),
    Tab("containers", "pack", lazy_gettext("Cases and pallets")),
    Tab("road", "road", lazy_gettext("On the road")),
    Tab("blocked", "stop", lazy_gettext("Blocked")),
)


class Line(msgspec.Struct):
    """Packs of one product, lot, place and state."""

    gtin: str
    product: str
    number: str
    expiry: str
    days: int | None
    """Days until it expires; negative once it has."""
    site: str
    place: str
    packs: int
    loose: int
    tone: str
    word: str
    blocked: str
    """Why they may not be traded as they are: "lot" for the whole lot, "items" for these, or empty."""
    unmatched: bool
    known: bool
    """Whether the log knows the lot; else it is what the label says, or nothing."""


class RoadLine(NamedTuple):
    """One dispatch on the road."""

    coming: bool
    other: str
    amount: str
    when: str
    age: Age
    url: str


class ItemLine(NamedTuple):
    """One outermost item."""

    name: str
    code: str
    url: str
    inside: str
    place: str
    tone: str
    word: str


class Asked(NamedTuple):
    """What the address asks for."""

    tab: str
    query: str
    site: str
    days: int
    unmatched: bool

    def link(self, **changes: object) -> str:
        """The address with something changed; what is empty is left out."""
        values = {**self._asdict(), **changes}
        return url_for("stock.home", **{name: value for name, value in values.items() if value})


def _asked() -> Asked:
    tab = request.args.get("tab", "held")
    days = request.args.get("days", SOON[-1], type=int)
    return Asked(
        tab if tab in {one.name for one in TABS} else "held",
        request.args.get("query", "").strip()[:100],
        request.args.get("site", ""),
        days if days in SOON else SOON[-1],
        bool(request.args.get("unmatched")),
    )


@blueprint.get("/stock")
@permitted("stock.home")
def home() -> ResponseReturnValue:
    """The stock, one tab of it, a page at a time."""
    asked, gln = _asked(), current_user.party
    page = max(1, request.args.get("page", 1, type=int))
    with parts().history.view() as view:
        holding = ledger.holding(view, gln)
        everything = _lines(holding.packs, view)
        road = ledger.on_the_road(view, gln)
        counts = _counts(everything, holding.containers, road)
        chosen = _chosen(everything, asked)
        first = (page - 1) * LINES_A_PAGE
        road_lines = [_road_line(one) for one in road[first : first + LINES_A_PAGE]]
        after = request.args.get("after", 0, type=int)
        wanted = Wanted(site=asked.site, containers=True)
        items, following = _items(view, wanted, after) if asked.tab == "containers" else ([], None)
    return render_template(
        "stock.html",
        asked=asked,
        tabs=TABS,
        counts=counts,
        lines=[(line, _items_url(line)) for line in chosen[first : first + LINES_A_PAGE]],
        total=packs(sum(line.packs for line in chosen)),
        soon=[(days, sum(line.packs for line in everything if _expires(line, days))) for days in SOON],
        road=road_lines,
        items=items,
        following=following,
        sites=sorted({(line.site, line.place) for line in everything if line.site}, key=lambda one: one[1]),
        unmatched=sum(line.packs for line in everything if line.unmatched),
        page=page,
        pages=-(-len(road if asked.tab == "road" else chosen) // LINES_A_PAGE),
    )


def _counts(lines: list[Line], boxes: int, road: list[Travelling]) -> dict[str, int]:
    return {
        "held": sum(line.packs for line in lines if not line.blocked),
        "expiring": sum(line.packs for line in lines if _expires(line, SOON[-1])),
        "containers": boxes,
        "road": len(road),
        "blocked": sum(line.packs for line in lines if line.blocked),
    }


def _chosen(lines: list[Line], asked: Asked) -> list[Line]:
    """The lines of a tab, by product; where expiry is the question, the next to expire first."""
    found = [line for line in lines if _fits(line, asked)]
    return sorted(found, key=lambda line: line.expiry) if asked.tab == "expiring" else found


def _expires(line: Line, days: int) -> bool:
    return line.days is not None and line.days <= days


def _fits(line: Line, asked: Asked) -> bool:
    shown = {
        "held": not line.blocked,
        "expiring": _expires(line, asked.days),
        "blocked": bool(line.blocked),
    }.get(asked.tab, False)
    searched = f"{line.product} {line.gtin} {line.number} {line.place}".casefold()
    return (
        shown
        and (not asked.site or line.site == asked.site)
        and (not asked.unmatched or line.unmatched)
        and all(word in searched for word in asked.query.casefold().split())
    )


# Lines


def _lines(held: Iterable[Held], view: Snapshot) -> list[Line]:
    """Packs by product, lot, place and state, the next to expire first; loose and packed ones together."""
    found: dict[tuple[object, ...], Line] = {}
    today = parts().today()
    for row in held:
        if not ledger.is_here(row):
            continue
        loose = row.loose if not row.blocked else 0
        for line in (_line(row, row.items - row.blocked, loose, "", view, today),
                     _line(row, row.blocked, 0, gettext("blocked inside a container"), view, today)):  # fmt: skip
            if line.packs:
                key = (line.gtin, line.number, line.expiry, line.site, line.word, line.unmatched)
                known = found.setdefault(key, line)
                if known is not line:
                    known.packs += line.packs
                    known.loose += line.loose
    return sorted(found.values(), key=_order)


def _order(line: Line) -> tuple[str, ...]:
    return line.product.casefold(), line.gtin, line.expiry or "9", line.number, line.place


def _line(row: Held, count: int, loose: int, why: str, view: Snapshot, today: date) -> Line:
    days = (date.fromisoformat(row.expiry) - today).days if row.expiry else None
    tone, word, blocked = _state(row, days, view)
    if why:
        tone, word, blocked = "again", why, "items"
    return Line(
        gtin=row.gtin,
        product=directory.product_name(row.gtin) or "",
        number=row.number,
        expiry=row.expiry,
        days=days,
        site=row.site or "",
        place=directory.place_name(row.site) if row.site else "",
        packs=count,
        loose=loose,
        tone=tone,
        word=word,
        blocked=blocked,
        unmatched=row.unmatched,
        known=row.lot is not None,
    )


def _state(row: Held, days: int | None, view: Snapshot) -> tuple[str, str, str]:
    """Tone, word, and what is blocked: the lot, these items, or nothing."""
    if row.condition.blocked:
        tone, word = CONDITION_WORDS[row.condition]
        return tone, str(word), "items"
    if row.lot is not None and view.registry.recalls_of_lot(row.lot):
        return "stop", gettext("recalled"), "lot"
    if days is not None and days < 0:
        return "stop", gettext("expired"), "lot"
    if row.unmatched:
        return "unknown", gettext("unmatched"), ""
    tone, word = CONDITION_WORDS[Condition(row.condition)]
    return tone, str(word), ""


def _items_url(line: Line) -> str:
    lot = line.number if line.known else None
    only = 1 if line.blocked == "items" else None
    return url_for("stock.items", gtin=line.gtin, lot=lot, site=line.site or None, blocked=only)


def _road_line(one: Travelling) -> RoadLine:
    coming = one.receiver == current_user.party
    said = []
    if one.containers:
        boxes = containers(one.containers)
        filled = gettext("%(containers)s (%(packs)s inside)", containers=boxes, packs=packs(one.inside))
        said.append(filled if one.inside else boxes)
    if one.packs:
        said.append(packs(one.packs))
    url = (
        url_for("bench.receive", dispatch=one.fact.id)
        if coming
        else url_for("items.statement", statement=one.fact.id)
    )
    other = directory.party_name(one.sender if coming else one.receiver)
    return RoadLine(coming, other, ", ".join(said), moment(one.fact.event_time), on_road(one.fact), url)


# Items


@blueprint.get("/stock/items")
@permitted("stock.home")
def items() -> ResponseReturnValue:
    """The outermost items behind a line: loose packs, and containers with some of the lot inside."""
    gtin, number = request.args.get("gtin", ""), request.args.get("lot", "")
    with parts().history.view() as view:
        lot = view.lot(gtin, number) if number else None
        site, blocked = request.args.get("site", ""), bool(request.args.get("blocked"))
        wanted = Wanted(lot, "" if lot else gtin, site, blocked=blocked)
        found, following = _items(view, wanted, request.args.get("after", 0, type=int))
    here = {name: value for name, value in request.args.items() if name != "after"}
    more = None if following is None else url_for("stock.items", after=following, **here)  # type: ignore[arg-type]
    return render_template(
        "stock_items.html",
        product=directory.product_name(gtin) or gtin,
        number=number,
        expiry=lot.expiry if lot is not None else "",
        items=found,
        more=more,
    )


def _items(view: Snapshot, wanted: Wanted, after: int) -> tuple[list[ItemLine], int | None]:
    """A page of items, and where the next one starts."""
    found = ledger.top_items(view, current_user.party, wanted, after, ITEMS_A_PAGE + 1)
    shown = found[:ITEMS_A_PAGE]
    following = shown[-1][0] if len(found) > ITEMS_A_PAGE else None
    return [_item_line(item, view) for _, item in shown], following


def _item_line(item: Item, view: Snapshot) -> ItemLine:
    kind = kind_of(item.epc)
    tone, word = whereabouts(item, item)
    if not item.condition.blocked and recalled(view, item):
        tone, word = "stop", gettext("recalled")
    elif item.unmatched and not item.condition.blocked:
        tone, word = "unknown", gettext("unmatched")
    contents = inside(view, item.epc)
    unknown = gettext("contents not known") if kind == "unit" and item.unmatched else gettext("empty")
    name = (
        directory.product_name(_gtin(item)) or gettext("Unknown product") if kind == "pack" else name_of(kind)
    )
    return ItemLine(
        name=name,
        code=hri(item.epc),
        url=page_url(item.epc),
        inside=contents or ("" if kind == "pack" else unknown),
        place=directory.place_name(item.site) if item.site else "",
        tone=tone,
        word=word,
    )


def _gtin(item: Item) -> str:
    return item.epc.removeprefix("https://id.gs1.org/01/")[:14]


# The file


@blueprint.get("/stock/list.csv")
@permitted("stock.home")
def csv() -> ResponseReturnValue:
    """The lines of a tab, filtered as on the page, for spreadsheets."""
    asked = _asked()
    with parts().history.view() as view:
        lines = _chosen(_lines(ledger.holding(view, current_user.party).packs, view), asked)
    header = ("gtin", "product", "lot", "expiry", "site", "place", "state", "unmatched", "packs", "loose")
    rows = (
        (line.gtin, line.product, line.number, line.expiry, line.site, line.place, line.word,
         "yes" if line.unmatched else "no", line.packs, line.loose)
        for line in lines
    )  # fmt: skip
    name = f"stock-{parts().today().isoformat()}.csv"
    data = (line.encode() for line in csv_lines(header, rows))
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.app_template_filter()
def days_left(days: int) -> str:
    """How long goods still keep, in words."""
    if days < 0:
        return ngettext("expired %(num)s day ago", "expired %(num)s days ago", -days)
    if days == 0:
        return gettext("expires today")
    return ngettext("%(num)s day left", "%(num)s days left", days)
