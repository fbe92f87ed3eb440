"""tracking.js by itself: each physical code counts once, over frames that miss it, move it or double it."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

SEE = """async ([frames, sure]) => {
    const { Codes } = await import("/static/js/tracking.js");
    const codes = new Codes();
    const square = ([x, y]) => [[x, y], [x + 40, y], [x + 40, y + 40], [x, y + 40]];
    return frames.map(([now, seen]) => {
        const symbols = seen.map(([text, x, y, format = "DataMatrix"]) => ({ text, format, corners: square([x, y]) }));
        const { fresh, again, twins } = codes.see(symbols, now, { sure });
        return [fresh.map(({ text }) => text), again.map(({ text }) => text), twins].map((texts) => texts.join(" "));
    });
}"""


def seen(page: Any, *frames: tuple[int, list[Any]], sure: bool = False) -> list[tuple[str, str, str]]:
    """What each frame (ms, [(text, x, y, format)]) brings: fresh, again, twins."""
    page.goto("/")
    return [tuple(news) for news in page.evaluate(SEE, [frames, sure])]


NOTHING = ("", "", "")


def test_a_code_counts_once_however_often_it_is_read(page: Any) -> None:
    a, b = ["A", 10, 10], ["B", 200, 10]
    found = seen(page, (0, [a]), (40, [a, b]), (80, []), (900, [["A", 300, 300], b]), (1000, [a]))
    assert found == [("A", "", ""), ("B", "", ""), NOTHING, NOTHING, NOTHING]


def test_a_code_that_was_away_and_comes_back_is_told_of_again(page: Any) -> None:
    found = seen(page, (0, [["A", 10, 10]]), (2000, [["A", 300, 10]]), (3000, [["A", 300, 10]]))
    assert found == [("A", "", ""), ("", "A", ""), NOTHING]


def test_a_code_that_was_unreadable_for_a_while_never_left(page: Any) -> None:
    lying = ["A", 10, 10]
    found = seen(page, (0, [lying]), (2500, [lying]), (9000, [lying]))
    assert found == [("A", "", ""), NOTHING, ("", "A", "")]


def test_two_packs_with_one_code_are_told_of_once(page: Any) -> None:
    pair = [["A", 10, 10], ["A", 200, 10]]
    found = seen(page, (0, pair), (40, pair), (80, pair))
    assert found == [("A", "", ""), ("", "", "A"), NOTHING]
    assert seen(page, (0, pair), sure=True) == [("A", "", "A")]


def test_one_pack_that_moves_or_carries_two_kinds_of_code_is_no_pair(page: Any) -> None:
    moved = seen(page, (0, [["A", 10, 10]]), (40, [["A", 200, 10]]), (80, [["A", 10, 10]]))
    assert [twins for _, _, twins in moved] == ["", "", ""]
    both = [["A", 10, 10], ["A", 200, 10, "QRCode"]]
    overlapping = [["B", 10, 10], ["B", 25, 12]]
    bars = [["C", 10, 10, "Code128"], ["C", 200, 10, "Code128"]]
    for frame in (both, overlapping, bars):
        assert [twins for _, _, twins in seen(page, (0, frame), (40, frame), (80, frame))] == ["", "", ""]


def test_bars_are_believed_when_two_frames_agree(page: Any) -> None:
    bars = ["C", 10, 10, "Code128"]
    assert seen(page, (0, [bars]), (40, [bars])) == [NOTHING, ("C", "", "")]
    assert seen(page, (0, [bars]), sure=True) == [("C", "", "")]
