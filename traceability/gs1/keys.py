"""GS1 keys: the types, their URIs and URNs read back, and item URIs handled as text.

The functions at the end take the URI of an item as it is, for places that see millions of them.
"""

import re
from urllib.parse import unquote

from traceability.gs1 import Gs1Error
from traceability.gs1.checks import check_digit
from traceability.gs1.key_types import (
    STEM,
    Giai,
    Gln,
    Grai,
    Gtin,
    Lgtin,
    Sgln,
    Sgtin,
    Sscc,
    escape,
    verify_text,
)
from traceability.gs1.urns import Parts, parse_parts

__all__ = [
    "STEM",
    "Giai",
    "Gln",
    "Grai",
    "Gtin",
    "Key",
    "Lgtin",
    "Sgln",
    "Sgtin",
    "Sscc",
    "check_digit",
    "escape",
    "join_epc_uri",
    "parse_epc_uri",
    "parse_urn",
    "split_epc_uri",
    "verify_epc_uri",
]

Key = Gtin | Sgtin | Lgtin | Sscc | Gln | Sgln | Grai | Giai


def parse_urn(text: str) -> Key:
    """The key of an EPC URN in its one spelling (TDS 2.x, sections 6 and 8). A `pgln` gives a `Gln`."""
    scheme, parts = parse_parts(text)
    digits = parts.first + check_digit(parts.first) if scheme != "id:giai" else parts.first
    key = _key_of(scheme, digits, parts)
    if scheme == "id:pgln":
        return key
    again = key.urn(parts.prefix_length)
    if again != text:
        raise Gs1Error("Expected the spelling %(want)s, got %(got)s", want=again, got=text)
    return key


def _key_of(scheme: str, digits: str, parts: Parts) -> Key:
    match scheme:
        case "id:sgtin":
            return Sgtin(Gtin(digits), parts.second)
        case "class:lgtin":
            return Lgtin(Gtin(digits), parts.second)
        case "idpat:sgtin":
            return Gtin(digits)
        case "id:sscc":
            return Sscc(digits)
        case "id:sgln":
            return Gln(digits) if parts.second == "0" else Sgln(Gln(digits), parts.second)
        case "id:pgln":
            return Gln(digits)
        case "id:grai":
            return Grai(digits, verify_text(parts.second, 1, 16, "serial number"))
        case "idpat:grai":
            return Grai(digits)
        case _:
            return Giai(digits)


_URI = re.compile(r"(00|01|414|8003|8004)/([^/]*)(?:/(10|21|254)/([^/]*))?")


def parse_epc_uri(text: str) -> Key:
    """The key of a Digital Link URI in its one canonical spelling; `parse_epc_uri(key.uri) == key`."""
    match = _URI.fullmatch(text, len(STEM)) if text.startswith(STEM) else None
    if match is None:
        raise Gs1Error(
            "Expected a link such as https://id.gs1.org/01/…/21/… or https://id.gs1.org/00/…, got %(got)r",
            got=text,
        )
    key = _key_at(match[1], unquote(match[2]), match[3], unquote(match[4] or ""))
    if key.uri != text:
        raise Gs1Error("Expected the canonical spelling %(want)s, got %(got)s", want=key.uri, got=text)
    return key


def _key_at(ai: str, value: str, qualifier: str | None, more: str) -> Key:
    match ai, qualifier:
        case "00", None:
            return Sscc(value)
        case "01", None:
            return Gtin(value)
        case "01", "21":
            return Sgtin(Gtin(value), more)
        case "01", "10":
            return Lgtin(Gtin(value), more)
        case "414", None:
            return Gln(value)
        case "414", "254":
            return Sgln(Gln(value), more)
        case "8003", None:
            return Grai.parse(value)
        case "8004", None:
            return Giai(value)
    raise Gs1Error("AI (%(qualifier)s) does not belong after AI (%(ai)s)", ai=ai, qualifier=qualifier)


_SERIAL = r"(?:[0-9A-Za-z._-]|%2[125-9ABCF]|%3[A-F])"
_serial20 = re.compile(_SERIAL + r"{1,20}").fullmatch
_head = re.compile(r"https://id\.gs1\.org/01/([0-9]{14})/21/").fullmatch
_sscc = re.compile(r"https://id\.gs1\.org/00/[0-9]{18}").fullmatch
_grai = re.compile(r"https://id\.gs1\.org/8003/0([0-9]{13})" + _SERIAL + r"{1,16}").fullmatch
_giai = re.compile(r"https://id\.gs1\.org/8004/[0-9]{4}" + _SERIAL + r"{1,26}").fullmatch

# Beginnings of SGTIN URIs whose check digit was right; products are few and packs are many.
_known: set[str] = set()
_KNOWN_AT_MOST = 65_536


def verify_epc_uri(uri: str) -> None:
    """Refuse all but the canonical Digital Link URI of one item: SGTIN, SSCC, GRAI with serial or GIAI."""
    if uri[19:22] == "01/":
        if (uri[:40] in _known or _learn(uri[:40])) and _serial20(uri, 40):
            return
    elif uri[19:22] == "00/":
        if _sscc(uri):
            octets = uri[22:].encode()
            # 1728 is the ASCII code of 0, weighted: nine times 48 times 3 and nine times 48.
            if (3 * sum(octets[::2]) + sum(octets[1::2]) - 1728) % 10 == 0:
                return
    elif uri[19:24] == "8003/":
        match = _grai(uri)
        if match and check_digit(match[1][:-1]) == match[1][-1]:
            return
    elif _giai(uri):
        return
    _refuse(uri)


def _learn(head: str) -> bool:
    match = _head(head)
    if match is None or check_digit(match[1][:-1]) != match[1][-1]:
        return False
    if len(_known) >= _KNOWN_AT_MOST:
        _known.clear()
    _known.add(head)
    return True


def _refuse(uri: str) -> None:
    key = parse_epc_uri(uri)
    if isinstance(key, Grai):
        raise Gs1Error("Expected the link of one item, with a serial number, got %(got)s", got=uri)
    raise Gs1Error("Expected the link of one item: SGTIN, SSCC, GRAI or GIAI, got %(got)s", got=uri)


def split_epc_uri(uri: str) -> tuple[str, str]:
    """Split a verified item URI into what many items share and what is its own, decoded.

    ("01/<gtin>", serial), ("00", sscc), ("8003/<14 digits>", serial) or ("8004", giai).
    """
    kind = uri[19:24]
    if kind[:3] == "01/":
        prefix, serial = uri[19:36], uri[40:]
    elif kind[:3] == "00/":
        return "00", uri[22:]
    elif kind == "8003/":
        prefix, serial = uri[19:38], uri[38:]
    elif kind == "8004/":
        prefix, serial = "8004", uri[24:]
    else:
        raise Gs1Error("Expected the link of one item: SGTIN, SSCC, GRAI or GIAI, got %(got)s", got=uri)
    return prefix, unquote(serial) if "%" in serial else serial


def join_epc_uri(prefix: str, serial: str) -> str:
    """The inverse of `split_epc_uri`."""
    text = escape(serial)
    kind = prefix[:4]
    if kind[:3] == "01/":
        return f"https://id.gs1.org/{prefix}/21/{text}"
    if kind == "8003":
        return f"https://id.gs1.org/{prefix}{text}"
    if kind in ("00", "8004"):
        return f"https://id.gs1.org/{prefix}/{text}"
    raise Gs1Error(
        "Expected the beginning of an item's link: 01/…, 00, 8003/… or 8004, got %(got)r", got=prefix
    )
