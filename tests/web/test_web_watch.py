"""The dashboard: what is stuck stands there, with its numbers as text, and renews itself."""

from typing import Any

import journey
import pytest
from flask.testing import FlaskClient

import app as composition
from traceability.demo import cast
from traceability.ledger import watch
from traceability.web.charts import bars, round_above
from traceability.web.watch import ages, partners


def test_numbers_round_up_to_ticks() -> None:
    assert [round_above(one) for one in (0, 1, 2, 3, 5, 6, 11, 21, 51, 100, 101)] == [
        1, 1, 2, 5, 5, 10, 20, 50, 100, 100, 200,
    ]  # fmt: skip


def test_bars_stand_on_the_line_side_by_side() -> None:
    plot = bars(["a", "b"], [[10, 0], [5, 2]], [["", ""], ["", ""]])
    assert plot.top == 10
    assert [bar.height for bar in plot.bars] == [160, 0, 80, 32]
    assert all(bar.y + bar.height == 160 for bar in plot.bars)
    assert plot.bars[2].x == plot.bars[0].x + plot.bars[0].width


def test_what_is_on_the_road_is_counted_by_age_and_partner(application: Any) -> None:
    now = "2026-11-23T08:00:00Z"
    roads = [
        watch.Road("1", "A", "B", "2026-11-23T07:00:00+00:00", 1, 10),
        watch.Road("2", "A", "B", "2026-11-01T07:00:00+00:00", 2, 60),
        watch.Road("3", "B", "C", "2026-11-19T08:00:00+00:00", 1, 1),
    ]
    with application.test_request_context():
        assert [(one.dispatches, one.packs) for one in ages(roads, now)] == [
            (1, 10), (0, 0), (1, 1), (0, 0), (1, 60),
        ]  # fmt: skip
        assert [(one.sender, one.dispatches) for one in partners(roads, now)] == [("A", 2), ("B", 1)]


def test_the_log_is_watched(parts: composition.Parts) -> None:
    with parts.history.view() as view:
        roads = watch.roads(view, None)
        assert roads
        assert all(one.packs >= 1 for one in roads)
        own = watch.roads(view, cast.MARKT.gln)
        assert own == [one for one in roads if cast.MARKT.gln in (one.sender, one.receiver)]
        assert watch.roads(view, "9999999999994") == []
        sent = sum(len(view.outgoing(player.gln)) for player in cast.TRADE)
        assert len(roads) == sent
        health = watch.health(view)
        newest = health.newest
        assert newest is not None
        assert health.signed == health.entries
        days = watch.handoffs(view, None, newest)
        assert len(days) == watch.DAYS
        assert sum(one.given for one in days) >= len(roads)
        assert watch.expired(view, "2020-01-01") == []
        everything = watch.expired(view, "2100-01-01")
        assert {one.lot.number for one in everything} >= {"A17", "A18"}


def test_the_last_audit_is_read_or_was_never(tmp_path: Any) -> None:
    note = tmp_path / "audited.json"
    assert watch.last_audit(note) is None
    note.write_text("not JSON")
    assert watch.last_audit(note) is None
    note.write_text('{"at":"2026-11-23T08:00:00+00:00","entries":7}')
    found = watch.last_audit(note)
    assert found is not None
    assert found.entries == 7


def test_who_may_watch(log_in: Any, client: FlaskClient) -> None:
    assert client.get("/watch").status_code == 302
    assert log_in("distributor").get("/watch").status_code == 403
    assert b"Handed over and not confirmed" in log_in("maker").get("/watch").data
    part = client.get("/watch?part=1").data
    assert b"<html" not in part
    assert b"Handoffs a day" in part


@pytest.mark.browser
def test_the_dashboard_renews_itself(browser: Any, address: str) -> None:
    page, _ = journey.open_page(browser, address)
    journey.log_in(page, "regulator")
    page.clock.install()
    page.goto("/watch")
    page.click("summary")
    page.evaluate("document.activeElement.blur()")
    with page.expect_response("**/watch?part=1"):
        page.clock.run_for(16_000)
    journey.until(lambda: page.query_selector("#watch details[open]"), "the renewed page with its open table")
    page.context.close()
