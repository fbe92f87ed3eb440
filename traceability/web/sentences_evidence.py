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
        "ev-reading": _("Reading the file: %(percent)s of 100…"),
        "ev-rows-hashed": _("%(n)s rows of the snapshot checked…"),
        "ev-rows-progress": _("%(n)s of %(of)s packs compared with the snapshot…"),
        "ev-erased": _(
            "The body of entry %(entry)s was erased by law on %(day)s, by %(party)s. A regulator has countersigned the state after the first %(size)s entries."
        ),
        "ev-erased-more": _("%(n)s more were erased by law."),
        **whole(),
        "ev-own-trust": _("Checked against the trust.json that you chose."),
        "ev-server-trust": _("Checked against this server's trust.json. Choose your own copy to be sure."),
        **refusals(),
        "byte-one": _("%(n)s byte"),
        "byte-many": _("%(n)s bytes"),
    }


def whole() -> dict[str, str]:
    """What a snapshot shows of the trace of a lot, and what it leaves open."""
    return {
        "ev-whole": _(
            "Whole as of entry %(entry)s: the snapshot has %(packs)s packs of lot %(lot)s, as the trace."
        ),
        "ev-whole-proven": _("Of %(n)s it is proven where they are, and by which last statement."),
        "ev-whole-hidden": _("Where %(n)s packs are is not shown to this reader."),
        "ev-countersigned": _("Countersigned by %(parties)s, after a replay of its own."),
        "ev-not-countersigned": _(
            "Not proven: that the snapshot is right. Only the log's operator says so; no regulator has signed it."
        ),
        "ev-lot-open": _("The maker has not closed the lot: nobody has signed how many packs it has."),
        "ev-lot-untold": _(
            "The maker closed the lot with %(n)s packs; which they are cannot be told from this."
        ),
        "ev-lot-same": _("The maker closed the lot with %(n)s packs: these, and no others."),
        "ev-lot-other": _("The maker closed the lot with %(n)s packs, and these are not they."),
        "ev-not-after": _(
            "Not proven: what happened after the snapshot, that no key was revoked later, and that what was signed is true."
        ),
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
        "ev-stranger": _("%(file)s is not a file of an evidence bundle."),
        "ev-consistency": _("The log of the snapshot is not a beginning of this one."),
        "ev-rows": _("The rows are not those of the snapshot."),
        "ev-rows-of": _("These are not the rows of the lot, but of %(name)s."),
        "ev-row-place": _("The row of %(item)s is not at its place."),
        "ev-row-count": _("It has %(n)s rows, and says that it has %(of)s."),
        "ev-row-missing": _("The row of the container %(item)s is missing."),
        "ev-row-hidden": _("The row of pack %(serial)s is not shown, so nothing may be said of where it is."),
        "ev-last-missing": _("The last statement about %(item)s is missing: %(id)s."),
        "ev-not-last": _("It is not the last statement about %(item)s."),
        "ev-trace-count": _("It has %(n)s packs, and the lot had %(of)s when the snapshot was taken."),
        "ev-trace-word": _(
            "Of pack %(serial)s it says %(got)s (%(name)s), and the snapshot says %(wanted)s."
        ),
        "ev-csv": _("It does not say the same as trace.json."),
        "ev-erase-signer": _("Somebody else than the authority had a body erased."),
        "ev-erase-snapshot": _("A body was erased by a snapshot that no regulator has countersigned."),
        "ev-erase-twice": _("A body was erased that is erased already."),
        "ev-erase-covers": _("The snapshot of the erase that names the statement does not cover it."),
        "ev-erase-other": _("The erase does not name this statement."),
    }
