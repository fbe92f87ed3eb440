"""The fields of Form FDA 3911, "Drug Notification" (OMB 0910-0806): numbers, names, choices, and what fills them.

The numbers are those of the form of August 2015 and of its instructions; FDA's own form is a PDF of FDA's, and this
is not it. What is written here is copied into that form, or sent by FDA's portal.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import msgspec

from traceability.web.babel import LazyString, lazy_gettext

LONGEST = 4000

Choices = dict[str, LazyString]

TYPES: Choices = {
    "initial": lazy_gettext("Initial notification"),
    "follow_up": lazy_gettext("Follow-up notification"),
    "termination": lazy_gettext("Request for termination"),
}
CLASSIFICATIONS: Choices = {
    "counterfeit": lazy_gettext("Counterfeit"),
    "diverted": lazy_gettext("Diverted"),
    "stolen": lazy_gettext("Stolen"),
    "adulteration": lazy_gettext("Intentional adulteration"),
    "unfit": lazy_gettext("Unfit for distribution"),
    "fraudulent": lazy_gettext("Fraudulent transaction"),
    "high_risk": lazy_gettext("High risk of illegitimacy (makers only)"),
}
USES: Choices = {"human": lazy_gettext("Human use"), "other": lazy_gettext("Other use")}
DESCRIPTIONS: Choices = {
    "finished": lazy_gettext("Finished prescription drug"),
    "vaccine": lazy_gettext("Vaccine"),
    "plasma": lazy_gettext("Plasma derivative"),
    "allergenic": lazy_gettext("Allergenic"),
    "multiple": lazy_gettext("Multiple"),
    "other": lazy_gettext("Other"),
}
CATEGORIES: Choices = {
    "manufacturer": lazy_gettext("Manufacturer"),
    "wholesale": lazy_gettext("Wholesale distributor"),
    "dispenser": lazy_gettext("Dispenser (pharmacy)"),
    "repackager": lazy_gettext("Repackager"),
    "other": lazy_gettext("Other"),
}
MECHANISMS: Choices = {
    "none": lazy_gettext("None"),
    "bpdr": lazy_gettext("Biological product deviation report (BPDR)"),
    "far": lazy_gettext("Field alert report (FAR)"),
    "medwatch": lazy_gettext("MedWatch 3500"),
    "medwatch_a": lazy_gettext("MedWatch 3500A"),
    "other": lazy_gettext("Other"),
}


class Field(NamedTuple):
    """One field of the form."""

    number: str
    name: str
    label: LazyString
    kind: Literal["text", "long", "choice", "moment", "email"] = "text"
    choices: Mapping[str, LazyString] = MappingProxyType({})
    needed: bool = False
    """Whether a notification may not be sent without it."""


SECTIONS: tuple[tuple[LazyString, tuple[Field, ...]], ...] = (
    (lazy_gettext("The report"), (
        Field("1", "type", lazy_gettext("Type of report"), "choice", TYPES, needed=True),
        Field("2", "incident", lazy_gettext("Incident number (assigned by FDA)")),
        Field("4", "determined", lazy_gettext("Date and time when it was determined to be illegitimate (UTC)"), "moment",
              needed=True),
        Field("5", "classification", lazy_gettext("Classification"), "choice", CLASSIFICATIONS, needed=True),
    )),
    (lazy_gettext("The product"), (
        Field("6", "product", lazy_gettext("Name as it appears on the label"), needed=True),
        Field("7", "ingredients", lazy_gettext("Primary ingredients, if known")),
        Field("8", "use", lazy_gettext("Drug use"), "choice", USES),
        Field("9", "description", lazy_gettext("Drug description"), "choice", DESCRIPTIONS),
        Field("10", "strength", lazy_gettext("Strength")),
        Field("11", "form", lazy_gettext("Dosage form")),
        Field("12", "quantity", lazy_gettext("Quantity (number and unit)"), needed=True),
        Field("13", "ndc", lazy_gettext("NDC, or GTIN where there is none")),
        Field("14", "serials", lazy_gettext("Serial numbers, one a line"), "long"),
        Field("15", "lots", lazy_gettext("Lot numbers")),
        Field("16", "expiry", lazy_gettext("Expiration dates")),
    )),
    (lazy_gettext("What happened"), (
        Field("17", "event", lazy_gettext("Description of the event"), "long", needed=True),
        Field("17", "actions", lazy_gettext("Actions taken (goes into field 17)"), "long"),
        Field("18", "termination", lazy_gettext("For termination: why the notification is no longer necessary"), "long"),
        Field("19", "mechanism", lazy_gettext("Also told to FDA by"), "choice", MECHANISMS),
    )),
    (lazy_gettext("The company"), (
        Field("20", "company", lazy_gettext("Company"), needed=True),
        Field("20", "address", lazy_gettext("Address, with city, region, postal code and country"), "long"),
        Field("21", "category", lazy_gettext("Company category"), "choice", CATEGORIES, needed=True),
        Field("22", "facility", lazy_gettext("Unique facility identifier (DUNS; else GLN)")),
        Field("23", "contact", lazy_gettext("Contact person"), needed=True),
        Field("23", "phone", lazy_gettext("Telephone")),
        Field("23", "email", lazy_gettext("E-mail"), "email"),
    )),
)  # fmt: skip
FIELDS: tuple[Field, ...] = tuple(field for _, fields in SECTIONS for field in fields)

Values = dict[str, str]


def read(form: Mapping[str, str]) -> Values:
    """The fields of a form that somebody sent; choices that are none are empty."""
    found = {}
    for field in FIELDS:
        text = form.get(field.name, "").replace("\r\n", "\n").strip()[:LONGEST]
        found[field.name] = text if not field.choices or text in field.choices else ""
    return found


def parse(text: str) -> Values:
    """The fields as a report keeps them."""
    known = msgspec.json.decode(text, type=dict[str, str])
    return {field.name: known.get(field.name, "") for field in FIELDS}


def written(values: Values) -> str:
    """The fields as a report keeps them."""
    return msgspec.json.encode(values).decode()


def missing(values: Values) -> list[Field]:
    """The fields that must be filled before this is sent."""
    needed = [field for field in FIELDS if field.needed and not values[field.name]]
    if values["type"] == "termination" and not values["termination"]:
        needed.append(next(field for field in FIELDS if field.name == "termination"))
    if values["type"] in {"follow_up", "termination"} and not values["incident"]:
        needed.append(next(field for field in FIELDS if field.name == "incident"))
    return needed


def shown(field: Field, values: Values) -> str:
    """The value of a field in words."""
    value = values[field.name]
    return str(field.choices.get(value, value)) if field.choices else value
