"""A small corpus of its own: verdicts that never cry wolf, and no forgery that goes through."""

import pytest

from benchmarks.corpus import Run, plan, report, run
from benchmarks.corpus_garbles import GARBLES, typed
from benchmarks.corpus_trade import Trade

SCANS, DEVICES = 1_500, 8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_honest_scan_is_suspect_and_every_fake_is_caught(seed: int) -> None:
    tally, alarmed = run(seed, SCANS, DEVICES)
    assert [(look.kind, look.garble, look.text) for look, _ in tally.alarmed] == []
    assert alarmed == []
    assert [(look.kind, found.verdict.reason) for look, found in tally.unblocked] == []
    assert [(look.garble, look.text) for look, _ in tally.misread] == []
    fakes = tally.fakes.values()
    assert [fake.kind for fake in fakes if not fake.caught] == []
    assert [fake.kind for fake in fakes if fake.green] == []
    # Something of everything was in it.
    groups = {group for group, _ in tally.kinds}
    assert groups == {"honest", "garbled", "blocked", "fake", "original"}
    assert {name for group, name in tally.kinds if group == "garbled"} == set(GARBLES)
    assert sum(sum(counts.values()) for counts in tally.kinds.values()) >= SCANS
    lines: list[str] = []
    rows = report(tally, lines.append)
    assert rows["fake: wrong lot"]["caught"] == rows["fake: wrong lot"]["fakes"]
    assert len(lines) > len(rows)


def test_keyboards_are_pressed_key_by_key() -> None:
    assert typed("Zy-12", "us", "de") == "YzßZ12".replace("Z", "", 1)
    assert typed("AQ1m", "us", "fr") == "QA&,"
    assert typed("AQ1m", "us", "fr", lock=True) == "qa1?"
    assert typed("aB1", "us", "us", caps=True) == "Ab1"
    assert typed("]d2", "de", "us") == "d2"


def test_the_seed_decides(tmp_path_factory: pytest.TempPathFactory) -> None:
    def packs(name: str, seed: int) -> list[str]:
        trade = Trade(tmp_path_factory.mktemp(name), seed)
        Run(trade, plan(trade, 300))
        trade.world.store.close()
        return [trade.print().serial for _ in range(5)]

    assert packs("one", 5) == packs("two", 5) != packs("three", 6)
