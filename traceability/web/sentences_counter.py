"""What the counter and a device without a network say; places still open, as in `sentences`."""

from traceability.web.babel import gettext as _


def counter() -> dict[str, str]:
    """Dispensing, undoing, and what was done where the answer was no."""
    return {
        "what-did-you-do": _("What did you do?"),
        "did-scanned_again": _("Scanned it again"),
        "did-typed_in": _("Typed the code in"),
        "did-put_aside": _("Put it aside"),
        "did-asked_sender": _("Asked the sender"),
        "did-waiting": _("Left it until its data comes"),
        "did-returning": _("It goes back"),
        "did-told_quality": _("Told the quality person"),
        "did-told_authority": _("Told the authority"),
        "did-undone": _("Undid the dispensing"),
        "sign-and-hold": _("Sign that it is held"),
        "more-packs": _("More packs…"),
        "dispense-all": _("Dispense all %(n)s packs in it"),
        "left": _("%(left)s left"),
        "left-of": _("%(left)s of %(units)s left"),
        "count-unknown": _("Nobody has registered how many units a pack of this holds. Count what is left."),
        "does-not-add": _("Taken and left do not add up to the %(whole)s units that were in it."),
        "undo-time": _("Dispensed %(when)s. It can be undone for another %(left)s."),
        "hours-minutes": _("%(hours)s h %(minutes)s min"),
        "reason-lent": _("Lent"),
        "name-container": _("Case or pallet"),
    }


def away() -> dict[str, str]:
    """Without a network: what is known, as of when, and what becomes of what is signed."""
    return {
        "offline-as-of": _("No network: this is the last synced state, not the log."),
        "offline-no-stock": _(
            "No network, and this device has no synced stock yet. Open this page once with the network."
        ),
        "offline-unread": _(
            "This code cannot be understood without the network. Scan it again, or wait for the network."
        ),
        "offline-unknown": _(
            "This is not in the stock as of %(when)s. It may have come since: check again with the network."
        ),
        "offline-recalled": _("As of %(when)s this is recalled: %(reason)s Hold it and return it."),
        "offline-recalled-title": _("This lot is recalled and cannot leave."),
        "offline-label": _("Lot or expiry on the pack differ from what was signed. Stop: put it aside."),
        "offline-alarm": _("As of %(when)s this is %(word)s. Stop: put it aside."),
        "offline-blocked": _("As of %(when)s this is %(word)s."),
        "offline-unmatched": _(
            "As of %(when)s you had this, and nobody had signed for handing it to you. Ask the sender."
        ),
        "offline-expired": _("This has expired."),
        "offline-just-now": _("You have just dispensed this. Nothing more to do."),
        "offline-clear": _("As of %(when)s this code was active and in your custody, or on the road to you."),
        "title-clear-offline": _("Nothing against this pack as of %(when)s"),
        "title-again": _("Scan again"),
        "title-unknown": _("Not known as of the last sync"),
        "title-blocked": _("Do not use"),
        "title-stop": _("STOP"),
        "title-twice": _("Scanned twice"),
        "not-asked": _(
            "The server is away, so its rules were not asked. You can sign; they decide when it arrives."
        ),
        "session-over": _(
            "Your session has ended. What you signed is kept, what you scanned stays here. Log in, then come back."
        ),
        "log-in": _("Log in"),
        "storage-full": _(
            "This browser has no room left, so nothing was signed. Free some space on this device, then sign again."
        ),
        "signed-waiting": _("Signed and kept on this device"),
        "kept": _(
            "Number %(n)s of this device. It is sent by itself when the server is back; you can go on."
        ),
        "still-away": _("%(n)s statements are kept on this device and tried again."),
        "outbox-number": _("Number %(n)s of its key, signed %(when)s"),
        "sign-again": _("Sign again"),
        "advice-done": _("Done"),
        "advice-stuck": _(
            "The key of this device is no longer valid, so this could not be taken. Enrol the device again, "
            "then sign this again with the new key; it keeps its own time."
        ),
        "advice-gone": _(
            "The item could not be handed out any more. Scan it: if it is still here, put it aside and tell your "
            "quality person; if a patient has it, tell them what the scan says."
        ),
        "advice-recalled": _(
            "A recall came between. Put the pack aside and return it; if a patient has it, call the patient."
        ),
        "advice-expired": _("Put the pack aside. If a patient has it, call the patient."),
        "advice-clock": _("Set the clock of this device, then do it again."),
        "advice-undo": _("The dispensing stands. Take the pack back from the patient instead."),
        "advice-other": _("Scan the item to see how it stands, then do what is right for it now."),
    }
