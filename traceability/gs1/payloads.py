"""Codes as they are printed and sent: one way in for every spelling of the same data.

What stands here is not garbled: the symbol says it so, and scanning again changes nothing. What a scanner
did to a code is for `garble`.
"""

import re
from datetime import date

from traceability.gs1 import Gs1Error, digital_link, element_strings, ppn
from traceability.gs1.element_strings import GS, ElementString

# Symbols without FNC1: their text is GS1's only where it says so itself.
PLAIN_SYMBOLS = frozenset({"]d1", "]d4", "]d7", "]Q1", "]Q2", "]C0"})

_FNC1_AS_TEXT = re.compile(r"<FNC1>|\{FNC1\}|\[FNC1\]|<GS>|\x1d", re.I)
_WRITTEN = re.compile(r"<(?:FNC1|GS)>", re.I)
_FORMAT_05 = re.compile(r"\[\)>\x1e05\x1d(.*?)\x1e?\x04?", re.S)
_CHINESE = re.compile(r"8[1-9][0-9]{18}")
_CHINESE_IN_CODE_128 = re.compile(r"8[0-9]{19}")

WRITTEN_SEPARATOR = Gs1Error(
    "The scanner writes out the separator between fields: set it to send GS (ASCII 29) and scan again."
)


def parse(text: str, today: date) -> ElementString:
    """The element string that a code says, in any of the spellings of the field.

    Symbol data with or without symbology identifier, in format 05 of ISO/IEC 15434, or with FNC1 written as
    text in a symbol that has none; the bracketed form; a GS1 Digital Link URI; a Pharmacy Product Number.
    Raises Gs1Error with what was expected, and names Chinese codes, which are not GS1's.
    """
    mark, message = (text[:3], text[3:]) if text[:1] == "]" else ("", text)
    if mark in PLAIN_SYMBOLS or not mark:
        if message[:4].lower() == "http":
            return digital_link.parse(message, today).element_string(today)
        if message.startswith(ppn.HEADER):
            return ppn.parse(message, today)
        envelope = _FORMAT_05.fullmatch(message)
        if envelope:
            return element_strings.parse(envelope[1], today)
        if (_CHINESE_IN_CODE_128 if mark == "]C0" else _CHINESE).fullmatch(message):
            raise Gs1Error(
                "%(code)s is a Chinese drug traceability code (20 digits, product %(product)s), no GS1 code:"
                " look for a GS1 code on the pack",
                code=message, product=message[:7],
            )  # fmt: skip
        if mark and _FNC1_AS_TEXT.match(message):
            return element_strings.parse(_FNC1_AS_TEXT.sub(GS, message), today)
    if text[:1] == "(":
        return element_strings.parse_bracketed(text, today)
    elements = element_strings.parse(text, today)
    if any(_WRITTEN.search(value) for _, value in elements):
        # It fits the characters of a value, so that what follows would be swallowed without a word.
        raise Gs1Error(WRITTEN_SEPARATOR.pattern)
    return elements
