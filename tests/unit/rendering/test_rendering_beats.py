import numpy as np
import pytest

from perfrnn.notes import Notes
from perfrnn.rendering.beats import PREFERRED_INTERVAL, estimate_beats, onset_weights


def played(start, pitch=60, length=0.2, velocity=64):
    start = np.asarray(start, float)
    pitch = np.broadcast_to(pitch, start.shape).astype(int)
    end = start + length
    return Notes(start, end, pitch, np.full(len(start), velocity), float(end.max(initial=0.0)))


def off_beat(onsets, beats):
    """Return the distance of each onset from the nearest beat, in seconds."""
    return np.abs(np.asarray(onsets)[:, None] - beats[None]).min(axis=1)


def test_beats_of_regular_pulses_are_pulses():
    onsets = 1 + 0.5 * np.arange(20)
    beats = estimate_beats(played(onsets))
    assert off_beat(beats[(beats > 0.9) & (beats < 10.6)], onsets).max() < 0.002
    assert np.ptp(np.diff(beats)) < 0.02


def test_bass_and_afterbeat_make_one_beat():
    # A bass every half second, a chord between: oom-pah.
    start = np.repeat(0.25 * np.arange(40), [1, 3] * 20)
    pitch = np.tile([36, 64, 67, 72], 20)
    beats = estimate_beats(played(start, pitch))
    np.testing.assert_allclose(np.diff(beats[1:-1]), 0.5, atol=0.002)
    assert off_beat(0.5 * np.arange(20), beats).max() < 0.002


def test_a_bass_on_every_second_eighth_marks_the_beat():
    eighths = 0.3 * np.arange(40)
    beats = estimate_beats(played(eighths, pitch=np.where(np.arange(40) % 2, 72, 40)))
    assert np.median(np.diff(beats)) == pytest.approx(0.6, abs=0.02)
    assert off_beat(eighths[::2], beats).max() < 0.03


def test_beats_follow_a_slowing_tempo():
    beat = np.append(0.0, np.cumsum(np.geomspace(0.5, 0.75, 30)))
    onsets = np.sort(np.append(beat, (beat[1:] + beat[:-1]) / 2))
    beats = estimate_beats(played(onsets, np.where(np.isin(onsets, beat), 36, 72)))
    assert off_beat(beat, beats).max() < 0.02
    assert np.diff(beats).min() > 0.45


def test_a_gap_is_bridged_with_beats():
    beat = np.append(np.arange(12), np.arange(16, 30)) * 0.5
    onsets = np.sort(np.append(beat, beat + 0.25))
    pitch = np.where(np.isin(onsets, beat), 36, 72)
    beats = estimate_beats(played(onsets, pitch))
    assert off_beat(beat, beats).max() < 0.02
    assert np.diff(beats).max() < 0.6


@pytest.mark.parametrize("onsets", [[], [3.0], [3.0, 4.5]])
def test_too_few_onsets_give_even_beats_over_all_of_them(onsets):
    beats = estimate_beats(played(onsets))
    np.testing.assert_allclose(np.diff(beats), PREFERRED_INTERVAL)
    if onsets:
        assert beats[0] == onsets[0]
        assert beats[-1] > onsets[-1]


def test_chords_low_and_long_notes_weigh_more():
    notes = Notes(
        np.array([0.0, 0.5, 0.5, 0.5, 1.0, 1.5]),
        np.array([0.4, 0.9, 0.9, 0.9, 1.4, 3.0]),
        np.array([72, 72, 76, 79, 72, 40]),
        np.full(6, 64),
        3.0,
    )
    time, weight = onset_weights(notes)
    np.testing.assert_allclose(time, [0.0, 0.5, 1.0, 1.5])
    assert weight.mean() == pytest.approx(1.0)
    assert weight[1] > weight[2]
    assert weight[3] > weight[0]
