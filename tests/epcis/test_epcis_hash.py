"""Event hash ids (CBV 2.0 section 8.9) against published ones, and one spelling for every identifier."""

import json
from pathlib import Path
from typing import Any

import pytest
from epcis_samples import PACK, TIME, core_of
from hypothesis import given
from hypothesis import strategies as st

from traceability.epcis import EpcisError
from traceability.epcis.event_hash import event_hash_id, pre_hash
from traceability.epcis.events import event_of
from traceability.epcis.urn import canonical

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "event_hashes.json").read_text())["vectors"]
EVENT: dict[str, Any] = core_of("ObjectEvent", "OBSERVE", "shipping", "in_transit", epcList=[PACK.format(1)])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_published_hash_ids(vector: dict[str, Any]) -> None:
    assert event_hash_id(event_of(vector["event"]), vector.get("namespaces")) == vector["hash"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"eventTime": TIME}, {"eventTime": "2026-11-23T13:32:00.0000Z"}),
        ({}, {"eventID": "urn:uuid:1", "recordTime": TIME, "certificationInfo": "urn:x:1"}),
        ({}, {"errorDeclaration": {"declarationTime": TIME}}),
        ({}, {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"}),
        (
            {"epcList": ["urn:epc:id:sgtin:0614141.107346.1"]},
            {"epcList": ["https://x.example/01/10614141073464/21/1"]},
        ),
        ({"epcList": ["urn:x:1", "urn:x:2"]}, {"epcList": ["urn:x:2", "urn:x:1"]}),
        ({"custody:x": 1.50}, {"custody:x": " 1.5 "}),
        ({"custody:x": 1e-7}, {"custody:x": "0.0000001"}),
        ({"custody:x": [True, "a"]}, {"custody:x": ["a", "true"]}),
        ({"custody:x": "cbv:BizStep-shipping"}, {"custody:x": "urn:epcglobal:cbv:bizstep:shipping"}),
    ],
)
def test_spelling_does_not_count(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert event_hash_id(event_of(EVENT | one)) == event_hash_id(event_of(EVENT | other))


@pytest.mark.parametrize(
    "change",
    [
        {"eventTime": "2026-11-23T14:32:01+01:00"},
        {"eventTimeZoneOffset": "+02:00"},
        {"action": "DELETE"},
        {"bizStep": "receiving"},
        {"epcList": [PACK.format(2)]},
        {"persistentDisposition": {"set": ["recalled"]}},
        {"custody:meaning": "shipped"},
        {"https://ns.example.com/x#y": "z"},
    ],
)
def test_content_counts(change: dict[str, Any]) -> None:
    assert event_hash_id(event_of(EVENT)) != event_hash_id(event_of(EVENT | change))


def test_rounding_carries_over() -> None:
    late = event_of(EVENT | {"eventTime": "2026-12-31T23:59:59.99951Z"})
    assert "eventTime=2027-01-01T00:00:00.000Z" in pre_hash(late)


def test_extensions_go_by_their_namespace() -> None:
    event = event_of(
        EVENT
        | {
            "bizLocation": {"id": "urn:x:1", "ex:door": "b"},
            "sensorElementList": [
                {
                    "sensorMetadata": {"time": TIME, "ex:m": 1},
                    "sensorReport": [{"type": "Temperature", "value": 2.50, "ex:r": "2"}],
                    "ex:own": {"ex:deep": ["b", {"ex:d": "x"}, None]},
                }
            ],
        }
    )
    assert pre_hash(event, {"ex": "urn:e:"}).endswith(
        "sensorElementsensorMetadatatime=2026-11-23T13:32:00.000Z"
        "sensorReporttype=https://ref.gs1.org/voc/Temperaturevalue=2.5"
        "bizLocation{urn:e:}door=b"
        "sensorElementsensorMetadata{urn:e:}m=1sensorReport{urn:e:}r=2"
        "{urn:e:}own{urn:e:}deep=b{urn:e:}deep{urn:e:}d=x"
    )
    with pytest.raises(EpcisError, match="prefix ex"):
        pre_hash(event)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "urn:epc:id:sgtin:4012345.01111.9876",
        "urn:epc:id:sgtin:4012345.011111",
        "urn:epc:id:unknown:1.2",
        "urn:epc:id:sscc:40a2345.0000000333",
        "https://example.com",
        "https://example.com/01/123/21/9",
        "geo:50.9,6.9",
    ],
)
def test_what_names_no_gs1_key_stays_as_it_is(text: str) -> None:
    assert canonical(text) == text


def test_characters_are_escaped_as_digital_links_want_them() -> None:
    assert (
        canonical("urn:epc:id:sgtin:4012345.011111.a%2Fb+c")
        == "https://id.gs1.org/01/04012345111118/21/a%2Fb%2Bc"
    )
    assert (
        canonical("https://x.example/gln/414/4012345000054/254/7?x=1#y")
        == "https://id.gs1.org/414/4012345000054/254/7"
    )


@given(
    st.text(max_size=60) | st.from_regex(r"urn:epc:(id|idpat|class):[a-z]{4,5}:[0-9*.]{1,30}", fullmatch=True)
)
def test_canonical_is_idempotent_and_never_fails(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
