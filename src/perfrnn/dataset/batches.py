"""Batches: inputs, labels, mask and control signals, made from segments when they are read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from perfrnn.dataset.segments import Segments
from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev

PAD_TO = 64
"""Batches are padded to a multiple of this many events, so that few shapes are compiled."""


@dataclass(frozen=True)
class Batch:
    """B sequences of up to T events.

    Attributes
    ----------
    inputs : {"events": int32 [B, T]} and, for a conditioned model, {"controls": float32
        [B, T, 20]}. As in Magenta, the event at t comes with the control signal at t + 1.
    labels : int32 [B, T], the event that follows each input.
    mask : float32 [B, T], 1 for events and 0 for padding.
    """

    inputs: dict[str, np.ndarray]
    labels: np.ndarray
    mask: np.ndarray

    @property
    def events(self) -> int:
        """Number of labels that count."""
        return int(self.mask.sum())


def make_batch(sequences: list[np.ndarray], *, conditioned: bool, length: int = 0) -> Batch:
    """Return the batch of `sequences`, padded to at least `length` labels."""
    longest = max(len(sequence) for sequence in sequences) - 1
    width = max(length, -(-longest // PAD_TO) * PAD_TO)
    events = np.zeros((len(sequences), width), np.int32)
    labels = np.zeros((len(sequences), width), np.int32)
    mask = np.zeros((len(sequences), width), np.float32)
    signals = np.zeros((len(sequences), width, conditioning.CONTROL_SIZE), np.float32)
    for row, sequence in enumerate(sequences):
        count = len(sequence) - 1
        events[row, :count] = sequence[:-1]
        labels[row, :count] = sequence[1:]
        mask[row, :count] = 1
        if conditioned:
            signals[row, :count] = conditioning.control_signals(sequence)[1:]
    inputs: dict[str, np.ndarray] = {"events": events}
    if conditioned:
        inputs["controls"] = signals
    return Batch(inputs, labels, mask)


@dataclass(frozen=True)
class TrainingBatches:
    """An endless stream of shuffled batches, any of which can be made at any time.

    The stream is one seeded permutation of all segments after another; batch `step` is a function
    of (seed, step) alone, so a resumed training goes on with the batch it would have read.

    Attributes
    ----------
    transpose : semitones to draw from; where a draw leaves the MIDI range, the segment is read as
        it is.
    """

    segments: Segments
    batch_size: int
    conditioned: bool
    seed: int
    transpose: tuple[int, ...] = (0,)

    @property
    def steps_per_epoch(self) -> int:
        """Steps that read every segment once."""
        return max(1, -(-len(self.segments) // self.batch_size))

    def __getitem__(self, step: int) -> Batch:
        """Return batch number `step`, counted from 0."""
        count = len(self.segments)
        positions = range(step * self.batch_size, (step + 1) * self.batch_size)
        orders = {
            epoch: _permutation(self.seed, epoch, count)
            for epoch in {position // count for position in positions}
        }
        draws = np.random.default_rng([self.seed, step, 1]).choice(
            self.transpose, size=self.batch_size
        )
        sequences = []
        for position, semitones in zip(positions, draws.tolist(), strict=True):
            sequence = self.segments[orders[position // count][position % count]]
            moved = ev.transpose(sequence, semitones)
            sequences.append(sequence if moved is None else moved)
        return make_batch(sequences, conditioned=self.conditioned)


@lru_cache(maxsize=2)  # a batch may end one epoch and begin the next
def _permutation(seed: int, epoch: int, count: int) -> np.ndarray:
    """Return the order of one epoch; drawn anew at every step it would cost more than a batch."""
    return np.random.default_rng([seed, epoch]).permutation(count)


class BatchStream(Protocol):
    """Batches by number, counted from 0."""

    def __getitem__(self, step: int) -> Batch:
        """Return batch number `step`."""


def read_ahead(batches: BatchStream, step: int) -> Iterator[Batch]:
    """Yield batch after batch from number `step` on, reading one while the one before is used."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(batches.__getitem__, step)
        while True:
            step += 1
            batch, following = following, reader.submit(batches.__getitem__, step)
            yield batch.result()


def evaluation_batches(
    segments: Segments, batch_size: int, *, conditioned: bool
) -> Iterator[Batch]:
    """Yield every segment once, in batches by length; the last may be smaller."""
    order = np.argsort(np.diff(segments.offsets), kind="stable")
    for first in range(0, len(order), batch_size):
        chosen = order[first : first + batch_size]
        yield make_batch([segments[index] for index in chosen], conditioned=conditioned)
