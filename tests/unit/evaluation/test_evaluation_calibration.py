"""Areas under the curve, which measures count, and where values lie among humans."""

import numpy as np
import pandas as pd
import pytest

from perfrnn.evaluation.calibration import (
    auc,
    calibrate,
    closeness_auc,
    counting_metrics,
    jackknife,
)
from perfrnn.evaluation.inside import bands, inside_share, percentiles
from perfrnn.evaluation.metrics import NAMES

RNG = np.random.default_rng(0)


def test_auc_counts_pairs():
    # Of six pairs, 3 > 1, 3 > 2, 5 > 1, 5 > 2, 5 > 4; 3 < 4.
    assert auc(np.array([3.0, 5]), np.array([1.0, 2, 4])) == pytest.approx(5 / 6)
    assert auc(np.array([1.0]), np.array([1.0, 1.0])) == 0.5
    assert np.isnan(auc(np.array([np.nan]), np.array([1.0])))


def test_auc_of_two_normal_distributions():
    first, second = RNG.normal(1, 1, 4000), RNG.normal(0, 1, 4000)
    # Phi(1 / sqrt 2)
    assert auc(first, second) == pytest.approx(0.760, abs=0.015)


def test_the_jackknife_of_a_mean_is_that_of_the_folds_means():
    values = np.array([0.3, 0.5, 0.45, 0.55, 0.5, 0.7])
    folds = np.array([0, 0, 1, 1, 2, 2])
    error, (low, high) = jackknife(lambda taken: values[taken].mean(), folds)
    # Means 0.4, 0.5, 0.6: standard deviation 0.1, over the root of 3; Student's t of 2 is 4.303.
    assert error == pytest.approx(0.1 / 3**0.5)
    assert (low, high) == pytest.approx((0.5 - 4.303 * error, 0.5 + 4.303 * error), abs=1e-4)


def test_the_jackknife_weighs_folds_by_their_rows():
    # A fold of 3 rows of 1 and two folds of one row, 0.5 and 0: the mean is 0.7. Of a mean, the
    # pseudo-values are the folds' means: 0.09 / (5/3 - 1) and 0.04 + 0.49 over 5 - 1, over 3.
    values = np.array([1.0, 1, 1, 0.5, 0])
    error, interval = jackknife(lambda taken: values[taken].mean(), np.array([4, 4, 4, 1, 2]))
    assert error**2 == pytest.approx((0.09 * 1.5 + (0.04 + 0.49) / 4) / 3)
    assert interval == (0.0, 1.0)


def test_closeness_finds_what_lies_on_both_sides():
    humans, others = RNG.normal(0, 1, 2000), np.concatenate([np.full(50, -9.0), np.full(50, 9.0)])
    assert auc(humans, others) == pytest.approx(0.5, abs=0.05)
    assert closeness_auc(humans, others) > 0.99


def table(shifts, count=300):
    columns = {name: RNG.normal(shifts.get(name, 0.0), 1, count) for name in NAMES}
    return pd.DataFrame(columns)


def test_a_measure_counts_if_it_beats_two_controls():
    shifted = {"key_clarity": -3.0, "register": 3.0}
    found = calibrate(
        table({}),
        {"one": table(shifted), "two": table({"key_clarity": -3.0}), "three": table({})},
    )
    row = found.set_index(["metric", "control"]).loc[("register", "one")]
    assert row["auc"] < 0.05
    assert row["power"] == pytest.approx(1 - row["auc"])
    assert counting_metrics(found) == ["key_clarity"]


def test_a_measure_that_cannot_be_taken_counts_for_nothing():
    empty = table({}).assign(voicing=np.nan)
    found = calibrate(empty, {"one": table({}), "two": table({})})
    assert found.set_index("metric").loc["voicing", "power"].isna().all()
    assert "voicing" not in counting_metrics(found)


def test_nine_tenths_of_humans_lie_in_the_band():
    humans = table({}, 1000)
    assert inside_share(humans, humans, NAMES).mean() == pytest.approx(0.9, abs=0.01)
    assert bands(humans, ["register"]).loc["register"].tolist() == pytest.approx(
        [-1.645, 0, 1.645], abs=0.2
    )


def test_measures_outside_or_missing_are_not_inside():
    humans = table({}, 500)
    odd = pd.DataFrame({"register": [0.0, 0.0, 9.0], "voicing": [0.0, np.nan, -9.0]})
    assert inside_share(odd, humans, ["register", "voicing"]).tolist() == [1.0, 0.5, 0.0]


def test_percentiles_count_humans_below_and_half_of_ties():
    values = percentiles(np.array([0.0, 2, 9, np.nan]), np.array([1.0, 2, 2, 3, np.nan]))
    np.testing.assert_allclose(values, [0, 50, 100, np.nan])
    assert np.isnan(percentiles(np.array([1.0]), np.array([np.nan]))).all()
