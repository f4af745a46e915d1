"""The sustain pedal: when it goes down, is changed, and is lifted."""

from __future__ import annotations

import numpy as np

HALF_WAY = 0.45
"""Share of the time to the next chord within which the pedal moves."""

QUICKEST = 0.06
"""Seconds from a lift of the pedal to its being pressed again."""


def pedal_moves(
    time: np.ndarray,
    odds: np.ndarray,
    moments: np.ndarray,
    inclination: float,
    share: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return how the pedal moves.

    Parameters
    ----------
    time : float64 [C], seconds; when the chords are struck.
    odds : float64 [C, 3], log odds that a pedal that is down is changed at a chord, that it is
        lifted, and that one that is up is pressed.
    moments : float64 [2, 2], seconds after the chord of lifting and pressing: mean, deviation.
    inclination : log odds by which it is pressed more, and lifted less.
    share : of the times it would be pressed at which it is, 0 to 1.

    Returns
    -------
    float64 [P, 2], ascending: seconds, and whether it goes down (1) or up (0); and bool [C],
    whether it is down after each chord.
    """
    change, lift, press = (1 / (1 + np.exp(-(odds + inclination * np.array([0, -1, 1]))))).T
    press = press * share
    chance = rng.random(len(time))
    gaps = np.diff(time)
    before, after = (HALF_WAY * np.append(*parts) for parts in ((1.0, gaps), (gaps, 1.0)))
    delay = moments[:, 0] + moments[:, 1] * np.clip(rng.standard_normal((len(time), 2)), -2, 2)
    delay = np.clip(delay, -before[:, None], after[:, None])
    lifted, pressed = (time[:, None] + delay).T
    pressed = np.maximum(pressed, np.minimum(lifted + QUICKEST, time + after))
    lifted = np.minimum(lifted, pressed - QUICKEST / 6)
    moves: list[tuple[float, float]] = []
    down = np.zeros(len(time), bool)
    is_down = False
    shares = zip(*(a.tolist() for a in (chance, change, lift, press)), strict=True)
    for chord, (drawn, change_share, lift_share, press_share) in enumerate(shares):
        if is_down and drawn < lift_share:
            moves.append((lifted[chord], 0.0))
            is_down = False
        elif is_down and drawn < lift_share + change_share:
            moves += [(lifted[chord], 0.0), (pressed[chord], 1.0)]
        elif not is_down and drawn < press_share:
            moves.append((pressed[chord], 1.0))
            is_down = True
        down[chord] = is_down
    table = np.array(moves).reshape(-1, 2)
    table[:, 0] = np.maximum.accumulate(np.maximum(table[:, 0], 0.0))
    return table, down
