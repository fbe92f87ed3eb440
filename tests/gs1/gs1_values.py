"""Valid values of every application identifier, for property tests."""

from itertools import product

from hypothesis import strategies as st

from traceability.gs1.application_identifiers import (
    APPLICATION_IDENTIFIERS,
    CSET39,
    CSET64,
    CSET82,
    DIGITS,
    ApplicationIdentifier,
    Component,
)
from traceability.gs1.checks import check_digit, check_pair
from traceability.gs1.companions import verify_together

ALPHABETS = {"N": DIGITS, "X": CSET82, "Y": CSET39, "Z": CSET64.replace("=", "")}

SAMPLES = {
    "yymmd0": ["270430", "270400", "240229", "991231", "000229"],
    "yymmdd": ["270430", "240229", "991231"],
    "yyyymmdd": ["19991231", "20240229"],
    "hh": ["00", "23"],
    "mi": ["00", "59"],
    "ss": ["00", "59"],
    "hhmi": ["0000", "2359"],
    "iso3166": ["276", "840", "156"],
    "iso3166999": ["276", "999"],
    "iso3166alpha2": ["DE", "CN"],
    "iso4217": ["978", "840"],
    "iso5218": ["0", "1", "2", "9"],
    "iban": ["FR7630006000011234567890189", "BE71096123456769"],
    "latitude": ["0000000000", "1800000000"],
    "longitude": ["0000000000", "3600000000"],
    "hyphen": ["-"],
    "yesno": ["0", "1"],
    "zero": ["0"],
    "winding": ["0", "1", "9"],
    "pieceoftotal": ["0101", "0299"],
    "mediatype": ["01", "99"],
    "packagetype": ["1A", "BME", "8"],
    "importeridx": ["0", "z", "_", "-"],
    "posinseqslash": ["1/3", "3/3"],
    "pcenc": ["plain", "a%20b"],
    "couponcode": ["012345612345611110123", "0123456123456111101233500607"],
    "couponposoffer": ["001234561234560123456"],
}


def component_values(part: Component) -> st.SearchStrategy[str]:
    for name in part.linters:
        if name in SAMPLES:
            return st.sampled_from(SAMPLES[name])
    characters = st.text(ALPHABETS[part.charset], min_size=part.minimum, max_size=part.maximum)
    if "csumalpha" in part.linters:
        middle = st.text(CSET82, max_size=part.maximum - 7)
        return middle.map(lambda text: f"1234A{text}").map(lambda text: text + check_pair(text))
    if "csum" in part.linters:
        size = part.maximum - 1
        return st.text(DIGITS, min_size=size, max_size=size).map(lambda text: text + check_digit(text))
    if "gcppos1" in part.linters:
        return st.text(ALPHABETS[part.charset], max_size=part.maximum - 4).map(lambda text: f"9521{text}")
    if "nonzero" in part.linters:
        return characters.filter(lambda text: bool(text.strip("0")))
    if "nozeroprefix" in part.linters:
        return characters.filter(lambda text: text[0] != "0")
    return characters


@st.composite
def values(draw: st.DrawFn, ai: str) -> str:
    text = ""
    for part in APPLICATION_IDENTIFIERS[ai].components:
        if part.optional and draw(st.booleans()):
            break
        text += draw(component_values(part))
    return text


def companions(ai: str) -> tuple[str, ...]:
    """The AI with the fewest others that make it a valid code."""
    for depth in range(4):
        for ais in _completed((ai,), depth):
            try:
                verify_together([(each, "") for each in ais])
            except ValueError:
                continue
            return ais
    raise LookupError(ai)


def _completed(ais: tuple[str, ...], depth: int) -> list[tuple[str, ...]]:
    if not depth:
        return [ais]
    found = []
    for choice in product(*(groups for ai in ais for groups in APPLICATION_IDENTIFIERS[ai].requires)):
        needed = [_full(need) for group in choice for need in group]
        found += _completed(tuple(dict.fromkeys((*ais, *needed))), depth - 1)
    return found


def _full(pattern: str) -> str:
    return next(ai for ai in APPLICATION_IDENTIFIERS if ai.startswith(pattern))


def entry(ai: str) -> ApplicationIdentifier:
    return APPLICATION_IDENTIFIERS[ai]
