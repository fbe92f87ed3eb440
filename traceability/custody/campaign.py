"""The campaign of a recall: who was told, who answered, and whether every pack is accounted for.

Pure: balances come from `custody.recall`, answers from the log, times as text with their zone.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from traceability.custody.recall import MISSING, Balance
from traceability.custody.registry import Recall
from traceability.custody.times import seconds
from traceability.epcis.parts import Counts

HOURS: dict[str, int] = {"1": 24, "2": 48, "3": 120}
"""Hours in which a holder acknowledges a recall of each class: at once, within 48 hours, within five days
(MHRA, "A Guide to Defective Medicinal Products", classification of defects)."""

SETTLED = ("dispensed", "returned", "destroyed", "sampled")
"""Parts of a balance whose packs need no answer: signed acts say what became of them."""


class Answer(NamedTuple):
    """One signed answer of a party to a recall."""

    party: str
    position: int
    id: str
    admitted: str
    on_hand: int
    counts: Counts | None
    """What became of its packs; None where it only acknowledged."""


class Holder(msgspec.Struct, frozen=True):
    """A party in a campaign: what the log says it has, and what it answered."""

    party: str
    parts: Mapping[str, int]
    notified: str | None
    """When it was told (UTC); None while nobody has told it."""
    due: str | None
    """By when it should have answered (UTC)."""
    acknowledged: Answer | None
    """Its first answer."""
    reported: Answer | None
    """Its latest answer that says what became of its packs."""
    issuer: bool = False
    """The issuer is told by itself and needs no answer."""

    @property
    def packs(self) -> int:
        """All that the log knows with it."""
        return sum(self.parts.values())

    @property
    def open(self) -> int:
        """Packs that only its answer can account for."""
        return sum(count for part, count in self.parts.items() if part not in SETTLED)

    @property
    def accounted(self) -> int:
        """Packs of it that are accounted for."""
        settled = self.packs - self.open
        if self.issuer:
            return self.packs - sum(self.parts.get(part, 0) for part in MISSING)
        if self.reported is None or self.reported.counts is None:
            return settled
        counts = self.reported.counts
        told = counts.onHand + counts.returned + counts.destroyed + counts.dispensed
        return settled + min(self.open, max(0, told - settled))

    def state(self, now: str) -> str:
        """issuer, reported, acknowledged, overdue, silent (told, still in time) or untold."""
        if self.issuer:
            return "issuer"
        if self.reported is not None:
            return "reported"
        if self.acknowledged is not None:
            return "acknowledged"
        if self.notified is None:
            return "untold"
        return "overdue" if self.due is not None and seconds(now) > seconds(self.due) else "silent"


class Campaign(msgspec.Struct, frozen=True):
    """A recall with all its holders, those that need attention first."""

    packs: int
    nobody: int
    """Packs that no party has: made and never seen, or lost track of."""
    holders: tuple[Holder, ...]

    @property
    def accounted(self) -> int:
        """Packs that are accounted for."""
        return sum(holder.accounted for holder in self.holders)

    @property
    def whole(self) -> bool:
        """Whether every pack is accounted for, so that the campaign may close without a reason."""
        return self.accounted == self.packs


_ORDER = ("overdue", "untold", "silent", "acknowledged", "reported", "issuer")


def campaign(
    recall: Recall,
    balances: Iterable[Balance],
    answers: Iterable[Answer],
    told: Mapping[str, tuple[str, str]],
    now: str,
) -> Campaign:
    """Put a campaign together; `told` gives when each party was notified and is due (UTC)."""
    parts: dict[str | None, dict[str, int]] = {None: {}}
    packs = 0
    for balance in balances:
        packs += balance.packs
        for one in balance.holders:
            sums = parts.setdefault(one.party, {})
            for part, count in one.parts.items():
                sums[part] = sums.get(part, 0) + count
    first: dict[str, Answer] = {}
    latest: dict[str, Answer] = {}
    for answer in sorted(answers, key=lambda answer: answer.position):
        first.setdefault(answer.party, answer)
        if answer.counts is not None:
            latest[answer.party] = answer
    nobody = parts.pop(None)
    parties = sorted({*(party for party in parts if party is not None), *first, *told})
    holders = [
        Holder(
            party=party,
            parts=parts.get(party, {}),
            notified=told[party][0] if party in told else None,
            due=told[party][1] if party in told else None,
            acknowledged=first.get(party),
            reported=latest.get(party),
            issuer=party == recall.party,
        )
        for party in parties
    ]
    holders.sort(key=lambda holder: (_ORDER.index(holder.state(now)), -holder.open, holder.party))
    return Campaign(packs, sum(nobody.values()), tuple(holders))
