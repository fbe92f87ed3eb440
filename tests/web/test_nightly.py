"""The server takes a snapshot every night, beside its work."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from flask import Flask

import app as composition
from traceability.settings import Settings, SettingsError
from traceability.web import Nightly
from traceability.web.nightly import next_night


def test_the_next_night_is_tonight_or_tomorrow() -> None:
    zone = timezone(timedelta(hours=8))
    for hour, day in ((1, 27), (2, 28), (23, 28)):
        now = datetime(2026, 11, 27, hour, 15, tzinfo=zone)
        assert next_night(now, time(2, 15)) == datetime(2026, 11, day, 2, 15, tzinfo=zone)


@pytest.mark.parametrize("text", ["25:00", "2", "02:15:30", "night", "02:15+01:00"])
def test_an_hour_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="TRACEABILITY_SNAPSHOT_AT"):
        Settings.from_env({"TRACEABILITY_SNAPSHOT_AT": text})


def test_it_is_at_a_quarter_past_two_unless_said_otherwise() -> None:
    assert Settings.from_env({}).snapshot_at == time(2, 15)
    assert Settings.from_env({"TRACEABILITY_SNAPSHOT_AT": "23:05"}).snapshot_at == time(23, 5)
    assert Settings.from_env({"TRACEABILITY_SNAPSHOT_AT": "never"}).snapshot_at is None


def test_a_snapshot_is_taken_apart_and_noted(application: Flask, parts: composition.Parts) -> None:
    nightly = Nightly(application)
    assert nightly.take()
    with parts.history.view() as view:
        kept = view.reader.snapshot()
        assert kept is not None
        assert kept.size == view.reader.checkpoint()[0]  # type: ignore[index]
    lines = [line for line in parts.office.trail(limit=20) if line.act == "took snapshot"]
    assert lines
    assert lines[0].new == str(kept.size)
    assert nightly.take()
    assert len([line for line in parts.office.trail(limit=20) if line.act == "took snapshot"]) == len(lines)


def test_it_waits_for_the_hour_and_stops_with_its_server(
    application: Flask, parts: composition.Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    from traceability.web import nightly as module

    clock = [datetime(2026, 11, 27, 2, 14, tzinfo=UTC).astimezone()]
    taken: list[datetime] = []
    monkeypatch.setattr(module, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(Nightly, "_now", lambda _: clock[0])
    monkeypatch.setattr(Nightly, "take", lambda _: taken.append(clock[0]))
    settings = replace(parts.settings, snapshot_at=(clock[0] + timedelta(minutes=1)).time())
    opened = application.extensions["traceability"]
    monkeypatch.setitem(application.extensions, "traceability", replace(opened, settings=settings))
    import time as waiting

    with Nightly(application):
        waiting.sleep(0.1)
        assert taken == []
        clock[0] += timedelta(minutes=2)
        for _ in range(200):
            if taken:
                break
            waiting.sleep(0.01)
        waiting.sleep(0.05)
        assert len(taken) == 1
    clock[0] += timedelta(days=2)
    waiting.sleep(0.05)
    assert len(taken) == 1
