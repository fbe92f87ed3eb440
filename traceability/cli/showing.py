"""`show`: one item with its way, one statement with its receipt, or the log itself."""

import re
from pathlib import Path

import click
import msgspec

from traceability.cli import codes
from traceability.cli.options import data_option, id_command
from traceability.cli.output import Output
from traceability.custody.provenance import Hop
from traceability.ledger.founding import looking, read_trust, write_new
from traceability.ledger.history import History, Snapshot
from traceability.reports.hops import COLUMNS, hop_rows, marks_of
from traceability.reports.trace import container_number, party_name, state_of
from traceability.settings import Settings
from traceability.store import StoreError

_STATEMENT = re.compile(r"[A-Za-z0-9_-]{43}")
_POSITION = re.compile(r"[0-9]{1,10}")


@id_command
@data_option
@click.argument("what", required=False)
@click.option("--at", help="Of an item: as of this event time.")
@click.option("--known-at", type=int, help="Of an item: as known at this position of the log.")
@click.option(
    "--receipt", type=click.Path(dir_okay=False, path_type=Path), help="Of a statement: write its receipt."
)
@click.option(
    "--as", "viewer", metavar="GLN", help="With --receipt: what this party may see.  [default: the signer]"
)
def show_command(
    out: Output,
    *,
    settings: Settings,
    what: str | None,
    at: str | None,
    known_at: int | None,
    receipt: Path | None,
    viewer: str | None,
) -> None:
    """Show WHAT: an item by its code, a statement by id or position; without it, the log itself."""
    with looking(settings) as history:
        if what is None:
            _show_log(out, settings, history)
            return
        with history.view() as view:
            if _POSITION.fullmatch(what):
                _show_statement(out, view, int(what), receipt, viewer)
            elif _STATEMENT.fullmatch(what):
                position = view.position(what)
                if position is None:
                    raise StoreError("The log has no statement %(id)s", id=what)
                _show_statement(out, view, position, receipt, viewer)
            else:
                _show_item(out, view, codes.epc_of(what), at, known_at)


def _show_log(out: Output, settings: Settings, history: History) -> None:
    trust = read_trust(settings)
    registry = history.registry
    with history.view() as view:
        size = view.reader.size()
    parties = [(party.gln, party.name, ", ".join(party.roles)) for party in registry.parties.values()]
    out.say(f"{trust.origin}: {size} entries, {len(parties)} parties, {len(registry.products)} products")
    out.table(("GLN", "Party", "Roles"), parties)
    out.give(
        {
            "origin": trust.origin,
            "size": size,
            "checkpoint": history.checkpoint() if size else None,
            "parties": [
                {"gln": gln, "name": name, "roles": roles.split(", ")} for gln, name, roles in parties
            ],
            "products": [
                {"gtin": product.gtin, "name": product.name} for product in registry.products.values()
            ],
        }
    )


def _show_statement(
    out: Output, view: Snapshot, position: int, receipt: Path | None, viewer: str | None
) -> None:
    outcome = view.decided(position)
    statement = outcome.entry.statement
    body = view.body(position)
    told: dict[str, object] = {
        "position": position,
        "id": statement.id,
        "iss": statement.claims.iss,
        "kid": statement.kid,
        "iat": statement.claims.iat,
        "admitted": outcome.entry.admitted,
        "effect": outcome.entry.outcome == "effect",
        "rule": outcome.rule,
        "sentence": None if outcome.pattern is None else outcome.pattern % outcome.values,
        "late": outcome.late,
        "unmatched": outcome.unmatched,
    }
    erasure = None if body is not None else view.erasure(position)
    if erasure is not None:
        told["erased"] = (
            f"its body was erased by law on {erasure.admitted[:10]}, by {erasure.party} ({erasure.reason}), as {erasure.by} says"
        )
    elif body is None:
        told["act"] = msgspec.Raw(getattr(statement.claims, "act", b"null"))
    else:
        told |= {"core": msgspec.Raw(body.core), "terms": msgspec.Raw(body.terms), "items": list(body.items)}
    if receipt is not None:
        found = view.receipt(position, viewer or statement.claims.iss).with_registry(
            registry_before(view, position)
        )
        write_new(receipt, found.to_json() + b"\n", mode=0o644)
        told["receipt"] = str(receipt)
    out.give(told)
    for name, value in told.items():
        if value not in (None, False):
            out.say(f"{name:<10} {bytes(value).decode() if isinstance(value, msgspec.Raw) else value}")


def registry_before(view: Snapshot, position: int) -> list[bytes]:
    """The registry entries before a position: with them a receipt verifies by itself."""
    rows = (view.reader.entry(known) for known in list(view.reader.registry()) if known < position)
    return [row.entry for row in rows if row is not None]


def _show_item(out: Output, view: Snapshot, epc: str, at: str | None, known_at: int | None) -> None:
    item = view.item(epc)
    if item is None:
        raise StoreError("The log knows nothing of %(epc)s", epc=epc)
    top, story = view.top(item), view.provenance(epc, at, known_at)
    contents = sum(count.items for lot, count in view.contents(epc).items() if lot is not None)
    out.give(
        {
            "item": epc,
            "state": state_of(item, top),
            "lot": None if item.lot is None else msgspec.structs.asdict(item.lot),
            "holder": top.custodian,
            "site": top.site,
            "owner": top.owner,
            "receiver": top.receiver,
            "container": item.container,
            "contents": contents,
            "unmatched": item.unmatched,
            "complete": story.complete,
            "hops": [_hop(hop) for hop in story.hops],
            "gaps": [msgspec.to_builtins(gap) for gap in story.gaps],
        }
    )
    holder = party_name(view.registry, top.custodian or "")
    out.say(
        f"{epc}\n{state_of(item, top)}, with {holder}" + (f", {contents} packs inside" if contents else "")
    )
    if item.container is not None:
        out.say(f"in {container_number(item.container)}")
    out.table(COLUMNS, hop_rows(story, view.registry))


def _hop(hop: Hop) -> dict[str, object]:
    return {
        "act": hop.act,
        "time": hop.time,
        "party": hop.party,
        "place": hop.place,
        "counterparty": hop.counterparty,
        "grade": hop.grade,
        "containers": list(hop.containers),
        "positions": list(hop.positions),
        "statements": list(hop.statements),
        "marks": marks_of(hop),
    }
