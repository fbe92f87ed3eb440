"""A custody event in the three parts that are signed apart (DESIGN section 3, "Body").

`Core` is what every later holder may see, `Terms` what only the two sides and the regulator see, and
the items are (role, EPC) pairs. `join` makes the EPCIS event of the three, `split` takes it apart.
"""

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from traceability.epcis import EpcisError
from traceability.epcis.core import Core, Ilmd, plain_core
from traceability.epcis.events import Event, Json, event_of, plain_event
from traceability.epcis.members import is_extension, lower, plain
from traceability.epcis.terms import Amount, Counts, Terms
from traceability.epcis.vocabulary import Action, EndType, EventType

__all__ = [
    "ROLES", "Amount", "Core", "Counts", "Ilmd", "Item", "Terms", "join", "join_shown", "split", "verify_items",
]  # fmt: skip

Item: TypeAlias = tuple[str, str]
"""A role letter ("e", "c", "i" or "o") and the canonical Digital Link URI of an EPC."""

# Which roles the items of an event may have, in signed order, and the member each fills.
# An object event's "c" items are contents that were found missing at receiving.
ROLES: dict[EventType, dict[str, str]] = {
    EventType.OBJECT: {"e": "epcList", "c": "custody:missing"},
    EventType.AGGREGATION: {"c": "childEPCs"},
    EventType.ASSOCIATION: {"c": "childEPCs"},
    EventType.TRANSACTION: {"e": "epcList"},
    EventType.TRANSFORMATION: {"i": "inputEPCList", "o": "outputEPCList"},
}

_CORE_ENDS = frozenset({EndType.POSSESSING_PARTY, EndType.LOCATION})
_CORE_MEMBERS = frozenset(Core.__struct_fields__) - {"sourceList", "destinationList", "ref", "exported"}
_CORE_CUSTODY = ("ref", "exported")
_TERMS_CUSTODY = ("meaning", "signer", "amount", "counts", "reason", "evidence")
_TERMS_MEMBERS = frozenset(Terms.__struct_fields__) - {"sourceList", "destinationList", *_TERMS_CUSTODY}


def join(core: Core, terms: Terms, items: Iterable[Item]) -> Event:
    """The EPCIS event of the three parts, what is custody's own under the prefix `custody:`.

    Raises EpcisError where the parts do not make a valid event together.
    """
    made = _joined(core, items)
    rest = lower(plain(terms))
    for name in _TERMS_CUSTODY:
        if name in rest:
            made[f"custody:{name}"] = rest.pop(name)
    for name in ("sourceList", "destinationList"):
        ends = [*made.get(name, ()), *rest.pop(name, ())]
        if ends:
            made[name] = ends
    return event_of(made | rest)


def join_shown(core: Core, items: Iterable[Item], name: str) -> Event:
    """The event as somebody sees it who may see its core and some of its items, and not its terms.

    `name` is a URI for the event. A transformation of which one side is not seen is told apart by it, as
    EPCIS 2.0 section 7.4.5 has it (`transformationID`).
    """
    made = _joined(core, items)
    sides = {"inputEPCList", "outputEPCList"}
    if core.type is EventType.TRANSFORMATION and core.transformationID is None and not sides <= made.keys():
        made["transformationID"] = name
    return event_of(made)


def _joined(core: Core, items: Iterable[Item]) -> Json:
    """Core and items as the members of an event, what is custody's own under its prefix."""
    named = verify_items(core, items)
    made = plain_core(core)
    for name in _CORE_CUSTODY:
        if name in made:
            made[f"custody:{name}"] = made.pop(name)
    for role, name in ROLES[core.type].items():
        epcs = [epc for item_role, epc in named if item_role == role]
        if epcs:
            made[name] = epcs
    return made


def split(event: Event) -> tuple[Core, Terms, tuple[Item, ...]]:
    """Core, terms and items of an event: the inverse of `join`.

    Raises EpcisError where a statement has no place for something, such as an `eventID`; nothing is
    dropped silently.
    """
    left = plain_event(event)
    items: list[Item] = []
    for role, name in ROLES[EventType(left["type"])].items():
        items += [(role, epc) for epc in left.pop(name, ())]
    core: Json = {
        name: left.pop(name) for name in Core.__struct_fields__ if name in left and name in _CORE_MEMBERS
    }
    terms: Json = {
        name: left.pop(name) for name in Terms.__struct_fields__ if name in left and name in _TERMS_MEMBERS
    }
    for name in ("sourceList", "destinationList"):
        ends = left.pop(name, ())
        core[name] = [end for end in ends if end["type"] in _CORE_ENDS]
        terms[name] = [end for end in ends if end["type"] not in _CORE_ENDS]
    for part, names in ((core, _CORE_CUSTODY), (terms, _TERMS_CUSTODY)):
        part |= {name: left.pop(f"custody:{name}") for name in names if f"custody:{name}" in left}
    for name, value in left.items():
        if not is_extension(name):
            raise EpcisError("A custody statement has no place for %(name)s", name=name)
        terms[name] = value
    encode = msgspec.json.encode
    made = Core.parse(encode(core)), Terms.parse(encode(terms)), tuple(items)
    verify_items(made[0], made[2])
    return made


def verify_items(core: Core, items: Iterable[Item]) -> tuple[Item, ...]:
    """Items that fit the type of their event: known roles, role after role, no EPC twice in one role."""
    roles = "".join(ROLES[core.type])
    made = tuple(items)
    last = 0
    for role, _ in made:
        at = roles.find(role)
        if len(role) != 1 or at < 0:
            raise EpcisError(
                "An item of role %(role)s has no place in an event of type %(type)s",
                role=role,
                type=core.type,
            )
        if at < last:
            raise EpcisError("Expected the items in the order of their roles %(roles)s", roles=roles)
        last = at
    if len(set(made)) != len(made):
        raise EpcisError("An item is named twice")
    if core.action is not Action.OBSERVE and core.type is EventType.OBJECT and made and made[-1][0] == "c":
        raise EpcisError("Only a receipt may name missing contents")
    return made
