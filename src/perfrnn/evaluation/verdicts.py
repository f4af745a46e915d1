"""How samples compare with humans: numbers, intervals, and words that do not overstate them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from perfrnn.evaluation.calibration import auc
from perfrnn.evaluation.discriminator import held_out_auc, human_against_human
from perfrnn.evaluation.inside import bands, inside_share, percentiles
from perfrnn.evaluation.reference import Reference

BOOTSTRAPS = 2000
LEAST_FOR_JUDGE = 16
"""Samples needed to train a judge against them, and to give an interval.

Of 1,000 sets of 16 drawn from the humans' shares inside, percentiles and scores, the 95 % interval
of the mean (Student's t) holds the true mean in 92, 95 and 95 of 100; that of the bootstrap in 90,
93 and 92, and that of 3 samples in 74, 75 and 72. `README.md` beside this file says more.
"""

TOO_FEW = "too few samples"

LIMITS = {"share_inside": (0.0, 1.0), "percentile": (0.0, 100.0), "score": (-np.inf, np.inf)}
"""What is said of each sample, and the ends of its range."""

FARTHEST_SHOWN = 5


def judge_samples(samples: pd.DataFrame, reference: Reference) -> pd.DataFrame:
    """Return the verdict on each sample.

    Parameters
    ----------
    samples : a row a sample, a column a measure.

    Returns
    -------
    Columns `share_inside` (of counting measures in the human band), `score` (the discriminator's
    log odds) and `percentile` (of humans with a lower score), rows as in `samples`.
    """
    score = reference.discriminator.scores(samples)
    return pd.DataFrame(
        {
            "share_inside": inside_share(samples, reference.humans, reference.counting),
            "score": score,
            "percentile": percentiles(score, reference.humans["score"].to_numpy()),
        },
        index=samples.index,
    )


def judge_iteration(
    samples: pd.DataFrame,
    judged: pd.DataFrame,
    reference: Reference,
    *,
    seconds: float,
    seed: int,
) -> dict[str, Any]:
    """Return the verdict on one iteration as JSON values.

    Parameters
    ----------
    samples : a row a sample, a column a measure.
    judged : `judge_samples` of them.
    seconds : length of the shortest sample.

    Returns
    -------
    `intervals` says how much an `interval` holds, or that there are too few samples for any; then
    every `interval` is None.
    """
    rng = np.random.default_rng(seed)
    humans = reference.humans
    human_score = humans["score"].to_numpy()
    human = {
        "share_inside": humans["share_inside"].to_numpy(),
        "percentile": percentiles(human_score, human_score),
        "score": human_score,
    }
    score = judged["score"].to_numpy()
    record: dict[str, Any] = {
        "samples": len(samples),
        "seconds": seconds,
        "reference_seconds": reference.summary["seconds"],
        "intervals": _intervals(len(samples)),
        **{
            name: _against_sets(judged[name].to_numpy(), human[name], limits, rng)
            for name, limits in LIMITS.items()
        },
        "human_or_sample_auc": {
            "value": auc(human_score, score),
            "interval": _auc_interval(human_score, score, rng),
        },
        "trained_on_samples": _trained(samples, reference, rng),
        "farthest": _farthest(samples, reference),
    }
    return record | {"verdict": words(record)}


def compare(scores: Mapping[str, np.ndarray], *, seed: int) -> list[dict[str, Any]]:
    """Return for every two iterations how often a sample of one beats one of the other.

    Parameters
    ----------
    scores : the samples' scores by iteration.

    Returns
    -------
    `better`, `worse`, `auc` (chance that a sample of `better` has the higher score), its 95 %
    `interval` (None with fewer than `LEAST_FOR_JUDGE` samples on either side, which `intervals`
    says), and `told_apart`: whether that lies above 0.5.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for one, other in combinations(scores, 2):
        better, worse = (one, other) if auc(scores[one], scores[other]) >= 0.5 else (other, one)
        interval = _auc_interval(scores[better], scores[worse], rng)
        rows.append(
            {
                "better": better,
                "worse": worse,
                "auc": auc(scores[better], scores[worse]),
                "interval": interval,
                "intervals": _intervals(min(len(scores[one]), len(scores[other]))),
                "told_apart": interval is not None and interval[0] > 0.5,
            }
        )
    return rows


def _intervals(count: int) -> str:
    """Return what the intervals of so many samples hold, or that there are none."""
    if count < LEAST_FOR_JUDGE:
        return f"{TOO_FEW}: {count}, and {LEAST_FOR_JUDGE} are needed"
    return "95 %"


def _against_sets(
    values: np.ndarray, humans: np.ndarray, limits: tuple[float, float], rng: np.random.Generator
) -> dict[str, Any]:
    """Return the mean of `values` with its interval, beside means of as many humans.

    `human_interval` holds 90 % of the means of human sets of the same size, `lower_sets` is the
    share of those sets whose mean is lower.
    """
    sets = humans[rng.integers(len(humans), size=(BOOTSTRAPS, len(values)))].mean(axis=1)
    return {
        "mean": float(values.mean()),
        "interval": _mean_interval(values, limits),
        "human_mean": float(humans.mean()),
        "human_interval": np.quantile(sets, [0.05, 0.95]).tolist(),
        "lower_sets": float((sets < values.mean()).mean()),
    }


def _mean_interval(values: np.ndarray, limits: tuple[float, float]) -> list[float] | None:
    """Return the 95 % interval of a mean by Student's t, within `limits`; None of too few."""
    count = len(values)
    if count < LEAST_FOR_JUDGE:
        return None
    reach = float(t.ppf(0.975, count - 1) * values.std(ddof=1) / np.sqrt(count))
    return np.clip([values.mean() - reach, values.mean() + reach], *limits).tolist()


def _auc_interval(
    first: np.ndarray, second: np.ndarray, rng: np.random.Generator
) -> list[float] | None:
    """Return the 95 % bootstrap interval of `auc`; None of too few values."""
    if min(len(first), len(second)) < LEAST_FOR_JUDGE:
        return None
    drawn = [
        auc(rng.choice(first, len(first)), rng.choice(second, len(second)))
        for _ in range(BOOTSTRAPS)
    ]
    return np.quantile(drawn, [0.025, 0.975]).tolist()


def _trained(
    samples: pd.DataFrame, reference: Reference, rng: np.random.Generator
) -> dict[str, Any] | None:
    """Return how well a judge trained on these very samples tells others of them from humans.

    None if they are too few.
    """
    count, humans = len(samples), reference.humans
    if not LEAST_FOR_JUDGE <= count <= len(humans) // 2:
        return None
    names = [f"sample {number}" for number in range(count)]
    value = held_out_auc(
        pd.concat([humans, samples], ignore_index=True),
        np.repeat([True, False], [len(humans), count]),
        reference.counting,
        np.array([*humans["piece"].astype(str), *names]),
        penalty=reference.penalty,
    )
    ceiling = human_against_human(
        humans, reference.counting, count, rng, penalty=reference.penalty
    )
    return {"auc": value, "human_against_human": ceiling}


def _farthest(samples: pd.DataFrame, reference: Reference) -> list[dict[str, Any]]:
    """Return the counting measures in which most samples leave the human band, worst first."""
    band = bands(reference.humans, reference.counting)
    rows: list[tuple[float, float, dict[str, Any]]] = []
    for name, (low, median, high) in zip(band.index, band.to_numpy().tolist(), strict=True):
        values = samples[name].to_numpy(float)
        outside = float((~((values >= low) & (values <= high))).mean())
        middle = float(np.nanmedian(values)) if np.isfinite(values).any() else None
        distance = np.inf if middle is None else abs(middle - median) / max(high - low, 1e-9)
        human = {"human_low": low, "human_median": median, "human_high": high}
        rows.append(
            (outside, distance, {"metric": name, "median": middle, "outside": outside} | human)
        )
    rows.sort(key=lambda row: row[:2], reverse=True)
    return [row for outside, _, row in rows[:FARTHEST_SHOWN] if outside > 0]


def is_told(record: Mapping[str, Any]) -> bool:
    """Whether the judge tells a set of samples from as many humans, in 19 of 20 draws of those."""
    return record["percentile"]["mean"] < record["percentile"]["human_interval"][0]


def words(record: Mapping[str, Any]) -> str:
    """Return a verdict in words, with how much so few samples can show."""
    count, inside, judged = record["samples"], record["share_inside"], record["percentile"]
    low, high = judged["human_interval"]
    told = is_told(record)
    sets = "a human excerpt" if count == 1 else f"{count} human excerpts"
    sentences = [
        f"On average {100 * inside['mean']:.0f} % of the measures lie where 90 % of the humans "
        f"do (humans themselves: {100 * inside['human_mean']:.0f} %).",
        f"The judge finds the samples more human than {judged['mean']:.0f} % of the humans, where "
        f"{sets} would reach {low:.0f} to {high:.0f} %: they "
        f"{'are told' if told else 'cannot be told'} from humans.",
    ]
    if count < LEAST_FOR_JUDGE:
        noun = "1 sample shows" if count == 1 else f"{count} samples show"
        limit = (
            "how this iteration compares with another they cannot say"
            if told
            else f"even {low:.0f} % would have passed for human"
        )
        sentences.append(f"{noun} gross differences only: {limit}.")
    if record["seconds"] < record["reference_seconds"] - 1:
        sentences.append(
            f"The samples last {record['seconds']:.0f} s and the human excerpts "
            f"{record['reference_seconds']:.0f} s, so the comparison is not quite fair."
        )
    return " ".join(sentences)
