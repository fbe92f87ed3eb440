"""A lot to which nearly everything happens."""

from supply_chain import AMOX, BRUNNEN, LOT, MAKER, MARKT, NORD, SUED, SupplyChain, pack, sscc

from traceability.custody.state import Lot

NEW = Lot(AMOX, "R1", "2028-06-30")


def eventful(chain: SupplyChain) -> None:
    """Nearly everything that can happen to the packs of a lot."""
    epcs = chain.commission(14)
    pallet = chain.fill(sscc(9), [chain.fill(sscc(1), epcs[:4]), chain.fill(sscc(2), epcs[4:8])])
    sent = chain.ship([pallet], NORD)
    chain.good(chain.act(MAKER, "voided", [pallet], ref=[sent]))
    chain.receive([pallet], NORD, [chain.ship([pallet], NORD)], missing=epcs[:1])
    chain.good(chain.act(NORD, "unpacked", [sscc(1)], parent=pallet))
    chain.good(chain.act(NORD, "held", [sscc(2)]))
    chain.good(chain.act(NORD, "released", [sscc(2)]))
    chain.deliver([epcs[1], epcs[2]], NORD, MARKT)
    sold = chain.good(chain.act(MARKT, "dispensed", [epcs[1]]))
    chain.good(chain.act(MARKT, "undone", [epcs[1]], ref=[sold]))
    chain.good(chain.act(MARKT, "dispensed", [epcs[1]]))
    chain.good(chain.act(BRUNNEN, "taken_back", [epcs[1]]))
    chain.good(chain.act(MARKT, "stolen", [epcs[2]]))
    chain.good(chain.act(NORD, "sampled", [epcs[3]]))
    chain.good(chain.act(NORD, "destroyed", [sscc(2)]))
    chain.receive([epcs[8]], SUED, sender=MAKER)  # nobody handed it over …
    chain.good(chain.act(MAKER, "shipped", [epcs[8]], to=SUED, time=chain.time(minutes=5)))  # … or late
    chain.good(chain.act(MAKER, "repackaged", chain.packs(1, lot=NEW), inputs=[epcs[9]], lot=NEW))
    chain.receive([pack(AMOX, "A1700015")], SUED)  # a sighting before the making
    chain.commission(1, first=15)
    got = chain.receive([epcs[11]], NORD, [chain.ship([epcs[11]], NORD)])
    chain.good(chain.correct(got, NORD))
    wrong = chain.good(chain.act(MAKER, "commissioned", chain.packs(2, first=16), lot=LOT))
    chain.good(chain.correct(wrong, MAKER))
    chain.recall(lots=[LOT])
    chain.good(chain.act(MAKER, "recall_held", [epcs[10]]))
