"""`verify` checks a file without a store; `audit` proves the store; `rebuild` makes its indexes again."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from traceability.cli.options import command, data_option
from traceability.cli.output import Output
from traceability.ledger import audit as auditing
from traceability.ledger.founding import known_snapshot_key, read_trust
from traceability.ledger.mark import MarkFile
from traceability.ledger.watch import LastAudit
from traceability.proof.bundle import read_bundle, verify_bundle
from traceability.proof.receipt import Receipt, Trust, Verified, verify_receipt
from traceability.proof.signing import b64
from traceability.reports.completeness import sentences, verify_trace
from traceability.settings import Settings
from traceability.store.office import Office
from traceability.store.trail import Trail

ERASED_TOLD = 20
"""The most erased bodies that `verify` names one by one."""
_PACK = "https://id.gs1.org/01/"


@command
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The log's root document, got by a way you trust.",
)
@click.option(
    "--registry",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For a receipt that does not carry the registry entries: a bundle that does.",
)
def verify_command(out: Output, *, file: Path, trust: Path, registry: Path | None) -> None:
    """Check a receipt or an evidence bundle, offline: FILE and the root document are all it takes.

    What failed is named, and the exit status is 1.
    """
    root = Trust.parse(trust.read_bytes())
    data = file.read_bytes()
    if data[:2] == b"PK":
        _verify_bundle(out, data, root)
    else:
        _verify_receipt(out, data.strip(), root, registry)


def _verify_bundle(out: Output, data: bytes, trust: Trust) -> None:
    files = read_bundle(data)
    with out.progress("Verifying") as advance:
        found = verify_bundle(files, trust, progress=advance)
    whole = verify_trace(files, found)
    packs = {item[1:] for one in found.statements for item in one.items if item.startswith(_PACK, 1)}
    out.say(
        f"Good: {len(found.statements)} statements by {len(found.parties)} parties about {len(packs)} packs, "
        f"each signed by a registered key and in the log {found.checkpoint.origin}"
    )
    out.say(f"of {found.checkpoint.size} entries. Newest entry here: {found.newest}.")
    erased = [one for one in found.statements if one.erased is not None and one.core is None]
    for gone in erased[:ERASED_TOLD]:
        out.say(_erased(gone))
    if len(erased) > ERASED_TOLD:
        out.say(f"{len(erased) - ERASED_TOLD} more were erased by law.")
    for sentence in sentences(whole):
        out.say(sentence)
    for one in found.documents:
        noted = f"noted in the log by {one.party}, signed {one.iat}" if one.party else "not noted in the log"
        out.say(f"  {one.file}: {noted}")
    out.give(
        {
            "verified": "bundle",
            "origin": found.checkpoint.origin,
            "size": found.checkpoint.size,
            "statements": len(found.statements),
            "registry": found.registry,
            "parties": sorted(found.parties),
            "packs": len(packs),
            "newest": found.newest,
            "erased": [_told(gone) for gone in erased],
            "complete": whole,
            "documents": found.documents,
        }
    )


def _verify_receipt(out: Output, data: bytes, trust: Trust, registry: Path | None) -> None:
    entries = None if registry is None else registry_entries(registry.read_bytes())
    found = verify_receipt(Receipt.parse(data), trust, entries)
    claims = found.statement.claims
    effect = "in force" if found.effect else "without effect"
    out.say(
        f"Good: entry {found.position} of {found.checkpoint.origin} was signed by {claims.iss} "
        f"({found.signer.role}) at {claims.iat}, admitted {found.entry.admitted}, {effect}."
    )
    if found.erased is not None:
        out.say(_erased(found))
    for item in found.items:
        out.say(f"  {item[1:]}")
    out.give(
        {
            "verified": "receipt",
            "origin": found.checkpoint.origin,
            "position": found.position,
            "id": found.statement.id,
            "iss": claims.iss,
            "role": found.signer.role,
            "iat": claims.iat,
            "admitted": found.entry.admitted,
            "effect": found.effect,
            "core": None if found.core is None else msgspec.Raw(found.core),
            "terms": None if found.terms is None else msgspec.Raw(found.terms),
            "items": list(found.items),
            "erased": None if found.erased is None else _told(found),
            "whole": found.whole,
        }
    )


def _erased(one: Verified) -> str:
    """How a body was erased, and what still holds."""
    erasure = one.erased
    if erasure is None:
        return ""
    return (
        f"Entry {one.position}: its body was erased by law on {erasure.admitted[:10]}, by {erasure.party} "
        f"({erasure.reason}). That it was signed and logged is proven."
    )


def _told(one: Verified) -> dict[str, object]:
    return {"position": one.position, "id": one.statement.id, "erasure": one.erased}


def registry_entries(bundle: bytes) -> list[bytes]:
    """The registry entries that a bundle carries, in order; the receipt's verification checks them."""
    files = read_bundle(bundle)
    return [files[name] for name in sorted(files) if name.startswith("registry/") and name.endswith(".entry")]


@command
@data_option
@click.option("--workers", type=click.IntRange(0, 64), help="Processes that check signatures.")
def audit_command(out: Output, *, settings: Settings, workers: int | None) -> None:
    """Prove the whole store against the log: every signature, every rule, every row.

    The first record that differs is named, and the exit status is 1.
    """
    trust = read_trust(settings)
    with out.progress("Replaying") as advance:
        found = auditing.audit(
            settings.ledger,
            trust,
            MarkFile(settings.mark, trust.origin),
            key=known_snapshot_key(settings),
            workers=settings.workers if workers is None else workers,
            progress=advance,
        )
    when = datetime.now(UTC).isoformat(timespec="seconds")
    settings.audited.write_bytes(msgspec.json.encode(LastAudit(when, found.entries)))
    lines, last = _verify_trail(settings)
    out.say(
        f"The store is what its log says: {found.entries} entries, {found.registry} of them the registry's,"
    )
    out.say(f"{found.checkpoints} checkpoints, {found.forks} forks. Root {b64(found.root)}")
    for sentence in _of_erased(found):
        out.say(sentence)
    out.say(f"The audit trail is unbroken: {lines} lines, the last with the hash {last}")
    out.give(
        {
            "trail": lines,
            "trail_hash": last,
            "entries": found.entries,
            "root": b64(found.root),
            "checkpoints": found.checkpoints,
            "registry": found.registry,
            "forks": found.forks,
            "erased": found.erased,
            "erase_waiting": found.waiting,
            "covering": list(found.covering),
        }
    )


def _of_erased(found: auditing.Audited) -> list[str]:
    """What an audit can and cannot say where bodies were erased by law."""
    told = []
    if found.erased:
        told.append(
            f"{found.erased} bodies were erased by law, each named by an erase in the log. That they were signed, their "
            "place and their chains are proven; their acts were not decided again: they have the outcome that the log "
            "admitted and the effect that was kept, to which the erase commits."
        )
        if found.covering:
            sizes = ", ".join(map(str, found.covering))
            told.append(
                f"The state that they lead to is the one that a regulator has countersigned (after {sizes} entries), "
                "when their bodies were there. What happened between, before it, rests on what was kept."
            )
        else:
            told.append(
                "NOT compared: the state that they lead to with the snapshot that covers them. snapshot.key is not here."
            )
    if found.waiting:
        told.append(
            f"{found.waiting} bodies are ordered to be erased and still here: `traceability erase --carry-out`."
        )
    return told


def _verify_trail(settings: Settings) -> tuple[int, str]:
    """The lines of the office's audit trail and the hash of the last, when none was changed or removed."""
    if not settings.office.exists():
        return 0, ""
    with closing(Office(settings.office)) as office:
        return Trail(office).verify()


@command
@data_option
def rebuild_command(out: Output, *, settings: Settings) -> None:
    """Compute every index again from entries and bodies. Stop the server first."""
    trust = read_trust(settings)
    with out.progress("Replaying") as advance:
        entries = auditing.rebuild(
            settings.ledger,
            trust,
            MarkFile(settings.mark, trust.origin),
            key=known_snapshot_key(settings),
            workers=settings.workers,
            progress=advance,
        )
    out.say(f"Rebuilt every index from {entries} entries.")
    out.give({"entries": entries})
