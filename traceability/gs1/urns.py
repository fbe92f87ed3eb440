"""EPC URNs of GS1 keys (EPC Tag Data Standard 2.x, sections 6 to 8).

A URN sets the GS1 Company Prefix apart, which the key itself does not tell: its length is an argument, or
is taken from the table of GS1's prefixes that biip carries.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

from traceability.gs1 import Gs1Error

# Digits of a key without its check digit, by scheme; a GIAI has no fixed number.
_SIZES = {
    "id:sgtin": 13, "idpat:sgtin": 13, "class:lgtin": 13, "id:sscc": 17, "id:sgln": 12, "id:pgln": 12,
    "id:grai": 12, "idpat:grai": 12, "id:giai": 0,
}  # fmt: skip
# In these, the first digit of the key stands before the rest of the reference.
_INDICATED = ("id:sgtin", "idpat:sgtin", "class:lgtin", "id:sscc")
_ONE_FIELD = ("id:sscc", "id:pgln", "id:giai")
_URN = re.compile(r"urn:epc:((?:id|idpat|class):[a-z]+):([0-9]+)\.(.*)")
_ESCAPES = str.maketrans({c: f"%{ord(c):02X}" for c in '"%&/<>?'})
_SHORTEST, _LONGEST = 6, 12


class Parts(NamedTuple):
    """A key's digits without check digit (of a GIAI its value), its serial or the like, its prefix length."""

    first: str
    second: str
    prefix_length: int


def item_urn(scheme: str, digits: str, serial: str | None, length: int | None) -> str:
    """The URN of a GTIN (14 digits) or SSCC (18 digits), whose first digit moves behind the prefix."""
    size = _prefix_length(digits[1:], length)
    # A GTIN-8 has no company prefix: GS1's own stands for it, five zeros and three digits (TDS 7.3.2).
    if length is None and len(digits) == 14 and digits.startswith("000000"):
        size = 8
    reference = digits[0] + digits[1 + size : -1]
    return _urn(scheme, digits[1 : 1 + size], reference, serial)


def key_urn(scheme: str, key: str, serial: str | None, length: int | None) -> str:
    """The URN of a GLN or GRAI (13 digits) or of a GIAI, which begin with the prefix."""
    size = _prefix_length(key, length)
    if scheme != "id:giai":
        return _urn(scheme, key[:size], key[size:-1], serial)
    if len(key) <= size or key[:size].strip("0123456789"):
        raise Gs1Error("GIAI: expected %(want)d digits and a reference, got %(got)r", want=size, got=key)
    return _urn(scheme, key[:size], key[size:].translate(_ESCAPES), None)


def _urn(scheme: str, prefix: str, reference: str, serial: str | None) -> str:
    tail = "" if serial is None else "." + serial.translate(_ESCAPES)
    return f"urn:epc:{scheme}:{prefix}.{reference}{tail}"


def _prefix_length(digits: str, length: int | None) -> int:
    if length is None:
        length = _known_length(digits)
    if length is None:
        raise Gs1Error(
            "The company prefix of %(got)s is in no table here: expected its length as well", got=digits
        )
    if not _SHORTEST <= length <= _LONGEST:
        raise Gs1Error(
            "Expected a company prefix of %(low)d to %(high)d digits, got %(got)d",
            low=_SHORTEST, high=_LONGEST, got=length,
        )  # fmt: skip
    return length


def _known_length(digits: str) -> int | None:
    # Unpacking biip's table costs a tenth of a second, and only URNs without a length need it.
    from biip.gs1_prefixes import GS1CompanyPrefix

    number = re.match(r"[0-9]*", digits)
    prefix = GS1CompanyPrefix.extract(number[0]) if number and number[0] else None
    # A URN takes at least six digits; a shorter prefix is used as its blocks of six (TDS section 6.2).
    return None if prefix is None else max(len(prefix.value), _SHORTEST)


def parse_parts(text: str) -> tuple[str, Parts]:
    """Scheme and parts of a URN; whether the spelling is canonical is for the caller to compare."""
    match = _URN.fullmatch(text)
    if match is None or match[1] not in _SIZES:
        raise Gs1Error("Expected an EPC URN such as urn:epc:id:sgtin:…, got %(got)r", got=text)
    scheme, prefix, rest = match[1], match[2], match[3]
    _prefix_length(prefix, len(prefix))
    if scheme == "id:giai":
        return scheme, Parts(prefix + unquote(rest), "", len(prefix))
    reference, dot, serial = rest.partition(".")
    if bool(dot) == (scheme in _ONE_FIELD):
        raise Gs1Error("Expected another number of fields, separated by dots, in %(got)r", got=text)
    if reference.strip("0123456789") or len(prefix) + len(reference) != _SIZES[scheme]:
        raise Gs1Error(
            "Expected %(want)d digits in company prefix and reference together, got %(got)r",
            want=_SIZES[scheme], got=f"{prefix}.{reference}",
        )  # fmt: skip
    if scheme.startswith("idpat:") and serial != "*":
        raise Gs1Error("Expected * in the place of the serial number, got %(got)r", got=serial)
    digits = reference[0] + prefix + reference[1:] if scheme in _INDICATED else prefix + reference
    return scheme, Parts(digits, unquote(serial), len(prefix))
