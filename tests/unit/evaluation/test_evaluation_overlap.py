"""Overlap of samples and held-out music, against integrals of the formulas written out."""

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from evaluation_music import noise, scale
from perfrnn.evaluation.compared_sets import ComparedSets
from perfrnn.evaluation.features import FEATURES
from perfrnn.evaluation.held_out import Passage
from perfrnn.evaluation.overlap import (
    COLUMNS,
    compare_sets,
    human_likeness,
    likeness_of,
    write_overlap,
)


def density(points):
    """A sum of Gaussians whose width is the points' deviation times n^(-1/5) (Scott 1992)."""
    width = statistics.stdev(points) * len(points) ** -0.2

    def at(x):
        bells = [math.exp(-(((x - point) / width) ** 2) / 2) for point in points]
        return sum(bells) / (len(points) * width * math.sqrt(2 * math.pi))

    return at


def test_area_and_divergence_are_the_integrals_of_their_formulas():
    within, between = [1.0, 2.0, 2.5, 4.0], [2.0, 3.0, 5.0, 5.5, 7.0]
    p, q = density(within), density(between)
    area, _ = quad(lambda x: min(p(x), q(x)), -5, 15, limit=200)
    divergence, _ = quad(lambda x: p(x) * math.log(p(x) / q(x)), -5, 12, limit=200)
    found = likeness_of(np.array(within), np.array(between))
    assert found.overlapping_area == pytest.approx(area, abs=1e-3)
    assert found.kl_divergence == pytest.approx(divergence, abs=1e-3)


def test_two_far_apart_have_no_area_in_common_and_a_finite_divergence():
    found = likeness_of(np.array([1.0, 1.1, 1.3]), np.array([500.0, 501.0, 502.0]))
    assert found.overlapping_area == pytest.approx(0, abs=1e-9)
    assert 1e4 < found.kl_divergence < math.inf


@given(
    st.lists(st.floats(0, 9), min_size=3, max_size=9, unique_by=lambda x: round(x, 2)),
    st.floats(0.01, 1000),
)
def test_the_same_distances_are_all_alike_in_any_unit(distances, unit):
    within = np.array(distances)
    same = likeness_of(within, within)
    assert same.overlapping_area == pytest.approx(1, abs=2e-3)
    assert same.kl_divergence == pytest.approx(0, abs=1e-9)
    between = 2 * within + 1
    before, after = likeness_of(within, between), likeness_of(unit * within, unit * between)
    assert before == pytest.approx(after, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("distances", [[], [1.0], [2.0, 2.0, 2.0]])
def test_distances_without_a_density_are_not_compared(distances):
    found = likeness_of(np.array(distances), np.array([1.0, 2.0, 3.0]))
    assert np.isnan(found).all()


def pieces(*values, name="note_count"):
    return [{name: np.array([float(value)])} for value in values]


def test_distances_are_between_all_pairs():
    found = compare_sets(pieces(10, 13), pieces(0, 1, 3, 7, 15), "note_count")
    assert found["distance_within_samples"] == 3
    # 1, 3, 7, 15; 2, 6, 14; 4, 12; 8
    assert found["distance_within_held_out"] == pytest.approx(72 / 10)
    # from 10: 10, 9, 7, 3, 5; from 13: 13, 12, 10, 6, 2
    assert found["distance_between"] == pytest.approx((34 + 43) / 10)
    within = np.array([1, 3, 7, 15, 2, 6, 14, 4, 12, 8], float)
    between = np.array([10, 9, 7, 3, 5, 13, 12, 10, 6, 2], float)
    expected = likeness_of(within, between)
    assert found["overlapping_area"] == pytest.approx(expected.overlapping_area)


def test_distances_of_histograms_are_euclidean():
    made = [{"shares": np.array([[1.0, 0.0], [0.0, 0.0]])}]
    held_out = [{"shares": np.array([[0.0, 0.0], [0.0, 1.0]])}]
    found = compare_sets(made, held_out, "shares")
    assert found["distance_between"] == pytest.approx(math.sqrt(2))


def test_a_sample_without_the_feature_is_left_out():
    found = compare_sets(pieces(10, math.nan), pieces(0, 1, 3, 7, 15), "note_count")
    assert found["distance_between"] == pytest.approx(34 / 5)
    assert math.isnan(found["distance_within_samples"])


def test_too_few_humans_say_nothing():
    assert math.isnan(
        compare_sets(pieces(1, 2), pieces(1, 2, 4, 8), "note_count")["kl_divergence"]
    )
    few = human_likeness([dict.fromkeys(FEATURES, np.ones(1))] * 8, 4, seed=1)
    assert np.isnan(few["note_count"]).all()


def test_humans_among_themselves_are_more_alike_than_machines(tmp_path):
    humans = [noise(100 + 10 * place, seconds=30, seed=place) for place in range(24)]
    people = [Passage(f"s{place}", "piece", "Someone", each) for place, each in enumerate(humans)]
    samples = {
        "human": [noise(100 + 15 * place, seconds=30, seed=50 + place) for place in range(12)],
        "scales": [scale(48 + place, seconds=30, step=0.2) for place in range(12)],
    }
    sets = ComparedSets(samples, people, 30.0)
    write_overlap(tmp_path / "overlap.csv", sets, seed=7)
    table = pd.read_csv(tmp_path / "overlap.csv")
    assert tuple(table.columns) == COLUMNS
    assert len(table) == 2 * len(FEATURES)
    assert (table["samples"] == 12).all()
    means = table.groupby("iteration")[["overlapping_area", "human_overlapping_area"]].mean()
    assert means.loc["human", "overlapping_area"] > 0.8
    assert means.loc["human", "human_overlapping_area"] > 0.8
    assert means.loc["scales", "overlapping_area"] < 0.5
    write_overlap(tmp_path / "again.csv", sets, seed=7)
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "overlap.csv").read_bytes()


def test_without_held_out_music_the_table_is_empty_but_for_the_counts(tmp_path):
    sets = ComparedSets({"iter1": [scale(seconds=30)]}, [], 30.0)
    write_overlap(tmp_path / "overlap.csv", sets, seed=7)
    table = pd.read_csv(tmp_path / "overlap.csv")
    assert (table["held_out"] == 0).all()
    assert (
        table[["overlapping_area", "human_kl_divergence", "distance_between"]]
        .isna()
        .to_numpy()
        .all()
    )
