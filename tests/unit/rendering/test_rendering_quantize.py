import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.rendering.quantize import has_thirds, quantise

BEATS = 0.5 * np.arange(9)


def place(start, beats=BEATS, hand=None, end=None, is_compound=False):
    start = np.asarray(start, float)
    hand = np.zeros(len(start), int) if hand is None else np.asarray(hand)
    end = start + 0.1 if end is None else np.asarray(end, float)
    return quantise(start, end, hand, beats, is_compound=is_compound)


@pytest.mark.parametrize(
    ("seconds", "ticks"),
    [
        ([0.0, 0.5, 1.0], [0, 24, 48]),
        ([0.0, 0.25, 0.5], [0, 12, 24]),
        ([0.0, 0.125, 0.25, 0.375, 0.5], [0, 6, 12, 18, 24]),
        ([0.0, 0.375, 0.5, 1.0], [0, 18, 24, 48]),
    ],
)
def test_strict_play_is_placed_exactly(seconds, ticks):
    assert place(seconds).onset.tolist() == ticks


def test_uneven_play_is_placed_as_meant():
    meant = np.arange(16) * 0.125
    played = meant + 0.012 * np.array([1, -1, 1, 1, -1, -1, 1, -1] * 2)
    played[0] = 0.0
    assert place(played).onset.tolist() == (np.arange(16) * 6).tolist()


def test_a_triplet_among_eighths():
    seconds = [0.0, 0.25, 0.5, 0.5 + 1 / 6, 0.5 + 2 / 6, 1.0, 1.25, 1.5]
    grid = place(seconds)
    assert not has_thirds(np.array(seconds), np.zeros(8, int), BEATS)
    assert grid.onset.tolist() == [0, 12, 24, 32, 40, 48, 60, 72]


def test_thirds_of_most_beats_make_a_compound_metre():
    assert has_thirds(np.arange(18) / 6, np.zeros(18, int), BEATS)
    grid = place(np.arange(18) / 6, is_compound=True)
    assert grid.onset.tolist() == (12 * np.arange(18)).tolist()


def test_notes_struck_almost_together_are_one_chord():
    assert place([0.0, 0.02, 0.04, 0.5]).onset.tolist() == [0, 0, 0, 24]


def test_hands_are_placed_on_their_own():
    # The right hand plays even eighths, the left beats only.
    grid = place([0.0, 0.0, 0.25, 0.5, 0.5, 0.75], hand=[0, 1, 0, 0, 1, 0])
    assert grid.onset.tolist() == [0, 0, 12, 24, 24, 36]


def test_a_note_just_before_the_beat_is_on_it():
    assert place([0.0, 0.47, 1.0]).onset.tolist() == [0, 24, 48]


def test_ends_may_lie_after_the_last_beat():
    grid = place([0.0, 3.9], end=[0.25, 6.0])
    assert grid.end.tolist() == [12, 288]


def test_nothing_to_place():
    assert len(place([]).onset) == 0


@given(
    st.lists(st.floats(0, 4), min_size=1, max_size=40),
    st.lists(st.integers(0, 1), min_size=40, max_size=40),
    st.booleans(),
)
def test_order_is_kept_and_the_grid_is_met(start, hands, is_compound):
    start = np.sort(start)
    hand = np.array(hands[: len(start)])
    grid = place(start, hand=hand, is_compound=is_compound)
    beat = 36 if is_compound else 24
    assert np.all(grid.end > grid.onset)
    assert np.all(grid.onset >= 0)
    for which in (0, 1):
        onset = grid.onset[hand == which]
        assert np.all(np.diff(onset) >= 0)
        for number in np.unique(onset // beat):
            inside = onset[onset // beat == number] % beat
            assert np.all(inside % 3 == 0) or np.all(inside % 4 == 0)
