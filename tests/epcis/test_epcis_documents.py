"""EPCIS documents and events of other people: what GS1 publishes reads and writes back unchanged."""

import json
from pathlib import Path
from typing import Any

import pytest
from epcis_samples import PACK, PLANT, TIME, core_of
from gs1_artefacts import ARTEFACTS, needs_artefacts
from jsonschema import Draft7Validator

from traceability.epcis import EpcisError
from traceability.epcis.documents import (
    CUSTODY_NAMESPACE,
    EPCIS_CONTEXT,
    Document,
    bare_events_json,
    document_lines,
    read_events,
)
from traceability.epcis.events import event_json, event_of, parse_event, plain_event

EVENT: dict[str, Any] = core_of("ObjectEvent", "OBSERVE", "shipping", "in_transit", epcList=[PACK.format(1)])
PLACE = {"id": f"https://id.gs1.org/414/{PLANT}"}


def _document(*events: Any, **more: Any) -> dict[str, Any]:
    return {
        "@context": [EPCIS_CONTEXT, {"example": "https://ns.example.com/"}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": TIME,
        "epcisBody": {"eventList": list(events)},
    } | more


@needs_artefacts
@pytest.mark.parametrize("path", sorted((ARTEFACTS / "examples").glob("*")), ids=lambda path: path.stem)
def test_gs1_examples_read_and_write_back_unchanged(path: Path) -> None:
    document = Document.parse(path.read_bytes())
    assert json.loads(document.to_json()) == json.loads(path.read_bytes())
    assert read_events(path.read_bytes()) == document.events


@needs_artefacts
def test_events_of_every_type_satisfy_the_published_schema() -> None:
    schema = Draft7Validator(json.loads((ARTEFACTS / "EPCIS-JSON-Schema.json").read_text()))
    schema.validate(json.loads(Document.parse(json.dumps(_document(*VALID))).to_json()))


VALID: list[dict[str, Any]] = [
    EVENT | {"eventID": "urn:uuid:1", "recordTime": TIME, "certificationInfo": ["urn:x:1", "urn:x:2"]},
    EVENT | {"certificationInfo": "urn:x:1", "bizStep": "https://ns.example.com/steps/washing"},
    EVENT
    | {"readPoint": PLACE | {"example:door": "3"}, "example:nested": {"example:deep": [1, 2.5, "x", True]}},
    EVENT | {"errorDeclaration": {"declarationTime": TIME, "example:by": "x"}},
    EVENT | {"sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 5.1, "uom": "CEL"}]}]},
    {
        "type": "ObjectEvent",
        "eventTime": "2026-11-23T13:32:00.123456Z",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "epcList": [],
        "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 5}]}],
    },
    core_of(
        "TransactionEvent",
        "ADD",
        None,
        "active",
        bizTransactionList=[{"bizTransaction": "urn:x:1"}],
        parentID="urn:x:p",
        epcList=[],
    ),
    core_of("AssociationEvent", "DELETE", None, "active", parentID="urn:x:p"),
    core_of(
        "AggregationEvent",
        "OBSERVE",
        None,
        "active",
        childQuantityList=[{"epcClass": "urn:x:c", "quantity": 2}],
    ),
    core_of(
        "TransformationEvent", None, None, "active", transformationID="urn:x:t", inputEPCList=[PACK.format(1)]
    ),
]


@pytest.mark.parametrize("event", VALID)
def test_an_event_reads_and_writes_back_unchanged(event: dict[str, Any]) -> None:
    assert plain_event(event_of(event)) == event
    assert parse_event(event_json(event_of(event))) == event_of(event)


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ([], "JSON object"),
        (EVENT | {"type": "ex:Event"}, "type"),
        (EVENT | {"note": "x"}, "note"),
        (EVENT | {"extensions": {}}, "extensions"),
        (EVENT | {"@id": "x"}, "@id"),
        (EVENT | {"disposition": None}, "null"),
        (EVENT | {"disposition": "urn:epcglobal:cbv:disp:active"}, "CBV"),
        (EVENT | {"epcList": [PACK.format(1)] * 2}, "twice"),
        (EVENT | {"epcList": ["not a uri"]}, "URI"),
        (EVENT | {"epcList": []}, "name objects"),
        (EVENT | {"eventTimeZoneOffset": "+15:00"}, "time zone"),
        (EVENT | {"eventTime": "2026-13-23T14:32:00Z"}, "no such time"),
        (EVENT | {"recordTime": "now"}, "Expected a time"),
        (EVENT | {"ilmd": {"x:y": 1}}, "ILMD"),
        (EVENT | {"action": "ADD", "ilmd": {"lot": 1}}, "prefix"),
        (EVENT | {"sensorElementList": [{}]}, "sensorReport"),
        (EVENT | {"sensorElementList": [{"sensorReport": [{"value": 1}]}]}, "measured"),
        (EVENT | {"persistentDisposition": {"set": ["recalled", "recalled"]}}, "twice"),
        (core_of("AggregationEvent", "ADD", None, "active", childEPCs=[PACK.format(1)]), "container"),
        (core_of("AggregationEvent", "ADD", None, "active", parentID="urn:x:p"), "in the container"),
        (
            core_of("TransactionEvent", "ADD", None, "active", epcList=[PACK.format(1)]),
            "business transaction",
        ),
        (
            core_of(
                "TransactionEvent", "ADD", None, "active", bizTransactionList=[{"bizTransaction": "urn:x:1"}]
            ),
            "objects or quantities",
        ),
        (
            core_of("TransformationEvent", None, None, "active", inputEPCList=[PACK.format(1)]),
            "inputs and outputs",
        ),
        (
            core_of("TransformationEvent", None, None, "active", transformationID="urn:x:t"),
            "inputs or outputs",
        ),
    ],
)
def test_an_event_that_is_refused(event: Any, sentence: str) -> None:
    with pytest.raises(EpcisError, match=sentence):
        event_of(event)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "EPCISDocument"),
        (_document(EVENT, type="EPCISMasterData"), "EPCISDocument"),
        (_document(EVENT, epcisBody={}), "eventList"),
        (_document(EVENT, epcisBody={"eventList": [], "x": 1}), "epcisBody.x"),
        (_document(EVENT, schemaVersion=2), "schemaVersion"),
        (_document(EVENT, creationDate="today"), "Expected a time"),
        (_document(EVENT, note="x"), "note"),
        (_document(EVENT, **{"@context": {"example": "urn:x:"}}), "EPCIS context"),
        (_document(EVENT, **{"@context": 1}), "@context"),
        (_document(EVENT, EVENT | {"epcList": ["x"]}), "Event 2"),
        (_document(EVENT | {"other:field": 1}), "prefix other"),
        (_document(EVENT | {"@context": [EPCIS_CONTEXT, {"example": "urn:y:"}]}), "two namespaces"),
    ],
)
def test_a_document_that_is_refused(document: Any, sentence: str) -> None:
    with pytest.raises(EpcisError, match=sentence):
        Document.parse(json.dumps(document))


def test_what_is_not_json_is_refused() -> None:
    for data in (b"", b"\xff", b"[" * 99_999):
        with pytest.raises(EpcisError, match="JSON"):
            read_events(data)


def test_a_document_keeps_its_head_and_extensions() -> None:
    value = _document(
        EVENT,
        id="urn:x:doc",
        sender="urn:x:s",
        receiver="urn:x:r",
        instanceIdentifier="7",
        epcisHeader={"epcisMasterData": {"vocabularyList": []}},
    ) | {"example:note": {"x": 1}}
    document = Document.parse(json.dumps(value))
    assert json.loads(document.to_json()) == value
    assert document.namespaces["example"] == "https://ns.example.com/"


def test_contexts_of_events_join_the_documents() -> None:
    event = EVENT | {"@context": [EPCIS_CONTEXT, {"other": "urn:o:"}], "other:field": 1}
    document = Document.parse(json.dumps(_document(event)))
    assert document.namespaces["other"] == "urn:o:"
    assert Document.parse(document.to_json()) == document


def test_a_foreign_context_may_declare_prefixes_that_nobody_can_see() -> None:
    context = [EPCIS_CONTEXT, "https://ns.example.com/context.jsonld"]
    value = _document(EVENT | {"other:field": 1}, **{"@context": context})
    assert json.loads(Document.parse(json.dumps(value)).to_json()) == value


def test_query_results_and_bare_events_are_read() -> None:
    query = _document() | {
        "type": "EPCISQueryDocument",
        "epcisBody": {"queryResults": {"queryName": "q", "resultsBody": {"eventList": [EVENT]}}},
    }
    event = event_of(EVENT)
    assert read_events(json.dumps(query)) == (event,)
    assert read_events(json.dumps(EVENT | {"@context": EPCIS_CONTEXT})) == (event,)
    with pytest.raises(EpcisError, match="@context"):
        read_events(json.dumps([EVENT]))
    with pytest.raises(EpcisError, match="query results"):
        read_events(json.dumps(query | {"epcisBody": {"queryResults": 1}}))


def test_our_documents_declare_what_they_use() -> None:
    ours = event_of(EVENT | {"custody:meaning": "shipped", "example:x": 1})
    document = Document.of([ours], creation_date=TIME, namespaces={"example": "https://ns.example.com/"})
    assert document.context == (
        EPCIS_CONTEXT,
        {"example": "https://ns.example.com/", "custody": CUSTODY_NAMESPACE},
    )
    assert Document.of([event_of(EVENT)], creation_date=TIME).context == (EPCIS_CONTEXT,)
    with pytest.raises(EpcisError, match="prefix example"):
        bare_events_json([ours])


def test_a_document_of_lines_is_the_same_document() -> None:
    events = [event_of(EVENT), event_of(EVENT | {"custody:meaning": "shipped"})]
    members = {"custody:lot": "A17"}
    data = b"".join(document_lines(events, creation_date=TIME, members=members))
    found = Document.parse(data)
    assert found.events == tuple(events)
    assert json.loads(found.to_json()) == json.loads(data)
    assert dict(found.extensions) == members
    assert data.count(b"\n") == len(events) + 2
    empty = Document.parse(b"".join(document_lines([], creation_date=TIME, members={})))
    assert empty.events == ()


def test_a_prefix_that_nobody_declared_gets_a_namespace_of_ours() -> None:
    strange = event_of(EVENT | {"strange:colour": "red"})
    found = Document.parse(b"".join(document_lines([strange], creation_date=TIME, members={})))
    assert found.events == (strange,)
    assert found.namespaces["strange"] == f"{CUSTODY_NAMESPACE}strange/"
