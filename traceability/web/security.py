"""What keeps a browser session safe: headers, cookies, CSRF, rate limits, and no demo on a network."""

import ipaddress
from datetime import timedelta

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from traceability.settings import Settings
from traceability.store.office import Office

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")

LOGIN_TRIES = "10 per minute; 60 per hour"
# One allowance for every way to guess: login, unlocking, passkeys, the old password of a new one.
login_tries = limiter.shared_limit(
    LOGIN_TRIES, scope="guesses", methods=["POST"], deduct_when=lambda response: response.status_code >= 400
)
LARGEST_REQUEST = 48_000_000  # a phone photo of 40 MB, or a batch of statements with their bodies

# No inline script or style anywhere. `blob:` and `data:` pictures are the camera's and the user's own.
# 'wasm-unsafe-eval' compiles WebAssembly, the decoder in the page, and no JavaScript.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class UnsafeError(ValueError):
    """A server that would offer demo keys or passwords to a network."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    name = host.strip("[]")
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def refuse_unsafe(settings: Settings, office: Office) -> None:
    """Raise UnsafeError where a network would reach demo keys or demo passwords."""
    if is_loopback(settings.host):
        return
    if settings.demo:
        raise UnsafeError(
            "The demo has published keys and passwords, so it is served on this machine only. "
            "Listen on 127.0.0.1, or start a supply chain of your own.",
        )
    if office.has_published_passwords():
        raise UnsafeError(
            "This data folder has accounts with published demo passwords. Change or disable them "
            "before listening on %(host)s.",
            host=settings.host,
        )


class _Sessions(SecureCookieSessionInterface):
    """Session cookies that travel over https only, except to a browser on this very machine."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        return secure_cookie()


def host_name() -> str:
    """The host that the browser sees, without its port."""
    return request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host


def secure_cookie() -> bool:
    """Whether a cookie of this answer must be kept to https."""
    return request.is_secure or not is_loopback(host_name())


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def set_up(app: Flask, secret: bytes, settings: Settings) -> None:
    """Believe the proxies that are configured, sign cookies with `secret`, check CSRF tokens, limit guesses, and send the headers."""
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # Else an answer that was slow would put back the session of before a lock or a challenge.
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=True,
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=2_000_000,
    )
    app.session_interface = _Sessions()
    if settings.proxies:
        near = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=near, x_proto=near, x_host=near)  # type: ignore[method-assign]
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_add_headers)
