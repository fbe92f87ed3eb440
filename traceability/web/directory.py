"""Names for numbers: what the registry calls parties, places and products."""

import json
from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, g

from traceability.custody.registry import Product, Registry, gtin_of
from traceability.custody.rules_dispensing import COUNTERS
from traceability.web.parts import parts


class Receiver(NamedTuple):
    """A party that goods can be handed to, with its place where it has only one."""

    gln: str
    name: str
    country: str
    site: str | None


def registry() -> Registry:
    """The registry as of this request."""
    if "registry" not in g:
        g.registry = parts().history.registry
    known: Registry = g.registry
    return known


def party_name(gln: str | None) -> str:
    """What a party is called; its GLN where the registry does not know it."""
    party = registry().parties.get(gln or "")
    return party.name if party is not None else gln or ""


def place_name(gln: str | None) -> str:
    """What a place is called; its GLN where the registry does not know it."""
    site = registry().sites.get(gln or "")
    return site.name if site is not None else gln or ""


def name_of(gln: str) -> str:
    """What a party or a place is called."""
    return party_name(gln) if gln in registry().parties else place_name(gln)


def product_of(gtin: str | None) -> Product | None:
    """What the registry knows of a product."""
    return registry().products.get(gtin or "")


def maker(epc: str) -> str:
    """The party that owns the brand of an item; empty where the registry does not know it."""
    product = product_of(gtin_of(epc)) if epc.startswith("https:") else None
    return product.owner if product is not None else ""


def product_name(gtin: str | None) -> str | None:
    """What a product is called, with strength and form: "Amoxicillin 500 mg, 20 capsules"."""
    product = product_of(gtin)
    if product is None:
        return None
    name = product.name
    if product.strength and product.strength not in name:
        name = f"{name} {product.strength}"
    more = product.pack or product.form
    return f"{name}, {more}" if more else name


def sites(party: str) -> dict[str, str]:
    """A party's places by GLN, with their names."""
    return {gln: site.name for gln, site in registry().sites.items() if site.party == party}


def receivers(sender: str) -> list[Receiver]:
    """Every other party that can hold goods, by name."""
    return _parties(lambda roles: bool(roles - {"regulator", "authority"}), sender)


def counters(sender: str) -> list[Receiver]:
    """Every other party that may dispense, by name."""
    return _parties(lambda roles: not roles.isdisjoint(COUNTERS), sender)


def _parties(fits: Callable[[set[str]], bool], sender: str) -> list[Receiver]:
    found = []
    for gln, party in registry().parties.items():
        if gln != sender and fits(set(party.roles)):
            places = list(sites(gln))
            found.append(Receiver(gln, party.name, party.country, places[0] if len(places) == 1 else None))
    return sorted(found, key=lambda one: one.name.casefold())


def products(owner: str | None = None) -> list[Product]:
    """Registered products, of one owner or all, by name."""
    known = registry().products.values()
    return sorted((p for p in known if owner in (None, p.owner)), key=lambda p: p.name.casefold())


def names() -> dict[str, str]:
    """Every registered number with its name, for sentences made in the page."""
    known = registry()
    found = {gln: party.name for gln, party in known.parties.items()}
    found |= {gln: site.name for gln, site in known.sites.items()}
    found |= {gtin: product_name(gtin) or gtin for gtin in known.products}
    return found


def set_up(app: Flask) -> None:
    """Let templates name things."""
    app.jinja_env.globals.update(
        party_name=party_name,
        place_name=place_name,
        product_name=product_name,
        names_json=lambda: json.dumps(names(), ensure_ascii=False),
        log_origin=lambda: parts().trust.origin,
    )
