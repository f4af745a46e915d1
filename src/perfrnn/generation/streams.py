"""Streams of events that grow together, one event each a step, until each sample is complete."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perfrnn.events import vocabulary as ev
from perfrnn.generation.beam_search import Beam, survivors
from perfrnn.generation.contract import Stepper
from perfrnn.generation.drawing import MAX_UNIFORM, Filters, draw, masses
from perfrnn.generation.guards import Guards
from perfrnn.generation.key_bias import no_bias
from perfrnn.generation.primers import silence
from perfrnn.generation.signals import Signals, SignalTable

BLOCK = 256
"""Events of a primer that are heard, or for which random numbers are drawn, at once."""

STEPS = ev.shift_steps(np.arange(ev.NUM_CLASSES))
"""Steps of 10 ms that each event passes."""


@dataclass(frozen=True)
class SampleRequest:
    """What one sample shall be.

    Attributes
    ----------
    num_steps : length in steps of 10 ms, primer included, reached exactly.
    seed : of this sample alone. The same seed gives the same music on the same machine; other
        samples of the pass touch it by the last bits of the logits at most.
    primer : int16 [E], what the sample begins with, shorter than `num_steps`; see
        `perfrnn.generation.primers`. Without one the model begins with a shift of 1 s, as in
        Magenta, but the sample with its first note: the time before that is left out.
    signals : for a network with conditions only.
    bias : what is added to the logits over time, vectors [K, classes]; see
        `perfrnn.generation.key_bias`.
    """

    num_steps: int
    seed: int
    primer: np.ndarray = field(default_factory=lambda: np.empty(0, ev.EVENT_DTYPE))
    signals: Signals | None = None
    bias: Signals | None = None


@dataclass(frozen=True)
class Finished:
    """The stream that a sample became; its shifts add up to the length asked for."""

    events: np.ndarray
    forced_shifts: int
    forced_notes: int
    nats_per_event: float


class Streams:
    """The streams of several samples: `beam.streams` rows for each that is not finished.

    Attributes
    ----------
    finished : what is complete, by the number of its request.
    """

    def __init__(
        self,
        stepper: Stepper,
        requests: Sequence[SampleRequest],
        filters: Filters,
        beam: Beam,
        max_pause_seconds: float,
    ) -> None:
        self.finished: dict[int, Finished] = {}
        self._filters, self._beam = filters, beam
        self._lengths = np.array([request.num_steps for request in requests])
        self._primers = [_beginning(request) for request in requests]
        self._is_primed = np.array([len(request.primer) > 0 for request in requests])
        self._waits = ~self._is_primed
        self._randoms = [np.random.default_rng(request.seed) for request in requests]
        self._network = stepper.start(len(requests))
        self._table = None
        if stepper.control_size:
            self._table = SignalTable([_signals_of(request) for request in requests])
        self._bias_table = _bias_table(requests, stepper.classes)
        self._owner = np.arange(len(requests))
        self._latest, self._elapsed = self._prime()
        self._scores = np.zeros(len(requests))
        self._drawn = np.empty((len(requests), BLOCK), ev.EVENT_DTYPE)
        self._probabilities = np.empty((len(requests), BLOCK))
        self._count = 0
        self._guards = Guards(len(requests), max_pause_seconds)
        self._take(np.repeat(self._owner, beam.streams))
        self._finish()

    @property
    def alive(self) -> bool:
        """Whether a sample is not finished yet."""
        return len(self._owner) > 0

    def advance(self) -> None:
        """Draw events of every stream, and see to what they bring about.

        Only the last of them can start or finish a sample, end an iteration of the beam or bring
        a guard to the next: what need not be asked after each event is asked once for all of them.
        """
        count = self._undisturbed()
        logits = self._step()
        self._guards.restrict(logits)
        self._draw(logits)
        for _ in range(1, count):
            self._draw(self._step())
        self._wait()
        new = slice(self._count - count, self._count)
        self._guards.observe(self._drawn[:, new])
        self._scores += np.log(self._probabilities[:, new]).sum(axis=1)
        self._finish()
        beam = self._beam
        if beam.streams > 1 and self.alive and self._count % beam.steps_per_iteration == 0:
            self._take(survivors(self._scores.reshape(-1, beam.streams), beam))

    def _undisturbed(self) -> int:
        """Return how many events can be drawn before anything else may have to be done, from 1."""
        if self._waits.any():
            return 1
        beam = self._beam
        remaining = (self._ends - self._elapsed).reshape(-1, beam.streams).max(axis=1).min()
        events = [self._guards.calm(), math.ceil(remaining / ev.MAX_SHIFT_STEPS)]
        if beam.streams > 1:
            events.append(beam.steps_per_iteration - self._count % beam.steps_per_iteration)
        return max(1, min(events))

    def _step(self) -> np.ndarray:
        logits = self._network.step(self._latest, self._signals(self._elapsed))
        if self._bias_table is not None:
            logits += self._bias_table.at(self._owner, self._elapsed)
        return logits

    def _draw(self, logits: np.ndarray) -> None:
        self._latest, probabilities = draw(masses(logits, self._filters), self._uniforms())
        self._elapsed += STEPS[self._latest]
        if self._count == self._drawn.shape[1]:
            self._drawn, self._probabilities = _widen(self._drawn), _widen(self._probabilities)
        self._drawn[:, self._count] = self._latest
        self._probabilities[:, self._count] = probabilities
        self._count += 1

    def _wait(self) -> None:
        """Let no time have passed where the first note is still to come."""
        self._waits &= ~ev.is_note_on(self._latest)
        self._elapsed[self._waits] = 0

    def _prime(self) -> tuple[np.ndarray, np.ndarray]:
        """Let the network hear all primers but their last events.

        They are aligned at their ends; a stream begins where its primer does.

        Returns
        -------
        The last events, and the steps of the samples that have passed after them.
        """
        lengths = np.array([len(primer) for primer in self._primers])
        longest = int(lengths.max())
        aligned = np.zeros((len(lengths), longest), ev.EVENT_DTYPE)
        for row, primer in zip(aligned, self._primers, strict=True):
            row[longest - len(primer) :] = primer
        elapsed = np.cumsum(ev.shift_steps(aligned), axis=1)
        for start in range(0, longest - 1, BLOCK):
            part = slice(start, min(start + BLOCK, longest - 1))
            signals = self._signals(elapsed[:, part])
            self._network.hear(aligned[:, part], signals, longest - lengths - start)
        return aligned[:, -1], np.where(self._waits, 0, elapsed[:, -1])

    def _signals(self, elapsed: np.ndarray) -> np.ndarray | None:
        return None if self._table is None else self._table.at(self._owner, elapsed)

    def _uniforms(self) -> np.ndarray:
        """Return a random number for each stream, of its sample's own generator."""
        position, width = self._count % BLOCK, self._beam.streams
        if position == 0:
            blocks = [random.random((BLOCK, width)) for random in self._randoms]
            self._numbers = np.minimum(np.concatenate(blocks, axis=1), MAX_UNIFORM)
        return self._numbers[position][self._places]

    def _finish(self) -> None:
        """Take out the samples all of whose streams have reached the length.

        Of several streams the most probable wins. All have the same number of events, so that the
        comparison is fair; what lies beyond the length is cut off.
        """
        width = self._beam.streams
        reached = (self._elapsed >= self._ends).reshape(-1, width).all(axis=1)
        if not reached.any():
            return
        for first in np.flatnonzero(reached) * width:
            row = first + int(self._scores[first : first + width].argmax())
            number = int(self._owner[row])
            events = np.concatenate([self._primers[number], self._drawn[row, : self._count]])
            if not self._is_primed[number]:
                events = _from_first_note(events)
            self.finished[number] = Finished(
                events=_cut(events, self._lengths[number]),
                forced_shifts=int(self._guards.forced_shifts[row]),
                forced_notes=int(self._guards.forced_notes[row]),
                nats_per_event=-float(self._scores[row]) / max(1, self._count),
            )
        self._take(np.flatnonzero(np.repeat(~reached, width)))

    def _take(self, rows: np.ndarray) -> None:
        """Go on with these rows, in this order; a row may come several times."""
        self._owner, self._latest = self._owner[rows], self._latest[rows]
        self._waits = self._waits[rows]
        width = self._beam.streams
        self._places = self._owner * width + np.arange(len(rows)) % width
        self._ends = self._lengths[self._owner]
        self._elapsed, self._scores = self._elapsed[rows], self._scores[rows]
        self._drawn, self._probabilities = self._drawn[rows], self._probabilities[rows]
        self._network.take(rows)
        self._guards.take(rows)


def _beginning(request: SampleRequest) -> np.ndarray:
    if len(request.primer) == 0:
        return silence(ev.MAX_SHIFT_STEPS)
    if ev.shift_steps(request.primer).sum() >= request.num_steps:
        raise ValueError("a primer must be shorter than the sample that it begins")
    return request.primer


def _signals_of(request: SampleRequest) -> Signals:
    if request.signals is None:
        raise ValueError("a model with conditions needs signals")
    return request.signals


def _bias_table(requests: Sequence[SampleRequest], classes: int) -> SignalTable | None:
    """Return the biases of all samples, cut to the model's classes; None if there are none."""
    if all(request.bias is None for request in requests):
        return None
    biases = [request.bias or no_bias() for request in requests]
    return SignalTable([Signals(bias.steps, bias.vectors[:, :classes]) for bias in biases])


def _widen(table: np.ndarray) -> np.ndarray:
    """Return a table with as many columns again, which are not filled yet."""
    return np.concatenate([table, np.empty_like(table)], axis=1)


def _from_first_note(events: np.ndarray) -> np.ndarray:
    """Return `events` without what comes before the first note, but for its velocity."""
    first = int(ev.is_note_on(events).argmax())
    before = events[:first]
    return np.concatenate([before[before >= ev.VELOCITY], events[first:]])


def _cut(events: np.ndarray, num_steps: int) -> np.ndarray:
    """Return `events` up to exactly `num_steps`, the last shift shortened."""
    elapsed = np.cumsum(ev.shift_steps(events))
    last = int(np.searchsorted(elapsed, num_steps))
    events = events[: last + 1].copy()
    events[last] -= elapsed[last] - num_steps
    return events
