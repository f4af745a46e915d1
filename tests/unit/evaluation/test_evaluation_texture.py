"""Dynamics and texture, counted by hand."""

import numpy as np
import pytest

from evaluation_music import metronome, music, noise
from perfrnn.evaluation import texture

TWO_CHORDS = music(
    [(0.0, 1.0, 60, 40), (0.02, 1.0, 64, 50), (0.03, 1.0, 67, 90), (2.0, 3.0, 62, 60)], 4.0
)


def test_counts_of_a_few_notes():
    assert texture.velocity_mean(TWO_CHORDS) == 60
    assert texture.velocity_spread(TWO_CHORDS) == pytest.approx(np.std([40, 50, 90, 60]))
    assert texture.voicing(TWO_CHORDS) == pytest.approx(90 - 60)
    assert texture.chord_asynchrony(TWO_CHORDS) == pytest.approx(30)
    assert texture.chord_share(TWO_CHORDS) == 0.75
    assert texture.note_density(TWO_CHORDS) == 1
    assert texture.silence_share(TWO_CHORDS) == 0.5
    assert texture.polyphony(TWO_CHORDS) == pytest.approx((1 + 0.98 + 0.97 + 1) / 2)
    assert texture.register(TWO_CHORDS) == pytest.approx(63.25)
    assert texture.melodic_step(TWO_CHORDS) == 5
    assert texture.note_length(TWO_CHORDS) == pytest.approx(0.99)


def test_loudness_that_swells_goes_on_and_random_loudness_does_not():
    swell = music([(i, i + 1, 60, 20 + i) for i in range(60)])
    assert texture.velocity_continuity(swell) == pytest.approx(1)
    assert abs(texture.velocity_continuity(noise())) < 0.15
    assert np.isnan(texture.velocity_continuity(metronome()))


def test_density_of_an_even_flow_and_of_a_burst():
    assert texture.density_spread(metronome(0.5)) == 0
    burst = music([(0.1 * i, 0.1 * i + 0.1, 60 + i % 5) for i in range(20)], 20.0)
    # All in one of ten windows: mean 2, standard deviation 6.
    assert texture.density_spread(burst) == pytest.approx(3)


def test_held_notes_overlap_the_next_but_one_chord():
    legato = music([(i, i + 1.05, 60 + i) for i in range(10)])
    pedal = music([(i, 10.0, 60 + i) for i in range(10)])
    assert texture.overlap_share(legato) == 0
    assert texture.overlap_share(pedal) == 0.8  # all but the last two
    assert texture.joint_release_share(pedal) == 1
    assert texture.joint_release_share(legato) == 0
    assert texture.joint_release_share(TWO_CHORDS) == 0  # struck together


def test_the_top_note_is_the_highest_not_the_last():
    notes = music([(0.0, 1, 72, 100), (0.02, 1, 60, 40)])
    assert texture.voicing(notes) == pytest.approx(30)
