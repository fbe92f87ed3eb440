"""What the log knows of a subject: positions of the statements about it, in either order, page by page.

Who may see what of them is page of `custody.provenance.disclosure` by whoever shows them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice
from weakref import WeakKeyDictionary

from traceability.custody.subjects import Subject
from traceability.ledger.exhibits import lot_positions
from traceability.ledger.history import Snapshot
from traceability.ledger.names import Names
from traceability.ledger.registered import Registered
from traceability.proof.keyring import KeyRecord
from traceability.store.dossiers import Page
from traceability.store.rows import ActFilter

MOST_KEPT = 8
"""Lots whose positions are remembered, as of a size of the log."""


_POSITIONS: WeakKeyDictionary[Names, dict[tuple[int, str], list[int]]] = WeakKeyDictionary()


def statements(view: Snapshot, subject: Subject, page: Page, sides: str | None = None) -> list[int]:
    """Positions of custody statements about a subject, refused ones included.

    Of a party, a place or a device those that `sides` (a GLN) signed or was the other side of, or all (None).
    """
    if subject.kind in {"item", "lot"}:
        return _paged(_positions(view, subject), page)
    if subject.kind == "device":
        return list(islice(_signed(view, subject.key, page, sides), page.limit))
    number = view.names.glns.find(subject.key)
    other = None if sides is None else view.names.glns.find(sides)
    if number is None or (sides is not None and other is None):
        return []
    if subject.kind == "party":
        wanted = ActFilter(party=number, other=other)
    else:
        wanted = ActFilter(party=other, site=number)
    rows = view.reader.acts_near(wanted, _start(view, page), page.limit, newest=page.newest)
    return [row.position for row in rows]


def registrations(view: Snapshot, subject: Subject, page: Page) -> list[Registered]:
    """Registry statements about a subject: that register, revoke, delegate, close, recall or name it."""
    size = view.reader.size()
    found = {one.position: one for one in _concerning(view, subject) if one.position < size}
    return [found[position] for position in _paged(sorted(found), page)]


def _start(view: Snapshot, page: Page) -> int:
    if page.start is not None:
        return page.start
    return view.reader.size() if page.newest else -1


def _paged(positions: Sequence[int], page: Page) -> list[int]:
    """The page of sorted positions."""
    if page.newest:
        end = len(positions) if page.start is None else bisect_left(positions, page.start)
        return list(reversed(positions[max(0, end - page.limit) : end]))
    first = 0 if page.start is None else bisect_right(positions, page.start)
    return list(positions[first : first + page.limit])


# Items and lots: all positions at once


def _positions(view: Snapshot, subject: Subject) -> list[int]:
    if subject.kind == "item":
        named = {step.fact.position for step in view.steps(subject.key)}
        refused = {position for position, _ in view.reader.refusals_of(subject.key, subject.key)}
        return sorted(named | refused)
    kept = _POSITIONS.setdefault(view.names, {})
    key = (view.reader.size(), subject.uri)
    known = kept.get(key)
    if known is None:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        refused = set(_refused_of_lot(view, subject))
        known = kept[key] = sorted(refused.union(lot_positions(view, subject.gtin, subject.lot)))
    return known


def _refused_of_lot(view: Snapshot, subject: Subject) -> Iterator[int]:
    """Refusals that name a pack of the lot."""
    lot = view.lot(subject.gtin, subject.lot)
    for position, epc in view.reader.refusals_of(*packs_between(subject.gtin)):
        item = view.item(epc)
        if item is not None and lot is not None and item.lot == lot:
            yield position


def packs_between(gtin: str) -> tuple[str, str]:
    """Texts between which the URI of every pack of a product lies."""
    first = f"https://id.gs1.org/01/{gtin}/21/"
    return first, first + "\x7f"


# Devices


def _signed(view: Snapshot, kid: str, page: Page, sides: str | None) -> Iterator[int]:
    signer, record = view.reader.signer(kid), view.registry.keyring.signer(kid)
    if signer is None or record is None:
        return
    start, newest = _start(view, page), page.newest
    if sides in (None, record.party):
        registry = {one.position for one in view.registered if one.kid == kid}
        rows = view.reader.signed_by(signer.id, start, 2**31, newest=newest)
        yield from (position for position in rows if position not in registry)
        return
    party, other = view.names.glns.find(record.party), view.names.glns.find(str(sides))
    if party is None or other is None:
        return
    for row in view.reader.acts_near(ActFilter(party, other), start, 2**31, newest=newest):
        fact = view.fact(row.position)
        if fact is not None and fact.kid == kid:
            yield row.position


# The registry


def _concerning(view: Snapshot, subject: Subject) -> Iterator[Registered]:
    names = _names_of(view, subject)
    recalls = {one.id for one in view.registered if one.kind == "recall" and not one.names.isdisjoint(names)}
    wanted = names | recalls
    for one in view.registered:
        mine = subject.key == (one.kid if subject.kind == "device" else one.party)
        if not one.names.isdisjoint(wanted) or (mine and subject.kind in {"party", "device"}):
            yield one


def _names_of(view: Snapshot, subject: Subject) -> set[str]:
    """How registry statements name a subject: a pack by itself, by its lot and by its product."""
    if subject.kind == "lot":
        return {subject.key, subject.gtin}
    if subject.kind != "item":
        return {subject.key}
    item = view.item(subject.key)
    lot = item.lot if item is not None else None
    found = {subject.key, subject.gtin} - {""}
    return found if lot is None else found | {f"{lot.gtin}/{lot.number}"}


def keys(view: Snapshot, party: str | None = None) -> Iterator[KeyRecord]:
    """The keys that were registered, of one party or all, in log order; revoked ones included."""
    for one in view.registered:
        if one.kind == "key" and one.effect and (party is None or party in one.names):
            yield from filter(None, map(view.registry.keyring.signer, one.names))
