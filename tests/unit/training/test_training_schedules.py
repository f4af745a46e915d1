"""Learning rates against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.training.schedules import build_schedule, cyclical


def test_iteration_1_changes_at_65000_and_71000_steps():
    rate = build_schedule(
        {"schedule": "piecewise", "boundaries": [65000, 71000], "values": [1e-3, 2e-3, 1e-3]},
        235,
        191000,
    )
    assert [rate(s) for s in (0, 64999, 65000, 70999, 71000, 190999)] == [
        1e-3, 1e-3, 2e-3, 2e-3, 1e-3, 1e-3,
    ]  # fmt: skip


def test_iteration_2_is_smiths_triangle():
    rate = build_schedule(
        {"schedule": "cyclical", "lower": 2.5e-4, "upper": 1e-3, "half_cycle": "2 epochs"},
        235,
        21500,
    )
    assert rate(0) == pytest.approx(2.5e-4)
    assert rate(235) == pytest.approx((2.5e-4 + 1e-3) / 2)
    assert rate(470) == pytest.approx(1e-3)
    assert rate(705) == pytest.approx((2.5e-4 + 1e-3) / 2)
    assert rate(940) == pytest.approx(2.5e-4)


def test_constant():
    assert build_schedule({"schedule": "constant", "value": 0.5}, 1, 1)(10**6) == 0.5


@given(st.integers(1, 1000), st.integers(0, 10**6))
def test_cycles_stay_between_their_bounds_and_repeat(half_cycle, step):
    rate = cyclical(1e-6, 1e-2, half_cycle)
    assert 1e-6 <= rate(step) <= 1e-2 + 1e-15
    assert rate(step) == rate(step + 2 * half_cycle)


def test_cosine_rises_then_falls_to_nothing():
    settings = {"schedule": "cosine", "peak": 3e-3, "warmup": "2 epochs"}
    rate = build_schedule(settings, 5, 110)
    assert rate(0) == pytest.approx(3e-4)
    assert rate(9) == rate(10) == pytest.approx(3e-3)
    assert rate(60) == pytest.approx(1.5e-3)
    assert 0 < rate(109) < 3e-6
    assert rate(110) == rate(500) == pytest.approx(0)


def test_a_trapezoid_rises_holds_and_falls_to_nothing():
    settings = {"schedule": "trapezoid", "peak": 3e-3, "warmup": 10, "cooldown": "4 epochs"}
    rate = build_schedule(settings, 5, 110)
    assert rate(0) == pytest.approx(3e-4)
    assert rate(9) == rate(50) == rate(90) == pytest.approx(3e-3)
    assert rate(100) == pytest.approx(1.5e-3)  # 10 of the last 20 steps are left
    assert rate(109) == pytest.approx(1.5e-4)
    assert rate(110) == rate(500) == 0
