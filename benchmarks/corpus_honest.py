"""Honest work, signed as it should be: nothing here may ever be shown as *suspect*."""

from benchmarks.corpus_stories import Shelf, Story, begin, hand_over, look, offline, soon
from benchmarks.corpus_trade import (
    CARRIERS,
    INSTITUTIONS,
    MAKERS,
    PHARMACIES,
    WHOLESALERS,
    Trade,
)

HONEST = Shelf()
story = HONEST.story
COUNTERS = (*PHARMACIES, *INSTITUTIONS)
CHAINS = tuple(member for member in PHARMACIES if member.places)


@story(30, 1)
def with_you(trade: Trade) -> Story:
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    pack = trade.reserve(holder)
    yield from begin(trade)
    yield from look(trade, holder, pack, "with you")


@story(8, 2)
def on_the_road(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    pack = trade.reserve(wholesaler)
    yield from begin(trade)
    sent = trade.sign(wholesaler, "shipped", [pack], to=shop)
    yield sent
    yield soon(trade)
    yield from look(trade, shop, pack, "on the road")
    yield trade.sign(shop, "received", [pack], sender=wholesaler, ref=[sent.id])
    yield from look(trade, shop, pack, "with you")


@story(8, 2)
def double_scan(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    pack = trade.reserve(shop)
    yield from begin(trade)
    yield from look(trade, shop, pack, "with you")
    yield trade.sign(shop, "dispensed", [pack])
    yield from look(trade, shop, pack, "double scan, now", must_block=True, seconds=trade.rng.randint(1, 290))
    yield soon(trade)
    yield from look(trade, shop, pack, "dispensed here earlier", must_block=True)


@story(5, 3)
def returned(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    pack = trade.reserve(shop)
    yield from begin(trade)
    sent = trade.sign(shop, "returned", [pack], to=wholesaler)
    yield sent
    yield soon(trade)
    yield from look(trade, wholesaler, pack, "returned, on the road", must_block=True)
    yield trade.sign(wholesaler, "return_received", [pack], sender=shop, ref=[sent.id])
    yield from look(trade, wholesaler, pack, "returned and held", must_block=True)
    yield soon(trade)
    yield trade.sign(wholesaler, "released", [pack])
    yield from look(trade, wholesaler, pack, "returned and released")


@story(4, 2)
def partly_dispensed(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    pack = trade.reserve(shop)
    yield from begin(trade)
    yield trade.sign(shop, "partly_dispensed", [pack], amount=(7, 14))
    yield from look(trade, shop, pack, "partly dispensed", seconds=60)
    yield soon(trade)
    yield trade.sign(shop, "partly_dispensed", [pack], amount=(14, 0))
    yield soon(trade)
    yield from look(trade, shop, pack, "dispensed here earlier", must_block=True)


@story(4, 2)
def repacked(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    _, packs = trade.reserve_case(wholesaler, 4)
    tote = trade.case_number()
    yield from begin(trade)
    yield trade.sign(wholesaler, "packed", packs[:2], parent=tote)
    yield from look(trade, wholesaler, packs[0], "repacked case")
    yield soon(trade)
    yield from hand_over(trade, wholesaler, shop, [tote])
    yield from look(trade, shop, packs[0], "repacked case")


@story(4, 2)
def moved(trade: Trade) -> Story:
    """Stock goes between places of one party, with and without a signature."""
    holder = trade.any((*CHAINS, *INSTITUTIONS))
    pack = trade.reserve(holder)
    branch = trade.rng.choice(holder.places)
    yield from begin(trade)
    yield from look(trade, holder, pack, "at another place of one's own", site=branch)
    yield soon(trade)
    yield trade.sign(holder, "moved", [pack], site=branch)
    yield from look(trade, holder, pack, "at another place of one's own", site=branch, seconds=30)
    yield from look(trade, holder, pack, "at another place of one's own", site=holder.gln, seconds=90)


@story(3, 2)
def dispensed_to_a_ward(trade: Trade) -> Story:
    clinic = trade.any(INSTITUTIONS)
    pack = trade.reserve(clinic)
    ward = trade.rng.choice(clinic.places)
    yield from begin(trade)
    yield trade.sign(clinic, "dispensed", [pack])
    yield from look(trade, clinic, pack, "dispensed, on the ward", must_block=True, site=ward, seconds=400)
    yield trade.sign(clinic, "moved", [pack], site=ward)
    yield soon(trade)
    yield from look(trade, clinic, pack, "dispensed, on the ward", must_block=True, site=ward)


@story(5, 3)
def lent(trade: Trade) -> Story:
    """Dispensed, undone, lent to a colleague; sometimes all of it signed and delivered in time."""
    lender = trade.any(PHARMACIES, country="DE")
    borrower = trade.any(PHARMACIES, lender, country="DE")
    pack = trade.reserve(lender)
    yield from begin(trade)
    given = trade.sign(lender, "dispensed", [pack])
    yield given
    yield soon(trade, 10, 60)
    yield trade.sign(lender, "undone", [pack], ref=[given.id])
    yield from look(trade, lender, pack, "dispensed and undone")
    yield soon(trade)
    device = yield from offline(trade, lender)
    sent = trade.sign(lender, "shipped", [pack], device, to=borrower)
    late = trade.rng.random() < 0.5
    if not late:
        yield sent
    yield soon(trade, 20, 120)
    if late:
        # Received by hand: the borrower says who brought it.
        yield from look(trade, borrower, pack, "lent, dispatch is late", sender=lender.gln)
        yield trade.sign(borrower, "received", [pack], sender=lender)
        yield from look(trade, borrower, pack, "lent, received before its dispatch")
        yield soon(trade)
        yield sent
    yield from look(trade, borrower, pack, "lent")
    trade.give_back(lender, device)


@story(4, 2)
def from_a_patient(trade: Trade) -> Story:
    shop = trade.any(PHARMACIES)
    taker = shop if trade.rng.random() < 0.5 else trade.any(PHARMACIES, shop)
    pack = trade.reserve(shop)
    yield from begin(trade)
    yield trade.sign(shop, "dispensed", [pack])
    yield soon(trade)
    yield from look(trade, taker, pack, "brought back by a patient", must_block=True, from_patient=True)
    yield trade.sign(taker, "taken_back", [pack])
    yield from look(trade, taker, pack, "taken back", must_block=True)


@story(4, 3)
def by_carrier(trade: Trade) -> Story:
    """A carrier scans what it moves; it may hold it too, and its own data may be late."""
    carrier, shop = trade.any(CARRIERS), trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    pack, other = trade.reserve(wholesaler), trade.reserve(wholesaler)
    yield from begin(trade)
    yield trade.sign(wholesaler, "shipped", [other], to=shop)
    yield from look(trade, carrier, other, "scanned by a carrier", seconds=120)
    yield from hand_over(trade, wholesaler, carrier, [pack])
    yield from look(trade, carrier, pack, "held by a carrier")
    device = yield from offline(trade, carrier)
    sent = trade.sign(carrier, "shipped", [pack], device, to=shop)
    yield from look(trade, shop, pack, "at the door, data is late", seconds=100)
    yield soon(trade)
    yield sent
    trade.give_back(carrier, device)
    yield from look(trade, shop, pack, "on the road")


@story(4, 2)
def dispensed_on_the_road(trade: Trade) -> Story:
    """Dispensing receives what is still on the road."""
    shop = trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    pack = trade.reserve(wholesaler)
    yield from begin(trade)
    yield trade.sign(wholesaler, "shipped", [pack], to=shop)
    yield soon(trade)
    yield trade.sign(shop, "dispensed", [pack])
    yield from look(trade, shop, pack, "double scan, now", must_block=True, seconds=20)
    yield soon(trade)
    yield from look(trade, shop, pack, "dispensed here earlier", must_block=True)


@story(3, 2)
def whole_cases(trade: Trade) -> Story:
    """What was received as one, scanned pack by pack."""
    shop = trade.any(COUNTERS)
    _, packs = trade.reserve_case(shop, 3)
    yield from begin(trade)
    for pack in packs[:2]:
        yield from look(trade, shop, pack, "inside a sealed case")
    yield trade.sign(shop, "dispensed", packs[2:])
    yield soon(trade)
    yield from look(trade, shop, packs[2], "dispensed here earlier", must_block=True)


@story(3, 1)
def made_yesterday(trade: Trade) -> Story:
    """At the maker's own."""
    maker = trade.any(MAKERS)
    pack = trade.print("open")
    while trade.owner(pack) is not maker:
        pack = trade.print("open")
    yield from begin(trade)
    yield trade.sign(maker, "commissioned", [pack], lot=pack.lot)
    yield from look(trade, maker, pack, "with you", seconds=30)
