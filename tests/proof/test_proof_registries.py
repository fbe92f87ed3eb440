"""Three verifiers and the same registries: traceability/proof, reports/verifier.py and static/js/evidence.js agree."""

import pytest
from registries import cases
from twin import evidence, in_chromium

from traceability.proof import ProofError
from traceability.proof.receipt import Receipt, verify_receipt
from traceability.reports import verifier

CASES = {case.name: case for case in cases()}


@pytest.fixture(scope="module")
def browser() -> dict[str, dict]:
    given = [(case.trust.to_json(), case.receipt.to_json()) for case in CASES.values()]
    with in_chromium() as run:
        return dict(zip(CASES, evidence(run, given), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_all_three_judge_a_registry_alike(browser: dict[str, dict], name: str) -> None:
    case = CASES[name]
    data = case.receipt.to_json()
    trust = verifier.read_trust(case.trust.to_json())
    assert Receipt.parse(data).to_json() == data
    if case.good:
        ours, theirs = verify_receipt(case.receipt, case.trust), verifier.verify(data, trust)
        assert "proven" in browser[name], browser[name]
        found = browser[name]["proven"]
        assert (found["registry"], found["size"]) == (theirs.registry, theirs.checkpoint.size)
        assert found["registry"] == len(case.receipt.registry or ())
        erased = None if ours.erased is None else (ours.erased.party, ours.erased.size)
        assert erased == next(
            ((one.erased.party, one.erased.size) for one in theirs.statements if one.erased), None
        )
        assert erased == next(((one["party"], one["size"]) for one in found["erased"]), None)
        assert ("erased by law" in verifier.describe(theirs)) == (erased is not None)
        return
    with pytest.raises(ProofError):
        verify_receipt(case.receipt, case.trust)
    with pytest.raises(verifier.Refused):
        verifier.verify(data, trust)
    assert "refused" in browser[name], browser[name]


def test_there_is_a_case_of_everything() -> None:
    assert len(CASES) == len(list(cases()))
    assert {case.good for case in CASES.values()} == {True, False}
