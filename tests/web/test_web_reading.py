"""What a scan says of a text that is a code, but not the one on the pack."""

from collections.abc import Callable

import msgspec
import pytest
from flask.testing import FlaskClient
from forms import token
from journey import held, scanned

import app as composition
from traceability.demo import cast


def read(client: FlaskClient, text: str) -> dict[str, str]:
    headers = {"X-CSRFToken": token(client, "/")}
    answer = client.post("/scan/code", json={"text": text, "task": "ship"}, headers=headers)
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


def test_a_code_that_nobody_knows_is_no_garble(log_in: Callable[[str], FlaskClient]) -> None:
    found = read(log_in("maker"), f"01{cast.AMOXICILLIN}21nobody")
    assert "does not know this code" in found["problem"]
    assert found["epc"].endswith("/21/nobody")
