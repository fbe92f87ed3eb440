"""Tracking: each physical code counts once, however it moves; clones count twice; misreads do not count."""

import cmath
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scanner import ScannerError
from scanner.codes import data_matrix
from scanner.motion import estimate
from scanner.symbols import Corners, Sight, Symbol, Unread
from scanner.tracking import Track, Tracker

SIDE = 40.0
FRAME = 1 / 30


def corners(x: float, y: float, side: float = SIDE, turn: float = 0.3) -> Corners:
    arm = cmath.rect(side / 2**0.5, turn)
    a, b, c, d = (complex(x, y) + arm * 1j**n for n in range(4))
    return ((a.real, a.imag), (b.real, b.imag), (c.real, c.imag), (d.real, d.imag))


def code(text: str, x: float, y: float, *, accepted: bool = True) -> Symbol:
    return Symbol(text, "]d2", "DataMatrix", corners(x, y), accepted)


def unread(x: float, y: float, side: float = SIDE, score: float = 1.0) -> Unread:
    return Unread(corners(x, y, side), score)


def follow(frames: Sequence[Sequence[Symbol | Unread]], step: float = FRAME) -> Tracker:
    tracker = Tracker()
    for number, things in enumerate(frames):
        tracker.update(sight(*things), number * step)
    return tracker


def sight(*things: Symbol | Unread) -> Sight:
    symbols = [thing for thing in things if isinstance(thing, Symbol)]
    return Sight(symbols, [thing for thing in things if isinstance(thing, Unread)])


def counted(tracker: Tracker) -> list[str]:
    return sorted(track.symbol.text for track in tracker.codes if track.symbol is not None)


def test_a_code_carried_across_the_picture_counts_once() -> None:
    tracker = follow([[code("A", 100 + 15 * n, 200 + 5 * n)] for n in range(40)])
    (track,) = tracker.codes
    assert (track.number, track.frames, track.seen) == (1, 40, 40)
    assert track.corners == corners(100 + 15 * 39, 200 + 5 * 39)
    assert (track.first, track.last) == (0.0, pytest.approx(39 * FRAME))
    assert not track.clone


def test_a_code_lost_and_shown_again_elsewhere_is_the_same_one() -> None:
    tracker = follow([[code("A", 100, 100)], *[[]] * 60, [code("A", 1100, 600)]])
    assert counted(tracker) == ["A"]
    assert not tracker.codes[0].clone


def test_two_packs_with_one_code_in_a_frame_are_two_and_a_clone() -> None:
    tracker = Tracker()
    tracker.update(sight(code("A", 100, 100)), 0.0)
    first, second = tracker.update(sight(code("A", 103, 100), code("A", 500, 300)), FRAME)
    assert (first.number, first.twins, second.number, second.twins) == (1, (2,), 2, (1,))
    assert first.clone
    assert second.clone
    # They stay two, whichever of them is read in a frame.
    for number, x in enumerate((103, 500, 500, 103, 500), start=2):
        (seen,) = tracker.update(sight(code("A", x, 100 if x == 103 else 300)), number * FRAME)
        assert seen.number == (1 if x == 103 else 2)
    assert counted(tracker) == ["A", "A"]


def test_a_leap_that_no_hand_can_do_is_a_clone_while_the_others_stand_still() -> None:
    still = [code("B", 700, 100), code("C", 900, 100)]
    tracker = follow([[code("A", 100, 100), *still], [code("A", 500, 600), *still]])
    assert counted(tracker) == ["A", "A", "B", "C"]
    # Shorter ones a hand can do, when a camera gives two frames late and at once.
    tracker = follow([[code("A", 100, 100), *still], [code("A", 300, 300), *still]], step=0.001)
    assert counted(tracker) == ["A", "B", "C"]
    # And in three seconds also the long one.
    tracker = follow([[code("A", 100, 100), *still], [code("A", 500, 600), *still]], step=3.0)
    assert counted(tracker) == ["A", "B", "C"]


def test_a_code_here_and_there_by_turns_is_a_clone_and_a_cut_is_none() -> None:
    assert counted(follow([[code("A", 100, 100)], [code("A", 900, 600)], [code("A", 500, 100)]])) == ["A"]
    here, there = [code("A", 100, 100)], [code("A", 900, 600)]
    tracker = follow([here, there, here])
    assert counted(tracker) == ["A", "A"]
    assert all(track.clone for track in tracker.codes)


def test_two_different_readings_of_one_place_are_disputed_and_not_counted() -> None:
    tracker = Tracker()
    tracker.update(sight(code("A", 100, 100)), 0.0)
    (track,) = tracker.update(sight(code("X", 101, 100)), FRAME)
    assert (track.number, track.disputed, track.counted) == (1, True, False)
    assert set(track.texts) == {"]d2A", "]d2X"}
    for number in range(2, 6):
        tracker.update(sight(code("A", 101, 100)), number * FRAME)
    assert tracker.codes == []
    assert [track.number for track in tracker.disputed] == [1]
    # Taken away and shown again, it is read afresh.
    tracker.update(sight(code("A", 600, 300)), 5.0)
    assert counted(tracker) == ["A"]
    assert tracker.disputed == []


def test_a_misread_between_two_readings_is_found_though_the_place_was_lost() -> None:
    tracker = follow([[code("A", 100, 100)], [], [code("X", 100, 101)], [], [code("A", 101, 100)]])
    assert tracker.codes == []
    assert {track.number for track in tracker.disputed} == {1, 2}


def test_a_pack_put_in_the_place_of_another_is_another() -> None:
    tracker = follow([[code("A", 100, 100)], [], [], [code("B", 100, 100)]], step=0.3)
    assert counted(tracker) == ["A", "B"]
    # Also from one frame to the next, when its outline is not the same to a hair.
    tracker = follow([[code("A", 100, 100)], [code("B", 118, 92)]])
    assert counted(tracker) == ["A", "B"]


def test_a_reading_that_no_check_digit_vouches_for_disputes_nothing() -> None:
    tracker = follow([[code("A", 100, 100)], [code("X", 100, 100, accepted=False)]])
    assert counted(tracker) == ["A"]
    tracker = follow([[code("X", 100, 100, accepted=False)]] * 3 + [[code("A", 100, 100)]])
    assert counted(tracker) == ["A"]


def test_a_place_read_in_one_of_many_frames_is_satisfied() -> None:
    place = [unread(300, 300, 1.2 * SIDE)]
    tracker = follow([*[place] * 5, [code("A", 302, 299)], *[place] * 20])
    (track,) = tracker.tracks
    assert track.counted
    assert (track.number, track.frames, track.seen) == (1, 1, 26)
    # The loose outline of the region has not replaced that of the code.
    assert Symbol("", "", "", track.corners).size == pytest.approx(SIDE)


def test_unread_places_are_forgotten_and_read_ones_are_not() -> None:
    tracker = follow([[code("A", 100, 100), unread(500, 500)], [], []], step=0.8)
    assert [track.number for track in tracker.tracks] == [1]


def test_places_move_with_the_picture_though_they_are_not_read() -> None:
    # A pan of more than a code's side a frame: only the codes read tell where the unread place went.
    frames = [
        [code("A", 100 + 50 * n, 100), code("B", 300 + 50 * n, 400), unread(200 + 50 * n, 250)]
        for n in range(8)
    ]
    tracks = follow(frames).tracks
    assert [(track.number, track.seen) for track in tracks] == [(1, 8), (2, 8), (3, 8)]


def test_the_reader_is_sent_to_each_unread_place_in_turn() -> None:
    tracker = Tracker()
    tracker.update(sight(*(unread(100 * n, 100, score=n) for n in range(1, 6)), code("A", 100, 500)), 0.0)
    turns = [[track.number for track in tracker.wanted(2)] for _ in range(3)]
    # Likeliest first; the code read once comes when all places had their turn.
    assert sorted(turns[0] + turns[1]) + turns[2][:1] != []
    assert len(set(turns[0] + turns[1] + turns[2])) == 5
    tracker.update(sight(code("A", 100, 500)), FRAME)
    assert [track.symbol.text for track in tracker.wanted(9) if track.symbol] == []


def test_times_must_not_fall() -> None:
    tracker = follow([[], []])
    with pytest.raises(ScannerError, match="in the order"):
        tracker.update(sight(), 0.0)


def test_an_unread_place_carries_advice() -> None:
    modules = data_matrix("[01]09521234543213[21]S1[17]271231[10]L1")
    grey: NDArray[np.uint8] = np.full((200, 200), 128, np.uint8)
    side = modules.shape[0] * 4
    grey[60 : 60 + side, 60 : 60 + side] = np.where(modules, 126, 132).repeat(4, 0).repeat(4, 1)
    tracker = Tracker()
    place = Unread(((60, 60), (60 + side, 60), (60 + side, 60 + side), (60, 60 + side)), 1.0)
    (track,) = tracker.update(Sight([], [place]), 0.0, grey)
    assert track.advice is not None
    assert track.advice.code == "light"
    (track,) = tracker.update(Sight([Symbol("A", "]d2", "DataMatrix", place.corners)], []), FRAME, grey)
    assert (track.number, track.advice) == (1, None)


@given(
    turn=st.floats(-0.2, 0.2),
    scale=st.floats(0.8, 1.2),
    shift=st.complex_numbers(max_magnitude=300, allow_nan=False, allow_infinity=False),
    carried=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_motion_of_the_picture_outvotes_what_a_hand_moves(
    turn: float, scale: float, shift: complex, carried: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    before = np.array([complex(x, y) for x in range(0, 900, 300) for y in range(0, 900, 300)])
    true = cmath.rect(scale, turn)
    after = true * before + shift + rng.normal(0, 0.3, 9) + 1j * rng.normal(0, 0.3, 9)
    after[:carried] += 200 * np.exp(2j * np.pi * rng.random(carried))
    motion = estimate(before, after, np.full(9, SIDE))
    assert motion is not None
    assert motion.support == 9 - carried
    assert all(abs(motion(z) - (true * z + shift)) < 3 for z in before)


def test_no_motion_where_nothing_agrees() -> None:
    nothing = np.array([], np.complex128)
    assert estimate(nothing, nothing, np.array([])) is None
    two = np.array([0j, 100 + 0j])
    assert estimate(two, two + np.array([0, 90j]), np.full(2, SIDE)) is None


LOOKS = st.sampled_from(("read", "unread", "lost"))


@settings(max_examples=150, deadline=None)
@given(
    labels=st.integers(1, 12),
    frames=st.integers(1, 25),
    data=st.data(),
    seed=st.integers(0, 2**32 - 1),
)
def test_as_many_codes_as_labels_whatever_drops_out(
    labels: int, frames: int, data: st.DataObject, seed: int
) -> None:
    """Labels in a tray under a hand-held camera, each read, seen or lost by chance in every frame."""
    rng = np.random.default_rng(seed)
    pan = 0j
    tracker, read = Tracker(), set[int]()
    for number in range(frames):
        pan += complex(*rng.uniform(-0.25, 0.25, 2)) * SIDE
        looks = data.draw(st.lists(LOOKS, min_size=labels, max_size=labels))
        things: list[Symbol | Unread] = []
        for label, look in enumerate(looks):
            jitter = complex(*rng.uniform(-0.05, 0.05, 2)) * SIDE
            place = complex(200 + label % 4 * 2 * SIDE, 200 + label // 4 * 2 * SIDE) + pan + jitter
            if look == "read":
                things.append(code(f"S{label}", place.real, place.imag))
                read.add(label)
            elif look == "unread":
                things.append(unread(place.real, place.imag, SIDE * rng.uniform(0.9, 1.3)))
        seen = tracker.update(sight(*things), number * FRAME)
        assert len({track.number for track in seen}) == len(seen) == len(things)
    assert counted(tracker) == sorted(f"S{label}" for label in read)
    assert not any(track.clone or track.disputed for track in tracker.tracks)
    assert sum(track.frames for track in tracker.codes) <= labels * frames
    assert_numbers(tracker.tracks)


def assert_numbers(tracks: Sequence[Track]) -> None:
    numbers = [track.number for track in tracks]
    assert numbers == sorted(set(numbers))
