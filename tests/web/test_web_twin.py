"""events.js and custody.compose are twins: the same act gives the same bytes in the browser and here."""

from typing import Any

import pytest

from traceability.custody.acts import ACTS
from traceability.custody.compose import Composed, Ends, compose, correction
from traceability.custody.state import Lot
from traceability.demo import cast

pytestmark = pytest.mark.browser

MAKER, SITE, OTHER, THERE = cast.MAKER.gln, cast.MAKER.site, cast.NORDMED.gln, cast.NORDMED.site
LOT = Lot(cast.AMOXICILLIN, "A17", "2027-04-30")
PACK, MORE, CASE = cast.pack(LOT, 1), cast.pack(LOT, 2), cast.sscc(1)
REF = "A" * 43
COMMON = {"time": "2026-11-23T14:32:00+01:00", "site": SITE, "signer": "Anna Weber"}
ORDERS = [["po", f"urn:epcglobal:cbv:bt:{MAKER}:PO-1"], ["desadv", f"urn:epcglobal:cbv:bt:{MAKER}:D%2F7"]]
FOREIGN = "未曾交给公众"

# What an act says beside its items, in words that both twins take.
SAID: dict[str, list[dict[str, Any]]] = {
    "commissioned": [{"lot": LOT}],
    "packed": [{"parent": CASE, "evidence": "scanned"}, {"parent": CASE, "disposition": "completeness_verified"}],
    "unpacked": [{"parent": CASE}, {"parent": CASE, "items": []}],
    "shipped": [{"ends": True, "owners": [MAKER, OTHER], "orders": ORDERS}, {"ends": True, "reason": "disposal"}],
    "received": [{"items": [CASE], "missing": [PACK], "ref": [REF], "disposition": "completeness_inferred"}],
    "refused": [{"ends": True, "ref": [REF]}],
    "returned": [{"ends": True, "orders": [["rma", f"urn:epcglobal:cbv:bt:{OTHER}:R-1"]], "reason": "Damaged"}],
    "return_received": [{"ends": True, "ref": [REF]}],
    "ownership_offered": [{"owners": [MAKER, OTHER]}],
    "ownership_accepted": [{"owners": [MAKER, OTHER], "ref": [REF]}],
    "moved": [{}, {"step": "staging_outbound", "disposition": "sellable_not_accessible", "reason": "destruction"}],
    "partly_dispensed": [{"amount": {"taken": 5, "left": 15}}],
    "undone": [{"ref": [REF], "reason": FOREIGN}],
    "exported": [{"ends": True, "orders": [["cert", f"urn:epcglobal:cbv:bt:{MAKER}:X-9"]]}, {}],
    "recall_answered": [
        {
            "items": [],
            "ref": [REF],
            "quantities": [["https://id.gs1.org/01/09521321000018/10/A17", 3]],
            "counts": {"onHand": 3, "returned": 0, "destroyed": 1, "dispensed": 2, "missing": 0},
        }
    ],
    "destruction_agreed": [{"reason": "Expired", "evidence": "scanned"}],
    "destroyed": [{"ref": [REF], "reason": "Expired"}],
    "repackaged": [{"inputs": [MORE, PACK], "items": [cast.pack(LOT, 7)], "lot": LOT}],
    "relabelled": [{"inputs": [PACK], "items": [cast.pack(LOT, 8)], "lot": LOT, "extra": {"example:words": {"n": 1}}}],
}  # fmt: skip


def in_browser(said: dict[str, Any]) -> dict[str, Any]:
    made = COMMON | {"items": [PACK]} | said
    if made.pop("ends", False):
        made["ends"] = {"sender": MAKER, "senderSite": SITE, "receiver": OTHER, "receiverSite": THERE}
    if "lot" in made:
        made["lot"] = {"number": LOT.number, "expiry": LOT.expiry}
    return made


def here(said: dict[str, Any]) -> dict[str, Any]:
    made = COMMON | {"items": [PACK]} | said
    if made.pop("ends", False):
        made["ends"] = Ends(MAKER, OTHER, SITE, THERE)
    if "owners" in made:
        made["owners"] = tuple(made["owners"])
    if "amount" in made:
        made["amount"] = (made["amount"]["taken"], made["amount"]["left"])
    return made | {"orders": tuple(map(tuple, made.get("orders", ())))}


def assert_same(made: dict[str, Any], expected: Composed, what: object) -> None:
    assert made["core"].encode() == expected.core.to_json(), what
    assert made["terms"].encode() == expected.terms.to_json(), what
    assert made["items"] == [role + epc for role, epc in expected.items], what


def test_the_browser_writes_every_act_as_the_server_reads_it(page: Any) -> None:
    page.goto("/")
    script = "async ([act, more]) => (await import('/static/js/events.js')).compose(act, more)"
    for meaning in ACTS:
        for said in SAID.get(meaning, [{}, {"reason": "Sealed again", "ref": [REF]}]):
            made = page.evaluate(script, [meaning, in_browser(said)])
            assert_same(made, compose(meaning, **here(said)), (meaning, said))


@pytest.mark.parametrize("meaning", ["shipped", "exported", "repackaged", "stolen"])
def test_the_browser_corrects_as_the_server_does(page: Any, meaning: str) -> None:
    page.goto("/")
    said = SAID.get(meaning, [{"ref": ["B" * 42 + "A"]}])[0]
    original = compose(meaning, **here(said))
    told = {
        "core": original.core.to_json().decode(),
        "terms": original.terms.to_json().decode(),
        "items": [role + epc for role, epc in original.items],
    }
    more = {"time": "2026-11-24T08:00:00+01:00", "signer": "Li Wei", "reason": "incorrect_data"}
    script = "async ([event, more]) => (await import('/static/js/events.js')).correction(event, 'A'.repeat(43), more)"
    made = page.evaluate(script, [told, more | {"countersigned": [REF[:42] + "E"]}])
    assert_same(made, correction(original, REF, **more, countersigned=[REF[:42] + "E"]), meaning)
