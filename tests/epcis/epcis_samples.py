"""Parties, packs and one event for every meaning that a custody statement can have."""

import json
from typing import Any

import pytest

from traceability.epcis.parts import Core, Item, Terms

TIME = "2026-11-23T14:32:00+01:00"
MAKER, WHOLESALER = "9521321000018", "9521321000025"
PLANT, STORE = "9521321100015", "9521321200012"
PACK = "https://id.gs1.org/01/09521321000018/21/A{}"
CASE = "https://id.gs1.org/00/195213210000000015"
REF = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
ILMD = {"cbvmda:lotNumber": "L-1", "cbvmda:itemExpirationDate": "2028-04-30"}
OWNING: dict[str, Any] = {
    "sourceList": [{"type": "owning_party", "source": f"https://id.gs1.org/417/{MAKER}"}],
    "destinationList": [{"type": "owning_party", "destination": f"https://id.gs1.org/417/{WHOLESALER}"}],
}


def ends() -> dict[str, Any]:
    """Possessing parties and places of a hand-over."""
    return {
        "sourceList": [
            {"type": "possessing_party", "source": f"https://id.gs1.org/417/{MAKER}"},
            {"type": "location", "source": f"https://id.gs1.org/414/{PLANT}"},
        ],
        "destinationList": [
            {"type": "possessing_party", "destination": f"https://id.gs1.org/417/{WHOLESALER}"},
            {"type": "location", "destination": f"https://id.gs1.org/414/{STORE}"},
        ],
    }


def core_of(kind: str, action: str | None, step: str | None, disposition: str, **more: Any) -> dict[str, Any]:
    """A core as a JSON object."""
    made: dict[str, Any] = {"type": kind, "eventTime": TIME, "eventTimeZoneOffset": TIME[-6:]}
    if action:
        made["action"] = action
    if step:
        made["bizStep"] = step
    place = {"id": f"https://id.gs1.org/414/{PLANT}"}
    return made | {"disposition": disposition, "readPoint": place, "bizLocation": place} | more


def parts(
    core: dict[str, Any], terms: dict[str, Any], items: list[Item]
) -> tuple[Core, Terms, tuple[Item, ...]]:
    """The three parts, parsed."""
    return Core.parse(json.dumps(core)), Terms.parse(json.dumps(terms)), tuple(items)


_E: list[Item] = [("e", PACK.format(1)), ("e", PACK.format(2))]
_C: list[Item] = [("c", PACK.format(1)), ("c", PACK.format(2))]
_T: list[Item] = [("i", PACK.format(1)), ("o", PACK.format(2))]
_OBJECT, _AGGREGATION, _TRANSFORMATION = "ObjectEvent", "AggregationEvent", "TransformationEvent"

_Act = tuple[str, str | None, str | None, str, dict[str, Any], dict[str, Any], list[Item]]

# Every row of the table of meanings: type, action, step, disposition, more core, more terms, items.
ACTS: dict[str, list[_Act]] = {
    "commissioned": [(_OBJECT, "ADD", "commissioning", "active", {"ilmd": ILMD}, {}, _E)],
    "opened": [(_OBJECT, "ADD", "commissioning", "active", {}, {}, [("e", CASE)])],
    "packed": [
        (_AGGREGATION, "ADD", "packing", word, {"parentID": CASE}, {}, _C)
        for word in ("in_progress", "completeness_verified", "container_closed")
    ],
    "unpacked": [
        (_AGGREGATION, "DELETE", "unpacking", "in_progress", {"parentID": CASE}, {}, []),
        (_AGGREGATION, "DELETE", "unpacking", "completeness_verified", {"parentID": CASE}, {}, _C),
    ],
    "shipped": [(_OBJECT, "OBSERVE", "shipping", "in_transit", ends(), OWNING, _E)],
    "voided": [(_OBJECT, "OBSERVE", "void_shipping", "in_progress", {"ref": [REF]}, {}, _E)],
    "received": [
        (
            _OBJECT,
            "OBSERVE",
            "receiving",
            "completeness_inferred",
            {**ends(), "ref": [REF]},
            {},
            [("e", CASE), *_C],
        ),
        (_OBJECT, "OBSERVE", "receiving", "in_progress", ends(), {"evidence": "claimed"}, _E),
        (
            _OBJECT,
            "OBSERVE",
            "receiving",
            "completeness_verified",
            {"ref": [REF]},
            {"evidence": "scanned"},
            _E,
        ),
    ],
    "refused": [
        (_OBJECT, "OBSERVE", "shipping", "returned", {**ends(), "ref": [REF]}, {"reason": "wet"}, _E)
    ],
    "returned": [
        (
            _OBJECT,
            "OBSERVE",
            "shipping",
            "returned",
            ends(),
            {"bizTransactionList": [{"type": "rma", "bizTransaction": f"urn:epcglobal:cbv:bt:{MAKER}:R-7"}]},
            _E,
        )
    ],
    "return_received": [(_OBJECT, "OBSERVE", "receiving", "returned", {**ends(), "ref": [REF]}, {}, _E)],
    "taken_back": [(_OBJECT, "OBSERVE", "receiving", "returned", {}, {}, _E)],
    "ownership_offered": [(_OBJECT, "OBSERVE", "accepting", "in_progress", {}, OWNING, _E)],
    "ownership_accepted": [(_OBJECT, "OBSERVE", "accepting", "in_progress", {"ref": [REF]}, OWNING, _E)],
    "moved": [
        (_OBJECT, "OBSERVE", "storing", "sellable_not_accessible", {}, {}, _E),
        (_OBJECT, "OBSERVE", "staging_outbound", "sellable_accessible", {}, {}, _E),
    ],
    "dispensed": [(_OBJECT, "OBSERVE", "dispensing", "dispensed", {}, {}, _E)],
    "partly_dispensed": [
        (
            _OBJECT,
            "OBSERVE",
            "dispensing",
            "partially_dispensed",
            {},
            {"amount": {"taken": 10, "left": 20}},
            _E[:1],
        )
    ],
    "undone": [(_OBJECT, "OBSERVE", "stocking", "available", {"ref": [REF]}, {"reason": "never left"}, _E)],
    "held": [(_OBJECT, "OBSERVE", "holding", "non_sellable_other", {}, {"reason": "damaged"}, _E)],
    "released": [(_OBJECT, "OBSERVE", "inspecting", "conformant", {}, {}, _E)],
    "sampled": [(_OBJECT, "OBSERVE", "sampling", "non_sellable_other", {}, {}, _E)],
    "decommissioned": [(_OBJECT, "DELETE", "decommissioning", "inactive", {}, {}, _E)],
    "exported": [(_OBJECT, "OBSERVE", "shipping", "in_transit", {**ends(), "exported": True}, {}, _E)],
    "destroyed": [(_OBJECT, "DELETE", "destroying", "destroyed", {}, {}, _E)],
    "stolen": [(_OBJECT, "OBSERVE", None, "stolen", {}, {}, _E)],
    "lost": [(_OBJECT, "OBSERVE", None, "unknown", {}, {}, _E)],
    "found": [(_OBJECT, "OBSERVE", None, "non_sellable_other", {}, {}, _E)],
    "repackaged": [(_TRANSFORMATION, None, "repackaging", "active", {"ilmd": ILMD}, {}, _T)],
    "relabelled": [(_TRANSFORMATION, None, "repackaging", "active", {"ilmd": ILMD}, {}, _T)],
    "recall_held": [(_OBJECT, "OBSERVE", "holding", "recalled", {}, {}, _E)],
    "corrected": [
        (
            _OBJECT,
            "OBSERVE",
            "shipping",
            "in_transit",
            {**ends(), "errorDeclaration": {"declarationTime": TIME, "reason": reason}, "ref": [REF]},
            {},
            _E,
        )
        for reason in ("did_not_occur", "incorrect_data")
    ],
}

EXAMPLES = [
    pytest.param(
        *parts(core_of(*act[:4], **act[4]), {"meaning": code, "signer": "Ada"} | act[5], act[6]), id=code
    )
    for code, acts in ACTS.items()
    for act in acts
]
