"""How long goods have been on the road, and when that is too long."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from goods import fresh, stamp, station
from journey import code_of, scan, sign
from test_cases import dispatch_of

import app as composition
from traceability.custody.compose import compose
from traceability.demo.cast import BRUNNEN, SUEDPHARM
from traceability.demo.stage import between
from traceability.web.ageing import age


@pytest.mark.parametrize(
    ("sent", "now", "words", "late"),
    [
        ("2026-11-23T08:00:00+01:00", "2026-11-23T23:30:00+01:00", "today", False),
        ("2026-11-23T23:30:00+01:00", "2026-11-23T23:30:00+00:00", "1 day on the road", False),  # past midnight there
        ("2026-11-23T08:00:00+01:00", "2026-11-26T20:00:00+01:00", "3 days on the road", False),
        ("2026-11-23T08:00:00+01:00", "2026-11-27T08:00:00+01:00", "4 days on the road, not confirmed in time", True),
        ("2026-11-26T16:00:00+01:00", "2026-12-01T09:00:00+01:00", "5 days on the road", False),  # a week-end between
        ("2026-11-26T16:00:00+01:00", "2026-12-02T09:00:00+01:00", "6 days on the road, not confirmed in time", True),
        ("2026-12-23T08:00:00+01:00", "2026-12-29T08:00:00+01:00", "6 days on the road", False),  # Christmas
        ("2026-11-01T16:00:00Z", "2026-12-02T09:00:00+00:00", "31 days on the road, not confirmed in time", True),
    ],
)  # fmt: skip
def test_ages_are_told_in_words(application: Flask, sent: str, now: str, words: str, late: bool) -> None:
    with application.test_request_context():
        assert age(sent, datetime.fromisoformat(now), "DE") == (words, late)


def test_both_sides_see_the_age(log_in: Callable[[str], FlaskClient]) -> None:
    """The demo has a delivery of yesterday: its sender and its receiver are told."""
    for login in ("distributor2", "pharmacy2"):
        assert re.search(r"\d days? on the road", log_in(login).get("/home").text)


@pytest.mark.browser
def test_a_handoff_ages_on_both_sides_until_it_is_confirmed(people: Any, parts: composition.Parts) -> None:
    """Whoever opens home, the stock or the bench is told, in words and by the icon, until the receiver signs."""
    [epc] = fresh(parts, SUEDPHARM)
    dispatch = sent_long_ago(parts, epc)
    late = f"{LONG_AGO} days on the road, not confirmed in time"
    sender, receiver = people(SUEDPHARM.login), people(BRUNNEN.login)
    sender.goto("/home")
    line = sender.wait_for_selector("main li:has-text('Sent and not confirmed yet')")
    assert f"The oldest: {late}" in line.inner_text()
    assert line.query_selector(".state.again svg")
    line.query_selector("a").click()
    assert late in aged(sender, f"#terms li:has([value='{dispatch}'])")
    sender.goto("/stock?tab=road")
    assert late in aged(sender, f"#road li:has(a[href='/statement/{dispatch}'])")

    receiver.goto("/stock?tab=road")
    coming = f"li:has(a[href='/receive?dispatch={dispatch}'])"
    assert late in aged(receiver, f"#road {coming}")
    receiver.goto("/home")
    assert late in aged(receiver, coming)
    receiver.click(f"{coming} a")
    assert late in aged(receiver, f"#dispatches {coming}")
    scan(receiver, code_of(epc))
    sign(receiver)
    receiver.goto("/home")
    assert receiver.query_selector(coming) is None
    sender.goto("/void")
    assert sender.query_selector(f"[value='{dispatch}']") is None


LONG_AGO = 20


def sent_long_ago(parts: composition.Parts, epc: str) -> str:
    """A dispatch of the wholesaler's to the pharmacy that nobody has answered; its statement's id."""
    signer = station(parts, SUEDPHARM)
    then = f"{datetime.now(UTC) - timedelta(days=LONG_AGO):%Y-%m-%dT%H:%M:%S}+00:00"
    act = compose("shipped", time=then, items=[epc], site=SUEDPHARM.site, ends=between(SUEDPHARM, BRUNNEN),
                  signer=SUEDPHARM.person)  # fmt: skip
    outcome = parts.sequencer.submit(signer.sign(act, stamp()))
    assert outcome.effect, outcome.pattern
    return dispatch_of(parts, epc)


def aged(page: Any, line: str) -> str:
    """What a line says, once it is there in the colour of what wants a look."""
    found = page.wait_for_selector(f"{line}:has(.state.again svg)")
    said: str = found.inner_text()
    return said
