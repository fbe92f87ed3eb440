"""What stories of the corpus are made of: acts, scans and waiting.

A story is a generator. It reserves its packs, yields `None` once, and from then on whatever happens next;
many stories run at once over the same log, and none sees the others.
"""

from collections.abc import Callable, Generator, Iterator
from typing import NamedTuple, TypeVar

import msgspec

from benchmarks.corpus_garbles import GARBLES
from benchmarks.corpus_trade import Act, Pack, Trade
from benchmarks.world import Member
from traceability.custody.verdict import Scan
from traceability.ledger.station import Station

GARBLED = 0.35
"""Part of the scans that arrive garbled first, before they are scanned once more."""


WHILES = (10, 20, 40, 60, 120, 240, 600)
"""Minutes of waiting to choose from: few, so that many stories move at once."""


class Wait(NamedTuple):
    """Nothing happens for some minutes."""

    minutes: int


class Fake(msgspec.Struct):
    """One seeded forgery, theft or diversion, and what became of it."""

    kind: str
    epc: str
    caught: bool = False
    later: bool = False
    """Caught by what was signed afterwards, not by a scan of its own."""
    green: bool = False
    blocked_is_right: bool = False
    """Whether *blocked* is the truth about it: no more is to be seen of it than that it is used up."""


class Look(NamedTuple):
    """A scan at somebody's place. Without `fake`, and unless it is the `original` of one, it is honest."""

    who: Member
    text: str
    symbology: str
    kind: str
    printed: Scan
    """What the code on the pack says, however it arrives."""
    garble: str = ""
    fake: Fake | None = None
    original: bool = False
    must_block: bool = False
    site: str | None = None
    sender: str | None = None
    from_patient: bool = False
    seconds: int = 0
    """How long after the acts of its moment."""


Op = Act | Look | Wait | None
Story = Iterator[Op]
Tale = Callable[[Trade], Story]
_T = TypeVar("_T", bound=Tale)


class Told(NamedTuple):
    """A story with its weight in the corpus and the scans it has at least."""

    tell: Tale
    weight: int
    scans: int


class Shelf:
    """The stories of one kind, as they are written."""

    def __init__(self) -> None:
        self.stories: list[Told] = []

    def story(self, weight: int, scans: int) -> Callable[[_T], _T]:
        def keep(tell: _T) -> _T:
            self.stories.append(Told(tell, weight, scans))
            return tell

        return keep


def printed(pack: Pack) -> Scan:
    """What the code on a pack says."""
    return Scan(pack.epc, pack.lot.number, pack.lot.expiry)


def look(
    trade: Trade, who: Member, pack: Pack, kind: str, garbled: float = GARBLED, **more: object
) -> Iterator[Look]:
    """Scan a pack by camera or by a keyboard-wedge scanner; what arrives garbled is scanned once more."""
    rng, code, says = trade.rng, pack.code(), printed(pack)
    marked = rng.random() < 0.5
    if rng.random() < garbled:
        name = rng.choice(list(GARBLES))
        sent = "]d2" + code if marked else code
        arrived = GARBLES[name](sent, rng)
        if arrived not in (sent, ""):
            yield Look(who, arrived, "", kind, says, name, **more)  # type: ignore[arg-type]
    if rng.random() < 0.4:
        yield Look(who, code, "]d2", kind, says, **more)  # type: ignore[arg-type]
    else:
        yield Look(who, "]d2" + code if marked else code, "", kind, says, **more)  # type: ignore[arg-type]


def look_at_fake(
    trade: Trade, who: Member, pack: Pack, fake: Fake, garbled: float = GARBLED, **more: object
) -> Iterator[Look]:
    """Scan a fake; where a scan arrives garbled, the person does as told and shows it to the camera."""
    rng, code, says = trade.rng, pack.code(), printed(pack)
    sent = "]d2" + code if rng.random() < 0.5 else code
    if rng.random() < garbled:
        name = rng.choice(list(GARBLES))
        arrived = GARBLES[name](sent, rng)
        if arrived not in (sent, ""):
            yield Look(who, arrived, "", fake.kind, says, name, fake, **more)  # type: ignore[arg-type]
            yield Look(who, code, "]d2", fake.kind, says, "", fake, **more)  # type: ignore[arg-type]
            return
    yield Look(who, sent, "", fake.kind, says, "", fake, **more)  # type: ignore[arg-type]
    if sent == code:
        # Without the mark before the code, a scanner that is set up wrong cannot be told from a forgery.
        yield Look(who, code, "]d2", fake.kind, says, "", fake, **more)  # type: ignore[arg-type]


def soon(trade: Trade, shortest: int = 20, longest: int = 600) -> Wait:
    """A while: long enough to get from one party to another."""
    return Wait(trade.rng.choice([minutes for minutes in WHILES if shortest <= minutes <= longest]))


def offline(trade: Trade, who: Member) -> Generator[Op, None, Station]:
    """Wait for a device of a party that nobody is using; what it signs may be delivered later."""
    while True:
        station = trade.device(who)
        if station is not None:
            return station
        yield Wait(60)


def hand_over(
    trade: Trade, sender: Member, receiver: Member, items: list[Pack | str], **more: object
) -> Iterator[Op]:
    """Ship and, a while later, receive."""
    sent = trade.sign(sender, "shipped", items, to=receiver, **more)  # type: ignore[arg-type]
    yield sent
    yield soon(trade)
    yield trade.sign(receiver, "received", items, sender=sender, ref=[sent.id])


def begin(trade: Trade) -> Iterator[Op]:
    """The packs are reserved; the story begins within three days, at any time of the day."""
    yield None
    yield Wait(240 * trade.rng.randrange(18))
