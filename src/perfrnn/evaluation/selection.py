"""The judge is chosen and built on some music and tested on other: nested cross-validation.

Which measures count, how strongly weights are penalised and the weights themselves follow from
the rows outside a fold; the rows inside are only judged (Varma and Simon, "Bias in error
estimation when using cross-validation for model selection", 2006).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.calibration import auc, calibrate, counting_metrics
from perfrnn.evaluation.controls import COLLAGE, CONTROLS
from perfrnn.evaluation.discriminator import Discriminator, assign_folds, fit
from perfrnn.evaluation.inside import inside_share

HUMAN = "human"
"""The `kind` of rows that are no control."""

PENALTIES = (0.01, 0.03, 0.1, 0.3)
"""Weights of half the sum of squared weights beside the mean log loss, to choose from."""


@dataclass(frozen=True)
class Choice:
    """What is chosen before a judge is trained: the measures that count, and the penalty."""

    metrics: tuple[str, ...]
    penalty: float


@dataclass(frozen=True)
class HeldOut:
    """Every row of a table as judges find it that were chosen and built on other folds.

    Attributes
    ----------
    scores : float64 [rows], log odds of being human.
    share_inside : float64 [rows], measures that count within the band of the other folds' humans.
    choices : what was chosen for each fold.
    """

    scores: np.ndarray
    share_inside: np.ndarray
    choices: tuple[Choice, ...]


def is_human(table: pd.DataFrame) -> np.ndarray:
    """Return which rows are human: bool [rows]."""
    return (table["kind"] == HUMAN).to_numpy()


def choose_metrics(table: pd.DataFrame) -> list[str]:
    """Return the measures that count on the rows of `table`.

    Raises
    ------
    PerfRNNError
        If there is none.
    """
    controls = {name: table[table["kind"] == name] for name in CONTROLS}
    metrics = counting_metrics(calibrate(table[is_human(table)], controls))
    if not metrics:
        raise PerfRNNError(
            "human_reference: no measure tells humans from two controls; the corpus needs more "
            "performances and scores"
        )
    return metrics


def choose(table: pd.DataFrame) -> Choice:
    """Choose measures and penalty by the rows of `table` alone.

    The penalty is that with the greatest AUC where composers are held out: samples, too, are by
    nobody whom the judge has heard. Collages take no part in it, since several composers may be
    heard in one.

    Parameters
    ----------
    table : columns `kind` (`human` or the name of a control), `composer` (two or more) and every
        measure.
    """
    metrics = tuple(choose_metrics(table))
    single = table[table["kind"] != COLLAGE]
    human, folds = is_human(single), assign_folds(single["composer"].to_numpy())
    scores = np.full((len(PENALTIES), len(single)), np.nan)
    for fold in np.unique(folds):
        out = folds == fold
        for number, penalty in enumerate(PENALTIES):
            judge = fit(single[~out], human[~out], metrics, penalty=penalty)
            scores[number, out] = judge.scores(single[out])
    found = [auc(row[human], row[~human]) for row in scores]
    return Choice(metrics, PENALTIES[int(np.argmax(found))])


def hold_out(table: pd.DataFrame) -> HeldOut:
    """Judge every row by a judge chosen and built without its fold.

    Parameters
    ----------
    table : as for `choose`, with a column `fold`; no music is heard in two folds.
    """
    human, folds = is_human(table), table["fold"].to_numpy()
    scores, inside = np.full((2, len(table)), np.nan)
    choices = []
    for fold in np.unique(folds):
        out = folds == fold
        rest = table[~out]
        choice = choose(rest)
        scores[out] = build(rest, choice).scores(table[out])
        inside[out] = inside_share(table[out], rest[human[~out]], choice.metrics)
        choices.append(choice)
    return HeldOut(scores, inside, tuple(choices))


def build(table: pd.DataFrame, choice: Choice) -> Discriminator:
    """Train a judge as chosen."""
    return fit(table, is_human(table), choice.metrics, penalty=choice.penalty)


def auc_of(scores: np.ndarray, human: np.ndarray) -> Callable[[np.ndarray], float]:
    """Return a function from the rows to take, bool [rows], to the AUC of humans in them."""
    return lambda taken: auc(scores[taken & human], scores[taken & ~human])
