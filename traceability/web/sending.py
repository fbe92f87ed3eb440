"""E-mail by SMTP and webhook calls by Standard Webhooks, one at a time, with what went wrong in words.

A webhook goes to https only, follows no redirect, and reaches public addresses only, so that nobody can
make this server call its neighbours. The demo may also call this very machine.
"""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import secrets
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from urllib.parse import SplitResult, urlsplit

from traceability.settings import Mail
from traceability.web.errors import PageError
from traceability.web.security import is_loopback

TIMEOUT = 10.0
"""Seconds that another server may take to answer."""
SECRET_BYTES = 32
USER_AGENT = "medicine-traceability-webhook/1"


class NotNowError(ValueError):
    """It could not be delivered now; later it may."""


class NeverError(ValueError):
    """It cannot be delivered to this address as it is."""


# E-mail


def parse_address(text: str) -> str:
    """An e-mail address in its one spelling. Raises PageError with what was expected."""
    try:
        address = Address(addr_spec=text.strip())
    except (ValueError, IndexError, MessageError) as error:
        raise PageError(
            "Expected an e-mail address such as name@example.org, got %(text)s", text=text[:80]
        ) from error
    if not address.domain or not address.username or len(text) > 254:
        raise PageError("Expected an e-mail address such as name@example.org, got %(text)s", text=text[:80])
    return address.addr_spec


def send_mail(mail: Mail, target: str, subject: str, text: str, message_id: str, now: datetime) -> None:
    """Hand one e-mail to the mail server. Raises NotNowError or NeverError."""
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = target
    message["Subject"] = subject
    message["Date"] = now
    message["Message-ID"] = f"<{message_id}@{mail.sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in return
    message.set_content(text)
    try:
        with _mail_server(mail) as server:
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        raise _mail_trouble(code, reason) from error
    except smtplib.SMTPResponseException as error:
        raise _mail_trouble(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotNowError(f"{type(error).__name__}: {error}") from error


def _mail_server(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT)
    try:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, mail.password)
    except BaseException:
        server.close()
        raise
    return server


def _mail_trouble(code: int, reason: bytes | str) -> ValueError:
    """RFC 5321: 5yz is for ever, anything else for now. A refused login is the operator's to mend."""
    said = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
    never = 500 <= code < 600 and code not in {530, 534, 535}
    return (NeverError if never else NotNowError)(f"{code} {said}")


# Webhooks (standardwebhooks.com, version 1)


def new_secret() -> str:
    """A secret that signs the calls to one party's webhook."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of the header webhook-signature: HMAC-SHA256 over id, timestamp and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def parse_url(text: str, *, demo: bool) -> str:
    """The address of a webhook. Raises PageError for one that this server would not call."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    here = demo and is_loopback(parts.hostname or "")
    plain = not parts.username and not parts.password and not parts.fragment and port != 0
    if not parts.hostname or not plain or (parts.scheme != "https" and not (here and parts.scheme == "http")):
        raise PageError("Expected an https address without a password in it, got %(text)s", text=text[:80])
    if not demo and is_loopback(parts.hostname):
        raise PageError("Expected the address of another machine, got %(text)s", text=text[:80])
    return parts.geturl()


def call(url: str, secret: str, message_id: str, body: bytes, now: datetime, *, demo: bool) -> None:
    """Call a webhook once. Raises NotNowError, or NeverError where the receiver says that it is gone."""
    timestamp = int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    try:
        status = _post(urlsplit(parse_url(url, demo=demo)), headers, body, demo=demo)
    except (OSError, http.client.HTTPException) as error:
        raise NotNowError(f"{type(error).__name__}: {error}") from error
    if status == http.HTTPStatus.GONE:
        raise NeverError(f"HTTP {status}")
    if not 200 <= status < 300:
        raise NotNowError(f"HTTP {status}")


def _post(url: SplitResult, headers: Mapping[str, str], body: bytes, *, demo: bool) -> int:
    host, secure = url.hostname or "", url.scheme == "https"
    port = url.port or (443 if secure else 80)
    addresses = _addresses(host, port, demo=demo)
    connection = (_SecureConnection if secure else _Connection)(host, port, addresses)
    try:
        target = url.path or "/"
        connection.request("POST", f"{target}?{url.query}" if url.query else target, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _addresses(host: str, port: int, *, demo: bool) -> list[str]:
    """The addresses that may be called: looked up once, so that a name cannot change its mind after the check."""
    found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for text in found:
        address = ipaddress.ip_address(text.partition("%")[0])
        if not address.is_global and not (demo and address.is_loopback):
            raise NeverError(f"{host} leads to {address}, which is not on the public network")
    return found


class _Connection(http.client.HTTPConnection):
    """A connection to addresses that were checked, under the name that they were looked up by."""

    def __init__(self, host: str, port: int, addresses: list[str]) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._addresses = addresses

    def connect(self) -> None:
        *others, last = self._addresses
        for address in others:
            with suppress(OSError):
                self.sock = socket.create_connection((address, self.port), self.timeout)
                return
        self.sock = socket.create_connection((last, self.port), self.timeout)


class _SecureConnection(_Connection):
    def connect(self) -> None:
        super().connect()
        self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def to_utc(now: datetime) -> str:
    """A time as a webhook's body writes it."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
