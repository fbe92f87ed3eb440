"""A medicines trade with a clock, for the corpus: parties, packs on their shelves, devices that go offline.

Stories reserve the packs that they are about; `Trade.stock_up` then gives every one of them the signed past
that brings it to its shelf, some weeks before the corpus begins.
"""

import string
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from benchmarks.world import Member, World, found, sscc, verify_effect
from traceability.custody.compose import Composed, Ends, compose, correction
from traceability.custody.state import Lot
from traceability.gs1.key_types import Gtin, Sgtin
from traceability.ledger.sequencer import Sequencer
from traceability.ledger.station import Station

GS = "\x1d"
BEGIN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When the first story may begin; what is on the shelves got there in the month before."""
ORDERS = (
    ("01", "21", "17", "10"),
    ("01", "17", "10", "21"),
    ("01", "21", "10", "17"),
    ("01", "10", "17", "21"),
)


def checked(digits: str) -> str:
    """Digits with their GS1 check digit."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return f"{digits}{-total % 10}"


def gln(number: int) -> str:
    return checked(f"9521321{number:05}")


def _places(number: int, count: int) -> tuple[str, ...]:
    return tuple(gln(number + place) for place in range(1, count + 1))


MAKERS = tuple(Member(gln(100 + 10 * n), "maker") for n in range(4))
WHOLESALERS = tuple(
    Member(gln(200 + 10 * n), "wholesaler", country)
    for n, country in enumerate(("DE", "DE", "DE", "AT", "AT", "FR", "FR"))
)
PHARMACIES = (
    *(Member(gln(300 + 10 * n), "pharmacy") for n in range(8)),
    *(Member(gln(400 + 10 * n), "pharmacy", "DE", _places(400 + 10 * n, 2)) for n in range(2)),
    *(Member(gln(420 + 10 * n), "pharmacy", "FR", zone="Europe/Paris") for n in range(2)),
    Member(gln(440), "pharmacy", "AT", zone="Europe/Vienna"),
)
INSTITUTIONS = tuple(
    Member(gln(500 + 10 * n), "institution", "DE", _places(500 + 10 * n, 3)) for n in range(3)
)
CARRIERS = tuple(Member(gln(600 + 10 * n), "carrier") for n in range(2))
TRADERS = (*MAKERS, *WHOLESALERS, *PHARMACIES, *INSTITUTIONS, *CARRIERS)
ZONES = ("+00:00", "+01:00", "+02:00", "-01:00")


class Pack(NamedTuple):
    """A pack as it is printed; `order` is that of the AIs in its code."""

    gtin: str
    serial: str
    lot: Lot
    order: tuple[str, ...]

    @property
    def epc(self) -> str:
        return Sgtin(Gtin(self.gtin), self.serial).uri

    def code(self) -> str:
        """What a scanner sends after the symbology mark."""
        values = {"01": self.gtin, "21": self.serial, "10": self.lot.number}
        values["17"] = self.lot.expiry[2:].replace("-", "")
        said = [ai + values[ai] + (GS if ai in ("21", "10") else "") for ai in self.order]
        return "".join(said).removesuffix(GS)


class Act(NamedTuple):
    """A signed statement on its way to the log."""

    raw: bytes
    id: str
    composed: Composed | None = None


class Trade:
    """The parties at work. `rng` decides everything that the seed should decide."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = Random(seed)
        self.moment = BEGIN - timedelta(days=40)
        self.world: World = found(folder, TRADERS, lambda: self.moment)
        self._shelves: dict[tuple[Member, str], list[Pack]] = {}
        self._cases: list[tuple[Member, str, list[Pack]]] = []
        self._serials: set[str] = set()
        self._numbers = iter(range(10**9))
        self._free: dict[str, list[Station]] = {}
        self.gtins = [checked(f"0952132110{n:03}") for n in range(len(MAKERS))]
        self.foreign = checked("0952132119900")
        """A product that nobody has registered."""
        self.lots = {kind: [self._lot(n, days) for n in range(4)] for kind, days in _SHELF_LIFE.items()}

    def _lot(self, maker: int, days: int) -> Lot:
        rng = self.rng
        letters = rng.choice([string.ascii_uppercase, string.digits, string.ascii_letters])
        number = "".join(
            rng.choices(letters, k=rng.randint(1, 3)) + rng.choices(string.digits, k=rng.randint(3, 6))
        )
        day = BEGIN + timedelta(days=days + (rng.randrange(300) if days > 100 else 0))
        return Lot(self.gtins[maker], number, f"{day:%Y-%m-%d}")

    # Parties and clock

    def any(self, members: Iterable[Member], *but: Member | str, country: str | None = None) -> Member:
        """One of some parties, but not these, in a country if one is named."""
        fit = [one for one in members if one not in but and country in (None, one.country)]
        return self.rng.choice(fit)

    def supplier(self, member: Member) -> Member:
        """A wholesaler of the party's own country."""
        return self.any(WHOLESALERS, member, country=member.country)

    def owner(self, pack: Pack) -> Member:
        """The maker of a pack."""
        return MAKERS[self.gtins.index(pack.gtin)]

    def time(self, **ago: float) -> str:
        """Now, or so long ago, in one of the zones of the trade."""
        zone = self.rng.choice(ZONES)
        sign = -1 if zone[0] == "-" else 1
        moment = self.moment - timedelta(**ago) + timedelta(hours=sign * int(zone[1:3]))
        return f"{moment:%Y-%m-%dT%H:%M:%S}{zone}"

    # Packs

    def print(self, lots: str = "good", gtin: str | None = None) -> Pack:
        """A pack that nobody has commissioned yet."""
        lot = self.rng.choice(self.lots[lots])
        gtin = gtin or lot.gtin
        return Pack(gtin, self._serial(lot.gtin), Lot(gtin, lot.number, lot.expiry), self.rng.choice(ORDERS))

    def _serial(self, gtin: str) -> str:
        style, rng = self.gtins.index(gtin), self.rng
        while True:
            if style == 0:
                serial = "".join(rng.choices("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=14))
            elif style == 1:
                serial = "".join(rng.choices(string.digits, k=13))
            elif style == 2:
                serial = "".join(rng.choices(string.ascii_letters + string.digits, k=rng.randint(10, 18)))
            else:  # consecutive, so that any slip makes a neighbour
                serial = f"{700_000_000 + len(self._serials):012}"
            if serial not in self._serials:
                self._serials.add(serial)
                return serial

    def reserve(self, holder: Member, lots: str = "good") -> Pack:
        """A pack that will lie on a party's shelf, where its own code was scanned."""
        pack = self.print(lots)
        self._shelves.setdefault((holder, pack.gtin), []).append(pack)
        return pack

    def reserve_case(self, holder: Member, packs: int, lots: str = "good") -> tuple[str, list[Pack]]:
        """A sealed case that a party will have, received as one: its contents are inferred."""
        first = self.print(lots)
        filled = [first]
        while len(filled) < packs:
            pack = self.print(lots)
            if pack.gtin == first.gtin:
                filled.append(pack)
        case = self.case_number()
        self._cases.append((holder, case, filled))
        return case, filled

    def case_number(self) -> str:
        return sscc(next(self._numbers))

    # Signing

    def sign(
        self,
        who: Member,
        meaning: str,
        items: Iterable[Pack | str],
        station: Station | None = None,
        **more: object,
    ) -> Act:
        """An act of a party, now and at its first place unless `site`, `ago` (hours) or `skew` (minutes its
        clock is wrong) say otherwise; `to` and `sender` name the other side."""
        details: dict[str, object] = dict(more)
        ago, skew = details.pop("ago", 0), details.pop("skew", 0)
        to, sender, site = details.pop("to", None), details.pop("sender", None), details.pop("site", who.gln)
        if isinstance(to, Member):
            details["ends"] = Ends(who.gln, to.gln, str(site), to.gln)
        if isinstance(sender, Member):
            details["ends"] = Ends(sender.gln, who.gln, None, str(site))
        time = self.time(hours=float(str(ago)), minutes=-float(str(skew)))
        epcs = [one.epc if isinstance(one, Pack) else one for one in items]
        composed = compose(meaning, time=time, site=str(site), items=epcs, **details)  # type: ignore[arg-type]
        at_work = station or self.world.stations[who.gln]
        raw = at_work.sign(composed, self.time(minutes=-float(str(skew))))
        return Act(raw, at_work.chain.prev, composed)

    def correct(self, who: Member, act: Act) -> Act:
        """Strike an act of one's own."""
        if act.composed is None:
            raise ValueError(act.id)
        station = self.world.stations[who.gln]
        fixed = correction(act.composed, act.id, time=self.time())
        return Act(station.sign(fixed, self.time()), station.chain.prev, fixed)

    def register(self, who: Member, act: dict[str, object]) -> Act:
        """A registry statement of a party."""
        station = self.world.stations[who.gln]
        raw = station.register(msgspec.json.encode(act), self.time())
        return Act(raw, station.chain.prev)

    def device(self, who: Member) -> Station | None:
        """A device of a party whose statements may be kept back, since its chain is its own; None while
        all are busy."""
        free = self._free.setdefault(who.gln, [])
        return free.pop() if free else None

    def give_back(self, who: Member, station: Station) -> None:
        """A device that has delivered everything."""
        self._free[who.gln].append(station)

    # The past

    def stock_up(self, sequencer: Sequencer, devices: int) -> None:
        """Sign the past of everything reserved, and register some devices of every party."""
        for member in TRADERS:
            self._free[member.gln] = self.world.operators(member.gln, devices)
        for days, acts in ((35, self._products), (30, self._making), (20, self._to_wholesalers)):
            self.moment = BEGIN - timedelta(days=days)
            self._admit(sequencer, acts())
        self.moment = BEGIN - timedelta(days=10)
        self._admit(sequencer, self._to_counters())
        self.moment = BEGIN - timedelta(days=5)
        self._admit(sequencer, self._closings())
        self.moment = BEGIN

    def _admit(self, sequencer: Sequencer, acts: Iterable[Act]) -> None:
        verify_effect(sequencer.submit_many([act.raw for act in acts]))

    def _products(self) -> Iterator[Act]:
        for maker, gtin in zip(MAKERS, self.gtins, strict=True):
            yield self.register(
                maker, {"type": "product", "gtin": gtin, "name": f"Product {gtin}", "owner": maker.gln}
            )

    def _making(self) -> Iterator[Act]:
        made: dict[Lot, list[Pack]] = {}
        for pack in (
            *(one for shelf in self._shelves.values() for one in shelf),
            *(p for c in self._cases for p in c[2]),
        ):
            made.setdefault(pack.lot, []).append(pack)
        for lot, packs in made.items():
            for some in _some(packs, 500):
                yield self.sign(self.owner(some[0]), "commissioned", some, lot=lot)
        for _, case, packs in self._cases:
            yield self.sign(self.owner(packs[0]), "packed", packs, parent=case)

    def _handed(self, sender: Member, receiver: Member, items: list[Pack | str]) -> Iterator[Act]:
        for some in _some(items, 200):
            sent = self.sign(sender, "shipped", some, to=receiver)
            yield sent
            yield self.sign(receiver, "received", some, sender=sender, ref=[sent.id])

    def _moves(self) -> dict[tuple[Member, Member], list[Pack | str]]:
        """What goes from which maker to which holder: packs one by one, cases as a whole."""
        found: dict[tuple[Member, Member], list[Pack | str]] = {}
        for (holder, _), packs in self._shelves.items():
            found.setdefault((self.owner(packs[0]), holder), []).extend(packs)
        for holder, case, packs in self._cases:
            found.setdefault((self.owner(packs[0]), holder), []).append(case)
        return {ends: items for ends, items in found.items() if ends[0] is not ends[1]}

    def _to_wholesalers(self) -> Iterator[Act]:
        self._route = {ends: self._first_stop(ends[1]) for ends in self._moves()}
        for ends, items in self._moves().items():
            yield from self._handed(ends[0], self._route[ends], items)

    def _first_stop(self, holder: Member) -> Member:
        return holder if holder.role == "wholesaler" else self.supplier(holder)

    def _to_counters(self) -> Iterator[Act]:
        for ends, items in self._moves().items():
            if self._route[ends] is not ends[1]:
                yield from self._handed(self._route[ends], ends[1], items)

    def _closings(self) -> Iterator[Act]:
        for lot in self.lots["good"]:
            yield self.register(
                MAKERS[self.gtins.index(lot.gtin)],
                {"type": "lot", "gtin": lot.gtin, "lot": lot.number, "count": 1, "root": "A" * 43},
            )
        for level in ("wholesale", "pharmacy", "patient"):
            for lot in self.lots[f"recalled {level}"]:
                yield self.register(
                    MAKERS[self.gtins.index(lot.gtin)], recall(level, "Wrong leaflet.", lots=[lot])
                )


def recall(level: str, reason: str, **named: object) -> dict[str, object]:
    """A recall of lots or single packs as the registry knows it."""
    lots, items = named.get("lots"), named.get("items")
    act: dict[str, object] = {"type": "recall"}
    if isinstance(lots, list):
        act["lots"] = [{"gtin": lot.gtin, "lot": lot.number} for lot in lots]
    if isinstance(items, list):
        act["items"] = items
    return {**act, "class": "2", "level": level, "reason": reason}


_SHELF_LIFE = {
    "good": 400,
    "open": 400,
    "expired": -1,
    "recalled wholesale": 400,
    "recalled pharmacy": 400,
    "recalled patient": 400,
}
"""Days that the lots of a kind are good for, from the beginning of the corpus."""


def _some(items: list, size: int) -> Iterator[list]:  # type: ignore[type-arg]
    return (items[start : start + size] for start in range(0, len(items), size))
