"""The rules of custody, versions 1 to 3 (DESIGN section 5): everything that changes custody lives here.

`decide` is a pure function of a statement and the world just before it. What it allows is an `Effect`;
what it does not is a `Refusal` that names the rule, the item and what would be allowed. The rules of each
subject stand in the `rules_*` files beside this one.
"""

from collections.abc import Callable

from traceability.custody import (
    CustodyError,
    rules_blocking,
    rules_correcting,
    rules_dispensing,
    rules_holding,
    rules_making,
    rules_packing,
    rules_recalling,
    rules_receiving,
    rules_sending,
)
from traceability.custody.hearing import ActStatement, Hearing, Refusal
from traceability.custody.state import Effect, World, readable
from traceability.custody.times import CLOCK_TOLERANCE, LATE_AFTER, seconds

__all__ = ["COUNTING", "RULES_VERSION", "UNNAMED", "ActStatement", "Refusal", "decide", "readable"]

RULES_VERSION = 3
"""The newest version of the rules in this program. Old entries are replayed under theirs."""
UNNAMED = 1
"""The version that a log follows until a registry statement names one."""
COUNTING = 2
"""The first version that knows how to count a shelf."""

_VERSION_1: dict[str, Callable[[Hearing], None]] = {
    "commissioned": rules_making.commission,
    "opened": rules_making.open_containers,
    "packed": rules_packing.pack,
    "unpacked": rules_packing.unpack,
    "shipped": rules_sending.ship,
    "voided": rules_sending.void,
    "received": rules_receiving.receive,
    "refused": rules_sending.refuse,
    "returned": rules_sending.send_back,
    "return_received": rules_receiving.receive,
    "taken_back": rules_dispensing.take_back,
    "ownership_offered": rules_holding.offer_ownership,
    "ownership_accepted": rules_holding.accept_ownership,
    "moved": rules_holding.move,
    "dispensed": rules_dispensing.dispense,
    "partly_dispensed": rules_dispensing.dispense,
    "undone": rules_dispensing.undo,
    "held": rules_blocking.hold,
    "released": rules_blocking.release,
    "sampled": rules_blocking.sample,
    "decommissioned": rules_blocking.decommission,
    "exported": rules_blocking.export,
    "destroyed": rules_blocking.destroy,
    "stolen": rules_blocking.report_missing,
    "lost": rules_blocking.report_missing,
    "found": rules_blocking.find,
    "repackaged": rules_making.repackage,
    "relabelled": rules_making.repackage,
    "recall_held": rules_blocking.recall_hold,
    "corrected": rules_correcting.correct,
}

_VERSION_2 = _VERSION_1 | {"counted": rules_holding.count, "recall_answered": rules_recalling.answer}

_VERSION_3 = _VERSION_2 | {
    "destruction_agreed": rules_blocking.agree_to_destroy,
    "destroyed": rules_blocking.destroy_agreed,
    "corrected": rules_correcting.correct_lots,
    "dispensed": rules_dispensing.dispense_again,
    "partly_dispensed": rules_dispensing.dispense_again,
    "undone": rules_dispensing.undo_last,
}

RULES: dict[int, dict[str, Callable[[Hearing], None]]] = {1: _VERSION_1, 2: _VERSION_2, 3: _VERSION_3}
"""Rules by the version in force."""


def decide(statement: ActStatement, world: World) -> Effect:
    """What a statement changes. Raises Refusal where the rules do not allow it.

    Meaning and shape must have been found to fit already (`acts.act_of`).
    """
    hearing = Hearing(statement, world)
    _verify_times(hearing)
    hearing.verify_items()
    rules = RULES.get(world.registry.rules_version or UNNAMED)
    if rules is None:
        raise Refusal(
            "rules.version",
            "Rules version %(version)s is in force, and this program does not have it. Update it.",
            version=world.registry.rules_version,
        )
    rule = rules.get(statement.terms.meaning)
    if rule is None:
        raise Refusal("act.unknown", "There is no act called %(meaning)s.", meaning=statement.terms.meaning)
    rule(hearing)
    return hearing.verdict()


def _verify_times(hearing: Hearing) -> None:
    """Claimed, admitted and event time stand in their order (DESIGN section 4, "Time")."""
    statement = hearing.statement
    try:
        admitted, iat = seconds(statement.admitted), seconds(statement.iat)
        last = None if statement.last_iat is None else seconds(statement.last_iat)
        event = seconds(hearing.core.eventTime)
    except CustodyError as error:
        raise Refusal("time.none", "There is no such time: %(text)s", text=error.values["text"]) from error
    if iat > admitted + CLOCK_TOLERANCE:
        raise Refusal(
            "time.future",
            "This was signed at %(iat)s, which is in the future. Set the clock of this device, then sign again.",
            iat=statement.iat,
        )
    if last is not None and iat < last:
        raise Refusal(
            "time.order",
            "This was signed at %(iat)s, before this key's last statement at %(last)s. Set the clock of this "
            "device, then sign again.",
            iat=statement.iat,
            last=statement.last_iat,
        )
    if event > min(iat, admitted) + CLOCK_TOLERANCE:
        raise Refusal(
            "time.event",
            "This is said to happen at %(time)s, which is in the future. Sign when it has happened.",
            time=hearing.core.eventTime,
        )
    key = hearing.registry.keyring.signer(statement.kid)
    expired = key is not None and key.expires is not None and admitted > seconds(key.expires)
    if admitted - iat > LATE_AFTER or expired:
        hearing.effect.late = True
