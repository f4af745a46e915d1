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
    Factor(right).multiply(left, out)
    np.testing.assert_allclose(out, left.astype(float) @ right.astype(float), atol=1e-5)


def test_the_result_may_lie_in_memory_in_any_order():
    out = np.empty((64, 4), np.float32).T
    Factor(np.ones((20, 64), np.float32)).multiply(np.ones((4, 20), np.float32), out)
    assert np.all(out == 20)
