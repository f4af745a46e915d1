"""The judge: what it learns, what it must not learn, and how it travels."""

import json

import numpy as np
import pandas as pd
import pytest

from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.calibration import auc
from perfrnn.evaluation.discriminator import (
    Discriminator,
    assign_folds,
    features,
    fit,
    held_out_auc,
    held_out_scores,
    human_against_human,
)

METRICS = ("key_clarity", "register")
PENALTY = 0.05


def people(count, centre=0.0, spread=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({name: rng.normal(centre, spread, count) for name in METRICS})


def mixture(others, count=120):
    rows = pd.concat([people(count), others], ignore_index=True)
    return rows, np.arange(len(rows)) < count


def test_distances_are_in_units_of_the_human_tails():
    quantiles = np.array([[-1.0], [0.0], [4.0]])
    found = features(np.array([[-1.0], [0.0], [2.0], [99.0], [np.nan]]), *quantiles)
    np.testing.assert_allclose(found[:, 0], [-1.645, 0, 0.8225, 4, -4])
    np.testing.assert_allclose(found[:, 1], found[:, 0] ** 2)


def test_it_learns_that_too_much_is_as_wrong_as_too_little():
    others = people(120, seed=1)
    others["register"] = np.repeat([6.0, -6.0], 60)
    judge = fit(*mixture(others), METRICS, penalty=PENALTY)
    probe = pd.DataFrame({"key_clarity": [0.0] * 3, "register": [0.0, 6.0, -6.0]})
    centre, high, low = judge.scores(probe)
    assert centre > 0 > max(high, low)


def test_what_is_farther_out_than_any_control_is_not_the_most_human():
    # Controls that are all alike teach a free judge that what is far out is human.
    others = people(120, spread=0.1, seed=1)
    probe = pd.DataFrame({name: [0.0, 9.0] for name in METRICS})
    free, peaked = (
        fit(*mixture(others), METRICS, penalty=PENALTY, peaked=value) for value in (False, True)
    )
    assert np.diff(free.scores(probe)) > 0
    assert np.diff(peaked.scores(probe)) <= 0.1


def test_what_cannot_be_measured_is_not_human():
    judge = fit(*mixture(people(120, 3.0, seed=1)), METRICS, penalty=PENALTY)
    nothing = pd.DataFrame({name: [np.nan] for name in METRICS})
    assert judge.scores(nothing)[0] < 0


def test_sides_weigh_the_same_however_many_rows_they_have():
    probe = pd.DataFrame({name: [0.0, 3.0] for name in METRICS})
    midway = pd.DataFrame({name: [0.5] for name in METRICS})
    for count in (60, 2400):
        # As far from one side as from the other: even odds, not those of 120 to 2,400.
        judge = fit(*mixture(people(count, 1.0, seed=1)), METRICS, penalty=PENALTY)
        assert abs(judge.scores(midway)[0]) < 0.5
        human, other = fit(*mixture(people(count, 3.0, seed=1)), METRICS, penalty=PENALTY).scores(
            probe
        )
        assert human > 0 > other


def test_one_side_alone_is_refused():
    with pytest.raises(PerfRNNError, match="one of the two is missing"):
        fit(people(5), np.ones(5, bool), METRICS, penalty=PENALTY)


def test_it_survives_json():
    rows, is_human = mixture(people(80, 2.0, seed=1))
    judge = fit(rows, is_human, METRICS, penalty=PENALTY)
    copy = Discriminator.from_json(json.loads(json.dumps(judge.to_json())))
    np.testing.assert_allclose(copy.scores(rows), judge.scores(rows))


def test_a_stronger_penalty_gives_smaller_weights():
    rows, is_human = mixture(people(120, 1.0, seed=1))
    sizes = [
        np.abs(fit(rows, is_human, METRICS, penalty=penalty).weights).sum()
        for penalty in (0.01, 0.1, 1.0)
    ]
    assert sizes[0] > 1.3 * sizes[1] > 1.3**2 * sizes[2]


def groups_of_their_own(count=40, rows=10):
    """Return groups each in a place of its own, every second of them called human."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(count), rows)
    places = rng.normal(0, 3, (count, 2))
    table = pd.DataFrame(places[groups], columns=list(METRICS))
    return table, (groups % 2).astype(bool), groups


def test_a_group_is_judged_by_judges_that_have_not_seen_it():
    rows, is_human, groups = groups_of_their_own()
    scores = held_out_scores(rows, is_human, METRICS, groups, penalty=PENALTY)
    assert np.isfinite(scores).all()
    for group in (0, 7, 31):
        # Folds follow from the groups alone: what a group is called may not move its own scores.
        own = groups == group
        swapped = held_out_scores(rows, is_human ^ own, METRICS, groups, penalty=PENALTY)
        np.testing.assert_array_equal(swapped[own], scores[own])
        assert (swapped[~own] != scores[~own]).sum() > 300
    found = held_out_auc(rows, is_human, METRICS, groups, penalty=PENALTY)
    assert found == auc(scores[is_human], scores[~is_human])


def test_folds_hold_whole_groups_and_are_about_equal():
    # 13 rows in four groups: the largest first, then each to the fold that has fewest.
    groups = np.array(list("aaaaabbbbccce"))
    assert assign_folds(groups).tolist() == [0] * 5 + [1] * 4 + [2] * 3 + [3]
    many = np.repeat([f"{number:02d}" for number in range(25)], 2)
    folds = assign_folds(many)
    # Groups of one size in turn, by name: 0, 10 and 20 meet in the first fold.
    assert folds[::2].tolist() == [number % 10 for number in range(25)]
    assert (folds[::2] == folds[1::2]).all()


def test_humans_are_not_told_from_humans():
    humans = people(160).assign(piece=[f"piece {i}" for i in range(160)])
    found = human_against_human(humans, METRICS, 40, np.random.default_rng(0), penalty=PENALTY)
    assert found["count"] == 40
    assert found["interval"][0] < 0.5 < found["interval"][1] + 0.05
    assert found["mean"] == pytest.approx(0.5, abs=0.1)
