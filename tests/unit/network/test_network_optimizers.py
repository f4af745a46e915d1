"""Optimizers: what each does to a weight, worked out by hand."""

import keras
import numpy as np
import pytest

from perfrnn.network.optimizers import make_optimizer


def moved(name, value, gradient, **settings):
    """Return a weight after one step at a rate of 0.1."""
    variable = keras.Variable(np.array(value, np.float32), name="query")
    optimizer = make_optimizer(name, **{"weight_decay": 0.0, "clip_norm": 1e9} | settings)
    optimizer.build([variable])
    optimizer.learning_rate = 0.1
    optimizer.apply([keras.ops.convert_to_tensor(np.array(gradient, np.float32))], [variable])
    return np.array(variable)


def test_adamw_moves_each_number_by_the_rate_at_first():
    found = moved("adamw", [[1.0, 2.0]], [[0.5, -4.0]])
    np.testing.assert_allclose(found, [[0.9, 2.1]], atol=1e-4)


def test_weight_decay_takes_off_a_share_times_the_rate():
    # 0.1 x 0.5 of 1 and of 2, then the step.
    found = moved("adamw", [[1.0, 2.0]], [[0.5, -4.0]], weight_decay=0.5)
    np.testing.assert_allclose(found, [[0.85, 2.0]], atol=1e-4)


def test_muon_moves_by_the_nearest_orthogonal_matrix():
    # A rotation by 30 degrees, stretched by 5 and 0.5 along orthogonal directions: its singular
    # values become about 1 (0.7 to 1.2, by Muon's five iterations), its directions stay. The step
    # is 0.1 x 0.2 x the root of the longer side.
    half, root = 0.5, np.sqrt(3) / 2
    rotation = np.array([[root, -half], [half, root]])
    found = moved("muon", np.zeros((2, 2)), rotation @ np.diag([5.0, 0.5]))
    step = -found / (0.1 * 0.2 * np.sqrt(2))
    values = rotation.T @ step
    assert values[0, 0] == pytest.approx(1, abs=0.35)
    assert values[1, 1] == pytest.approx(1, abs=0.35)
    np.testing.assert_allclose([values[0, 1], values[1, 0]], 0, atol=0.02)


def test_gradients_are_clipped_all_together():
    """The two of norm 5 become two of norm 1, in the same proportion."""
    variables = [keras.Variable(np.zeros((1, 1), np.float32), name=n) for n in ("a", "b")]
    optimizer = make_optimizer("adamw", 0.0, 1.0)
    optimizer.build(variables)
    optimizer.learning_rate = 0.1
    gradients = [keras.ops.convert_to_tensor(np.full((1, 1), g, np.float32)) for g in (3.0, 4.0)]
    optimizer.apply(gradients, variables)
    # Adam's first momentum is a tenth of the gradient, which was 3/5 and 4/5 once clipped.
    momenta = [float(np.array(v).item()) for v in optimizer.variables if "momentum" in v.path]
    np.testing.assert_allclose(momenta, [0.06, 0.08], rtol=1e-4)
