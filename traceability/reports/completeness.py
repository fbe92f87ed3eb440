"""Whether the trace in a bundle is whole: every row of it proven in a snapshot, and none missing.

The rows of a lot stand together in a snapshot under one root, sorted. So the trace must have a pack for every
row, in their order; what it says of a pack must be what the rows of the pack and of the containers above it
say; and the last statement about each of them must be in the bundle. What the maker closed is the second
witness: as many packs, and those.
"""

import csv
import io
from collections.abc import Iterator, Mapping

import msgspec

from traceability.custody import CustodyError
from traceability.custody.closing import closed_set
from traceability.custody.registrations import ClosedLot, parse_registration
from traceability.custody.snapshot import Row, group_of, place_of
from traceability.gs1.keys import split_epc_uri
from traceability.proof import ProofError
from traceability.proof.bundle import VerifiedBundle
from traceability.proof.snapshot import VerifiedGroup
from traceability.proof.statement import RegistryClaims
from traceability.reports.spreadsheet import csv_lines
from traceability.reports.trace import COLUMNS, container_number

HIDDEN = "handed_on"


class Completeness(msgspec.Struct, frozen=True):
    """What was found of a lot."""

    gtin: str
    lot: str
    size: int
    """The log position of the snapshot: a number of entries."""
    packs: int
    """Packs of the lot in the snapshot, every one of them in the trace."""
    proven: int
    """Those of which the rows were shown; the others are said to be handed on, and no more."""
    countersigned: tuple[str, ...]
    """GLNs of the regulators that have signed the snapshot."""
    closed: int | None = None
    """How many packs the maker closed the lot with; None where it is open."""
    same: bool | None = None
    """Whether these are the very packs that the maker closed; None where that cannot be told."""


class _Trace(msgspec.Struct, forbid_unknown_fields=True):
    about: dict[str, str]
    packs: list[dict[str, str | int | None]]


def verify_trace(files: Mapping[str, bytes], found: VerifiedBundle) -> Completeness | None:
    """What the snapshot of a verified bundle proves of its trace; None where it has none. ProofError names the
    file and the pack of which something else is said."""
    snapshot = found.snapshot
    if snapshot is None:
        return None
    try:
        trace = msgspec.json.decode(files["trace.json"], type=_Trace)
    except (KeyError, msgspec.MsgspecError) as error:
        raise ProofError("trace.json: Expected a trace: %(why)s", why=error) from error
    gtin, lot = trace.about.get("gtin", ""), trace.about.get("lot", "")
    group = snapshot.groups[0]
    if group.name != group_of("", gtin, lot):
        raise ProofError(
            "snapshot/000000.rows: Expected the rows of lot %(lot)s of %(gtin)s, got %(name)s",
            lot=lot,
            gtin=gtin,
            name=group.name,
        )
    judge = _Judge(found, snapshot.groups)
    if len(trace.packs) != group.count:
        raise ProofError(
            "trace.json: it has %(got)s packs, and the lot had %(count)s when the snapshot was taken",
            got=len(trace.packs),
            count=group.count,
        )
    for place, told in enumerate(trace.packs):
        judge.verify_pack(place, told)
    _verify_csv(files.get("trace.csv", b""), trace.packs)
    closed = _closing(found, gtin, lot)
    return Completeness(
        gtin,
        lot,
        snapshot.head.size,
        group.count,
        len(group.rows),
        snapshot.countersigned,
        None if closed is None else closed.count,
        _same(closed, group),
    )


class _Judge:
    """Compares what a trace says with the rows and statements of its bundle."""

    def __init__(self, found: VerifiedBundle, groups: tuple[VerifiedGroup, ...]) -> None:
        self.statements = {one.statement.id: one for one in found.statements}
        self.size = 0 if found.snapshot is None else found.snapshot.head.size
        self.rows = dict(_rows(groups[0], "snapshot/000000.rows"))
        self.above: dict[str, Row] = {}
        for number, group in enumerate(groups[1:], 1):
            for row in dict(_rows(group, f"snapshot/{number:06}.rows")).values():
                self.above[row.epc] = row
        self.tops: dict[str, Row] = {}

    def verify_pack(self, place: int, told: Mapping[str, str | int | None]) -> None:
        serial, row = told.get("serial"), self.rows.get(place)
        if row is None:
            if told.get("state") != HIDDEN or told.get("holder_gln") or told.get("statement"):
                raise ProofError(
                    "trace.json: pack %(serial)s: its row is not shown, so nothing may be said of where it is",
                    serial=serial,
                )
            return
        self.verify_last(row)
        top = row if row.container is None else self.top(row.container)
        for name, wanted in self.wanted(row, top).items():
            if told.get(name) != wanted:
                raise ProofError(
                    "trace.json: pack %(serial)s: its %(name)s is %(got)s, and the snapshot says %(wanted)s",
                    serial=serial,
                    name=name,
                    got=told.get(name),
                    wanted=wanted,
                )

    def top(self, container: str) -> Row:
        """The outermost of the containers of a pack, each with its last statement in the bundle."""
        found = self.tops.get(container)
        if found is None:
            row = self.above.get(container)
            if row is None:
                raise ProofError(
                    "snapshot: the row of the container %(container)s is missing", container=container
                )
            self.verify_last(row)
            found = self.tops[container] = row if row.container is None else self.top(row.container)
        return found

    def verify_last(self, row: Row) -> None:
        """The last statement that acted on an item is here, had effect, and was logged by then."""
        last = self.statements.get(row.acted)
        if last is None:
            raise ProofError(
                "statements: the last one about %(item)s, %(id)s, is missing", item=row.epc, id=row.acted
            )
        if not last.effect or last.position >= self.size:
            raise ProofError(
                "statements/%(position)s: it is not the last one about %(item)s",
                position=last.position,
                item=row.epc,
            )

    def wanted(self, row: Row, top: Row) -> dict[str, str | int | None]:
        """What the trace has to say of a pack."""
        prefix, serial = split_epc_uri(row.epc)
        state = row.condition if row.blocked else top.condition if top.blocked else ""
        return {
            "epc": row.epc,
            "gtin": prefix[3:],
            "serial": serial,
            "lot": row.lot,
            "expiry": row.expiry,
            "state": state or ("in_transit" if top.receiver is not None else row.condition),
            "holder_gln": top.custodian or "",
            "receiver_gln": top.receiver or "",
            "container": container_number(row.container),
            "outermost": "" if top is row else container_number(top.epc),
            "statement": top.acted,
            "entry": self.statements[top.acted].position,
        }


def _rows(group: VerifiedGroup, file: str) -> Iterator[tuple[int, Row]]:
    """The rows of a group, parsed, at their places; sorted, each in the group where it belongs."""
    last = b""
    for place, data in group.rows.items():
        try:
            row = Row.parse(data)
            where = place_of(row)
        except (CustodyError, ValueError) as error:
            raise ProofError("%(file)s: row %(place)s: %(why)s", file=file, place=place, why=error) from error
        if where.group != group.name or where.key <= last:
            raise ProofError("%(file)s: %(item)s does not belong at its place", file=file, item=row.epc)
        last = where.key
        yield place, row


def _verify_csv(data: bytes, packs: list[dict[str, str | int | None]]) -> None:
    """trace.csv says the same as trace.json."""
    rows = [[pack.get(name) for name in COLUMNS] for pack in packs]
    theirs = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""))
    ours = csv.reader(io.StringIO("".join(csv_lines(COLUMNS, rows)), newline=""))
    if list(theirs) != list(ours):
        raise ProofError("trace.csv: it does not say the same as trace.json")


def _closing(found: VerifiedBundle, gtin: str, lot: str) -> ClosedLot | None:
    """The maker's closing of a lot among the registry statements that had effect."""
    for _, statement in found.acts:
        if isinstance(statement.claims, RegistryClaims) and b'"type":"lot"' in statement.claims.act:
            act = parse_registration(bytes(statement.claims.act))
            if isinstance(act, ClosedLot) and (act.gtin, act.lot) == (gtin, lot):
                return act
    return None


def _same(closed: ClosedLot | None, group: VerifiedGroup) -> bool | None:
    if closed is None or not group.whole:
        return None
    serials = (split_epc_uri(Row.parse(row).epc)[1] for row in group.rows.values())
    return (closed.count, closed.root) == closed_set(serials)


def sentences(found: Completeness | None) -> list[str]:
    """What that means, and what it does not."""
    if found is None:
        return ["Not proven: that these are all statements about these packs. No snapshot is in this bundle."]
    told = [
        f"Whole as of entry {found.size - 1}: the snapshot has {found.packs} packs of lot {found.lot}, as the trace."
    ]
    told.append(f"Of {found.proven} it is proven where they are, and by which last statement.")
    if found.proven < found.packs:
        told.append(f"Where {found.packs - found.proven} packs are is not shown to this reader.")
    if found.countersigned:
        told.append(
            f"The snapshot was countersigned by {', '.join(found.countersigned)} after a replay of its own."
        )
    else:
        told.append(
            "No regulator has countersigned the snapshot: only the log's operator says that its rows are right."
        )
    if found.closed is None:
        told.append("The maker has not closed the lot: nobody has signed how many packs it has.")
    elif found.same is None:
        told.append(
            f"The maker closed the lot with {found.closed} packs; which they are cannot be told from this."
        )
    elif found.same:
        told.append(f"The maker closed the lot with {found.closed} packs: these, and no others.")
    else:
        told.append(f"The maker closed the lot with {found.closed} packs, and these are not they.")
    return told
