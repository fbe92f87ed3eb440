"""What a scan says of a text that is a code, but not the one on the pack."""

from collections.abc import Callable

import msgspec
import pytest
from flask.testing import FlaskClient
from forms import token
from goods import fresh_lot, said
from journey import held, now, scanned

import app as composition
from traceability.demo import cast


def read(client: FlaskClient, text: str, task: str = "ship") -> dict[str, str]:
    headers = {"X-CSRFToken": token(client, "/")}
    answer = client.post("/scan/code", json={"text": text, "task": task}, headers=headers)
    (found,) = msgspec.json.decode(answer.data)["results"]
    return dict(found)


@pytest.mark.parametrize(
    ("garble", "said"),
    [
        (str.swapcase, "switch caps lock off"),
        # Without its separators the lot runs on into the serial, and both are still valid.
        (lambda text: text[:16] + text[-5:] + text[16:28], "separator between fields is lost"),
    ],
)
def test_a_valid_text_that_was_another_is_not_taken(
    log_in: Callable[[str], FlaskClient],
    parts: composition.Parts,
    garble: Callable[[str], str],
    said: str,
) -> None:
    client = log_in("maker")
    pack = held(parts, cast.MAKER.gln, packs=True)
    text = scanned(pack)
    assert read(client, text)["epc"] == pack.epc
    found = read(client, garble(text))
    assert said in found["problem"]
    assert "epc" not in found


def test_another_layout_makes_no_new_pack(
    log_in: Callable[[str], FlaskClient], parts: composition.Parts
) -> None:
    """Where packs are received that the log may not know, too; the mark before a code clears the keyboard."""
    epc = f"https://id.gs1.org/01/{cast.AMOXICILLIN}/21/AYZ7"
    said(parts, cast.MAKER, "commissioned", [epc], lot=fresh_lot())
    text = scanned(now(parts, epc))
    exchanged = text.translate(str.maketrans("YZ", "ZY"))
    client = log_in("distributor")
    for task in ("ship", "receive"):
        found = read(client, exchanged, task)
        assert "layouts (QWERTZ)" in found["problem"]
        assert "epc" not in found
        assert read(client, f"]d2{exchanged}", task)["epc"].endswith("AZY7")


def test_a_code_that_nobody_knows_is_no_garble(log_in: Callable[[str], FlaskClient]) -> None:
    found = read(log_in("maker"), f"01{cast.AMOXICILLIN}21nobody")
    assert "does not know this code" in found["problem"]
    assert found["epc"].endswith("/21/nobody")


PPN = "[)>\x1e06\x1d9N110375286414\x1d1T12345ABCDE\x1dD290630\x1dS12345ABCDEF98765\x1e\x04"


def seen(client: FlaskClient, text: str, symbology: str) -> dict[str, str]:
    """What a page says of a text that a camera read in a symbol of this kind."""
    headers = {"X-CSRFToken": token(client, "/")}
    codes = {"codes": [{"text": text, "symbology": symbology}], "task": ""}
    answer = client.post("/scan/code", json=codes, headers=headers)
    (found,) = msgspec.json.decode(answer.data)["results"]
    return dict(found)


def test_a_pharmacy_product_number_names_its_pack(log_in: Callable[[str], FlaskClient]) -> None:
    found = seen(log_in("maker"), PPN, "]d1")
    assert found["epc"] == "https://id.gs1.org/01/04150037528643/21/12345ABCDEF98765"
    assert (found["lot"], found["expiry"]) == ("12345ABCDE", "2029-06-30")


@pytest.mark.parametrize(
    ("text", "symbology", "said"),
    [
        (PPN.replace("6414", "6415"), "]d1", "expected the check digits 14, got 15"),
        ("81000010123456789012", "]C0", "Chinese drug traceability code"),
        ("9521321000018", "]E0", "retail barcode"),
        # Valid by the parser, but nothing that stands on packs: what a camera misreads looks like this.
        (f"01{cast.AMOXICILLIN}21A\x1d7007290630", "]d2", "not read with certainty"),
    ],
)
def test_what_no_check_vouches_for_is_never_green(
    log_in: Callable[[str], FlaskClient], text: str, symbology: str, said: str
) -> None:
    found = seen(log_in("maker"), text, symbology)
    assert (found["tone"], "epc" in found) == ("again", False)
    assert said in found["problem"]
