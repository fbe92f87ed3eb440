"""GS1 keys as frozen values, and their URIs both ways.

A value that exists is valid: building one checks it, `parse` reads its canonical text and `str` writes it.
`uri` is the canonical GS1 Digital Link URI on https://id.gs1.org (GS1 Digital Link URI Syntax, section 4);
URNs are in `urns`. Use these types through `keys`.
"""

import re
from dataclasses import dataclass
from typing import Self

from traceability.gs1 import Gs1Error
from traceability.gs1.checks import check_digit
from traceability.gs1.urns import item_urn, key_urn

STEM = "https://id.gs1.org/"

_DIGITS = re.compile(r"[0-9]*")
_CSET82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*")
_ESCAPES = str.maketrans({c: f"%{ord(c):02X}" for c in "!\"#%&'()*+,/:;<=>?"})


def escape(text: str) -> str:
    """Percent-encode a value for the path of a Digital Link URI: all but letters, digits and - . _"""
    return text if text.isalnum() else text.translate(_ESCAPES)


def verify_digits(text: str, size: int, name: str) -> str:
    """Return `text` if it is `size` digits, the last of them the right check digit."""
    wrong = _first_wrong(_DIGITS, text)
    if wrong is not None:
        raise Gs1Error(
            "%(name)s: expected only digits, got %(got)r at character %(character)d",
            name=name, got=text[wrong], position=wrong,
        )  # fmt: skip
    if len(text) != size:
        raise Gs1Error("%(name)s: expected %(want)d digits, got %(got)d", name=name, want=size, got=len(text))
    want = check_digit(text[:-1])
    if text[-1] != want:
        raise Gs1Error(
            "%(name)s: expected check digit %(want)s at character %(character)d, got %(got)s",
            name=name, want=want, got=text[-1], position=size - 1,
        )  # fmt: skip
    return text


def verify_text(text: str, low: int, high: int, name: str) -> str:
    """Return `text` if it is `low` to `high` characters of CSET 82."""
    if not low <= len(text) <= high:
        raise Gs1Error(
            "%(name)s: expected %(low)d to %(high)d characters, got %(got)d",
            name=name, low=low, high=high, got=len(text),
        )  # fmt: skip
    wrong = _first_wrong(_CSET82, text)
    if wrong is not None:
        raise Gs1Error(
            "%(name)s: expected a letter, a digit or one of !\"%%&'()*+,-./:;<=>?_ at character %(character)d,"
            " got %(got)r",
            name=name, got=text[wrong], position=wrong,
        )  # fmt: skip
    return text


def _first_wrong(allowed: re.Pattern[str], text: str) -> int | None:
    match = allowed.match(text)
    end = match.end() if match else 0
    return None if end == len(text) else end


@dataclass(frozen=True, slots=True, order=True)
class Gtin:
    """Global Trade Item Number, as 14 digits whatever its carrier's length."""

    digits: str

    def __post_init__(self) -> None:
        verify_digits(self.digits, 14, "GTIN")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A GTIN-8, -12, -13 or -14."""
        if len(text) not in (8, 12, 13, 14) and not text.strip("0123456789"):
            raise Gs1Error("GTIN: expected 8, 12, 13 or 14 digits, got %(got)d", got=len(text))
        return cls(verify_digits(text, len(text), "GTIN").zfill(14))

    def __str__(self) -> str:
        return self.digits

    @property
    def uri(self) -> str:
        return f"{STEM}01/{self.digits}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """EPC pattern URI of all its serials, `urn:epc:idpat:sgtin:…*` (TDS section 8)."""
        return item_urn("idpat:sgtin", self.digits, "*", company_prefix_length)


@dataclass(frozen=True, slots=True, order=True)
class Sgtin:
    """One numbered item: GTIN and serial number of 1 to 20 characters. Text: `(01)…(21)…`."""

    gtin: Gtin
    serial: str

    def __post_init__(self) -> None:
        verify_text(self.serial, 1, 20, "serial number")

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(*_parse_pair(text, "21"))

    def __str__(self) -> str:
        return f"(01){self.gtin}(21)" + self.serial.replace("(", r"\(")

    @property
    def uri(self) -> str:
        return f"{STEM}01/{self.gtin.digits}/21/{escape(self.serial)}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """`urn:epc:id:sgtin:…`"""
        return item_urn("id:sgtin", self.gtin.digits, self.serial, company_prefix_length)


@dataclass(frozen=True, slots=True, order=True)
class Lgtin:
    """A lot: GTIN and lot number of 1 to 20 characters. Text: `(01)…(10)…`."""

    gtin: Gtin
    lot: str

    def __post_init__(self) -> None:
        verify_text(self.lot, 1, 20, "lot number")

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(*_parse_pair(text, "10"))

    def __str__(self) -> str:
        return f"(01){self.gtin}(10)" + self.lot.replace("(", r"\(")

    @property
    def uri(self) -> str:
        return f"{STEM}01/{self.gtin.digits}/10/{escape(self.lot)}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """`urn:epc:class:lgtin:…`"""
        return item_urn("class:lgtin", self.gtin.digits, self.lot, company_prefix_length)


def _parse_pair(text: str, ai: str) -> tuple[Gtin, str]:
    if text[:4] != "(01)" or text[18:22] != f"({ai})":
        raise Gs1Error("Expected (01), 14 digits and (%(ai)s), got %(got)r", ai=ai, got=text[:22])
    value = text[22:]
    if "(" in value.replace(r"\(", ""):
        raise Gs1Error(
            "Expected nothing after (%(ai)s) and its value; a bracket that belongs to the value is written \\(",
            ai=ai,
        )
    return Gtin(text[4:18]), value.replace(r"\(", "(")


@dataclass(frozen=True, slots=True, order=True)
class Sscc:
    """Serial Shipping Container Code: 18 digits."""

    digits: str

    def __post_init__(self) -> None:
        verify_digits(self.digits, 18, "SSCC")

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(text)

    def __str__(self) -> str:
        return self.digits

    @property
    def uri(self) -> str:
        return f"{STEM}00/{self.digits}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """`urn:epc:id:sscc:…`"""
        return item_urn("id:sscc", self.digits, None, company_prefix_length)


@dataclass(frozen=True, slots=True, order=True)
class Gln:
    """Global Location Number: 13 digits, of a place or a party."""

    digits: str

    def __post_init__(self) -> None:
        verify_digits(self.digits, 13, "GLN")

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(text)

    def __str__(self) -> str:
        return self.digits

    @property
    def uri(self) -> str:
        """As a place, AI (414)."""
        return f"{STEM}414/{self.digits}"

    @property
    def party_uri(self) -> str:
        """As a party, AI (417)."""
        return f"{STEM}417/{self.digits}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """As a place, `urn:epc:id:sgln:…`, with the extension 0 that says that there is none."""
        return key_urn("id:sgln", self.digits, "0", company_prefix_length)

    def party_urn(self, company_prefix_length: int | None = None) -> str:
        """As a party, `urn:epc:id:pgln:…`"""
        return key_urn("id:pgln", self.digits, None, company_prefix_length)


@dataclass(frozen=True, slots=True, order=True)
class Sgln:
    """A place inside a place: GLN and extension, AI (254). Text: `(414)…(254)…`."""

    gln: Gln
    extension: str

    def __post_init__(self) -> None:
        verify_text(self.extension, 1, 20, "GLN extension")
        if self.extension == "0":
            raise Gs1Error("GLN extension: expected something else than 0, which says that there is none")

    @classmethod
    def parse(cls, text: str) -> Self:
        if text[:5] != "(414)" or text[18:23] != "(254)" or "(" in text[23:].replace(r"\(", ""):
            raise Gs1Error("Expected (414), 13 digits, (254) and the extension, got %(got)r", got=text)
        return cls(Gln(text[5:18]), text[23:].replace(r"\(", "("))

    def __str__(self) -> str:
        return f"(414){self.gln}(254)" + self.extension.replace("(", r"\(")

    @property
    def uri(self) -> str:
        return f"{STEM}414/{self.gln.digits}/254/{escape(self.extension)}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """`urn:epc:id:sgln:…`"""
        return key_urn("id:sgln", self.gln.digits, self.extension, company_prefix_length)


@dataclass(frozen=True, slots=True, order=True)
class Grai:
    """Global Returnable Asset Identifier: 13 digits of the asset type and up to 16 characters of serial.

    Text: the value of AI (8003), a filler 0 and both.
    """

    digits: str
    serial: str = ""

    def __post_init__(self) -> None:
        verify_digits(self.digits, 13, "GRAI")
        verify_text(self.serial, 0, 16, "serial number")

    @classmethod
    def parse(cls, text: str) -> Self:
        if text[:1] != "0":
            raise Gs1Error("GRAI: expected 0 before the 13 digits, got %(got)r", got=text[:1], position=0)
        return cls(text[1:14], text[14:])

    def __str__(self) -> str:
        return f"0{self.digits}{self.serial}"

    @property
    def uri(self) -> str:
        return f"{STEM}8003/0{self.digits}{escape(self.serial)}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """`urn:epc:id:grai:…`, or the pattern `urn:epc:idpat:grai:…*` of a type without serial."""
        scheme = "id:grai" if self.serial else "idpat:grai"
        return key_urn(scheme, self.digits, self.serial or "*", company_prefix_length)


@dataclass(frozen=True, slots=True, order=True)
class Giai:
    """Global Individual Asset Identifier: company prefix and reference, up to 30 characters."""

    value: str

    def __post_init__(self) -> None:
        verify_text(self.value, 5, 30, "GIAI")
        wrong = _first_wrong(_DIGITS, self.value[:4])
        if wrong is not None:
            raise Gs1Error(
                "GIAI: expected a GS1 Company Prefix, so a digit at character %(character)d, got %(got)r",
                position=wrong, got=self.value[wrong],
            )  # fmt: skip

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(text)

    def __str__(self) -> str:
        return self.value

    @property
    def uri(self) -> str:
        return f"{STEM}8004/{escape(self.value)}"

    def urn(self, company_prefix_length: int | None = None) -> str:
        """`urn:epc:id:giai:…`"""
        return key_urn("id:giai", self.value, None, company_prefix_length)
