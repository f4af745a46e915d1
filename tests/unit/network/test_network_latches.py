import numpy as np
import pytest

from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev
from perfrnn.generation.stepper import StepNetwork, StepWeights
from perfrnn.network.bundle import KERNEL, expected_shapes
from perfrnn.network.latches import (
    PITCHES,
    SILENT,
    has_latches,
    wire_conditions,
    wire_density,
    wire_latches,
)

UNITS = 128
MUSIC = [np.array([60, 64, 355, 188, 300, 192, 67, 260, 195]), np.array([72, 300, 200])]
PIECE = np.array([360, 60, 300, 64, 355, 188, 67, 355, 355, 195, 260, 60])


def make_weights(rng=None, layers=3):
    shapes = expected_shapes(ev.NUM_CLASSES, ev.NUM_CLASSES, layers, UNITS)
    scale = 0.0 if rng is None else 0.2
    rng = rng or np.random.default_rng(0)
    return {
        n: (scale * rng.standard_normal(shape)).astype(np.float32) for n, shape in shapes.items()
    }


def logits_of(weights, events, signals=None):
    network = StepNetwork(StepWeights(weights), 1)
    signals = None if signals is None else signals[None]
    return np.array([network.step(np.array([event]), signals)[0] for event in events])


def sounding_after(events):
    held = np.zeros((len(events), 128), bool)
    down: set[int] = set()
    for row, event in zip(held, events.tolist(), strict=True):
        if event < ev.NOTE_OFF:
            down.add(event)
        elif event < ev.TIME_SHIFT:
            down.discard(event - ev.NOTE_OFF)
        row[list(down)] = True
    return held


def test_a_latched_network_knows_what_is_held():
    logits = logits_of(wire_latches(make_weights(), MUSIC), PIECE)
    held = sounding_after(PIECE)[:, PITCHES]
    release = logits[:, ev.NOTE_OFF + PITCHES]
    strike = logits[:, ev.NOTE_ON + PITCHES]
    assert release[~held] == pytest.approx(SILENT, abs=0.05)
    assert (release[held] > SILENT / 2).all()
    assert strike[~held] == pytest.approx(0.0, abs=0.05)
    assert (strike[held] < -1.5).all()


def test_a_latch_fades_with_time():
    logits = logits_of(wire_latches(make_weights(), MUSIC), np.array([60, 300, 355, 355]))
    assert (np.diff(logits[:, ev.NOTE_OFF + 60]) < 0).all()


def test_latches_are_recognised():
    weights = make_weights(np.random.default_rng(1))
    wired = wire_latches(weights, MUSIC)
    assert not has_latches(weights)
    assert has_latches(wired)
    assert has_latches({n: w.astype(np.float16).astype(np.float32) for n, w in wired.items()})
    assert has_latches(wire_conditions(wired, MUSIC))


def test_what_no_one_hears_makes_room_and_changes_nothing():
    weights = make_weights(np.random.default_rng(2), layers=1)
    idle = np.random.default_rng(3).permutation(UNITS)[: len(PITCHES)]
    weights["fully_connected/weights"][idle] = 0
    weights[KERNEL.format(0)][ev.NUM_CLASSES + idle] = 0
    before = logits_of(weights, PIECE)
    after = logits_of(wire_latches(weights, MUSIC), PIECE)
    pitched = ev.TIME_SHIFT  # notes' logits change, the others' must not
    assert after[:, pitched:] == pytest.approx(before[:, pitched:], abs=1e-4)


def test_conditions_move_the_notes_of_their_pitch_classes():
    latched = wire_latches(make_weights(), MUSIC)
    wired = wire_conditions(latched, MUSIC)
    even = conditioning.control_vector(8.0, np.ones(12))
    tilted = conditioning.control_vector(8.0, np.eye(12)[7] + 0.1)
    plain = logits_of(latched, PIECE)
    assert logits_of(wired, PIECE, even) == pytest.approx(plain, abs=5e-3)
    moved = logits_of(wired, PIECE, tilted) - plain
    of_class = np.arange(128) % 12 == 7
    assert (moved[:, :128][:, of_class] > 0.2).all()
    assert (moved[:, :128][:, ~of_class] < -0.1).all()
    assert moved[:, 128:] == pytest.approx(0.0, abs=5e-3)


def test_there_must_be_room():
    shapes = expected_shapes(ev.NUM_CLASSES, ev.NUM_CLASSES, 1, len(PITCHES))
    with pytest.raises(ValueError, match="no room"):
        wire_latches({n: np.zeros(shape, np.float32) for n, shape in shapes.items()}, MUSIC)


def test_a_density_asked_for_leans_towards_its_events():
    sparse = np.array([360, *[60, 355, 188, 355] * 20])
    dense = np.array([360, *[60, 265, 188, 257] * 400])
    conditioned = wire_conditions(wire_latches(make_weights(), MUSIC), MUSIC)
    wired = wire_density(conditioned, [sparse, dense], 1.0)
    for density, likely, unlikely in ((0.7, 355, 265), (9.0, 265, 355)):
        signal = conditioning.request_vector(density, np.ones(12))
        moved = logits_of(wired, PIECE[:3], signal) - logits_of(conditioned, PIECE[:3], signal)
        assert (moved[-1, likely] > moved[-1, unlikely]).all()
