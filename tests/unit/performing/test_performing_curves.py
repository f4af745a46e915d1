"""Curves over a score, and the chance that moves them."""

import numpy as np
import pytest

from perfrnn.performing.curves import MOST_CELLS, Grid
from perfrnn.performing.noise import fluctuation


def test_an_empty_cell_keeps_the_last_value():
    grid = Grid.over(np.array([2.0, 2.1, 3.0]))  # cells of a sixteenth from quarter 2 on
    assert grid.cell.tolist() == [0, 0, 4]
    assert grid.held(np.array([1.0, 3.0, 7.0])).tolist() == [2, 2, 2, 2, 7]
    assert grid.summed(np.array([1.0, 3.0, 7.0])).tolist() == [16, 0, 0, 0, 28]


@pytest.mark.parametrize("quarters", [0.5, 2.0, 8.0])
def test_smoothing_spreads_an_impulse_by_its_deviation(quarters):
    grid = Grid.over(np.arange(0, 200, 0.25))
    impulse = np.zeros(grid.cells)
    impulse[400] = 1.0
    smoothed = grid.smooth(impulse, quarters)
    distance = (np.arange(grid.cells) - 400) / 4
    assert smoothed.sum() == pytest.approx(1)
    deviation = np.sqrt((smoothed * distance**2).sum())
    # Running means have whole cells, which tells where a bell is hardly wider than one.
    assert deviation == pytest.approx(quarters, abs=0.12, rel=0.1)


def test_smoothing_leaves_what_is_constant():
    grid = Grid.over(np.arange(10.0))
    np.testing.assert_allclose(grid.smooth(np.full(grid.cells, 3.0), 4.0), 3.0)


def test_values_are_found_at_chords_and_beside_them():
    grid = Grid.over(np.arange(4.0))
    curve = np.arange(grid.cells, dtype=float)
    assert grid.at(curve).tolist() == [0, 4, 8, 12]
    assert grid.at(curve, 1.0).tolist() == [4, 8, 12, 12]  # the last cell goes on


def test_a_file_that_claims_to_be_endless_has_a_coarser_grid():
    grid = Grid.over(np.array([0.0, 1e9]))
    assert grid.cells <= MOST_CELLS + 1


def test_chance_has_the_deviation_asked_for_from_end_to_end():
    grid = Grid.over(np.arange(0, 5000, 0.25))
    rng = np.random.default_rng(0)
    curve = fluctuation(grid, np.array([1.0]), np.array([3.0]), rng)
    assert len(curve) == grid.cells
    assert curve.std() == pytest.approx(3, rel=0.05)
    many = [
        fluctuation(Grid.over(np.arange(4.0)), np.array([2.0]), np.array([3.0]), rng)
        for _ in range(2000)
    ]
    np.testing.assert_allclose(np.std(many, axis=0), 3, rtol=0.1)


def test_chance_of_a_longer_span_changes_more_slowly():
    grid = Grid.over(np.arange(0, 5000, 0.25))
    rng = np.random.default_rng(0)
    likeness = []
    for span in (1.0, 4.0, 16.0):
        curve = fluctuation(grid, np.array([span]), np.array([1.0]), rng)
        likeness.append(np.corrcoef(curve[4:], curve[:-4])[0, 1])
    # exp(-q^2 / 4 s^2), a quarter apart: 0.78, 0.98, 1.00
    assert likeness[0] == pytest.approx(0.78, abs=0.07)
    assert likeness[0] < 0.9 < likeness[1] < likeness[2]
