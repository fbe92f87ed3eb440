"""The interface for programs: submit statements, ask the rules, fetch chains, receipts and items.

A statement is its own authentication: whoever holds a registered key may submit, from anywhere. Every
other question needs a session, and gets what its party may see.
"""

import msgspec
from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from traceability.ledger.admission import Decided
from traceability.ledger.examination import Rejected
from traceability.ledger.history import Snapshot
from traceability.ledger.sequencer import Outcome
from traceability.proof.statement import Body, Statement, Submission
from traceability.web import campaigns, signed
from traceability.web import reading as readings
from traceability.web.access import logged_in
from traceability.web.enrolment import note_used
from traceability.web.errors import PageError, problem
from traceability.web.grave import Grave, note_signed, verify_proven
from traceability.web.language import sentence
from traceability.web.parts import parts
from traceability.web.record import record_reading
from traceability.web.security import csrf, limiter

blueprint = Blueprint("api", __name__, url_prefix="/api")

MOST_STATEMENTS = 1000
MOST_LEAVES = 10_000
# Good submissions are unlimited; what is refused counts, so that nobody can make the server verify junk.
REFUSALS = "60 per minute"


class _Envelope(msgspec.Struct):
    """Position, outcome and receipt of one statement, as programs get it."""

    position: int
    id: str
    effect: bool
    admitted: str
    late: bool
    unmatched: bool
    again: bool
    rule: str | None
    sentence: str | None
    receipt_url: str
    receipt: msgspec.Raw


def _envelope(outcome: Outcome | Decided, statement_id: str, admitted: str, receipt: bytes) -> _Envelope:
    refused = outcome.pattern is not None
    return _Envelope(
        position=outcome.position,
        id=statement_id,
        effect=not refused,
        admitted=admitted,
        late=outcome.late,
        unmatched=outcome.unmatched,
        again=outcome.again,
        rule=outcome.rule,
        sentence=sentence(outcome.pattern, outcome.values) if outcome.pattern is not None else None,
        receipt_url=url_for("api.receipt", statement=statement_id),
        receipt=msgspec.Raw(receipt),
    )


def _of_outcome(outcome: Outcome) -> _Envelope:
    return _envelope(outcome, outcome.id, outcome.receipt.entry.admitted, outcome.receipt.to_json())


# A statement is its own authentication, so a session and its token add nothing.
csrf.exempt(f"{__name__}.submit")


@blueprint.post("/statements")
@limiter.limit(REFUSALS, deduct_when=lambda response: response.status_code >= 400)
def submit() -> ResponseReturnValue:
    """Admit one submission (an object) or many (an array). The same statement again gives its first receipt."""
    raw = request.get_data(cache=False)
    if not raw.lstrip().startswith(b"["):
        grave = verify_proven([raw])
        outcome = parts().sequencer.submit(raw)
        _note(grave, [raw])
        if b'"body"' not in raw:  # a registry statement, so perhaps a recall
            campaigns.tell_of(outcome.id)
        return _json(_of_outcome(outcome))
    try:
        many = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except msgspec.DecodeError as error:
        raise PageError("Expected one submission as JSON, or an array of them") from error
    if len(many) > MOST_STATEMENTS:
        raise PageError("Expected at most %(most)s statements at once, got %(got)s",
                        most=MOST_STATEMENTS, got=len(many))  # fmt: skip
    submissions = [bytes(one) for one in many]
    grave = verify_proven(submissions)
    results = parts().sequencer.submit_many(submissions)
    _note(grave, submissions)
    for one, result in zip(submissions, results, strict=True):
        if b'"body"' not in one and not isinstance(result, Rejected):
            campaigns.tell_of(result.id)
    return _json([problem(one) if isinstance(one, Rejected) else _of_outcome(one) for one in results])


def _note(grave: list[Grave], submissions: list[bytes]) -> None:
    """What a person's browser sent is on the trail where it is grave, and as the last use of its device."""
    if not current_user.is_authenticated:
        return
    note_signed(grave)
    for kid in {Submission.peek_kid(one) for one in submissions} - {None}:
        note_used(str(kid))


class _Question(msgspec.Struct):
    kid: str
    iat: str
    body: msgspec.Raw


@blueprint.post("/check")
@logged_in
def check() -> ResponseReturnValue:
    """Ask the rules about an act before it is signed; 409 with the rule's sentence where it is refused."""
    try:
        asked = msgspec.json.decode(request.get_data(), type=_Question)
    except msgspec.MsgspecError as error:
        raise PageError("Expected a key, a time and a body as JSON") from error
    body = Body.parse(bytes(asked.body))
    effect = parts().history.check(current_user.party, asked.kid, asked.iat, parts().now(), body)
    return _json({"ok": True, "late": effect.late, "unmatched": effect.unmatched})


@blueprint.get("/chain/<kid>")
@logged_in
def chain(kid: str) -> ResponseReturnValue:
    """Where a key's own chain stands: the number of its next statement, and the id of its last."""
    stands = parts().history.chain(kid)
    return _json({"seq": stands.seq, "prev": stands.prev})


@blueprint.get("/statements/<statement>")
@logged_in
def statement_outcome(statement: str) -> ResponseReturnValue:
    """What became of a logged statement, as its submitter was told."""
    with parts().history.view() as view:
        position = signed.position(view, statement)
        _verify_visible(view, position)
        record_reading("read statement", statement)
        outcome = view.decided(position)
        receipt = view.receipt(position, current_user.party).to_json()
    return _json(_envelope(outcome, statement, outcome.entry.admitted, receipt))


@blueprint.get("/statements/<statement>/receipt")
@logged_in
def receipt(statement: str) -> ResponseReturnValue:
    """The receipt of a statement as a file, with the body parts that the reader may see."""
    with parts().history.view() as view:
        position = signed.position(view, statement)
        _verify_visible(view, position)
        found = signed.receipt(view, position, current_user.party, None, bare=False).to_json()
    record_reading("read receipt", statement)
    response = Response(found, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="receipt-{position}.json"'
    return response


def _verify_visible(view: Snapshot, position: int) -> None:
    """Registry statements are open to every party; of the others, a party sees what concerns it."""
    entry = view.entry(position)
    if entry is not None and Statement.parse(entry.jws).typ == "registry+jws":
        return
    if view.disclosure(current_user.party, position) == "none":
        abort(403)


@blueprint.get("/items")
@logged_in
def item() -> ResponseReturnValue:
    """One item by `epc` (its canonical URI), as its reader may see it."""
    reading = readings.parse(request.args.get("epc", "")[:4000])
    record_reading("read item", reading.epc)
    with parts().history.view() as view:
        return _json(readings.resolve(reading, view))


@blueprint.get("/contents")
@logged_in
def contents() -> ResponseReturnValue:
    """The packs inside a container at any depth, for whoever holds it or is to receive it."""
    epc = request.args.get("epc", "")
    with parts().history.view() as view:
        item = view.item(epc)
        if item is None or not readings.may_open(view, item):
            abort(403)
        record_reading("read contents", epc)
        return _json({"packs": _leaves(view, epc)})


def _leaves(view: Snapshot, epc: str) -> list[str]:
    found: list[str] = []
    open_containers = [epc]
    while open_containers:
        for child in view.children(open_containers.pop()):
            if readings.kind_of(child) == "pack":
                found.append(child)
            else:
                open_containers.append(child)
            if len(found) > MOST_LEAVES:
                raise PageError("This container holds more than %(most)s packs", most=MOST_LEAVES)
    return found


@blueprint.get("/stock")
@logged_in
def stock() -> ResponseReturnValue:
    """What one's own party holds, by lot and condition."""
    with parts().history.view() as view:
        rows = view.stock(current_user.party)
    return _json(
        [
            {
                "gtin": row.lot.gtin,
                "lot": row.lot.number,
                "expiry": row.lot.expiry,
                "condition": row.condition.name.lower(),
                "items": row.items,
            }
            for row in rows
        ]
    )


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), content_type="application/json")
