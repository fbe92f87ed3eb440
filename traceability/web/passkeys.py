"""Passkeys (WebAuthn level 2): discoverable, with user verification, several a person.

The browser is told a challenge, which its signed answer has to carry. The challenge waits in the session's
signed cookie and is used once; the site (relying party id) is the host that the browser sees.
"""

from hashlib import sha256
from typing import Any

import webauthn
from flask import Blueprint, Response, flash, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from traceability.store.office import Account
from traceability.store.passkeys import Passkey, Passkeys
from traceability.web import sessions
from traceability.web.access import logged_in
from traceability.web.babel import gettext
from traceability.web.errors import PageError, ProofNeeded
from traceability.web.locks import proven, refused
from traceability.web.parts import parts
from traceability.web.record import record
from traceability.web.security import host_name, limiter, login_tries

blueprint = Blueprint("passkeys", __name__, url_prefix="/passkeys")

WAITS = 300
"""Seconds that a challenge waits for its answer."""


def _origin() -> str:
    return f"{request.scheme}://{request.host}"


def _remember(challenge: bytes) -> None:
    session["challenge"] = [bytes_to_base64url(challenge), int(parts().clock().timestamp())]


def _challenge() -> bytes:
    """The challenge that was given to this browser, once."""
    text, since = session.pop("challenge", ("", 0))
    if not text or parts().clock().timestamp() - since > WAITS:
        raise PageError("That took too long. Try the passkey again.")
    return base64url_to_bytes(text)


def _json(options: str) -> Response:
    return Response(options, content_type="application/json")


@blueprint.post("/offer")
@logged_in
def offer() -> ResponseReturnValue:
    """What the browser needs to make a passkey, for somebody who proved a moment ago who they are."""
    if not sessions.is_proven():
        raise ProofNeeded("Prove once more who you are, then go on.")
    options = webauthn.generate_registration_options(
        rp_id=host_name(),
        rp_name=gettext("Medicine traceability"),
        user_id=sha256(f"{parts().trust.origin}\n{current_user.login}".encode()).digest(),
        user_name=current_user.login,
        user_display_name=current_user.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(base64url_to_bytes(one.id))
            for one in Passkeys(parts().office).of(current_user.login)
        ],
    )
    _remember(options.challenge)
    return _json(webauthn.options_to_json(options))


@blueprint.post("/")
@logged_in
def add() -> ResponseReturnValue:
    """Keep the passkey that the browser made: {"credential", "name"}."""
    asked = request.get_json()
    try:
        made = webauthn.verify_registration_response(
            credential=asked.get("credential"),
            expected_challenge=_challenge(),
            expected_rp_id=host_name(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise PageError("This passkey could not be checked: %(why)s", why=error) from error
    name = str(asked.get("name", "")).strip()[:80] or gettext("Passkey")
    passkey = Passkey(
        bytes_to_base64url(made.credential_id), current_user.login, name, host_name(),
        made.credential_public_key, made.sign_count, parts().now(),
    )  # fmt: skip
    Passkeys(parts().office).add(passkey)
    record("passkey added", passkey.id, new=name)
    return jsonify(id=passkey.id), 201


@blueprint.post("/<key_id>/remove")
@logged_in
def remove(key_id: str) -> ResponseReturnValue:
    """Forget a passkey of one's own."""
    gone = Passkeys(parts().office).remove(key_id, current_user.login)
    record("passkey removed", gone.id, old=gone.name)
    flash(gettext("The passkey “%(name)s” opens nothing here any more.", name=gone.name), "clear")
    return redirect(url_for("accounts.devices"))


@blueprint.post("/ask")
@limiter.limit("60 per minute")
def ask() -> ResponseReturnValue:
    """A challenge for any passkey of this site."""
    options = webauthn.generate_authentication_options(
        rp_id=host_name(), user_verification=UserVerificationRequirement.REQUIRED
    )
    _remember(options.challenge)
    return _json(webauthn.options_to_json(options))


@blueprint.post("/enter")
@login_tries
def enter() -> ResponseReturnValue:
    """Prove with a passkey who one is: {"credential", "login" where it must be theirs, "why"}."""
    asked = request.get_json()
    account = _account(asked)
    wanted = str(asked.get("login", ""))
    if wanted and wanted != account.login:
        raise PageError("This passkey is somebody else's: %(login)s.", login=account.login)
    sessions.verify_owner(account.login)
    return proven(account, "passkey", asked)


def _account(asked: dict[str, Any]) -> Account:
    """The open account whose passkey answered the challenge."""
    challenge, credential = _challenge(), asked.get("credential")
    desk = Passkeys(parts().office)
    if not isinstance(credential, dict):
        raise PageError("Expected the answer of a passkey")
    passkey = desk.find(str(credential.get("id", "")))
    if passkey is None or passkey.site != host_name():
        raise PageError("This passkey is not known here. Log in with your password, then add it again.")
    try:
        answered = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=passkey.site,
            expected_origin=_origin(),
            credential_public_key=passkey.key,
            credential_current_sign_count=passkey.counter,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        refused(passkey.login)
        raise PageError("This passkey could not be checked: %(why)s", why=error) from error
    account = parts().office.account(passkey.login)
    if account is None or account.disabled:
        refused(passkey.login)
        raise PageError("This account is closed. Ask your administrator.")
    desk.note_used(passkey.id, answered.new_sign_count, parts().now())
    return account
