"""Streams of a transformer that advance by one position, in one thread or in two."""

from __future__ import annotations

from functools import partial

import numpy as np

from perfrnn.generation.background import Rota
from perfrnn.generation.transformer_memory import Memory, Moment
from perfrnn.generation.transformer_weights import Share, TransformerWeights, normed, turn


class Rows:
    """Some rows of the memory, and what is needed to advance them.

    Parameters
    ----------
    shares : the heads that a thread sees to; of two, the second is another thread's.
    rows : of the memory, and of all inputs and logits.
    helper : the other thread, if there are two shares.
    """

    def __init__(
        self,
        weights: TransformerWeights,
        shares: list[Share],
        memory: Memory,
        rows: slice,
        helper: Rota,
    ) -> None:
        self._rows, self._helper, self._blocks = rows, helper, len(memory.keys)
        self._x, self._normed = np.empty((2, rows.stop - rows.start, weights.width), np.float32)
        self._logits = np.empty((len(self._x), weights.classes), np.float32)
        self._output = weights.output.product(self._normed, self._logits)
        self._first, *self._others = (_Worker(each, memory, rows, self._normed) for each in shares)

    def advance(self, inputs: np.ndarray, moment: Moment, logits: np.ndarray) -> None:
        """Advance by one position; fill these rows of the logits."""
        first, others, helper = self._first, self._others, self._helper
        normed(inputs[self._rows], self._x)
        for block in range(self._blocks):
            normed(self._x, self._normed)
            for other in others:
                helper.begin(0, partial(other.attend, block, moment))
            first.attend(block, moment)
            self._add()
            normed(self._x, self._normed)
            for other in others:
                helper.begin(0, partial(other.feed, block))
            first.feed(block)
            self._add()
        normed(self._x, self._normed)
        self._output()
        logits[self._rows] = self._logits

    def _add(self) -> None:
        """Add what a part of a block gives, once all of it is there."""
        self._x += self._first.added
        for other in self._others:
            self._helper.wait(0)
            self._x += other.added


class _Worker:
    """What one thread has to do for some rows.

    Parameters
    ----------
    inputs : float32 [S, d], the rows' normed vectors, which others write.

    Attributes
    ----------
    added : float32 [S, d], what `attend` and `feed` add to the rows.
    """

    def __init__(self, share: Share, memory: Memory, rows: slice, inputs: np.ndarray) -> None:
        count, heads = len(inputs), share.heads.stop - share.heads.start
        self._share = share
        self._keys = [keys[rows, share.heads] for keys in memory.keys]
        self._values = [values[rows, share.heads] for values in memory.values]
        self._rows = rows
        projected = np.empty((count, 3 * heads * share.size), np.float32)
        by_head = projected.reshape(count, 3 * heads, share.size)
        self._turned = by_head[:, : 2 * heads]
        self._queries, self._new_keys, self._new_values = np.split(by_head, 3, axis=1)
        self._scores = np.empty((count, heads, memory.context, 1), np.float32)
        found = np.empty((count, heads * share.size), np.float32)
        self._found = found.reshape(count, heads, 1, share.size)
        self._inner = np.empty((count, share.up[0].matrix.shape[1]), np.float32)
        self.added = np.empty_like(inputs)
        self._project = [each.product(inputs, projected) for each in share.attend]
        self._output = [each.product(found, self.added) for each in share.output]
        self._up = [each.product(inputs, self._inner) for each in share.up]
        self._down = [each.product(self._inner, self.added) for each in share.down]

    def attend(self, block: int, moment: Moment) -> None:
        """Look back. Scores are bounded by the norms: no exponential overflows."""
        self._project[block]()
        turn(self._turned, moment.rotation, self._share.scales)
        keys, values = self._keys[block], self._values[block]
        keys[:, :, moment.slot] = self._new_keys
        values[:, :, moment.slot] = self._new_values
        scores = self._scores[:, :, : moment.filled]
        np.matmul(keys[:, :, : moment.filled], self._queries[..., None], out=scores)
        weights = scores[..., 0]
        np.exp(weights, out=weights)
        if moment.seen is not None:
            weights *= moment.seen[self._rows]
        np.matmul(scores.swapaxes(2, 3), values[:, :, : moment.filled], out=self._found)
        self._found /= weights.sum(axis=-1)[..., None, None]
        self._output[block]()

    def feed(self, block: int) -> None:
        """Go through the inner layer."""
        self._up[block]()
        inner = self._inner
        np.maximum(inner, 0.0, out=inner)
        np.square(inner, out=inner)
        self._down[block]()
