"""How a pianist might play a score: every note and the pedal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perfrnn.performing.curves import Grid
from perfrnn.performing.noise import fluctuation
from perfrnn.performing.pedal import pedal_moves
from perfrnn.performing.pianist import (
    TRAITS,
    Expectation,
    Pianist,
    leeway,
    read_pianist,
)
from perfrnn.performing.score import Score

GREATEST_TEMPO = 1.1
"""Log of how many times slower or faster than written it may get: threefold."""

ROOM = 0.3
"""Share of the time to the next chord by which a chord or a note of it may be displaced."""

SOFTEST, LOUDEST = 12, 118
"""Velocities that pianists reach."""

SHORTEST = 0.03
"""Seconds for which a key is held at least."""

APART = 0.01
"""Seconds between the release of a key and its next stroke, if there is time."""

LONGEST, BRIEFEST = 1.0, -3.5
"""Log2 of a key's time over the written one."""

MEZZOFORTE = 80
"""Velocity of a score without dynamics."""


@dataclass(frozen=True)
class Played:
    """What became of the N notes of a score, and P movements of the pedal.

    Attributes
    ----------
    start, end : float64 [N], seconds.
    velocity : int64 [N], 1 to 127.
    pedal : float64 [P, 2], seconds, and whether it goes down (1) or up (0).
    edges, times : float64 [G + 1], quarters of the score, and when they are reached.
    """

    start: np.ndarray
    end: np.ndarray
    velocity: np.ndarray
    pedal: np.ndarray
    edges: np.ndarray
    times: np.ndarray


def play(
    score: Score,
    *,
    rng: np.random.Generator,
    expression: float,
    style: str,
    pianist: Pianist | None = None,
) -> Played:
    """Return what a pianist makes of `score`, which has at least one note.

    Parameters
    ----------
    expression : 0 as written, 1 as humans do, 2 twice as much.
    style : one of `pianist.styles`.
    """
    pianist = pianist or read_pianist()
    expected = pianist.expect(score)
    traits = pianist.styles[style] + pianist.deviations @ rng.standard_normal(len(TRAITS))
    trait = dict(zip(TRAITS, traits.tolist(), strict=True))
    gain = {name: expression * float(np.exp(np.clip(trait[name], -1.2, 1.2))) for name in TRAITS}
    hand = _Hand(score, Grid.over(score.place), expected, pianist, gain, rng)
    edges, times = hand.tempo()
    chord_time = hand.timing(np.interp(score.place, edges, times))
    start = hand.spread(chord_time)
    pedal, is_down = pedal_moves(
        chord_time, expected.pedal, pianist.moments, trait["pedal"], min(expression, 1.0), rng
    )
    end = hand.release(start, edges, times, is_down, expression)
    velocity = hand.loudness(trait["level"], expression)
    if is_down[-1]:
        pedal = np.append(pedal, [[max(pedal[-1, 0], float(end.max())), 0.0]], axis=0)
    return Played(start, end, velocity, pedal, edges, times)


@dataclass(frozen=True)
class _Hand:
    """One performance on its way: the average, and by how much chance may differ from it."""

    score: Score
    grid: Grid
    expected: Expectation
    pianist: Pianist
    gain: Mapping[str, float]
    rng: np.random.Generator

    def tempo(self) -> tuple[np.ndarray, np.ndarray]:
        """Return edges of the grid's cells in quarters, and the seconds at which they come."""
        grid, clock = self.grid, self.score.clock
        curve = grid.smooth(grid.held(self.expected.chords[:, 0]), 0.5) + self._chance("tempo")
        curve = np.clip(self.gain["tempo"] * curve, -GREATEST_TEMPO, GREATEST_TEMPO)
        edges = np.append(grid.places, grid.places[-1] + grid.step)
        written = clock.to_seconds(edges)
        passed = np.cumsum(np.diff(written) * np.exp(curve))
        return edges, written[0] + np.concatenate([[0.0], passed])

    def timing(self, time: np.ndarray) -> np.ndarray:
        """Return when chords are struck that the tempo has at `time`: float64 [C], ascending."""
        white = self.pianist.white["timing"] * self.rng.standard_normal(len(time))
        late = self.expected.chords[:, 1] + self.grid.at(self._chance("timing")) + white
        gaps = np.diff(time)
        before, after = np.append(np.inf, gaps), np.append(gaps, np.inf)
        late = np.clip(self.gain["timing"] * late * leeway(time), -ROOM * before, ROOM * after)
        return np.maximum(time + late, 0.0)

    def spread(self, chord_time: np.ndarray) -> np.ndarray:
        """Return when notes are struck: float64 [N], seconds."""
        score = self.score
        white = self.pianist.white["spread"]
        chance = self._by_note(self.rng.laplace(0.0, white, len(score.pitch)))
        late = self.gain["spread"] * (self.expected.notes[:, 1] + chance)
        late = np.where(score.size[score.chord] > 1, late, 0.0)
        gaps = np.diff(chord_time)
        before, after = np.append(np.inf, gaps), np.append(gaps, np.inf)
        # A chord's notes stay nearer to it than to those of its neighbours.
        late = np.clip(late, -ROOM * before[score.chord], ROOM * after[score.chord])
        return np.maximum(chord_time[score.chord] + late, 0.0)

    def loudness(self, level: float, expression: float) -> np.ndarray:
        """Return the velocities of the notes: int64 [N]."""
        score, white = self.score, self.pianist.white
        chord = self.grid.at(self._chance("loudness"))
        chord = chord + white["loudness"] * self.rng.standard_normal(len(score.place))
        touch = self._by_note(white["touch"] * self.rng.standard_normal(len(score.pitch)))
        touch = np.where(score.size[score.chord] > 1, touch, 0.0)
        played = self.gain["loudness"] * (self.expected.notes[:, 0] + chord[score.chord])
        played += self.gain["touch"] * touch
        mean = float(score.velocity.mean())
        middle = self.pianist.level @ [1.0, mean - MEZZOFORTE] + level
        share = min(expression, 1.0)
        middle = (1 - share) * mean + share * middle
        velocity = middle + (1 - share) * (score.velocity - mean) + played
        low, high = min(SOFTEST, score.velocity.min()), max(LOUDEST, score.velocity.max())
        return np.clip(np.round(velocity), max(low, 1), min(high, 127)).astype(np.int64)

    def release(
        self,
        start: np.ndarray,
        edges: np.ndarray,
        times: np.ndarray,
        is_down: np.ndarray,
        expression: float,
    ) -> np.ndarray:
        """Return when keys are released: float64 [N], seconds.

        Parameters
        ----------
        start : float64 [N], seconds at which they are struck.
        is_down : bool [C], whether the pedal is down after a chord.
        """
        score, white = self.score, self.pianist.white
        chord = self.grid.at(self._chance("length"))
        chord = chord + white["length"] * self.rng.standard_normal(len(score.place))
        chord = chord + white["length under pedal"] * (is_down - is_down.mean())
        note = self._by_note(white["note length"] * self.rng.standard_normal(len(score.pitch)))
        ratio = self.expected.notes[:, 2] + chord[score.chord] + note
        ratio = np.clip(expression * ratio, BRIEFEST, LONGEST)
        written = reach(score.onset + score.duration, edges, times) - reach(
            score.onset, edges, times
        )
        end = start + np.maximum(written * np.exp2(ratio), SHORTEST)
        return _before_next(score.pitch, start, end)

    def _chance(self, name: str) -> np.ndarray:
        """Return one kind of fluctuation on the grid."""
        return fluctuation(self.grid, self.pianist.spans, self.pianist.noise[name], self.rng)

    def _by_note(self, chance: np.ndarray) -> np.ndarray:
        """Return `chance` [N] alike for what a score has twice: one key, one stroke."""
        keys = self.score.chord * 128 + self.score.pitch
        _, first, which = np.unique(keys, return_index=True, return_inverse=True)
        return chance[first][which]


def reach(places: np.ndarray, edges: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return when `places` in quarters come; beyond the last edge its tempo goes on."""
    pace = (times[-1] - times[-2]) / (edges[-1] - edges[-2])
    return np.interp(places, edges, times) + np.maximum(places - edges[-1], 0.0) * pace


def _before_next(pitch: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return `end` [N], but before the key of a note is struck anew."""
    order = np.lexsort((start, pitch))
    same = np.diff(pitch[order]) == 0
    later = start[order][1:]
    free = same & (later > start[order][:-1])
    limit = np.full(len(end), np.inf)
    limit[order[:-1][free]] = np.maximum(
        later[free] - APART, (start[order][:-1][free] + later[free]) / 2
    )
    return np.minimum(end, limit)
