"""From options or a JSON file to an act: a custody event to be composed, or a registry act."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from traceability.cli.codes import class_of, epc_of
from traceability.custody.acts import ACTS
from traceability.custody.compose import Composed, Ends, compose
from traceability.custody.registrations import Registration
from traceability.custody.state import Lot
from traceability.epcis.parts import Core, Counts, Terms
from traceability.proof.receipt import Receipt
from traceability.proof.statement import Body, Submission

REGISTRY = frozenset(
    {
        "party",
        "site",
        "key",
        "revoke",
        "root",
        "product",
        "delegate",
        "lot",
        "recall",
        "recall_closed",
        "lift",
        "rules",
        "snapshot",
        "evidence",
        "erase",
    }
)
"""Types of registry acts; all others are custody acts."""
LISTS = frozenset({"roles", "prefixes", "acts", "products", "sites", "items", "documents"})
_REVOKE = ("kid", "reason", "since")
COUNTS = frozenset({"count", "version"})
TRUTHS = frozenset({"controlled", "drill"})


class Details(msgspec.Struct, forbid_unknown_fields=True):
    """An act as options or a JSON file tell it. Codes may be in any spelling."""

    act: str
    items: list[str] = []
    time: str | None = None
    site: str | None = None
    sender: str | None = None
    sender_site: str | None = None
    receiver: str | None = None
    receiver_site: str | None = None
    parent: str | None = None
    missing: list[str] = []
    inputs: list[str] = []
    lot: str | None = None
    expiry: str | None = None
    ref: list[str] = []
    signer: str = ""
    old_owner: str | None = None
    new_owner: str | None = None
    orders: list[str] = []
    disposition: str | None = None
    step: str | None = None
    taken: int | None = None
    left: int | None = None
    on_hand: list[str] = []
    counts: str | None = None
    reason: str | None = None
    evidence: str | None = None
    extra: dict[str, Any] = {}


def is_registry(act: str) -> bool:
    """Whether an act code is one of the registry's."""
    return act in REGISTRY


def event_of(details: Details, now: datetime) -> Composed:
    """The event of a custody act, at `now` unless it says otherwise."""
    if details.act not in ACTS:
        known = ", ".join(sorted((*ACTS, *REGISTRY)))
        raise click.UsageError(f"Expected an act out of {known}; got {details.act}")
    return compose(
        details.act,
        time=details.time or stamp(now),
        items=_epcs(details.items),
        site=details.site,
        ends=_ends(details),
        parent=None if details.parent is None else epc_of(details.parent),
        missing=_epcs(details.missing),
        inputs=_epcs(details.inputs),
        lot=_lot(details),
        ref=details.ref,
        signer=details.signer,
        owners=_both("--old-owner", details.old_owner, "--new-owner", details.new_owner),
        orders=[_order(text) for text in details.orders],
        disposition=details.disposition,
        step=details.step,
        amount=_both("--taken", details.taken, "--left", details.left),
        quantities=[_quantity(text) for text in details.on_hand],
        counts=None if details.counts is None else _counts(details.counts),
        reason=details.reason,
        evidence=details.evidence,
        extra=details.extra,
    )


def correction_of(
    signed: bytes, error: str, reason: str | None, countersigned: Iterable[str], now: datetime
) -> Composed:
    """The correction of a statement: its event again, with an error declaration.

    `signed` is the submission or receipt of the statement, `error` did_not_occur or incorrect_data,
    `countersigned` the ids of the same correction signed by those who built on the statement.
    """
    statement_id, body = _signed(signed)
    core, terms = (msgspec.json.decode(part, type=dict[str, Any]) for part in (body.core, body.terms))
    core["errorDeclaration"] = {"declarationTime": stamp(now), "reason": error}
    core["ref"] = [statement_id, *countersigned]
    terms["meaning"] = "corrected"
    if reason is not None:
        terms["reason"] = reason
    encode = msgspec.json.encode
    items = tuple((text[0], text[1:]) for text in body.items)
    return Composed(Core.parse(encode(core)), Terms.parse(encode(terms)), items)


def _signed(raw: bytes) -> tuple[str, Body]:
    """Statement id and body out of a submission or a receipt."""
    if b'"receipt":1' in raw[:40]:
        receipt = Receipt.parse(raw)
        statement_id, body = receipt.entry.statement_id, receipt.body
    else:
        submission = Submission.parse(raw.strip())
        statement_id, body = submission.statement.id, submission.body
    if body is None:
        raise click.UsageError("--corrects: expected a custody statement with its whole body")
    return statement_id, body


def stamp(moment: datetime) -> str:
    """A moment as statements write it, with this machine's zone."""
    return moment.astimezone().isoformat(timespec="seconds")


def _epcs(codes: Iterable[str]) -> list[str]:
    return [epc_of(code) for code in codes]


def _ends(details: Details) -> Ends | None:
    parties = _both("--from", details.sender, "--to", details.receiver)
    return None if parties is None else Ends(*parties, details.sender_site, details.receiver_site)


def _both(first: str, one: Any, second: str, other: Any) -> tuple[Any, Any] | None:
    if (one is None) != (other is None):
        raise click.UsageError(f"{first} and {second} go together")
    return None if one is None else (one, other)


def _lot(details: Details) -> Lot | None:
    given = (details.lot, details.expiry)
    if given == (None, None):
        return None
    if details.lot is None or details.expiry is None:
        raise click.UsageError("--lot and --expiry go together")
    return Lot("", details.lot, details.expiry)


def _order(text: str) -> tuple[str, str]:
    kind, equals, uri = text.partition("=")
    if not equals:
        raise click.UsageError(
            f"Expected an order as TYPE=URI, such as po=urn:epcglobal:cbv:bt:…, got {text}"
        )
    return kind, uri


def _quantity(text: str) -> tuple[str, int]:
    """A class and how many packs of it: (01)… (10)…=12."""
    code, _, count = text.rpartition("=")
    if not code or not count.isdigit():
        raise click.UsageError(f"--on-hand: expected CODE=PACKS, such as (01)…(10)A17=12, got {text}")
    return class_of(code), int(count)


def _counts(text: str) -> dict[str, int]:
    """What became of recalled packs: onHand=3,returned=2,destroyed=0,dispensed=7,missing=0."""
    names = Counts.__struct_fields__
    given = dict(pair.partition("=")[::2] for pair in text.split(","))
    if set(given) != set(names) or not all(value.isdigit() for value in given.values()):
        raise click.UsageError(f"--counts: expected a number for each of {', '.join(names)}, got {text}")
    return {name: int(given[name]) for name in names}


def registry_act(act: str, settings: Iterable[str]) -> bytes:
    """A registry act from its type and NAME=VALUE pairs, in canonical order."""
    given: dict[str, object] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"Expected --set NAME=VALUE, got {text}")
        given[name] = _value(name, value)
    return ordered(act, given)


def _value(name: str, text: str) -> object:
    """A value as JSON, where it is a list, an object or a count; else the text."""
    if text[:1] in {"[", "{"}:
        try:
            return msgspec.json.decode(text)
        except msgspec.MsgspecError as error:
            raise click.UsageError(f"{name}: expected JSON, {error}") from error
    if name in COUNTS and text.isdigit():
        return int(text)
    if name in TRUTHS and text in {"true", "false"}:
        return text == "true"
    return text.split(",") if name in LISTS else text


def ordered(act: str, members: dict[str, object]) -> bytes:
    """An act in its one spelling: members in their order, nothing unknown."""
    value = {"type": act} | members
    if act == "root":  # the successor's root document, of which proof.keyring reads the exact bytes
        return msgspec.json.encode(value)
    if act == "revoke":  # the keyring's too, and not among the registrations of custody
        if members.keys() != set(_REVOKE):
            raise click.UsageError(f"revoke: expected {', '.join(_REVOKE)}")
        return msgspec.json.encode({"type": act} | {name: members[name] for name in _REVOKE})
    try:
        made: Registration = msgspec.convert(value, Registration)
    except msgspec.ValidationError as error:
        raise click.UsageError(f"{act}: {error}") from error
    return msgspec.json.encode(made)


def read_act(path: Path) -> Details | bytes:
    """An act from a JSON file: a registry act by its `type`, or the details of a custody act by `act`."""
    raw = path.read_bytes()
    try:
        value = msgspec.json.decode(raw)
        if isinstance(value, dict) and value.get("type") in REGISTRY:
            kind = str(value.pop("type"))
            return ordered(kind, value)
        return msgspec.json.decode(raw, type=Details)
    except msgspec.MsgspecError as error:
        raise click.UsageError(f"{path}: {error}") from error


def read_lines(path: Path) -> list[str]:
    """Codes from a file, one a line."""
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


_OPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--item items", {"multiple": True, "metavar": "CODE", "help": "An item acted on, in any spelling; repeat it."}),
    ("--items-file", {"type": click.Path(exists=True, dir_okay=False, path_type=Path), "help": "More items, one a line."}),
    ("--time", {"help": "When it happened, with zone.  [default: now]"}),
    ("--site", {"help": "GLN of the place where it happened."}),
    ("--from sender", {"help": "GLN of the party that hands over."}),
    ("--from-site sender_site", {"help": "GLN of its place."}),
    ("--to receiver", {"help": "GLN of the party that takes over."}),
    ("--to-site receiver_site", {"help": "GLN of its place."}),
    ("--parent", {"metavar": "CODE", "help": "The container packed into or unpacked from."}),
    ("--missing", {"multiple": True, "metavar": "CODE", "help": "Contents found missing at receiving."}),
    ("--input inputs", {"multiple": True, "metavar": "CODE", "help": "Items used up by repackaging."}),
    ("--lot", {"help": "Lot number, at commissioning."}),
    ("--expiry", {"help": "Expiry of the lot, as 2028-04-30."}),
    ("--ref", {"multiple": True, "metavar": "ID", "help": "Statement that this one answers."}),
    ("--signer", {"default": "", "help": "Name of the person who signs."}),
    ("--old-owner", {"help": "GLN of the owner until now."}),
    ("--new-owner", {"help": "GLN of the owner from now on."}),
    ("--order orders", {"multiple": True, "metavar": "TYPE=URI", "help": "Order or advice it belongs to."}),
    ("--disposition", {"help": "Where an act allows several."}),
    ("--step", {"help": "Business step, where an act allows several."}),
    ("--taken", {"type": int, "help": "Units taken out of a pack."}),
    ("--left", {"type": int, "help": "Units left in it."}),
    ("--on-hand", {"multiple": True, "metavar": "CODE=PACKS", "help": "Packs of a recalled lot or product on hand."}),
    ("--counts", {"metavar": "NAME=PACKS,…", "help": "What became of recalled packs: onHand, returned, destroyed, dispensed, missing."}),
    ("--reason", {"help": "Why, in words."}),
    ("--evidence", {"type": click.Choice(["scanned", "claimed"]), "help": "How the items are known."}),
)  # fmt: skip


def act_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Every detail of a custody act as an option."""
    for declaration, attributes in reversed(_OPTIONS):
        function = click.option(*declaration.split(), **attributes)(function)
    return function
