import numpy as np
import pytest

from perfrnn.notes import Notes
from perfrnn.rendering.metre import estimate_measures, time_signature
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
    table = np.array(sorted(rows))
    return Notes(
        table[:, 0], table[:, 1], table[:, 2].astype(int), table[:, 3].astype(int), 1.0
    ), 0.5 * np.arange(bars * beats + pickup + 1)


@pytest.mark.parametrize("beats", [3, 4])
def test_bass_and_harmony_tell_the_measure(beats):
    assert estimate_measures(*accompaniment(8, beats)) == (beats, 0)


def test_an_upbeat_moves_the_first_downbeat():
    assert estimate_measures(*accompaniment(8, 3, pickup=1)) == (3, 1)


def test_a_march_is_not_a_waltz():
    group, first = estimate_measures(*accompaniment(12, 2))
    assert group in (2, 4)
    assert first % 2 == 0


def test_too_little_music_is_in_four():
    empty = Notes(np.zeros(0), np.zeros(0), np.zeros(0, int), np.zeros(0, int), 0.0)
    assert estimate_measures(empty, np.array([0.0, 0.5])) == (4, 0)


def test_time_signatures():
    assert time_signature(3, False) == Metre(3, 4)
    assert time_signature(2, True) == Metre(6, 8)
    assert time_signature(4, True) == Metre(12, 8)


@pytest.mark.parametrize(
    ("metre", "beat", "measure"),
    [(Metre(4, 4), 24, 96), (Metre(3, 4), 24, 72), (Metre(6, 8), 36, 72), (Metre(9, 8), 36, 108)],
)
def test_lengths_of_beats_and_measures(metre, beat, measure):
    assert metre.beat_ticks == beat
    assert metre.measure_ticks == measure
