"""Products by blocks are the products."""

import numpy as np
import pytest

from perfrnn.generation.factor import FEW, Factor


@pytest.mark.parametrize("columns", [32, 96, 48])
@pytest.mark.parametrize("rows", [1, 2, 7, FEW, FEW + 1])
def test_products_are_as_in_double_precision(rows, columns):
    rng = np.random.default_rng(rows)
    left = rng.normal(size=(rows, 20)).astype(np.float32)
    right = rng.normal(size=(20, columns)).astype(np.float32)
    out = np.full((rows, columns), np.nan, np.float32)
    Factor(right).product(left, out)()
    np.testing.assert_allclose(out, left.astype(float) @ right.astype(float), atol=1e-5)


def test_the_result_may_lie_in_memory_in_any_order():
    out = np.empty((64, 4), np.float32).T
    Factor(np.ones((20, 64), np.float32)).product(np.ones((4, 20), np.float32), out)()
    assert np.all(out == 20)


@pytest.mark.parametrize("columns", [64, 48])
@pytest.mark.parametrize("rows", [1, 5, FEW + 1])
def test_several_matrices_have_a_left_factor_each(rows, columns):
    rng = np.random.default_rng(rows)
    left = rng.normal(size=(3, rows, 20)).astype(np.float32)
    right = rng.normal(size=(3, 20, columns)).astype(np.float32)
    out = np.full((3, rows, columns), np.nan, np.float32)
    Factor(right).product(left[::-1], out[::-1])()
    for n in (0, 1, 2):
        expected = left[n].astype(float) @ right[2 - n].astype(float)
        np.testing.assert_allclose(out[n], expected, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 4])
def test_a_product_sees_its_rows_as_they_are_when_it_is_called(rows):
    left, out = np.ones((rows, 20), np.float32), np.empty((rows, 64), np.float32)
    product = Factor(np.ones((20, 64), np.float32)).product(left, out)
    product()
    left[:] = 2
    product()
    assert np.all(out == 40)
