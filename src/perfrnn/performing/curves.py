"""Curves over a score: values at chords on an even grid, smoothed over spans of quarters."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

CELLS_PER_QUARTER = 4
MOST_CELLS = 1_000_000
"""Of a longer score the grid is coarser: a file may be wrong about how long it is."""

PASSES = 3
"""Running means, one upon another, that stand for a bell curve."""


@dataclass(frozen=True)
class Grid:
    """An even grid of G cells over a score's chords.

    Attributes
    ----------
    first : quarters, where the first cell begins.
    step : quarters of a cell.
    cell : int64 [C], the cell of each chord.
    cells : number of cells, G.
    """

    first: float
    step: float
    cell: np.ndarray
    cells: int

    @classmethod
    def over(cls, place: np.ndarray) -> Grid:
        """Return the grid over chords at `place` [C], in quarters, ascending."""
        first, span = (place[0], place[-1] - place[0]) if len(place) else (0.0, 0.0)
        step = max(1 / CELLS_PER_QUARTER, span / MOST_CELLS)
        cell = np.floor((place - first) / step + 1e-6).astype(np.int64)
        return cls(float(first), step, cell, int(cell[-1]) + 1 if len(cell) else 0)

    @property
    def places(self) -> np.ndarray:
        """Return where the cells begin: float64 [G], quarters."""
        return self.first + self.step * np.arange(self.cells)

    def held(self, values: np.ndarray) -> np.ndarray:
        """Return the mean of `values` [C] in each cell [G]; an empty cell keeps the last one."""
        count = np.bincount(self.cell, minlength=self.cells)
        total = np.bincount(self.cell, weights=values, minlength=self.cells)
        latest = np.maximum.accumulate(np.where(count > 0, np.arange(self.cells), 0))
        return total[latest] / count[latest]

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of `values` [C] in each cell [G], for each quarter of its length."""
        return np.bincount(self.cell, weights=values, minlength=self.cells) / self.step

    def kernel(self, quarters: float) -> np.ndarray:
        """Return the weights of one running mean of `smooth`: float64 [odd], equal, of sum 1."""
        # The variance of a running mean over 2 r + 1 cells is r (r + 1) / 3.
        variance = (quarters / self.step) ** 2 / PASSES
        radius = max(1, round((math.sqrt(1 + 12 * variance) - 1) / 2))
        size = 2 * min(radius, max(1, self.cells - 1)) + 1
        return np.full(size, 1 / size)

    def smooth(self, curve: np.ndarray, quarters: float) -> np.ndarray:
        """Return `curve` [G] smoothed by a bell of standard deviation `quarters`.

        Beyond its ends it goes on with what is there.
        """
        size = len(self.kernel(quarters))
        for _ in range(PASSES):
            padded = np.pad(curve, size // 2, mode="edge")
            curve = running_mean(padded, size)
        return curve

    def at(self, curve: np.ndarray, shift: float = 0.0) -> np.ndarray:
        """Return `curve` [G] at each chord, or `shift` quarters later: float64 [C]."""
        moved = self.cell + round(shift / self.step)
        return curve[np.clip(moved, 0, self.cells - 1)]


def running_mean(values: np.ndarray, size: int) -> np.ndarray:
    """Return the mean of each `size` successive values: float64 [len(values) - size + 1]."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return (sums[size:] - sums[:-size]) / size
