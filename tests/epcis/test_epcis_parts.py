"""Core and terms: what is taken, what is refused, and that nothing is lost on the way."""

import json
from typing import Any

import pytest
from epcis_samples import CASE, ILMD, MAKER, OWNING, PACK, PLANT, REF, TIME, core_of, ends, parts
from hypothesis import given
from hypothesis import strategies as st

from traceability.epcis import EpcisError
from traceability.epcis.events import event_of, plain_event
from traceability.epcis.members import Extensions
from traceability.epcis.parts import Core, Item, Terms, join, join_shown, split, verify_items

OBSERVED = core_of("ObjectEvent", "OBSERVE", "shipping", "in_transit")
PACKED = core_of("AggregationEvent", "ADD", "packing", "in_progress", parentID=CASE)


def _parse(core: dict[str, Any]) -> Core:
    return Core.parse(json.dumps(core))


def _without(core: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in core.items() if name not in names}


@pytest.mark.parametrize(
    ("core", "sentence"),
    [
        (_without(OBSERVED, "action"), "Expected an action"),
        (OBSERVED | {"action": "TAKE"}, "TAKE"),
        (OBSERVED | {"bizStep": "stolen"}, "stolen"),
        (OBSERVED | {"disposition": "shipping"}, "shipping"),
        (OBSERVED | {"type": "QuantityEvent"}, "QuantityEvent"),
        (OBSERVED | {"eventTime": "2026-11-23T14:32:00Z"}, "Expected a time"),
        (OBSERVED | {"eventTime": "2026-11-23T14:32:00.5+01:00"}, "Expected a time"),
        (OBSERVED | {"eventTime": "2026-11-23 14:32:00+01:00"}, "Expected a time"),
        (OBSERVED | {"eventTime": "2026-02-29T14:32:00+01:00"}, "no such time"),
        (OBSERVED | {"eventTime": "2026-11-23T24:00:00+01:00"}, "no such time"),
        (OBSERVED | {"eventTime": "2026-11-23T14:32:60+01:00"}, "no such time"),
        (
            OBSERVED | {"eventTime": "2026-11-23T14:32:00+15:00", "eventTimeZoneOffset": "+15:00"},
            "Expected a time",
        ),
        (
            OBSERVED | {"eventTime": "2026-11-23T14:32:00-00:00", "eventTimeZoneOffset": "-00:00"},
            "Expected a time",
        ),
        (OBSERVED | {"eventTime": "２026-11-23T14:32:00+01:00"}, "Expected a time"),
        (OBSERVED | {"eventTimeZoneOffset": "+02:00"}, "is not the stated zone"),
        (OBSERVED | {"eventID": "urn:uuid:1"}, "eventID"),
        (OBSERVED | {"example:note": "x"}, "example:note"),
        (OBSERVED | {"bizStep": None}, "null"),
        (OBSERVED | {"ilmd": ILMD}, "lot and expiry"),
        (OBSERVED | {"parentID": CASE}, "no container"),
        (OBSERVED | {"transformationID": "urn:x:1"}, "no transformationID"),
        (OBSERVED | {"readPoint": {"id": f"https://id.gs1.org/417/{PLANT}"}}, "414"),
        (OBSERVED | {"readPoint": {"id": f"https://example.com/414/{PLANT}"}}, "id.gs1.org"),
        (OBSERVED | {"readPoint": {"id": "https://id.gs1.org/414/9521321100010"}}, "GLN"),
        (OBSERVED | {"readPoint": {"id": f"https://id.gs1.org/414/{PLANT}/254/1"}}, "GLN"),
        (OBSERVED | {"readPoint": {"id": f"https://id.gs1.org/414/{PLANT}", "x:y": 1}}, "x:y"),
        (OBSERVED | {"ref": ["abc"]}, "statement id"),
        (OBSERVED | {"ref": [REF, REF]}, "twice"),
        (OBSERVED | {"ref": [REF[:-1] + "V"]}, "statement id"),
        (OBSERVED | OWNING, "owning_party"),
        (OBSERVED | {"sourceList": ends()["sourceList"][:1] * 2}, "one possessing_party"),
        (OBSERVED | {"errorDeclaration": {"declarationTime": "yesterday"}}, "Expected a time"),
        (OBSERVED | {"errorDeclaration": {"declarationTime": TIME, "reason": "bored"}}, "bored"),
        (OBSERVED | {"persistentDisposition": {}}, "to set or to unset"),
        (_without(PACKED, "parentID"), "container"),
        (PACKED | {"action": "DELETE", "parentID": "urn:epc:id:sscc:1"}, "container"),
        (PACKED | {"persistentDisposition": {"set": ["recalled"]}}, "no persistent disposition"),
        (core_of("TransformationEvent", "ADD", "repackaging", "active"), "no action"),
        (core_of("ObjectEvent", "ADD", None, "active", ilmd={"cbvmda:lotNumber": "A"}), "ilmd"),
        (
            core_of("ObjectEvent", "ADD", None, "active", ilmd=ILMD | {"cbvmda:lotNumber": "A B"}),
            "lot number",
        ),
        (core_of("ObjectEvent", "ADD", None, "active", ilmd=ILMD | {"cbvmda:lotNumber": ""}), "lot number"),
        (
            core_of(
                "ObjectEvent", "ADD", None, "active", ilmd=ILMD | {"cbvmda:itemExpirationDate": "2027-02-30"}
            ),
            "Expected a date",
        ),
        (core_of("ObjectEvent", "ADD", None, "active", ilmd=ILMD | {"batch": "A"}), "batch"),
    ],
)
def test_a_core_that_is_refused(core: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EpcisError, match=sentence) as caught:
        _parse(core)
    assert str(caught.value) == caught.value.pattern % caught.value.values


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({}, "meaning"),
        ({"meaning": "Shipped!"}, "meaning"),
        ({"meaning": "shipped", "note": "x"}, "note"),
        ({"meaning": "shipped", "custody:meaning": "x"}, "custody:"),
        ({"meaning": "shipped", "extensions": {"a:b": 1}}, "extensions"),
        ({"meaning": "shipped", "extensions": {}, "a:b": 1}, "extensions"),
        ({"meaning": "shipped", "evidence": "guessed"}, "guessed"),
        ({"meaning": "shipped", "reason": None}, "null"),
        ({"meaning": "shipped", "x:y": {"z": [None]}}, "null"),
        ({"meaning": "partly_dispensed", "amount": {"taken": 0, "left": 3}}, "amount"),
        ({"meaning": "partly_dispensed", "amount": {"taken": 1}}, "left"),
        ({"meaning": "shipped", "sourceList": ends()["sourceList"]}, "owning_party"),
        (
            {"meaning": "shipped", "bizTransactionList": [{"type": "bill", "bizTransaction": "urn:x:1"}]},
            "bill",
        ),
        ({"meaning": "shipped", "bizTransactionList": [{"type": "po", "bizTransaction": "4711"}]}, "URI"),
        ({"meaning": "shipped", "quantityList": [{"epcClass": "x"}]}, "URI"),
        ({"meaning": "shipped", "quantityList": [{"epcClass": "urn:x:1", "quantity": -1}]}, "quantity"),
        ({"meaning": "shipped", "quantityList": [{"epcClass": "urn:x:1", "uom": "kilo"}]}, "uom"),
    ],
)
def test_terms_that_are_refused(terms: dict[str, Any], sentence: str) -> None:
    with pytest.raises(EpcisError, match=sentence):
        Terms.parse(json.dumps(terms))


@pytest.mark.parametrize("parse", [Core.parse, Terms.parse])
@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b"\xff", b'{"type":"\xff"}', b"[" * 99_999, b'"\\ud800"', b"1e999"]
)
def test_what_is_no_json_object_is_refused_in_words(parse: Any, data: bytes) -> None:
    with pytest.raises(EpcisError):
        parse(data)


def test_text_may_speak_of_null() -> None:
    assert Terms.parse('{"meaning":"held","reason":"null and void"}').reason == "null and void"


def test_extensions_of_terms_and_ilmd_are_kept() -> None:
    terms = Terms.parse('{"meaning":"shipped","signer":"Ada","example:seal":{"number":7}}')
    assert terms.extensions == Extensions({"example:seal": {"number": 7}})
    assert Terms.parse(terms.to_json()) == terms
    core = _parse(core_of("ObjectEvent", "ADD", "commissioning", "active", ilmd=ILMD | {"example:line": "3"}))
    assert core.ilmd is not None
    assert core.ilmd.lotNumber == "L-1"
    assert dict(core.ilmd.extensions) == {"example:line": "3"}
    assert Core.parse(core.to_json()) == core
    event = join(core, terms, [("e", PACK.format(1))])
    assert split(event) == (core, terms, (("e", PACK.format(1)),))


def test_roles_keep_their_order_and_their_place() -> None:
    observed, packed = _parse(OBSERVED), _parse(PACKED)
    pack: Item = ("e", PACK.format(1))
    assert verify_items(observed, [pack, ("c", PACK.format(2))]) == (pack, ("c", PACK.format(2)))
    for core, items, sentence in (
        (observed, [("c", PACK.format(2)), pack], "order"),
        (observed, [pack, pack], "twice"),
        (observed, [("i", PACK.format(1))], "role i"),
        (observed, [("", PACK.format(1))], "role"),
        (packed, [pack], "role e"),
        (_parse(OBSERVED | {"action": "ADD"}), [pack, ("c", PACK.format(2))], "missing"),
    ):
        with pytest.raises(EpcisError, match=sentence):
            verify_items(core, items)


def test_parts_that_make_no_event_together_are_refused() -> None:
    terms = Terms.parse('{"meaning":"shipped"}')
    for core, sentence in ((OBSERVED, "name objects"), (PACKED, "in the container")):
        with pytest.raises(EpcisError, match=sentence):
            join(_parse(core), terms, [])


@pytest.mark.parametrize("name", ["eventID", "recordTime", "certificationInfo"])
def test_split_drops_nothing_silently(name: str) -> None:
    terms = Terms.parse('{"meaning":"shipped"}')
    event = plain_event(join(_parse(OBSERVED), terms, [("e", PACK.format(1))]))
    with pytest.raises(EpcisError, match=name):
        split(event_of(event | {name: TIME if name == "recordTime" else "urn:uuid:1"}))


def test_a_foreign_event_without_a_meaning_is_no_statement() -> None:
    event = event_of(OBSERVED | {"epcList": [PACK.format(1)]})
    with pytest.raises(EpcisError, match="meaning"):
        split(event)


# Property: whatever parts make an event together, splitting the event gives the same parts back.

_words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
_json = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=6,
)
_serials = st.lists(st.integers(1, 999), min_size=1, max_size=5, unique=True)
_times = st.builds(
    lambda moment, zone: moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + zone,
    st.datetimes(),
    st.sampled_from(["+00:00", "+01:00", "-03:30", "+14:00", "-11:00"]),
)
_terms = st.fixed_dictionaries(
    {"meaning": st.sampled_from(["shipped", "received", "held"]), "signer": _words},
    optional={
        "sourceList": st.just(OWNING["sourceList"]),
        "bizTransactionList": st.just([{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:{MAKER}:1"}]),
        "quantityList": st.just(
            [{"epcClass": "urn:epc:idpat:sgtin:4012345.098765.*", "quantity": 2.5, "uom": "KGM"}]
        ),
        "amount": st.fixed_dictionaries({"taken": st.integers(1, 99), "left": st.integers(0, 99)}),
        "reason": _words,
        "evidence": st.sampled_from(["scanned", "claimed"]),
        "example:note": _json,
        "https://ns.example.com/x": _json,
        "sensorElementList": st.just(
            [{"sensorReport": [{"type": "Temperature", "value": 4.5, "uom": "CEL"}]}]
        ),
    },
)
_optional_core = {
    "bizStep": st.sampled_from(["shipping", "receiving", "holding"]),
    "disposition": st.sampled_from(["in_transit", "in_progress"]),
    "persistentDisposition": st.sampled_from(
        [{"set": ["recalled"]}, {"unset": ["expired"], "set": ["damaged"]}]
    ),
    "readPoint": st.just({"id": f"https://id.gs1.org/414/{PLANT}"}),
    "sourceList": st.just(ends()["sourceList"]),
    "destinationList": st.just(ends()["destinationList"]),
    "ref": st.just([REF]),
    "errorDeclaration": st.just({"declarationTime": TIME, "correctiveEventIDs": ["urn:uuid:1"]}),
    "exported": st.just(True),
}


@given(
    core=st.fixed_dictionaries(
        {"action": st.sampled_from(["OBSERVE", "ADD", "DELETE"])}, optional=_optional_core
    ),
    time=_times,
    terms=_terms,
    serials=_serials,
    missing=st.integers(0, 2),
)
def test_join_and_split_are_inverses(
    core: dict[str, Any], time: str, terms: dict[str, Any], serials: list[int], missing: int
) -> None:
    parsed = _parse({"type": "ObjectEvent", "eventTime": time, "eventTimeZoneOffset": time[-6:]} | core)
    made = Terms.parse(json.dumps(terms))
    count = missing if core["action"] == "OBSERVE" else 0
    items: list[Item] = [("e", PACK.format(serial)) for serial in serials]
    items += [("c", PACK.format(1000 + number)) for number in range(count)]
    event = join(parsed, made, items)
    assert split(event) == (parsed, made, tuple(items))
    assert join(*split(event)) == event
    assert Core.parse(parsed.to_json()) == parsed
    assert Terms.parse(made.to_json()) == made


def test_a_transformation_of_which_one_side_is_seen_is_told_apart_by_its_name() -> None:
    core, _, items = parts(
        core_of("TransformationEvent", None, "repackaging", "active"),
        {"meaning": "repackaged"},
        [("i", PACK.format(1)), ("o", PACK.format(2))],
    )
    half = join_shown(core, items[1:], "urn:x:1")
    assert (half.transformationID, half.inputEPCList, half.outputEPCList) == (
        "urn:x:1",
        (),
        (PACK.format(2),),
    )  # type: ignore[union-attr]
    assert join_shown(core, items, "urn:x:1").transformationID is None  # type: ignore[union-attr]
