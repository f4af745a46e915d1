"""Guidance: logits extrapolated from the free ones through those asked for."""

import numpy as np
import pytest

from perfrnn.generation.guidance import Guided
from perfrnn.generation.transformer_stepper import TransformerStepper
from transformer_networks import DENSITIES, transformer_logits, transformer_weights

NOTHING = (0, 0, np.eye(DENSITIES)[0])
ASKED = (2, 7, np.eye(DENSITIES)[3])


@pytest.mark.parametrize("factor", [0.0, 1.0, 2.5])
def test_logits_are_extrapolated(factor):
    weights = transformer_weights()
    rng = np.random.default_rng(0)
    events = rng.integers(388, size=(2, 12))
    stepper = TransformerStepper(weights, heads=3, context=64)
    asked = np.tile(stepper.weights.condition(*ASKED), (2, 1))
    network = Guided(stepper, stepper.weights.free, factor).start(2)
    network.hear(events[:, :9], np.tile(asked[:, None], (1, 9, 1)), np.array([0, 4]))
    network.step(events[:, 9], asked)
    network.take(np.array([1, 0, 1]))
    network.step(events[[1, 0, 1], 10], asked[[0, 0, 0]])
    found = network.step(events[[1, 0, 1], 11], asked[[0, 0, 0]])
    assert found.shape == (3, 388)
    for logits, heard in zip(found, (events[1, 4:], events[0], events[1, 4:]), strict=True):
        with_, without = (
            transformer_logits(weights, heard, [asked] * len(heard), 3, 64)[-1]
            for asked in (ASKED, NOTHING)
        )
        expected = without + factor * (with_ - without)
        np.testing.assert_allclose(logits, expected, atol=3e-5)


def test_a_guided_network_takes_twice_the_memory():
    stepper = TransformerStepper(transformer_weights(), heads=3, context=64)
    guided = Guided(stepper, stepper.weights.free, 1.5)
    assert (guided.classes, guided.control_size) == (stepper.classes, stepper.control_size)
    assert guided.most_streams == stepper.most_streams // 2
