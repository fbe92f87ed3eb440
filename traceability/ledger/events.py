"""The EPCIS events behind a trace: what was signed about some packs, as far as one reader may see it."""

from collections.abc import Iterable, Iterator

import msgspec

from traceability.custody.provenance import disclosure
from traceability.epcis.core import Core
from traceability.epcis.events import Event
from traceability.epcis.members import Extensions
from traceability.epcis.parts import Item, join, join_shown
from traceability.epcis.terms import Terms
from traceability.epcis.vocabulary import EventType
from traceability.ledger.exhibits import FORGET
from traceability.ledger.history import Snapshot
from traceability.proof.signing import b64
from traceability.proof.statement import Body
from traceability.store import StoreError
from traceability.store.rows import EFFECT


def events(view: Snapshot, positions: Iterable[int], viewer: str) -> Iterator[Event]:
    """The events of those statements that had effect and that a party may see.

    An event that the party may see in part has its core and the items that the party holds or held, and says
    so (`custody:disclosed`). `eventID` is the statement's id as a URI (RFC 6920), that of a correction the id
    of what it corrects (EPCIS 2.0 section 7.4.1.2); `recordTime` is when the log admitted it.
    """
    for count, position in enumerate(positions):
        if count % FORGET == 0:
            view.forget()
        found = _event(view, position, viewer)
        if found is not None:
            yield found


def name_of(statement_id: str) -> str:
    """A statement's id as a URI: SHA-256 over what was signed (RFC 6920)."""
    return f"ni:///sha-256;{statement_id}"


def _event(view: Snapshot, position: int, viewer: str) -> Event | None:
    sides = view.last_act(view.reader.last(position))
    act, body = view.reader.act(position), view.body(position)
    if sides is None or act is None or body is None or not act.marks & EFFECT:
        return None
    whole = disclosure(viewer, sides, view.registry, ()) == "whole"
    held = frozenset() if whole else frozenset(view.held_of(viewer, position))
    if not whole and not held:
        return None
    core = Core.parse(body.core)
    name = name_of(_corrected(view, core, position) or sides.id)
    items = _items(body)
    if whole:
        event = join(core, Terms.parse(body.terms), items)
    else:
        shown = [item for item in items if item[1] in held]
        if core.type is EventType.OBJECT and all(role == "c" for role, _ in shown):
            return None  # all it says to them is that a pack was missing, for which EPCIS has no event of its own
        event = join_shown(core, shown, name)
    entry = view.entry(position)
    if entry is None:
        raise StoreError("The log has no entry %(position)s", position=position)
    more = {"custody:entry": position} | ({} if whole else {"custody:disclosed": "item"})
    extensions = Extensions({**event.extensions, **more})
    return msgspec.structs.replace(event, eventID=name, recordTime=entry.admitted, extensions=extensions)


def _items(body: Body) -> list[Item]:
    return [(item[0], item[1:]) for item in body.items]


def _corrected(view: Snapshot, core: Core, position: int) -> str | None:
    """The id of the statement that this one struck; None where it struck none (a countersignature does not)."""
    if core.errorDeclaration is None or not core.ref:
        return None
    row = view.reader.act(view.position(core.ref[0]) or 0)
    found = None if row is None or row.struck != position else view.reader.statement(row.position)
    return None if found is None else b64(found)
