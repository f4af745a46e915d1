"""Which measures count: those that tell human performances from controls.

A measure's power is the area under the receiver operating characteristic (AUC): the chance that
it ranks an excerpt drawn from the humans and one drawn from a control rightly. 0.5 is guessing,
1 is never wrong (Hanley & McNeil 1982). It is taken over all pairs, not over an excerpt and the
control made from it, since samples have no original either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.stats import rankdata, t

from perfrnn.evaluation.metrics import NAMES

LEAST_AUC = 0.75
LEAST_CONTROLS = 2
"""A measure counts if its AUC reaches `LEAST_AUC` against at least `LEAST_CONTROLS` controls."""


def auc(first: np.ndarray, second: np.ndarray) -> float:
    """Return the chance that a value of `first` is above one of `second`; ties count half.

    NaN of an empty side; NaN values are left out.
    """
    first, second = first[np.isfinite(first)], second[np.isfinite(second)]
    if not len(first) or not len(second):
        return float("nan")
    ranks = rankdata(np.concatenate([first, second]))[: len(first)]
    return float((ranks.mean() - (len(first) + 1) / 2) / len(second))


def closeness_auc(humans: np.ndarray, others: np.ndarray) -> float:
    """Return the chance that a human value is nearer the human median than another value."""
    median = np.nanmedian(humans) if np.isfinite(humans).any() else np.nan
    return auc(-np.abs(humans - median), -np.abs(others - median))


def jackknife(
    statistic: Callable[[np.ndarray], float], folds: np.ndarray
) -> tuple[float, tuple[float, float]]:
    """Return the standard error of a statistic of rows in folds, and its 95 % interval.

    Rows of one fold may have anything to do with each other, rows of two folds nothing. The
    interval is that of the delete-a-group jackknife with Student's t (Busing, Meijer and van der
    Leeden, "Delete-m jackknife for unequal m", 1999), cut to 0..1.

    Parameters
    ----------
    statistic : from the rows to take, bool [rows], to a number between 0 and 1.
    folds : int [rows], two folds or more.
    """
    whole = statistic(np.ones(len(folds), bool))
    names, counts = np.unique(folds, return_counts=True)
    without = np.array([statistic(folds != name) for name in names])
    ratio = len(folds) / counts
    pseudo = ratio * whole - (ratio - 1) * without
    centre = len(names) * whole - ((1 - 1 / ratio) * without).sum()
    error = float(np.sqrt(np.mean((pseudo - centre) ** 2 / (ratio - 1))))
    reach = float(t.ppf(0.975, len(names) - 1)) * error
    return error, (max(0.0, centre - reach), min(1.0, centre + reach))


def calibrate(humans: pd.DataFrame, controls: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the power of every measure against every control.

    Parameters
    ----------
    humans : a row an excerpt, a column a measure.
    controls : the same for each control.

    Returns
    -------
    Columns `metric`, `control`, `auc` (chance that humans have the greater value), `auc_closeness`
    (chance that humans are nearer their median) and `power`, the greatest of `auc`, `1 - auc`
    and `auc_closeness`.
    """
    rows = []
    for metric in NAMES:
        human = humans[metric].to_numpy(float)
        for control, table in controls.items():
            other = table[metric].to_numpy(float)
            one, two = auc(human, other), closeness_auc(human, other)
            power = max(one, 1 - one, two) if np.isfinite(one) else float("nan")
            rows.append((metric, control, one, two, power))
    return pd.DataFrame(rows, columns=["metric", "control", "auc", "auc_closeness", "power"])


def counting_metrics(calibration: pd.DataFrame) -> list[str]:
    """Return the measures that count, in the order of `METRICS`; the others only describe."""
    beaten = (calibration["power"] >= LEAST_AUC).groupby(calibration["metric"]).sum()
    return [name for name in NAMES if beaten.get(name, 0) >= LEAST_CONTROLS]
