"""Every meaning of a custody statement is an EPCIS 2.0 event that GS1's own schema accepts."""

import json

import pytest
from epcis_samples import ACTS, EXAMPLES, TIME
from gs1_artefacts import ARTEFACTS, needs_artefacts
from jsonschema import Draft7Validator

from traceability.epcis.documents import Document, bare_events_json, read_events
from traceability.epcis.event_hash import event_hash_id
from traceability.epcis.events import event_of, plain_event
from traceability.epcis.parts import Core, Item, Terms, join, split
from traceability.epcis.vocabulary import BizStep, Disposition


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads((ARTEFACTS / "EPCIS-JSON-Schema.json").read_text()))


@pytest.mark.parametrize(("core", "terms", "items"), EXAMPLES)
def test_split_undoes_join(core: Core, terms: Terms, items: tuple[Item, ...]) -> None:
    event = join(core, terms, items)
    assert split(event) == (core, terms, items)
    assert event_of(plain_event(event)) == event


@pytest.mark.parametrize(("core", "terms", "items"), EXAMPLES)
def test_json_is_compact_and_stable(core: Core, terms: Terms, items: tuple[Item, ...]) -> None:
    assert Core.parse(core.to_json()) == core
    assert Terms.parse(terms.to_json()) == terms
    members = list(json.loads(core.to_json()))
    assert members == [name for name in Core.__struct_fields__ if name in members]
    assert json.loads(core.to_json().decode()) == json.loads(core.to_json())
    assert b": " not in core.to_json()


@pytest.mark.parametrize(("core", "terms", "items"), EXAMPLES)
def test_documents_and_bare_events_read_back(core: Core, terms: Terms, items: tuple[Item, ...]) -> None:
    event = join(core, terms, items)
    document = Document.of([event], creation_date=TIME)
    assert Document.parse(document.to_json()) == document
    assert read_events(document.to_json()) == (event,)
    assert read_events(bare_events_json([event])) == (event,)
    assert event_hash_id(event, document.namespaces) == event_hash_id(event)


@needs_artefacts
@pytest.mark.parametrize(("core", "terms", "items"), EXAMPLES)
def test_the_published_schema_accepts_the_event(
    schema: Draft7Validator, core: Core, terms: Terms, items: tuple[Item, ...]
) -> None:
    event = join(core, terms, items)
    schema.validate(json.loads(Document.of([event], creation_date=TIME).to_json()))
    schema.validate(json.loads(bare_events_json([event]))[0])


def test_steps_and_dispositions_are_cbv_words() -> None:
    for acts in ACTS.values():
        for _, _, step, disposition, *_ in acts:
            assert step is None or step in set(BizStep)
            assert disposition in set(Disposition)


def test_what_is_custodys_own_is_an_extension() -> None:
    core, terms, items = next(param.values for param in EXAMPLES if param.id == "received")
    event = plain_event(join(core, terms, items))
    assert event["custody:meaning"] == "received"
    assert event["custody:ref"] == list(core.ref)
    assert event["custody:missing"] == [epc for role, epc in items if role == "c"]
    assert event["epcList"] == [epc for role, epc in items if role == "e"]
