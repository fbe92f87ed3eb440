"""The sentences of the page that checks evidence: what it proves, and what it refuses."""

from traceability.web.babel import gettext as _


def evidence() -> dict[str, str]:
    """By key, as static/js/verify.js and the checker's refusals name them."""
    return {
        "ev-checking": _("Checking %(file)s…"),
        "ev-progress": _("%(n)s of %(of)s statements checked…"),
        "ev-no-trust": _("trust.json could not be fetched. Choose your own copy."),
        "ev-verified": _("Verified"),
        "ev-not-verified": _("NOT verified"),
        "ev-where": _("In: %(part)s"),
        "ev-statements": _("%(statements)s statements, signed by %(parties)s parties."),
        "ev-log": _("Log %(origin)s with %(size)s entries; the newest here was admitted %(newest)s."),
        "ev-registry": _("%(n)s registry entries, from the root document on."),
        "ev-bodies": _("Bodies: %(whole)s shown whole, %(part)s in part, %(none)s not shown."),
        "ev-no-effect": _(
            "%(n)s of them had no effect: the rules refused the act, and it is only on record."
        ),
        "ev-documents": _(
            "Documents: %(n)s, each the one that is listed; %(noted)s of them are noted in the log."
        ),
        "ev-proves": _(
            "Proven: each was signed by a key that was registered for its party and not revoked when the log admitted it, it stands in the log at its position, and what is shown of it is what was signed."
        ),
        "ev-not-proves": _(
            "Not proven: that these are all statements about an item or a lot, that no key was revoked later, and that what was signed is true."
        ),
        "ev-beyond": _("Not checked by this page, but by the program in the bundle: %(files)s."),
        "ev-own-trust": _("Checked against the trust.json that you chose."),
        "ev-server-trust": _("Checked against this server's trust.json. Choose your own copy to be sure."),
        **refusals(),
        "byte-one": _("%(n)s byte"),
        "byte-many": _("%(n)s bytes"),
    }


def refusals() -> dict[str, str]:
    """What static/js/evidence.js and registrar.js refuse, by its key."""
    return {
        "ev-malformed": _("This is not as it must be: %(why)s"),
        "ev-no-ed25519": _(
            "This browser cannot check the log's signature (Ed25519). Use a newer one, or the program in the bundle."
        ),
        "ev-zip-altered": _("%(file)s was altered inside the ZIP file."),
        "ev-zip-order": _("%(file)s is not at its place in the ZIP file, or there twice."),
        "ev-zip-directory": _("The directory of the ZIP file is not that of its files."),
        "ev-missing": _("%(file)s is missing."),
        "ev-altered": _("%(file)s is not the file that the manifest lists."),
        "ev-unlisted": _("%(file)s is not listed in the manifest."),
        "ev-order": _("%(file)s is for another position."),
        "ev-other-log": _("It is of another log: %(log)s."),
        "ev-other-checkpoint": _("The proof leads to another checkpoint than that of the bundle."),
        "ev-other-statement": _("The receipt is for another statement than %(id)s."),
        "ev-inclusion": _("The entry is not in the tree that the log signed."),
        "ev-log-signature": _("The checkpoint is not signed by the log's key."),
        "ev-registry-head": _("The registry entries are not those that the statement was admitted under."),
        "ev-receipt-registry": _(
            "This receipt carries no registry entries. Download it again with them, or check it with a bundle."
        ),
        "ev-key-unknown": _("The key %(kid)s is not registered."),
        "ev-key-party": _("The key %(kid)s does not belong to %(party)s."),
        "ev-key-revoked": _("The key %(kid)s was revoked."),
        "ev-key-expired": _("The key %(kid)s had expired."),
        "ev-key-candidate": _("The key %(kid)s may only sign its root document."),
        "ev-chain": _("A registry statement does not follow the last one of its key %(kid)s."),
        "ev-registration": _("A registration in the registry is not good."),
        "ev-revocation": _("A revocation in the registry is not good."),
        "ev-revocation-dropped": _("The log gave no effect to a revocation that is good."),
        "ev-succession": _("A new root document in the registry is not good."),
        "ev-not-noted": _("%(file)s is not noted in the statement that the list names."),
        "ev-commitment": _("What is shown (%(part)s) is not what was signed."),
    }
