"""From an act in the words of the trade to the event that is signed: the inverse of `acts.act_of`.

The browser's twin is static/js/events.js; both write the members in the order of `epcis.parts`.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from traceability.custody.acts import ACTS, CORRECTED
from traceability.custody.state import Lot
from traceability.epcis.members import ErrorDeclaration
from traceability.epcis.parts import Core, Terms
from traceability.epcis.vocabulary import EventType


class Composed(msgspec.Struct, frozen=True):
    """An event ready to be signed: core, terms and (role, epc) pairs in signed order."""

    core: Core
    terms: Terms
    items: tuple[tuple[str, str], ...]


class Ends(msgspec.Struct, frozen=True):
    """Who hands over to whom, as GLNs: possessing parties and their places."""

    sender: str
    receiver: str
    sender_site: str | None = None
    receiver_site: str | None = None


def party_uri(gln: str) -> str:
    """The Digital Link URI of a party (AI 417)."""
    return f"https://id.gs1.org/417/{gln}"


def place_uri(gln: str) -> str:
    """The Digital Link URI of a place (AI 414)."""
    return f"https://id.gs1.org/414/{gln}"


def compose(
    meaning: str,
    *,
    time: str,
    items: Iterable[str] = (),
    site: str | None = None,
    ends: Ends | None = None,
    parent: str | None = None,
    missing: Iterable[str] = (),
    inputs: Iterable[str] = (),
    lot: Lot | None = None,
    ref: Sequence[str] = (),
    signer: str = "",
    owners: tuple[str, str] | None = None,
    orders: Sequence[tuple[str, str]] = (),
    disposition: str | None = None,
    step: str | None = None,
    amount: tuple[int, int] | None = None,
    quantities: Sequence[tuple[str, int]] = (),
    counts: Mapping[str, int] | None = None,
    reason: str | None = None,
    evidence: str | None = None,
    extra: Mapping[str, object] | None = None,
) -> Composed:
    """Build the event of an act.

    `meaning` is a code of `custody.acts`; `time` the event time with its zone, e.g.
    "2026-11-23T14:32:00+01:00"; `items` the EPCs acted on: the children of a packing, the outputs of a
    repackaging (whose `inputs` come separately); `missing` the contents found missing at receiving.
    `disposition` and `step` choose among those an act allows (the first by default); `orders` are
    (type, URI) business transactions; `owners` the owning party before and after; `amount` the units
    (taken, left) of a partial dispensing; `quantities` (class URI, packs) and `counts` those of the answer
    to a recall. Raises EpcisError for what is no valid event.
    """
    shape = ACTS[meaning]
    core: dict[str, object] = {"type": shape.type, "eventTime": time, "eventTimeZoneOffset": time[-6:]}
    chosen = step or (shape.steps[0] if shape.steps else None)
    core |= _present(action=shape.action, bizStep=chosen)
    core["disposition"] = disposition or shape.dispositions[0]
    if site is not None:
        core["readPoint"] = core["bizLocation"] = {"id": place_uri(site)}
    if ends is not None:
        core["sourceList"] = _ends("source", ends.sender, ends.sender_site)
        core["destinationList"] = _ends("destination", ends.receiver, ends.receiver_site)
    core |= _present(parentID=parent)
    if lot is not None:
        core["ilmd"] = {"cbvmda:lotNumber": lot.number, "cbvmda:itemExpirationDate": lot.expiry}
    core |= _present(ref=list(ref) or None, exported=shape.exported or None)
    terms: dict[str, object] = {"meaning": meaning, "signer": signer}
    if owners is not None:
        terms["sourceList"] = [{"type": "owning_party", "source": party_uri(owners[0])}]
        terms["destinationList"] = [{"type": "owning_party", "destination": party_uri(owners[1])}]
    if orders:
        terms["bizTransactionList"] = [{"type": type_, "bizTransaction": uri} for type_, uri in orders]
    if quantities:
        terms["quantityList"] = [{"epcClass": uri, "quantity": packs} for uri, packs in quantities]
    if amount is not None:
        terms["amount"] = {"taken": amount[0], "left": amount[1]}
    if counts is not None:
        terms["counts"] = dict(counts)
    terms |= _present(reason=reason, evidence=evidence)
    terms.update(extra or {})
    role = _ROLES.get(shape.type, "e")
    named = [("i", epc) for epc in inputs] + [(role, epc) for epc in items] + [("c", epc) for epc in missing]
    encode = msgspec.json.encode
    return Composed(Core.parse(encode(core)), Terms.parse(encode(terms)), tuple(named))


def correction(
    original: Composed,
    statement: str,
    *,
    time: str,
    reason: str = "did_not_occur",
    signer: str = "",
    countersigned: Sequence[str] = (),
) -> Composed:
    """Build the correction of a statement: its event once more, with an error declaration.

    `statement` is the id of the original, `time` the time of the declaration, `reason` a CBV word, and
    `countersigned` are ids of the same correction signed by those who built on it.
    """
    core = msgspec.structs.replace(
        original.core,
        errorDeclaration=ErrorDeclaration(time, reason),
        ref=(statement, *countersigned),
    )
    terms = msgspec.structs.replace(original.terms, meaning=CORRECTED, signer=signer)
    return Composed(Core.parse(core.to_json()), Terms.parse(terms.to_json()), original.items)


_ROLES = {EventType.AGGREGATION: "c", EventType.TRANSFORMATION: "o"}


def _present(**members: object) -> dict[str, object]:
    return {name: member for name, member in members.items() if member is not None}


def _ends(word: str, party: str, place: str | None) -> list[dict[str, str]]:
    ends = [{"type": "possessing_party", word: party_uri(party)}]
    if place is not None:
        ends.append({"type": "location", word: place_uri(place)})
    return ends
