"""Dispatches as the pages of receiving, voiding and refusing show them."""

import msgspec

from traceability.custody.registry import gtin_of
from traceability.custody.state import Fact
from traceability.ledger.history import Dispatch, Snapshot
from traceability.web import directory
from traceability.web.ageing import Age, age
from traceability.web.babel import LazyString
from traceability.web.parts import parts
from traceability.web.reading import Reading, amount, describe
from traceability.web.words import moment


class Announced(msgspec.Struct, rename="camel"):
    """One dispatch: who sent what to whom, and when. `other` is the far side, by name."""

    id: str
    sender: str
    other: str
    when: str
    amount: str
    from_: str = msgspec.field(name="from")
    to: str
    from_site: str
    to_site: str
    owner: str
    """Who owns the goods once they are received; empty where ownership stays."""
    gtins: list[str]
    """Products announced, those inside containers included."""
    items: list[Reading]
    age: str = ""
    """How long it has been on the road, in words."""
    late: bool = False
    """Whether nobody has confirmed it within the deadline."""


def announced(dispatch: Dispatch, view: Snapshot, viewer: str) -> Announced:
    """A dispatch with its items described."""
    fact = dispatch.fact
    sender, receiver = fact.party, fact.counterparty or ""
    other = receiver if sender == viewer else sender
    road = on_road(fact)
    return Announced(
        id=fact.id,
        sender=directory.party_name(sender),
        other=directory.party_name(other),
        when=moment(fact.event_time),
        amount=amount(dispatch.items, view),
        from_=sender,
        to=receiver,
        from_site=fact.site or "",
        to_site=fact.counter_site or "",
        owner=_owner(dispatch, view),
        gtins=sorted(_gtins(dispatch, view)),
        items=[describe(item, view) for item in dispatch.items],
        age=road.words,
        late=road.late,
    )


def on_road(sent: Fact) -> Age:
    """How long a dispatch has been on the road, by the working days of its receiver's country."""
    known = directory.registry().parties.get(sent.counterparty or "")
    return age(sent.event_time, parts().clock(), known.country if known is not None else "")


def _gtins(dispatch: Dispatch, view: Snapshot) -> set[str]:
    inside = {lot.gtin for item in dispatch.items for lot in view.contents(item.epc) if lot is not None}
    return inside | {gtin for item in dispatch.items if (gtin := gtin_of(item.epc))}


def _owner(dispatch: Dispatch, view: Snapshot) -> str:
    body = view.body(dispatch.fact.position)
    if body is None:
        return ""
    terms = msgspec.json.decode(body.terms)
    ends = [end.get("destination", "") for end in terms.get("destinationList", ())]
    return str(ends[0])[-13:] if ends else ""


class Waiting(msgspec.Struct):
    """One line of what waits for a person on the home page."""

    icon: str
    tone: str
    title: str | LazyString
    detail: str
    url: str
