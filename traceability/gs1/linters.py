"""What the content of an AI component must satisfy beyond its length and character set.

Named as in GS1's syntax dictionary; each is written from the description of its reference routine. A
linter gets text of the right length and characters, and raises `Gs1Error` with what was expected where.
"""

import re

from traceability.gs1 import Gs1Error
from traceability.gs1.checks import check_digit, check_pair
from traceability.gs1.code_lists import MEDIA_TYPES, PACKAGE_TYPES, countries, countries_alpha2, currencies
from traceability.gs1.place import Place

_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PADDING = re.compile(r"=+\Z")
_POSITION = re.compile(r"([0-9]+)/([0-9]+)")
_IMPORTER_INDEX = frozenset("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_CSET32 = frozenset("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
_PREFIX_LENGTH = 4  # the shortest GS1 Company Prefix
_IBAN_SHORTEST, _IBAN_LONGEST = 11, 34


def csum(text: str, at: Place) -> None:
    """Check digit (General Specifications 7.9.1)."""
    want = check_digit(text[:-1])
    if text[-1] != want:
        raise Gs1Error(
            "%(label)s: expected check digit %(want)s at character %(character)d, got %(got)s",
            **at.at(len(text) - 1), want=want, got=text[-1],
        )  # fmt: skip


def csumalpha(text: str, at: Place) -> None:
    """Check character pair of a GMN or MUDI (General Specifications 7.9.5)."""
    if len(text) < 2:
        raise Gs1Error(
            "%(label)s: expected a pair of check characters at character %(character)d, got %(got)r",
            **at.at(0), got=text,
        )  # fmt: skip
    for offset, character in enumerate(text[-2:], len(text) - 2):
        if character not in _CSET32:
            raise Gs1Error(
                "%(label)s: expected a check character (2 to 9 or a capital letter without I and O)"
                " at character %(character)d, got %(got)r",
                **at.at(offset), got=character,
            )  # fmt: skip
    want = check_pair(text[:-2])
    if text[-2:] != want:
        raise Gs1Error(
            "%(label)s: expected check characters %(want)s at character %(character)d, got %(got)s",
            **at.at(len(text) - 2), want=want, got=text[-2:],
        )  # fmt: skip


def gcppos1(text: str, at: Place) -> None:
    """Begins with a GS1 Company Prefix, which has at least four digits."""
    _company_prefix(text, 0, at)


def gcppos2(text: str, at: Place) -> None:
    """A GS1 Company Prefix from the second character."""
    _company_prefix(text, 1, at)


def _company_prefix(text: str, start: int, at: Place) -> None:
    for offset in range(start, start + _PREFIX_LENGTH):
        if not "0" <= text[offset : offset + 1] <= "9":
            raise Gs1Error(
                "%(label)s: expected a GS1 Company Prefix, so a digit at character %(character)d, got %(got)r",
                **at.at(offset), got=text[offset : offset + 1],
            )  # fmt: skip


def iso3166(text: str, at: Place) -> None:
    """Numeric country code of ISO 3166-1."""
    if text not in countries():
        raise Gs1Error(
            "%(label)s: expected a three-digit country code of ISO 3166 at character %(character)d, got %(got)s",
            **at.at(0), got=text,
        )  # fmt: skip


def iso3166999(text: str, at: Place) -> None:
    """Numeric country code of ISO 3166-1, or 999 for several."""
    if text != "999":
        iso3166(text, at)


def iso3166alpha2(text: str, at: Place) -> None:
    """Two-letter country code of ISO 3166-1."""
    if text not in countries_alpha2():
        raise Gs1Error(
            "%(label)s: expected a two-letter country code of ISO 3166 at character %(character)d, got %(got)s",
            **at.at(0), got=text,
        )  # fmt: skip


def iso4217(text: str, at: Place) -> None:
    """Numeric currency code of ISO 4217."""
    if text not in currencies():
        raise Gs1Error(
            "%(label)s: expected a three-digit currency code of ISO 4217 at character %(character)d, got %(got)s",
            **at.at(0), got=text,
        )  # fmt: skip


def iso5218(text: str, at: Place) -> None:
    """Sex code of ISO 5218."""
    _one_of("0129", text, at)


def yesno(text: str, at: Place) -> None:
    """0 for no, 1 for yes."""
    _one_of("01", text, at)


def winding(text: str, at: Place) -> None:
    """Winding direction of a roll: 0 face out, 1 face in, 9 undefined."""
    _one_of("019", text, at)


def zero(text: str, at: Place) -> None:
    """The filler digit of a GRAI."""
    _one_of("0", text, at)


def hyphen(text: str, at: Place) -> None:
    """The sign of a temperature below zero."""
    _one_of("-", text, at)


def _one_of(allowed: str, text: str, at: Place) -> None:
    for offset, character in enumerate(text):
        if character not in allowed:
            raise Gs1Error(
                "%(label)s: expected %(want)s at character %(character)d, got %(got)s",
                **at.at(offset), want=" / ".join(allowed), got=character,
            )  # fmt: skip


def nonzero(text: str, at: Place) -> None:
    """Not only zeros."""
    if not text.strip("0"):
        raise Gs1Error(
            "%(label)s: expected a number above zero at character %(character)d, got %(got)s",
            **at.at(0), got=text,
        )  # fmt: skip


def nozeroprefix(text: str, at: Place) -> None:
    """No leading zero."""
    if text.startswith("0"):
        raise Gs1Error(
            "%(label)s: expected a digit from 1 to 9 first, at character %(character)d, got 0", **at.at(0)
        )


def hasnondigit(text: str, at: Place) -> None:
    """At least one character that is no digit, so that it is not taken for another key."""
    if not text.strip("0123456789"):
        raise Gs1Error(
            "%(label)s: expected at least one character that is not a digit from character %(character)d,"
            " got %(got)s",
            **at.at(0), got=text,
        )  # fmt: skip


def pcenc(text: str, at: Place) -> None:
    """Percent-encoding (RFC 3986 section 2.1)."""
    wrong = _PERCENT.search(text)
    if wrong:
        raise Gs1Error(
            "%(label)s: expected two hexadecimal digits after %% at character %(character)d, got %(got)r",
            **at.at(wrong.start()), got=text[wrong.start() + 1 : wrong.start() + 3],
        )  # fmt: skip


def cset64(text: str, at: Place) -> None:
    """Base64url; padding is optional, at most two characters, and fills up to a multiple of three."""
    padding = _PADDING.search(text)
    body = text[: padding.start()] if padding else text
    if padding and (len(text) - len(body) > 2 or len(text) % 3 or not body):
        raise Gs1Error(
            "%(label)s: expected no padding, or one or two = that fill up to a multiple of three characters,"
            " at character %(character)d",
            **at.at(len(body)),
        )  # fmt: skip
    if "=" in body:
        raise Gs1Error(
            "%(label)s: expected a letter, a digit, - or _ at character %(character)d, got =",
            **at.at(body.index("=")),
        )  # fmt: skip


def latitude(text: str, at: Place) -> None:
    """Latitude in ten-millionths of a degree, counted from the South Pole."""
    _up_to(1_800_000_000, text, at)


def longitude(text: str, at: Place) -> None:
    """Longitude in ten-millionths of a degree, counted eastwards."""
    _up_to(3_600_000_000, text, at)


def _up_to(limit: int, text: str, at: Place) -> None:
    if int(text) > limit:
        raise Gs1Error(
            "%(label)s: expected 0000000000 to %(want)d at character %(character)d, got %(got)s",
            **at.at(0), want=limit, got=text,
        )  # fmt: skip


def pieceoftotal(text: str, at: Place) -> None:
    """Piece number and number of pieces, two digits each."""
    piece, total = text[: len(text) // 2], text[len(text) // 2 :]
    if not piece.strip("0") or not total.strip("0") or piece > total:
        raise Gs1Error(
            "%(label)s: expected a piece number from 01 to the number of pieces at character %(character)d,"
            " got %(piece)s of %(total)s",
            **at.at(0), piece=piece, total=total,
        )  # fmt: skip


def posinseqslash(text: str, at: Place) -> None:
    """A position in a sequence: `1/3`."""
    match = _POSITION.fullmatch(text)
    if not match or any(part.startswith("0") for part in match.groups()) or int(match[1]) > int(match[2]):
        raise Gs1Error(
            "%(label)s: expected a position and an end such as 1/3 at character %(character)d, got %(got)r",
            **at.at(0), got=text,
        )  # fmt: skip


def importeridx(text: str, at: Place) -> None:
    """Importer index of EU 2018/574."""
    if len(text) != 1 or text not in _IMPORTER_INDEX:
        raise Gs1Error(
            "%(label)s: expected a letter, a digit, - or _ at character %(character)d, got %(got)r",
            **at.at(0), got=text,
        )  # fmt: skip


def mediatype(text: str, at: Place) -> None:
    """AIDC media type."""
    if text not in MEDIA_TYPES:
        raise Gs1Error(
            "%(label)s: expected a media type (01 to 10 or 80 to 99) at character %(character)d, got %(got)s",
            **at.at(0), got=text,
        )  # fmt: skip


def packagetype(text: str, at: Place) -> None:
    """Package type of UN/ECE Recommendation 21 with GS1's additions."""
    if text not in PACKAGE_TYPES:
        raise Gs1Error(
            "%(label)s: expected a package type code of GS1 at character %(character)d, got %(got)r",
            **at.at(0), got=text,
        )  # fmt: skip


def iban(text: str, at: Place) -> None:
    """International bank account number (ISO 13616-1)."""
    if text[:2] not in countries_alpha2():
        raise Gs1Error(
            "%(label)s: expected an IBAN that begins with a two-letter country code, at character"
            " %(character)d, got %(got)r",
            **at.at(0), got=text[:2],
        )  # fmt: skip
    if not _IBAN_SHORTEST <= len(text) <= _IBAN_LONGEST:
        raise Gs1Error(
            "%(label)s: expected an IBAN of %(low)d to %(high)d characters, got %(got)d; it ends before"
            " character %(character)d",
            **at.at(len(text)), low=_IBAN_SHORTEST, high=_IBAN_LONGEST, got=len(text),
        )  # fmt: skip
    for offset, character in enumerate(text):
        if not ("0" <= character <= "9" or "A" <= character <= "Z"):
            raise Gs1Error(
                "%(label)s: expected a digit or a capital letter at character %(character)d, got %(got)r",
                **at.at(offset), got=character,
            )  # fmt: skip
    if int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 != 1:
        raise Gs1Error(
            "%(label)s: expected other check digits of the IBAN at character %(character)d than %(got)s",
            **at.at(2), got=text[2:4],
        )  # fmt: skip
