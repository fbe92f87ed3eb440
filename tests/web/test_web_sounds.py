"""What people hear and feel while they scan: the tones that the page plays, and the touch that it asks for."""

from typing import Any

import pytest
from goods import fresh, said
from journey import code_of, log_in, now, scanned, until, wedge

import app as composition
from traceability.demo import cast

pytestmark = pytest.mark.browser

# In place of the loudspeaker and of the motor: what was asked of them.
HEARING = """
window.played = [];
window.AudioContext = class {
  currentTime = 0;
  destination = {};
  createGain() {
    return { gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next };
  }
  createOscillator() {
    const frequency = {};
    return { frequency, connect: (next) => next, start: () => window.played.push(frequency.value), stop() {} };
  }
};
"""
FEELING = """
window.felt = [];
Navigator.prototype.vibrate = (pattern) => window.felt.push(pattern);
"""
NO_MOTOR = "delete Navigator.prototype.vibrate;"

READ = ([1320], 30)
DUPLICATE = ([880, 880], [20, 40, 20])
TROUBLE = ([220, 174], [120, 60, 120])
CLEAR = ([1047, 1568], 30)
LOOK = ([523, 523], [40, 60, 40])
"""The notes in Hz and the touch in milliseconds, as signal.js has them; no two are alike."""


def signalled(page: Any) -> tuple[list[int], Any]:
    """The notes, and the touch, of what was signalled once since the last look."""
    played = until(lambda: page.evaluate("window.played.splice(0)"), "a sound")
    felt = page.evaluate("window.felt.splice(0)")
    assert len(felt) == 1
    return played, felt[0]


def test_read_duplicate_and_trouble_sound_each_their_own(page: Any, parts: composition.Parts) -> None:
    text = scanned(now(parts, fresh(parts, cast.MAKER)[0]))
    page.add_init_script(HEARING + FEELING)
    log_in(page, cast.MAKER.login)
    page.goto("/ship")
    page.wait_for_selector("#basket")
    wedge(page, text, "#basket .item")
    assert signalled(page) == READ
    wedge(page, text, ".scanner-said .note.unknown")
    assert signalled(page) == DUPLICATE
    wedge(page, text.swapcase(), ".scanner-said .note.stop")
    assert signalled(page) == TROUBLE


def test_a_device_without_a_motor_sounds_all_the_same(page: Any, parts: composition.Parts) -> None:
    text = scanned(now(parts, fresh(parts, cast.MAKER)[0]))
    page.add_init_script(HEARING + NO_MOTOR)
    log_in(page, cast.MAKER.login)
    page.goto("/ship")
    page.wait_for_selector("#basket")
    wedge(page, text, "#basket .item")
    assert page.evaluate("window.played") == READ[0]


def test_every_tone_of_a_verdict_has_its_sound(page: Any, parts: composition.Parts) -> None:
    """Good, not known, scan again, do not use, stop: who only listens knows whether to look up, and how soon."""
    good, held, gone = fresh(parts, cast.BRUNNEN, 3)
    said(parts, cast.BRUNNEN, "held", [held])
    said(parts, cast.BRUNNEN, "dispensed", [gone])
    text = scanned(now(parts, good))
    page.add_init_script(HEARING + FEELING)
    log_in(page, cast.BRUNNEN.login)
    page.goto("/check")
    page.wait_for_selector("#counter")
    for code, tone, sound in (
        (text, "clear", CLEAR),
        (text.swapcase(), "again", TROUBLE),  # a code that cannot be used, as at every scanner
        (code_of(gone), "again", LOOK),  # dispensed here a moment ago: scanned twice
        (f"01{cast.AMOXICILLIN}21UNHEARD1\x1d1731043010NEW1", "unknown", LOOK),
        (code_of(held), "blocked", TROUBLE),
        (f"{code_of(good)}(10)WRONG", "stop", TROUBLE),
    ):
        page.evaluate("document.getElementById('verdict').removeAttribute('class')")
        wedge(page, code, f"#verdict.{tone}")
        assert signalled(page) == sound, code
