"""Whether two sets of music have the same distances in them: overlapping area, KL divergence.

Yang and Lerch, "On the evaluation of generative models in music", Neural Computing and
Applications 32 (2020), section 3.3: the distances between held-out passages are compared with
those from samples to held-out passages, each a density smoothed by Gaussian kernels (with Scott's
bandwidth). Were the samples drawn from the same music, the two would be the same.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.integrate import trapezoid
from scipy.spatial.distance import cdist, pdist
from scipy.stats import gaussian_kde

from perfrnn.evaluation.compared_sets import ComparedSets
from perfrnn.evaluation.features import FEATURES, features
from perfrnn.files import atomic

log = logging.getLogger(__name__)

COLUMNS = (
    "iteration",
    "feature",
    "samples",
    "held_out",
    "seconds",
    "distance_within_samples",
    "distance_within_held_out",
    "distance_between",
    "overlapping_area",
    "kl_divergence",
    "human_overlapping_area",
    "human_kl_divergence",
)
"""Columns of `overlap.csv`: a row for each iteration and feature.

`seconds` is the length of every passage, distances are means. The human columns say what as many
held-out passages reach against the others.
"""

LEAST_HELD_OUT = 5
"""Held-out passages below which the density of their distances means nothing."""

DRAWS = 10
"""Times that held-out passages are drawn to stand for samples."""

POINTS = 300
"""Where densities are compared."""

REACH = 4.0
"""How many bandwidths beyond the farthest distances densities are followed."""

Set = Sequence[Mapping[str, np.ndarray]]


class Likeness(NamedTuple):
    """How alike two densities are: overlapping area (0 to 1) and KL divergence (nats)."""

    overlapping_area: float
    kl_divergence: float


UNKNOWN = Likeness(float("nan"), float("nan"))


def write_overlap(out: Path, sets: ComparedSets, *, seed: int) -> None:
    """Write `overlap.csv`, which compares the samples of every iteration with held-out music.

    With fewer than `LEAST_HELD_OUT` held-out passages the areas and divergences are empty.

    Parameters
    ----------
    seed : of the choice of held-out passages that stand for samples.
    """
    if len(sets.held_out) < LEAST_HELD_OUT:
        log.warning(
            "only %d held-out pieces last %g s, and %d are needed for an overlap",
            len(sets.held_out),
            sets.seconds,
            LEAST_HELD_OUT,
        )
    humans = [features(passage.notes) for passage in sets.held_out]
    sizes = {len(samples) for samples in sets.samples.values()}
    usual = {size: human_likeness(humans, size, seed=seed) for size in sizes}
    rows: list[dict[str, Any]] = []
    for iteration, samples in sets.samples.items():
        machines = [features(notes) for notes in samples]
        about = {"iteration": iteration, "seconds": sets.seconds}
        about |= {"samples": len(machines), "held_out": len(humans)}
        for name in FEATURES:
            likeness = usual[len(machines)][name]._asdict()
            of_humans = {f"human_{key}": value for key, value in likeness.items()}
            found = compare_sets(machines, humans, name)
            rows.append(about | {"feature": name} | found | of_humans)
    with atomic(out) as temporary:
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        table.to_csv(temporary, index=False, float_format="%.6g")


def compare_sets(machines: Set, humans: Set, feature: str) -> dict[str, float]:
    """Return the mean distances of one feature, and how alike their densities are.

    Distances are Euclidean; those of a feature that a sample does not have are left out.
    """
    made, held_out = _rows(machines, feature), _rows(humans, feature)
    within, between = _within(held_out), _between(made, held_out)
    likeness = likeness_of(within, between) if len(humans) >= LEAST_HELD_OUT else UNKNOWN
    means = {
        "distance_within_samples": _within(made),
        "distance_within_held_out": within,
        "distance_between": between,
    }
    return {
        name: float(each.mean()) if len(each) else float("nan") for name, each in means.items()
    } | likeness._asdict()


def human_likeness(humans: Set, count: int, *, seed: int) -> dict[str, Likeness]:
    """Return for each feature what `count` of the `humans` reach against the others, on average.

    At most half of the humans stand for samples; if that leaves fewer than `LEAST_HELD_OUT`
    others, nothing is known.
    """
    count = min(count, len(humans) // 2)
    if len(humans) - count < LEAST_HELD_OUT:
        return dict.fromkeys(FEATURES, UNKNOWN)
    rng = np.random.default_rng(seed)
    found: dict[str, list[Likeness]] = {name: [] for name in FEATURES}
    for _ in range(DRAWS):
        order = rng.permutation(len(humans))
        drawn, others = ([humans[i] for i in part] for part in (order[:count], order[count:]))
        for name in FEATURES:
            heard = _rows(others, name)
            between = _between(_rows(drawn, name), heard)
            found[name].append(likeness_of(_within(heard), between))
    return {name: Likeness(*np.mean(each, axis=0).tolist()) for name, each in found.items()}


def likeness_of(within: np.ndarray, between: np.ndarray) -> Likeness:
    """Return how alike the densities of two sets of distances are.

    The overlapping area is the integral of the lesser of the two, the KL divergence that of
    p log(p / q), where p is the density of `within`, in nats. Both are integrated over one grid
    that holds all of p and q.

    Returns
    -------
    Likeness
        NaN where distances are too few, or all alike, so that they have no density.
    """
    if any(len(each) < 2 or np.ptp(each) < 1e-9 for each in (within, between)):
        return UNKNOWN
    densities = gaussian_kde(within), gaussian_kde(between)
    margin = REACH * max(float(np.sqrt(each.covariance[0, 0])) for each in densities)
    both = np.concatenate([within, between])
    grid = np.linspace(both.min() - margin, both.max() + margin, POINTS)
    p, q = (density.logpdf(grid) for density in densities)  # no underflow far out
    area = trapezoid(np.exp(np.minimum(p, q)), grid)
    divergence = trapezoid(np.exp(p) * (p - q), grid)
    return Likeness(float(area), float(divergence))


def _rows(pieces: Set, feature: str) -> np.ndarray:
    """Return a feature of the pieces that have it, a row each."""
    return np.array([each[feature].ravel() for each in pieces if np.isfinite(each[feature]).all()])


def _within(rows: np.ndarray) -> np.ndarray:
    """Return the distance of every two rows."""
    return pdist(rows) if len(rows) > 1 else np.empty(0)


def _between(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the distance of every row to each of the others."""
    return cdist(rows, others).ravel() if len(rows) and len(others) else np.empty(0)
