"""Beam search: who survives, and what it does to a sample."""

import numpy as np
import pytest

from generation_networks import small, small_weights
from perfrnn.events import vocabulary as ev
from perfrnn.generation.beam_search import Beam, survivors
from perfrnn.generation.sampler import generate
from perfrnn.generation.stepper import StepWeights
from perfrnn.generation.streams import SampleRequest


def test_the_best_survive_and_branch():
    scores = np.array([[-3.0, -1.0, -2.0, -4.0], [0.0, 0.0, -1.0, 0.0]])
    chosen = survivors(scores, Beam(size=2, branch_factor=2))
    assert chosen.tolist() == [1, 2, 1, 2, 4, 5, 4, 5]


def test_without_branches_all_survive():
    scores = np.array([[-3.0, -1.0, -2.0]])
    assert sorted(survivors(scores, Beam(size=3)).tolist()) == [0, 1, 2]


@pytest.mark.parametrize("beam", [Beam(4, 3), Beam(2, 2, 8), Beam(5), Beam(1, 6, 3)])
def test_samples_have_their_length(beam):
    requests = [SampleRequest(300, seed=1), SampleRequest(120, seed=2)]
    for sample, request in zip(generate(small(), requests, beam=beam), requests, strict=True):
        assert ev.shift_steps(sample.events).sum() == request.num_steps


def test_a_wider_beam_finds_more_probable_music():
    weights = small_weights()
    weights["fully_connected/weights"] *= 5

    def surprise(beam):
        made = generate(StepWeights(weights), [SampleRequest(400, s) for s in range(8)], beam=beam)
        return np.mean([sample.nats_per_event for sample in made])

    plain, narrow, wide = surprise(Beam()), surprise(Beam(1, 8)), surprise(Beam(8, 8))
    assert plain > narrow + 0.3
    assert narrow > wide + 0.2


def test_the_surprise_is_that_of_the_events():
    """Shares do not depend on the music when no layer reaches the output."""
    weights = small_weights()
    weights["fully_connected/weights"][:] = 0
    (sample,) = generate(StepWeights(weights), [SampleRequest(2000, seed=3)])
    logits = weights["fully_connected/biases"].astype(float)
    nats = np.log(np.exp(logits).sum()) - logits
    drawn = sample.events[1:]  # the first is given
    possible = nats[drawn[:-1]].sum() + nats[drawn[-1] : ev.VELOCITY]  # the last may be shortened
    assert np.abs(possible / len(drawn) - sample.nats_per_event).min() < 1e-5
