"""What keyboard-wedge scanners do to codes, recognised so that a person is told what to mend.

`diagnose` only ever prompts another scan: a repaired candidate is a guess and never stands for the code.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from traceability.gs1 import Gs1Error, payloads, ppn
from traceability.gs1.application_identifiers import AI_LENGTHS, APPLICATION_IDENTIFIERS, CSET82
from traceability.gs1.element_strings import GS, SYMBOLOGIES, ElementString
from traceability.gs1.keyboards import LAYOUTS, SHIFT_LOCKS

_LONGEST = 512
_MOST_CANDIDATES = 8
_ENVELOPE = re.compile(
    r"\[\)>(\x1e|<RS>|\^\^|)(05|06)(\x1d|<GS>|\^\]|)(.*?)(?:\x1e|<RS>|\^\^)?(?:\x04|<EOT>|\^D)?", re.I | re.S
)
_WRITTEN_GS = re.compile(
    r"<GS>|<FNC1>|\{GS\}|\{FNC1\}|\[GS\]|\[FNC1\]|<0x1D>|\^\]|\\x1d|\\u001d|\\035|&#x?(?:29|1d);|%1D|\\F|␝|\x1e|\x1f|\x1c",
    re.I,
)
_BRACKETS = re.compile(r"\s*(?:\](?:C1|d2|Q3|e0|J1))?\s*\x1d?\(")
_SPACES = re.compile(r"[\s\x1d]+(?=\()|(?<=\))\s+|\s+\Z")
_OTHER_SEPARATOR = re.compile(r"[\^#$@~|\t ¦§]")
_BROKEN_HEAD = re.compile(r"[^0-9(]?[A-Za-z][0-9](?=[0-9]{2})")
_HEAD = re.compile(r"(?:\](?:C1|d2|Q3|e0|J1))?\x1d?[0-9]{2}")
_BEGINNINGS = frozenset("]0123456789(\x1d\x02")  # of what a keyboard in its right layout types
_FOREIGN = re.compile(f"[^{re.escape(CSET82)}\x1d]")
# 01, 21 of 13 characters, then key 91 and signature 92, or the short signature 93 (Chestny ZNAK).
_RUSSIAN = re.compile(
    r"((?:\]d2)?01[0-9]{14}21[^\x1d]{13})(?:(91[^\x1d]{4})(92[^\x1d]{44}(?:[^\x1d]{44})?)|(93[^\x1d]{4}))"
)
# Whole marks of codes printed without FNC1, and of those that only number a product.
_NOT_GS1 = re.compile(r"\](?:C0|d[017]|Q[01]|J0|I[0-9]|E0(?=[0-9]{12,13}\Z)|E4(?=[0-9]{8}\Z))")
_RIGHT_CASE = {identifier.lower(): identifier for identifier in SYMBOLOGIES}
# What follows a lot or serial on packs; others would make a guess of any text.
_FOLLOWERS = ("01", "10", "11", "15", "17", "21", "240", "30", "37", *(str(ai) for ai in range(710, 718)))


@dataclass(frozen=True, slots=True)
class Garble:
    """One way in which the text may have been garbled.

    `cause` is a code, `reason` the sentence for the worker (a pattern with values, as every refusal).
    `candidates` are the element strings it would then be. `certain` is False where the text as scanned is
    valid too, so that only what is known of the item can tell.
    """

    cause: str
    reason: Gs1Error
    candidates: tuple[ElementString, ...]
    certain: bool


REASONS = {
    "caps_lock": Gs1Error("Capital and small letters are exchanged: switch caps lock off and scan again."),
    "keyboard_qwertz": Gs1Error(
        "Keyboard and scanner have different layouts (QWERTZ): set the same layout on both and scan again."
    ),
    "keyboard_azerty": Gs1Error(
        "Keyboard and scanner have different layouts (AZERTY): set the same layout on both and scan again."
    ),
    "written_separator": payloads.WRITTEN_SEPARATOR,
    "other_separator": Gs1Error(
        "The scanner sends another character in place of the separator: set it to send GS (ASCII 29) and scan again."
    ),
    "lost_separator": Gs1Error(
        "The separator between fields is lost: set the scanner to send GS (ASCII 29) and scan again."
    ),
    "double_scan": Gs1Error("The code was read twice in one go: clear the field and scan once."),
    "several_codes": Gs1Error("Several codes ran together: clear the field and scan one after the other."),
    "symbology": Gs1Error(
        "The scanner's mark before the code is damaged: check the scanner's settings and scan again."
    ),
    "brackets": Gs1Error(
        "The scanner adds brackets for people to read: set it to send the plain data and scan again."
    ),
    "envelope": Gs1Error(
        "The scanner adds an envelope (Macro 05 or 06): set it to send the plain data and scan again."
    ),
    "data_identifiers": Gs1Error(
        "This code is not in GS1's format (it is in format 06): look for the GS1 code beside it."
    ),
    "partial": Gs1Error("A part of the code is missing: scan again, and let the scanner finish."),
    "slip": Gs1Error(
        "A character of the code was lost or came twice: let the scanner send more slowly and scan again."
    ),
    "stray": Gs1Error("There is something before or after the code: clear the field and scan again."),
}


def diagnose(text: str, today: date) -> list[Garble]:
    """The ways in which `text` may be a garbled GS1 code, likeliest first; empty when nothing is known.

    A cause that explains the whole text stands alone; where none does, separators are guessed. For a text
    that parses, only what would read as another valid code is reported, as not `certain`.
    """
    if not text or len(text) > _LONGEST or _NOT_GS1.match(text):
        return []
    as_scanned = None if text[:1] == "(" else attempt(text, today)
    if as_scanned is not None:
        return _doubts(text, as_scanned, today)
    readings = list(_readings(text))
    for search in (exactly, separated):
        for cause, texts in readings:
            found = tuple(dict.fromkeys(element for each in texts for element in search(each, today)))
            if found:
                return [_garble(cause, found[:_MOST_CANDIDATES], certain=True)]
    if _is_cut(text):
        return [_garble("partial", (), certain=True)]
    match = _ENVELOPE.fullmatch(text.strip())
    # Where format 06 arrived whole, its own parser says more.
    whole = text.startswith(ppn.HEADER)
    return [_garble("data_identifiers", (), certain=True)] if match and match[2] == "06" and not whole else []


def _garble(cause: str, candidates: tuple[ElementString, ...], *, certain: bool) -> Garble:
    return Garble(cause, REASONS[cause], candidates, certain)


def _doubts(text: str, elements: ElementString, today: date) -> list[Garble]:
    found = []
    hidden: list[ElementString] = []
    if "21" not in elements:
        # A serial may hide at the end of a lot whose separator is lost.
        hidden = [guess for guess in separated(text, today) if "21" in guess]
    elif not _whole_pack(elements):
        # Lot and expiry may hide at the end of a serial: packs carry all four.
        hidden = [guess for guess in separated(text, today) if _whole_pack(guess)]
    hidden += [guess for each in with_tail(text) for guess in exactly(each, today)]
    if hidden:
        found.append(_garble("lost_separator", tuple(hidden), certain=False))
    if _all_small(text):
        large = tuple(exactly(text[:3] + text[3:].swapcase() if text[:1] == "]" else text.swapcase(), today))
        found += [_garble("caps_lock", large, certain=False)] if large else []
    return found


def _whole_pack(elements: ElementString) -> bool:
    return all(ai in elements for ai in ("01", "21", "10", "17"))


def _readings(text: str) -> Iterator[tuple[str, list[str]]]:
    """Causes with the texts that they would have garbled into `text`, where there is a sign of them."""
    bracket = _BRACKETS.match(text)
    if bracket:
        yield "brackets", [_SPACES.sub("", text[bracket.end() - 1 :])]
    for cause, repair in _SIMPLE:
        texts = repair(text)
        if texts != [text]:
            yield cause, texts
    if text[:3].swapcase() in SYMBOLOGIES or _all_small(text):
        yield "caps_lock", _also_repaired(text.swapcase())
    yield from _retyped(text)
    yield "lost_separator", [text, *with_tail(text)]
    texts = _symbology(text)
    if texts != [text]:
        yield "symbology", texts


def _retyped(text: str) -> Iterator[tuple[str, list[str]]]:
    """What other keyboards would have made of it, where it is not plain that the keyboard was right."""
    head = _HEAD.match(text)
    if head is not None and not _FOREIGN.search(text, head.end()):
        return
    locked = [one for table in SHIFT_LOCKS for one in _also_repaired(text.translate(table))]
    first = head is None and not _is_unlocked_azerty(text)
    if first:
        yield "caps_lock", locked
    for name in dict.fromkeys(name for name, _ in LAYOUTS):
        texts = []
        for typed in (text.translate(table) for known, table in LAYOUTS if known == name):
            if typed.lstrip()[:1] in _BEGINNINGS:
                texts += _also_repaired(typed)
            if typed[:1].lower() != text[:1].lower():
                texts += _symbology(typed)
        yield f"keyboard_{name}", texts
    if head is None and not first:
        yield "caps_lock", locked


def _is_unlocked_azerty(text: str) -> bool:
    """Whether a scanner of another layout, not a lock, took the digits: the capitals of labels stayed capitals."""
    large = sum("A" <= letter <= "Z" for letter in text)
    return "à" in text and 2 * large >= sum(letter.isascii() and letter.isalpha() for letter in text)


def _also_repaired(text: str) -> list[str]:
    """The text and what simpler repairs make of it: a wrong layout comes with other faults."""
    return [text, *(each for _, repair in _SIMPLE for each in repair(text) if each != text)]


def exactly(text: str, today: date) -> list[ElementString]:
    elements = attempt(text, today)
    return [] if elements is None else [elements]


def attempt(text: str, today: date) -> ElementString | None:
    try:
        return payloads.parse(text, today)
    except Gs1Error:
        return None


def separated(text: str, today: date) -> list[ElementString]:
    """Element strings that the text becomes with separators put in where they may have been lost."""
    found = []
    for guess in _with_separators(text, 3 if text[:1] == "]" else 0, frozenset()):
        elements = attempt(guess, today)
        if elements is not None and "01" in elements and guess.count(GS) > text.count(GS):
            found.append(elements)
    # The likeliest keeps the fewest characters in doubt: it explains more of the text as AIs.
    found.sort(key=lambda elements: -len(elements))
    return found[:_MOST_CANDIDATES]


def _with_separators(text: str, position: int, used: frozenset[str]) -> Iterator[str]:
    """The text with a GS inserted before AIs that packs carry, each AI once."""
    if position >= len(text):
        yield text
        return
    if text[position] == GS:
        yield from _with_separators(text, position + 1, used)
        return
    ai = text[position : position + AI_LENGTHS.get(text[position : position + 2], 4)]
    entry = APPLICATION_IDENTIFIERS.get(ai)
    if entry is None or ai in used:
        return
    begin = position + len(ai)
    if entry.predefined_length:
        yield from _with_separators(text, begin + entry.maximum, used | {ai})
        return
    stop = text.find(GS, begin)
    stop = len(text) if stop < 0 else stop
    if stop - begin <= entry.maximum:
        yield from _with_separators(text, stop, used | {ai})
    for cut in range(begin + 1, min(stop, begin + entry.maximum + 1)):
        if text.startswith(_FOLLOWERS, cut):
            yield from _with_separators(text[:cut] + GS + text[cut:], cut + 1, used | {ai})


def _written_separator(text: str) -> list[str]:
    return [_WRITTEN_GS.sub(GS, text)]


def _other_separator(text: str) -> list[str]:
    return [_OTHER_SEPARATOR.sub(GS, text.strip())]


def _stray(text: str) -> list[str]:
    return [text.strip().strip(GS + "\x00\x02\x03\ufeff").strip()]


def _envelope(text: str) -> list[str]:
    match = _ENVELOPE.fullmatch(text.strip())
    return [match[4]] if match else [text]


def halves(text: str) -> list[str]:
    """The text once, when it is the same code several times with at most a line end between."""
    for times in (2, 3, 4):
        for gap in ("", "\r", "\n", "\r\n", "\t", " ", GS):
            size, left = divmod(len(text) - len(gap) * (times - 1), times)
            if not left and size > 0 and gap.join([text[:size]] * times) == text:
                return [text[:size]]
    return [text]


def _several(text: str) -> list[str]:
    parts = re.split(r"[\r\n\t]+|(?=\](?:C1|d2|Q3|e0|J1))", text)
    parts = [part for part in parts if part]
    return parts if len(parts) > 1 else [text]


def _symbology(text: str) -> list[str]:
    right = _RIGHT_CASE.get(text[:3].lower())
    if right and right != text[:3]:
        return [right + text[3:]]
    head = _BROKEN_HEAD.match(text)
    return [text[head.end() :]] if head else [text]


def _is_cut(text: str) -> bool:
    """Whether the text is the beginning of a code: it stops inside an AI or a value of predefined length."""
    position, whole = (3, True) if text[:3] in SYMBOLOGIES else (0, False)
    while position < len(text):
        if text[position] == GS:
            position += 1
            continue
        ai = text[position : position + AI_LENGTHS.get(text[position : position + 2], 4)]
        entry = APPLICATION_IDENTIFIERS.get(ai)
        if entry is None:
            return (
                whole
                and position + len(ai) >= len(text)
                and any(known.startswith(ai) for known in AI_LENGTHS)
            )
        begin, stop = position + len(ai), text.find(GS, position)
        if entry.predefined_length:
            stop = begin + entry.maximum
            if stop > len(text):
                return whole and not text[begin:].strip("0123456789")
        elif stop < 0:
            return whole and begin == len(text)
        position, whole = stop, True
    return False


def with_tail(text: str) -> list[str]:
    """The text with the separators of a Russian code, whose serial and signature have fixed lengths."""
    match = _RUSSIAN.fullmatch(text)
    return [GS.join(part for part in match.groups() if part)] if match else []


def _all_small(text: str) -> bool:
    letters = "".join(character for character in text[3 if text[:1] == "]" else 0 :] if character.isalpha())
    return len(letters) > 1 and letters.islower()


_SIMPLE: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
    ("stray", _stray),
    ("double_scan", halves),
    ("several_codes", _several),
    ("written_separator", _written_separator),
    ("envelope", _envelope),
    ("other_separator", _other_separator),
)
