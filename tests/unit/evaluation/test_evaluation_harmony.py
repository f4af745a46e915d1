"""Chords: a loop of triads, a held chord, clusters."""

import numpy as np
import pytest

from evaluation_music import chord_loop, music, noise
from perfrnn.evaluation import harmony
from perfrnn.events.tonal_centroid import TONAL_CENTROID_BASIS


def test_triads_fit_and_change_as_often_as_written():
    notes = chord_loop(roots=(60, 65))  # changes every two seconds
    # Of four windows, three see one chord and one sees both, the root of which wins.
    assert harmony.chord_fit(notes) > 0.95
    assert harmony.chord_change_rate(notes) == pytest.approx(29 / 59 / 1.0, abs=0.02)
    assert harmony.diatonic_chord_share(notes) == 1


def test_a_held_chord_never_moves():
    notes = chord_loop(roots=(60,))
    assert harmony.chord_change_rate(notes) == 0
    assert harmony.tonal_centroid_movement(notes) == pytest.approx(0)


def test_a_lone_note_is_the_root_of_its_chord():
    # Of the chords that hold a G, that on C would come first.
    assert harmony._fits(np.eye(12)).argmax(axis=1).tolist() == list(range(12))
    fits = harmony._fits(np.eye(12)[[3]])
    assert fits.max() == pytest.approx(1 / np.sqrt(3), abs=0.01)


def test_movement_of_the_tonal_centroid_by_a_tritone():
    notes = music([(i, i + 1, 60 + 6 * (i % 2)) for i in range(60)])
    # A tritone is opposite on the circles of fifths and of minor thirds (radius 1, so 2 apart)
    # and at the same place on that of major thirds.
    assert harmony.tonal_centroid_movement(notes) == pytest.approx(np.sqrt(8))


def test_the_tonal_centroid_of_an_augmented_triad_is_on_one_circle_only():
    centroid = np.eye(12)[[0, 4, 8]].mean(axis=0) @ TONAL_CENTROID_BASIS
    # Its notes meet on the second circle (four steps around) and even out on the others.
    np.testing.assert_allclose(centroid[[0, 1, 4, 5]], 0, atol=1e-12)
    assert np.hypot(*centroid[2:4]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("pitches", "expected"),
    [
        ((60, 67), -1.240),  # a fifth
        ((60, 72), np.nan),  # an octave is no pair
        ((60, 61), 1.428),
        ((60, 66), 0.453),  # one tritone, not two
        ((60, 64, 67), -(0.386 + 0.594 + 1.240) / 3),
        ((60, 66, 67), (0.453 - 1.240 + 1.428) / 3),  # a tritone counts as one pair among three
    ],
)
def test_dissonance_of_chords(pitches, expected):
    notes = music([(0, 1, pitch) for pitch in pitches])
    assert harmony.struck_dissonance(notes) == pytest.approx(expected, nan_ok=True)
    assert harmony.sounding_dissonance(notes) == pytest.approx(expected, nan_ok=True)


def test_held_notes_sound_but_are_not_struck():
    notes = music([(0, 3, 60), (1, 2, 61)])
    assert np.isnan(harmony.struck_dissonance(notes))
    assert harmony.sounding_dissonance(notes) == pytest.approx(1.428)


def test_a_note_that_ends_as_another_begins_does_not_sound_with_it():
    assert np.isnan(harmony.sounding_dissonance(music([(0, 1, 60), (1, 2, 61)])))


def test_a_chord_is_heard_in_the_key_of_what_is_before_and_after_it():
    first, second = (chord_loop(roots=roots, seconds=30) for roots in ((60, 65, 67), (66, 71, 73)))
    rows = [*zip(first.start, first.end, first.pitch, strict=True)]
    rows += [*zip(second.start + 30, second.end + 30, second.pitch, strict=True)]
    # From C to F sharp major. In windows that looked 8 s ahead, the last 4 s of C, which are 8 of
    # 119 windows, would count as foreign: 0.93.
    assert harmony.diatonic_chord_share(music(rows, 60.0)) > 0.96


def test_chords_outside_the_key_are_not_diatonic():
    notes = chord_loop(roots=(60, 67, 65, 66))  # C, G, F and F sharp major
    assert harmony.diatonic_chord_share(notes) < 0.85
    assert harmony.diatonic_chord_share(noise()) < 0.5
