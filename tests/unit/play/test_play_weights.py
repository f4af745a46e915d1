"""Weights in fours, and as wide as they need to be."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from perfrnn.play.weights import in_fours, joined


@given(array_shapes(max_dims=3, max_side=9), st.data())
def test_axes_are_filled_up_with_zeros(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    array = np.arange(1, np.prod(shape) + 1).reshape(shape)
    filled = in_fours(array, axis)
    assert filled.shape[axis] in range(shape[axis], shape[axis] + 4)
    assert filled.shape[axis] % 4 == 0
    kept, idle = np.split(filled, [shape[axis]], axis=axis)
    np.testing.assert_array_equal(kept, array)
    assert not idle.any()


def test_weights_come_one_after_another():
    parts = (np.array([[0.5, 1], [2, 3]], np.float32).T, np.array([-4], np.float32))
    bits, values = joined(parts)
    assert (bits, values.dtype) == (16, np.dtype("<f2"))
    assert values.tolist() == [0.5, 2, 1, 3, -4]


def test_weights_that_half_precision_would_change_stay_as_they_are():
    bits, values = joined([np.ones(3, np.float32), np.array([1 / 3], np.float32)])
    assert (bits, values.dtype) == (32, np.dtype("<f4"))
    assert values[-1] == np.float32(1 / 3)
