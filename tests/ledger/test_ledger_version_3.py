"""Rules version 3 in a real store: a lot made right, for who looked before as well, and an audit that agrees."""

from pathlib import Path

import pytest
from replays import replaying
from supply_chain import AMOX, LOT, MAKER, NORD, Signer, SupplyChain, sscc

from traceability.custody.rules import RULES_VERSION
from traceability.custody.state import Lot
from traceability.ledger.audit import audit
from traceability.ledger.history import History
from traceability.ledger.mark import MarkFile

RIGHT = Lot(AMOX, LOT.number, "2028-12-31")


@pytest.mark.parametrize("handed_on", [False, True])
def test_a_lot_made_right_is_so_for_everybody(tmp_path: Path, chain: SupplyChain, *, handed_on: bool) -> None:
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION}))
    epcs = chain.packs(3)
    made = chain.good(chain.act(MAKER, "commissioned", epcs, lot=LOT))
    agreed = []
    if handed_on:
        chain.fill(sscc(1), epcs)
        chain.deliver([sscc(1)], MAKER, NORD)
        agreed = [chain.good(chain.correct(made, NORD))]
    chain.good(chain.correct(made, MAKER, countersigned=agreed))
    chain.good(chain.act(MAKER, "commissioned", epcs, lot=RIGHT))

    def look(history: History) -> None:
        with history.view() as view:
            view.lot(AMOX, LOT.number)

    with replaying(tmp_path, chain) as (store, run):
        history = run(look)
        for one in (history, History(store, chain.trust)):
            with one.view() as view:
                assert view.lot(AMOX, LOT.number) == RIGHT
                item = view.item(epcs[0])
                assert item is not None
                assert item.lot == RIGHT
                assert view.top(item).custodian == (NORD if handed_on else MAKER)
                if handed_on:
                    assert {lot: count.items for lot, count in view.contents(sscc(1)).items()} == {RIGHT: 3}
        assert audit(tmp_path / "ledger.db", chain.trust, MarkFile(tmp_path / "mark", chain.trust.origin))


def test_what_an_expired_key_signed_in_time_arrives_late(tmp_path: Path, chain: SupplyChain) -> None:
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION}))
    device = Signer(MAKER, chain.key("device"))
    act = chain.key_act(device, "operator") | {"expires": chain.time(hours=-1)}
    chain.good(chain.register(chain.signers[MAKER], act))
    epcs = chain.commission(1)
    iat = chain.time()
    chain.wait(hours=100)
    held = chain.good(chain.act(device, "held", epcs, iat=iat, time=iat))
    with replaying(tmp_path, chain) as (_, run):
        with run(lambda _history: None).view() as view:
            fact = view.fact(held.position)
        assert fact is not None
        assert (fact.effect, fact.late) == (True, True)
        assert audit(tmp_path / "ledger.db", chain.trust, MarkFile(tmp_path / "mark", chain.trust.origin))


def test_one_batch_gives_what_single_statements_give(tmp_path: Path, chain: SupplyChain) -> None:
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION}))
    epcs = chain.packs(3)
    made = chain.good(chain.act(MAKER, "commissioned", epcs, lot=LOT))
    chain.fill(sscc(1), epcs)
    chain.deliver([sscc(1)], MAKER, NORD)
    agreed = chain.good(chain.correct(made, NORD))
    chain.good(chain.correct(made, MAKER, countersigned=[agreed]))
    chain.good(chain.act(MAKER, "commissioned", epcs, lot=RIGHT))
    chain.good(chain.act(NORD, "unpacked", epcs[:1], parent=sscc(1)))
    with replaying(tmp_path, chain) as (_, run):
        run(lambda _history: None)
        # The audit replays the log in batches of its own and compares every row.
        assert audit(tmp_path / "ledger.db", chain.trust, MarkFile(tmp_path / "mark", chain.trust.origin))
