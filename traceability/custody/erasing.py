"""What is left of a statement whose body was erased by law: that it was, and what it changed.

A body is erased where a logged `erase` names it. Its words go; what its act did to custody stays, since later
statements rest on that: the `Kept` part, to which the `erase` commits, so that it can be neither altered nor made up
afterwards.
"""

import msgspec

from traceability.custody import CustodyError
from traceability.custody.state import Effect, Fact
from traceability.epcis.parts import Terms

ERASING = 3
"""The first version of the rules under which bodies are erased."""


class Erasure(msgspec.Struct, frozen=True):
    """One statement's body as an `erase` in the log names it."""

    position: int
    """Of the `erase`."""
    by: str
    """Id of the `erase`."""
    party: str
    """GLN of who signed it."""
    admitted: str
    reason: str
    """A code: court_order, data_protection, retention_ended or unlawful_content."""
    kept: str
    """The commitment to what is kept (`proof.body.kept_commitment`)."""
    size: int
    """Number of entries of the snapshot that covers the statement."""
    snapshot: str
    """What names that snapshot."""
    reference: str | None = None


class Kept(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is kept of an erased body: what the index says of its statement anyway, and what the rules may still ask.

    No person's name, no reason, no order and no other words of its own are in it.
    """

    refused: str | None = None
    """The rule that refused the act, where it had no effect."""
    fact: Fact | None = None
    """As it was when it was logged; None where the event was not a valid one."""
    items: tuple[str, ...] = ()
    """Role letter and URI of each item, in signed order; none of an event that was not valid."""
    terms: Terms | None = None
    """Meaning, owners, quantities and what the rules count with."""
    effect: Effect | None = None

    @classmethod
    def of(cls, fact: Fact | None, items: tuple[tuple[str, str], ...], terms: Terms | None,
           effect: Effect | None, refused: str | None) -> "Kept":  # fmt: skip
        """What to keep of a statement that was decided."""
        known = () if fact is None else tuple([role + epc for role, epc in items])
        return cls(refused, fact, known, None if terms is None or fact is None else bare(terms), effect)

    @classmethod
    def parse(cls, data: bytes) -> "Kept":
        """From its bytes; CustodyError for whatever `to_json` would not write."""
        try:
            made: Kept = _KEPT.decode(data)
        except msgspec.MsgspecError as error:
            raise CustodyError("Expected what is kept of an erased body: %(why)s", why=error) from error
        if made.to_json() != data:
            raise CustodyError("What is kept of an erased body is not spelt as it must be")
        return made

    def to_json(self) -> bytes:
        """The bytes that the `erase` commits to."""
        return msgspec.json.encode(self)

    @property
    def named(self) -> tuple[tuple[str, str], ...]:
        """The items as (role, EPC) pairs."""
        return tuple([(item[0], item[1:]) for item in self.items])


_KEPT = msgspec.json.Decoder(Kept)


def bare(terms: Terms) -> Terms:
    """Terms without what a person wrote into them: names, reasons, orders, readings and extensions."""
    return Terms(
        terms.meaning,
        sourceList=terms.sourceList,
        destinationList=terms.destinationList,
        quantityList=terms.quantityList,
        childQuantityList=terms.childQuantityList,
        inputQuantityList=terms.inputQuantityList,
        outputQuantityList=terms.outputQuantityList,
        amount=terms.amount,
        counts=terms.counts,
        evidence=terms.evidence,
    )
