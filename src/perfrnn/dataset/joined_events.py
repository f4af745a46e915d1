"""Consecutive windows of whole performances read as what they were cut from."""

from __future__ import annotations

import numpy as np

from perfrnn.arrays import Sliced


class JoinedEvents:
    """Events of windows end to end, without those that a window repeats of the one before.

    Slices are joined when they are read, so that no second copy of the music is needed.
    """

    def __init__(self, events: Sliced, repeated: np.ndarray) -> None:
        """Take all events, and where those are that are left out: int64, ascending."""
        self._events, self._repeated = events, repeated
        # How many events are kept before each that is left out.
        self._kept = repeated - np.arange(len(repeated))

    def __len__(self) -> int:
        """Return the number of events that are kept."""
        return len(self._events) - len(self._repeated)

    def __getitem__(self, part: slice) -> np.ndarray:
        """Return the events of a slice whose step is 1."""
        start, stop, _ = part.indices(len(self))
        if stop <= start:
            return self._events[:0]
        before, inside = np.searchsorted(self._kept, [start, stop - 1], side="right")
        first = start + before
        events = self._events[first : stop + inside]
        return np.delete(events, self._repeated[before:inside] - first)
