"""Device keys: from the browser that made one to the registry statement that makes it count.

A key counts when a `key` statement of its party's administrator is in the log. The administrator's
browser signs it; in the demo the server holds the demo administrators' station keys and signs at once.
"""

import threading
from datetime import UTC, date, datetime, timedelta

import msgspec

from traceability.proof.keyring import possession_text
from traceability.proof.signing import PublicKey, unb64
from traceability.proof.statement import Submission, draft_registry, sign
from traceability.store.office import Account, Enrolment
from traceability.web.errors import PageError
from traceability.web.parts import parts

KEY_DAYS = 365
"""Days after which a device is enrolled anew: its owner still has it, and still needs it."""
WARN_DAYS = 14
_LOSABLE = frozenset({"requested", "approved", "expired"})
_signing = threading.Lock()


class _Jwk(msgspec.Struct, forbid_unknown_fields=True):
    crv: str
    kty: str
    x: str
    y: str


class _Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """What a browser sends to enrol its key."""

    jwk: _Jwk
    proof: str
    device: str


def request_key(account: Account, wanted: object) -> Enrolment:
    """Keep a browser's key for approval. Raises ProofError where its own signature does not fit."""
    try:
        asked = msgspec.convert(wanted, _Wanted)
    except msgspec.ValidationError as error:
        raise PageError("Expected a public key, its signature and the device's name") from error
    key = PublicKey.from_jwk(asked.jwk.x, asked.jwk.y)
    key.verify(
        unb64(asked.proof), possession_text(parts().trust.origin, account.party, account.role, key.kid)
    )
    office, now = parts().office, parts().now()
    device = asked.device.strip()[:80] or "Browser"
    enrolment = Enrolment(
        key.kid, key.jwk, asked.proof, account.party, account.role, account.login, device, "requested", now,
        expires=(parts().clock().date() + timedelta(days=KEY_DAYS)).isoformat(),
    )  # fmt: skip
    office.request_key(enrolment)
    office.note(now, account.login, account.party, "key requested", key.kid, new=device)
    if is_automatic(account) and current(enrolment).state == "requested":
        _submit(act_of(enrolment), approver(account.party, account.role))
    return current(enrolment)


def approver(party: str, role: str) -> str:
    """The GLN of the party whose key registers a device key: administrators and regulators are the
    authority's to register, everybody else their own administrator's."""
    return parts().trust.authority.gln if role in {"administrator", "regulator"} else party


def is_automatic(account: Account) -> bool:
    """Whether this server approves the device keys of an account itself, as it does in the demo."""
    return approver(account.party, account.role) in parts().administrators


def act_of(enrolment: Enrolment) -> bytes:
    """The `key` act that registers a device key."""
    jwk = msgspec.json.decode(enrolment.jwk, type=_Jwk)
    act = {
        "type": "key",
        "party": enrolment.party,
        "role": enrolment.role,
        "jwk": {"crv": jwk.crv, "kty": jwk.kty, "x": jwk.x, "y": jwk.y},
        "proof": enrolment.proof,
    }
    if enrolment.expires is not None:
        act["expires"] = f"{enrolment.expires}T23:59:59+00:00"
    return msgspec.json.encode(act)


def revocation(enrolment: Enrolment, reason: str, since: str) -> bytes:
    """The `revoke` act that ends a device key."""
    return msgspec.json.encode({"type": "revoke", "kid": enrolment.kid, "reason": reason, "since": since})


def _submit(act: bytes, signer: str) -> None:
    """Sign an act with the station key of the party that may, and have it admitted."""
    here = parts()
    administrator = here.administrators[signer]
    iat = here.clock().strftime("%Y-%m-%dT%H:%M:%S+00:00")
    # One statement of the station key at a time, or two would claim one place in its chain.
    with _signing:
        chain = here.history.chain(administrator.public.kid)
        draft = draft_registry(here.trust.origin, signer, iat, chain.seq, chain.prev, act)
        outcome = here.sequencer.submit(Submission(sign(draft, administrator), None).to_json())
    if not outcome.effect:
        raise PageError("The registry did not take this key: %(rule)s", rule=outcome.rule)


def current(enrolment: Enrolment) -> Enrolment:
    """An enrolment as the registry knows it by now; the office follows the log, never the other way."""
    record = parts().history.registry.keyring.signer(enrolment.kid)
    if record is None or enrolment.state in {"refused", "revoked"}:
        return enrolment
    state = "revoked" if record.revoked is not None else "approved"
    if state != enrolment.state:
        now = parts().now()
        parts().office.decide_key(enrolment.kid, state, "registry", now)  # type: ignore[arg-type]
        parts().office.note(
            now,
            enrolment.login,
            enrolment.party,
            f"key {state}",
            enrolment.kid,
            old=enrolment.state,
            new=state,
        )
    return enrolment._replace(state=state)  # type: ignore[arg-type]


def standing(enrolment: Enrolment) -> str:
    """What a device's key is good for here: its state, or "lost", or "expired" though the log takes it still."""
    if enrolment.state not in {"requested", "approved"}:
        return enrolment.state
    if enrolment.lost:
        return "lost"
    over = enrolment.state == "approved" and _days_left(enrolment) < 0
    return "expired" if over else enrolment.state


def _days_left(enrolment: Enrolment) -> int:
    if enrolment.expires is None:
        return KEY_DAYS
    return (date.fromisoformat(enrolment.expires) - parts().clock().date()).days


def ends_soon(enrolment: Enrolment) -> bool:
    """Whether a device that signs now has to be enrolled again within two weeks."""
    return standing(enrolment) == "approved" and _days_left(enrolment) <= WARN_DAYS


def note_used(kid: str) -> None:
    """Remember that a device's statement was taken now; once in ten minutes is enough."""
    office, now = parts().office, parts().now()
    known = office.enrolment(kid)
    if known is not None and (known.used is None or known.used[:15] != now[:15]):
        office.note_key_used(kid, now)


def report_lost(account: Account, kid: str, since: str) -> None:
    """Take a device of one's own out of use, missed since a moment (ISO 8601 in UTC; now where empty).

    The end of its key is signed by its party's administrator; in the demo at once.
    """
    asked = parts().office.enrolment(kid)
    if asked is None or asked.login != account.login or standing(current(asked)) not in _LOSABLE:
        raise PageError("This device signs nothing any more")
    moment = _moment(since)
    office, now = parts().office, parts().now()
    office.report_key_lost(kid, moment)
    office.note(now, account.login, account.party, "key reported lost", kid, old=asked.state, new=moment)
    if current(asked).state == "requested":
        office.decide_key(kid, "revoked", account.login, now)  # the log never knew it
    elif is_automatic(account):
        act = end_of(asked._replace(lost=moment))
        _submit(act, approver(account.party, account.role))
        current(asked)


def _moment(text: str) -> str:
    """A moment of the past as claims write it; now where it is empty."""
    now = parts().clock()
    if not text:
        return f"{now:%Y-%m-%dT%H:%M:%S}+00:00"
    try:
        said = datetime.fromisoformat(text)
    except ValueError as error:
        raise PageError("Expected a date and a time, got %(text)s", text=text[:40]) from error
    said = said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)
    if said > now:
        raise PageError("The device cannot be missed since a time that is still to come")
    return f"{said:%Y-%m-%dT%H:%M:%S}+00:00"


def end_of(enrolment: Enrolment) -> bytes:
    """The act that ends a device key: since it was missed, or as retired from now on."""
    reason = "lost" if enrolment.lost else "retired"
    return revocation(enrolment, reason, enrolment.lost or _moment(""))


def refuse(account: Account, kid: str) -> None:
    """Turn down a request of one's own party."""
    asked = parts().office.enrolment(kid)
    if asked is None or asked.party != account.party or asked.state != "requested":
        raise PageError("This request is not open any more")
    now = parts().now()
    parts().office.decide_key(kid, "refused", account.login, now)
    parts().office.note(now, account.login, account.party, "key refused", kid, old="requested", new="refused")
