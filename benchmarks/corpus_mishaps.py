"""What goes wrong in honest work: late data, outages, broken cases, mistakes and their corrections.

Nothing here may ever be shown as *suspect* either.
"""

from benchmarks.corpus_honest import COUNTERS
from benchmarks.corpus_stories import Shelf, Story, begin, hand_over, look, offline, soon
from benchmarks.corpus_trade import CARRIERS, PHARMACIES, WHOLESALERS, Trade

MISHAPS = Shelf()
story = MISHAPS.story


@story(10, 2)
def late_dispatch(trade: Trade) -> Story:
    """The sender is offline; the goods are there before its signature."""
    shop = trade.any((*COUNTERS, *WHOLESALERS))
    abroad = trade.rng.random() < 0.15
    sender = trade.any(WHOLESALERS, shop) if abroad else trade.supplier(shop)
    pack = trade.reserve(sender)
    yield from begin(trade)
    device = yield from offline(trade, sender)
    skew = trade.rng.choice([0, 0, 0, -30, -4, 4])
    kept = trade.sign(sender, "shipped", [pack], device, to=shop, skew=skew)
    yield soon(trade, 20, 60)
    yield from look(trade, shop, pack, "dispatch is late")
    if trade.rng.random() < 0.4:  # received all the same
        yield trade.sign(shop, "received", [pack], sender=sender)
        yield from look(trade, shop, pack, "dispatch is late, received")
    yield soon(trade)
    yield kept
    trade.give_back(sender, device)
    yield from look(trade, shop, pack, "dispatch was late")


@story(5, 1)
def fresh_from_the_line(trade: Trade) -> Story:
    """A wholesaler next door scans what its maker has only just made and shipped, before the data."""
    pack = trade.print("open")
    maker, wholesaler = trade.owner(pack), trade.any(WHOLESALERS)
    yield from begin(trade)
    yield trade.sign(maker, "commissioned", [pack], lot=pack.lot)
    device = yield from offline(trade, maker)
    kept = trade.sign(maker, "shipped", [pack], device, to=wholesaler)
    yield soon(trade, 20, 40)
    yield from look(trade, wholesaler, pack, "dispatch is late")
    yield soon(trade)
    yield kept
    trade.give_back(maker, device)


@story(6, 2)
def late_commissioning(trade: Trade) -> Story:
    """The line is offline: the log has never heard of the pack."""
    pack, shop = trade.print("open"), trade.any(COUNTERS)
    maker = trade.owner(pack)
    yield from begin(trade)
    device = yield from offline(trade, maker)
    kept = trade.sign(maker, "commissioned", [pack], device, lot=pack.lot)
    yield soon(trade)
    yield from look(trade, shop, pack, "commissioning is late")
    received = trade.rng.random() < 0.5
    if received:
        yield trade.sign(shop, "received", [pack])
        yield from look(trade, shop, pack, "commissioning is late, received")
    yield soon(trade)
    yield kept
    trade.give_back(maker, device)
    yield from look(trade, shop, pack, "commissioning was late")


@story(5, 2)
def counter_offline(trade: Trade) -> Story:
    """The counter receives and dispenses without a network, and delivers that later."""
    shop = trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    pack = trade.reserve(wholesaler)
    yield from begin(trade)
    sent = trade.sign(wholesaler, "shipped", [pack], to=shop)
    yield sent
    yield soon(trade)
    yield from look(trade, shop, pack, "on the road")
    device = yield from offline(trade, shop)
    kept = [trade.sign(shop, "received", [pack], device, sender=wholesaler, ref=[sent.id])]
    yield soon(trade)
    kept.append(trade.sign(shop, "dispensed", [pack], device))
    yield from kept
    trade.give_back(shop, device)
    yield from look(trade, shop, pack, "dispensed here earlier", must_block=True)


@story(8, 1)
def opening_stock(trade: Trade) -> Story:
    """On the shelf since before anybody signed."""
    holder, pack = trade.any((*COUNTERS, *WHOLESALERS)), trade.print("open")
    yield from begin(trade)
    if trade.rng.random() < 0.3:
        yield from look(trade, holder, pack, "opening stock, not counted yet")
    yield trade.sign(holder, "received", [pack])
    yield soon(trade)
    yield from look(trade, holder, pack, "opening stock")


@story(5, 2)
def broken_case(trade: Trade) -> Story:
    """Packs go out of a sealed case, and nobody signs that it was opened."""
    shop = trade.any(COUNTERS)
    holder = trade.supplier(shop) if trade.rng.random() < 0.7 else trade.any(COUNTERS, shop)
    _, packs = trade.reserve_case(holder, trade.rng.randint(2, 6))
    yield from begin(trade)
    yield from look(trade, shop, packs[0], "case broken without an unpack")
    yield from look(trade, holder, packs[1], "inside a sealed case")


@story(5, 3)
def misdelivered(trade: Trade) -> Story:
    shop = trade.any(PHARMACIES, country="DE")
    wrong = trade.any(PHARMACIES, shop, country="DE")
    wholesaler = trade.supplier(shop)
    pack = trade.reserve(wholesaler)
    yield from begin(trade)
    sent = trade.sign(wholesaler, "shipped", [pack], to=shop)
    yield sent
    yield soon(trade)
    yield from look(trade, wrong, pack, "misdelivered")
    yield soon(trade)
    yield from look(trade, shop, pack, "on the road")
    yield trade.sign(shop, "received", [pack], sender=wholesaler, ref=[sent.id])
    yield from look(trade, shop, pack, "with you")


@story(4, 2)
def refused_at_the_door(trade: Trade) -> Story:
    shop = trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    pack = trade.reserve(wholesaler)
    yield from begin(trade)
    device = yield from offline(trade, wholesaler)
    sent = trade.sign(wholesaler, "shipped", [pack], device, to=shop)
    late = trade.rng.random() < 0.5
    if not late:
        yield sent
    yield soon(trade)
    yield from look(trade, shop, pack, "refused at the door")
    if late:
        # Nobody has heard of the dispatch: the driver takes the pack back without a signature.
        yield soon(trade)
        yield from look(trade, wholesaler, pack, "came back unsigned")
        yield sent
    else:
        yield trade.sign(shop, "refused", [pack], to=wholesaler, ref=[sent.id])
        yield soon(trade)
        yield from look(trade, wholesaler, pack, "refused, on its way back", must_block=True)
    trade.give_back(wholesaler, device)


@story(4, 2)
def voided(trade: Trade) -> Story:
    """A dispatch is voided; sometimes by mistake, and the goods arrive."""
    shop = trade.any(COUNTERS)
    sender = trade.supplier(shop) if trade.rng.random() < 0.7 else trade.any(COUNTERS, shop)
    pack = trade.reserve(sender)
    yield from begin(trade)
    yield trade.sign(sender, "shipped", [pack], to=shop)
    yield soon(trade)
    by_mistake = sender.role == "wholesaler" and trade.rng.random() < 0.5
    yield trade.sign(sender, "voided", [pack])
    yield from look(trade, shop if by_mistake else sender, pack, "voided dispatch")
    yield soon(trade)
    yield from look(trade, sender, pack, "voided dispatch")


@story(4, 2)
def corrected(trade: Trade) -> Story:
    """The line signed the wrong lot, sees it at once, and corrects it before anything leaves."""
    pack = trade.print("open")
    maker, shop = trade.owner(pack), trade.any(COUNTERS)
    wrong = trade.rng.choice([lot for lot in trade.lots["open"] if lot.gtin == pack.gtin])
    wrong = type(wrong)(wrong.gtin, wrong.number + "X", wrong.expiry)
    yield from begin(trade)
    made = trade.sign(maker, "commissioned", [pack], lot=wrong)
    yield made
    yield soon(trade)
    yield from look(trade, maker, pack, "wrong data at the maker's own line")
    yield trade.correct(maker, made)
    yield from look(trade, maker, pack, "struck commissioning")
    yield trade.sign(maker, "commissioned", [pack], lot=pack.lot)
    yield soon(trade)
    yield from hand_over(trade, maker, shop, [pack])
    yield from look(trade, shop, pack, "corrected data")


@story(3, 1)
def corrected_receipt(trade: Trade) -> Story:
    """It was not in the box after all: it still lies with who sent it."""
    shop = trade.any(COUNTERS)
    wholesaler = trade.supplier(shop)
    pack = trade.reserve(wholesaler)
    yield from begin(trade)
    sent = trade.sign(wholesaler, "shipped", [pack], to=shop)
    yield sent
    yield soon(trade)
    got = trade.sign(shop, "received", [pack], sender=wholesaler, ref=[sent.id])
    yield got
    yield soon(trade)
    yield trade.correct(shop, got)
    yield soon(trade)
    yield from look(trade, wholesaler, pack, "corrected receipt")


@story(4, 1)
def not_in_the_log(trade: Trade) -> Story:
    """A product that nobody registered, or a pack whose maker signs nothing yet and closes no lot."""
    pack = trade.print("open", trade.foreign if trade.rng.random() < 0.5 else None)
    who = trade.any((*COUNTERS, *WHOLESALERS, *CARRIERS))
    yield from begin(trade)
    kind = "unknown product" if pack.gtin == trade.foreign else "lot not closed"
    yield from look(trade, who, pack, kind)
    yield soon(trade)
    yield from look(trade, who, pack, kind)
