"""Every act of the trade can be told in options, and comes out as the event that means it."""

from datetime import UTC, datetime
from typing import Any

import click
import msgspec
import pytest

from traceability.cli import acts
from traceability.cli.acts import Details
from traceability.custody.acts import ACTS, act_of
from traceability.custody.registrations import parse_registration

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
PACK = "(01)09521321000018(21)S1"
CASE = "(00)395213210000000019"
OWN, OTHER = "9521321000018", "9521321000025"
ENDS = {"sender": OWN, "receiver": OTHER}
LOT = {"lot": "A17", "expiry": "2031-04-30"}
REF = {"ref": ["A" * 43]}
MORE: dict[str, dict[str, Any]] = {
    "commissioned": LOT,
    "packed": {"parent": CASE},
    "unpacked": {"parent": CASE},
    "shipped": ENDS | {"orders": ["po=urn:epcglobal:cbv:bt:9521321000018:1"]},
    "received": REF | {"missing": ["(01)09521321000018(21)S2"]},
    "refused": REF,
    "returned": ENDS,
    "return_received": REF,
    "ownership_offered": {"old_owner": OWN, "new_owner": OTHER},
    "ownership_accepted": REF | {"old_owner": OWN, "new_owner": OTHER},
    "moved": {"step": "staging_outbound", "disposition": "sellable_not_accessible"},
    "partly_dispensed": {"taken": 8, "left": 12},
    "undone": REF,
    "recall_answered": REF
    | {
        "items": [],
        "on_hand": ["(01)09521321000018(10)A17=3"],
        "counts": "onHand=3,returned=2,destroyed=0,dispensed=7,missing=0",
    },
    "exported": ENDS,
    "repackaged": LOT | {"inputs": ["(01)09521321000018(21)S2"]},
    "relabelled": LOT | {"inputs": ["(01)09521321000018(21)S2"]},
}


@pytest.mark.parametrize("code", ACTS)
def test_every_custody_act(code: str) -> None:
    details = {"act": code, "items": [PACK], "site": OWN} | MORE.get(code, {})
    composed = acts.event_of(msgspec.convert(details, Details), NOW)
    assert act_of(composed.core, composed.terms) is ACTS[code]
    if code == "recall_answered":
        assert composed.terms.quantityList[0].epcClass == "https://id.gs1.org/01/09521321000018/10/A17"
        assert composed.terms.counts is not None
        assert (composed.terms.counts.onHand, composed.terms.counts.dispensed) == (3, 7)
        return
    assert "https://id.gs1.org/01/09521321000018/21/S1" in [epc for _, epc in composed.items]


REGISTRATIONS: dict[str, list[str]] = {
    "party": [f"gln={OWN}", "name=Maker", "roles=maker,wholesaler", "prefixes=9521321", "country=DE"],
    "site": ["country=DE", f"gln={OTHER}", f"party={OWN}", "name=Bay 3", "zone=Europe/Berlin"],
    "revoke": [f"kid={'A' * 43}", "reason=lost", "since=2026-11-23T10:00:00+01:00"],
    "product": [
        "gtin=09521321000018",
        "name=Amoxicillin 阿莫西林",
        f"owner={OWN}",
        "strength=500 mg",
        "controlled=true",
    ],
    "delegate": [
        f"to={OTHER}",
        "acts=commissioned",
        "products=09521321000018",
        "from=2026-01-01",
        "until=2027-01-01",
    ],
    "lot": ["gtin=09521321000018", "lot=A17", "count=120", f"root={'A' * 43}"],
    "recall": [
        'lots=[{"gtin":"09521321000018","lot":"A17"}]',
        "class=2",
        "level=pharmacy",
        "reason=Stability",
    ],
    "lift": [f"recall={'A' * 43}", "reason=Tests passed"],
    "rules": ["version=1"],
}


@pytest.mark.parametrize("kind", REGISTRATIONS)
def test_every_registry_act_comes_out_in_its_one_spelling(kind: str) -> None:
    made = acts.registry_act(kind, REGISTRATIONS[kind])
    if kind == "revoke":  # the keyring's, which test_a_key_is_revoked asks
        assert list(msgspec.json.decode(made)) == ["type", "kid", "reason", "since"]
    else:
        parse_registration(made)


@pytest.mark.parametrize(
    "members", [["gln"], ["gln=1"], ["colour=red"], ["lots=[{"], ["count=many", "gtin=09521321000018"]]
)
def test_wrong_members_are_usage(members: list[str]) -> None:
    with pytest.raises(click.UsageError):
        acts.registry_act("lot", members)
