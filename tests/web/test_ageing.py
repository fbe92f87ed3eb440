"""How long goods have been on the road, and when that is too long."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

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
