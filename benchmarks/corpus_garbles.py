"""What happens to a code between the scanner and the page, made from keyboards and wires, with a seed.

Nothing here is taken from the diagnosis that it is to test: the keyboards are those of PCs (ISO rows with
the key left of 1), and the rest is what set-up sheets of scanners warn of.
"""

from collections.abc import Callable
from random import Random

GS = "\x1d"

# Four rows plain, then the same keys with shift.
_KEYS = {
    "us": r"""`1234567890-= qwertyuiop[] asdfghjkl;'\ zxcvbnm,./ ~!@#$%^&*()_+ QWERTYUIOP{} ASDFGHJKL:"| ZXCVBNM<>?""",
    "de": """^1234567890ß´ qwertzuiopü+ asdfghjklöä# yxcvbnm,.- °!"§$%&/()=?` QWERTZUIOPÜ* ASDFGHJKLÖÄ' YXCVBNM;:_""",
    "fr": """²&é"'(-è_çà)= azertyuiop^$ qsdfghjklmù* wxcvbn,;:! ²1234567890°+ AZERTYUIOP¨£ QSDFGHJKLM%µ WXCVBN?./§""",
}
PLAIN = {name: "".join(rows.split()[:4]) for name, rows in _KEYS.items()}
SHIFTED = {name: "".join(rows.split()[4:]) for name, rows in _KEYS.items()}


def typed(text: str, scanner: str, computer: str, *, caps: bool = False, lock: bool = False) -> str:
    """What arrives when a scanner presses the keys of one layout at a computer with another.

    `caps`: caps lock exchanges letters; `lock`: it holds shift for every key. What takes a third level
    (AltGr) gives nothing on the other keyboard.
    """
    arrived = []
    for character in text:
        shift = character not in PLAIN[scanner]
        place = (SHIFTED if shift else PLAIN)[scanner].find(character)
        if place < 0:
            arrived += [character] if character == GS or scanner == computer else []
            continue
        plain, shifted = PLAIN[computer][place], SHIFTED[computer][place]
        letter = plain.isalpha() and plain.upper() == shifted
        if lock or (caps and letter):
            shift = not shift
        arrived.append(shifted if shift else plain)
    return "".join(arrived)


def _keyboards(text: str, rng: Random) -> str:
    scanner, computer = rng.choice([(a, b) for a in _KEYS for b in _KEYS if a != b])
    caps = rng.random() < 0.3
    return typed(text, scanner, computer, caps=caps, lock=caps and computer != "us" and rng.random() < 0.5)


def _layout(scanner: str, computer: str) -> "Garbler":
    return lambda text, rng: typed(text, scanner, computer, caps=rng.random() < 0.2)


def _caps_lock(text: str, _rng: Random) -> str:
    return typed(text, "us", "us", caps=True)


def _shift_lock(text: str, rng: Random) -> str:
    layout = rng.choice(["de", "fr"])
    return typed(text, layout, layout, lock=True)


def _lost(text: str, rng: Random) -> str:
    if rng.random() < 0.8:
        return text.replace(GS, "")
    places = [place for place, character in enumerate(text) if character == GS]
    place = rng.choice(places) if places else len(text)
    return text[:place] + text[place + 1 :]


def _written(text: str, rng: Random) -> str:
    mark = rng.choice(["<GS>", "<FNC1>", "{GS}", "[GS]", "^]", "\\x1d", "␝", "<0x1D>", "%1D", "&#29;"])
    return text.replace(GS, mark)


def _other(text: str, rng: Random) -> str:
    return text.replace(GS, rng.choice("^#@$~| \t¦§"))


def _doubled(text: str, rng: Random) -> str:
    return rng.choice(["", "\r", "\n", "\r\n", "\t", " "]).join([text] * rng.choice([2, 2, 2, 3]))


def _begun_twice(text: str, rng: Random) -> str:
    return text[: rng.randrange(4, len(text))] + text


def _brackets(text: str, rng: Random) -> str:
    """What scanners with human-readable output send."""
    mark, code = (text[:3], text[3:]) if text[:1] == "]" else ("", text)
    gap = rng.choice(["", "", " "])
    said = []
    while code:
        ai = code[:2]
        size = {"01": 14, "17": 6}.get(ai)
        stop = code.find(GS) if size is None else 2 + size
        stop = len(code) if stop < 0 else stop
        said.append(f"({ai}){gap}{code[2:stop]}")
        code = code[stop:].removeprefix(GS)
    return mark + gap.join(said)


def _mark(text: str, rng: Random) -> str:
    mark, code = (text[:3], text[3:]) if text[:1] == "]" else ("]d2", text)
    return rng.choice([mark[1:], mark.upper(), "?" + mark[1:], "}" + mark[1:], "]d1", "]C0"]) + code


def _envelope(text: str, rng: Random) -> str:
    code = text[3:] if text[:1] == "]" else text
    return rng.choice(["[)>\x1e05\x1d{}\x1e\x04", "[)><RS>05<GS>{}<RS><EOT>", "[)>05{}"]).replace("{}", code)


def _stray(text: str, rng: Random) -> str:
    before = rng.choice(["", "\x02", " ", "\t", "\ufeff", "\x00"])
    after = rng.choice(["\x03", "\r\n", "\t", "\n", " ", "\x03\r", GS])
    return before + text + after


def _end_lost(text: str, rng: Random) -> str:
    return text[: rng.randrange(3, len(text))]


def _beginning_lost(text: str, rng: Random) -> str:
    return text[rng.randrange(1, 6) :]


def _character_lost(text: str, rng: Random) -> str:
    place = rng.randrange(len(text))
    return text[:place] + text[place + 1 :]


def _character_repeated(text: str, rng: Random) -> str:
    place = rng.randrange(len(text))
    return text[:place] + text[place] + text[place:]


def _and_lost(first: "Garbler") -> "Garbler":
    return lambda text, rng: first(text, rng).replace(GS, "")


Garbler = Callable[[str, Random], str]

GARBLES: dict[str, Garbler] = {
    "caps lock": _caps_lock,
    "caps lock, lost separators": _and_lost(_caps_lock),
    "shift lock": _shift_lock,
    "QWERTZ": _layout("us", "de"),
    "QWERTZ, lost separators": _and_lost(_layout("us", "de")),
    "AZERTY": _layout("us", "fr"),
    "AZERTY, lost separators": _and_lost(_layout("us", "fr")),
    "any two keyboards": _keyboards,
    "lost separators": _lost,
    "written separators": _written,
    "other separators": _other,
    "scanned twice in one go": _doubled,
    "begun twice": _begun_twice,
    "several codes": lambda text, rng: text + rng.choice(["", "\r\n", "\t"]) + _neighbour(text, rng),
    "brackets": _brackets,
    "wrong symbology mark": _mark,
    "envelope": _envelope,
    "stray characters": _stray,
    "end lost": _end_lost,
    "beginning lost": _beginning_lost,
    "character lost": _character_lost,
    "character repeated": _character_repeated,
}
"""Ways to garble a code; each takes the text that the scanner should have sent."""


def _neighbour(text: str, rng: Random) -> str:
    """The code of another pack of the same kind: its serial differs in some characters."""
    start = text.find("21", 16) + 2
    stop = text.find(GS, start)
    stop = len(text) if stop < 0 else stop
    characters = list(text)
    for place in rng.sample(range(start, stop), min(3, stop - start)):
        characters[place] = rng.choice("23456789")
    return "".join(characters)
