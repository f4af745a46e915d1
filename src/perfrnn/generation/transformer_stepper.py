"""The transformer one step at a time, in NumPy, with what it looks back at kept.

The function is that of `perfrnn.network.transformer`. What a step costs is mostly reading: the
weights once for all streams, and each stream's own keys and values, which at a full context of
1,024 are half as large as all weights. So both lie in memory as products read them, and nothing of
them is copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from perfrnn.generation.background import Rota
from perfrnn.generation.places import Places
from perfrnn.generation.transformer_memory import Memory
from perfrnn.generation.transformer_rows import Rows
from perfrnn.generation.transformer_weights import TransformerWeights, normed, turn

MOST_BYTES = 2**30
"""What the streams of one pass may remember: 68 with 6 blocks of width 320 and a context of 1,024.

More at once would not be faster, since each has keys and values of its own to read.
"""

FEW = 8
"""Streams that one thread advances: two would each read all weights, which takes most of the time.

Measured, a step of 4, 6 and 8 streams: 3.5, 3.3 and 4.1 ms in one thread; in two 3.6, 3.7 and 4.4,
but 6.1, 6.6 and 7.7 of processor time. With 12 two are faster.
"""

HEARD = 128
"""Events of each stream that are heard at once; with more, attention takes more memory."""


class TransformerStepper:
    """A transformer as `perfrnn.generation.contract.Stepper`: to be made once a model.

    Parameters
    ----------
    weights : by name, float32, see `perfrnn.network.transformer`.
    heads : attention heads of a block.
    context : positions that each looks back at most, itself included.

    Attributes
    ----------
    weights : as steps need them.
    classes, control_size, most_streams : see the contract; a signal is what
        `TransformerWeights.condition` returns.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], *, heads: int, context: int) -> None:
        self.weights = TransformerWeights(weights, heads=heads, context=context)
        self.classes, self.control_size = self.weights.classes, self.weights.width
        of_stream = 2 * len(self.weights.blocks) * context * self.weights.size * 4
        self.most_streams = max(1, MOST_BYTES // of_stream)

    def start(self, streams: int) -> TransformerNetwork:
        """Return the network for so many streams that have heard nothing."""
        return TransformerNetwork(self.weights, streams)


class TransformerNetwork:
    """The transformer with its memory, for S streams that advance together.

    What all streams have heard alike, as when samples continue the same music, is computed once.
    All streams are at one position, since only distances count; one that began later looks back no
    further than its beginning. Two threads advance half of the streams each, unless these are few:
    to hand parts of a stream's step over costs as much as it gains.

    Parameters
    ----------
    streams : S.
    """

    def __init__(self, weights: TransformerWeights, streams: int) -> None:
        self._weights = weights
        self._memory = Memory(len(weights.blocks), weights.context, weights.size, streams)
        self._helper = Rota(1)
        self._position, self._alike = 0, True
        self._places = Places(streams)
        self._arrange()

    def step(self, events: np.ndarray, signals: np.ndarray | None = None) -> np.ndarray:
        """Take one event of each stream, integers [S]; return the logits of the next.

        Parameters
        ----------
        signals : float32 [S, d], of `TransformerWeights.condition`, for what is asked for when the
            next event happens; None asks for nothing.

        Returns
        -------
        float32 [S, classes].
        """
        weights, memory, rows = self._weights, self._memory, self._places.rows
        inputs = np.empty((len(rows), weights.width), np.float32)
        inputs[rows] = weights.event_rows[events]
        inputs[rows] += weights.free if signals is None else signals
        memory.hold(rows, events)
        inputs += memory.held[: len(rows)] @ weights.held_rows
        moment = memory.moment(self._position, weights.rotation(self._position), len(rows))
        logits = np.empty((len(rows), weights.classes), np.float32)
        first, *others = self._divided
        for other in others:
            self._helper.begin(0, partial(other.advance, inputs, moment, logits))
        first.advance(inputs, moment, logits)
        self._helper.wait(0)
        self._position, self._alike = self._position + 1, False
        return logits[rows]

    def hear(self, events: np.ndarray, signals: np.ndarray | None, begin: np.ndarray) -> None:
        """Take several events of each stream, without a word on what comes next.

        Parameters
        ----------
        events : integers [S, E].
        signals : float32 [S, E, d], as for `step`.
        begin : integers [S]. Where it is from 1 to E, the stream forgets what came before this of
            the events; above E, it has still to begin.
        """
        rows = self._places.rows
        self._alike = self._alike and all(map(_is_one, (events, signals, begin)))
        if self._alike:
            rows, events, begin = rows[:1], events[:1], begin[:1]
            signals = None if signals is None else signals[:1]
        for start in range(0, events.shape[1], HEARD):
            part = slice(start, start + HEARD)
            x = self._weights.event_rows[events[:, part]]
            x += self._weights.free if signals is None else signals[:, part]
            self._begin(rows, events[:, part], begin - start, x)
            self._hear(rows, normed(x))
            self._position += x.shape[1]
        if self._alike:
            filled = min(self._position, self._weights.context)
            for row in self._places.rows[1:]:
                self._memory.copy(int(rows[0]), int(row), filled)

    def take(self, streams: np.ndarray) -> None:
        """Go on with these streams, integers [S'], in this order; repeats branch a stream."""
        filled = min(self._position, self._weights.context)
        self._memory.reserve(len(streams), filled)
        for source, target in self._places.take(streams):
            self._memory.copy(source, target, filled)
        self._arrange()

    def _arrange(self) -> None:
        """Divide the streams between the threads."""
        count = len(self._places.rows)
        half = count if count <= FEW else -(-count // 2)
        self._divided = [
            Rows(self._weights, self._memory, slice(start, stop))
            for start, stop in ((0, half), (half, count))
            if start < stop
        ]

    def _begin(
        self, rows: np.ndarray, events: np.ndarray, begin: np.ndarray, x: np.ndarray
    ) -> None:
        """Note which notes sound and where streams begin; add what is heard of held notes to x."""
        memory = self._memory
        for column in range(events.shape[1]):
            memory.hold(rows, events[:, column])
            x[:, column] += memory.held[rows] @ self._weights.held_rows
            memory.begin(rows[begin == column + 1], self._position + column + 1)
        memory.begin(rows[begin > events.shape[1]], self._position + events.shape[1])

    def _hear(self, rows: np.ndarray, x: np.ndarray) -> None:
        """Take positions of several rows at once; x, float32 [S, E, d], is used up."""
        weights, memory = self._weights, self._memory
        rotation = weights.rotation(self._position + np.arange(x.shape[1]))[:, None]
        for number, block in enumerate(weights.blocks):
            heads = (normed(x) @ block.attend.matrix).reshape(*x.shape[:2], -1, weights.size)
            turn(heads[:, :, :-1], rotation, weights.scales)
            found = [
                memory.attend(number, row, new, self._position)
                for row, new in zip(rows.tolist(), heads, strict=True)
            ]
            x += np.stack(found) @ block.output.matrix
            inner = np.maximum(normed(x) @ block.up.matrix, 0.0)
            x += np.square(inner) @ np.vstack([piece.matrix for piece in block.down])


def _is_one(values: np.ndarray | None) -> bool:
    """Return whether all rows are the same; None is."""
    return values is None or bool((values == values[:1]).all())
