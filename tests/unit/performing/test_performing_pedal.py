"""The pedal: pressed, changed and lifted as the odds have it."""

import numpy as np
import pytest

from perfrnn.performing.pedal import pedal_moves

NEVER, ALWAYS = -50.0, 50.0
MOMENTS = np.array([[0.0, 0.0], [0.1, 0.0]])  # lifted with the chord, pressed 0.1 s later
TIME = np.array([1.0, 2.0, 3.0])


def move(odds, *, inclination=0.0, share=1.0):
    moves, down = pedal_moves(
        TIME, np.array(odds), MOMENTS, inclination, share, np.random.default_rng(0)
    )
    return moves.tolist(), down.tolist()


def test_pressed_then_changed_then_lifted():
    odds = [[NEVER, NEVER, ALWAYS], [ALWAYS, NEVER, NEVER], [NEVER, ALWAYS, NEVER]]
    moves, down = move(odds)
    assert moves == [[1.1, 1], [2.0, 0], [2.1, 1], [3.0, 0]]
    assert down == [True, True, False]


@pytest.mark.parametrize("arguments", [{"share": 0.0}, {"inclination": -100.0}])
def test_without_expression_or_inclination_it_stays_up(arguments):
    moves, down = move([[NEVER, NEVER, ALWAYS]] * 3, **arguments)
    assert moves == []
    assert down == [False] * 3


def test_inclination_keeps_it_down():
    moves, down = move([[NEVER, 0.0, 0.0]] * 3, inclination=100.0)
    assert moves == [[1.1, 1]]
    assert down == [True] * 3


def test_moves_ascend_and_alternate_however_fast_the_chords():
    rng = np.random.default_rng(1)
    time = np.cumsum(rng.exponential(0.05, 500))
    moments = np.array([[0.01, 0.05], [0.02, 0.09]])
    moves, _ = pedal_moves(time, rng.normal(0, 1, (500, 3)), moments, 0.0, 1.0, rng)
    assert np.all(np.diff(moves[:, 0]) >= 0)
    assert np.all(np.diff(moves[:, 1]) != 0)
