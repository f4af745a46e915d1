"""What plays is what was trained: the stepper against the Keras network."""

import numpy as np

from perfrnn.events.requests import held_pitches
from perfrnn.generation.transformer_stepper import TransformerStepper
from perfrnn.network.transformer import PerformanceTransformer
from transformer_networks import COMPOSERS, DENSITIES, KEYS, transformer_weights


def test_the_stepper_is_the_network():
    """Over a context that slides three times; requests change all the time."""
    rng = np.random.default_rng(0)
    weights, length, context = transformer_weights(), 40, 12
    model = PerformanceTransformer.from_weights(
        weights, heads=3, context=context, precision="float32"
    )
    events = np.where(
        rng.random((2, length)) < 0.5,
        60 + rng.integers(3, size=(2, length)) + 128 * rng.integers(2, size=(2, length)),
        rng.integers(388, size=(2, length)),
    ).astype(np.int32)
    asked = {
        "composer": rng.integers(COMPOSERS, size=(2, length)).astype(np.int32),
        "key": rng.integers(KEYS, size=(2, length)).astype(np.int32),
        "density": rng.dirichlet(np.ones(DENSITIES), (2, length)).astype(np.float32),
    }
    held = np.array([held_pitches(row) for row in events])
    expected = model.predict_logits({"events": events, "held": held, **asked})
    stepper = TransformerStepper(weights, heads=3, context=context)
    network = stepper.start(2)
    for position in range(length):
        signals = np.array(
            [
                stepper.weights.condition(*(asked[name][row, position] for name in asked))
                for row in range(2)
            ]
        )
        found = network.step(events[:, position], signals)
        np.testing.assert_allclose(found, expected[:, position], atol=2e-5)
