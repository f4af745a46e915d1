"""Weights as the browser takes them: in fours, and in half precision where that is exact."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LANES = 4
"""Numbers that the browser multiplies at once."""


def in_fours(array: np.ndarray, *axes: int) -> np.ndarray:
    """Return an array with zeros at the end of some axes, up to a multiple of `LANES`."""
    fours = {axis % array.ndim for axis in axes}
    idle = [-length % LANES if axis in fours else 0 for axis, length in enumerate(array.shape)]
    return np.pad(array, [(0, count) for count in idle])


def joined(parts: Iterable[np.ndarray]) -> tuple[int, np.ndarray]:
    """Return all weights one after another, and the bits of each.

    They are in half precision where that is what they are, as those of base models, else in single
    precision: rounding the others would part what the page plays from what `perfrnn generate`
    writes within the first 200 events for three seeds of four.

    Returns
    -------
    16 and float16 [W], or 32 and float32 [W]; little-endian.
    """
    values = np.concatenate([part.ravel() for part in parts]).astype("<f4")
    half = values.astype("<f2")
    return (16, half) if np.array_equal(half.astype("<f4"), values) else (32, values)
