"""Other codes that a text which parses may have been, before a scanner or keyboard garbled it.

Much less is needed to be named here than for `garble.diagnose`: only who finds a candidate in the log, and
not what the text says, should believe it; and then only to ask for another scan.
"""

from collections.abc import Iterator
from datetime import date

from traceability.gs1.application_identifiers import CSET82
from traceability.gs1.element_strings import SYMBOLOGIES, ElementString
from traceability.gs1.garble import REASONS, Garble, attempt, exactly, halves, separated, with_tail
from traceability.gs1.keyboards import LAYOUTS


def rivals(text: str, today: date) -> Iterator[Garble]:
    """Codes that the text may have been, by cause, likeliest first."""
    hidden = [*separated(text, today), *(guess for each in with_tail(text) for guess in exactly(each, today))]
    if hidden:
        yield _rival("lost_separator", tuple(hidden))
    once = [guess for each in {*halves(text), _last_begun(text)} - {text} for guess in exactly(each, today)]
    if once:
        yield _rival("double_scan", tuple(once))
    slipped = [guess for each in _slipped(text) for guess in exactly(each, today)]
    if slipped:
        yield _rival("slip", tuple(slipped))
    if text[:3] not in SYMBOLOGIES:  # a mark in its right spelling: the keyboard was right
        yield from keyboard_rivals(text, today)
        for cause, typed in _typed(text):
            hidden = separated(typed, today)
            if hidden:
                yield _rival(cause, tuple(hidden))


def _last_begun(text: str) -> str:
    """The text from where it begins once more: a scan that was cut short and repeated."""
    return text[text.rfind(text[: 19 if text[:1] == "]" else 16]) :]


def is_slip(sent: str, arrived: str, ai: str) -> bool:
    """Whether a character of an AI's value was lost on the way, or came twice."""
    if len(arrived) == len(sent) - 1:
        return any(sent[:place] + sent[place + 1 :] == arrived for place in range(len(sent)))
    return len(arrived) == len(sent) + 1 and sent in _unrepeated(arrived, ai)


def _unrepeated(arrived: str, ai: str) -> set[str]:
    """What was sent, where one character came twice; the last one of the AI counts too."""
    pairs = zip(ai[-1] + arrived, arrived, strict=False)
    return {arrived[:place] + arrived[place + 1 :] for place, (one, two) in enumerate(pairs) if one == two}


def _slipped(text: str) -> set[str]:
    """The text without each of its repetitions, and with each digit that its expiry may have lost."""
    found = {
        text[:place] + text[place + 1 :] for place in range(1, len(text)) if text[place] == text[place - 1]
    }
    begin = text.find("17", 16)
    while begin >= 0:
        for place in range(begin + 2, min(begin + 8, len(text)) + 1):
            found |= {text[:place] + digit + text[place:] for digit in "0123456789"}
        begin = text.find("17", begin + 1)
    return found


def slips(arrived: str, ai: str) -> set[str]:
    """What may have been sent as the value of an AI, where a character was lost or came twice."""
    lost = {
        arrived[:place] + character + arrived[place:]
        for place in range(len(arrived) + 1)
        for character in CSET82
    }
    return lost | _unrepeated(arrived, ai)


def keyboard_rivals(text: str, today: date) -> Iterator[Garble]:
    """The codes that another keyboard layout, or caps lock, may have made into this one."""
    for cause, typed in _typed(text):
        # Most layouts leave no digits where a code begins: parsing would only find that out.
        found = attempt(typed, today) if typed[:1] == "]" or typed[:2].isdecimal() else None
        if found is not None:
            yield _rival(cause, (found,))


def _typed(text: str) -> Iterator[tuple[str, str]]:
    """The text as it would have been on another keyboard, where it would have been another."""
    tried = {text}
    typed = ("caps_lock", text.swapcase())
    for cause, other in (typed, *((f"keyboard_{name}", text.translate(table)) for name, table in LAYOUTS)):
        if other not in tried:
            tried.add(other)
            yield cause, other


def _rival(cause: str, candidates: tuple[ElementString, ...]) -> Garble:
    return Garble(cause, REASONS[cause], candidates, certain=False)
