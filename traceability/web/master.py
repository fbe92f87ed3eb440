"""Master data: products, places and organisations, by form and by table."""

import io
import zipfile
from typing import NamedTuple

import msgspec
from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.web import directory, sheets, subjects
from traceability.web.access import HOLDERS, permitted
from traceability.web.babel import gettext
from traceability.web.errors import PageError
from traceability.web.masterdata import KINDS, Kind, Trial, try_one, try_table
from traceability.web.parts import parts
from traceability.web.words import PARTY_WORDS

blueprint = Blueprint("master", __name__)

SIGNERS = {
    "product": frozenset({"administrator", "quality"}),
    "site": frozenset({"administrator"}),
    "party": frozenset(),
}
"""Whose keys in a browser may sign each kind; the authority's own key never is in a browser."""


class Known(NamedTuple):
    """Something registered, as a line."""

    name: str
    number: str
    detail: str
    values: dict[str, str]
    """What its form is filled with."""
    dossier: str = ""
    """The address of its dossier; empty where there is none, or not for the reader."""


def _kinds() -> list[Kind]:
    """The kinds that concern one's own party."""
    party = directory.registry().parties.get(current_user.party)
    roles = set(party.roles) if party is not None else set()
    wanted = {
        "product": "maker" in roles,
        "site": bool(roles & HOLDERS),
        "party": current_user.party == parts().trust.authority.gln,
    }
    return [kind for name, kind in KINDS.items() if wanted[name]]


def _kind(name: str) -> Kind:
    kind = next((one for one in _kinds() if one.name == name), None)
    if kind is None:
        abort(404)
    return kind


@blueprint.get("/master")
@permitted("master.home")
def home() -> ResponseReturnValue:
    """What is registered of one kind, a form for one more, a table for many."""
    kinds = _kinds()
    if not kinds:
        abort(404)
    kind = _kind(request.args.get("kind", kinds[0].name))
    return render_template(
        "master.html",
        kinds=kinds,
        kind=kind,
        known=_known(kind),
        may_sign=current_user.role in SIGNERS[kind.name],
        by_authority=kind.name == "party",
        roles=sorted(PARTY_WORDS),
    )


def _known(kind: Kind) -> list[Known]:
    registry, me = directory.registry(), current_user.party
    if kind.name == "product":
        return [
            Known(
                directory.product_name(one.gtin) or one.gtin,
                f"(01) {one.gtin}",
                gettext("controlled") if one.controlled else "",
                {
                    "gtin": one.gtin,
                    "name": one.name,
                    "form": one.form or "",
                    "strength": one.strength or "",
                    "pack": one.pack or "",
                    "controlled": "yes" if one.controlled else "",
                },
            )
            for one in directory.products(me)
        ]
    if kind.name == "site":
        found = (site for site in registry.sites.values() if site.party == me)
        return [
            Known(site.name, f"GLN {site.gln}", " · ".join(part for part in (site.country, site.zone) if part),
                  {"gln": site.gln, "name": site.name, "country": site.country, "zone": site.zone or ""}, subjects.of_gln(site.gln))
            for site in sorted(found, key=lambda site: site.name.casefold())
        ]  # fmt: skip
    return [
        Known(one.name, f"GLN {one.gln}", f"{', '.join(str(PARTY_WORDS[role]) for role in one.roles)} · {one.country}",
              {"gln": one.gln, "name": one.name, "roles": " ".join(one.roles), "prefixes": " ".join(one.prefixes), "country": one.country}, subjects.of_gln(one.gln))
        for one in sorted(registry.parties.values(), key=lambda one: one.name.casefold())
    ]  # fmt: skip


@blueprint.post("/master/<kind>/check")
@permitted("master.home")
def check(kind: str) -> ResponseReturnValue:
    """Try a table (the bytes of a CSV file), or one entry as a JSON object: nothing is changed by it."""
    return Response(msgspec.json.encode(_tried(_kind(kind))), content_type="application/json")


def _tried(kind: Kind) -> Trial:
    data, registry = request.get_data(cache=False), directory.registry()
    if request.mimetype != "application/json":
        return try_table(kind, sheets.decode(data), current_user.party, registry)
    try:
        cells = msgspec.json.decode(data, type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise PageError("Expected the fields of one entry as a JSON object of texts") from error
    return try_one(kind, cells, current_user.party, registry)


@blueprint.post("/master/<kind>/acts.zip")
@permitted("master.home")
def acts(kind: str) -> ResponseReturnValue:
    """The good lines of a table as acts, a file each, for a key that is not in a browser."""
    chosen = _kind(kind)
    file = request.files.get("csv")
    if file is None:
        raise PageError("Choose a CSV file first")
    trial = try_table(chosen, sheets.decode(file.read()), current_user.party, directory.registry())
    if not trial.entries:
        raise PageError("No line of this file can be registered. Try the list to see why.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in trial.entries:
            act = msgspec.json.encode({"type": chosen.name, **entry.values})
            archive.writestr(f"{chosen.name}-{entry.values[chosen.key]}.json", act)
    response = Response(packed.getvalue(), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{chosen.name}-acts.zip"'
    return response


@blueprint.get("/master/<kind>/empty.csv")
@permitted("master.home")
def sample(kind: str) -> ResponseReturnValue:
    """A table with nothing but its first line."""
    chosen = _kind(kind)
    return sheets.empty(f"{chosen.name}s.csv", [column.name for column in chosen.columns])
