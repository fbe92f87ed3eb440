"""Every spelling of a GS1 identifier in EPCIS data as one constrained canonical Digital Link URI.

Partners write EPC URNs (`urn:epc:id:sgtin:…`, GS1 EPC Tag Data Standard 2.0 section 6) or Digital Links
of their own domains; the event hash (CBV 2.0 section 8.9) and every comparison want one spelling.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from traceability.gs1.checks import check_digit
from traceability.gs1.key_types import escape

ROOT = "https://id.gs1.org"

_URN = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):(.+)")
_LINK = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)(?:[?#]\S*)?")

# Primary keys, the form of their values, and their qualifiers from the finest to the coarsest (CBV 2.0
# section 8.9, step 18).
_KEYS: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "00": (re.compile(r"[0-9]{18}"), ()),
    "01": (re.compile(r"[0-9]{8}|[0-9]{12,14}"), ("21", "235", "10")),
    "253": (re.compile(r"[0-9]{13}\S{0,51}"), ()),
    "255": (re.compile(r"[0-9]{13,25}"), ()),
    "401": (re.compile(r"\S{1,90}"), ()),
    "402": (re.compile(r"[0-9]{17}"), ()),
    "414": (re.compile(r"[0-9]{13}"), ("254",)),
    "417": (re.compile(r"[0-9]{13}"), ()),
    "8003": (re.compile(r"[0-9]{14}\S{0,48}"), ()),
    "8004": (re.compile(r"\S{1,90}"), ()),
    "8006": (re.compile(r"[0-9]{18}"), ("21", "10")),
    "8010": (re.compile(r"\S{1,90}"), ("8011",)),
    "8017": (re.compile(r"[0-9]{18}"), ()),
    "8018": (re.compile(r"[0-9]{18}"), ()),
}


def canonical(text: str) -> str:
    """The constrained canonical Digital Link URI of an identifier; any other text as it is.

    >>> canonical("urn:epc:id:sgtin:4012345.011111.9876")
    'https://id.gs1.org/01/04012345111118/21/9876'
    >>> canonical("https://pack.example/x/01/4012345111118/10/A1/21/9876?17=270430")
    'https://id.gs1.org/01/04012345111118/21/9876'
    >>> canonical("https://example.com/orders/12345678")
    'https://example.com/orders/12345678'
    """
    if text.startswith("urn:epc:"):
        return _of_urn(text) or text
    if text.startswith(("https://", "http://")):
        return _of_link(text) or text
    return text


def _of_urn(urn: str) -> str | None:
    match = _URN.fullmatch(urn)
    if match is None:
        return None
    kind, scheme, body = match.groups()
    make = _SCHEMES.get((kind, scheme))
    parts = body.split(".", make[0] - 1) if make else []
    if make is None or len(parts) != make[0] or not _ascii_digits(parts[0]):
        return None
    path = make[1](*parts)
    return f"{ROOT}/{path}" if path else None


def _of_link(link: str) -> str | None:
    match = _LINK.fullmatch(link)
    if match is None:
        return None
    segments = match[1].strip("/").split("/")
    for at in range(len(segments) - 2, -1, -1):
        form, finer = _KEYS.get(segments[at], (None, ()))
        if form is None or not form.fullmatch(segments[at + 1]):
            continue
        rest = segments[at + 2 :]
        qualifiers = dict(zip(rest[::2], rest[1::2], strict=False))
        value = segments[at + 1].zfill(14) if segments[at] == "01" else segments[at + 1]
        suffix = next((f"/{name}/{qualifiers[name]}" for name in finer if name in qualifiers), "")
        return f"{ROOT}/{segments[at]}/{value}{suffix}"
    return None


def _digits(digits: str, length: int) -> str | None:
    """Digits with their check digit, or None for the wrong length."""
    if len(digits) != length or not _ascii_digits(digits):
        return None
    return digits + check_digit(digits)


def _ascii_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _text(part: str) -> str:
    return escape(unquote(part))


def _gtin(prefix: str, item: str) -> str | None:
    return _digits(item[:1] + prefix + item[1:], 13)


def _with(ai: str, key: str | None, suffix: str = "") -> str | None:
    return None if key is None else f"{ai}/{key}{suffix}"


def _sgln(prefix: str, place: str, extension: str) -> str | None:
    return _with("414", _digits(prefix + place, 12), "" if extension == "0" else f"/254/{_text(extension)}")


def _itip(prefix: str, item: str, piece: str, total: str, serial: str) -> str | None:
    suffix = "" if serial == "*" else f"/21/{_text(serial)}"
    return _with("8006", _gtin(prefix, item), f"{piece}{total}{suffix}")


def _cpi(prefix: str, part: str, serial: str) -> str:
    return f"8010/{prefix}{_text(part)}" + ("" if serial == "*" else f"/8011/{serial}")


def _serialised(ai: str, lead: str = "") -> Callable[..., str | None]:
    """A document, asset or coupon type with check digit and a serial behind it."""
    return lambda prefix, kind, serial: _with(
        ai, _digits(lead + prefix + kind, 12 + len(lead)), "" if serial == "*" else _text(serial)
    )


def _traded(qualifier: str) -> Callable[..., str | None]:
    """A trade item with a serial or lot, or the whole class of it."""
    return lambda prefix, item, serial: _with(
        "01", _gtin(prefix, item), "" if serial == "*" else f"/{qualifier}/{_text(serial)}"
    )


def _numbered(ai: str, length: int) -> Callable[..., str | None]:
    return lambda prefix, rest: _with(ai, _digits(prefix + rest, length))


def _free(ai: str) -> Callable[..., str | None]:
    return lambda prefix, rest: f"{ai}/{prefix}{_text(rest)}"


# For each scheme the number of its dot-separated parts and how they make a Digital Link path.
_SCHEMES: dict[tuple[str, str], tuple[int, Callable[..., str | None]]] = {
    ("id", "sgtin"): (3, _traded("21")),
    ("id", "upui"): (3, _traded("235")),
    ("id", "sscc"): (2, lambda prefix, ref: _with("00", _digits(ref[:1] + prefix + ref[1:], 17))),
    ("id", "sgln"): (3, _sgln),
    ("id", "pgln"): (2, _numbered("417", 12)),
    ("id", "grai"): (3, _serialised("8003", "0")),
    ("id", "giai"): (2, _free("8004")),
    ("id", "gdti"): (3, _serialised("253")),
    ("id", "sgcn"): (3, _serialised("255")),
    ("id", "gsrn"): (2, _numbered("8018", 17)),
    ("id", "gsrnp"): (2, _numbered("8017", 17)),
    ("id", "gsin"): (2, _numbered("402", 16)),
    ("id", "ginc"): (2, _free("401")),
    ("id", "cpi"): (3, _cpi),
    ("id", "itip"): (5, _itip),
    ("class", "lgtin"): (3, _traded("10")),
    ("idpat", "sgtin"): (3, _traded("21")),
    ("idpat", "upui"): (3, _traded("235")),
    ("idpat", "grai"): (3, _serialised("8003", "0")),
    ("idpat", "gdti"): (3, _serialised("253")),
    ("idpat", "sgcn"): (3, _serialised("255")),
    ("idpat", "cpi"): (3, _cpi),
    ("idpat", "itip"): (5, _itip),
}
