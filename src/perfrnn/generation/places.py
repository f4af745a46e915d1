"""Where the state of each stream lies, for states too large to be copied when a stream ends."""

from __future__ import annotations

import numpy as np


class Places:
    """The rows of S streams: always the first S, in any order.

    Parameters
    ----------
    streams : S.

    Attributes
    ----------
    rows : int64 [S], the row of each stream.
    """

    def __init__(self, streams: int) -> None:
        self.rows = np.arange(streams)

    def take(self, streams: np.ndarray) -> list[tuple[int, int]]:
        """Go on with these streams, integers [S'], in this order; repeats branch a stream.

        Returns
        -------
        Pairs of a row to copy and the row to copy it to, as few as can be. No row that is copied
        is overwritten, so that they can be done in any order.
        """
        count = len(streams)
        sources = self.rows[streams]
        rows = np.full(count, -1)
        kept, first = np.unique(sources, return_index=True)
        stay = kept < count
        rows[first[stay]] = kept[stay]
        moved = rows < 0
        rows[moved] = np.setdiff1d(np.arange(count), kept[stay])
        self.rows = rows
        return list(zip(sources[moved].tolist(), rows[moved].tolist(), strict=True))
