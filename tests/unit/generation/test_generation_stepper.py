"""The network step by step, against TF1's BasicLSTMCell written out in float64."""

import numpy as np
import pytest

from generation_networks import small, small_weights
from perfrnn.generation.stepper import StepNetwork, StepWeights


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(weights, layers, events, signals):
    """Return the logits after each event of one stream: one-hot inputs, gates i, j, f, o."""
    weights = {name: value.astype(np.float64) for name, value in weights.items()}
    units = weights["fully_connected/weights"].shape[0]
    cells, hiddens = np.zeros((layers, units)), np.zeros((layers, units))
    logits = []
    for event, signal in zip(events, signals, strict=True):
        below = np.concatenate([signal, np.eye(388)[event]])
        for layer in range(layers):
            name = f"rnn/multi_rnn_cell/cell_{layer}/basic_lstm_cell/"
            joined = np.concatenate([below, hiddens[layer]])
            i, j, f, o = np.split(joined @ weights[name + "kernel"] + weights[name + "bias"], 4)
            cells[layer] = cells[layer] * sigmoid(f + 1) + sigmoid(i) * np.tanh(j)
            below = hiddens[layer] = np.tanh(cells[layer]) * sigmoid(o)
        logits.append(below @ weights["fully_connected/weights"])
    return np.array(logits) + weights["fully_connected/biases"]


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
@pytest.mark.parametrize("control_size", [0, 20])
def test_it_is_the_basic_lstm_cell(control_size, layers):
    rng = np.random.default_rng(1)
    weights = small_weights(control_size + 388, layers=layers, units=16)
    events = rng.integers(388, size=(30, 3))
    signals = rng.random((30, 3, control_size)).astype(np.float32)
    prepared = StepWeights(weights)
    assert (prepared.layers, prepared.units, prepared.classes) == (layers, 16, 388)
    assert prepared.control_size == control_size
    network = StepNetwork(prepared, 3)
    logits = np.array(
        [
            network.step(e, s if control_size else None)
            for e, s in zip(events, signals, strict=True)
        ]
    )
    for stream in range(3):
        expected = reference(weights, layers, events[:, stream], signals[:, stream])
        np.testing.assert_allclose(logits[:, stream], expected, atol=2e-6)


@pytest.mark.parametrize("layers", [1, 2, 3, 4])
def test_streams_can_be_dropped_doubled_and_cleared(layers):
    weights = small(layers=layers)
    network, alone = StepNetwork(weights, 3), StepNetwork(weights, 1)
    network.step(np.array([1, 2, 3]))
    network.take(np.array([2, 2]))
    network.clear(np.array([True, False]))
    fresh = alone.step(np.array([5]))[0]
    alone.clear(np.array([True]))
    alone.step(np.array([3]))
    seasoned = alone.step(np.array([5]))[0]
    both = network.step(np.array([5, 5]))
    np.testing.assert_allclose(both, [fresh, seasoned], atol=1e-6)
