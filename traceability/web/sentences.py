"""The sentences that the page's modules say, translated here and handed over as data attributes."""

from flask import Flask

from traceability.web import actwords
from traceability.web.babel import gettext as _
from traceability.web.sentences_counter import away, counter
from traceability.web.sentences_evidence import evidence


def _reading() -> dict[str, str]:
    return {
        "no-answer": _("The server did not answer as expected. Try again."),
        "no-connection": _("No connection to the server."),
        "somebody-else": _("Somebody else is logged in here now: %(login)s. Load the page again."),
        "camera": _("Camera"),
        "camera-denied": _(
            "The browser may not use the camera. Allow it in the address bar, then start again."
        ),
        "camera-missing": _("No camera found. Use a photo, a hand scanner or the keyboard."),
        "camera-busy": _("Another program is using the camera. Close it, then start again."),
        "camera-insecure": _(
            "Browsers open the camera on secure addresses only: https, or this very machine."
        ),
        "camera-failed": _("The camera did not start. Unplug it and plug it in again, or use a photo."),
        "reading-photo": _("Reading the photo…"),
        "photo-empty": _("No code found in this photo. Go closer, hold still, avoid reflections."),
        "hint-closer": _("closer"),
        "hint-light": _("more light"),
        "hint-still": _("hold still"),
        "hint-shine": _("tilt away the shine"),
        "tally-read": _("%(n)s read"),
        "tally-unread": _("%(n)s not yet"),
        "tally-hint": _("%(n)s not yet: %(hint)s"),
        "expected-of": _("%(n)s of %(of)s expected"),
        "twins": _("The same code is on two packs. Put both aside and tell your quality person."),
        "away-reading": _("The server is away: reading goes on here."),
        "away-waiting": _("The server is away. It is tried again by itself."),
        "waiting-one": _("%(n)s code read, waiting for the server"),
        "waiting-many": _("%(n)s codes read, waiting for the server"),
        "duplicate": _("Already scanned."),
        "unknown-product": _("Unknown product"),
        "lot": _("lot"),
        "expires": _("expires"),
        "remove": _("Remove"),
        "new": _("new"),
        "pack-one": _("%(n)s pack"),
        "pack-many": _("%(n)s packs"),
        "case-one": _("%(n)s case"),
        "case-many": _("%(n)s cases"),
        "unit-one": _("%(n)s container"),
        "unit-many": _("%(n)s containers"),
        "asset-one": _("%(n)s returnable container"),
        "asset-many": _("%(n)s returnable containers"),
        "of-product": _("%(what)s of %(product)s"),
        "with-inside": _("%(what)s (%(inside)s inside)"),
    }


def _keys() -> dict[str, str]:
    return {
        "no-key": _("This device has no signing key yet."),
        "key-requested": _("This device's key waits for your administrator's approval."),
        "key-refused": _("Your administrator turned this device's key down."),
        "key-revoked": _("This device's key was revoked."),
        "key-lost": _("This device was reported lost."),
        "key-expired": _("This device's key has reached its last day. Enrol the device again."),
        "key-soon": _("This device's key signs until %(day)s. Enrol the device again before."),
        "renew": _("Enrol this device again"),
        "no-passkey": _("No passkey was made. Try again, or go on with your password."),
        "key-unknown": _("The log does not know this device's key."),
        "to-devices": _("Enrol this device"),
        "key-given-up": _("This device's key is given up. Enrol the device again."),
        "log-behind": _(
            "The log has fewer statements of this device than it acknowledged. Do not sign; tell the operator."
        ),
        "device-requested": _("waits for your administrator's approval"),
        "device-approved": _("ready to sign"),
        "device-refused": _("refused by your administrator"),
        "device-revoked": _("revoked; enrol this device again"),
        "device-lost": _("reported lost; enrol this device again"),
        "device-expired": _("past its last day; enrol this device again"),
        "device-unknown": _("not known to the log"),
        "insecure": _("Signing needs a secure address: https, or this very machine."),
    }


def _signing() -> dict[str, str]:
    return {
        "statements": _("%(n)s statements in all."),
        "press-again": _("Press again: %(what)s"),
        "signing": _("Signing %(n)s of %(of)s…"),
        "signed": _("Signed and kept"),
        "no-effect": _("Logged without effect"),
        "receipt": _("Receipt number %(position)s, %(when)s."),
        "receipt-link": _("Download the receipt"),
        "again": _("Next"),
        "late": _("It counts, and is marked late."),
        "resent": _("%(n)s earlier statements of this device were delivered now."),
        "will-be-unmatched": _("Nobody has signed for handing this over. It is recorded as unmatched."),
        "will-be-late": _("This would be allowed at its time only, and is marked late."),
        "meaning-released": _("Released by"),
        "meaning-destruction_agreed": _("Destruction agreed to by"),
        "meaning-destroyed": _("Destroyed by"),
        "meaning-recall": _("Recalled by"),
        "meaning-lift": _("Recall lifted by"),
        "not-proven": _("Nothing was signed."),
        "not-what-was-shown": _(
            "What would be signed is not what is shown. Nothing was signed; load the page again."
        ),
    }


def _acts() -> dict[str, str]:
    return {
        "sign-commissioned": _(
            "%(party)s commissions %(what)s of lot %(lot)s, expiring %(expiry)s, %(when)s."
        ),
        "sign-opened": _("%(party)s opens %(what)s, %(when)s."),
        "sign-packed": _("%(party)s puts %(what)s into %(parent)s, %(when)s."),
        "sign-unpacked": _("%(party)s takes %(what)s out of %(parent)s, %(when)s."),
        "sign-unpacked_all": _("%(party)s takes everything out of %(parent)s, %(when)s."),
        "sign-shipped": _("%(party)s hands %(what)s to %(to)s, %(when)s."),
        "sign-voided": _("%(party)s declares that %(what)s never left, %(when)s: %(reason)s."),
        "sign-received": _("%(party)s receives %(what)s from %(from)s, %(when)s."),
        "sign-received_unmatched": _("%(party)s receives %(what)s without a signed dispatch, %(when)s."),
        "sign-missing": _("%(missing)s announced as inside are not there."),
        "sign-refused": _("%(party)s refuses %(what)s and sends it back to %(to)s, %(when)s: %(reason)s."),
        "sign-dispensed": _("%(party)s dispenses %(what)s, %(when)s."),
        "sign-partly_dispensed": _(
            "%(party)s dispenses %(taken)s units of %(what)s, %(left)s are left, %(when)s."
        ),
        "sign-undone": _("%(party)s takes back the dispensing of %(what)s, %(when)s: %(reason)s."),
        "sign-recall_held": _("%(party)s holds %(what)s for the recall, %(when)s."),
        "sign-recall_answered": _("%(party)s has got the recall and has %(onHand)s of it on hand, %(when)s."),
        "sign-recall_reported": _(
            "%(party)s reports to the recall, %(when)s: on hand %(onHand)s, sent back %(returned)s, destroyed %(destroyed)s, dispensed %(dispensed)s, missing %(missing)s."
        ),
        "sign-corrected_not_so": _(
            "%(party)s declares that what was signed about %(what)s for %(when)s did not happen. It stays visible, struck."
        ),
        "sign-corrected_wrong": _(
            "%(party)s declares that what was signed about %(what)s for %(when)s is wrong. It stays visible, struck."
        ),
        "sign-held": _("%(party)s holds %(what)s, %(when)s."),
        "sign-released": _("%(party)s releases %(what)s, %(when)s."),
        "sign-act-recall": _("%(party)s recalls %(lots)s as class %(class)s, down to %(level)s: %(reason)s."),
        "sign-act-recall_drill": _(
            "%(party)s begins a drill for %(lots)s as class %(class)s, down to %(level)s: %(reason)s. Nothing is blocked."
        ),
        "sign-act-recall_closed": _("%(party)s closes the campaign of this recall. %(reason)s"),
        "sign-act-lift": _("%(party)s lifts this recall: %(reason)s. Every holder then releases its packs."),
        "sign-act-evidence": _(
            "%(party)s notes documents in the log: %(n)s. The log shows nobody what they are."
        ),
        "sign-act-key": _("%(party)s registers a device key for the role %(role)s."),
        "sign-act-revoke": _("%(party)s revokes the device key %(kid)s: %(reason)s."),
        "level-wholesale": _("wholesalers"),
        "level-pharmacy": _("pharmacies"),
        "level-patient": _("patients"),
        "role-administrator": _("administrator"),
        "role-auditor": _("auditor"),
        "role-operator": _("operator"),
        "role-pharmacist": _("pharmacist"),
        "role-quality": _("quality"),
        "role-regulator": _("regulator"),
    }


def _screens() -> dict[str, str]:
    return {
        "absent": _("Not here: %(what)s. They stay on the road until they arrive or the sender voids them."),
        "extra": _("Not announced: %(what)s. They are received as unmatched, and the sender is asked."),
        "not-seen": _("%(what)s of an opened container were not scanned."),
        "declare-missing": _("They are missing"),
        "all-there": _("Everything announced is here."),
        "no-such-dispatch": _("This code is in none of the dispatches below."),
        "bad-serials": _(
            "%(n)s serials cannot be in a GS1 code, the first is %(first)s. Use up to 20 characters."
        ),
        "twice": _("%(n)s serials are in the list twice."),
        "dispense": _("Dispense"),
        "sign-and-dispense": _("Sign and dispense"),
        "sign-and-undo": _("Sign and undo"),
        "part-of-it": _("Part of it…"),
        "undo": _("Undo dispensing"),
        "never-public": _("never reached the public"),
        "too-many-packs": _(
            "%(n)s lines are more than one statement holds. Recall at most %(most)s packs at once, or the whole lot."
        ),
        "not-a-pack": _("Line %(n)s: %(why)s"),
        "story": _("Where has it been?"),
    }


def _stock() -> dict[str, str]:
    return {
        "checking-list": _("Reading the list…"),
        "list-clean": _("Every line can be taken in: %(what)s."),
        "list-problems": _(
            "Lines that cannot be taken in: %(n)s. Mend them in the file and choose it again."
        ),
        "good-lines": _("Go on with the good lines only: %(what)s"),
        "list-empty": _("No line of this file can be taken in."),
        "more-problems": _("and %(n)s more"),
        "line-one": _("%(n)s line"),
        "line-many": _("%(n)s lines"),
        "sign-counted": _("%(party)s counted %(what)s at %(place)s, %(when)s."),
        "sign-counted_missing": _("%(party)s counted %(what)s at %(place)s, %(when)s. %(reason)s."),
        "count-there": _("Expected and scanned"),
        "count-missing": _("Expected, not scanned"),
        "count-elsewhere": _("Here, and recorded at another place"),
        "count-foreign": _("Here, and not in your stock"),
        "count-gone": _("Here, and reported missing"),
        "count-all": _("Everything expected here was scanned."),
        "count-lost-reason": _("Not found in a count"),
        "count-not-found": _("Expected and not found: %(what)s"),
        "count-choose": _("Choose the place that you count."),
        "count-empty": _("Nothing is recorded at this place."),
        "step-counted": _("Sign the count"),
        "step-moved": _("Move them here"),
        "step-received": _("Take them in as unmatched"),
        "step-lost": _("Report them lost"),
        "step-found": _("Report them found"),
        "caps-on": _("caps lock is on"),
        "caps-off": _("off"),
        "setup-right": _("right"),
        "setup-wrong": _("not as printed"),
        "setup-lost": _("lost"),
        "setup-no-end": _("neither"),
        "setup-read": _("This code arrives as it is printed"),
        "setup-scan-1": _("Now scan code 1."),
        "setup-scan-2": _("Now scan code 2."),
        "setup-done": _("This scanner is set up right"),
        "setup-nearly": _("The codes arrive, and something below is still to mend"),
        "setup-nothing-lost": _("Mend it as described below, then scan again."),
        "setup-case": _("Capital and small letters are exchanged. Switch caps lock off and scan again."),
        "setup-one-case": _(
            "The scanner turns all letters into one case. Switch its case conversion off and scan again."
        ),
        "setup-layout": _(
            "Some characters are exchanged. Set the same keyboard layout on scanner and computer and scan again."
        ),
        "setup-part": _(
            "Lot or expiry did not arrive as printed. Set the scanner to send GS (ASCII 29) and scan again."
        ),
        "setup-other": _("This is none of the two test codes. Scan one of them."),
        "registered-so": _("This is registered exactly so already."),
        "list-unchanged": _("Registered exactly so already, and left out: %(n)s."),
        "sign-act-product": _("%(party)s registers the product %(name)s (%(gtin)s)."),
        "sign-act-site": _("%(party)s registers the place %(name)s (%(gln)s)."),
        "sign-act-party": _("%(party)s registers %(name)s (%(gln)s)."),
        "with-inside-scanned": _("%(what)s (%(inside)s inside; codes scanned there: %(n)s)"),
        "empty-box": _("empty"),
        "differences": _("Differences"),
        "state-here": _("here, scanned"),
        "state-sealed": _("here, sealed"),
        "state-inferred": _("%(n)s inside, inferred"),
        "state-opened": _("%(seen)s of %(all)s inside scanned"),
        "state-waiting": _("not scanned yet"),
        "state-missing": _("missing from its container"),
        "state-extra": _("not announced"),
        "state-wrong": _("another product than announced"),
        "state-no-data": _("no data in the log yet"),
        "state-no-product": _("announced, not here"),
        "state-damaged": _("damaged"),
        "damaged-received": _(
            "Received, and damaged: %(what)s. Hold it, so that it cannot leave by mistake."
        ),
        "hold-damaged": _("Hold the damaged goods"),
        "mark-damaged": _("Damaged"),
    }


def sentences() -> dict[str, str]:
    """Every sentence by its key, in the reader's language, places still open."""
    rooms = (_reading, _keys, _signing, _acts, _screens, _stock, actwords.sentences, counter, away, evidence)
    return {key: text for room in rooms for key, text in room().items()}


def set_up(app: Flask) -> None:
    """Let `_say.html` write them."""
    app.jinja_env.globals.update(sentences=sentences)
