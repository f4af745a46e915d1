"""One training step of ours beside Magenta's: same weights, same batch, dropout off, float32.

Needs the interpreter of an environment with magenta 2.1.4, named by PERFRNN_MAGENTA_PYTHON.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from perfrnn.dataset.batches import Batch
from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.network.bundle import OUTPUT_WEIGHTS
from perfrnn.network.model import CLIP_NORM, PerformanceRNN

MAGENTA = os.environ.get("PERFRNN_MAGENTA_PYTHON")
LEARNING_RATE = 1e-3
LENGTHS = np.array([40, 17, 33, 1], np.int32)
PADDED = 64  # ours pads further than Magenta, to a multiple of 64

pytestmark = [
    pytest.mark.slow,
    # Keras reads its variables into NumPy 2 by a method that NumPy is about to retire.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.skipif(
        not MAGENTA, reason="PERFRNN_MAGENTA_PYTHON does not name Magenta's interpreter"
    ),
]


def make_batch(rng: np.random.Generator, conditioned: bool) -> Batch:
    shape = (len(LENGTHS), PADDED)
    mask = np.arange(PADDED) < LENGTHS[:, None]
    inputs = {"events": rng.integers(ev.NUM_CLASSES, size=shape).astype(np.int32) * mask}
    if conditioned:
        density = np.eye(8)[rng.integers(8, size=shape)]
        histogram = rng.dirichlet(np.ones(12), size=shape)
        signals = np.concatenate([density, histogram], axis=-1) * mask[..., None]
        assert signals.shape[-1] == conditioning.CONTROL_SIZE
        inputs["controls"] = signals.astype(np.float32)
    labels = rng.integers(ev.NUM_CLASSES, size=shape).astype(np.int32) * mask
    return Batch(inputs, labels, mask.astype(np.float32))


def run_magenta(folder: Path, config: str, batch: Batch, weights: dict) -> dict[str, np.ndarray]:
    longest = LENGTHS.max()
    inputs = np.eye(ev.NUM_CLASSES)[batch.inputs["events"]]
    if "controls" in batch.inputs:
        inputs = np.concatenate([batch.inputs["controls"], inputs], axis=-1)
    np.savez(
        folder / "in.npz",
        inputs=inputs[:, :longest],
        labels=batch.labels[:, :longest],
        lengths=LENGTHS,
        learning_rate=LEARNING_RATE,
        **{f"weights/{name}": value for name, value in weights.items()},
    )
    script = Path(__file__).with_name("magenta_gradients.py")
    command = [MAGENTA, script, config, folder / "in.npz", folder / "out.npz"]
    subprocess.run([str(part) for part in command], check=True)
    return dict(np.load(folder / "out.npz"))


def run_ours(model: PerformanceRNN, batch: Batch) -> tuple[float, dict[str, np.ndarray]]:
    """Return loss and gradients by Magenta's names."""

    @tf.function
    def differentiate():
        with tf.GradientTape() as tape:
            logits = model(batch.inputs, training=True)
            loss = model.compute_loss(y=batch.labels, y_pred=logits, sample_weight=batch.mask)
        named = model.variables_by_name()
        values = tape.gradient(loss, [variable.value for variable in named.values()])
        return loss, dict(zip(named, values, strict=True))

    loss, gradients = differentiate()
    return float(loss), {name: np.array(value) for name, value in gradients.items()}


def momenta(model: PerformanceRNN) -> dict[str, np.ndarray]:
    """Return Adam's first moments by Magenta's names."""
    moments = [v for v in model.optimizer.variables if v.path.endswith("_momentum")]
    by_path = {
        variable.path: np.array(moment.value)
        for variable, moment in zip(model.trainable_variables, moments, strict=True)
    }
    return {name: by_path[v.path] for name, v in model.variables_by_name().items()}


def relative_error(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.linalg.norm(got - want) / np.linalg.norm(want))


@pytest.mark.parametrize(
    ("config", "conditioned"),
    [
        ("performance_with_dynamics", False),
        ("multiconditioned_performance_with_dynamics", True),
    ],
)
def test_loss_gradients_and_one_step_are_magentas(tmp_path, config, conditioned):
    rng = np.random.default_rng(0)
    model = PerformanceRNN(conditioned=conditioned, precision="float32")
    weights = {
        name: rng.normal(scale=0.05, size=shape).astype(np.float32)
        for name, shape in model.shapes().items()
    }
    weights[OUTPUT_WEIGHTS] *= 10  # large enough a loss that some gradients are clipped
    model.set_named_weights(weights)
    batch = make_batch(rng, conditioned)

    theirs = run_magenta(tmp_path, config, batch, weights)
    loss, gradients = run_ours(model, batch)
    model.train_step_on(batch, LEARNING_RATE)
    after, momentum = model.named_weights(), momenta(model)

    assert loss == pytest.approx(float(theirs["loss"]), rel=1e-5)
    clipped = set()
    for name, before in weights.items():
        gradient = theirs[f"gradients/{name}"]
        clipped.add(bool(np.linalg.norm(gradient) > CLIP_NORM))
        assert relative_error(gradients[name], gradient) < 1e-4, name
        assert relative_error(momentum[name], theirs[f"momentum/{name}"]) < 1e-4, name
        step = theirs[f"after/{name}"] - before
        assert relative_error(after[name] - before, step) < 1e-3, name
    assert clipped == {True, False}, "the batch should exercise clipping and its absence"
