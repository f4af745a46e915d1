"""Pulse: a metronome, a change of tempo, random onsets."""

import numpy as np
import pytest

from evaluation_music import metronome, music, noise
from perfrnn.evaluation import rhythm


def test_a_metronome_has_a_clear_and_steady_pulse():
    notes = metronome()
    assert rhythm.pulse_clarity(notes) > 0.95
    assert rhythm.tempo_stability(notes) == 1
    assert rhythm.groove_similarity(notes) > 0.99


def test_the_period_of_a_metronome_is_found():
    periods, heights = rhythm._best_periods(metronome(period=0.7))
    # Every multiple is a period too.
    np.testing.assert_allclose(periods / 0.7, np.round(periods / 0.7), atol=0.02)
    assert heights.min() > 0.9


def test_a_change_of_tempo_is_counted():
    slow, fast = metronome(0.8, 32), metronome(0.62, 28)
    rows = [(start, start + 0.1, 60) for start in [*slow.start, *(fast.start + 32)]]
    # 14 windows, 13 steps; those into and out of the window that holds both tempi may fail.
    assert 1 - 2 / 13 <= rhythm.tempo_stability(music(rows, 60.0)) < 1


@pytest.mark.parametrize(
    ("periods", "stability"),
    [([0.3, 0.6, 0.3], 1), ([0.3, 0.9, 0.3], 1), ([0.3, 0.45], 0), ([0.5, 0.53, 0.56], 1)],
)
def test_multiples_up_to_three_are_one_tempo(monkeypatch, periods, stability):
    found = np.array(periods), np.ones(len(periods))
    monkeypatch.setattr(rhythm, "_best_periods", lambda notes: found)
    assert rhythm.tempo_stability(metronome()) == stability


def test_windows_with_a_single_onset_say_nothing():
    beat = metronome(0.5, 16)
    rows = [(start, start + 0.1, 60) for start in [*beat.start, 30.2]]
    # Windows of 8 s begin every 4 s: those from 0, 4, 8 and 12 s have a beat in them.
    assert len(rhythm.autocorrelations(music(rows, 60.0))) == 4


def test_random_onsets_have_little_pulse():
    assert rhythm.pulse_clarity(noise()) < 0.3
    assert rhythm.groove_similarity(noise()) < 0.3
    assert rhythm.equal_interval_share(noise()) < 0.2


def test_intervals_of_a_metronome_have_no_entropy_and_no_contrast():
    notes = metronome()
    assert rhythm.ioi_entropy(notes) == 0
    assert rhythm.ioi_variability(notes) == pytest.approx(0)
    assert rhythm.equal_interval_share(notes) == 1


def test_long_and_short_in_turn():
    onsets = np.cumsum([0.0] + [0.2, 0.6] * 20)
    notes = music([(onset, onset + 0.1, 60) for onset in onsets])
    assert rhythm.ioi_entropy(notes) == pytest.approx(1)  # two kinds, equally often
    # Each pair differs by 0.4 and has the mean 0.4.
    assert rhythm.ioi_variability(notes) == pytest.approx(100)
    assert rhythm.equal_interval_share(notes) == 0


def test_chords_count_as_one_onset_and_pauses_as_none():
    notes = music([(t, t + 0.1, p) for t in (0, 0.5, 1.0, 10.0, 10.5) for p in (60, 64)])
    np.testing.assert_allclose(rhythm._intervals(notes), 0.5)


def test_the_onset_curve_counts_notes():
    curve = rhythm.onset_curve(music([(0.5, 0.6, 60), (0.5, 0.7, 64)], 1.0))
    assert len(curve) == 101
    assert curve.argmax() == 50
    assert curve.max() == pytest.approx(2)
