"""The short forms: every custody act that needs no screen of its own, as one table.

A form says what is asked beside the goods, which reasons are offered, and who finds it on their pages.
`templates/act.html` draws it, `static/js/act.js` makes the event. What is allowed the log's rules decide.
"""

from dataclasses import dataclass

from traceability.custody.rules_blocking import DECIDERS
from traceability.epcis.parts import Terms
from traceability.web.access import COUNTERS, HANDS, HOLDERS
from traceability.web.babel import LazyString, lazy_gettext

MAKERS = frozenset({"maker"})

DESTRUCTION = "destruction"
"""How the reason of the first of two signatures on a destruction begins, in a log that follows older rules."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One of several ends of a form: the act it signs, and the words of the choice and of the button."""

    meaning: str
    label: LazyString
    sign: LazyString
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A short form. `name` is its address; `meaning` the act it signs (`custody.acts`)."""

    name: str
    meaning: str
    icon: str
    title: LazyString
    hint: LazyString
    sign: LazyString
    """What the button says."""
    fields: tuple[str, ...] = ()
    """What is asked beside the goods, in order: names of the blocks of act.html."""
    reasons: tuple[LazyString, ...] = ()
    """Reasons to pick from; where there are some, one must be given, in these or other words."""
    code: str = ""
    """A reason that the rules know by its code, signed as it is."""
    outcomes: tuple[Outcome, ...] = ()
    parties: frozenset[str] = HOLDERS
    people: frozenset[str] = HANDS
    dangerous: bool = False
    """Whether the button is pressed twice: nothing brings the goods back."""
    unseen: bool = False
    """Whether the goods are not there to be scanned: they are chosen, and the evidence says so."""


@dataclass(frozen=True, slots=True)
class Group:
    """Forms that stand together on the index page."""

    title: LazyString
    forms: tuple[Form, ...]
    pages: tuple[str, ...] = ()
    """Endpoints of tasks with screens of their own that belong here as well."""


_DAMAGED = lazy_gettext("Damaged")
_SEAL = lazy_gettext("The seal is broken")
_WARM = lazy_gettext("Too warm or too cold")
_EXPIRED = lazy_gettext("Expired")
_DOUBT = lazy_gettext("Doubt whether it is genuine")
_COMPLAINT = lazy_gettext("Complaint about quality")
_RECALLED = lazy_gettext("Recalled")

GROUPS = (
    Group(
        lazy_gettext("Set aside"),
        (
            Form(
                "hold", "held", "hold",
                lazy_gettext("Hold"), lazy_gettext("Put goods in quarantine: they stay here until they are released."),
                lazy_gettext("Sign and hold"),
                reasons=(_DAMAGED, _SEAL, _WARM, _DOUBT, _COMPLAINT, lazy_gettext("Papers are missing")),
            ),
            Form(
                "release", "released", "release",
                lazy_gettext("Release"), lazy_gettext("Held goods were found good and go back into trade."),
                lazy_gettext("Sign and release"),
                reasons=(lazy_gettext("Inspected and found good"), lazy_gettext("The maker confirmed it"),
                         lazy_gettext("The recall was lifted"), lazy_gettext("Held by mistake")),
                people=DECIDERS,
            ),
            Form(
                "inspect", "released", "inspect",
                lazy_gettext("Inspect"), lazy_gettext("Say what looking at the goods showed, and what becomes of them."),
                lazy_gettext("Sign"),
                outcomes=(
                    Outcome("released", lazy_gettext("Good: release"), lazy_gettext("Sign and release")),
                    Outcome("held", lazy_gettext("Not good: hold"), lazy_gettext("Sign and hold")),
                    Outcome("moved", lazy_gettext("Not decided: held goods stay held"), lazy_gettext("Sign the note"),
                            "sellable_not_accessible"),
                ),
                reasons=(lazy_gettext("Seal and print are sound"), _SEAL, _DAMAGED, _WARM, _DOUBT),
                people=DECIDERS,
            ),
            Form(
                "recall-hold", "recall_held", "recall",
                lazy_gettext("Hold for a recall"), lazy_gettext("Put recalled goods aside until they go back."),
                lazy_gettext("Sign and hold"),
            ),
        ),
    ),
    Group(
        lazy_gettext("Send back"),
        (
            Form(
                "return", "returned", "void",
                lazy_gettext("Return"), lazy_gettext("Send goods back to who sent them: also held or recalled ones."),
                lazy_gettext("Sign and send back"),
                fields=("receiver", "rma"),
                reasons=(lazy_gettext("Wrong goods"), lazy_gettext("Too many"), _DAMAGED, _RECALLED,
                         lazy_gettext("Soon expiring"), _COMPLAINT),
            ),
            Form(
                "receive-return", "return_received", "receive",
                lazy_gettext("Receive a return"), lazy_gettext("What comes back is held until somebody releases it."),
                lazy_gettext("Sign and take back"),
                fields=("dispatch",),
            ),
            Form(
                "take-back", "taken_back", "take-back",
                lazy_gettext("Take back from a patient"),
                lazy_gettext("What was dispensed comes back to you. It never goes to a patient again."),
                lazy_gettext("Sign and take back"),
                reasons=(lazy_gettext("Not used"), _EXPIRED, _RECALLED, _COMPLAINT, lazy_gettext("The patient died")),
                parties=COUNTERS,
            ),
        ),
        ("bench.void", "bench.refuse"),
    ),
    Group(
        lazy_gettext("Out of trade"),
        (
            Form(
                "sample", "sampled", "sample",
                lazy_gettext("Sample"), lazy_gettext("Take packs for testing or keeping. They are not sold any more."),
                lazy_gettext("Sign and take the sample"),
                reasons=(lazy_gettext("Retained sample"), lazy_gettext("Quality test"), lazy_gettext("For the authority")),
            ),
            Form(
                "decommission", "decommissioned", "decommission",
                lazy_gettext("Decommission"), lazy_gettext("Take a code out of use: its pack is not sold any more."),
                lazy_gettext("Sign and decommission"),
                fields=("stock",),
                reasons=(lazy_gettext("The label is unreadable"), _DAMAGED, _EXPIRED, lazy_gettext("Made by mistake"),
                         lazy_gettext("Given away free of charge")),
                people=DECIDERS, dangerous=True,
            ),
            Form(
                "export", "exported", "export",
                lazy_gettext("Export"), lazy_gettext("Goods leave the country, and with it the trade here."),
                lazy_gettext("Sign and export"),
                fields=("abroad", "permit"),
                reasons=(lazy_gettext("Sold abroad"), lazy_gettext("Donation"), lazy_gettext("Back to the maker abroad")),
                people=DECIDERS, dangerous=True,
            ),
            Form(
                "dispose", "shipped", "ship",
                lazy_gettext("Send for disposal"),
                lazy_gettext("Hand goods that are out of trade to who destroys them, or to an authority."),
                lazy_gettext("Sign and hand over"),
                fields=("receiver", "order"), code="disposal",
            ),
            Form(
                "destroy", "destroyed", "destroy",
                lazy_gettext("Destroy"), lazy_gettext("Two people sign: one sets the goods aside, another destroys them."),
                lazy_gettext("Sign and destroy"),
                fields=("agreement",),
                reasons=(_EXPIRED, _DAMAGED, _RECALLED, lazy_gettext("Taken back from a patient"),
                         lazy_gettext("Sample no longer needed")),
                dangerous=True,
            ),
        ),
    ),
    Group(
        lazy_gettext("Trouble"),
        (
            Form(
                "stolen", "stolen", "stolen",
                lazy_gettext("Report stolen"), lazy_gettext("Nobody can use the packs any more: every check says stop."),
                lazy_gettext("Sign and report"),
                fields=("stock",),
                reasons=(lazy_gettext("Burglary"), lazy_gettext("Robbed on the road"), lazy_gettext("Taken from the shelf")),
                dangerous=True, unseen=True,
            ),
            Form(
                "lost", "lost", "lost",
                lazy_gettext("Report lost"), lazy_gettext("The packs are blocked until somebody finds them."),
                lazy_gettext("Sign and report"),
                fields=("stock",),
                reasons=(lazy_gettext("Missing at the count"), lazy_gettext("Never arrived"), lazy_gettext("Broken, nothing left")),
                unseen=True,
            ),
            Form(
                "found", "found", "found",
                lazy_gettext("Found"), lazy_gettext("What was lost or stolen is here. It is held for inspection."),
                lazy_gettext("Sign and hold"),
                reasons=(lazy_gettext("On another shelf"), lazy_gettext("In another delivery"),
                         lazy_gettext("Brought back by the police")),
            ),
        ),
    ),
    Group(
        lazy_gettext("Relabel"),
        (
            Form(
                "repackage", "repackaged", "repackage",
                lazy_gettext("Repackage"), lazy_gettext("Packs become other packs, with a lot and serials of their own."),
                lazy_gettext("Sign and repackage"),
                fields=("output",),
                reasons=(lazy_gettext("Smaller packs"), lazy_gettext("Larger packs"), lazy_gettext("New box")),
                people=DECIDERS, dangerous=True,
            ),
            Form(
                "relabel", "relabelled", "label",
                lazy_gettext("Relabel"), lazy_gettext("Packs get a new label: another market, another language."),
                lazy_gettext("Sign and relabel"),
                fields=("output",),
                reasons=(lazy_gettext("Another market"), lazy_gettext("Another language"), lazy_gettext("The label is unreadable")),
                people=DECIDERS, dangerous=True,
            ),
        ),
    ),
    Group(
        lazy_gettext("Ownership and places"),
        (
            Form(
                "offer", "ownership_offered", "owner",
                lazy_gettext("Offer ownership"),
                lazy_gettext("Sell goods where they lie: they change their owner, not their place."),
                lazy_gettext("Sign the offer"),
                fields=("owner", "order", "stock"),
            ),
            Form(
                "accept", "ownership_accepted", "accept",
                lazy_gettext("Accept ownership"), lazy_gettext("Countersign an offer: from then on the goods are yours."),
                lazy_gettext("Sign and accept"),
                fields=("offer",),
            ),
            Form(
                "move", "moved", "move",
                lazy_gettext("Move"), lazy_gettext("To another place or ward of your own organisation."),
                lazy_gettext("Sign the move"),
                fields=("site",),
            ),
            Form(
                "carry", "shipped", "ship",
                lazy_gettext("Hand to a carrier"),
                lazy_gettext("A carrier or logistics partner holds the goods without owning them."),
                lazy_gettext("Sign and hand over"),
                fields=("carrier", "order"),
            ),
        ),
    ),
)  # fmt: skip

FORMS: dict[str, Form] = {form.name: form for group in GROUPS for form in group.forms}


def set_out_for(terms: Terms) -> str | None:
    """Why goods are to be destroyed, where a statement is the first of two signatures on that; else None.

    Before version 3 of the rules it was a move, with a reason that begins so.
    """
    if terms.meaning == "destruction_agreed":
        return terms.reason or ""
    begins, _, reason = (terms.reason or "").partition(":")
    return reason.strip() if terms.meaning == "moved" and begins == DESTRUCTION else None
