"""Control signals against note_seq's, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from note_seq import performance_controls, performance_encoder_decoder
from note_seq.performance_lib import Performance

from perfrnn.events import conditioning

ENCODING = performance_encoder_decoder.PerformanceOneHotEncoding(num_velocity_bins=32)
DENSITY = performance_controls.NoteDensityPerformanceControlSignal(
    window_size_seconds=3.0, density_bin_ranges=[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
)
HISTOGRAM = performance_controls.PitchHistogramPerformanceControlSignal(window_size_seconds=5.0)

event_lists = st.lists(
    st.one_of(st.integers(55, 75), st.integers(183, 203), st.integers(256, 387)),
    min_size=1,
    max_size=120,
)


def magenta_inputs(events):
    performance = Performance(steps_per_second=100, num_velocity_bins=32)
    for event in events:
        performance.append(ENCODING.decode_event(event))
    density, histogram = DENSITY.extract(performance), HISTOGRAM.extract(performance)
    rows = [
        list(DENSITY.encoder.events_to_input(density, i))
        + list(HISTOGRAM.encoder.events_to_input(histogram, i))
        for i in range(len(events))
    ]
    return np.array(rows, np.float32)


@given(event_lists)
def test_signals_equal_note_seq_bit_for_bit(events):
    ours = conditioning.control_signals(np.array(events, np.int16))
    np.testing.assert_array_equal(ours, magenta_inputs(events))


def test_density_by_hand():
    # Two notes at 0, one at 1.5 s, the performance ends after 2 s: 3 notes in 2 s.
    events = np.array([60, 64, 355, 256 + 49, 67, 256 + 49], np.int16)
    assert conditioning.note_density(events)[:3].tolist() == [1.5, 1.5, 1.5]
    assert conditioning.note_density(events)[4] == 2.0  # one note in the remaining half second


def test_histogram_by_hand():
    # C for 2 s, then C and G for 1 s.
    events = np.array([60, 355, 355, 67, 355, 128 + 60, 128 + 67], np.int16)
    expected = np.full(12, 0.01)
    expected[0], expected[7] = 3.01, 1.01
    np.testing.assert_allclose(
        conditioning.pitch_class_histogram(events)[0], expected / expected.sum(), rtol=1e-12
    )


def test_requested_controls_match_what_music_would_give():
    vector = conditioning.control_vector(5.0, np.ones(12))
    assert vector[:8].tolist() == [0, 0, 0, 1, 0, 0, 0, 0]  # 4 to 8 notes a second
    np.testing.assert_allclose(vector[8:], 1 / 12)


def test_empty_weights_become_uniform():
    np.testing.assert_allclose(conditioning.normalize(np.zeros(12)), 1 / 12)


@pytest.mark.parametrize(("density", "classes"), [(2**2.5, {3: 1.0}), (4.0, {2: 0.5, 3: 0.5})])
def test_a_request_lies_between_two_density_classes(density, classes):
    asked = conditioning.request_vector(density, np.ones(12))[: conditioning.DENSITY_CLASSES]
    assert {int(k): float(asked[k]) for k in np.flatnonzero(asked)} == pytest.approx(classes)


@pytest.mark.parametrize("density", [0.0, 1e-9, 500.0])
def test_a_request_of_any_density_adds_up_to_one(density):
    asked = conditioning.request_vector(density, np.ones(12))
    assert asked[: conditioning.DENSITY_CLASSES].sum() == pytest.approx(1)


def test_held_signals_are_those_of_the_whole():
    events = np.array([360, 60, 355, 188, 64, 67, 355, 192, 195], np.int16)
    signals = conditioning.held_signals(events)
    assert signals.shape == (len(events), conditioning.CONTROL_SIZE)
    weights = np.full(12, conditioning.HISTOGRAM_PRIOR)
    weights[[0, 4, 7]] += 1
    assert signals[3] == pytest.approx(conditioning.request_vector(1.5, weights))


@pytest.mark.parametrize(("heard", "asked"), [(4.3, 4), (10.65, 8), (12.2, 10), (17.4, 16)])
def test_what_was_heard_is_asked_for_as_it_was(heard, asked):
    assert conditioning.request_for(heard) == pytest.approx(asked)


@given(st.floats(0.01, 100), st.floats(0.01, 100))
def test_who_wants_more_asks_for_more(one, other):
    requests = [conditioning.request_for(each) for each in sorted([one, other])]
    assert requests == sorted(requests)


def test_silence_is_asked_for_as_silence():
    assert conditioning.request_for(0) == 0
