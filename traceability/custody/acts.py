"""What a signature can mean, and the shape of event that says it (DESIGN section 5, "EPCIS shape").

The meaning in the terms and the event in the core must say the same thing: `act_of` checks it, which is
the second half of admission step 6.
"""

import msgspec

from traceability.custody import CustodyError
from traceability.epcis.parts import Core, Terms
from traceability.epcis.vocabulary import Action, BizStep, Disposition, EventType


class Act(msgspec.Struct, frozen=True):
    """One kind of act. Where an act allows several steps or dispositions, the first is the usual one."""

    code: str
    type: EventType
    action: Action | None
    steps: tuple[BizStep, ...]
    dispositions: tuple[Disposition, ...]
    ilmd: bool = False
    """Whether the core must give lot and expiry; otherwise it must not."""
    ref: bool = False
    """Whether the core must name the statements that it answers."""
    handover: bool = False
    """Whether the core must name the receiving party."""
    owners: bool = False
    """Whether the terms must name the owning parties at both ends."""
    amount: bool = False
    """Whether the terms must say how much was taken and how much is left."""
    counts: bool = False
    """Whether the terms may say what became of a party's recalled packs."""
    exported: bool = False


def _object(code: str, step: BizStep | None, *dispositions: Disposition, **more: bool) -> Act:
    return Act(code, EventType.OBJECT, Action.OBSERVE, () if step is None else (step,), dispositions, **more)


_RETURNED, _OTHER = Disposition.RETURNED, Disposition.NON_SELLABLE_OTHER
_PROGRESS, _VERIFIED = Disposition.IN_PROGRESS, Disposition.COMPLETENESS_VERIFIED

_ALL = (
    Act(
        "commissioned",
        EventType.OBJECT,
        Action.ADD,
        (BizStep.COMMISSIONING,),
        (Disposition.ACTIVE,),
        ilmd=True,
    ),
    Act("opened", EventType.OBJECT, Action.ADD, (BizStep.COMMISSIONING,), (Disposition.ACTIVE,)),
    Act(
        "packed",
        EventType.AGGREGATION,
        Action.ADD,
        (BizStep.PACKING,),
        (_PROGRESS, _VERIFIED, Disposition.CONTAINER_CLOSED),
    ),
    Act("unpacked", EventType.AGGREGATION, Action.DELETE, (BizStep.UNPACKING,), (_PROGRESS, _VERIFIED)),
    _object("shipped", BizStep.SHIPPING, Disposition.IN_TRANSIT, handover=True),
    _object("voided", BizStep.VOID_SHIPPING, _PROGRESS),
    _object("received", BizStep.RECEIVING, _PROGRESS, Disposition.COMPLETENESS_INFERRED, _VERIFIED),
    _object("refused", BizStep.SHIPPING, _RETURNED, ref=True),
    _object("returned", BizStep.SHIPPING, _RETURNED, handover=True),
    _object("return_received", BizStep.RECEIVING, _RETURNED),
    _object("taken_back", BizStep.RECEIVING, _RETURNED),
    _object("ownership_offered", BizStep.ACCEPTING, _PROGRESS, owners=True),
    _object("ownership_accepted", BizStep.ACCEPTING, _PROGRESS, owners=True, ref=True),
    Act(
        "moved",
        EventType.OBJECT,
        Action.OBSERVE,
        (BizStep.STORING, BizStep.STAGING_OUTBOUND),
        (_PROGRESS, Disposition.SELLABLE_NOT_ACCESSIBLE, Disposition.SELLABLE_ACCESSIBLE),
    ),
    _object("counted", BizStep.CYCLE_COUNTING, _PROGRESS, _VERIFIED),
    _object("dispensed", BizStep.DISPENSING, Disposition.DISPENSED),
    _object("partly_dispensed", BizStep.DISPENSING, Disposition.PARTIALLY_DISPENSED, amount=True),
    _object("undone", BizStep.STOCKING, Disposition.AVAILABLE, ref=True),
    _object("held", BizStep.HOLDING, _OTHER),
    _object("released", BizStep.INSPECTING, Disposition.CONFORMANT),
    _object("sampled", BizStep.SAMPLING, _OTHER),
    Act(
        "decommissioned",
        EventType.OBJECT,
        Action.DELETE,
        (BizStep.DECOMMISSIONING,),
        (Disposition.INACTIVE,),
    ),
    _object("exported", BizStep.SHIPPING, Disposition.IN_TRANSIT, exported=True),
    _object("destruction_agreed", BizStep.DESTROYING, _OTHER),
    Act("destroyed", EventType.OBJECT, Action.DELETE, (BizStep.DESTROYING,), (Disposition.DESTROYED,)),
    _object("stolen", None, Disposition.STOLEN),
    _object("lost", None, Disposition.UNKNOWN),
    _object("found", None, _OTHER),
    Act(
        "repackaged",
        EventType.TRANSFORMATION,
        None,
        (BizStep.REPACKAGING,),
        (Disposition.ACTIVE,),
        ilmd=True,
    ),
    Act(
        "relabelled",
        EventType.TRANSFORMATION,
        None,
        (BizStep.REPACKAGING,),
        (Disposition.ACTIVE,),
        ilmd=True,
    ),
    _object("recall_held", BizStep.HOLDING, Disposition.RECALLED),
    _object("recall_answered", BizStep.CYCLE_COUNTING, Disposition.RECALLED, ref=True, counts=True),
)

ACTS: dict[str, Act] = {act.code: act for act in _ALL}
"""Every act with a shape of its own, by its meaning code; `corrected` has the shape of what it corrects."""

CORRECTED = "corrected"


def act_of(core: Core, terms: Terms) -> Act:
    """The act that an event says, when its meaning fits its shape.

    Raises CustodyError naming the member that does not fit. For `corrected` the shape is that of one of
    the other acts with an error declaration; the rules compare it with the statement it corrects.
    """
    meaning = terms.meaning
    if meaning == CORRECTED:
        return _correction(core)
    act = ACTS.get(meaning)
    if act is None:
        raise CustodyError("There is no act called %(meaning)s", meaning=meaning)
    if core.errorDeclaration is not None:
        raise CustodyError(
            "An event with an error declaration means corrected, and this says %(meaning)s", meaning=meaning
        )
    _verify_shape(act, core)
    if act.ref and not core.ref:
        raise CustodyError(
            "An act that means %(meaning)s names the statements that it answers (ref)", meaning=meaning
        )
    if act.handover and not core.destinationList:
        raise CustodyError(
            "An act that means %(meaning)s names the receiving party (destinationList)", meaning=meaning
        )
    if act.owners and not (terms.sourceList and terms.destinationList):
        raise CustodyError(
            "An act that means %(meaning)s names the owner before and after (owning_party)", meaning=meaning
        )
    if act.amount is (terms.amount is None) and meaning != "undone":
        raise CustodyError(
            "Only a partial dispensing says how much was taken and is left (amount), and it must"
        )
    if terms.counts is not None and not act.counts:
        raise CustodyError("Only the answer to a recall says what became of its packs (counts)")
    return act


def _verify_shape(act: Act, core: Core) -> None:
    if core.type is not act.type:
        raise CustodyError(
            "An act that means %(meaning)s is an event of type %(want)s, got %(got)s",
            meaning=act.code,
            want=act.type,
            got=core.type,
        )
    if core.action is not act.action:
        raise CustodyError(
            "An act that means %(meaning)s has the action %(want)s, got %(got)s",
            meaning=act.code,
            want=act.action or "none",
            got=core.action or "none",
        )
    if core.bizStep not in act.steps and (act.steps or core.bizStep is not None):
        raise CustodyError(
            "An act that means %(meaning)s has the business step %(want)s, got %(got)s",
            meaning=act.code,
            want=" or ".join(act.steps) or "none",
            got=core.bizStep or "none",
        )
    if core.disposition not in act.dispositions:
        raise CustodyError(
            "An act that means %(meaning)s has the disposition %(want)s, got %(got)s",
            meaning=act.code,
            want=" or ".join(act.dispositions),
            got=core.disposition or "none",
        )
    if act.ilmd is (core.ilmd is None):
        raise CustodyError(
            "Commissioning, repackaging and relabelling give lot and expiry (ilmd), and nothing else does"
        )
    if act.exported is not core.exported:
        raise CustodyError("Goods leave the country with the meaning exported and the mark exported, both")


def _correction(core: Core) -> Act:
    if core.errorDeclaration is None or not core.ref:
        raise CustodyError(
            "A correction repeats the event with an error declaration and names the statement (ref)"
        )
    if core.errorDeclaration.reason is None:
        raise CustodyError("A correction says why: did_not_occur or incorrect_data")
    return Act(
        CORRECTED,
        core.type,
        core.action,
        () if core.bizStep is None else (core.bizStep,),
        () if core.disposition is None else (core.disposition,),
    )
