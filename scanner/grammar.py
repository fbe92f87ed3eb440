"""Whether what a decoder read is a message that GS1 grammar and every check digit vouch for.

Error correction alone is no proof: pushed to its limit it turns noise into a well-formed message. What
stands here is a gate for the scanner and stricter than a parser needs to be. biip knows the AIs and their
formats; what its parser lets pass is refused here (wrong check digits, a value that runs into the next for
want of a separator, AIs without their key). Lists of countries, currencies and the like are left to who interprets the message, and
AIs for amounts to pay (39nn), coupons and signatures (8030, 804n) never occur on what is scanned here: such
messages are not accepted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import TypeAlias
from urllib.parse import unquote

from scanner import format06
from scanner.format06 import calendar_day

_Fits: TypeAlias = Callable[[str, int, int], "re.Match[str] | None"]

GS = "\x1d"
_GS1 = frozenset({"]d2", "]Q3", "]C1", "]e0", "]J1"})
# Symbols without FNC1 whose text may still be GS1's: by a link, an envelope, or FNC1 written as text.
_PLAIN = frozenset({"]d1", "]d4", "]d7", "]Q1", "]Q2", "]C0"})
_LONGEST = 1000  # characters; GS1 messages end far below
_FNC1_AS_TEXT = re.compile(r"(?:<FNC1>|\{FNC1\}|\[FNC1\]|<GS>|\x1d)", re.I)
_WRITTEN = re.compile(r"<(?:FNC1|GS)>", re.I)  # inside a value: a separator gone wrong
_FORMAT_05 = re.compile(r"\[\)>\x1e05\x1d(.*?)\x1e?\x04?", re.S)
_LINK = re.compile(r"(?:https?|HTTPS?)://[^/_~?#@!$&'()*+,;=%]+/")
# 20 digits of which the first is 8, the industry of medicines; nothing in them can be checked.
_CHINESE = re.compile(r"8[0-9]{19}")

# The digits of an AI's value that end with a check digit (7.9.1): all, or so many from the left.
_CHECKED = {
    "00": 18, "01": 14, "02": 14, "03": 14, "253": 13, "255": 13, "402": 17, "410": 13, "411": 13,
    "412": 13, "413": 13, "414": 13, "415": 13, "416": 13, "417": 13, "8003": 14, "8006": 14, "8017": 18,
    "8018": 18,
}  # fmt: skip
_ANYWHERE = r"400|41[0-36]|9\d"
_TRADE_ITEM = r"1[0135-7]|2[01]|24[01]"
_DATES = frozenset({"11", "13", "15", "16", "17", "7003"})
# Keys, and the AIs that may stand beside each (4.14); a message has one key, or an SSCC with contents.
_COMPANIONS = {
    "01": rf"{_TRADE_ITEM}|22|235|24[23]|25[01]|30|3[1-6]\d\d|422|70(?:0[1-4]|3\d)|71[0-7]|723\d|7240|80(?:0[189]|12)|8200",
    "03": rf"{_TRADE_ITEM}|243|25[01]",
    "8006": rf"{_TRADE_ITEM}|242|25[01]|7240",
    "00": r"02|37|1[0135-7]|20|24[0-2]|30|3[1-6]\d\d|40[1-3]|42[01]|43(?:[013]\d|2[0-3])|7041",
    "253": "", "255": "17", "402": "", "414": "254|7040", "415": "8020", "417": "7040", "8003": "",
    "8004": r"723\d", "8010": "8011", "8017": "8019|7241", "8018": "8019|7241",
}  # fmt: skip
# Keys with their qualifiers in the path of a Digital Link, in order.
_PATH = re.compile(
    r"(?:01|8006)(?:/22)?(?:/10)?(?:/21)?|01/235|414(?:/254|/7040)?|417(?:/7040)?|00|253|255|8003|8004"
)
_IN_PATH = frozenset({*_COMPANIONS, "22", "10", "21", "235", "254", "7040"}) - {"415"}
# What some of them need besides the key, or what they need it to be.
_NEEDS = {
    "02": "37", "37": "02", "10": "!00 02", "11": "!00 02", "13": "!00 02", "15": "!00 02", "16": "!00 02",
    "17": "!00 02", "20": "!00 02", "240": "!00 02", "241": "!00 02", "242": "!00 02", "30": "!00 02",
    "250": "21", "7004": "10", "4303": "4302", "4313": "4312", "415": "8020",
}  # fmt: skip


def claims_gs1(symbology: str) -> bool:
    """Whether a symbol says by its FNC1 that its message is GS1's: ]d2, ]Q3, ]C1, ]e0, ]J1."""
    return symbology in _GS1


@lru_cache(maxsize=4096)
def accepted(text: str, symbology: str) -> bool:
    """Whether GS1 grammar and every check digit vouch for a decoded message. Never raises.

    True for element strings in a symbol with FNC1; for EAN-13, EAN-8 and ITF-14; and, in symbols without
    FNC1, for GS1 Digital Link URIs, format 05 of ISO/IEC 15434, format 06 with a Pharmacy Product Number,
    and element strings that begin with FNC1 written as text (GS or `<FNC1>`). The Chinese code of 20 digits
    is accepted in Code 128 for its form alone: it has no check digit.
    """
    if len(text) > _LONGEST or not text.isascii():
        return False
    if symbology in _GS1:
        return _element_string(text)
    if symbology == "]E0":
        return len(text) in (12, 13) and _check_digit_right(text)
    if symbology == "]E4":
        return len(text) == 8 and _check_digit_right(text)
    if symbology[:2] == "]I":
        return len(text) == 14 and _check_digit_right(text)
    return symbology in _PLAIN and _plain(text, symbology)


def _plain(text: str, symbology: str) -> bool:
    if _LINK.match(text):
        return symbology != "]C0" and _digital_link(text)
    if _FNC1_AS_TEXT.match(text):
        return _element_string(_FNC1_AS_TEXT.sub(GS, text))
    envelope = _FORMAT_05.fullmatch(text)
    if envelope:
        return _element_string(envelope[1])
    if text.startswith(format06.HEADER):
        return format06.vouched(text)
    return symbology == "]C0" and _CHINESE.fullmatch(text) is not None


def _element_string(text: str) -> bool:
    """Whether `text` is element strings, each ended where it must end, and not one message read twice."""
    text = text.removeprefix(GS)
    half = len(text) // 2
    if text[:half] == text[half:] or text[:half] == text[half + 1 :] or _WRITTEN.search(text):
        return False
    pairs = []
    position = 0
    while position < len(text):
        entry = _application_identifier(text[position : position + 4])
        if entry is None:
            return False
        ai, fits, open_ended = entry
        stop = text.find(GS, position)
        stop = len(text) if stop < 0 else stop
        match = fits(text, position, stop)
        if match is None or (open_ended and match.end() != stop):
            return False
        pairs.append((ai, text[position + len(ai) : match.end()]))
        position = match.end() + (text[match.end() : match.end() + 1] == GS)
    return _consistent(pairs)


@lru_cache(maxsize=4096)
def _application_identifier(head: str) -> tuple[str, _Fits, bool] | None:
    """The AI that a text begins with, the match for AI and value, and whether a separator must follow."""
    from biip import ParseError
    from biip.gs1_application_identifiers import GS1ApplicationIdentifier

    try:
        entry = GS1ApplicationIdentifier.extract(head)
    except ParseError:
        return None
    pattern = re.compile(entry.pattern.strip("^$"), re.ASCII)
    return entry.ai, pattern.match, entry.separator_required


def _digital_link(text: str) -> bool:
    """Whether `text` is an uncompressed GS1 Digital Link URI: the last key of the path begins the data."""
    address, _, query = text.partition("#")[0].partition("?")
    parts = address.split("/")[3:]
    starts = [n for n, part in enumerate(parts) if part in _COMPANIONS and (len(parts) - n) % 2 == 0]
    if not starts or not _PATH.fullmatch("/".join(parts[starts[-1] :: 2])):
        return False
    fields = list(zip(parts[starts[-1] :: 2], parts[starts[-1] + 1 :: 2], strict=True))
    for name, _, value in (each.partition("=") for each in re.split("[&;]", query)):
        if name in _IN_PATH:
            return False
        if name.isdigit():
            fields.append((name, value.replace("+", " ")))
    once = len(fields) == len({name for name, _ in fields})
    return (
        once
        and all(_link_value_fits(*field) for field in fields)
        and _consistent((ai, _link_value(ai, value)) for ai, value in fields)
    )


def _link_value(ai: str, value: str) -> str:
    """A value of a link as an element string has it: unescaped, a short GTIN filled up to 14 digits."""
    value = unquote(value)
    return value.zfill(14) if ai == "01" and len(value) in (8, 12, 13) else value


def _link_value_fits(ai: str, value: str) -> bool:
    element = ai + _link_value(ai, value)
    entry = _application_identifier(element[:4])
    if entry is None or entry[0] != ai or not element.isascii():
        return False
    match = entry[1](element, 0, len(element))
    return match is not None and match.end() == len(element)


def _consistent(pairs: Iterable[tuple[str, str]]) -> bool:
    """Whether no AI repeats with another value, all stand beside their key, and check digits are right."""
    found: dict[str, str] = {}
    for ai, value in pairs:
        if found.setdefault(ai, value) != value:
            return False
    return _belong_together(tuple(found)) and all(_value_right(ai, value) for ai, value in found.items())


def _value_right(ai: str, value: str) -> bool:
    if ai in _CHECKED:
        return _check_digit_right(value[: _CHECKED[ai]])
    if ai in _DATES:
        return calendar_day(2000 + int(value[:2]), value[2:4], value[4:6], day_may_be_open=ai != "7003")
    return ai != "8004" or value[:4].isdigit()  # a GIAI begins with a company prefix


@lru_cache(maxsize=1024)
def _belong_together(ais: tuple[str, ...]) -> bool:
    keys = [ai for ai in ais if ai in _COMPANIONS]
    if len(keys) != 1 or not all(_companions(keys[0]).fullmatch(ai) for ai in ais if ai != keys[0]):
        return False
    measures = [ai[:3] for ai in ais if ai[0] == "3" and len(ai) == 4]
    exclusive = {"21", "235"} <= set(ais) or {"420", "421"} <= set(ais)
    return not exclusive and len(measures) == len(set(measures)) and all(_needed(ai, ais) for ai in ais)


def _needed(ai: str, ais: tuple[str, ...]) -> bool:
    need = _NEEDS.get(ai, ai)
    unless, _, other = need.rpartition(" ")
    return other in ais or (unless != "" and unless[1:] not in ais)


@cache
def _companions(key: str) -> re.Pattern[str]:
    return re.compile(f"{_ANYWHERE}|{_COMPANIONS[key]}")


def _check_digit_right(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (7.9.1). Zeros alone are no number."""
    if not digits.isdigit() or not digits.strip("0"):
        return False
    values = [int(digit) for digit in reversed(digits)]
    return (sum(values[::2]) + 3 * sum(values[1::2])) % 10 == 0
