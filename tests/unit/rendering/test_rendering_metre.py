from dataclasses import replace

import numpy as np
import pytest

from perfrnn.notes import Notes
from perfrnn.rendering.metre import estimate_measures
from perfrnn.rendering.notation import Metre


def accompaniment(bars, beats, pickup=0):
    """Return bass and chords, bass on the first beat, another harmony in every bar."""
    rows = []
    roots = [0, 5, 7, 0, 9, 2, 7, 0]
    for beat in range(bars * beats + pickup):
        bar, place = divmod(beat - pickup, beats)
        root = roots[bar % 8]
        time = 0.5 * beat
        if place == 0:
            rows.append((time, time + 0.45, 36 + root, 80))
        else:
            rows += [(time, time + 0.2, 60 + root + step, 60) for step in (0, 4, 7)]
    return performed(rows), 0.5 * np.arange(bars * beats + pickup + 1)


def performed(rows):
    """Return notes given as start, end, pitch and velocity."""
    table = np.array(sorted(rows))
    pitch, velocity = table[:, 2].astype(int), table[:, 3].astype(int)
    return Notes(table[:, 0], table[:, 1], pitch, velocity, float(table[:, 1].max()))


def barred(notes, beats, has_thirds=False):
    """Return the metre and the first downbeat."""
    metre, _, first = estimate_measures(notes, beats, has_thirds=has_thirds)
    return metre, first


def sustained(notes):
    """Return the notes with the first bass note held for three beats: no measure of two."""
    end = notes.end.copy()
    end[notes.pitch.argmin()] += 1.5
    return replace(notes, end=end)


def test_bass_and_harmony_tell_the_measure():
    assert barred(*accompaniment(8, 3)) == (Metre(3, 4), 0)
    notes, beats = accompaniment(8, 4)
    assert barred(sustained(notes), beats) == (Metre(4, 4), 0)


def test_an_upbeat_moves_the_first_downbeat():
    assert barred(*accompaniment(8, 3, pickup=1)) == (Metre(3, 4), 1)


def test_a_march_without_long_notes_is_in_two():
    assert barred(*accompaniment(12, 2)) == (Metre(2, 4), 0)
    assert barred(*accompaniment(12, 2, pickup=1)) == (Metre(2, 4), 1)


def test_too_little_music_is_in_four_or_in_six():
    empty = Notes(np.zeros(0), np.zeros(0), np.zeros(0, int), np.zeros(0, int), 0.0)
    beats = np.array([0.0, 0.5])
    assert barred(empty, beats) == (Metre(4, 4), 0)
    assert barred(empty, beats, has_thirds=True) == (Metre(6, 8), 0)


@pytest.mark.parametrize(
    ("metre", "beat", "measure"),
    [(Metre(4, 4), 24, 96), (Metre(3, 4), 24, 72), (Metre(6, 8), 36, 72), (Metre(9, 8), 36, 108)],
)
def test_lengths_of_beats_and_measures(metre, beat, measure):
    assert metre.beat_ticks == beat
    assert metre.measure_ticks == measure


def test_six_eighths_with_a_marked_middle_are_two_beats():
    # A bass at the start and another in the middle of each six eighths, the harmony changes.
    rows = []
    for bar, root in enumerate([0, 5, 7, 0, 9, 2, 7, 0]):
        for eighth in range(6):
            time = 1.5 * bar + 0.25 * eighth
            rows.append((time, time + 0.2, 72 + root + (0, 4, 7, 12, 7, 4)[eighth], 60))
        rows.append((1.5 * bar, 1.5 * bar + 0.7, 36 + root, 80))
        rows.append((1.5 * bar + 0.75, 1.5 * bar + 1.4, 43 + root, 70))
    metre, beats, first = estimate_measures(performed(rows), 0.5 * np.arange(25), has_thirds=False)
    assert (metre, first) == (Metre(6, 8), 0)
    np.testing.assert_allclose(beats[:16], 0.75 * np.arange(16))
    assert beats[-1] >= 11.25


def thirds(places, interval):
    """Return eight measures of four beats cut in thirds, of which `places` are struck."""
    rows = []
    for beat in range(32):
        root = [0, 5, 7, 0, 9, 2, 7, 0][beat // 4]
        time = interval * beat
        if beat % 4 == 0:
            rows.append((time, time + 3 * interval, 36 + root, 80))
        for third in places:
            start = time + third * interval / 3
            rows.append((start, start + interval / 4, 60 + root + 4 * third, 60))
    return performed(rows), interval * np.arange(33)


@pytest.mark.parametrize(
    ("places", "interval", "is_compound"),
    [
        ((0, 1, 2), 0.5, False),  # quick running thirds are triplets
        ((0, 1, 2), 0.7, True),
        ((0, 2), 0.5, True),  # skipping ones are quarters and eighths of 12/8 or 6/8
    ],
)
def test_thirds_are_triplets_or_eighths(places, interval, is_compound):
    notes, beats = thirds(places, interval)
    metre, kept, first = estimate_measures(notes, beats, has_thirds=True)
    assert metre.is_compound == is_compound
    np.testing.assert_array_equal(kept, beats)
    assert first % 2 == 0


@pytest.mark.parametrize(("interval", "is_compound"), [(0.96, False), (0.75, True)])
def test_a_dotted_beat_full_of_short_notes_is_a_measure_unless_too_fast(interval, is_compound):
    # Cut in twelve it is full of thirty-seconds; as 3/4 of 0.32 or 0.25 s, of sixteenths.
    notes, beats = thirds(np.arange(12) / 4, interval)
    metre, kept, _ = estimate_measures(notes, beats, has_thirds=True)
    assert metre.is_compound == is_compound
    assert (metre == Metre(3, 4)) != is_compound
    np.testing.assert_allclose(np.diff(kept), interval if is_compound else interval / 3)


def test_slow_beats_full_of_short_notes_are_halved():
    # Beats of a second cut in eight, a bass on every second half of one: a quick measure of two.
    rows = []
    for half in range(32):
        root = [0, 5, 7, 0][half // 2 % 4]
        rows += [(half / 2 + k / 8, half / 2 + k / 8 + 0.1, 72 + root + k, 60) for k in range(4)]
        if half % 2 == 0:
            rows.append((half / 2, half / 2 + 0.4, 36 + root, 80))
    metre, beats, _ = estimate_measures(performed(rows), np.arange(17.0), has_thirds=False)
    np.testing.assert_allclose(np.diff(beats), 0.5)
    assert metre == Metre(2, 4)
