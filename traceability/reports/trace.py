"""One row for every pack of a lot: what all trace files say, whichever their form."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from traceability.custody.recall import Asked, LastAct, PackRow
from traceability.custody.registry import Registry
from traceability.custody.state import Fact, Item, Lot


class TraceRow(NamedTuple):
    """Where one pack is, as of the trace. The field names are the columns of every trace file."""

    gtin: str
    product: str
    """Trade name; empty where the registry has none."""
    serial: str
    lot: str
    expiry: str
    """ISO date, e.g. 2027-04-30."""
    state: str
    """active, in_transit, held, dispensed …: `in_transit`, or the name of a `custody.state.Condition`."""
    holder_gln: str
    """The party that has custody; of goods on the road the one that sent them."""
    holder: str
    site: str
    """The place by name; its GLN where the registry has no name."""
    since: str
    """Event time of the last statement about the pack, with its zone."""
    evidence: str
    """How that is known: scanned, inferred, claimed or unmatched (DESIGN section 5)."""
    container: str
    """The case or pallet it is directly in, as the 18 digits of its SSCC or as its Digital Link path."""
    statement: str
    """Id of the last statement about the pack."""
    entry: int | None
    """Its position in the log."""
    receiver_gln: str
    """Of goods on the road, the party they are meant for; else empty."""
    receiver: str
    outermost: str
    """The container that speaks for it, e.g. the pallet; spelt as `container`."""
    epc: str
    """The pack as a GS1 Digital Link URI: unique."""


COLUMNS = TraceRow._fields


def trace_rows(packs: Iterable[PackRow], registry: Registry) -> Iterator[TraceRow]:
    """The rows of a trace, in the order of the packs."""
    for pack in packs:
        yield trace_row(pack, registry)


def shown_rows(packs: Iterable[tuple[PackRow, bool]], registry: Registry) -> Iterator[TraceRow]:
    """The same of packs beside each of which stands whether its reader may see where it is."""
    for pack, shown in packs:
        row = trace_row(pack, registry)
        yield row if shown else hidden(row)


def trace_row(pack: PackRow, registry: Registry) -> TraceRow:
    """One pack with names for its numbers."""
    item, top, fact = pack.item, pack.top, pack.fact
    gtin, serial = split(item.epc)
    product = registry.products.get(gtin)
    holder, receiver = top.custodian or "", top.receiver or ""
    site = registry.sites.get(top.site or "")
    return TraceRow(
        gtin=gtin,
        product=product.name if product is not None else "",
        serial=serial,
        lot=item.lot.number if item.lot is not None else "",
        expiry=item.lot.expiry if item.lot is not None else "",
        state=state_of(item, top),
        holder_gln=holder,
        holder=party_name(registry, holder),
        site=site.name if site is not None else top.site or "",
        since=fact.event_time if fact is not None else "",
        evidence=evidence_of(item, fact),
        container=container_number(item.container),
        statement=fact.id if fact is not None else "",
        entry=fact.position if fact is not None else None,
        receiver_gln=receiver,
        receiver=party_name(registry, receiver),
        outermost=container_number(top.epc) if top.epc != item.epc else "",
        epc=item.epc,
    )


def hidden(row: TraceRow) -> TraceRow:
    """A row of which only the pack itself is shown."""
    blank = dict.fromkeys(
        ("holder_gln", "holder", "site", "since", "evidence", "container", "statement",
         "receiver_gln", "receiver", "outermost"), "",
    )  # fmt: skip
    return row._replace(state="handed_on", entry=None, **blank)


def about_lot(lot: Lot, registry: Registry, note: str) -> dict[str, str]:
    """What a trace file says of itself: the lot, and the log with the checkpoint (`note`) it was made at."""
    product = registry.products.get(lot.gtin)
    size = note.split("\n", 2)[1] if note else "0"
    return {
        "gtin": lot.gtin,
        "product": product.name if product is not None else "",
        "lot": lot.number,
        "expiry": lot.expiry,
        "log": registry.keyring.trust.origin,
        "entries": size,
        "checkpoint": note,
    }


def about_question(asked: Asked, registry: Registry, note: str) -> dict[str, str]:
    """The same of a file that answers a question: what was asked, in its own words."""
    told = {
        name: str(value) for name, value in msgspec.structs.asdict(asked).items() if value not in {"", None}
    }
    size = note.split("\n", 2)[1] if note else "0"
    return {**told, "log": registry.keyring.trust.origin, "entries": size, "checkpoint": note}


def party_name(registry: Registry, gln: str) -> str:
    """What a party is called; its GLN where the registry does not know it."""
    party = registry.parties.get(gln)
    return party.name if party is not None else gln


def state_of(item: Item, top: Item) -> str:
    """One word for where a pack stands: its own trouble first, then its container's, then the road."""
    if item.condition.blocked:
        return item.condition.name.lower()
    if top.condition.blocked:
        return top.condition.name.lower()
    if top.receiver is not None:
        return "in_transit"
    return item.condition.name.lower()


def evidence_of(item: Item, fact: Fact | LastAct | None) -> str:
    """How the last fact about a pack is known."""
    if fact is None or fact.unmatched or item.unmatched:
        return "unmatched"
    if fact.claimed:
        return "claimed"
    return "inferred" if item.container is not None else "scanned"


def split(epc: str) -> tuple[str, str]:
    """GTIN and serial of an SGTIN's Digital Link URI."""
    parts = epc.split("/")
    return parts[4], unquote(parts[6])


def container_number(epc: str | None) -> str:
    """A container for people who look for it: the SSCC alone, else the path of its Digital Link URI."""
    if epc is None:
        return ""
    path = "/" + epc.split("/", 3)[3]
    return path.removeprefix("/00/") if path.startswith("/00/") else path
