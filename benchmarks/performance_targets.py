"""What a pianist did with a score, in the terms of `perfrnn.performing`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from asap_pairs import Pair

from perfrnn.performing.curves import Grid
from perfrnn.performing.features import WIDEST
from perfrnn.performing.pianist import leeway
from perfrnn.performing.score import Score

TEMPO_SPAN = 1.0
"""Quarters over which tempo is smoothed; what is quicker is timing."""

DRIFT_SPAN = 2.0
"""Quarters over which the delay of chords is taken for their place in the tempo."""


MOST_LEEWAY = 4.0
"""Units of `leeway` beyond which a chord is taken for one that was laid wrongly."""


@dataclass(frozen=True)
class Targets:
    """What one performance made of the C chords and N notes of a score; NaN where unknown.

    Attributes
    ----------
    tempo : float64 [C], log of how much longer a quarter lasts than around it.
    timing : float64 [C], how much later a chord comes than the tempo says, in units of `leeway`.
    spread : float64 [N], seconds by which a note comes later than its chord.
    length : float64 [N], log2 of how long a key is held over the written length at that tempo.
    loudness : float64 [N], velocity over the performance's mean.
    mean_velocity : of the performance.
    pedal : int64 [C, 5], whether the pedal was down before a chord, was then changed, was then
        lifted; was up before, was then pressed.
    """

    tempo: np.ndarray
    timing: np.ndarray
    spread: np.ndarray
    length: np.ndarray
    loudness: np.ndarray
    mean_velocity: float
    pedal: np.ndarray


def read_targets(pair: Pair, grid: Grid) -> Targets:
    """Return what the pianist of `pair` did; `grid` is that of the score's chords."""
    score = pair.score
    time = chord_mean(score, pair.start)
    tempo, expected, local = _tempo(score, grid, time)
    delay = time - expected
    known = np.isfinite(delay)
    drift = np.interp(score.place, score.place[known], delay[known])
    timing = delay - grid.at(grid.smooth(grid.held(drift), DRIFT_SPAN))
    written = score.clock.to_seconds(score.onset + score.duration) - score.clock.to_seconds(
        score.onset
    )
    ratio = (pair.end - pair.start) / np.maximum(written * local[score.chord], 0.01)
    mean_velocity = float(np.nanmean(pair.velocity))
    return Targets(
        tempo,
        np.clip(timing / leeway(expected), -MOST_LEEWAY, MOST_LEEWAY),
        np.where(score.size[score.chord] > 1, pair.start - time[score.chord], np.nan),
        np.log2(np.clip(ratio, 1 / 16, 8)),
        pair.velocity - mean_velocity,
        mean_velocity,
        _pedal(time, pair.pedal),
    )


def chord_mean(score: Score, values: np.ndarray) -> np.ndarray:
    """Return the mean of what is known of `values` [N] in each chord: float64 [C], or NaN."""
    known = np.isfinite(values)
    count = np.bincount(score.chord[known], minlength=len(score.place))
    total = np.bincount(score.chord[known], weights=values[known], minlength=len(score.place))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _tempo(
    score: Score, grid: Grid, time: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the tempo at each chord, its expected time, and the stretch of time around it."""
    known = np.flatnonzero(np.isfinite(time))
    known = known[time[known] >= np.maximum.accumulate(time[known])]
    edges = np.append(grid.places, grid.places[-1] + grid.step)
    written = np.diff(score.clock.to_seconds(edges))
    played = np.interp(edges, score.place[known], time[known])
    inside = (edges[:-1] >= score.place[known[0]] - 1e-6) & (
        edges[1:] <= score.place[known[-1]] + 1e-6
    )
    stretch = np.diff(played) / written
    usual = np.median(stretch[inside])

    def smoothed(curve: np.ndarray, span: float) -> np.ndarray:
        weight = np.maximum(grid.smooth(inside.astype(float), span), 1e-3)
        return grid.smooth(np.where(inside, curve, 0.0), span) / weight

    local = np.where(inside, smoothed(stretch, TEMPO_SPAN), usual)
    curve = np.log(np.clip(local / usual, 0.2, 5))
    tempo = np.where(inside, curve - smoothed(curve, WIDEST), np.nan)
    expected = played[0] + np.concatenate([[0.0], np.cumsum(local * written)])
    return grid.at(tempo), np.interp(score.place, edges, expected), grid.at(local)


def _pedal(time: np.ndarray, pedal: np.ndarray) -> np.ndarray:
    """Return what the pedal did between the middles of successive chords: int64 [C, 5]."""
    counts = np.zeros((len(time), 5), np.int64)
    chords = np.flatnonzero(np.isfinite(time))
    if not len(pedal):
        counts[chords[1:], 3] = 1
    if len(chords) < 2 or not len(pedal):
        return counts
    struck = np.maximum.accumulate(time[chords])
    middle = struck + np.minimum(np.diff(struck, append=np.inf), 1.0) / 2
    moves = np.searchsorted(pedal[:, 0], middle)
    is_down = np.where(moves > 0, pedal[np.maximum(moves - 1, 0), 1] > 0, False)
    lifts = np.searchsorted(pedal[pedal[:, 1] == 0, 0], middle)
    before, after, lifted = is_down[:-1], is_down[1:], np.diff(lifts) > 0
    counts[chords[1:]] = np.stack(
        [before, before & after & lifted, before & ~after, ~before, ~before & after], axis=1
    )
    return counts
