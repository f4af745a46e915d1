"""A judge of performances: logistic regression on the measures that count.

Each measure enters by its distance from the human median, in units that put 5 % of the humans
below -1.64 and 5 % above 1.64, and by the square of that distance, so that too much can be as
wrong as too little. No square may speak for being human: what is farther from humans than any
control would otherwise be taken for the most human of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.calibration import auc

TAIL = 1.645
"""Standard deviations from the median of a normal distribution to its 5 % tails."""

FARTHEST = 4.0
"""Greater distances count as this one, and so does a measure that cannot be taken."""

LARGEST_FOLDS = 10
HUMAN_SETS = 20
"""Random choices of humans to be told from the rest of them."""


@dataclass(frozen=True)
class Discriminator:
    """A trained judge.

    Attributes
    ----------
    metrics : names of its M measures.
    low, centre, high : float64 [M], the 5 %, 50 % and 95 % quantiles of the humans.
    weights : float64 [2 M], of the distances, then of their squares.
    intercept : added to the weighted sum.
    """

    metrics: tuple[str, ...]
    low: np.ndarray
    centre: np.ndarray
    high: np.ndarray
    weights: np.ndarray
    intercept: float

    def scores(self, table: pd.DataFrame) -> np.ndarray:
        """Return the log odds of each row of measures to be human: float64 [rows].

        The odds are for as many humans as others.
        """
        return self._features(table) @ self.weights + self.intercept

    def _features(self, table: pd.DataFrame) -> np.ndarray:
        values = table[list(self.metrics)].to_numpy(float)
        return features(values, self.low, self.centre, self.high)

    def to_json(self) -> dict[str, Any]:
        """Return the judge as JSON values."""
        return {
            key: np.asarray(value).tolist() if key != "metrics" else list(value)
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Discriminator:
        """Return the judge that `to_json` wrote."""
        arrays = {key: np.array(content[key]) for key in ("low", "centre", "high", "weights")}
        return cls(tuple(content["metrics"]), intercept=content["intercept"], **arrays)


def features(
    values: np.ndarray, low: np.ndarray, centre: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return distances from the median and their squares: float64 [rows, 2 M]."""
    offset = values - centre
    width = np.where(offset > 0, high - centre, centre - low)
    distance = TAIL * offset / np.maximum(width, 1e-9)
    distance = np.clip(np.nan_to_num(distance, nan=-FARTHEST), -FARTHEST, FARTHEST)
    return np.hstack([distance, distance**2])


def fit(
    table: pd.DataFrame,
    is_human: np.ndarray,
    metrics: Sequence[str],
    *,
    penalty: float,
    peaked: bool = True,
) -> Discriminator:
    """Train a judge; both sides weigh the same, however many rows each has.

    Parameters
    ----------
    table : a row an excerpt, columns of measures.
    is_human : bool [rows].
    metrics : the measures to use.
    penalty : weight of half the sum of squared weights beside the mean log loss.
    peaked : whether no square may speak for being human. Without it a judge finds more
        differences between the two sides it has seen, and should judge nothing else.

    Raises
    ------
    PerfRNNError
        If one side has no row.
    """
    if is_human.all() or not is_human.any():
        raise PerfRNNError("a discriminator needs humans and others; one of the two is missing")
    values = table[list(metrics)].to_numpy(float)
    low, centre, high = np.nan_to_num(np.nanquantile(values[is_human], [0.05, 0.5, 0.95], axis=0))
    inputs = features(values, low, centre, high)
    *weights, intercept = _logistic(inputs, is_human, penalty, peaked=peaked)
    return Discriminator(tuple(metrics), low, centre, high, np.array(weights), intercept)


def _logistic(
    inputs: np.ndarray, is_human: np.ndarray, penalty: float, *, peaked: bool
) -> list[float]:
    """Return the weights [2 M] and the intercept of a penalised logistic regression."""
    size = inputs.shape[1]
    inputs = np.hstack([inputs, np.ones((len(inputs), 1))])
    sign = np.where(is_human, 1.0, -1.0)
    weight = np.where(is_human, 0.5 / is_human.sum(), 0.5 / (~is_human).sum())
    shrink = np.append(np.full(size, penalty), 0.0)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (inputs @ parameters)
        gradient = inputs.T @ (-weight * sign * expit(-margin)) + shrink * parameters
        return weight @ np.logaddexp(0.0, -margin) + shrink @ parameters**2 / 2, gradient

    free, falling = (None, None), (None, 0.0 if peaked else None)
    bounds = [free] * (size // 2) + [falling] * (size // 2) + [free]
    found = minimize(loss, np.zeros(size + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x.tolist()


def held_out_scores(
    table: pd.DataFrame,
    is_human: np.ndarray,
    metrics: Sequence[str],
    groups: np.ndarray,
    *,
    penalty: float,
) -> np.ndarray:
    """Return the score of each row by a judge that has seen no row of its group.

    For telling two sides apart, whatever the difference (`peaked` is off).

    Parameters
    ----------
    groups : [rows], such as the piece of each excerpt.
    """
    scores = np.full(len(table), np.nan)
    folds = assign_folds(groups)
    for fold in np.unique(folds):
        out = folds == fold
        judge = fit(table[~out], is_human[~out], metrics, penalty=penalty, peaked=False)
        scores[out] = judge.scores(table[out])
    return scores


def held_out_auc(
    table: pd.DataFrame,
    is_human: np.ndarray,
    metrics: Sequence[str],
    groups: np.ndarray,
    *,
    penalty: float,
) -> float:
    """Return the AUC of `held_out_scores`: 1 if never wrong, 0.5 if guessing."""
    scores = held_out_scores(table, is_human, metrics, groups, penalty=penalty)
    return auc(scores[is_human], scores[~is_human])


def human_against_human(
    humans: pd.DataFrame,
    metrics: Sequence[str],
    count: int,
    rng: np.random.Generator,
    *,
    penalty: float,
) -> dict[str, Any]:
    """Return what judges trained to tell `count` humans from the other humans find.

    The ceiling of what samples can reach: no sample is harder to tell from humans than humans.

    Returns
    -------
    `count`; `mean` and `interval` (5 % to 95 %) of the AUC over `HUMAN_SETS` random choices.
    """
    pieces = humans["piece"].to_numpy(str)
    found = []
    for _ in range(HUMAN_SETS):
        is_rest = np.ones(len(humans), bool)
        is_rest[rng.choice(len(humans), count, replace=False)] = False
        found.append(held_out_auc(humans, is_rest, metrics, pieces, penalty=penalty))
    return {
        "count": count,
        "mean": float(np.mean(found)),
        "interval": np.quantile(found, [0.05, 0.95]).tolist(),
    }


def assign_folds(groups: np.ndarray) -> np.ndarray:
    """Return the fold of each row, int [rows]: whole groups, in ten folds at most.

    The folds are about equal in rows; groups of one size go to them in turn, by name.
    """
    names, group, counts = np.unique(groups, return_inverse=True, return_counts=True)
    folds = min(LARGEST_FOLDS, len(names))
    filled = np.zeros(folds)
    fold = np.zeros(len(names), int)
    for index in np.argsort(-counts, kind="stable"):
        fold[index] = filled.argmin()
        filled[fold[index]] += counts[index]
    return fold[group]
