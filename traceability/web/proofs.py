"""What static/js/proof.js needs to check statements in the page."""

import json

from traceability.custody.state import Fact
from traceability.web import phrases
from traceability.web.babel import gettext
from traceability.web.words import moment


def proof(facts: list[Fact]) -> str:
    """The statements that static/js/proof.js is to check."""
    labels = (f"{phrases.statement_title(fact)} · {moment(fact.event_time)}" for fact in facts)
    return json.dumps(
        [{"id": fact.id, "label": label} for fact, label in zip(facts, labels, strict=True)],
        ensure_ascii=False,
    )


def proof_sentences() -> dict[str, str]:
    """What proof.js says."""
    return {
        "proof-checking": gettext("Checking in this browser…"),
        "proof-all": gettext("All %(n)s statements hold. This browser checked them itself."),
        "proof-one": gettext("It holds. This browser checked it itself."),
        "proof-some": gettext("%(n)s of %(of)s statements hold. Do not rely on the others."),
        "proof-step-tree": gettext(
            "It is entry %(index)s of a log of %(size)s; its path leads to this root:"
        ),
        "proof-step-log": gettext("The log %(origin)s has signed that root with this key:"),
        "proof-step-log-unread": gettext(
            "This browser cannot check the signature of the log %(origin)s (Ed25519). Use the offline verifier. Its key:"
        ),
        "proof-step-signature": gettext("Party %(gln)s signed it; the signature holds under this key:"),
        "proof-step-key": gettext(
            "The key was registered for that party, up to the authority, and not revoked among %(size)s registry entries with this head:"
        ),
        "proof-form": gettext("The receipt is not of a form that this page knows."),
        "proof-log-key": gettext("The checkpoint is not signed by the key in trust.json."),
        "proof-log-signature": gettext("The log's signature on the checkpoint does not hold."),
        "proof-tree": gettext("The entry is not in the tree that the log signed."),
        "proof-other": gettext("The receipt is for another statement than %(id)s."),
        "proof-other-log": gettext("The statement was made for another log."),
        "proof-key-name": gettext("The key does not fit its name %(kid)s."),
        "proof-registry-head": gettext(
            "The registry entries do not lead to the registry that the entry names."
        ),
        "proof-key-revoked": gettext("The key %(kid)s had been revoked when this was admitted."),
        "proof-key-party": gettext("The key %(kid)s was not registered for this party."),
        "proof-key-unknown": gettext("Nobody registered the key %(kid)s."),
        "proof-signature": gettext("The signature of key %(kid)s does not hold."),
        "no-answer": gettext("The server did not answer as expected. Try again."),
        "no-connection": gettext("No connection to the server."),
    }
