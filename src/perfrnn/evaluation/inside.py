"""Where a value lies among the humans'."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

BAND = (0.05, 0.95)
"""Quantiles of the humans between which a value counts as human."""


def bands(humans: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return columns `low`, `median` and `high` of each measure (index)."""
    quantiles = humans[list(metrics)].quantile([BAND[0], 0.5, BAND[1]]).T
    return quantiles.set_axis(["low", "median", "high"], axis=1)


def inside_share(table: pd.DataFrame, humans: pd.DataFrame, metrics: Sequence[str]) -> np.ndarray:
    """Return the share of measures of each row that lie in the humans' band: float64 [rows].

    A measure that cannot be taken lies outside.
    """
    band = bands(humans, metrics)
    values = table[list(metrics)].to_numpy(float)
    inside = (values >= band["low"].to_numpy()) & (values <= band["high"].to_numpy())
    return inside.mean(axis=1)


def percentiles(values: np.ndarray, humans: np.ndarray) -> np.ndarray:
    """Return the percentage of `humans` below each value, ties half: 0 to 100, NaN of NaN."""
    known = np.sort(humans[np.isfinite(humans)])
    if not len(known):
        return np.full(len(values), np.nan)
    below = np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")
    return np.where(np.isfinite(values), 50.0 * below / len(known), np.nan)
