"""EPCIS documents as pyld, a JSON-LD processor that is not ours, understands them.

No network: the EPCIS context comes from ../shared where GS1's files are, else a small one of our own that says
the same of the members which these tests look at.
"""

import json
from functools import cache
from typing import Any

from gs1_artefacts import ARTEFACTS
from pyld import jsonld

from traceability.epcis.documents import CUSTODY_NAMESPACE, EPCIS_CONTEXT

PUBLISHED = ARTEFACTS / "epcis-context.jsonld"
EPCIS = "https://ref.gs1.org/epcis/"
_IRIS = ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList", "transformationID")
_OWN: dict[str, Any] = {
    "@version": 1.1,
    "@vocab": EPCIS,
    "type": "@type",
    "id": "@id",
    "eventID": "@id",
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "cbv": "https://ref.gs1.org/cbv/",
    "bizStep": {
        "@id": f"{EPCIS}bizStep",
        "@type": "@vocab",
        "@context": {"@vocab": "https://ref.gs1.org/cbv/BizStep-"},
    },
    **{name: {"@id": f"{EPCIS}{name}", "@type": "@id", "@container": "@set"} for name in _IRIS},
}


@cache
def _context() -> dict[str, Any]:
    if PUBLISHED.is_file():
        found: dict[str, Any] = json.loads(PUBLISHED.read_text())
        return found
    return {"@context": _OWN}


def _load(url: str, _options: object) -> dict[str, Any]:
    assert url == EPCIS_CONTEXT, url
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": url,
        "document": _context(),
    }


def quads(data: bytes) -> list[tuple[str, str, str]]:
    """The document as RDF: subject, predicate and object."""
    graph = jsonld.to_rdf(json.loads(data), {"documentLoader": _load})["@default"]
    return [tuple(one[part]["value"] for part in ("subject", "predicate", "object")) for one in graph]


def expanded(data: bytes) -> list[dict[str, Any]]:
    """The events of a document by what their members mean, in order: the short names stand for full IRIs."""
    (document,) = jsonld.expand(json.loads(data), {"documentLoader": _load})
    body = document[f"{EPCIS}epcisBody"][0]
    return [_event(event) for event in body[f"{EPCIS}eventList"]]


def _event(event: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": event["@type"][0].removeprefix(EPCIS),
        "id": event.get("@id"),
        "bizStep": None,
    }
    for name, values in event.items():
        if name.startswith("@"):
            continue
        short = name.removeprefix(EPCIS).replace(CUSTODY_NAMESPACE, "custody:")
        values = [_value(one) for one in values]
        made[short] = (
            values
            if short in _IRIS
            else values[0].rpartition("BizStep-")[2]
            if short == "bizStep"
            else values
        )
    return made


def _value(value: dict[str, Any]) -> Any:
    return value.get("@value", value.get("@id", value))
