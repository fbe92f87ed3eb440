"""The events behind a trace: EPCIS that others read, as much of each as one reader may see."""

import json
from collections.abc import Callable

from eventful import eventful
from gs1_artefacts import ARTEFACTS, needs_artefacts
from jsonld import expanded, quads
from jsonschema import Draft7Validator
from supply_chain import AMOX, BRUNNEN, LOT, MAKER, MARKT, NORD, REGULATOR, SUED, SupplyChain, sscc

from traceability.epcis.documents import CUSTODY_NAMESPACE, Document
from traceability.ledger.events import events, name_of
from traceability.ledger.exhibits import lot_positions
from traceability.ledger.history import History
from traceability.reports.events import trace_epcis
from traceability.reports.trace import about_lot

EVERYBODY = (REGULATOR, MAKER, NORD, MARKT, SUED, BRUNNEN)


def document(history: History, viewer: str = REGULATOR) -> bytes:
    with history.view() as view:
        about = about_lot(LOT, view.registry, "")
        return b"".join(
            trace_epcis(events(view, lot_positions(view, LOT.gtin, LOT.number), viewer), about, view.made)
        )


def test_every_statement_with_effect_is_an_event_in_log_order(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    data = document(history)
    found = Document.parse(data)
    assert json.loads(found.to_json()) == json.loads(data)
    assert document(history) == data
    with history.view() as view:
        positions = [
            one for one in lot_positions(view, AMOX, LOT.number) if getattr(view.fact(one), "effect", False)
        ]
        wanted = [view.fact(one).event_time for one in positions]
        struck = {fact.struck: fact.id for fact in map(view.fact, positions) if fact.struck is not None}
        ids = [name_of(struck.get(one, view.fact(one).id)) for one in positions]
    assert [event.eventTime for event in found.events] == wanted
    assert [event.eventID for event in found.events] == ids
    assert struck
    assert all("custody:disclosed" not in event.extensions for event in found.events)
    corrections = [event for event in found.events if event.errorDeclaration is not None]
    assert {event.eventID for event in corrections} >= {name_of(one) for one in struck.values()}


def test_everybody_gets_a_valid_document(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    whole = {event.eventID for event in Document.parse(document(history)).events}
    for viewer in EVERYBODY:
        assert {event.eventID for event in Document.parse(document(history, viewer)).events} <= whole


@needs_artefacts
def test_the_published_schema_accepts_it(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    schema = Draft7Validator(json.loads((ARTEFACTS / "EPCIS-JSON-Schema.json").read_text()))
    for viewer in EVERYBODY:
        schema.validate(json.loads(document(history, viewer)))


def test_a_foreign_reader_finds_the_same_events(chain: SupplyChain, replay: Callable) -> None:
    eventful(chain)
    history = replay(lambda _: None)
    data = document(history)
    events = expanded(data)
    ours = Document.parse(data).events
    assert [one["id"] for one in events] == [event.eventID for event in ours]
    assert [one["type"] for one in events] == [type(event).__name__ for event in ours]
    assert [one["bizStep"] for one in events] == [event.bizStep for event in ours]
    assert [set(one.get("epcList", ())) for one in events] == [
        set(getattr(event, "epcList", ())) for event in ours
    ]
    assert events[0]["custody:entry"] == [ours[0].extensions["custody:entry"]]
    said = {(predicate, value) for _, predicate, value in quads(data)}
    assert (f"{CUSTODY_NAMESPACE}lot", LOT.number) in said
    assert (f"{CUSTODY_NAMESPACE}meaning", "commissioned") in said


def test_who_holds_a_pack_gets_the_core_and_that_pack_of_each_event(
    chain: SupplyChain, replay: Callable
) -> None:
    epcs = chain.commission(4)
    case = chain.fill(sscc(1), epcs[:2])
    chain.deliver([case], MAKER, NORD)
    chain.good(chain.act(NORD, "unpacked", [epcs[0]], parent=case))
    chain.deliver([epcs[0]], NORD, MARKT)
    history = replay(lambda _: None)
    events = Document.parse(document(history, MARKT)).events
    partial = [event for event in events if event.extensions.get("custody:disclosed") == "item"]
    whole = [event for event in events if "custody:disclosed" not in event.extensions]
    assert [event.bizStep for event in whole] == ["shipping", "receiving"]
    assert [event.bizStep for event in partial] == ["commissioning", "packing", "unpacking"]
    text = document(history, MARKT).decode()
    assert all(epc not in text for epc in epcs[1:])
    assert all("custody:meaning" not in event.extensions for event in partial)
    theirs = {event.eventID for event in Document.parse(document(history)).events}
    assert {event.eventID for event in events} < theirs
    assert not Document.parse(document(history, SUED)).events
