"""Generation: exact length, closed notes, the right distribution, independent seeds."""

import numpy as np
import pytest
from scipy import stats

from perfrnn import events as ev
from perfrnn.bundle import expected_shapes
from perfrnn.controls import control_vector
from perfrnn.sampling import MAX_NOTE_SECONDS, SampleRequest, StepNetwork, draw, generate


def weights(input_size=388, units=8, bias=None, seed=0):
    rng = np.random.default_rng(seed)
    shapes = expected_shapes(input_size, 388, layers=2, units=units)
    values = {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    if bias is not None:
        values["fully_connected/biases"] = bias.astype(np.float32)
    return values


def favour(*events):
    """Output biases that all but force one of `events`."""
    bias = np.full(388, -50.0)
    bias[list(events)] = 50.0
    return bias


@pytest.mark.parametrize("num_steps", [100, 101, 999, 6000])
def test_length_is_exact(num_steps):
    (sample,) = generate(weights(), [SampleRequest(num_steps, seed=1)])
    assert ev.shift_steps(sample.events).sum() == num_steps
    assert sample.notes.total_time == num_steps / 100
    assert sample.notes.end.max(initial=0) <= num_steps / 100


def test_notes_that_never_end_are_closed_and_counted():
    sticky = weights(bias=favour(60, 256 + 99))
    (sample,) = generate(sticky, [SampleRequest(3000, seed=1)])
    assert sample.hanging_notes > 0
    assert sample.cut_notes > 0
    assert (sample.notes.end - sample.notes.start).max() <= MAX_NOTE_SECONDS


def test_a_stream_that_never_passes_time_is_moved_on():
    stuck = weights(bias=favour(60, 188))
    (sample,) = generate(stuck, [SampleRequest(500, seed=1)])
    assert sample.forced_shifts > 0
    assert sample.notes.total_time == 5.0


def test_a_seed_gives_the_same_music_alone_or_in_company():
    request = SampleRequest(400, seed=5)
    (alone,) = generate(weights(), [request])
    company = generate(weights(), [SampleRequest(900, seed=s) for s in (1, 2)] + [request])
    np.testing.assert_array_equal(alone.events, company[2].events)
    assert not np.array_equal(company[0].events, company[1].events)


def test_draws_follow_the_softmax():
    logits = np.array([0.0, 1.0, 2.0, -1.0])
    random = np.random.default_rng(1)
    for temperature in (0.5, 1.0, 2.0):
        counts = np.bincount(
            [draw(logits, temperature, random) for _ in range(20000)], minlength=4
        )
        scaled = np.exp(logits / temperature)
        expected = 20000 * scaled / scaled.sum()
        assert stats.chisquare(counts, expected).pvalue > 1e-4


def test_conditions_change_what_a_conditioned_network_says():
    network_weights = weights(input_size=408)
    logits = []
    for key in ([1] + [0] * 11, [0] * 11 + [1]):
        network = StepNetwork(network_weights, 1)
        assert network.conditioned
        logits.append(network.step(np.array([355]), control_vector(15, np.array(key))[None]))
    assert not np.allclose(logits[0], logits[1])
