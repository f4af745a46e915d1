"""What a budget takes off an iteration."""

import pytest

from perfrnn.config.budget import capped

ITERATION = {
    "batch_size": 48,
    "dropout": 0.5,
    "l1": 1e-4,
    "learning_rate": {"schedule": "constant", "value": 1e-3},
    "losses": {"rhythm": 0.5, "harmonic_progression": 0.05},
    "max_steps": 40,
}


def test_nothing_is_above_its_cap():
    budget = {
        "max_steps": 50,
        "batch_size": 16,
        "dropout": 0.1,
        "l1": 0.0,
        "losses": 0.1,
        "learning_rate": 1e-4,
    }
    assert capped(ITERATION, budget) == {
        "batch_size": 16,
        "dropout": 0.1,
        "l1": 0.0,
        "learning_rate": {"schedule": "constant", "value": 1e-4},
        "losses": {"rhythm": 0.1, "harmonic_progression": 0.05},
        "max_steps": 40,
    }


def test_a_loss_of_no_weight_is_none():
    assert capped(ITERATION, {"losses": 0})["losses"] == {}


@pytest.mark.parametrize("budget", [None, {}, {"dropout": None, "learning_rate": 0.1}])
def test_without_a_cap_nothing_changes(budget):
    assert capped(ITERATION, budget) == ITERATION


@pytest.mark.parametrize(
    ("schedule", "scaled"),
    [
        (
            {"schedule": "piecewise", "boundaries": [3, 5], "values": [1e-3, 2e-3, 1e-3]},
            {"values": [5e-5, 1e-4, 5e-5]},
        ),
        (
            {"schedule": "cyclical", "lower": 2.5e-4, "upper": 1e-3, "half_cycle": "2 epochs"},
            {"lower": 2.5e-5, "upper": 1e-4},
        ),
        ({"schedule": "cosine", "peak": 2e-3, "warmup": 9}, {"peak": 1e-4}),
        ({"schedule": "trapezoid", "peak": 1e-4, "warmup": 9, "cooldown": 9}, {}),
    ],
)
def test_a_schedule_keeps_its_shape(schedule, scaled):
    found = capped(ITERATION | {"learning_rate": schedule}, {"learning_rate": 1e-4})
    assert found["learning_rate"] == schedule | scaled
