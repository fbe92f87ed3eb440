"""What each registry statement is about: whom, which place, key, product, lot or item it names."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from traceability.proof import ProofError
from traceability.proof.signing import PublicKey, b64
from traceability.proof.statement import RegistryClaims, Statement

# Members that name a party, a place or a key by one text; those that name products and items by many.
_ONE = ("gln", "party", "owner", "to", "kid", "recall")
_MANY = ("sites", "products", "items")


class Registered(NamedTuple):
    """A registry statement, and what it names: GLNs, thumbprints, GTINs, "GTIN/lot", EPCs, statement ids."""

    position: int
    id: str
    kind: str
    party: str
    kid: str
    effect: bool
    names: frozenset[str]


def registered(position: int, statement: Statement, *, effect: bool) -> Registered:
    """What a registry statement at a position is about."""
    claims = statement.claims
    raw = bytes(claims.act) if isinstance(claims, RegistryClaims) else b"{}"
    act: dict[str, Any] = msgspec.json.decode(raw)
    names = frozenset(one for one in _named(act) if isinstance(one, str))
    kind = str(act.get("type", ""))
    return Registered(position, b64(statement.digest), kind, claims.iss, statement.kid, effect, names)


def _named(act: dict[str, Any]) -> Iterator[object]:
    for name in _ONE:
        yield act.get(name)
    for name in _MANY:
        found = act.get(name)
        yield from found if isinstance(found, list) else ()
    lots = act.get("lots")
    for one in [act, *(lots if isinstance(lots, list) else ())]:
        if isinstance(one, dict) and "gtin" in one:
            yield f"{one['gtin']}/{one['lot']}" if "lot" in one else one["gtin"]
    if act.get("type") == "key" and isinstance(act.get("jwk"), dict):
        yield _thumbprint(act["jwk"])


def _thumbprint(jwk: dict[str, Any]) -> str | None:
    try:
        return PublicKey.from_jwk(str(jwk.get("x")), str(jwk.get("y"))).kid
    except ProofError:
        return None
