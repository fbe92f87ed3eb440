"""Forgeries, thefts and diversions: every one is to be caught, and none shown green.

A copy that carries everything right is caught by what else is known of the pack: at once where that is
signed already, else by what is signed next. A copy that is shown, first of all, where the original is due
cannot be told by its code; no story here pretends otherwise.
"""

import string
from datetime import date, timedelta

from benchmarks.corpus_honest import COUNTERS
from benchmarks.corpus_stories import (
    Fake,
    Look,
    Shelf,
    Story,
    Wait,
    begin,
    hand_over,
    look,
    look_at_fake,
    printed,
    soon,
)
from benchmarks.corpus_trade import PHARMACIES, WHOLESALERS, Trade
from traceability.custody.state import Lot

FAKES = Shelf()
story = FAKES.story


@story(8, 1)
def unknown_serial(trade: Trade) -> Story:
    """A serial of the right shape that the maker never made, in a closed lot."""
    pack, who = trade.print("good"), trade.any((*COUNTERS, *WHOLESALERS))
    yield from begin(trade)
    yield from look_at_fake(trade, who, pack, Fake("unknown serial of a closed lot", pack.epc))


@story(4, 1)
def serial_in_another_case(trade: Trade) -> Story:
    """A genuine serial with its letters in the other case."""
    holder = trade.any(COUNTERS)
    genuine = trade.reserve(holder)
    forged = genuine._replace(serial=genuine.serial.swapcase())
    who = trade.any(COUNTERS, holder)
    yield from begin(trade)
    if forged.serial == genuine.serial:
        return  # digits alone
    yield from look_at_fake(trade, who, forged, Fake("serial in another case", forged.epc))


@story(8, 1)
def wrong_lot(trade: Trade) -> Story:
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    pack = trade.reserve(holder)
    rng = trade.rng
    others = [lot.number for lot in trade.lots["good"] + trade.lots["open"] if lot.number != pack.lot.number]
    invented = "".join(rng.choices(string.ascii_uppercase + string.digits, k=rng.randint(3, 9)))
    number = rng.choice([*others, invented, invented])
    forged = pack._replace(lot=Lot(pack.gtin, number, pack.lot.expiry))
    yield from begin(trade)
    yield from look_at_fake(trade, holder, forged, Fake("wrong lot", pack.epc))


@story(8, 1)
def wrong_expiry(trade: Trade) -> Story:
    """Longer life than the maker signed; also on what has expired."""
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    pack = trade.reserve(holder, trade.rng.choice(["good", "good", "expired"]))
    later = date.fromisoformat(pack.lot.expiry) + timedelta(days=trade.rng.choice([30, 90, 365, 730]))
    forged = pack._replace(lot=Lot(pack.gtin, pack.lot.number, later.isoformat()))
    yield from begin(trade)
    yield from look_at_fake(trade, holder, forged, Fake("wrong expiry", pack.epc))


@story(8, 1)
def dispensed_elsewhere(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    other = trade.any((*COUNTERS, *WHOLESALERS), shop)
    pack = trade.reserve(shop)
    yield from begin(trade)
    yield trade.sign(shop, "dispensed", [pack])
    yield Wait(trade.rng.choice([0, 10, 60, 1440, 10_080]))
    yield from look_at_fake(trade, other, pack, Fake("dispensed elsewhere", pack.epc))


@story(3, 1)
def copy_after_dispensing(trade: Trade) -> Story:
    """A copy comes to the very counter that has dispensed the original: blocked, as the pack is used up."""
    shop = trade.any(COUNTERS)
    pack = trade.reserve(shop)
    yield from begin(trade)
    yield trade.sign(shop, "dispensed", [pack])
    yield soon(trade)
    fake = Fake("copy of what was dispensed here", pack.epc, blocked_is_right=True)
    yield from look_at_fake(trade, shop, pack, fake)


@story(7, 1)
def stolen(trade: Trade) -> Story:
    """Off the shelf, off the road, or a whole case with everything in it."""
    rng = trade.rng
    victim, fence = trade.any(WHOLESALERS, country="DE"), trade.any(COUNTERS)
    case, packs = trade.reserve_case(victim, 4)
    pack = trade.reserve(victim)
    shop = trade.any(COUNTERS, fence)
    yield from begin(trade)
    way = rng.choice(["shelf", "road", "case"])
    if way == "road":
        yield trade.sign(victim, "shipped", [pack], to=shop)
    yield trade.sign(victim, "stolen", [case if way == "case" else pack])
    yield soon(trade)
    sold = rng.choice(packs) if way == "case" else pack
    yield from look_at_fake(trade, fence, sold, Fake("stolen", sold.epc))


@story(5, 1)
def out_of_trade_elsewhere(trade: Trade) -> Story:
    """Destroyed, sampled, exported or taken back from a patient, and for sale again."""
    shop = trade.any(PHARMACIES)
    other = trade.any(COUNTERS, shop)
    pack = trade.reserve(shop)
    yield from begin(trade)
    way = trade.rng.choice(["destroyed", "sampled", "exported", "taken_back"])
    if way == "taken_back":
        yield trade.sign(shop, "dispensed", [pack])
        yield soon(trade)
    yield trade.sign(shop, way, [pack])
    yield soon(trade)
    yield from look_at_fake(trade, other, pack, Fake("out of trade elsewhere", pack.epc))


@story(8, 1)
def copy_of_what_a_counter_holds(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    other = trade.any(COUNTERS, shop)
    pack = trade.reserve(shop)
    fake = Fake("copy, held by another counter", pack.epc)
    yield from begin(trade)
    yield from look_at_fake(trade, other, pack, fake)
    yield from look(trade, shop, pack, "original of a copy", original=True, seconds=200)


@story(4, 1)
def copy_that_was_received(trade: Trade) -> Story:
    """A counter signs that it has the copy, from whoever brought it, and checks it afterwards."""
    shop = trade.any(COUNTERS)
    other = trade.any(COUNTERS, shop)
    pack = trade.reserve(shop)
    seller = trade.any(WHOLESALERS) if trade.rng.random() < 0.5 else None
    fake = Fake("copy, received by another counter", pack.epc)
    yield from begin(trade)
    yield trade.sign(other, "received", [pack], sender=seller)
    yield soon(trade)
    yield from look_at_fake(trade, other, pack, fake)
    yield from look(trade, shop, pack, "original of a copy", original=True)


@story(6, 1)
def faster_than_travel(trade: Trade) -> Story:
    """Scanned and signed at one end of the country, and minutes later at the other."""
    shop = trade.any(COUNTERS)
    holder = trade.any(WHOLESALERS)
    pack = trade.reserve(holder)
    yield from begin(trade)
    yield trade.sign(holder, "held", [pack])
    yield trade.sign(holder, "released", [pack])
    fake = Fake("copy, faster than travel", pack.epc)
    yield from look_at_fake(trade, shop, pack, fake, seconds=trade.rng.randint(10, 500))


@story(6, 3)
def two_counters_check(trade: Trade) -> Story:
    """Two copies at two counters within minutes; neither signs anything."""
    one = trade.any(COUNTERS)
    two = trade.any(COUNTERS, one)
    known = trade.rng.random() < 0.6
    pack = trade.reserve(trade.any(WHOLESALERS)) if known else trade.print("open")
    fake = Fake("copies at two counters, nothing signed", pack.epc)
    yield from begin(trade)
    yield Look(one, pack.code(), "]d2", fake.kind, printed(pack), "", fake)
    yield Look(
        two, pack.code(), "]d2", fake.kind, printed(pack), "", fake, seconds=trade.rng.randint(20, 500)
    )


@story(6, 1)
def copy_of_what_is_upstream(trade: Trade) -> Story:
    """The original is still with its wholesaler, who ships it days later."""
    shop = trade.any(COUNTERS)
    holder = trade.any(WHOLESALERS)
    pack = trade.reserve(holder)
    rightful = trade.any(COUNTERS, shop)
    fake = Fake("copy, original upstream", pack.epc)
    yield from begin(trade)
    yield from look_at_fake(trade, shop, pack, fake)
    yield soon(trade)
    yield from hand_over(trade, holder, rightful, [pack])
    yield from look(trade, rightful, pack, "original of a copy", original=True)


@story(5, 1)
def copy_of_what_is_sealed(trade: Trade) -> Story:
    """The original is inside a sealed case, out of which it is dispensed or shipped later."""
    shop = trade.any(COUNTERS)
    holder = trade.any((*COUNTERS, *WHOLESALERS), shop)
    _, packs = trade.reserve_case(holder, 4)
    rightful = trade.any(COUNTERS, shop, holder)
    pack = packs[0]
    fake = Fake("copy, original in a sealed case", pack.epc)
    yield from begin(trade)
    yield from look_at_fake(trade, shop, pack, fake)
    yield soon(trade)
    if holder.role == "wholesaler":
        yield trade.sign(holder, "shipped", [pack], to=rightful)
    else:
        yield trade.sign(holder, "dispensed", [pack])


@story(6, 1)
def off_route(trade: Trade) -> Story:
    """Sent to another country, and at a counter here."""
    abroad = trade.any(PHARMACIES, country=trade.rng.choice(["FR", "AT"]))
    shop = trade.any(COUNTERS, country="DE")
    wholesaler = trade.any(WHOLESALERS)
    pack = trade.reserve(wholesaler)
    fake = Fake("off its route, in another market", pack.epc)
    yield from begin(trade)
    yield trade.sign(wholesaler, "shipped", [pack], to=abroad)
    yield soon(trade)
    yield from look_at_fake(trade, shop, pack, fake)


@story(4, 2)
def copy_of_what_is_on_the_road(trade: Trade) -> Story:
    """The original arrives where it should; the copy stays, and is scanned again."""
    rightful = trade.any(COUNTERS, country="DE")
    shop = trade.any(COUNTERS, rightful, country="DE")
    wholesaler = trade.supplier(rightful)
    pack = trade.reserve(wholesaler)
    fake = Fake("copy, original on the road", pack.epc)
    yield from begin(trade)
    sent = trade.sign(wholesaler, "shipped", [pack], to=rightful)
    yield sent
    yield soon(trade)
    yield from look_at_fake(trade, shop, pack, fake)
    yield soon(trade)
    yield trade.sign(rightful, "received", [pack], sender=wholesaler, ref=[sent.id])
    yield soon(trade)
    yield from look_at_fake(trade, shop, pack, fake)
