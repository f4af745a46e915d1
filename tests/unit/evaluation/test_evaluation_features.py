"""Yang and Lerch's features, of music small enough to count by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation_music import music, noise
from perfrnn.evaluation.features import FEATURES, HISTOGRAMS, features, length_classes

# C4 and E4 struck at once, G4, then C5: lengths of 1, 1, 0.5 and 0.25 s.
FOUR = music([(0, 1, 64), (0, 1, 60), (1, 1.5, 67), (3, 3.25, 72)], 4)


def test_the_scalars_of_four_notes():
    found = features(FOUR)
    assert found["pitch_count"] == 4
    assert found["pitch_range"] == 12
    assert found["pitch_interval"] == pytest.approx((4 + 3 + 5) / 3)
    assert found["note_count"] == 4
    assert found["inter_onset_interval"] == pytest.approx((0 + 1 + 2) / 3)


def test_pitch_classes_of_four_notes():
    found = features(FOUR)
    shares = np.zeros(12)
    shares[[0, 4, 7]] = np.array([1.25, 1, 0.5]) / 2.75
    np.testing.assert_allclose(found["pitch_class_histogram"], shares)
    pairs = np.zeros((12, 12))
    pairs[0, 4] = pairs[4, 7] = pairs[7, 0] = 1 / 3
    np.testing.assert_allclose(found["pitch_class_transitions"], pairs)


def test_note_lengths_of_four_notes():
    # From 10 ms: 1 s is 6.64 doublings, 0.5 s 5.64, 0.25 s 4.64; a class is 0.75 wide.
    found = features(FOUR)
    shares = np.zeros(12)
    shares[8], shares[7], shares[6] = 0.5, 0.25, 0.25
    np.testing.assert_allclose(found["note_length_histogram"], shares)
    pairs = np.zeros((12, 12))
    pairs[8, 8] = pairs[8, 7] = pairs[7, 6] = 1 / 3
    np.testing.assert_allclose(found["note_length_transitions"], pairs)


def test_bounds_of_the_classes_of_length():
    seconds = np.array([0.001, 0.01, 0.0168, 0.0169, 0.08, 0.64, 5.11, 5.12, 60])
    assert length_classes(seconds).tolist() == [0, 0, 0, 1, 4, 8, 11, 11, 11]


def test_what_too_few_notes_do_not_have_is_not_a_number():
    silent, single = features(music([], 30)), features(music([(1, 2, 60)], 30))
    assert silent["note_count"] == silent["pitch_count"] == 0
    for name in (*HISTOGRAMS, "pitch_range", "pitch_interval", "inter_onset_interval"):
        assert np.isnan(silent[name]).all()
    assert single["pitch_range"] == 0
    assert single["pitch_class_histogram"][0] == 1
    for name in ("pitch_interval", "inter_onset_interval", "pitch_class_transitions"):
        assert np.isnan(single[name]).all()


@given(st.integers(2, 60), st.integers(0, 99), st.integers(-24, 24))
def test_shares_sum_to_one_and_transposition_moves_pitch_classes_only(count, seed, steps):
    notes = noise(count, seconds=20, seed=seed)
    found = features(notes)
    moved = features(music(zip(notes.start, notes.end, notes.pitch + steps, strict=True), 20))
    for name in HISTOGRAMS:
        assert found[name].sum() == pytest.approx(1)
    for name in set(FEATURES) - {"pitch_class_histogram", "pitch_class_transitions"}:
        np.testing.assert_allclose(found[name], moved[name])
    turned = np.roll(found["pitch_class_histogram"], steps)
    np.testing.assert_allclose(turned, moved["pitch_class_histogram"])
