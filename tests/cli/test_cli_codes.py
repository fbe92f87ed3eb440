"""`traceability gs1`: what a code says, and what is wrong with one."""

import json

import pytest
from click.testing import CliRunner, Result

from traceability.cli import cli

PACK = "(01)09521321000018(21)K7Q2M(17)281231(10)A17"
URI = "https://id.gs1.org/01/09521321000018/21/K7Q2M"


def gs1(*words: str) -> Result:
    return CliRunner().invoke(cli, ["gs1", *words], catch_exceptions=False)


@pytest.mark.parametrize(
    "text",
    [
        PACK,
        "]d2010952132100001821K7Q2M<GS>1728123110A17",
        "010952132100001821K7Q2M{GS}1728123110A17",
        "https://id.gs1.org/01/09521321000018/10/A17/21/K7Q2M?17=281231",
    ],
)
def test_every_spelling_of_a_pack_names_the_same_item(text: str) -> None:
    told = json.loads(gs1(text, "--json").stdout)
    assert told["item"] == URI
    assert {element["ai"]: element.get("date") for element in told["elements"]}["17"] == "2028-12-31"


def test_an_epc_urn_is_explained() -> None:
    told = json.loads(gs1("urn:epc:id:sscc:9521321.3000000001", "--json").stdout)
    assert told["item"].startswith("https://id.gs1.org/00/39521321")
    assert told["elements"][0]["title"] == "SSCC"


def test_a_person_gets_titles_and_the_forms_of_the_code() -> None:
    result = gs1(PACK)
    assert result.exit_code == 0
    assert "BATCH/LOT" in result.stdout
    assert "urn:epc:id:sgtin:9521321.000001.K7Q2M" in result.stdout


def test_a_wrong_code_is_refused_with_what_was_expected() -> None:
    result = gs1("010952132100001921K7Q2M")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "expected check digit 8" in result.stderr
    told = json.loads(gs1("010952132100001921K7Q2M", "--json").stdout)
    assert set(told) == {"error", "ai", "position", "repairs"}
    assert (told["ai"], told["position"]) == ("01", 15)


def test_a_garbled_code_is_refused_with_the_repair_named() -> None:
    told = json.loads(gs1("§d2010952132100001821K7Q2M", "--json").stdout)
    assert told["error"]
    lower = gs1("]D2010952132100001821k7q2m<GS>10a17", "--json")
    assert lower.exit_code == 1
    repairs = json.loads(lower.stdout)["repairs"]
    assert [repair["cause"] for repair in repairs][:1] == ["caps_lock"]
    assert repairs[0]["candidates"] == ["(01)09521321000018(21)K7Q2M(10)A17"]


def test_a_wrong_call_is_usage() -> None:
    assert gs1().exit_code == 2
    told = gs1("--json")
    assert told.exit_code == 2
    assert list(json.loads(told.stdout)) == ["error"]
    nothing = CliRunner().invoke(cli, ["nothing"])
    assert nothing.exit_code == 2
