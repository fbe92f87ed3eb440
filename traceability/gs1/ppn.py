"""Pharmacy Product Numbers, as German packs carry them beside or in place of a GS1 key.

ISO/IEC 15434 format 06 with ANSI MH10.8.2 data identifiers, after the IFA Coding System's PPN-Code
specification: `[)>` RS `06` GS `9N`PPN GS `1T`lot GS `D`YYMMDD GS `S`serial RS EOT. A German PPN holds a PZN,
which has a GTIN of its own (NTIN, with the prefix 4150), so that both codes name the same pack.
"""

from datetime import date

from traceability.gs1 import Gs1Error
from traceability.gs1.checks import check_digit
from traceability.gs1.element_strings import GS, ElementString, Pair, verify_value

HEADER = f"[)>\x1e06{GS}"
NTIN_PREFIX = "4150"
GERMANY = "11"

_TRAILER = "\x1e\x04"
_LOT, _SERIAL, _EXPIRY, _MADE, _PPN, _GTIN = "1T", "S", "D", "16D", "9N", "8P"
_IDENTIFIERS = (_MADE, _PPN, _LOT, _GTIN, _EXPIRY, _SERIAL)  # longer ones first


def parse(text: str, today: date) -> ElementString:
    """The pack that a message of format 06 names, as the GS1 element string that says the same.

    Raises Gs1Error for fields that are not on packs, a product without GTIN, or wrong check digits.
    """
    fields = _fields(text)
    pairs: list[Pair] = [("01", _gtin(fields))]
    for identifier, ai in ((_SERIAL, "21"), (_LOT, "10")):
        if identifier in fields:
            pairs.append((ai, fields[identifier]))
    if _EXPIRY in fields:
        pairs.append(("17", fields[_EXPIRY]))
    if _MADE in fields:
        pairs.append(("11", fields[_MADE].removeprefix("20")))
    for ai, value in pairs:
        verify_value(ai, value, today.year)
    return ElementString(tuple(pairs), today)


def verify_ppn(ppn: str) -> str:
    """The PPN, or Gs1Error where its two check digits, or its PZN's own, are wrong (IFA, modulo 97 and 11)."""
    body, got = ppn[:-2], ppn[-2:]
    if not 4 <= len(ppn) <= 22 or not ppn.isascii() or not ppn.isalnum() or ppn != ppn.upper():
        raise Gs1Error("Expected a PPN of 4 to 22 capital letters and digits, got %(got)r", got=ppn)
    want = f"{sum(weight * ord(character) for weight, character in enumerate(body, 2)) % 97:02}"
    if got != want:
        raise Gs1Error(
            "PPN %(ppn)s: expected the check digits %(want)s, got %(got)s", ppn=ppn, want=want, got=got
        )
    if body.startswith(GERMANY):
        verify_pzn(body[len(GERMANY) :])
    return ppn


def verify_pzn(pzn: str) -> str:
    """The PZN of eight digits, or Gs1Error where its check digit is wrong (modulo 11)."""
    if len(pzn) != 8 or not (pzn.isascii() and pzn.isdigit()):
        raise Gs1Error("Expected a PZN of 8 digits, got %(got)r", got=pzn)
    want = sum(weight * int(digit) for weight, digit in enumerate(pzn[:-1], 1)) % 11
    if str(want) != pzn[-1]:
        raise Gs1Error("PZN %(pzn)s: the check digit is wrong: scan again", pzn=pzn)
    return pzn


def ntin(pzn: str) -> str:
    """The GTIN of a German PZN, 14 digits.

    >>> ntin("13832707")
    '04150138327077'
    """
    body = "0" + NTIN_PREFIX + verify_pzn(pzn)
    return body + check_digit(body)


def _gtin(fields: dict[str, str]) -> str:
    if _PPN in fields:
        ppn = verify_ppn(fields[_PPN])
        if ppn.startswith(GERMANY):
            return ntin(ppn[len(GERMANY) : -2])
    if _GTIN in fields:
        return fields[_GTIN]
    if _PPN in fields:
        raise Gs1Error(
            "The GTIN of PPN %(ppn)s is not known: look for the GS1 code beside it", ppn=fields[_PPN]
        )
    raise Gs1Error("This code is in format 06 and names no product: look for the GS1 code beside it")


def _fields(text: str) -> dict[str, str]:
    if not text.startswith(HEADER):
        raise Gs1Error("Expected format 06 ([)> RS 06 GS), got %(got)r", got=text[: len(HEADER)])
    fields: dict[str, str] = {}
    for field in text.removeprefix(HEADER).removesuffix(_TRAILER).split(GS):
        identifier = next((each for each in _IDENTIFIERS if field.startswith(each)), None)
        if identifier is None:
            raise Gs1Error(
                "Expected the fields of a pack (9N, 1T, D, S) in format 06, got %(got)r: look for the GS1 code"
                " beside it",
                got=field[:12],
            )  # fmt: skip
        if identifier in fields:
            raise Gs1Error(
                "Field %(field)s stands twice: clear the field and scan one code once", field=identifier
            )
        fields[identifier] = field.removeprefix(identifier)
    return fields
