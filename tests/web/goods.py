"""Goods in the state that a test wants, made by the stations of the demo's players, without a browser."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import app as composition
from traceability.custody.compose import Ends, compose
from traceability.custody.state import Lot
from traceability.demo import cast
from traceability.ledger.keyfile import KeyFile, new_nonce
from traceability.ledger.sequencer import Outcome
from traceability.ledger.station import Station

EXPIRY = "2031-05-31"
_numbers = count(1)


def stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def station(parts: composition.Parts, player: cast.Player, role: str = "station") -> Station:
    """A key of the player's, with its chain where the log has it."""
    path = next(parts.settings.stations.glob(f"{player.login}-{role}.pem"))
    key = KeyFile.open(path, cast.PASSPHRASE).key
    return Station(key, player.gln, parts.trust.origin, chain=parts.history.chain(key.public.kid), nonce=new_nonce)  # fmt: skip


def said(
    parts: composition.Parts, player: cast.Player, meaning: str, items: list[str], **more: Any
) -> Outcome:
    """Have a player sign an act at its place; it must take effect."""
    signer = station(parts, player)
    composed = compose(meaning, time=stamp(), items=items, site=player.site, signer=player.person, **more)
    outcome = parts.sequencer.submit(signer.sign(composed, stamp()))
    assert outcome.pattern is None, outcome.pattern % outcome.values
    return outcome


def registered(parts: composition.Parts, player: cast.Player, role: str, act: bytes) -> None:
    """Have a key of the player's sign a registry act."""
    outcome = parts.sequencer.submit(station(parts, player, role).register(act, stamp()))
    assert outcome.pattern is None, outcome.pattern % outcome.values


def fresh_lot(expiry: str = EXPIRY) -> Lot:
    """A lot that no other test has."""
    return Lot(cast.AMOXICILLIN, f"T{next(_numbers)}", expiry)


def fresh(
    parts: composition.Parts, holder: cast.Player, amount: int = 1, lot: Lot | None = None
) -> list[str]:
    """New packs of the maker's, with `holder`."""
    lot = lot or fresh_lot()
    packs = cast.packs(lot, next(_numbers) * 1000, amount)
    said(parts, cast.MAKER, "commissioned", packs, lot=lot)
    if holder is not cast.MAKER:
        hand_over(parts, cast.MAKER, holder, packs)
    return packs


def hand_over(
    parts: composition.Parts, sender: cast.Player, receiver: cast.Player, items: list[str], **more: Any
) -> None:
    """Ship and receive, both signed."""
    ends = Ends(sender.gln, receiver.gln, sender.site, receiver.site)
    sent = said(parts, sender, "shipped", items, ends=ends, **more)
    said(parts, receiver, "received", items, ends=ends, ref=[sent.id], **more)


def case_of(parts: composition.Parts, packs: list[str]) -> str:
    """A new case of the maker's with these packs in it."""
    case = cast.sscc(900_000 + next(_numbers))
    said(parts, cast.MAKER, "packed", packs, parent=case)
    return case
