"""A code explained to anyone, element by element."""

import msgspec

from traceability.web.babel import LazyString, lazy_gettext
from traceability.web.reading import Reading, elements_of
from traceability.web.words import day


class Element(msgspec.Struct):
    """One element of a code in words."""

    ai: str
    name: str
    value: str
    shown: str


NAMES: dict[str, LazyString] = {
    "00": lazy_gettext("Case or pallet number (SSCC)"),
    "01": lazy_gettext("Product number (GTIN)"),
    "02": lazy_gettext("Product number of the contents"),
    "10": lazy_gettext("Lot"),
    "11": lazy_gettext("Made on"),
    "13": lazy_gettext("Packed on"),
    "15": lazy_gettext("Best before"),
    "17": lazy_gettext("Expiry"),
    "21": lazy_gettext("Serial number"),
    "37": lazy_gettext("Count"),
    "240": lazy_gettext("Other product number"),
    "400": lazy_gettext("Order number"),
    "410": lazy_gettext("Ship to"),
    "414": lazy_gettext("Place"),
    "417": lazy_gettext("Party"),
    "710": lazy_gettext("National number, Germany (PZN)"),
    "711": lazy_gettext("National number, France (CIP)"),
    "712": lazy_gettext("National number, Spain (CN)"),
    "713": lazy_gettext("National number, Brazil (DRN)"),
    "714": lazy_gettext("National number, Portugal (AIM)"),
    "715": lazy_gettext("National number, United States (NDC)"),
    "716": lazy_gettext("National number, Italy (AIC)"),
    "8003": lazy_gettext("Returnable container (GRAI)"),
    "8004": lazy_gettext("Asset (GIAI)"),
}


def explain(reading: Reading) -> list[Element]:
    """The elements of a code with their names; empty where it cannot be parsed."""
    if not reading.hri:
        return []
    explained = []
    for ai, value in elements_of(reading.symbology + reading.text):
        shown = day(reading.expiry) if ai == "17" and reading.expiry else value
        explained.append(Element(ai, str(NAMES.get(ai, ai)), value, shown))
    return explained
