"""Packs that may not be used and are no forgeries: they are *blocked*, and nobody is alarmed."""

from benchmarks.corpus_honest import COUNTERS
from benchmarks.corpus_stories import Shelf, Story, begin, look, soon
from benchmarks.corpus_trade import WHOLESALERS, Trade, recall

BLOCKED = Shelf()
story = BLOCKED.story


@story(6, 1)
def recalled(trade: Trade) -> Story:
    """A lot is recalled; at wholesale level counters may still use it."""
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    level = trade.rng.choice(["wholesale", "pharmacy", "patient"])
    pack = trade.reserve(holder, f"recalled {level}")
    yield from begin(trade)
    stops = level != "wholesale" or holder.role == "wholesaler"
    kind = "recalled" if stops else "recalled for wholesalers, at a counter"
    yield from look(trade, holder, pack, kind, must_block=stops)
    if stops:
        yield soon(trade)
        yield trade.sign(holder, "recall_held", [pack])
        yield from look(trade, holder, pack, "held for a recall", must_block=True)


@story(2, 1)
def recalled_alone(trade: Trade) -> Story:
    holder = trade.any(COUNTERS)
    pack = trade.reserve(holder)
    yield from begin(trade)
    yield trade.register(trade.owner(pack), recall("patient", "Found damaged.", items=[pack.epc]))
    yield from look(trade, holder, pack, "recalled", must_block=True)


@story(2, 1)
def recalled_before_its_data(trade: Trade) -> Story:
    """The log knows of the recall, and not of the pack."""
    pack, shop = trade.print("recalled patient"), trade.any(COUNTERS)
    yield from begin(trade)
    yield from look(trade, shop, pack, "recalled, data is late", must_block=True)
    yield trade.sign(shop, "received", [pack])
    yield from look(trade, shop, pack, "recalled, unmatched", must_block=True)


@story(4, 1)
def expired(trade: Trade) -> Story:
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    pack = trade.reserve(holder, "expired")
    yield from begin(trade)
    yield from look(trade, holder, pack, "expired", must_block=True)


@story(1, 1)
def expired_before_its_data(trade: Trade) -> Story:
    pack, shop = trade.print("expired"), trade.any(COUNTERS)
    yield from begin(trade)
    yield from look(trade, shop, pack, "expired, data is late", must_block=True)


@story(4, 1)
def held(trade: Trade) -> Story:
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    pack = trade.reserve(holder)
    yield from begin(trade)
    yield trade.sign(holder, "held", [pack])
    yield from look(trade, holder, pack, "held", must_block=True, seconds=60)
    yield soon(trade)
    yield trade.sign(holder, "released", [pack])
    yield from look(trade, holder, pack, "held and released")


@story(2, 1)
def lost_and_found(trade: Trade) -> Story:
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    pack = trade.reserve(holder)
    yield from begin(trade)
    yield trade.sign(holder, "lost", [pack])
    yield soon(trade)
    yield from look(trade, holder, pack, "lost and found", must_block=True)
    yield trade.sign(holder, "found", [pack])
    yield from look(trade, holder, pack, "lost and found", must_block=True)


@story(2, 1)
def out_of_trade(trade: Trade) -> Story:
    """Sampled or decommissioned in one's own hands."""
    holder = trade.any((*COUNTERS, *WHOLESALERS))
    pack = trade.reserve(holder)
    yield from begin(trade)
    yield trade.sign(holder, trade.rng.choice(["sampled", "decommissioned"]), [pack])
    yield soon(trade)
    yield from look(trade, holder, pack, "out of trade", must_block=True)
