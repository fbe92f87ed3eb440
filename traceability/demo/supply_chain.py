"""The demo's fortnight: what the players did before a newcomer logs in. Every screen finds something to show."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple

from traceability.custody.state import Lot
from traceability.demo.cast import (
    AMOXICILLIN,
    BRUNNEN,
    IBUPROFEN,
    MAKER,
    MARKT,
    MORPHINE,
    NORDMED,
    STERN,
    SUEDPHARM,
    Player,
    pack,
    packs,
    serial,
    sscc,
)
from traceability.demo.stage import Stage, between
from traceability.proof.merkle import leaf_hash, root
from traceability.proof.signing import b64

CASE = 10
"""Packs in a case."""


class Planned(NamedTuple):
    """An act that will be signed when its time has come."""

    when: datetime
    player: Player
    meaning: str
    items: list[str]
    answers: str | None
    """The item whose last dispatch or dispensing this act answers."""
    more: dict[str, Any]


class Fortnight:
    """Two weeks up to now, told act by act in order of time."""

    def __init__(self, stage: Stage, now: datetime, zone: tzinfo) -> None:
        self.stage = stage
        self.now = now.astimezone(zone)
        self.zone = zone
        self.today = self.now.date()
        self.plan: list[Planned] = []
        # Four lots; the third will be recalled.
        self.a17 = Lot(AMOXICILLIN, "A17", self._expiry(17))
        self.a18 = Lot(AMOXICILLIN, "A18", self._expiry(23))
        self.r02 = Lot(IBUPROFEN, "R02", self._expiry(20))
        self.r03 = Lot(IBUPROFEN, "R03", self._expiry(26))
        self.m01 = Lot(MORPHINE, "M01", self._expiry(30))

    def _expiry(self, months: int) -> str:
        """The last day of a month some months ahead."""
        count = self.today.year * 12 + self.today.month + months
        first = date(count // 12, count % 12 + 1, 1)
        return (first - timedelta(days=1)).isoformat()

    def at(self, day: int, clock: str) -> datetime:
        """A time of day some days before today."""
        return datetime.combine(self.today - timedelta(days=day), time.fromisoformat(clock), self.zone)

    def play(self) -> None:
        """Everything, in order of time."""
        self.make()
        self.first_deliveries()
        self.at_the_counters()
        self.recall()
        self.on_the_road()
        said: dict[str, str] = {}
        for act in sorted(self.plan, key=lambda act: act.when):
            if act.meaning == "registry":
                self.stage.register(act.player, act.more, act.when)
                continue
            ref = {} if act.answers is None else {"ref": [said[act.answers]]}
            done = self.stage.act(act.player, act.meaning, act.when, act.items, **act.more, **ref)
            if act.meaning in {"shipped", "returned", "dispensed"}:
                said |= dict.fromkeys(act.items, done)
        self.stage.flush()

    def act(
        self,
        player: Player,
        meaning: str,
        when: datetime,
        items: list[str],
        *,
        answers: str | None = None,
        **more: Any,
    ) -> None:
        """Plan an act; `answers` is the item whose last handover it answers."""
        self.plan.append(Planned(when, player, meaning, items, answers, more))

    def register(self, player: Player, act: Mapping[str, object], when: datetime) -> None:
        """Plan a registry act."""
        self.plan.append(Planned(when, player, "registry", [], None, dict(act)))

    # At the maker

    def make(self) -> None:
        for lot, count, clock in (
            (self.a17, 120, "08:10"),
            (self.r02, 80, "09:40"),
            (self.a18, 60, "13:05"),
            (self.r03, 40, "15:20"),
            (self.m01, 20, "15:40"),
        ):
            self.act(MAKER, "commissioned", self.at(12, clock), packs(lot, 0, count), lot=lot)
        self.close(self.r03, 40, self.at(12, "16:00"))
        self.fill(self.a17, 0, 12, 1, self.at(11, "08:00"))
        self.fill(self.r02, 0, 8, 21, self.at(11, "09:00"))
        self.fill(self.a18, 0, 2, 41, self.at(11, "10:00"))
        self.fill(self.r03, 0, 4, 51, self.at(11, "11:00"))
        # Six cases of A17 on each of two pallets, four of R02 on a third.
        self.load(range(1, 7), 101, self.at(11, "13:00"))
        self.load(range(7, 13), 102, self.at(11, "13:20"))
        self.load(range(21, 25), 103, self.at(11, "13:40"))
        self.act(
            MAKER, "sampled", self.at(11, "15:00"), [pack(self.a18, 59)], reason="Retained sample of the lot"
        )

    def close(self, lot: Lot, count: int, when: datetime) -> None:
        """Close a lot: from now on an unknown serial of it is suspect."""
        serials = sorted(serial(lot, number) for number in range(count))
        closed = b64(root([leaf_hash(text.encode()) for text in serials]))
        act = {"type": "lot", "gtin": lot.gtin, "lot": lot.number, "count": count, "root": closed}
        self.register(MAKER, act, when)

    def fill(self, lot: Lot, first: int, cases: int, container: int, when: datetime) -> None:
        """Pack cases of ten, one a minute; every pack is scanned."""
        for number in range(cases):
            self.act(
                MAKER,
                "packed",
                when + timedelta(minutes=number),
                packs(lot, first + number * CASE, CASE),
                parent=sscc(container + number),
                disposition="completeness_verified",
            )

    def load(self, cases: range, pallet: int, when: datetime) -> None:
        self.act(MAKER, "packed", when, [sscc(case) for case in cases], parent=sscc(pallet))

    # Handing over

    def hand_over(
        self, sender: Player, receiver: Player, items: list[str], sent: datetime, order: str, hours: float
    ) -> None:
        """Ship and, some hours later, receive sealed."""
        self.ship(sender, receiver, items, sent, order)
        self.act(
            receiver,
            "received",
            sent + timedelta(hours=hours),
            items,
            ends=between(sender, receiver),
            answers=items[0],
            disposition="completeness_inferred",
        )

    def ship(self, sender: Player, receiver: Player, items: list[str], sent: datetime, order: str) -> None:
        orders = [("po", f"urn:epcglobal:cbv:bt:{receiver.gln}:{order}")]
        self.act(sender, "shipped", sent, items, ends=between(sender, receiver), orders=orders)

    def first_deliveries(self) -> None:
        # A controlled medicine, pack by pack: two people destroy it.
        self.hand_over(MAKER, NORDMED, packs(self.m01, 0, 10), self.at(10, "08:30"), "PO-20418", 4.0)
        self.hand_over(NORDMED, MARKT, packs(self.m01, 0, 4), self.at(8, "07:30"), "A-119", 3.0)
        self.hand_over(MAKER, NORDMED, [sscc(101)], self.at(10, "07:30"), "PO-20417", 5.2)
        self.hand_over(MAKER, SUEDPHARM, [sscc(103)], self.at(10, "14:10"), "PO-7731", 20.0)
        self.hand_over(MAKER, SUEDPHARM, [sscc(51), sscc(52)], self.at(9, "11:00"), "PO-7735", 5.5)
        self.act(NORDMED, "unpacked", self.at(9, "16:45"), [], parent=sscc(101))
        self.act(SUEDPHARM, "unpacked", self.at(9, "17:10"), [], parent=sscc(103))
        self.hand_over(NORDMED, MARKT, [sscc(1)], self.at(8, "06:50"), "A-118", 3.4)
        self.hand_over(SUEDPHARM, STERN, [sscc(21)], self.at(8, "12:30"), "S-904", 3.0)
        self.hand_over(SUEDPHARM, MARKT, [sscc(22)], self.at(7, "05:40"), "A-121", 6.1)
        self.hand_over(SUEDPHARM, BRUNNEN, [sscc(51)], self.at(7, "13:00"), "B-077", 2.7)
        # A case arrives one pack short; the receiver names the missing one.
        self.ship(NORDMED, BRUNNEN, [sscc(2)], self.at(6, "07:00"), "B-079")
        self.act(
            BRUNNEN,
            "received",
            self.at(6, "11:20"),
            [sscc(2)],
            ends=between(NORDMED, BRUNNEN),
            answers=sscc(2),
            missing=[pack(self.a17, 13)],
        )
        # Sent by mistake, and taken back before it left.
        self.ship(NORDMED, STERN, [sscc(4)], self.at(6, "12:00"), "S-911")
        self.act(
            NORDMED,
            "voided",
            self.at(6, "12:25"),
            [sscc(4)],
            answers=sscc(4),
            reason="Wrong address on the order",
        )

    # At the counters

    def at_the_counters(self) -> None:
        a17, r02 = self.a17, self.r02
        # Day one at the pharmacy: stock that nobody signed over is a data gap, not a fault.
        old = Lot(IBUPROFEN, "M88", self._expiry(8))
        self.act(
            MARKT,
            "received",
            self.at(8, "17:30"),
            packs(old, 0, 6),
            ends=between(NORDMED, MARKT),
            reason="Opening stock",
        )
        self.act(MARKT, "unpacked", self.at(7, "09:00"), [], parent=sscc(1))
        self.act(STERN, "unpacked", self.at(7, "09:30"), [], parent=sscc(21))
        self.act(MARKT, "dispensed", self.at(6, "09:12"), [pack(a17, 0)])
        self.act(STERN, "dispensed", self.at(6, "10:40"), [pack(r02, 0)])
        self.act(MARKT, "dispensed", self.at(5, "10:02"), [pack(a17, 1), pack(a17, 2)])
        self.act(
            MARKT,
            "undone",
            self.at(5, "10:20"),
            [pack(a17, 2)],
            answers=pack(a17, 2),
            reason="Never left the counter: the patient changed their mind",
        )
        self.act(STERN, "dispensed", self.at(5, "11:15"), [pack(r02, 1), pack(r02, 2)])
        self.act(BRUNNEN, "unpacked", self.at(5, "14:00"), [], parent=sscc(51))
        self.act(
            BRUNNEN, "held", self.at(5, "14:05"), [pack(self.r03, 3)], reason="The seal of the box is damaged"
        )
        self.act(
            MARKT,
            "partly_dispensed",
            self.at(4, "09:30"),
            [pack(a17, 3)],
            amount=(8, 12),
            reason="By the capsule",
        )
        self.act(BRUNNEN, "dispensed", self.at(4, "15:10"), [pack(self.r03, 0), pack(self.r03, 1)])
        self.act(SUEDPHARM, "unpacked", self.at(3, "08:00"), [], parent=sscc(24))
        self.act(SUEDPHARM, "stolen", self.at(3, "08:10"), [pack(r02, 39)], reason="Broken into at night")

    # The recall

    def recall(self) -> None:
        act = {
            "type": "recall",
            "lots": [{"gtin": self.r02.gtin, "lot": self.r02.number}],
            "class": "2",
            "level": "pharmacy",
            "reason": "Tablets may be discoloured: stability test failed",
        }
        self.register(MAKER, act, self.at(2, "14:00"))
        left = packs(self.r02, 3, 7)
        self.act(STERN, "recall_held", self.at(2, "15:30"), left)
        self.act(STERN, "returned", self.at(1, "09:00"), left, ends=between(STERN, SUEDPHARM))

    # Still on the road

    def on_the_road(self) -> None:
        self.ship(SUEDPHARM, BRUNNEN, [sscc(52)], self.at(1, "16:00"), "B-083")
        self.ship(MAKER, NORDMED, [sscc(102)], self.now - timedelta(hours=5), "PO-20466")
        self.ship(NORDMED, MARKT, [sscc(3)], self.now - timedelta(hours=2), "A-130")
