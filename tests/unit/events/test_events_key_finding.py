"""Keys and chords of lists of notes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.events.key_finding import MAJOR_PROFILE, estimate_key


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(
    ("degrees", "mode"), [((0, 2, 4, 5, 7, 9, 11), "major"), ((0, 2, 3, 5, 7, 8, 11), "minor")]
)
def test_a_scale_with_its_triad_doubled_is_in_its_key(tonic, degrees, mode):
    weights = np.zeros(12)
    weights[[(tonic + degree) % 12 for degree in degrees]] = 1
    weights[[(tonic + degrees[place]) % 12 for place in (0, 2, 4)]] += 1
    assert estimate_key(weights)[:2] == (tonic, mode)


def test_the_profile_itself_correlates_wholly():
    key = estimate_key(np.roll(MAJOR_PROFILE, 5))
    assert key.tonic == 5
    assert key.correlation == pytest.approx(1)


def test_no_key_where_all_pitch_classes_weigh_the_same():
    assert estimate_key(np.ones(12)) is None


@given(st.lists(st.floats(0, 100), min_size=12, max_size=12), st.integers(1, 11))
def test_the_correlation_moves_with_the_music(weights, semitones):
    weights = np.array(weights)
    if np.ptp(weights) < 1e-3:
        return
    key, moved = estimate_key(weights), estimate_key(np.roll(weights, semitones))
    assert moved.correlation == pytest.approx(key.correlation)
    assert -1 <= key.correlation <= 1
