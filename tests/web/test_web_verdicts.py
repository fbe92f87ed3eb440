"""What the counter is told of a scan: the one judgement of `custody.judging`, in its own words."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from flask.testing import FlaskClient
from forms import token
from journey import held, scanned

import app as composition
from traceability.custody.registry import Site
from traceability.demo import cast
from traceability.web.verdicts import at_place

GLN = cast.MARKT.gln


def asked(client: FlaskClient, text: str, symbology: str = "") -> dict[str, str]:
    headers = {"X-CSRFToken": token(client, "/check")}
    answer = client.post("/pharmacy/verdict", json={"text": text, "symbology": symbology}, headers=headers)
    return dict(msgspec.json.decode(answer.data))


@pytest.mark.parametrize(
    ("garble", "code", "said"),
    [
        (str, "clear", "active"),
        (str.swapcase, "scanner_fault", "switch caps lock off"),
        (lambda text: text.replace("\x1d", ""), "scanner_fault", "separator between fields is lost"),
        (lambda text: text[:-1], "scanner_fault", "A part of the code is missing"),
        (lambda text: text[: text.index("\x1d")], "scanner_fault", "A part of the code is missing"),
        (lambda text: text + text[-1], "scanner_fault", "lost or came twice"),
        (lambda text: text[:16], "scanner_fault", "no serial number"),
    ],
)
def test_garbled_scans_of_ones_own_packs_are_named(
    log_in: Callable[[str], FlaskClient],
    parts: composition.Parts,
    garble: Callable[[str], str],
    code: str,
    said: str,
) -> None:
    client, text = log_in("pharmacy"), scanned(held(parts, GLN, packs=True))
    found = asked(client, garble(text))
    assert (found["code"], said in found["reason"]) == (code, True), found


def test_a_forged_lot_is_suspect_by_camera_and_by_keyboard(
    log_in: Callable[[str], FlaskClient], parts: composition.Parts
) -> None:
    client, pack = log_in("pharmacy"), held(parts, GLN, packs=True)
    forged = scanned(pack).rpartition("10")[0] + "10FORGED7"
    for text, symbology in ((forged, ""), ("]d2" + forged, ""), (forged, "]d2")):
        found = asked(client, text, symbology)
        assert (found["code"], found["reason_code"], found["tone"]) == ("suspect", "lot", "stop")
    assert "suspect: lot" in {line.act for line in parts.office.trail(GLN)}


def test_what_a_camera_is_unsure_of_is_shown_again(log_in: Callable[[str], FlaskClient]) -> None:
    found = asked(log_in("pharmacy"), "0109521321000018" + "11290630" + "99X", "]d2")
    assert found["code"] == "scanner_fault"


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Europe/Berlin", "2026-06-30T23:30:00.000+02:00"),
        ("Asia/Shanghai", "2026-07-01T05:30:00.000+08:00"),
        ("Nowhere/Else", "2026-06-30T21:30:00.000+00:00"),
        (None, "2026-06-30T21:30:00.000+00:00"),
    ],
)
def test_the_day_ends_at_the_viewers_place(zone: str | None, said: str) -> None:
    site = Site(gln=GLN, party=GLN, name="Place", country="DE", zone=zone)
    assert at_place(datetime(2026, 6, 30, 21, 30, tzinfo=UTC), site) == said
