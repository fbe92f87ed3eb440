"""What a person scanned or typed, and the one item that it names."""

from datetime import date

from traceability.gs1 import Gs1Error, garble, payloads
from traceability.gs1.element_strings import ElementString
from traceability.gs1.key_types import Giai, Grai


def read(text: str, today: date) -> ElementString:
    """A code in any of its spellings: symbol data, bracketed text, GS1 Digital Link URI.

    Raises Gs1Error with what was expected; a garbled scan says what the scanner did.
    """
    cleaned = text.strip(" \t\r\n")
    if cleaned.startswith("("):
        # As printed, with spaces for the eye: no value of a GS1 element has one.
        return payloads.parse(cleaned.replace(" ", ""), today)
    try:
        return payloads.parse(cleaned, today)
    except Gs1Error as error:
        # What the scanner did tells a person more than what the parser missed.
        causes = garble.diagnose(cleaned, today)
        raise (causes[0].reason if causes else error) from error


def item_uri(elements: ElementString) -> str | None:
    """The item that a code names: SGTIN, SSCC, GRAI with serial or GIAI; None for a class of items."""
    for key in (elements.sgtin, elements.sscc):
        if key is not None:
            return key.uri
    grai, giai = elements.get("8003"), elements.get("8004")
    if grai and len(grai) > len("0") + 13:
        return Grai.parse(grai).uri
    return Giai.parse(giai).uri if giai else None
