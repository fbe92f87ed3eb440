"""`gs1` explains a code; the other commands take codes in any spelling through here."""

from datetime import date

import click
import msgspec

from traceability.cli.options import command
from traceability.cli.output import Output
from traceability.gs1 import Gs1Error, garble, keys, payloads
from traceability.gs1.application_identifiers import APPLICATION_IDENTIFIERS
from traceability.gs1.element_strings import SYMBOLOGIES, ElementString

DATES = frozenset({"yymmd0", "yymmdd"})


class Element(msgspec.Struct, omit_defaults=True):
    """One element of a code, for programs."""

    ai: str
    title: str
    value: str
    date: str | None = None


class Repair(msgspec.Struct):
    """One way in which a code may have been garbled, and what it would be then."""

    cause: str
    reason: str
    candidates: list[str]


class Explained(msgspec.Struct):
    """What a code says."""

    elements: list[Element]
    bracketed: str
    item: str | None
    """The item it names, as a Digital Link URI; None where it names a class of items."""
    urn: str | None
    symbology: str | None = None
    doubts: list[Repair] = []
    """Other valid codes that a garbling scanner would have sent as this one."""


def elements_of(text: str) -> ElementString:
    """A code in any spelling: symbol data, brackets, GS1 Digital Link URI, EPC URN.

    `<GS>` and `{GS}` stand for the separator. Raises Gs1Error.
    """
    text = _plain(text)
    if text.lower().startswith("urn:"):
        text = keys.parse_urn(text).uri
    return payloads.parse(text, date.today())


def _plain(text: str) -> str:
    return text.strip(" \t\r\n").replace("<GS>", "\x1d").replace("{GS}", "\x1d")


def item_of(elements: ElementString) -> str | None:
    """The item that a code names: pack, container or asset. None for what names a class only."""
    if elements.sgtin is not None:
        return elements.sgtin.uri
    if elements.sscc is not None:
        return elements.sscc.uri
    grai, giai = elements.get("8003"), elements.get("8004")
    if grai is not None and keys.Grai.parse(grai).serial:
        return keys.Grai.parse(grai).uri
    return keys.Giai.parse(giai).uri if giai is not None else None


def class_of(text: str) -> str:
    """The class of packs that a code names, a lot or a whole product. Raises Gs1Error where it names none."""
    elements = elements_of(text)
    gtin, lot = elements.get("01"), elements.get("10")
    if gtin is None or "21" in elements:
        raise Gs1Error("Expected a product with or without its lot, (01)… (10)…, got %(text)s", text=text)
    return f"https://id.gs1.org/01/{gtin}" if lot is None else keys.Lgtin(keys.Gtin(gtin), lot).uri


def epc_of(text: str) -> str:
    """The item that a code in any spelling names. Raises Gs1Error where it names none."""
    epc = item_of(elements_of(text))
    if epc is None:
        raise Gs1Error("%(text)s names no single item: it has no serial number", text=text)
    return epc


def plain(elements: ElementString) -> list[Element]:
    """The elements of a code, with the titles that GS1 gives their AIs, and dates as dates."""
    found = []
    for ai, value in elements:
        entry = APPLICATION_IDENTIFIERS[ai]
        is_date = not DATES.isdisjoint(entry.components[0].linters)
        day = elements.date_of(ai) if is_date else None
        found.append(Element(ai, entry.title, value, None if day is None else day.isoformat()))
    return found


def repairs_of(text: str) -> list[Repair]:
    """The ways in which a text may be a garbled code, likeliest first."""
    found = garble.diagnose(_plain(text), date.today())
    return [Repair(one.cause, str(one.reason), [str(code) for code in one.candidates]) for one in found]


def explain(text: str) -> Explained:
    """What a code in any spelling says."""
    elements = elements_of(text)
    item = item_of(elements)
    return Explained(
        elements=plain(elements),
        bracketed=elements.bracketed,
        item=item,
        urn=None if item is None else _urn(item),
        symbology=SYMBOLOGIES.get(text.strip()[:3]),
        doubts=repairs_of(text) if _plain(text)[:1].isdigit() else [],
    )


def _urn(item: str) -> str | None:
    """The EPC URN of an item; None where the length of its company prefix is not known."""
    try:
        return keys.parse_epc_uri(item).urn()
    except Gs1Error:
        return None


@command
@click.argument("text")
def gs1_command(out: Output, *, text: str) -> int:
    """Explain TEXT: an element string, a bracketed one, a GS1 Digital Link or an EPC URN.

    Write the separator as <GS>. A wrong code is refused with what was expected and where; what a scanner
    or keyboard may have done to it is named. Exit status 1 for a wrong code.
    """
    try:
        told = explain(text)
    except Gs1Error as error:
        return _refuse(out, error, repairs_of(text))
    out.give(told)
    if told.symbology:
        out.say(told.symbology)
    rows = [(f"({e.ai})", e.title, e.value, e.date or "") for e in told.elements]
    out.table(("AI", "Title", "Value", "Date"), rows)
    for line in (told.bracketed, told.item, told.urn):
        if line:
            out.say(line)
    _tell_repairs(out, told.doubts)
    return 0


def _refuse(out: Output, error: Gs1Error, repairs: list[Repair]) -> int:
    out.give({"error": str(error), "ai": error.ai, "position": error.position, "repairs": repairs})
    out.aside(str(error))
    _tell_repairs(out, repairs)
    return 1


def _tell_repairs(out: Output, repairs: list[Repair]) -> None:
    for repair in repairs:
        out.aside(repair.reason)
        for candidate in repair.candidates:
            out.aside(f"  then it would be {candidate}")
