"""What static/js/proof.js needs to check statements in the page."""

import json

from traceability.custody.state import Fact
from traceability.web import phrases
from traceability.web.babel import gettext
from traceability.web.sentences_evidence import refusals
from traceability.web.words import moment


def proof(facts: list[Fact]) -> str:
    """The statements that static/js/proof.js is to check."""
    labels = (f"{phrases.statement_title(fact)} · {moment(fact.event_time)}" for fact in facts)
    return json.dumps(
        [{"id": fact.id, "label": label} for fact, label in zip(facts, labels, strict=True)],
        ensure_ascii=False,
    )


def proof_sentences() -> dict[str, str]:
    """What proof.js says, and why something does not hold."""
    return {
        "proof-checking": gettext("Checking in this browser…"),
        "proof-all": gettext("All %(n)s statements hold. This browser checked them itself."),
        "proof-one": gettext("It holds. This browser checked it itself."),
        "proof-some": gettext("%(n)s of %(of)s statements hold. Do not rely on the others."),
        "proof-doubt": gettext(
            "%(n)s of %(of)s statements hold so far, but this browser cannot check the log's signature."
        ),
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
        **refusals(),
        "no-answer": gettext("The server did not answer as expected. Try again."),
        "no-connection": gettext("No connection to the server."),
    }
