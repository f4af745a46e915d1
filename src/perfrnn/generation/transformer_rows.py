"""Streams of a transformer that one thread advances, position by position."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from perfrnn.generation.factor import Factor
from perfrnn.generation.transformer_memory import Memory, Moment
from perfrnn.generation.transformer_weights import TransformerWeights, normed, turn


class Rows:
    """Some rows of the memory, and what is worked on to advance them.

    Parameters
    ----------
    rows : of the memory, and of all inputs and logits.
    """

    def __init__(self, weights: TransformerWeights, memory: Memory, rows: slice) -> None:
        self._weights, self._rows = weights, rows
        count, heads, width = rows.stop - rows.start, weights.heads, weights.width
        self._x, self._normed, self._added, self._more, found = (
            np.empty((count, width), np.float32) for _ in range(5)
        )
        self._logits = np.empty((count, weights.classes), np.float32)
        self._inner = np.empty((count, weights.inner), np.float32)
        projected = np.empty((count, width + 2 * weights.size), np.float32)
        by_head = projected.reshape(count, heads + 2, weights.size)
        self._turned = by_head[:, :-1]
        self._queries, self._new_key, self._new_value = (
            by_head[:, :-2],
            by_head[:, -2],
            by_head[:, -1],
        )
        self._scores = np.empty((count, heads, memory.context), np.float32)
        self._found = found.reshape(count, heads, weights.size)
        self._keys = [keys[rows] for keys in memory.keys]
        self._values = [values[rows] for values in memory.values]
        blocks = weights.blocks
        self._project = [block.attend.product(self._normed, projected) for block in blocks]
        self._output = [block.output.product(found, self._added) for block in blocks]
        self._up = [block.up.product(self._normed, self._inner) for block in blocks]
        self._down = [list(self._pieces(block.down)) for block in blocks]
        self._last = weights.output.product(self._normed, self._logits)

    def advance(self, inputs: np.ndarray, moment: Moment, logits: np.ndarray) -> None:
        """Advance by one position; fill these rows of the logits."""
        normed(inputs[self._rows], self._x)
        for block in range(len(self._keys)):
            normed(self._x, self._normed)
            self._attend(block, moment)
            self._x += self._added
            normed(self._x, self._normed)
            self._feed(block)
            self._x += self._added
        normed(self._x, self._normed)
        self._last()
        logits[self._rows] = self._logits

    def _attend(self, block: int, moment: Moment) -> None:
        """Look back. Scores are bounded by the norms: no exponential overflows."""
        self._project[block]()
        turn(self._turned, moment.rotation, self._weights.scales)
        keys, values = self._keys[block], self._values[block]
        keys[:, :, moment.slot] = self._new_key
        values[:, moment.slot] = self._new_value
        weights = self._scores[:, :, : moment.filled]
        np.matmul(self._queries, keys[:, :, : moment.filled], out=weights)
        np.exp(weights, out=weights)
        if moment.seen is not None:
            weights *= moment.seen[self._rows]
        np.matmul(weights, values[:, : moment.filled], out=self._found)
        self._found /= weights.sum(axis=-1)[..., None]
        self._output[block]()

    def _feed(self, block: int) -> None:
        """Go through the inner layer."""
        self._up[block]()
        inner = self._inner
        np.maximum(inner, 0.0, out=inner)
        np.square(inner, out=inner)
        first, *others = self._down[block]
        first()
        for other in others:
            other()
            self._added += self._more

    def _pieces(self, factors: list[Factor]) -> Iterator[Callable[[], object]]:
        """Yield what multiplies each part of the inner layer, the first of them to `_added`."""
        start, out = 0, self._added
        for factor in factors:
            stop = start + len(factor.matrix)
            yield factor.product(self._inner[:, start:stop], out)
            start, out = stop, self._more
