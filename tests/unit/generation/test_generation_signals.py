"""Control inputs over time, and the layouts of Magenta's configs."""

import note_seq
import numpy as np
import pytest

from generation_networks import small_weights
from perfrnn.generation.signals import SignalTable, make_signals
from perfrnn.network.bundle import Bundle, BundleError
from perfrnn.network.layouts import LAYOUTS, find_layout

MULTI = LAYOUTS["multiconditioned_performance_with_dynamics"]


def test_defaults_are_magentas():
    """15 notes a second lie in class 4, from 8 to 16; all pitch classes are alike."""
    signals = make_signals(MULTI)
    assert signals.steps.tolist() == [0]
    np.testing.assert_allclose(signals.vectors[0], [0, 0, 0, 0, 1, 0, 0, 0] + [1 / 12] * 12)


def test_schedules_are_merged():
    low, high = [1] + [0] * 11, [0] * 11 + [3]
    signals = make_signals(
        MULTI, density=[(0, 0.5), (2, 70)], histogram=[(0, low), (1.25, high), (2, low)]
    )
    assert signals.steps.tolist() == [0, 125, 200]
    assert signals.vectors[:, :8].argmax(axis=1).tolist() == [0, 0, 7]
    assert signals.vectors[:, 8:].argmax(axis=1).tolist() == [0, 11, 0]
    assert signals.vectors.sum(axis=1).tolist() == [2, 2, 2]


@pytest.mark.parametrize(("description", "shared"), [("perfrnn iter3: kept", True), ("", False)])
def test_models_made_here_are_asked_for_densities_between_two_classes(description, shared):
    """Class 3 is from 4 to 8 notes a second, its middle 5.66 on a scale of octaves.

    Asked for 4 a second, the base model plays 4.3.
    """
    bundle = Bundle(
        "multiconditioned_performance_with_dynamics", description, small_weights(inputs=408)
    )
    (vector,) = make_signals(find_layout(bundle, "x"), density=[(0, 4.3)]).vectors
    expected = [0, 0, 0.5, 0.5, 0, 0, 0, 0] if shared else [0, 0, 0, 1, 0, 0, 0, 0]
    np.testing.assert_allclose(vector[:8], expected, atol=1e-6)


def test_optional_conditions_have_a_flag():
    layout = LAYOUTS["optional_multiconditioned_performance_with_dynamics"]
    on, off = (make_signals(layout, conditions=c).vectors[0] for c in (True, False))
    assert on[0] == 0
    assert on[1:].sum() == pytest.approx(2)
    assert off.tolist() == [1] + [0] * 20


DENSITY = note_seq.NoteDensityPerformanceControlSignal(3.0, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
HISTOGRAM = note_seq.PitchHistogramPerformanceControlSignal(5.0)


@pytest.mark.parametrize(
    ("model", "controls", "optional"),
    [
        ("density_conditioned_performance_with_dynamics", [DENSITY], False),
        ("pitch_conditioned_performance_with_dynamics", [HISTOGRAM], False),
        ("multiconditioned_performance_with_dynamics", [DENSITY, HISTOGRAM], False),
        ("optional_multiconditioned_performance_with_dynamics", [DENSITY, HISTOGRAM], True),
    ],
)
@pytest.mark.parametrize("conditions", [True, False])
def test_signals_are_note_seqs(model, controls, optional, conditions):
    """Encoders are put together as in Magenta's `PerformanceRnnConfig`."""
    encoder = note_seq.MultipleEventSequenceEncoder([control.encoder for control in controls])
    rng = np.random.default_rng(0)
    for density in (0, 0.99, 1, 3, 8, 15, 64, 99):
        weights = (rng.random(12) * (density > 0)).tolist()
        values = {DENSITY: density, HISTOGRAM: weights}
        event = tuple(values[control] for control in controls)
        expected = encoder.events_to_input([event], 0)
        if optional:
            flagged = note_seq.OptionalEventSequenceEncoder(encoder)
            expected = flagged.events_to_input([(not conditions, event)], 0)
        signals = make_signals(
            LAYOUTS[model],
            density=[(0, density)],
            histogram=[(0, weights)],
            conditions=conditions,
        )
        np.testing.assert_allclose(signals.vectors[0], expected, rtol=1e-6)


def test_magentas_lists_of_values_are_schedules():
    """It spreads k values evenly over the steps: value `step * k // num_steps` holds."""
    num_steps, values = 1000, [1.0, 5.0, 20.0, 40.0]
    pairs = [(i * num_steps / len(values) / 100, value) for i, value in enumerate(values)]
    layout = LAYOUTS["density_conditioned_performance_with_dynamics"]
    table = SignalTable([make_signals(layout, density=pairs)])
    steps = np.arange(num_steps)
    density = np.array(values)[steps * len(values) // num_steps]
    expected = np.searchsorted([1, 2, 4, 8, 16, 32, 64], density, side="right")
    assert table.at(np.zeros_like(steps), steps).argmax(axis=1).tolist() == expected.tolist()


def test_a_table_looks_up_every_stream_at_its_own_time():
    one = make_signals(LAYOUTS["density_conditioned_performance_with_dynamics"])
    two = make_signals(
        LAYOUTS["density_conditioned_performance_with_dynamics"], density=[(0, 0), (1, 3), (2, 99)]
    )
    table = SignalTable([one, two])
    rows = table.at(np.array([0, 1, 1, 1, 1, 0]), np.array([500, 0, 99, 100, 200, 0]))
    assert rows.argmax(axis=1).tolist() == [4, 0, 0, 2, 7, 4]


@pytest.mark.parametrize(
    ("model", "inputs", "classes"),
    [
        ("performance", 356, 356),
        ("performance_with_dynamics", 388, 388),
        ("density_conditioned_performance_with_dynamics", 396, 388),
        ("pitch_conditioned_performance_with_dynamics", 400, 388),
        ("multiconditioned_performance_with_dynamics", 408, 388),
        ("optional_multiconditioned_performance_with_dynamics", 409, 388),
    ],
)
def test_sizes_are_those_of_magentas_encoders(model, inputs, classes):
    layout = LAYOUTS[model]
    assert (layout.control_size + layout.classes, layout.classes) == (inputs, classes)
    assert make_signals(layout).vectors.shape == (1, inputs - classes)
    assert find_layout(Bundle(model, "", small_weights(inputs, classes)), "x.mag") is layout


def test_other_bundles_are_refused_with_the_known_ones_named():
    bundle = Bundle("performance_with_dynamics_and_note_encoding", "", small_weights())
    with pytest.raises(BundleError, match=r"x\.mag.*generation knows performance, performance_"):
        find_layout(bundle, "x.mag")
    with pytest.raises(BundleError, match=r"has 388 inputs and 388 classes, but .* has 408"):
        find_layout(
            Bundle("multiconditioned_performance_with_dynamics", "", small_weights()), "x.mag"
        )
