"""The EPCIS event hash id: one name for one event, whoever spells it (CBV 2.0 section 8.9).

The numbered steps of the standard become: values in one spelling (`_value`, `_time`), members in the
canonical order (`_LISTS` and onwards), lists sorted, extensions by namespace, SHA-256, `ni:` URI.
Where the prose leaves room, the reference implementation's published pre-hash strings decide.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from traceability.epcis import EpcisError
from traceability.epcis.documents import CUSTODY_NAMESPACE, NAMESPACES, is_address
from traceability.epcis.events import Event, Json, plain_event
from traceability.epcis.members import is_extension
from traceability.epcis.urn import canonical
from traceability.epcis.vocabulary import CBV

_VOC = "https://ref.gs1.org/voc/"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?")
_TIME = re.compile(r"(.{19})(?:\.([0-9]+))?(Z|[+-][0-9:]{5})")
_CBV_URN = re.compile(r"urn:epcglobal:cbv:(bizstep|disp|btt|sdt|er):(.+)")
_CBV_PREFIX = {"bizstep": "BizStep-", "disp": "Disp-", "btt": "BTT-", "sdt": "SDT-", "er": "ER-"}

_ORDER = (
    ("epcList", "epc"),
    ("parentID", ""),
    ("inputEPCList", "epc"),
    ("childEPCs", "epc"),
    ("quantityList", "quantity"),
    ("childQuantityList", "quantity"),
    ("inputQuantityList", "quantity"),
    ("outputEPCList", "epc"),
    ("outputQuantityList", "quantity"),
    ("action", ""),
    ("transformationID", ""),
    ("bizStep", "word"),
    ("disposition", "word"),
    ("persistentDisposition", "persistent"),
    ("readPoint", "place"),
    ("bizLocation", "place"),
    ("bizTransactionList", "end"),
    ("sourceList", "end"),
    ("destinationList", "end"),
    ("sensorElementList", "sensor"),
)
_METADATA = [
    "time",
    "startTime",
    "endTime",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
]
_REPORT = [
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "time",
    "microorganism",
    "chemicalSubstance",
    "value",
    "component",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
    "uom",
    "coordinateReferenceSystem",
]
_ENDS = {
    "bizTransactionList": ("bizTransaction", "BTT-"),
    "sourceList": ("source", "SDT-"),
    "destinationList": ("destination", "SDT-"),
}
_WORDS = {"bizStep": "BizStep-", "disposition": "Disp-"}


def event_hash_id(event: Event, namespaces: Mapping[str, str] | None = None) -> str:
    """The hash id of an event: "ni:///sha-256;" and 64 hexadecimal digits and "?ver=CBV2.0".

    `namespaces` says what the prefixes of extensions stand for (`Document.namespaces`). Record time,
    event id, error and certification do not count. Raises EpcisError for an unknown prefix.
    """
    digest = hashlib.sha256(pre_hash(event, namespaces).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def pre_hash(event: Event, namespaces: Mapping[str, str] | None = None) -> str:
    """The text that is hashed (CBV 2.0 section 8.9.2)."""
    names = _Names(namespaces)
    value = plain_event(event)
    made = [
        f"eventType={value['type']}",
        f"eventTime={_time(value['eventTime'])}",
        f"eventTimeZoneOffset={value['eventTimeZoneOffset']}",
    ]
    made += [_FORMS[form](name, value[name], names) for name, form in _ORDER if value.get(name)]
    if value.get("ilmd"):
        made.append("ilmd" + names.members(value["ilmd"]))
    # CBV 2.0 moves extensions inside standard fields behind the ILMD, under the name of their field.
    for name in ("readPoint", "bizLocation"):
        if inside := names.members(_extensions(value.get(name, {}))):
            made.append(name + inside)
    made += sorted(
        filter(None, (_sensor_extensions(element, names) for element in value.get("sensorElementList", ())))
    )
    made.append(names.members(_extensions(value)))
    return "".join(made)


class _Names:
    """Prefixes and what they stand for, as hashing spells them."""

    def __init__(self, namespaces: Mapping[str, str] | None) -> None:
        self._known = NAMESPACES | {"custody": CUSTODY_NAMESPACE} | dict(namespaces or {})
        # XML and JSON must hash alike: the XML namespace of CBV master data has no final colon, and the
        # standard expands gs1: otherwise than the published context does (step 15).
        for prefix, uri in (("cbvmda", NAMESPACES["cbvmda"][:-1]), ("gs1", _VOC)):
            if self._known[prefix] == NAMESPACES[prefix]:
                self._known[prefix] = uri

    def key(self, name: str) -> str:
        """A member name with its whole namespace in braces (steps 19 and 20)."""
        if is_address(name):
            cut = max(name.rfind("/"), name.rfind("#"), name.rfind(":")) + 1
            return f"{{{name[:cut]}}}{name[cut:]}"
        prefix, colon, local = name.partition(":")
        if not colon:
            return name
        if prefix not in self._known:
            raise EpcisError("The prefix %(prefix)s is not declared in @context", prefix=prefix)
        return f"{{{self._known[prefix]}}}{local}"

    def members(self, value: Mapping[str, Any]) -> str:
        """Extension members, nested ones with their parents, each level sorted."""
        made = [text for name, member in value.items() for text in self._member(self.key(name), member)]
        return "".join(sorted(made))

    def _member(self, key: str, member: Any) -> list[str]:
        if isinstance(member, list):
            return [text for one in member for text in self._member(key, one)]
        if member is None:
            return []
        if isinstance(member, dict):
            return [key + self.members(member)]
        text = self.value(member)
        return [f"{key}={text}" if text else key]

    def value(self, value: Any) -> str:
        """A value in the one spelling that counts (steps 5, 6, 14, 15, 17 and 18)."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            return _number(str(value))
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return _number(text)
        if word := _CBV_URN.fullmatch(text):
            return f"{CBV}{_CBV_PREFIX[word[1]]}{word[2]}"
        prefix, colon, local = text.partition(":")
        if colon and prefix in self._known and not local.startswith("//"):
            return self._known[prefix] + local
        return canonical(text)


def _extensions(value: Mapping[str, Any]) -> Json:
    return {name: member for name, member in value.items() if is_extension(name)}


def _time(text: str) -> str:
    """UTC with milliseconds, the fourth decimal rounded half up (steps 8 and 9)."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return text.strip()
    seconds, fraction, zone = match.groups()
    digits = ((fraction or "") + "0000")[:4]
    try:
        moment = datetime.fromisoformat(seconds + ("+00:00" if zone == "Z" else zone)).astimezone(UTC)
        moment += timedelta(milliseconds=int(digits[:3]) + (digits[3] >= "5"))
    except (ValueError, OverflowError) as error:
        raise EpcisError("There is no such time: %(text)s", text=text) from error
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def _number(text: str) -> str:
    """A number without trailing zeros, exponent or plus sign (step 6)."""
    made = f"{Decimal(text):f}"
    if "." in made:
        made = made.rstrip("0").rstrip(".")
    return "0" if made in ("-0", "") else made


def _word(text: str, prefix: str, names: _Names) -> str:
    """A bare word as its web URI (step 16); a URI of whatever kind in its one spelling."""
    return f"{CBV}{prefix}{text}" if ":" not in text else names.value(text)


def _one(name: str, value: Any, names: _Names) -> str:
    return f"{name}={names.value(value)}"


def _word_member(name: str, value: str, names: _Names) -> str:
    return f"{name}={_word(value, _WORDS[name], names)}"


def _epcs(name: str, value: Iterable[str], names: _Names) -> str:
    return name + "".join(sorted(f"epc={names.value(epc)}" for epc in value))


def _quantities(name: str, value: Iterable[Json], names: _Names) -> str:
    made = [
        "quantityElement"
        + "".join(_one(part, one[part], names) for part in ("epcClass", "quantity", "uom") if part in one)
        for one in value
    ]
    return name + "".join(sorted(made))


def _persistent(name: str, value: Json, names: _Names) -> str:
    made = [
        "".join(sorted(f"{part}={_word(word, 'Disp-', names)}" for word in value.get(part, ())))
        for part in ("set", "unset")
    ]
    return name + "".join(made)


def _place(name: str, value: Json, names: _Names) -> str:
    return f"{name}id={names.value(value['id'])}"


def _ends(name: str, value: Iterable[Json], names: _Names) -> str:
    """Transactions, sources or destinations: each with its type before it (step 13)."""
    member, prefix = _ENDS[name]
    made = [
        (f"type={_word(end['type'], prefix, names)}" if "type" in end else "")
        + _one(member, end[member], names)
        for end in value
    ]
    return name + "".join(sorted(made))


def _sensors(_: str, value: Iterable[Json], names: _Names) -> str:
    """Sensor elements; CBV 2.0 leaves the name of their list out."""
    return "".join(sorted(_sensor(element, names) for element in value))


def _sensor(element: Json, names: _Names) -> str:
    metadata = _parts(element.get("sensorMetadata", {}), _METADATA, names)
    reports = [_parts(report, _REPORT, names) for report in element["sensorReport"]]
    made = [f"sensorMetadata{metadata}"] if metadata else []
    made += sorted(f"sensorReport{report}" for report in reports if report)
    return "sensorElement" + "".join(made) if made else ""


def _parts(value: Json, order: Iterable[str], names: _Names) -> str:
    made = []
    for name in order:
        if name not in value:
            continue
        member = value[name]
        if name in ("time", "startTime", "endTime"):
            text = _time(member)
        elif name in ("type", "exception") and ":" not in member:
            text = _VOC + member
        elif name == "component" and ":" not in member:
            text = f"{CBV}Comp-{member}"
        else:
            text = names.value(member)
        made.append(f"{name}={text}")
    return "".join(made)


def _sensor_extensions(element: Json, names: _Names) -> str:
    inside = [f"sensorMetadata{names.members(_extensions(element.get('sensorMetadata', {})))}"]
    inside += sorted(
        f"sensorReport{names.members(_extensions(report))}" for report in element["sensorReport"]
    )
    made = [text for text in inside if "{" in text]
    own = names.members(_extensions(element))
    return "sensorElement" + "".join(made) + own if made or own else ""


_FORMS: dict[str, Callable[[str, Any, _Names], str]] = {
    "": _one,
    "word": _word_member,
    "epc": _epcs,
    "quantity": _quantities,
    "persistent": _persistent,
    "place": _place,
    "end": _ends,
    "sensor": _sensors,
}
