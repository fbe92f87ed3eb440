"""The answer to a recall: who has got it, and what became of the packs (rules version 2)."""

from traceability.custody.hearing import Hearing, Refusal


def answer(hearing: Hearing) -> None:
    """A party acknowledges a recall or drill, and says later what became of its packs; custody stays.

    Its quantities are what it has on hand, by class. They are seen by its two sides and the regulator,
    as every terms; the latest answer of a party counts.
    """
    hearing.verify_site()
    registry = hearing.registry
    recall = registry.recalls.get(hearing.core.ref[0]) if len(hearing.core.ref) == 1 else None
    if recall is None:
        raise Refusal(hearing.rule("ref"), "Name the recall in force that this answers.")
    if hearing.statement.items:
        raise Refusal(
            hearing.rule("items"),
            "The answer to a recall gives quantities. Hold its packs with their own act.",
        )
    if recall.closed is not None:
        raise Refusal(hearing.rule("closed"), "This recall was closed on %(when)s.", when=recall.closed)
    counts = hearing.terms.counts
    stated = [one.quantity or 0 for one in hearing.terms.quantityList]
    if counts is not None and counts.onHand != sum(stated):
        raise Refusal(
            hearing.rule("counts"),
            "The packs on hand are said to be %(counts)s in all, and %(classes)s by class. Say the same twice.",
            counts=counts.onHand,
            classes=sum(stated),
        )
    hearing.answer(recall.position)
    hearing.effect.towards = recall.party if recall.party != hearing.iss else None
