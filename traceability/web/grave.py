"""Acts whose signature means more than being there: released by, destroyed by, recalled by (21 CFR 11.50, 11.200).

A person who signs one in a browser proves once more who they are, a moment before. A station of the command
line has no session: the passphrase of its key file is its proof.
"""

import msgspec
from flask import Flask
from flask_login import current_user

from traceability.proof import ProofError
from traceability.proof.statement import RegistryClaims, Submission
from traceability.web import sessions
from traceability.web.errors import ProofNeeded
from traceability.web.record import record

MEANINGS = ("released", "destruction_agreed", "destroyed", "recall", "lift")
"""Meanings of custody statements and types of registry acts; static/js/signing.js gets them from the page."""


class _Meaning(msgspec.Struct):
    meaning: str = ""


class _Act(msgspec.Struct):
    type: str = ""


class Grave(msgspec.Struct, frozen=True):
    """A grave statement in a submission: its id and what its signature means."""

    id: str
    meaning: str


def grave_in(submission: bytes) -> Grave | None:
    """The grave statement of a submission; None where it is none, or is nothing that admission will take."""
    try:
        parsed = Submission.parse(submission)
        claims = parsed.statement.claims
        if isinstance(claims, RegistryClaims):
            meaning = msgspec.json.decode(claims.act, type=_Act).type
        else:
            terms = parsed.body.terms if parsed.body is not None else b"{}"
            meaning = msgspec.json.decode(terms, type=_Meaning).meaning
    except (ProofError, msgspec.MsgspecError):
        return None
    return Grave(parsed.statement.id, meaning) if meaning in MEANINGS else None


def verify_proven(submissions: list[bytes]) -> list[Grave]:
    """The grave statements that a session submits, when its person proved a moment ago who they are.

    Raises ProofNeeded otherwise: nothing is admitted, and the device keeps what was signed.
    """
    if not current_user.is_authenticated:
        return []
    found = [grave for one in submissions if (grave := grave_in(one)) is not None]
    if found and not sessions.is_proven():
        raise ProofNeeded("Prove once more who you are, then this is sent as it was signed.")
    return found


def note_signed(found: list[Grave]) -> None:
    """Put what was signed on the trail, with what its person proved themselves with."""
    for grave in found:
        record("signed", grave.id, new=grave.meaning, why=sessions.means())


def set_up(app: Flask) -> None:
    """Tell the pages which acts are grave."""
    app.jinja_env.globals.update(grave_meanings=lambda: " ".join(MEANINGS))
