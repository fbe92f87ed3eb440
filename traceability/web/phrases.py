"""Sentences about what happened, as the reading pages say them: one for every act of `custody.acts`."""

from traceability.custody.provenance import RECEIVING, SENDING, Hop
from traceability.custody.state import Fact
from traceability.web import directory
from traceability.web.babel import LazyString, gettext, lazy_gettext

# As the title of a hop. %(party)s signed it; %(other)s is the other side, where there is one.
_HOPS: dict[str, LazyString] = {
    "commissioned": lazy_gettext("Commissioned by %(party)s"),
    "opened": lazy_gettext("Put into use by %(party)s"),
    "packed": lazy_gettext("Packed by %(party)s"),
    "unpacked": lazy_gettext("Unpacked by %(party)s"),
    "shipped": lazy_gettext("%(party)s → %(other)s"),
    "voided": lazy_gettext("Dispatch voided by %(party)s"),
    "received": lazy_gettext("%(other)s → %(party)s"),
    "refused": lazy_gettext("Refused by %(party)s, back to %(other)s"),
    "returned": lazy_gettext("Sent back: %(party)s → %(other)s"),
    "return_received": lazy_gettext("Sent back: %(other)s → %(party)s"),
    "taken_back": lazy_gettext("Taken back from a patient by %(party)s"),
    "ownership_offered": lazy_gettext("Ownership offered by %(party)s"),
    "ownership_accepted": lazy_gettext("Ownership accepted by %(party)s"),
    "moved": lazy_gettext("Moved by %(party)s"),
    "counted": lazy_gettext("Counted by %(party)s"),
    "dispensed": lazy_gettext("Dispensed by %(party)s"),
    "partly_dispensed": lazy_gettext("Partly dispensed by %(party)s"),
    "undone": lazy_gettext("Dispensing undone by %(party)s"),
    "held": lazy_gettext("Held by %(party)s"),
    "released": lazy_gettext("Released by %(party)s"),
    "sampled": lazy_gettext("Sampled by %(party)s"),
    "decommissioned": lazy_gettext("Decommissioned by %(party)s"),
    "exported": lazy_gettext("Exported by %(party)s"),
    "destruction_agreed": lazy_gettext("Destruction agreed to by %(party)s"),
    "destroyed": lazy_gettext("Destroyed by %(party)s"),
    "stolen": lazy_gettext("Reported stolen by %(party)s"),
    "lost": lazy_gettext("Reported lost by %(party)s"),
    "found": lazy_gettext("Found again by %(party)s"),
    "repackaged": lazy_gettext("Repackaged by %(party)s"),
    "relabelled": lazy_gettext("Relabelled by %(party)s"),
    "recall_held": lazy_gettext("Held for a recall by %(party)s"),
    "recall_answered": lazy_gettext("Recall answered by %(party)s"),
    "corrected": lazy_gettext("Corrected by %(party)s"),
}
# What a signature says, after the name of who signed.
_SAID: dict[str, LazyString] = {
    "shipped": lazy_gettext("signed: handed over"),
    "received": lazy_gettext("signed: received"),
    "returned": lazy_gettext("signed: sent back"),
    "return_received": lazy_gettext("signed: return received"),
    "refused": lazy_gettext("signed: refused"),
    "voided": lazy_gettext("signed: never left"),
}
_REGISTRY: dict[str, LazyString] = {
    "party": lazy_gettext("A party is registered"),
    "site": lazy_gettext("A place is registered"),
    "key": lazy_gettext("A key is registered"),
    "revoke": lazy_gettext("A key is revoked"),
    "root": lazy_gettext("A new root document"),
    "product": lazy_gettext("A product is registered"),
    "delegate": lazy_gettext("Acts are delegated"),
    "lot": lazy_gettext("A lot is closed"),
    "recall": lazy_gettext("Recall"),
    "recall_closed": lazy_gettext("The campaign of a recall is closed"),
    "lift": lazy_gettext("A recall is lifted"),
    "snapshot": lazy_gettext("A snapshot is countersigned"),
    "evidence": lazy_gettext("Documents are noted"),
    "erase": lazy_gettext("Bodies are erased by law"),
    "rules": lazy_gettext("Rules are put in force"),
}


# Kept in the store by traceability/ledger/keeping.py, and so translated from here.
lazy_gettext("It was refused by the rule %(rule)s. What it said was erased by law.")


def hop_title(hop: Hop) -> str:
    """The title of a hop."""
    return _title(hop.act, hop.party, hop.counterparty)


def act_title(fact: Fact) -> str:
    """The title of one statement."""
    return _title(fact.act, fact.party, fact.counterparty)


def _title(act: str, signer: str, counterparty: str | None) -> str:
    party, other = directory.party_name(signer), directory.party_name(counterparty)
    if act in RECEIVING and not other:
        return gettext("Received by %(party)s", party=party)
    if act in SENDING and not other:
        return gettext("Sent by %(party)s", party=party)
    return str(_HOPS.get(act, lazy_gettext("%(party)s"))) % {"party": party, "other": other}


def statement_title(fact: Fact) -> str:
    """Who signed what, for a list of statements."""
    if fact.act in _SAID:
        return f"{directory.party_name(fact.party)} {said(fact.act)}"
    return act_title(fact)


def said(act: str) -> str:
    """What a signature under an act says."""
    return str(_SAID.get(act, lazy_gettext("signed")))


def registry_title(kind: str) -> str:
    """What a registry act does."""
    return str(_REGISTRY.get(kind, kind))
