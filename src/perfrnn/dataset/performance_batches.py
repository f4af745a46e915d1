"""Batches of whole performances, in parts: for truncated back-propagation through time.

A batch holds one part of each of B performances; the next batch holds the parts that follow, so
that a model can go on from the state that it ended in. A row whose performance is over goes on
with another, from a state of zeros.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from perfrnn.dataset.batches import Batch
from perfrnn.dataset.segments import Segments
from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev


class _Reading(NamedTuple):
    """A performance in one row, from batch number `begin` on."""

    begin: int
    performance: int
    semitones: int
    held: bool


@dataclass
class PerformanceBatches:
    """An endless stream of batches, any of which can be made at any time.

    One seeded permutation of all performances after another; each goes to the row that is free
    first. Batch `step` is a function of (seed, step) alone.

    Attributes
    ----------
    performances : whole performances (`Segments.joined`).
    batch_size : rows B.
    length : labels T of a part.
    transpose : semitones to draw from for each reading of a performance; where a draw leaves the
        MIDI range, the performance is read as it is.
    held : share of the readings whose control signals are one request, held from beginning to end
        (`perfrnn.conditioning.held_signals`).
    """

    performances: Segments
    batch_size: int
    length: int
    conditioned: bool
    seed: int
    transpose: tuple[int, ...] = (0,)
    held: float = 0.0
    _rows: list[list[_Reading]] = field(default_factory=list, repr=False)
    _free: list[tuple[int, int]] = field(default_factory=list, repr=False)
    _epoch: int = 0

    def __post_init__(self) -> None:
        self._rows = [[] for _ in range(self.batch_size)]
        self._free = [(0, row) for row in range(self.batch_size)]
        self._sequence = lru_cache(maxsize=2 * self.batch_size)(self._read)

    @property
    def steps_per_epoch(self) -> int:
        """Steps that read every performance about once."""
        return max(1, -(-int(self._parts().sum()) // self.batch_size))

    def __getitem__(self, step: int) -> Batch:
        """Return batch number `step`, counted from 0; `inputs["fresh"]` marks new performances."""
        while self._free[0][0] <= step:
            self._lay_out_epoch()
        rows = []
        for readings in self._rows:
            reading = readings[bisect_right(readings, step, key=lambda r: r.begin) - 1]
            rows.append((*self._sequence(*reading[1:]), step - reading.begin))
        return _batch(rows, self.length)

    def excerpts(self, count: int, length: int) -> list[np.ndarray]:
        """Return the beginnings of `count` performances drawn at random: events, int16 [length].

        Fewer where fewer are so long.
        """
        long = np.flatnonzero(np.diff(self.performances.offsets) >= length)
        drawn = np.random.default_rng(self.seed).permutation(long)[:count]
        return [self.performances[index][:length] for index in drawn]

    def _parts(self) -> np.ndarray:
        return _parts(self.performances, self.length)

    def _lay_out_epoch(self) -> None:
        rng = np.random.default_rng([self.seed, self._epoch])
        order = rng.permutation(len(self.performances))
        draws = rng.choice(self.transpose, size=len(order))
        held = rng.random(len(order)) < self.held
        parts = self._parts()
        for performance, *how in zip(order.tolist(), draws.tolist(), held.tolist(), strict=True):
            begin, row = heapq.heappop(self._free)
            self._rows[row].append(_Reading(begin, performance, *how))
            heapq.heappush(self._free, (begin + int(parts[performance]), row))
        self._epoch += 1

    def _read(
        self, performance: int, semitones: int, held: bool
    ) -> tuple[np.ndarray, np.ndarray | None]:
        sequence = self.performances[performance]
        moved = ev.transpose(sequence, semitones)
        sequence = sequence if moved is None else moved
        if held and self.conditioned:
            return sequence, conditioning.held_signals(sequence)
        return _with_signals(sequence, self.conditioned)


def evaluation_performances(
    performances: Segments, batch_size: int, length: int, *, conditioned: bool
) -> Iterator[Batch]:
    """Yield every performance once, from beginning to end; rows with no more are padding."""
    parts = _parts(performances, length)
    longest_first = np.argsort(-parts, kind="stable").tolist()
    free = [(0, row) for row in range(batch_size)]
    rows: list[list[int]] = [[] for _ in range(batch_size)]
    for performance in longest_first:
        end, row = heapq.heappop(free)
        rows[row].append(performance)
        heapq.heappush(free, (end + int(parts[performance]), row))
    readings = [_play(performances, chosen, parts, conditioned) for chosen in rows]
    silence = (*_with_signals(np.zeros(1, ev.EVENT_DTYPE), conditioned), 0)
    for step in itertools.zip_longest(*readings, fillvalue=silence):
        yield _batch(list(step), length)


def _play(
    performances: Segments, chosen: list[int], parts: np.ndarray, conditioned: bool
) -> Iterator[tuple[np.ndarray, np.ndarray | None, int]]:
    """Yield events, signals and number of each part of the chosen performances."""
    for performance in chosen:
        sequence = _with_signals(performances[performance], conditioned)
        for part in range(int(parts[performance])):
            yield (*sequence, part)


def _parts(performances: Segments, length: int) -> np.ndarray:
    return np.maximum(1, -(-(np.diff(performances.offsets) - 1) // length))


def _with_signals(sequence: np.ndarray, conditioned: bool) -> tuple[np.ndarray, np.ndarray | None]:
    return sequence, conditioning.control_signals(sequence) if conditioned else None


def _batch(rows: list[tuple[np.ndarray, np.ndarray | None, int]], length: int) -> Batch:
    """Return the batch of one part of each row's events and signals."""
    shape = (len(rows), length)
    inputs = {"events": np.zeros(shape, np.int32), "fresh": np.zeros(len(rows), np.float32)}
    if rows[0][1] is not None:
        inputs["controls"] = np.zeros((*shape, conditioning.CONTROL_SIZE), np.float32)
    labels, mask = np.zeros(shape, np.int32), np.zeros(shape, np.float32)
    for row, (sequence, signals, part) in enumerate(rows):
        first = part * length
        following = sequence[first + 1 : first + length + 1]
        count = len(following)
        inputs["events"][row, :count] = sequence[first : first + count]
        inputs["fresh"][row] = part == 0
        if signals is not None:
            inputs["controls"][row, :count] = signals[first + 1 : first + count + 1]
        labels[row, :count], mask[row, :count] = following, 1
    return Batch(inputs, labels, mask)
