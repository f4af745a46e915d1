"""Repetition: tunes that return, transposed or not, and noise."""

import numpy as np
import pytest

from evaluation_music import chord_loop, music, noise
from perfrnn.evaluation import structure


def tune(pitches, step=0.5):
    return music([(i * step, (i + 1) * step, pitch) for i, pitch in enumerate(pitches)])


def test_shares_of_repeated_grams():
    # 1 2, 2 3, 3 1, 1 2: two of four.
    assert structure.repeated_share(np.array([1, 2, 3, 1, 2]), 2) == 0.5
    assert np.isnan(structure.repeated_share(np.array([1]), 2))


def test_a_transposed_tune_comes_again():
    phrase = np.array([60, 62, 64, 67, 65])
    notes = tune([*phrase, *(phrase + 5)])
    # Intervals: 2 2 3 -2 | 0 | 2 2 3 -2; of six 4-grams the first and the last are equal.
    assert structure.melody_repetition(notes) == pytest.approx(2 / 6)


def test_the_melody_is_the_upper_voice():
    upper = [72, 74, 76, 77, 79, 72, 74, 76, 77, 79]
    rng = np.random.default_rng(0)
    lower = rng.integers(36, 60, 10)
    rows = [(i, i + 1, pitch) for i, pitch in enumerate(upper)]
    rows += [(i, i + 1, pitch) for i, pitch in enumerate(lower)]
    assert structure.melody_repetition(music(rows)) == pytest.approx(2 / 6)
    assert structure.figure_repetition(music(rows)) == 0


def test_a_loop_repeats_and_noise_does_not():
    assert structure.segment_repetition(chord_loop(each=1.0)) == pytest.approx(1)
    assert structure.figure_repetition(chord_loop()) > 0.9
    assert structure.melody_repetition(noise()) < 0.05
    assert structure.figure_repetition(noise()) < 0.01


def test_a_return_stands_out_from_the_rest():
    rng = np.random.default_rng(1)
    phrases = [rng.integers(48, 84, 8) for _ in range(5)]
    returning = tune(np.concatenate([phrases[i] for i in (0, 1, 2, 3, 0, 1, 2, 3)]))
    through = tune(rng.integers(48, 84, 64))
    assert structure.segment_contrast(returning) > 2 * structure.segment_contrast(through)
    # All but the segments across the seam come again.
    assert 0.9 < structure.segment_repetition(returning) < 1


def test_overlapping_segments_are_not_compared():
    assert np.isnan(structure.segment_repetition(tune([60] * 8)))  # 4 s: one segment
    assert np.isnan(structure.segment_repetition(tune([60] * 12)))  # 6 s: two that overlap
    assert structure.segment_repetition(tune([60] * 16)) == pytest.approx(1)
