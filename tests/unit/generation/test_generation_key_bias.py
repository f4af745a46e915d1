"""The pull towards a key: values worked out by hand, and what it does to a model without keys."""

import numpy as np
import pytest

from generation_networks import favour, small
from perfrnn.events import vocabulary as ev
from perfrnn.generation.key_bias import key_bias, no_bias
from perfrnn.generation.sampler import generate
from perfrnn.generation.streams import SampleRequest


def test_ratios_of_pitches_are_ratios_of_ratings_to_the_power_of_the_strength():
    (vector,) = key_bias([(0, "D major")], 2.0).vectors
    d, e_flat, a = vector[62], vector[63], vector[69]
    assert np.exp(d - e_flat) == pytest.approx((6.35 / 2.23) ** 2, rel=1e-5)
    assert np.exp(a - d) == pytest.approx((5.19 / 6.35) ** 2, rel=1e-5)
    assert vector[62] == vector[74] == vector[2]


def test_the_minor_key_has_its_own_ratings():
    (vector,) = key_bias([(0, "A minor")], 1.0).vectors
    assert np.exp(vector[60] - vector[61]) == pytest.approx(5.38 / 2.60, rel=1e-5)


def test_only_notes_are_pulled_and_the_whole_of_them_is_neither_raised_nor_lowered():
    (vector,) = key_bias([(0, "C minor")], 1.5).vectors
    assert (vector[128:] == 0).all()
    assert vector[48:60].sum() == pytest.approx(0, abs=1e-5)
    assert (no_bias().vectors == 0).all()


def test_keys_follow_one_another():
    bias = key_bias([(0, "C"), (2.5, "E")], 1.0)
    assert bias.steps.tolist() == [0, 250]
    assert bias.vectors[0, 60] == bias.vectors[1, 64] > bias.vectors[1, 60]


def pitches(sample, begin, end):
    time = np.cumsum(ev.shift_steps(sample.events)) / 100
    struck = ev.is_note_on(sample.events) & (time >= begin) & (time < end)
    return sample.events[struck]


def test_a_model_without_keys_plays_in_the_one_that_holds():
    even = favour(*range(60, 72), *range(188, 200), 256 + 9)
    requests = [
        SampleRequest(4000, seed=1, bias=key_bias([(0, "C"), (20, "F#")], 8.0)),
        SampleRequest(4000, seed=1),
    ]
    pulled, free = generate(small(bias=even), requests)
    c_major, f_sharp_major = {0, 4, 7}, {6, 10, 1}
    assert np.isin(pitches(pulled, 0, 20) % 12, list(c_major)).mean() > 0.9
    assert np.isin(pitches(pulled, 20, 40) % 12, list(f_sharp_major)).mean() > 0.9
    assert np.isin(pitches(free, 0, 40) % 12, list(c_major)).mean() < 0.5
    (alone,) = generate(small(bias=even), requests[1:])
    assert np.array_equal(alone.events, free.events)


def test_models_without_dynamics_are_pulled_too():
    weights = small(inputs=356, classes=356, bias=favour(*range(60, 72), 256 + 9)[:356])
    (sample,) = generate(weights, [SampleRequest(1000, seed=1, bias=key_bias([(0, "C")], 8.0))])
    assert np.isin(pitches(sample, 0, 10) % 12, [0, 4, 7]).mean() > 0.9
