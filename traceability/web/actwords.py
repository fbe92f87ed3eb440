"""The sentences of the short forms, of packing and of picking, for the page's modules (see `sentences`)."""

from traceability.web.babel import gettext as _


def _signed() -> dict[str, str]:
    """What is signed, as the page reads it back from the bytes."""
    return {
        "sign-returned": _("%(party)s sends %(what)s back to %(to)s, %(when)s."),
        "sign-return_received": _("%(party)s takes %(what)s back from %(from)s, %(when)s. It is held."),
        "sign-return_received_unmatched": _(
            "%(party)s takes %(what)s back without a signed return, %(when)s. It is held."
        ),
        "sign-taken_back": _(
            "%(party)s takes %(what)s back from a patient, %(when)s. It is never dispensed again."
        ),
        "sign-ownership_offered": _("%(party)s offers the ownership of %(what)s to %(owner)s, %(when)s."),
        "sign-ownership_accepted": _("%(party)s becomes the owner of %(what)s, after %(before)s, %(when)s."),
        "sign-moved": _("%(party)s has %(what)s at %(place)s, %(when)s."),
        "sign-set_out": _(
            "%(party)s sets %(what)s aside to be destroyed by a second person, %(when)s: %(reason)s."
        ),
        "sign-sampled": _("%(party)s takes %(what)s as a sample, %(when)s. It leaves the trade."),
        "sign-decommissioned": _("%(party)s takes the codes of %(what)s out of use, %(when)s."),
        "sign-exported": _("%(party)s exports %(what)s to %(to)s, %(when)s."),
        "sign-exported_abroad": _("%(party)s exports %(what)s, %(when)s."),
        "sign-destroyed": _("%(party)s destroys %(what)s, %(when)s. It ends here."),
        "sign-stolen": _("%(party)s reports %(what)s stolen, %(when)s."),
        "sign-lost": _("%(party)s reports %(what)s lost, %(when)s."),
        "sign-found": _("%(party)s has found %(what)s, %(when)s. It is held."),
        "sign-repackaged": _(
            "%(party)s makes %(made)s, lot %(lot)s, expiring %(expiry)s, out of %(what)s, %(when)s."
        ),
        "sign-relabelled": _(
            "%(party)s relabels %(what)s as %(made)s, lot %(lot)s, expiring %(expiry)s, %(when)s."
        ),
        "sign-owner": _("%(owner)s becomes the owner."),
        "sign-reason": _("Reason: %(reason)s."),
        "sign-paper": _("%(kind)s %(number)s"),
        "paper-po": _("Order"),
        "paper-desadv": _("Despatch advice"),
        "paper-rma": _("Return number"),
        "paper-cert": _("Export permit"),
    }


def _forms() -> dict[str, str]:
    return {
        "lacks-goods": _("Scan the goods."),
        "lacks-outcome": _("Say what it showed."),
        "lacks-offer": _("Choose the offer."),
        "lacks-receiver": _("Choose who gets them."),
        "lacks-owner": _("Choose the new owner."),
        "lacks-place": _("Choose the place."),
        "lacks-reason": _("Say why."),
        "lacks-output": _("Give the lot, the expiry and the number of the new packs."),
        "sign-and-set-aside": _("Sign and set aside"),
        "not-in-list": _("This is not among the goods above. Put it aside, or choose the other line."),
        "too-many-at-once": _("At most 1,000 packs at once. Do it in several steps."),
        "add": _("Add"),
        "nothing-found": _("Nothing of yours has this in its name, lot or code."),
        "more-found": _("There is more. Type something of its name, lot or code."),
    }


def _packing() -> dict[str, str]:
    return {
        "way-packed": _("Scan the label of the case or pallet, then what goes in."),
        "way-unpacked": _("Scan the label of the case or pallet, then what comes out."),
        "way-over": _("Repack or split: scan the case that is opened, then the other one, then each pack."),
        "way-merged": _("Scan the case that is filled, then each case that is emptied into it."),
        "case-or-pallet": _("Case or pallet"),
        "into": _("Into"),
        "comes-out-of": _("comes out of %(container)s"),
        "stays-inside": _("Stays inside: %(what)s."),
        "not-in-source": _("This is not in the case that is opened. Put it back where it was."),
        "merge-containers": _("Scan whole cases here. Single packs are moved over."),
        "something-against": _("Something is against them: %(what)s. Look at the lines above."),
        "packed-knowingly": _("Packed knowingly, with what is against it"),
        "of-planned": _("%(n)s of %(of)s"),
        "more-than-planned": _("%(n)s, and %(of)s were planned"),
        "print-label": _("Print the label"),
        "print-labels": _("Print the labels"),
    }


def _picking() -> dict[str, str]:
    return {
        "pick-no-amount": _("How many of it? “%(line)s” has no number at its end."),
        "pick-no-product": _(
            "Which product is it? “%(line)s” is the number or the name of none, or of several."
        ),
        "pick-wanted": _("Wanted"),
        "pick-scanned": _("Scanned"),
        "pick-complete": _("complete"),
        "pick-left": _("%(n)s left"),
        "pick-over": _("%(n)s too many"),
        "pick-not-wanted": _("not on the list"),
        "take-first": _("Take lot %(lot)s first: it expires %(expiry)s, %(packs)s with you"),
        "none-left": _("No more of it with you"),
        "expires-sooner": _("lot %(lot)s expires sooner, %(expiry)s"),
    }


def sentences() -> dict[str, str]:
    """Every sentence by its key."""
    return _signed() | _forms() | _packing() | _picking()
