"""Small networks with random weights, and output biases that force events."""

import numpy as np

from perfrnn.generation.stepper import StepWeights
from perfrnn.network.bundle import expected_shapes


def small(**kwargs):
    """What generation takes, made of `small_weights`."""
    return StepWeights(small_weights(**kwargs))


def small_weights(inputs=388, classes=388, layers=2, units=8, bias=None, seed=0):
    rng = np.random.default_rng(seed)
    shapes = expected_shapes(inputs, classes, layers=layers, units=units)
    weights = {n: rng.normal(0, 0.3, shape).astype(np.float32) for n, shape in shapes.items()}
    if bias is not None:
        weights["fully_connected/biases"] = bias.astype(np.float32)
    return weights


def favour(*events, strength=50.0):
    """Output biases that all but force one of `events`."""
    bias = np.full(388, -strength)
    bias[list(events)] = strength
    return bias
