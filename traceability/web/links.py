"""Addresses of the reading pages, and who may follow the ones that lead to a whole lot."""

from typing import NamedTuple
from urllib.parse import quote, unquote

from flask import url_for
from flask_login import current_user

from traceability.custody.state import Lot
from traceability.web import directory
from traceability.web import reading as readings
from traceability.web.access import TASKS, for_regulator, may


class Link(NamedTuple):
    """An item, by its code."""

    hri: str
    url: str


def quoted(text: str) -> str:
    """A serial as it stands in the path of a Digital Link URI."""
    return quote(text, safe="")


def hri(epc: str) -> str:
    """An item's code as people read it: (01)… (21)…."""
    parts = epc.removeprefix(f"{readings.HOME}/").split("/")
    return " ".join(f"({ai}) {unquote(value)}" for ai, value in zip(parts[::2], parts[1::2], strict=False))


def page_url(epc: str) -> str:
    """An item's page: its Digital Link path, or a query where browsers would alter that path."""
    path = readings.page_of(epc)
    altered = "%2F" in path or path.endswith(("/.", "/.."))
    return url_for("items.item", epc=epc) if altered else path


def link(epc: str) -> Link:
    """An item as a link to its page."""
    return Link(hri(epc), page_url(epc))


def lot_url(lot: Lot) -> str:
    """The page of a lot."""
    return url_for("lots.lot", gtin=lot.gtin, lot=lot.number)


def owner() -> str | None:
    """Whose lots somebody may ask about: a maker's its own; for a regulator everybody's (None)."""
    return None if for_regulator() else str(current_user.party)


def allowed() -> frozenset[str] | None:
    """The products that somebody may ask about; None for a regulator, who may ask about all."""
    whose = owner()
    return None if whose is None else frozenset(one.gtin for one in directory.products(whose))


def may_trace(gtin: str) -> bool:
    """Whether the person who is logged in may ask for the lots of a product."""
    if not any(task.endpoint == "lots.home" and may(task) for task in TASKS):
        return False
    product = directory.product_of(gtin)
    return owner() is None or (product is not None and product.owner == owner())
