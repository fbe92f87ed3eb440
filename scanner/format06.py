"""Format 06 of ISO/IEC 15434 with a Pharmacy Product Number (IFA coding system), as on German packs.

`[)>` RS `06` GS, then data identifiers of ANSI MH10.8.2 with their values, separated by GS, then RS EOT.
"""

from __future__ import annotations

import calendar
import re

HEADER = "[)>\x1e06\x1d"

_TRAILER = re.compile(r"\x1e\x04\Z")
_FIELDS = {
    "9N": re.compile(r"[0-9A-Z]{4,22}"),
    "1T": re.compile(r"[0-9A-Z_-]{1,20}"),
    "D": re.compile(r"[0-9]{6}"),
    "16D": re.compile(r"[0-9]{8}"),
    "S": re.compile(r"[0-9A-Za-z_-]{1,20}"),
    "8P": re.compile(r"[0-9]{14}"),
}
_FIELD = re.compile(r"(9N|1T|16D|8P|D|S)(.+)", re.S)


def vouched(text: str) -> bool:
    """Whether the message names a PPN with right check digits, and all its fields are in their form."""
    if not text.startswith(HEADER):
        return False
    found: dict[str, str] = {}
    for field in _TRAILER.sub("", text[len(HEADER) :]).split("\x1d"):
        match = _FIELD.fullmatch(field)
        if match is None or match[1] in found or not _FIELDS[match[1]].fullmatch(match[2]):
            return False
        found[match[1]] = match[2]
    return "9N" in found and _ppn_right(found["9N"]) and all(_right(*field) for field in found.items())


def _right(identifier: str, value: str) -> bool:
    if identifier == "D":
        return calendar_day(2000 + int(value[:2]), value[2:4], value[4:], day_may_be_open=True)
    if identifier == "16D":
        return calendar_day(int(value[:4]), value[4:6], value[6:], day_may_be_open=False)
    return True


def calendar_day(year: int, month: str, day: str, *, day_may_be_open: bool) -> bool:
    """Whether the calendar has this day; 00 stands for an unstated day where it may be open."""
    if not 1 <= int(month) <= 12 or year < 1:
        return False
    first = 0 if day_may_be_open else 1
    return first <= int(day) <= calendar.monthrange(year, int(month))[1]


def _ppn_right(ppn: str) -> bool:
    """Whether the two last digits are the check digits (modulo 97 of character codes, weighted from 2), and
    so, for a German number (11), is the PZN's own (modulo 11, weighted from 1)."""
    body, check = ppn[:-2], ppn[-2:]
    if not check.isdigit() or sum(w * ord(c) for w, c in enumerate(body, 2)) % 97 != int(check):
        return False
    if not body.startswith("11"):
        return True
    pzn = body[2:]
    if len(pzn) != 8 or not pzn.isdigit():
        return False
    return sum(w * int(digit) for w, digit in enumerate(pzn[:-1], 1)) % 11 == int(pzn[-1])
