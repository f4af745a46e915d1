"""Onsets between the beats, to the fractions of a beat that they are written as.

For each beat and hand the number of equal parts is chosen that explains the onsets best: small
deviations, few parts, no two chords in one place, and both hands in eighths or both in triplets.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from perfrnn.rendering.notation import TICKS
from perfrnn.rendering.paths import cheapest_path

SIMPLE = {1: 0.0, 2: 1.0, 4: 2.5, 3: 4.0, 6: 7.0, 8: 10.0}
COMPOUND = {1: 0.0, 3: 1.0, 6: 2.5, 12: 10.0}
"""Parts that a beat may be cut into, and the cost of reading them."""

TRIPLE, DUPLE = (3, 6), (2, 4, 8)
"""Parts that are triplets in a simple metre, and those that are not."""

STRICT, LOOSE = 0.015, 0.04
"""Least and greatest standard deviation of onsets around their written places, seconds."""

SPREAD = 4.0
"""Deviations by the median distance from the nearest third or quarter, which is too small."""

FARTHEST = 0.075
"""Seconds from its place from which an onset costs no more: it is an ornament."""

COLLISION_COST = 2.0
"""For two chords of one hand that would be written as one."""

MIXTURE_COST = 3.0
"""For triplets in one hand against halves or quarters of the beat in the other."""

CHANGE_COST = 2.5
"""For a hand that goes from triplets to halves or quarters, or back, from beat to beat."""

SHORTEST, SHORT_COST = 0.055, 6.0
"""Least length of a part in seconds, and the cost of shorter ones."""

CHORD_GAP, CHORD_SPREAD = 0.035, 0.08
"""Largest seconds between neighbours, and in all, of onsets that are one chord."""

EARLY = 0.05
"""An onset up to this many seconds before a beat may belong to it."""


class Grid(NamedTuple):
    """Notes on the grid of a score.

    Attributes
    ----------
    onset : ticks from the first beat, int [N].
    end : ticks at which the sound ends, not rounded to the grid, above `onset`, int [N].
    """

    onset: np.ndarray
    end: np.ndarray


def has_thirds(start: np.ndarray, hand: np.ndarray, beats: np.ndarray) -> bool:
    """Return whether more beats are best cut in three than in two: dotted notes or triplets.

    Parameters are those of `quantise`.
    """
    if len(start) == 0:
        return False
    beats = _reaching(beats, float(start.max()))
    chords = [_Chords(start[hand == which], beats) for which in (0, 1)]
    return _mostly_triple(_costs(chords, beats, SIMPLE, _deviation(chords, beats)))


def quantise(
    start: np.ndarray, end: np.ndarray, hand: np.ndarray, beats: np.ndarray, *, is_compound: bool
) -> Grid:
    """Place notes on a grid between the beats.

    Parameters
    ----------
    start, end : seconds, float [N], `start` rising.
    hand : 0 or 1, int [N].
    beats : seconds, float [B], rising, the first at or before the first onset.
    is_compound : whether a beat is a dotted note.
    """
    if len(start) == 0:
        return Grid(np.zeros(0, np.int64), np.zeros(0, np.int64))
    beats = _reaching(beats, float(max(start.max(), end.max())))
    chords = [_Chords(start[hand == which], beats) for which in (0, 1)]
    divisions = COMPOUND if is_compound else SIMPLE
    costs = _costs(chords, beats, divisions, _deviation(chords, beats))
    beat_ticks = TICKS * 3 // 2 if is_compound else TICKS
    chosen = _choose(costs, list(divisions), is_compound)
    onset = np.zeros(len(start), np.int64)
    for which, hand_chords in enumerate(chords):
        parts = chosen[which, hand_chords.beat]
        ticks = hand_chords.beat * beat_ticks + np.rint(hand_chords.phase * parts) * (
            beat_ticks // parts
        )
        onset[hand == which] = ticks.astype(np.int64)[hand_chords.number]
    ends = np.rint(np.interp(end, beats, np.arange(len(beats))) * beat_ticks).astype(np.int64)
    return Grid(onset, np.maximum(ends, onset + 1))


class _Chords:
    """The chords of one hand.

    Attributes
    ----------
    number : each note's chord, int [N].
    beat : each chord's beat, int [C].
    phase : each chord's place after its beat, in beats, 0 to below 1.
    """

    def __init__(self, start: np.ndarray, beats: np.ndarray) -> None:
        self.number = _gather(start)
        time = np.bincount(self.number, start) / np.maximum(np.bincount(self.number), 1)
        place = np.interp(time, beats, np.arange(len(beats)))
        last = len(beats) - 2
        interval = np.diff(beats)[np.minimum(place.astype(np.int64), last)]
        early = np.minimum(EARLY / interval, 0.125)
        self.beat = np.minimum(np.floor(place + early).astype(np.int64), last)
        self.phase = np.maximum(place - self.beat, 0.0)


def _gather(start: np.ndarray) -> np.ndarray:
    """Return for each onset (seconds, rising) the number of its chord, from 0."""
    number = np.zeros(len(start), np.int64)
    current, begin, previous = -1, -np.inf, -np.inf
    for index, time in enumerate(start.tolist()):
        if time - previous > CHORD_GAP or time - begin > CHORD_SPREAD:
            current, begin = current + 1, time
        number[index], previous = current, time
    return number


def _reaching(beats: np.ndarray, end: float) -> np.ndarray:
    """Return the beats, continued at their last interval until after `end`."""
    interval = beats[-1] - beats[-2]
    missing = max(0, int(np.ceil((end - beats[-1]) / interval)) + 1)
    return np.append(beats, beats[-1] + interval * np.arange(1, missing + 1))


def _deviation(chords: list[_Chords], beats: np.ndarray) -> float:
    """Return how far onsets usually are from thirds and quarters of a beat, seconds."""
    phase = np.concatenate([hand.phase for hand in chords])
    beat = np.concatenate([hand.beat for hand in chords])
    off = np.minimum(
        np.abs(phase - np.rint(phase * 3) / 3), np.abs(phase - np.rint(phase * 4) / 4)
    )
    usual = float(np.median(off * np.diff(beats)[beat]))
    return float(np.clip(SPREAD * usual, STRICT, LOOSE))


def _costs(
    chords: list[_Chords], beats: np.ndarray, divisions: dict[int, float], timing: float
) -> np.ndarray:
    """Return the cost of each division, float [hands, beats, divisions].

    Zero for a beat without onsets, whatever the division.

    Parameters
    ----------
    timing : standard deviation of onsets around their written places, seconds.
    """
    interval = np.diff(beats)
    costs = np.zeros((len(chords), len(interval), len(divisions)))
    for which, hand in enumerate(chords):
        for beat in np.unique(hand.beat).tolist():
            phase = hand.phase[hand.beat == beat]
            for column, (parts, reading) in enumerate(divisions.items()):
                place = np.rint(phase * parts)
                off = np.abs(phase - place / parts) * interval[beat]
                deviations = np.minimum(off, FARTHEST) / timing
                collisions = len(place) - len(np.unique(place))
                is_short = parts > 1 and interval[beat] / parts < SHORTEST
                costs[which, beat, column] = (
                    (deviations**2).sum()
                    + COLLISION_COST * collisions
                    + reading
                    + SHORT_COST * is_short
                )
    return costs


def _mostly_triple(costs: np.ndarray) -> bool:
    """Return whether more beats are best cut in three than in two, given `SIMPLE` costs."""
    parts = list(SIMPLE)
    reading = np.array(list(SIMPLE.values()))
    fit = costs - reading
    best = np.array(parts)[(fit + 0.3 * reading).argmin(axis=2)]
    occupied = costs.any(axis=2)
    triple = np.isin(best, TRIPLE) & occupied
    duple = np.isin(best, DUPLE) & occupied
    return bool(triple.sum() > duple.sum())


def _choose(costs: np.ndarray, parts: list[int], is_compound: bool) -> np.ndarray:
    """Return the parts of each hand's beats, int [2, beats], that cost least together."""
    pairs = np.array([(right, left) for right in parts for left in parts])
    total = (costs[0][:, :, None] + costs[1][:, None, :]).reshape(-1, len(pairs))
    clash = np.zeros((len(pairs), len(pairs)))
    if not is_compound:
        triple = np.isin(pairs, TRIPLE)
        duple = np.isin(pairs, DUPLE)
        total = total + MIXTURE_COST * (triple & duple[:, ::-1]).any(axis=1)
        swing = triple[:, None] & duple[None] | duple[:, None] & triple[None]
        clash = CHANGE_COST * swing.sum(axis=2)
    return pairs[cheapest_path(total, clash)].T
