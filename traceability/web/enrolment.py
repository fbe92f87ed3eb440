"""Device keys: from the browser that made one to the registry statement that makes it count.

A key counts when a `key` statement of its party's administrator is in the log. The administrator's
browser signs it; in the demo the server holds the demo administrators' station keys and signs at once.
"""

import threading

import msgspec

from traceability.proof.keyring import possession_text
from traceability.proof.signing import PublicKey, unb64
from traceability.proof.statement import Submission, draft_registry, sign
from traceability.store.office import Account, Enrolment
from traceability.web.errors import PageError
from traceability.web.parts import parts

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
        key.kid, key.jwk, asked.proof, account.party, account.role, account.login, device, "requested", now
    )
    office.request_key(enrolment)
    office.note(now, account.login, account.party, "key requested", key.kid)
    if is_automatic(account) and current(enrolment).state == "requested":
        _register(enrolment, approver(account.party, account.role))
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
    return msgspec.json.encode(act)


def revocation(enrolment: Enrolment, reason: str, since: str) -> bytes:
    """The `revoke` act that ends a device key."""
    return msgspec.json.encode({"type": "revoke", "kid": enrolment.kid, "reason": reason, "since": since})


def _register(enrolment: Enrolment, signer: str) -> None:
    """Sign and submit the registration with the station key of the party that may."""
    here = parts()
    administrator = here.administrators[signer]
    iat = here.clock().strftime("%Y-%m-%dT%H:%M:%S+00:00")
    # One statement of the station key at a time, or two would claim one place in its chain.
    with _signing:
        chain = here.history.chain(administrator.public.kid)
        draft = draft_registry(here.trust.origin, signer, iat, chain.seq, chain.prev, act_of(enrolment))
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
        parts().office.note(now, enrolment.login, enrolment.party, f"key {state}", enrolment.kid)
    return enrolment._replace(state=state)  # type: ignore[arg-type]


def verify_administrator(account: Account) -> Account:
    """The account, if it administers its party's keys."""
    if account.role != "administrator":
        raise PageError("Device keys are approved by the administrator of your organisation")
    return account


def refuse(account: Account, kid: str) -> None:
    """Turn down a request of one's own party."""
    verify_administrator(account)
    asked = parts().office.enrolment(kid)
    if asked is None or asked.party != account.party or asked.state != "requested":
        raise PageError("This request is not open any more")
    now = parts().now()
    parts().office.decide_key(kid, "refused", account.login, now)
    parts().office.note(now, account.login, account.party, "key refused", kid)
