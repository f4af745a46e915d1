"""Verdicts on samples that are human, and on samples that are not."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from perfrnn.evaluation.metrics import NAMES
from perfrnn.evaluation.reference import read_reference
from perfrnn.evaluation.verdicts import (
    LEAST_FOR_JUDGE,
    compare,
    judge_iteration,
    judge_samples,
    words,
)


@pytest.fixture(scope="module")
def reference():
    return read_reference()


def verdict(samples, reference):
    judged = judge_samples(samples, reference)
    return judge_iteration(samples, judged, reference, seconds=60.0, seed=1)


def some_humans(reference, count, seed=0):
    return reference.humans[list(NAMES)].sample(count, random_state=seed).reset_index(drop=True)


def distorted(reference, count):
    """Return humans with every measure moved towards the far end of the band."""
    samples = some_humans(reference, count)
    spread = reference.humans[list(NAMES)].std()
    return samples + 2 * spread


def test_humans_pass_for_human(reference):
    found = verdict(some_humans(reference, 32), reference)
    assert found["share_inside"]["mean"] == pytest.approx(0.9, abs=0.05)
    low, high = found["percentile"]["human_interval"]
    assert 35 < low < 50 < high < 65
    assert found["trained_on_samples"]["auc"] == pytest.approx(0.5, abs=0.15)
    ceiling = found["trained_on_samples"]["human_against_human"]
    assert ceiling["interval"][0] < 0.5 < ceiling["interval"][1]
    assert "cannot be told from humans" in found["verdict"]
    assert "gross differences" not in found["verdict"]


def test_distorted_music_does_not(reference):
    found = verdict(distorted(reference, 32), reference)
    assert found["share_inside"]["mean"] < 0.5
    assert found["percentile"]["lower_sets"] == 0
    assert found["human_or_sample_auc"]["value"] > 0.95
    assert found["trained_on_samples"]["auc"] > 0.95
    assert "are told from humans" in found["verdict"]
    worst = found["farthest"][0]
    assert worst["outside"] > 0.5
    assert not worst["human_low"] <= worst["median"] <= worst["human_high"]


def test_three_samples_say_how_little_they_show(reference):
    found = verdict(some_humans(reference, 3), reference)
    assert found["trained_on_samples"] is None
    low, high = found["percentile"]["human_interval"]
    assert low < 30 < 70 < high
    assert "3 samples show gross differences only: even" in found["verdict"]
    gross = verdict(distorted(reference, 3), reference)
    assert "with another they cannot say" in gross["verdict"]
    assert "1 sample shows" in verdict(distorted(reference, 1), reference)["verdict"]


INTERVALS = ("share_inside", "percentile", "score")


def test_sixteen_samples_have_intervals_by_students_t(reference):
    samples = some_humans(reference, 16)
    judged = judge_samples(samples, reference)
    found = judge_iteration(samples, judged, reference, seconds=60.0, seed=1)
    assert found["intervals"] == "95 %"
    for name in INTERVALS:
        values = judged[name].to_numpy()
        # Student's t of 15 degrees of freedom: 2.1314.
        reach = 2.1314 * values.std(ddof=1) / 4
        low, high = values.mean() - reach, values.mean() + reach
        high = min(high, 1.0) if name == "share_inside" else high
        assert found[name]["interval"] == pytest.approx([low, high], rel=1e-3)
    assert found["human_or_sample_auc"]["interval"][0] < 0.5


def test_fewer_have_none_and_it_says_so(reference):
    for count in (1, 3, 15):
        found = verdict(some_humans(reference, count), reference)
        assert found["intervals"] == f"too few samples: {count}, and 16 are needed"
        assert [found[name]["interval"] for name in INTERVALS] == [None] * 3
        assert found["human_or_sample_auc"]["interval"] is None


def test_intervals_end_where_values_do(reference):
    judged = judge_samples(some_humans(reference, 16), reference)
    judged["share_inside"] = [1.0] * 15 + [0.6]
    judged["percentile"] = [0.0] * 15 + [30.0]
    found = judge_iteration(some_humans(reference, 16), judged, reference, seconds=60.0, seed=1)
    # Means 0.975 and 1.875, standard errors 0.025 and 1.875.
    assert found["share_inside"]["interval"] == pytest.approx(
        [0.975 - 2.1314 * 0.025, 1.0], rel=1e-4
    )
    assert found["percentile"]["interval"] == pytest.approx([0.0, 1.875 * 3.1314], rel=1e-4)


def test_intervals_hold_the_mean_about_as_often_as_they_say(reference):
    # The calculation behind `LEAST_FOR_JUDGE`.
    rng = np.random.default_rng(0)
    scores = reference.humans["score"].to_numpy()
    held = {}
    for count in (3, LEAST_FOR_JUDGE):
        drawn = scores[rng.integers(len(scores), size=(2000, count))]
        reach = student.ppf(0.975, count - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(count)
        held[count] = (abs(drawn.mean(axis=1) - scores.mean()) <= reach).mean()
        resampled = drawn[:, rng.integers(count, size=(500, count))].mean(axis=2)
        low, high = np.quantile(resampled, [0.025, 0.975], axis=1)
        held["bootstrap", count] = ((low <= scores.mean()) & (scores.mean() <= high)).mean()
    assert held[LEAST_FOR_JUDGE] > 0.93
    assert held["bootstrap", 3] < 0.8


def test_samples_that_cannot_be_measured_are_outside(reference):
    nothing = pd.DataFrame([dict.fromkeys(NAMES, np.nan)] * 2)
    found = verdict(nothing, reference)
    assert found["share_inside"]["mean"] == 0
    assert found["farthest"][0]["median"] is None
    json.dumps(found, allow_nan=False)


def test_iterations_are_compared_with_care():
    rng = np.random.default_rng(0)
    many = {"a": rng.normal(0, 1, 32), "b": rng.normal(2, 1, 32), "c": rng.normal(2, 1, 32)}
    by_pair = {frozenset((row["better"], row["worse"])): row for row in compare(many, seed=1)}
    assert len(by_pair) == 3
    clear = by_pair[frozenset("ab")]
    assert (clear["better"], clear["told_apart"]) == ("b", True)
    # Phi(sqrt 2)
    assert clear["auc"] == pytest.approx(0.92, abs=0.06)
    assert by_pair[frozenset("bc")]["told_apart"] is False
    few = compare({"a": many["a"][:3], "b": many["b"][:3]}, seed=1)
    assert few[0]["told_apart"] is False
    assert (few[0]["interval"], few[0]["intervals"]) == (
        None,
        "too few samples: 3, and 16 are needed",
    )
    assert clear["intervals"] == "95 %"
    assert 0.5 < clear["interval"][0] < clear["auc"] < clear["interval"][1]


def test_words_name_the_numbers():
    record = {
        "samples": 3,
        "seconds": 60.0,
        "reference_seconds": 60.0,
        "share_inside": {"mean": 0.5, "human_mean": 0.9},
        "percentile": {"mean": 4.4, "human_interval": [23.0, 77.0]},
    }
    assert words(record | {"seconds": 20.0}).endswith(
        "20 s and the human excerpts 60 s, so the comparison is not quite fair."
    )
    assert words(record) == (
        "On average 50 % of the measures lie where 90 % of the humans do (humans themselves: "
        "90 %). The judge finds the samples more human than 4 % of the humans, where 3 human "
        "excerpts would reach 23 to 77 %: they are told from humans. 3 samples show gross "
        "differences only: how this iteration compares with another they cannot say."
    )
