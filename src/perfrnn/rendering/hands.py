"""Which hand plays a note."""

import numpy as np

from perfrnn.rendering.paths import cheapest_path

RIGHT, LEFT = 0, 1
"""Hands are numbered as the staves are, from the top."""

SPLITS = np.arange(40, 85)
"""Candidates, in MIDI pitches, for the lowest pitch of the right hand."""

WINDOW = 0.22
"""A hand covers at once what is struck within this many seconds before and after."""

SPAN = 9
"""Semitones that a hand covers in comfort."""

# Costs of a split. They were chosen by a random search on half of ASAP's scores, whose two staves
# tell the hands, and judged on the others: see benchmarks/score_round_trip.py.
SPAN_COST = 0.04  # for each semitone beyond SPAN, squared
REGISTER_COST = 0.001  # for each semitone between the split and middle C, squared
MOVE_COST = 0.3  # for each semitone that the split moves from one onset to the next

MIDDLE_C = 60


def assign_hands(start: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Return the hand of each note: int [N], `RIGHT` or `LEFT`.

    At every onset one pitch splits the hands. The path of splits keeps both hands' stretches
    small, stays near to middle C and moves little (found by dynamic programming). Crossed hands
    are not found.

    Parameters
    ----------
    start : seconds, float [N], rising.
    pitch : MIDI numbers, int [N].
    """
    if len(start) == 0:
        return np.zeros(0, np.int64)
    onsets, place = np.unique(np.round(start, 2), return_inverse=True)
    begin = np.searchsorted(start, onsets - WINDOW)
    end = np.searchsorted(start, onsets + WINDOW, side="right")
    costs = np.array([_split_costs(pitch[a:b]) for a, b in zip(begin, end, strict=True)])
    move = MOVE_COST * np.abs(SPLITS[:, None] - SPLITS[None])
    return np.where(pitch < SPLITS[cheapest_path(costs, move)][place], LEFT, RIGHT)


def _split_costs(pitch: np.ndarray) -> np.ndarray:
    """Return the cost of each split for pitches that are in reach at one moment."""
    pitch = np.unique(pitch)
    low = np.searchsorted(pitch, SPLITS)  # how many are the left hand's
    left = pitch[np.maximum(low - 1, 0)] - pitch[0]
    right = pitch[-1] - pitch[np.minimum(low, len(pitch) - 1)]
    stretch = np.maximum(left - SPAN, 0) ** 2 + np.maximum(right - SPAN, 0) ** 2
    return SPAN_COST * stretch + REGISTER_COST * (SPLITS - MIDDLE_C) ** 2
