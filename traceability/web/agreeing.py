"""What waits for a second signature: offers of ownership, and goods set out to be destroyed."""

import msgspec
from flask import url_for
from flask_login import current_user

from traceability.custody.rules_blocking import DECIDERS
from traceability.custody.state import Fact, Item
from traceability.ledger.history import Dispatch, Snapshot
from traceability.web import actforms
from traceability.web.babel import gettext
from traceability.web.dispatches import Announced, Waiting, announced
from traceability.web.parts import parts

RECENT = 500
"""Offers, and first signatures, that are looked through for what still waits; an older one is found by a scan."""


class SetOut(Announced, kw_only=True):
    """Goods that one person has set out to be destroyed: who, why, and whether it was the viewer."""

    by: str
    reason: str
    own: bool


def offers(view: Snapshot, party: str) -> list[Announced]:
    """Offers of ownership to a party, newest first, as far as the goods still belong to who offers them."""
    found = (_offer(view, party, fact) for fact in view.offers_to(party, RECENT) if _stands(fact))
    return [one for one in found if one is not None]


def _offer(view: Snapshot, party: str, fact: Fact) -> Announced | None:
    items = [item for item in _named(view, fact) if _owner(view, item) == fact.party]
    return announced(Dispatch(fact, items), view, party) if items else None


def set_out(view: Snapshot, party: str) -> list[SetOut]:
    """What a party has set out to be destroyed and nothing has happened to since, newest first."""
    found = (_set_out(view, party, fact) for fact in view.set_out_by(party, RECENT) if _stands(fact))
    return [one for one in found if one is not None]


def set_out_with(view: Snapshot, party: str, epc: str) -> SetOut | None:
    """What was set out together with an item, however long ago; None where the item is not set out."""
    item = view.item(epc)
    fact = None if item is None else view.fact(item.acted)
    if fact is None or fact.party != party or not _stands(fact):
        return None
    return _set_out(view, party, fact)


def _set_out(view: Snapshot, party: str, fact: Fact) -> SetOut | None:
    terms = view.terms(fact.position)
    reason = None if terms is None else actforms.set_out_for(terms)
    if terms is None or reason is None:
        return None
    items = [item for item in _named(view, fact) if item.acted == fact.position]
    if not items:
        return None
    about = msgspec.structs.asdict(announced(Dispatch(fact, items), view, party))
    return SetOut(**about, by=terms.signer, reason=reason, own=_is_own(fact))


def _stands(fact: Fact) -> bool:
    return fact.effect and fact.struck is None


def _named(view: Snapshot, fact: Fact) -> list[Item]:
    epcs = [epc for _, epc in view.named(fact.position)]
    view.prefetch(epcs)
    return [item for item in map(view.item, epcs) if item is not None]


def _owner(view: Snapshot, item: Item) -> str | None:
    top = view.top(item)
    return item.owner or top.owner or top.custodian


def _is_own(fact: Fact) -> bool:
    """Whether the person who is logged in signed it, with this device or another of theirs."""
    key = parts().office.enrolment(fact.kid)
    return key is not None and key.login == current_user.login


def waiting(view: Snapshot) -> list[Waiting]:
    """Lines for the home page of whoever can countersign."""
    lines = [
        Waiting("accept", "again", gettext("%(party)s offers you ownership", party=one.sender),
                f"{one.amount} · {one.when}", url_for("acts.act", name="accept"))
        for one in offers(view, current_user.party)
    ]  # fmt: skip
    if current_user.role in DECIDERS:
        lines += [
            Waiting("destroy", "again", gettext("To be destroyed, with your signature"),
                    f"{one.by} · {one.amount} · {one.when}", url_for("acts.act", name="destroy"))
            for one in set_out(view, current_user.party) if not one.own
        ]  # fmt: skip
    return lines
