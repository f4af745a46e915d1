"""A matrix that a few rows at a time are multiplied with, again and again."""

from functools import cached_property

import numpy as np

BLOCK = 32
"""Columns of a block."""

FEW = 32
"""Rows up to which block by block is faster.

OpenBLAS copies a large factor into an order of its own before each product, which for a few rows
takes longer than the product; small factors it takes as they are. Measured for 512 by 2048: 0.14
against 0.35 ms for 4 rows, 0.37 against 0.53 ms for 16, 0.62 against 0.74 ms for 32.
"""


class Factor:
    """The right factor of products.

    Parameters
    ----------
    matrix : float32 [K, N]; only if N is a multiple of `BLOCK` are few rows faster.
    """

    def __init__(self, matrix: np.ndarray) -> None:
        self._whole = matrix
        self._few = FEW if matrix.shape[1] % BLOCK == 0 else 0

    @cached_property
    def _blocks(self) -> np.ndarray:
        parts = self._whole.reshape(len(self._whole), -1, BLOCK).transpose(1, 0, 2)
        return np.ascontiguousarray(parts)

    def multiply(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Write `rows @ matrix` to `out`: [S, K] to [S, N]."""
        if 1 < len(rows) <= self._few:
            parts = out.reshape(len(rows), -1, BLOCK).transpose(1, 0, 2)
            np.matmul(rows, self._blocks, out=parts)
        else:
            np.matmul(rows, self._whole, out=out)
