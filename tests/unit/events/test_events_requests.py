"""What music is asked to be, and what it is found to be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.events import requests
from perfrnn.events import vocabulary as ev

ON, OFF, SHIFT = ev.NOTE_ON, ev.NOTE_OFF, ev.TIME_SHIFT - 1
EVENTS = st.lists(st.integers(0, ev.NUM_CLASSES - 1), max_size=40)


def test_the_middle_of_a_class_is_that_class_alone():
    # Middles are 1, 1.41, 2...: 8 is the seventh, row 7; row 0 is none.
    weights = requests.density_weights(8.0)
    assert len(weights) == 12
    np.testing.assert_allclose(weights, np.eye(12)[7], atol=1e-6)


def test_a_density_between_two_middles_is_shared_by_octaves():
    # 2^1.625 lies a quarter of the way from 2^1.5, row 4, to 2^2, row 5.
    weights = requests.density_weights(2**1.625)
    np.testing.assert_allclose(weights[[4, 5]], [0.75, 0.25], atol=1e-6)


def test_other_edges_make_other_classes():
    # Edges at 2 and 8: classes around 1, 4 and 16, rows 1 to 3.
    np.testing.assert_allclose(
        requests.density_weights(8.0, edges=[2.0, 8.0]), [0, 0, 0.5, 0.5], atol=1e-6
    )


@given(st.floats(0, 1e6))
def test_weights_of_densities_are_shares(density):
    weights = requests.density_weights(density)
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0
    assert weights[0] == 0


def test_no_density_is_row_0_alone():
    assert requests.no_density().tolist() == [1.0] + [0.0] * 11


def test_keys_are_rows_from_c_major_to_b_minor():
    assert requests.key_row(0, "major") == 1
    assert requests.key_row(11, "minor") == 24


@given(st.integers(1, 24), st.integers(-24, 24))
def test_transposing_a_key_moves_its_tonic_and_keeps_its_mode(row, semitones):
    moved = requests.transposed_key(row, semitones)
    assert (moved > 12) == (row > 12)
    assert (moved - row - semitones) % 12 == 0
    assert requests.transposed_key(0, semitones) == 0


def scale(pitches):
    events = []
    for pitch in pitches:
        events += [ON + pitch, SHIFT + 50, OFF + pitch]
    return np.array(events, ev.EVENT_DTYPE)


def test_the_key_of_a_scale_is_found():
    d_major = [62, 64, 66, 67, 69, 71, 73, 74, 62, 66, 69, 74]
    assert requests.found_key(scale(d_major)) == 3
    assert requests.found_key(scale([])) == 0


def test_density_is_notes_per_second():
    # Twelve notes of half a second, one after another.
    assert requests.found_density(scale([60] * 12)) == pytest.approx(2.0)


@given(EVENTS, EVENTS)
def test_held_pitches_follow_each_event(before, events):
    """Whatever the events: as a set that NOTE_ONs join and NOTE_OFFs leave."""
    sounding, expected = set(), []
    for number, event in enumerate(before + events):
        if event < 128:
            sounding.add(event)
        elif event < 256:
            sounding.discard(event - 128)
        if number >= len(before):
            expected.append(sorted(sounding))
    earlier, later = np.array(before, np.int16), np.array(events, np.int16)
    held = requests.held_pitches(later, requests.held_before(earlier))
    assert [np.flatnonzero(row).tolist() for row in held] == expected
