"""The network against its definition written out in NumPy, and its losses and steps."""

import numpy as np
import pytest

from perfrnn.dataset.batches import make_batch
from perfrnn.generation.stepper import StepNetwork, StepWeights
from perfrnn.network.model import PerformanceRNN


def small(conditioned=False, **kwargs):
    settings = {"layers": 2, "units": 8, "precision": "float32", "seed": 1} | kwargs
    return PerformanceRNN(conditioned=conditioned, **settings)


def batch(conditioned=False, sizes=(20, 70), seed=0):
    rng = np.random.default_rng(seed)
    sequences = [rng.integers(0, 388, size).astype(np.int16) for size in sizes]
    return make_batch(sequences, conditioned=conditioned)


@pytest.mark.parametrize("conditioned", [False, True])
def test_training_and_generation_are_the_same_function(conditioned):
    model, data = small(conditioned), batch(conditioned)
    together = model.predict_logits(data.inputs)
    network = StepNetwork(StepWeights(model.named_weights()), 2)
    for t in range(20):
        signals = data.inputs["controls"][:, t] if conditioned else None
        one = network.step(data.inputs["events"][:, t], signals)
        np.testing.assert_allclose(one, together[:, t], atol=2e-5)


def test_shapes_are_those_of_the_variables():
    model = small(conditioned=True)
    assert {n: w.shape for n, w in model.named_weights().items()} == model.shapes()


def test_weights_move_in_and_out():
    one, other = small(seed=1), small(seed=2)
    other.set_named_weights(one.named_weights())
    data = batch()
    np.testing.assert_array_equal(
        one.predict_logits(data.inputs), other.predict_logits(data.inputs)
    )


def test_padding_changes_nothing():
    sequence = np.random.default_rng(0).integers(0, 388, 30)
    model = small()
    short = make_batch([sequence], conditioned=False)
    long = make_batch([sequence], conditioned=False, length=256)
    results = [model.test_on_batch(b.inputs, b.labels, b.mask)[0] for b in (short, long)]
    assert results[0] == pytest.approx(results[1], rel=1e-6)


def test_training_lowers_the_loss():
    model, data = small(), batch()
    losses = [model.train_step_on(data, 3e-2)["loss"] for _ in range(40)]
    assert losses[0] == pytest.approx(np.log(388), abs=0.1)
    assert losses[-1] < 0.7 * losses[0]


def test_extra_losses_and_l1_count_in_the_total_only():
    data = batch()
    plain = small().train_step_on(data, 1e-3)
    assert plain["loss"] == pytest.approx(plain["total_loss"])
    model = small(l1=1e-2, auxiliary={"rhythm": 0.5, "harmonic_tension": 0.25})
    weights = model.named_weights()
    absolute = sum(np.abs(w).sum() for w in weights.values() if w.ndim == 2)
    logged = model.train_step_on(data, 1e-3)
    assert logged["loss"] == pytest.approx(plain["loss"], rel=1e-5)
    assert logged["total_loss"] > logged["loss"] + 1e-2 * absolute


@pytest.mark.parametrize("norm", [1e-3, 100.0])
def test_each_gradient_is_clipped_by_itself(norm):
    model, data = small(clip_norm=norm), batch()
    model.train_step_on(data, 1e-3)
    # Adam's first moments are a tenth of the first gradients.
    moments = [v for v in model.optimizer.variables if "momentum" in v.path]
    norms = 10 * np.array([np.linalg.norm(np.asarray(v)) for v in moments])
    assert len(norms) == 6
    if norm < 1:
        np.testing.assert_allclose(norms, norm, rtol=1e-5)
    else:
        assert norms.max() > 1e-3
        assert norms.min() < norms.max() < norm


def test_the_state_is_everything():
    """A restored model takes the very same next steps, dropout and Adam's moments included."""
    data = batch()
    one = small(dropout=0.5)
    for _ in range(3):
        one.train_step_on(data, 1e-2)
    other = small(dropout=0.5, seed=9)
    other.set_state(one.state())
    for _ in range(3):
        assert one.train_step_on(data, 1e-2) == other.train_step_on(data, 1e-2)
    for name, value in one.named_weights().items():
        np.testing.assert_array_equal(other.named_weights()[name], value)


@pytest.mark.parametrize("conditioned", [False, True])
def test_carried_states_make_parts_of_a_sequence_one(conditioned):
    data = batch(conditioned, sizes=(129, 129))
    whole = small(conditioned).predict_logits(data.inputs)
    model = small(conditioned, carried_rows=2)
    for fresh, part in ((1, slice(0, 64)), (0, slice(64, 128))):
        inputs = {name: value[:, part] for name, value in data.inputs.items()}
        inputs["fresh"] = np.full(2, fresh, np.float32)
        got = model.predict_logits(inputs)
        np.testing.assert_allclose(got, whole[:, part], atol=1e-5)


def test_a_fresh_row_begins_at_zero_beside_one_that_goes_on():
    data = batch(sizes=(65, 65))
    model = small(carried_rows=2)
    first = model.predict_logits({**data.inputs, "fresh": np.ones(2, np.float32)})
    second = model.predict_logits({**data.inputs, "fresh": np.array([1, 0], np.float32)})
    np.testing.assert_allclose(second[0], first[0], atol=1e-6)
    assert np.abs(second[1] - first[1]).max() > 1e-4


def test_music_set_aside_does_not_disturb_the_carried_states():
    data = batch(sizes=(65, 65))
    go_on = {**data.inputs, "fresh": np.zeros(2, np.float32)}
    model, other = small(carried_rows=2), small(carried_rows=2)
    for each in (model, other):
        each.predict_logits({**data.inputs, "fresh": np.ones(2, np.float32)})
    with model.set_aside():
        model.predict_logits(go_on)
    np.testing.assert_array_equal(model.predict_logits(go_on), other.predict_logits(go_on))
