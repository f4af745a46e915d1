"""The memory asked for, beside what trainings were measured to take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.evaluation import likelihood, scoring
from perfrnn.training.memory import SCORING_EVENTS, SCORING_ROWS, peak_mb, training_mb

PLAIN = "performance_with_dynamics"
CONDITIONED = "multiconditioned_performance_with_dynamics"
MAGENTAS = {"layers": 3, "units": 512}
TINY = {"layers": 1, "units": 16}
EVERYTHING = {"model": CONDITIONED, "precision": "bfloat16", "auxiliary": True}


@pytest.mark.parametrize(
    ("network", "rows", "events", "settings", "measured"),
    [
        (TINY, 2, 64, {"precision": "bfloat16"}, 939),
        (MAGENTAS, 16, 512, {"precision": "bfloat16"}, 1826),
        (MAGENTAS, 48, 512, {"precision": "bfloat16"}, 2698),
        (MAGENTAS, 128, 512, {"precision": "bfloat16"}, 4748),
        (MAGENTAS, 48, 512, {"precision": "float32"}, 3270),
        (MAGENTAS, 48, 512, EVERYTHING, 2956),
    ],
)
def test_the_computed_peak_is_the_measured_one(network, rows, events, settings, measured):
    computed = peak_mb(network, rows, events, **{"model": PLAIN} | settings)
    assert computed == pytest.approx(measured, rel=0.05)


TRANSFORMER = "performance_transformer"
BUNDLED = {"blocks": 6, "width": 320, "heads": 5, "context": 1024}


@pytest.mark.parametrize(("rows", "events", "measured"), [(8, 1024, 2670), (16, 512, 2138)])
def test_a_transformer_is_computed_too(rows, events, measured):
    """Measured without what an evaluation carries from part to part.

    That is, in each of 6 blocks, 1,023 keys and values, and a one, of each sequence, twice.
    """
    carried = 2 * 6 * 4 * rows * 1023 * (64 + 64 + 1) / 2**20
    computed = peak_mb(BUNDLED, rows, events, model=TRANSFORMER, precision="bfloat16")
    assert computed == pytest.approx(measured + carried, rel=0.07)


@given(
    rows=st.integers(1, 256), events=st.integers(2, 4096), blocks=st.integers(1, 24),
    width=st.integers(1, 64), context=st.integers(2, 4096),
)  # fmt: skip
def test_more_of_a_transformer_never_asks_for_less(rows, events, blocks, width, context):
    def peak(rows, events, blocks, width, context):
        size = {"blocks": blocks, "width": 8 * width, "heads": 4, "context": context}
        return peak_mb(size, rows, events, model=TRANSFORMER)

    least = peak(rows, events, blocks, width, context)
    assert least <= peak(rows + 1, events, blocks, width, context)
    assert least <= peak(rows, events + 1, blocks, width, context)
    assert least <= peak(rows, events, blocks + 1, width, context)
    assert least <= peak(rows, events, blocks, width + 1, context)
    assert least <= peak(rows, events, blocks, width, context + 1)


SETTINGS = {"model": PLAIN, "network": MAGENTAS, "batch_size": 48, "precision": "auto"}


def test_unknown_arithmetic_counts_as_the_larger_one():
    assert training_mb(SETTINGS, 512) == training_mb(SETTINGS | {"precision": "float32"}, 512)
    assert training_mb(SETTINGS, 512) > training_mb(SETTINGS | {"precision": "bfloat16"}, 512)


def test_whole_performances_go_back_as_far_as_they_are_truncated():
    assert training_mb(SETTINGS | {"truncate": 128}, 512) == training_mb(SETTINGS, 128)


@given(
    rows=st.integers(1, 256),
    events=st.integers(2, 2048),
    layers=st.integers(1, 6),
    units=st.integers(1, 2048),
    auxiliary=st.booleans(),
)
def test_more_of_anything_never_asks_for_less(rows, events, layers, units, auxiliary):
    def peak(rows, events, layers, units, auxiliary, model=PLAIN):
        network = {"layers": layers, "units": units}
        return peak_mb(network, rows, events, model=model, auxiliary=auxiliary)

    least = peak(rows, events, layers, units, auxiliary)
    assert least <= peak(rows + 1, events, layers, units, auxiliary)
    assert least <= peak(rows, events + 1, layers, units, auxiliary)
    assert least <= peak(rows, events, layers + 1, units, auxiliary)
    assert least <= peak(rows, events, layers, units + 1, auxiliary)
    assert least <= peak(rows, events, layers, units, True)
    assert least <= peak(rows, events, layers, units, auxiliary, CONDITIONED)


def test_scoring_is_counted_as_it_is_done():
    assert (SCORING_ROWS, SCORING_EVENTS) == (likelihood.MOST_ROWS, scoring.WINDOW)
