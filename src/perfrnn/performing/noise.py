"""Fluctuation as humans have it: slow and quick parts together, near to 1/f.

Gilden, Thornton and Mallon, "1/f noise in human cognition" (Science, 1995); Hennig et al., "The
nature and perception of fluctuations in human musical rhythms" (PLoS ONE, 2011).
"""

from __future__ import annotations

import numpy as np

from perfrnn.performing.curves import PASSES, Grid, running_mean


def fluctuation(
    grid: Grid, spans: np.ndarray, deviations: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return a curve of chance: float64 [G].

    Parameters
    ----------
    spans : float [S], quarters; each part is white noise smoothed by a bell of that deviation.
    deviations : float [S], the standard deviation of each part.
    """
    curve = np.zeros(grid.cells)
    for span, deviation in zip(spans.tolist(), deviations.tolist(), strict=True):
        kernel = grid.kernel(span)
        # Long enough that all of it is smoothed alike: the same deviation from end to end.
        white = rng.standard_normal(grid.cells + PASSES * (len(kernel) - 1))
        whole = np.ones(1)
        for _ in range(PASSES):
            white = running_mean(white, len(kernel))
            whole = np.convolve(whole, kernel)
        curve += deviation / np.sqrt((whole**2).sum()) * white
    return curve
