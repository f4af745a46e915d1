"""Generation: events drawn from the softmax, one step of the network at a time, in NumPy.

At batch sizes of one to a few dozen streams a step is a handful of matrix-vector products, for
which a TensorFlow graph call costs more than the arithmetic. The network is the one of
`perfrnn.model`, the weights are in the layout of a Magenta bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfrnn import controls
from perfrnn import events as ev
from perfrnn.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Weights
from perfrnn.notes import Notes

MAX_NOTE_SECONDS = 5.0
"""Longer notes are cut, as in Magenta's generator: the model forgets to release some."""

MAX_EVENTS_PER_SECOND = 400
"""A stream that needs more is stuck on one instant; time is then passed for it."""


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (np.tanh(0.5 * x) + 1.0)


class StepNetwork:
    """The LSTM with its state, for S streams that advance together.

    Parameters
    ----------
    weights : by Magenta's names, see `perfrnn.bundle`.
    streams : S.
    """

    def __init__(self, weights: Weights, streams: int) -> None:
        self._output = weights[OUTPUT_WEIGHTS], weights[OUTPUT_BIASES]
        self._layers = []
        units = weights[OUTPUT_WEIGHTS].shape[0]
        layer = 0
        while KERNEL.format(layer) in weights:
            kernel = weights[KERNEL.format(layer)]
            self._layers.append((kernel[:-units], kernel[-units:], weights[BIAS.format(layer)]))
            layer += 1
        self._units = units
        self._cell = np.zeros((layer, streams, units), np.float32)
        self._hidden = np.zeros((layer, streams, units), np.float32)
        self.conditioned = len(self._layers[0][0]) == controls.CONTROL_SIZE + ev.NUM_CLASSES

    def step(self, events: np.ndarray, signals: np.ndarray | None = None) -> np.ndarray:
        """Take one event of each stream [S]; return the logits of the next: float32 [S, 388].

        Parameters
        ----------
        signals : float32 [S, 20], the control inputs that hold when the next event happens; for a
            conditioned network only.
        """
        below = None
        for layer, (from_below, recurrent, bias) in enumerate(self._layers):
            if below is not None:
                projected = below @ from_below
            elif self.conditioned:
                assert signals is not None
                projected = from_below[controls.CONTROL_SIZE + events]
                projected = projected + signals @ from_below[: controls.CONTROL_SIZE]
            else:
                projected = from_below[events]
            gates = projected + self._hidden[layer] @ recurrent + bias
            i, j, f, o = np.split(gates, 4, axis=1)
            cell = self._cell[layer] * _sigmoid(f + 1.0) + _sigmoid(i) * np.tanh(j)
            below = np.tanh(cell) * _sigmoid(o)
            self._cell[layer], self._hidden[layer] = cell, below
        weights, biases = self._output
        return below @ weights + biases


@dataclass(frozen=True)
class SampleRequest:
    """What one stream shall be.

    Attributes
    ----------
    num_steps : length in steps of 10 ms, reached exactly.
    seed : of this stream alone; the same seed gives the same music whatever else is generated.
    temperature : divides the logits.
    signals : float32 [20], see `controls.control_vector`; for conditioned networks only.
    """

    num_steps: int
    seed: int
    temperature: float = 1.0
    signals: np.ndarray | None = None


@dataclass(frozen=True)
class Sample:
    """One generated performance.

    Attributes
    ----------
    events : int16 [E]; their shifts add up to the requested length.
    notes : closed notes within the length, none longer than `MAX_NOTE_SECONDS`.
    hanging_notes : notes the model never ended, which were closed for it.
    cut_notes : notes cut to `MAX_NOTE_SECONDS`.
    forced_shifts : shifts of 1 s inserted because the stream had stopped passing time.
    """

    events: np.ndarray
    notes: Notes
    hanging_notes: int
    cut_notes: int
    forced_shifts: int


def generate(weights: Weights, requests: Sequence[SampleRequest]) -> list[Sample]:
    """Generate all `requests` in one batched pass, each until its length is reached.

    Like Magenta's generator without a primer, every stream starts with a shift of 1 s (or of the
    whole length, if that is shorter) that the network is given; unlike it, events are drawn until
    the length is there, not a guessed number of them.
    """
    network = StepNetwork(weights, len(requests))
    streams = [_Stream(request) for request in requests]
    signals = None
    if network.conditioned:
        signals = np.stack([_signals(request) for request in requests])
    while any(not stream.done for stream in streams):
        latest = np.array([stream.events[-1] for stream in streams])
        logits = network.step(latest, signals)
        for stream, row in zip(streams, logits, strict=True):
            stream.advance(row)
    return [stream.sample() for stream in streams]


def _signals(request: SampleRequest) -> np.ndarray:
    if request.signals is None:
        return controls.control_vector(
            controls.DEFAULT_NOTES_PER_SECOND, np.array(controls.DEFAULT_HISTOGRAM)
        )
    return request.signals


class _Stream:
    """One performance in the making."""

    def __init__(self, request: SampleRequest) -> None:
        self._request = request
        self._random = np.random.default_rng(request.seed)
        first = min(ev.MAX_SHIFT_STEPS, request.num_steps)
        self.events = [ev.TIME_SHIFT - 1 + first]
        self._elapsed = first
        self._since_shift = 0
        self._forced_shifts = 0

    @property
    def done(self) -> bool:
        return self._elapsed >= self._request.num_steps

    def advance(self, logits: np.ndarray) -> None:
        if self.done:
            return
        if self._since_shift >= MAX_EVENTS_PER_SECOND:
            self._forced_shifts += 1
            event = ev.DEFAULT_EVENT
        else:
            event = draw(logits, self._request.temperature, self._random)
        if ev.TIME_SHIFT <= event < ev.VELOCITY:
            left = self._request.num_steps - self._elapsed
            event = min(event, ev.TIME_SHIFT - 1 + left)
            self._elapsed += event - ev.TIME_SHIFT + 1
            self._since_shift = 0
        else:
            self._since_shift += 1
        self.events.append(event)

    def sample(self) -> Sample:
        events = np.array(self.events, ev.EVENT_DTYPE)
        whole = ev.decode(events)
        notes = ev.decode(events, max_note_seconds=MAX_NOTE_SECONDS)
        return Sample(
            events=events,
            notes=notes,
            hanging_notes=_hanging(events),
            cut_notes=int((whole.end - whole.start > MAX_NOTE_SECONDS).sum()),
            forced_shifts=self._forced_shifts,
        )


def draw(logits: np.ndarray, temperature: float, random: np.random.Generator) -> int:
    """Draw a class from softmax(logits / temperature), by inversion of its distribution."""
    scaled = logits.astype(np.float64) / temperature
    cumulative = np.cumsum(np.exp(scaled - scaled.max()))
    return int(np.searchsorted(cumulative, random.random() * cumulative[-1], side="right"))


def _hanging(events: np.ndarray) -> int:
    """Count notes that no NOTE_OFF ends."""
    sounding = np.zeros(ev.NOTE_OFF, int)
    for event in events.tolist():
        if event < ev.NOTE_OFF:
            sounding[event] += 1
        elif event < ev.TIME_SHIFT and sounding[event - ev.NOTE_OFF]:
            sounding[event - ev.NOTE_OFF] -= 1
    return int(sounding.sum())
