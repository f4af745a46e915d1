"""Pitch classes in windows, and notes struck together."""

import numpy as np
import pytest

from evaluation_music import music, noise
from perfrnn.evaluation import windows


def test_sounding_seconds_count_each_note_within_each_window():
    notes = music([(0, 2, 60), (1, 4, 72), (0.5, 1, 61)])
    chroma = windows.window_chroma(notes, np.array([0.0, 1.0, 3.0]), 1.0)
    expected = np.zeros((3, 12))
    expected[:, 0] = [1.0, 2.0, 1.0]
    expected[:, 1] = [0.5, 0.0, 0.0]
    np.testing.assert_allclose(chroma, expected)


def test_windows_side_by_side_add_up_to_all_that_sounds():
    notes = noise()
    starts = windows.window_starts(notes, 1.0, 1.0)
    chroma = windows.window_chroma(notes, starts, 1.0)
    assert len(starts) == 60
    assert chroma.sum() == pytest.approx((notes.end - notes.start).sum())


def test_windows_lie_within_the_music():
    notes = music([(0, 20, 60)])
    np.testing.assert_allclose(windows.window_starts(notes, 8.0, 4.0), [0, 4, 8, 12])
    np.testing.assert_allclose(windows.window_starts(music([(0, 1, 60)]), 8.0, 4.0), [0])


def test_chords_are_notes_at_most_thirty_milliseconds_after_one_another():
    notes = music([(1.0, 2, 64), (0.0, 1, 60), (1.03, 2, 60), (1.06, 2, 67), (1.1, 2, 72)])
    groups = windows.chords(notes)
    assert groups.size.tolist() == [1, 3, 1]
    assert groups.onset.tolist() == [0.0, 1.0, 1.1]
    assert groups.top.tolist() == [60, 67, 72]
    np.testing.assert_allclose(groups.average(groups.pitch), [60, (64 + 60 + 67) / 3, 72])


def test_entropy_in_bits():
    assert windows.entropy(np.array([5, 5, 0, 5, 5])) == pytest.approx(2)
    assert windows.entropy(np.array([7])) == 0
    assert np.isnan(windows.entropy(np.zeros(3)))


def test_means_and_shares_of_nothing_are_no_numbers():
    assert np.isnan(windows.mean(np.array([np.nan])))
    assert windows.mean(np.array([1.0, np.nan, 3.0])) == 2
    assert np.isnan(windows.share(0, 0))
