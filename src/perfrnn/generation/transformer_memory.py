"""What a transformer remembers of each stream: keys and values of what it looks back at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfrnn.events import vocabulary as ev
from perfrnn.network.transformer_layout import PITCHES


@dataclass(frozen=True)
class Moment:
    """Where in the memory a step is.

    Attributes
    ----------
    slot : that the new position takes.
    filled : slots with something in them, the new one included.
    rotation : complex64 [size / 2], by which the pairs of a head turn.
    seen : float32 [S, 1, filled], 1 for what a stream may look back at and else 0; None if it may
        look back at everything.
    """

    slot: int
    filled: int
    rotation: np.ndarray
    seen: np.ndarray | None


class Memory:
    """The memory of S streams, a row each.

    The slot of a position is what is left of it when divided by the context: what can no longer be
    seen is overwritten. Keys know their positions, so that the order of slots does not matter.

    Parameters
    ----------
    blocks, size : of the network; `size` is that of a head.
    context : positions that are looked back at, at most.
    rows : S.

    Attributes
    ----------
    keys : of each block, float32 [S, size, context]: the order in which they are multiplied with
        queries thrice as fast.
    values : of each block, float32 [S, context, size].
    held : float32 [S, 128], 1 for pitches that sound.
    begun : int64 [S], the position at which each stream began.
    """

    def __init__(self, blocks: int, context: int, size: int, rows: int) -> None:
        self.context = context
        self.keys = [np.empty((rows, size, context), np.float32) for _ in range(blocks)]
        self.values = [np.empty((rows, context, size), np.float32) for _ in range(blocks)]
        self.held = np.zeros((rows, PITCHES), np.float32)
        self.begun = np.zeros(rows, np.int64)

    def reserve(self, rows: int, filled: int) -> None:
        """Make room for so many rows, of which the first so many slots are filled."""
        known = len(self.begun)
        if rows <= known:
            return
        for block, (keys, values) in enumerate(zip(self.keys, self.values, strict=True)):
            self.keys[block] = np.empty((rows, *keys.shape[1:]), np.float32)
            self.keys[block][:known, :, :filled] = keys[:, :, :filled]
            self.values[block] = np.empty((rows, *values.shape[1:]), np.float32)
            self.values[block][:known, :filled] = values[:, :filled]
        self.held = np.concatenate([self.held, np.zeros((rows - known, PITCHES), np.float32)])
        self.begun = np.concatenate([self.begun, np.zeros(rows - known, np.int64)])

    def copy(self, source: int, target: int, filled: int) -> None:
        """Copy a row over another."""
        for keys, values in zip(self.keys, self.values, strict=True):
            keys[target, :, :filled] = keys[source, :, :filled]
            values[target, :filled] = values[source, :filled]
        self.held[target] = self.held[source]
        self.begun[target] = self.begun[source]

    def hold(self, rows: np.ndarray, events: np.ndarray) -> None:
        """Let an event of each of these rows start or end a note, if it does."""
        of_notes = events < ev.TIME_SHIFT
        pitches = events[of_notes] % ev.NOTE_OFF
        self.held[rows[of_notes], pitches] = ev.is_note_on(events[of_notes])

    def begin(self, rows: np.ndarray, position: int) -> None:
        """Let these rows begin in silence at a position."""
        self.held[rows] = 0.0
        self.begun[rows] = position

    def moment(self, position: int, rotation: np.ndarray, rows: int) -> Moment:
        """Return where a step at a position finds what the first so many rows remember."""
        filled = min(position + 1, self.context)
        begun = self.begun[:rows]
        seen = None
        if begun.max() > position + 1 - filled:
            age = (position - np.arange(filled)) % self.context
            seen = (position - age >= begun[:, None]).astype(np.float32)[:, None]
        return Moment(position % self.context, filled, rotation, seen)

    def attend(self, block: int, row: int, new: np.ndarray, position: int) -> np.ndarray:
        """Take several positions of a row; return what each of them finds: [E, heads * size].

        Parameters
        ----------
        new : float32 [E, heads + 2, size]: queries, which are scaled, key and value.
        position : of the first of them.
        """
        queries, new_keys, new_values = new[:, :-2].swapaxes(0, 1), new[:, -2], new[:, -1]
        before = np.arange(max(0, position - self.context + 1), position)
        after = position + np.arange(len(new))
        slots = before % self.context
        keys = np.concatenate([self.keys[block][row][:, slots], new_keys.T], axis=1)
        values = np.concatenate([self.values[block][row][slots], new_values])
        places = np.concatenate([before, after])
        distance = after[:, None] - places
        seen = (distance >= 0) & (distance < self.context) & (places >= self.begun[row])
        seen |= distance == 0  # a stream that has not begun sees itself, which nobody reads
        weights = np.exp(queries @ keys) * seen.astype(np.float32)
        found = weights @ values / weights.sum(axis=-1, keepdims=True)
        kept = after[-self.context :]
        self.keys[block][row][:, kept % self.context] = keys[:, -len(kept) :]
        self.values[block][row][kept % self.context] = values[-len(kept) :]
        return found.swapaxes(0, 1).reshape(len(new), -1)
