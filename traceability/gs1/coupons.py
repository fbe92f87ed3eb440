"""North American coupon codes in AI (8110) and AI (8112).

GS1 US, "North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols" and "GS1 AI (8112)
Coupon Data Specification". Most fields begin with a digit that tells their length.
"""

from traceability.gs1 import Gs1Error
from traceability.gs1.dates import yymmdd
from traceability.gs1.linters import gcppos1
from traceability.gs1.place import Place


class _Reader:
    """Reads digits of a coupon from left to right and refuses what is missing or out of range."""

    def __init__(self, text: str, place: Place) -> None:
        self.text = text
        self.place = place
        self.offset = 0
        for offset, character in enumerate(text):
            if not "0" <= character <= "9":
                raise Gs1Error(
                    "%(label)s: expected a digit at character %(character)d, got %(got)r",
                    **place.at(offset), got=character,
                )  # fmt: skip

    def take(self, size: int, field: str) -> str:
        """The next `size` digits."""
        taken = self.text[self.offset : self.offset + size]
        if len(taken) < size:
            raise Gs1Error(
                "%(label)s: expected %(want)d digits for the %(field)s from character %(character)d, got %(got)d",
                **self.place.at(self.offset), want=size, field=field, got=len(taken),
            )  # fmt: skip
        self.offset += size
        return taken

    def code(self, allowed: str, field: str) -> int:
        """The next digit, which must be one of `allowed`."""
        code = self.take(1, field)
        if code not in allowed:
            raise Gs1Error(
                "%(label)s: expected one of %(want)s for the %(field)s at character %(character)d, got %(got)s",
                **self.place.at(self.offset - 1), want=allowed, field=field, got=code,
            )  # fmt: skip
        return int(code)

    def sized(self, allowed: str, base: int, field: str) -> str:
        """A field after its length digit; the length counts from `base`."""
        return self.take(self.code(allowed, field) + base, field)

    def prefix(self, allowed: str, field: str) -> None:
        """A company prefix after its length digit; 9 says that there is none."""
        length = self.code(allowed, field)
        if length != 9:
            start = self.offset
            gcppos1(self.take(length + 6, field), self._from(start))

    def date(self, field: str) -> str:
        """A date YYMMDD."""
        start = self.offset
        text = self.take(6, field)
        yymmdd(text, self._from(start))
        return text

    def option(self, code: str) -> bool:
        """Whether the optional field named by this digit comes next; takes the digit if so."""
        if self.text[self.offset : self.offset + 1] != code:
            return False
        self.offset += 1
        return True

    def end(self) -> None:
        """Nothing more may follow."""
        if self.offset < len(self.text):
            raise Gs1Error(
                "%(label)s: expected the end of the coupon at character %(character)d, got %(got)r",
                **self.place.at(self.offset), got=self.text[self.offset :],
            )  # fmt: skip

    def _from(self, start: int) -> Place:
        return self.place._replace(offset=self.place.offset + start)


def couponcode(text: str, at: Place) -> None:
    """AI (8110): the coupon's fields, then optional fields 1 to 6 and 9 in this order."""
    coupon = _Reader(text, at)
    coupon.prefix("0123456", "company prefix")
    coupon.take(6, "offer code")
    coupon.sized("12345", 0, "save value")
    _purchase(coupon, "first purchase")
    if coupon.option("1"):
        coupon.code("0123", "additional purchase rules")
        _purchase(coupon, "second purchase")
        coupon.prefix("01234569", "company prefix of the second purchase")
    if coupon.option("2"):
        _purchase(coupon, "third purchase")
        coupon.prefix("01234569", "company prefix of the third purchase")
    expiry = coupon.date("expiration date") if coupon.option("3") else None
    if coupon.option("4"):
        start = coupon.date("start date")
        if expiry is not None and start > expiry:
            raise Gs1Error(
                "%(label)s: expected a start date up to the expiration date %(want)s at character"
                " %(character)d, got %(got)s",
                **at.at(coupon.offset - 6), want=expiry, got=start,
            )  # fmt: skip
    if coupon.option("5"):
        coupon.sized("0123456789", 6, "serial number")
    if coupon.option("6"):
        coupon.prefix("1234567", "retailer's prefix or GLN")
    if coupon.option("9"):
        coupon.code("01256", "save value code")
        coupon.code("012", "item the save value applies to")
        coupon.take(1, "store coupon flag")
        coupon.code("01", "don't-multiply flag")
    coupon.end()


def _purchase(coupon: _Reader, field: str) -> None:
    coupon.sized("12345", 0, field)
    coupon.code("012349", field)
    coupon.take(3, field)


def couponposoffer(text: str, at: Place) -> None:
    """AI (8112): format, funder, offer code and serial number, nothing else."""
    coupon = _Reader(text, at)
    coupon.code("01", "format code")
    coupon.sized("0123456", 6, "funder")
    coupon.take(6, "offer code")
    coupon.sized("0123456789", 6, "serial number")
    coupon.end()
