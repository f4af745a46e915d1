"""The transformer: its function against a reference, causality, gradients, learning."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from perfrnn.dataset.batches import Batch
from perfrnn.network import attention
from perfrnn.network.transformer import PerformanceTransformer

SIZES = {
    "blocks": 2, "width": 12, "heads": 3, "context": 5, "composers": 4, "densities": 3,
}  # fmt: skip


def network(**changes):
    return PerformanceTransformer(**SIZES | {"precision": "float32"} | changes)


def with_random_weights(model, seed=1):
    """Zeros, with which outputs begin, would hide what a block adds."""
    rng = np.random.default_rng(seed)
    weights = {n: 0.5 * rng.standard_normal(shape) for n, shape in model.shapes().items()}
    model.set_named_weights(weights)
    return weights


def random_inputs(rows=2, length=9, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "events": rng.integers(0, 388, (rows, length)).astype(np.int32),
        "held": rng.integers(0, 2, (rows, length, 128)).astype(np.uint8),
        "composer": rng.integers(0, 4, (rows, length)).astype(np.int32),
        "key": rng.integers(0, 25, (rows, length)).astype(np.int32),
        "density": rng.random((rows, length, 3)).astype(np.float32),
    }


def reference(weights, inputs, blocks, heads, context):
    """Return logits by the definition, one position of one head at a time, in float64."""

    def norm(x):
        return x / np.sqrt(np.mean(x**2, axis=-1, keepdims=True) + 1e-6)

    def turn(x, position):
        half = len(x) // 2
        angle = position * 10000.0 ** (-np.arange(half) / half)
        return np.concatenate(
            [
                x[:half] * np.cos(angle) - x[half:] * np.sin(angle),
                x[half:] * np.cos(angle) + x[:half] * np.sin(angle),
            ]
        )

    w = {name: value.astype(np.float64) for name, value in weights.items()}
    logits = []
    for row in range(len(inputs["events"])):
        x = norm(
            w["events"][inputs["events"][row]]
            + inputs["held"][row] @ w["held"]
            + w["composer"][inputs["composer"][row]]
            + w["key"][inputs["key"][row]]
            + inputs["density"][row] @ w["density"]
        )
        length, width = x.shape
        size = width // heads
        for block in range(blocks):
            a = norm(x)
            q, k, v = (a @ w[f"blocks.{block}.{part}"] for part in ("query", "key", "value"))
            q = q.reshape(length, heads, size)
            attended = np.zeros((length, heads, size))
            for head in range(heads):
                for t in range(length):
                    seen = range(max(0, t - context + 1), t + 1)
                    asked = turn(norm(q[t, head]), t)
                    scores = np.array([asked @ turn(norm(k[s]), s) / np.sqrt(size) for s in seen])
                    share = np.exp(scores) / np.exp(scores).sum()
                    attended[t, head] = sum(p * v[s] for p, s in zip(share, seen, strict=True))
            x = x + attended.reshape(length, width) @ w[f"blocks.{block}.output"]
            m = norm(x)
            inner = np.maximum(m @ w[f"blocks.{block}.up"], 0) ** 2
            x = x + inner @ w[f"blocks.{block}.down"]
        logits.append(norm(x) @ w["output"])
    return np.stack(logits)


@pytest.mark.parametrize("chunk", [3, 256])
def test_logits_are_those_of_the_definition(monkeypatch, chunk):
    monkeypatch.setattr(attention, "CHUNK", chunk)
    model = network()
    weights = with_random_weights(model)
    inputs = random_inputs()
    expected = reference(weights, inputs, blocks=2, heads=3, context=5)
    np.testing.assert_allclose(model.predict_logits(inputs), expected, atol=2e-4)


def test_a_later_event_changes_no_earlier_logit():
    model = network(context=100)
    with_random_weights(model)
    inputs = random_inputs()
    before = model.predict_logits(inputs)
    inputs["events"][:, 6] = (inputs["events"][:, 6] + 1) % 388
    after = model.predict_logits(inputs)
    np.testing.assert_array_equal(before[:, :6], after[:, :6])
    assert np.all(np.any(before[:, 6:] != after[:, 6:], axis=-1))


def test_gradients_are_those_of_finite_differences():
    rng = np.random.default_rng(3)
    query, toward = (rng.standard_normal((1, 7, 2, 4)).astype(np.float32) for _ in range(2))
    key, value = (rng.standard_normal((1, 7, 4)).astype(np.float32) for _ in range(2))

    def loss(query, key, value):
        mixed = attention.attend(query / 2, attention.norm(key), value, 4)
        return ops.sum(attention.squared_relu(mixed) * toward)

    tensors = [ops.convert_to_tensor(a) for a in (query, key, value)]
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(tensors)
            total = loss(*tensors)
        gradients = [g.numpy() for g in tape.gradient(total, tensors)]
    else:
        import jax

        gradients = jax.grad(loss, (0, 1, 2))(*tensors)
    for index, gradient in enumerate(gradients):
        arrays = [query, key, value]
        for place in [(0, 0, 0, 0), (0, 3, 1, 2), (0, 6, 0, 1)]:
            place = place if index == 0 else (0, place[1], place[3])
            step = np.zeros_like(arrays[index])
            step[place] = 1e-2
            moved = [
                [*arrays[:index], arrays[index] + sign * step, *arrays[index + 1 :]]
                for sign in (1, -1)
            ]
            up, down = (float(loss(*changed)) for changed in moved)
            assert gradient[place] == pytest.approx((up - down) / 2e-2, rel=0.03, abs=0.02)


@pytest.mark.parametrize("part", [1, 3, 9])
def test_parts_with_what_is_carried_give_what_the_whole_does(part):
    whole = network()
    weights = with_random_weights(whole)
    inputs = random_inputs()
    parts = PerformanceTransformer.from_weights(
        weights, heads=3, context=5, precision="float32", carried_rows=2
    )
    found = []
    for first in range(0, 9, part):
        cut = {name: value[:, first : first + part] for name, value in inputs.items()}
        found.append(parts.predict_logits(cut | {"fresh": np.full(2, first == 0, np.float32)}))
    expected = whole.predict_logits(inputs)
    np.testing.assert_allclose(np.concatenate(found, axis=1), expected, atol=1e-4)


def test_a_fresh_sequence_knows_nothing_of_the_one_before():
    model = network(carried_rows=2)
    with_random_weights(model)
    first, second = random_inputs(length=4, seed=1), random_inputs(length=4, seed=2)
    new, old = np.ones(2, np.float32), np.zeros(2, np.float32)
    alone = model.predict_logits(second | {"fresh": new})
    model.predict_logits(first | {"fresh": new})
    mixed = model.predict_logits(second | {"fresh": np.array([1, 0], np.float32)})
    np.testing.assert_allclose(mixed[0], alone[0], atol=1e-5)
    assert np.abs(mixed[1] - alone[1]).max() > 0.1
    with model.set_aside():
        model.predict_logits(first | {"fresh": new})
    after = model.predict_logits(second | {"fresh": old})
    model.predict_logits(second | {"fresh": new})
    assert np.abs(after - model.predict_logits(second | {"fresh": old})).max() > 1e-3


def test_muon_moves_the_blocks_and_adam_the_rest():
    model = network(optimizer="muon")
    paths = [v.path for v in model.optimizer.adam_velocities if v is not None]
    moved = {path.split("performance_transformer_")[1].split("_")[0] for path in paths}
    assert moved == {"events", "held", "composer", "key", "density", "output"}


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_learns_what_lies_within_its_context(optimizer):
    """Each event is the one three before it: the loss can only fall by looking back."""
    model = network(optimizer=optimizer, weight_decay=0.0, width=24)
    rng = np.random.default_rng(5)
    losses = []
    for _ in range(150):
        motif = rng.integers(0, 8, (16, 3))
        events = np.tile(motif, (1, 5))[:, :13].astype(np.int32)
        inputs = random_inputs(16, 12)
        inputs |= {name: np.zeros_like(value) for name, value in inputs.items()}
        inputs["events"] = events[:, :-1]
        mask = np.ones((16, 12), np.float32)
        mask[:, :2] = 0
        losses.append(model.train_step_on(Batch(inputs, events[:, 1:], mask), 1e-2)["loss"])
    assert losses[0] == pytest.approx(np.log(388), abs=1e-3)
    assert losses[-1] < 0.3


AGREEMENT = """
import json, sys
import numpy as np
from perfrnn.dataset.batches import Batch
from perfrnn.network.transformer import PerformanceTransformer

with np.load(sys.argv[1]) as file:
    arrays = {name: file[name] for name in file.files}
weights = {n[2:]: a for n, a in arrays.items() if n.startswith("w/")}
inputs = {n[2:]: a for n, a in arrays.items() if n.startswith("i/")}
model = PerformanceTransformer.from_weights(
    weights, heads=3, context=5, precision="float32", optimizer="muon"
)
logits = model.predict_logits(inputs)
labels, mask = arrays["labels"], np.ones(arrays["labels"].shape, np.float32)
losses = [model.train_step_on(Batch(inputs, labels, mask), 1e-2)["loss"] for _ in range(5)]
np.savez(sys.argv[2], logits=logits, losses=losses)
"""


def test_jax_and_tensorflow_agree(tmp_path):
    """On logits to rounding, and on five steps of training."""
    pytest.importorskip("jax")
    model = network()
    weights = {name: 0.3 * value for name, value in with_random_weights(model).items()}
    inputs = random_inputs()
    labels = np.roll(inputs["events"], -1, axis=1)
    np.savez(
        tmp_path / "given.npz",
        labels=labels,
        **{f"w/{name}": value.astype(np.float32) for name, value in weights.items()},
        **{f"i/{name}": value for name, value in inputs.items()},
    )
    found = {}
    for backend in ("tensorflow", "jax"):
        out = tmp_path / f"{backend}.npz"
        subprocess.run(
            [sys.executable, "-c", AGREEMENT, tmp_path / "given.npz", out],
            env={**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
            check=True,
        )
        with np.load(out) as file:
            found[backend] = {name: file[name] for name in file.files}
    for name, expected in found["tensorflow"].items():
        # Muon's iterations are in bfloat16, of which either backend rounds in its own way.
        tolerance = {"logits": 1e-4, "losses": 1e-2}[name]
        np.testing.assert_allclose(found["jax"][name], expected, atol=tolerance)
    assert found["jax"]["losses"][-1] < found["jax"]["losses"][0] - 0.1
