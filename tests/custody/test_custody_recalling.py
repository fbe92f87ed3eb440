"""A recall from its notice to its end: answered by every holder, closed, lifted; a drill blocks nothing."""

import pytest
from supply_chain import AMOX, LOT, MAKER, MARKT, NORD, REGULATOR, SUED, Outcome, SupplyChain

from traceability.custody.rules import RULES_VERSION

CLASS = f"https://id.gs1.org/01/{AMOX}/10/A17"
COUNTS = {"onHand": 3, "returned": 1, "destroyed": 0, "dispensed": 2, "missing": 0}


@pytest.fixture
def chain(chain: SupplyChain) -> SupplyChain:
    chain.good(chain.register(chain.authority, {"type": "rules", "version": RULES_VERSION}))
    return chain


def called(chain: SupplyChain, party: str = MAKER, **more: object) -> Outcome:
    act = {
        "type": "recall",
        "lots": [{"gtin": AMOX, "lot": "A17"}],
        "class": "2",
        "level": "pharmacy",
        "reason": "Wrong leaflet.",
        "instructions": "Hold what you have and send it back.",
        "contact": "quality@maker.example",
    }
    return chain.good(chain.register(chain.signers[party], act | more))


def answer(chain: SupplyChain, party: str, recall: Outcome, **more: object) -> Outcome:
    return chain.act(party, "recall_answered", ref=[recall], quantities=[(CLASS, 3)], **more)


def rule(outcome: Outcome) -> str:
    assert outcome.rule is not None
    return outcome.rule


def test_an_answer_goes_to_the_issuer_and_leaves_custody_alone(chain: SupplyChain) -> None:
    epcs = chain.commission(3)
    recall = called(chain)
    before = dict(chain.world.items)
    said = chain.good(answer(chain, MARKT, recall, counts=COUNTS))
    assert said.fact is not None
    assert (said.fact.counterparty, said.fact.ref) == (MAKER, (recall.position,))
    assert chain.world.items == before
    assert chain.world.items[epcs[0]].custodian == MAKER
    kept = chain.world.registry.recalls[recall.id]
    assert (kept.instructions, kept.contact) == (
        "Hold what you have and send it back.",
        "quality@maker.example",
    )


def test_an_answer_names_one_recall_in_force_and_gives_quantities(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    recall = called(chain)
    nothing = chain.good(chain.act(MAKER, "held", epcs))
    assert rule(answer(chain, MARKT, nothing)) == "recall-answer.ref"
    named = chain.act(MARKT, "recall_answered", epcs, ref=[recall], quantities=[(CLASS, 1)])
    assert rule(named) == "recall-answer.items"
    wrong = answer(chain, MARKT, recall, counts=COUNTS | {"onHand": 4})
    assert rule(wrong) == "recall-answer.counts"
    silent = chain.act(MARKT, "recall_answered", ref=[recall])
    assert rule(silent) == "recall-answer.nothing"


def test_only_an_answer_has_counts(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    refused = chain.act(MAKER, "held", epcs, counts=COUNTS)
    assert "counts" in str(refused.refusal)


def test_a_closed_recall_takes_no_answers_and_still_blocks(chain: SupplyChain) -> None:
    epcs = chain.commission(1)
    recall = called(chain)
    closed = {"type": "recall_closed", "recall": recall.id, "reason": "Two packs stay missing."}
    assert "who issued it" in str(chain.register(chain.signers[NORD], closed).refusal)
    chain.good(chain.register(chain.signers[MAKER], closed))
    assert "already" in str(chain.register(chain.signers[MAKER], closed).refusal)
    assert rule(answer(chain, MARKT, recall)) == "recall-answer.closed"
    assert chain.act(MAKER, "shipped", epcs, to=NORD).rule is not None
    kept = chain.world.registry.recalls[recall.id]
    assert (kept.closing, kept.closed is not None) == ("Two packs stay missing.", True)


def test_a_lifted_recall_is_remembered_as_it_stood(chain: SupplyChain) -> None:
    recall = called(chain)
    chain.good(chain.lift(recall))
    registry = chain.world.registry
    assert recall.id not in registry.recalls
    assert registry.lifted[recall.id].reason == "Wrong leaflet."
    assert rule(answer(chain, MARKT, recall)) == "recall-answer.ref"


def test_a_drill_blocks_nothing_and_is_answered(chain: SupplyChain) -> None:
    epcs = chain.commission(2)
    drill = called(chain, REGULATOR, drill=True)
    chain.good(chain.act(MAKER, "shipped", epcs, to=SUED))
    assert chain.world.registry.recalls[drill.id].drill
    assert not chain.world.registry.recalls_of(epcs[0], LOT)
    said = chain.good(answer(chain, SUED, drill))
    assert said.fact is not None
    assert said.fact.counterparty == REGULATOR


def test_an_issuer_answers_for_itself(chain: SupplyChain) -> None:
    said = chain.good(answer(chain, MAKER, called(chain)))
    assert said.fact is not None
    assert said.fact.counterparty is None


def test_old_rules_do_not_know_the_answer() -> None:
    old = SupplyChain()
    recall = called(old)
    assert rule(answer(old, MARKT, recall)) == "act.unknown"
