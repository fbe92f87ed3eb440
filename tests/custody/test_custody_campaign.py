"""Who was told, who answered, and whether every pack is accounted for."""

from supply_chain import AMOX, BRUNNEN, LOT, MAKER, MARKT, NORD, SupplyChain

from traceability.custody.campaign import Answer, Campaign, campaign
from traceability.custody.recall import Alike, balance
from traceability.epcis.parts import Counts

NOW = "2026-11-25T08:00:00Z"
TOLD = ("2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z")


def answer(party: str, position: int, counts: Counts | None = None, on_hand: int = 0) -> Answer:
    return Answer(party, position, f"S{position}", NOW, on_hand, counts)


def made(chain: SupplyChain, answers: list[Answer], told: dict[str, tuple[str, str]]) -> Campaign:
    called = chain.recall(lots=[LOT])
    recall = chain.world.registry.recalls[called.id]
    found = balance(map(Alike.of, chain.world.lot_trace(AMOX, "A17")))
    return campaign(recall, [found], answers, told, NOW)


def delivered(chain: SupplyChain) -> None:
    """Ten packs: two with the maker, three at NORD, five at MARKT of which two are dispensed."""
    epcs = chain.commission(10)
    chain.deliver(epcs[2:], MAKER, NORD)
    chain.deliver(epcs[5:], NORD, MARKT)
    chain.good(chain.act(MARKT, "dispensed", epcs[8:]))


def test_silence_accounts_for_what_signed_acts_say_alone(chain: SupplyChain) -> None:
    delivered(chain)
    found = made(chain, [], {NORD: TOLD})
    states = {holder.party: holder.state(NOW) for holder in found.holders}
    assert states == {MAKER: "issuer", NORD: "overdue", MARKT: "untold"}
    assert found.holders[0].party == NORD
    assert (found.packs, found.accounted, found.whole) == (10, 2 + 2, False)


def test_a_report_accounts_for_its_packs(chain: SupplyChain) -> None:
    delivered(chain)
    answers = [
        answer(NORD, 20),
        answer(MARKT, 21, Counts(3, 0, 0, 2, 0)),
        answer(NORD, 22, Counts(2, 0, 0, 0, 1)),
    ]
    found = made(chain, answers, {NORD: TOLD, MARKT: TOLD})
    nord = next(holder for holder in found.holders if holder.party == NORD)
    assert nord.state(NOW) == "reported"
    assert nord.acknowledged == answers[0]
    assert nord.reported == answers[2]
    assert nord.accounted == 2
    assert found.accounted == 9
    again = made(chain, [*answers, answer(NORD, 23, Counts(3, 0, 0, 0, 0))], {NORD: TOLD, MARKT: TOLD})
    assert again.whole


def test_no_report_accounts_for_more_than_there_is(chain: SupplyChain) -> None:
    delivered(chain)
    found = made(chain, [answer(NORD, 20, Counts(300, 0, 0, 0, 0))], {})
    assert found.accounted == 2 + 3 + 2


def test_whoever_was_told_is_listed_with_nothing(chain: SupplyChain) -> None:
    delivered(chain)
    found = made(chain, [answer(BRUNNEN, 20)], {BRUNNEN: TOLD})
    brunnen = next(holder for holder in found.holders if holder.party == BRUNNEN)
    assert (brunnen.state(NOW), brunnen.packs) == ("acknowledged", 0)
