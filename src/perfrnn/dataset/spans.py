"""Performances cut into spans that start in silence, as a sample does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

import numpy as np

from perfrnn.arrays import Spool
from perfrnn.dataset.segments import Segments
from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes

LEAST_NOTES = 40
"""Notes of the shortest span."""


def cut_spans(
    performances: Segments, seconds: float, *, of: Literal["stretched", "all"], seed: int
) -> Segments:
    """Return performances cut into spans that start in silence, as a sample does.

    A span has the notes that are struck within it, ended where it ends, and begins with its first;
    the first of a performance begins before it by a random part of half a span. Spans of fewer
    than `LEAST_NOTES` notes are left out.

    Parameters
    ----------
    of : which performances are cut; `stretched` leaves those at stretch 1 whole.
    """
    rng = np.random.default_rng(seed)
    events = Spool(Path(gettempdir()), ev.EVENT_DTYPE)  # as long as the corpus: no memory for it
    owners: list[int] = []
    ends = [0]
    for index, stretch in enumerate(performances.stretches.tolist()):
        cut = [performances[index]]
        if of == "all" or stretch != 1.0:
            cut = list(_spans(cut[0], seconds, rng.uniform(-seconds / 2, 0)))
        for part in cut:
            events.append(part)
            ends.append(len(events))
        owners += [index] * len(cut)
    return Segments(
        events.stored(),
        np.array(ends),
        performances.pieces[owners],
        performances.sources[owners],
        performances.starts[owners],
        performances.stretches[owners],
    )


def _spans(events: np.ndarray, seconds: float, begin: float) -> Iterator[np.ndarray]:
    notes = ev.decode(events)
    order = np.lexsort((notes.pitch, notes.start))
    while begin < notes.total_time:
        end = begin + seconds
        chosen = order[(notes.start[order] >= begin) & (notes.start[order] < end)]
        if len(chosen) >= LEAST_NOTES:
            first = notes.start[chosen[0]]
            yield ev.encode(
                Notes(
                    notes.start[chosen] - first,
                    np.minimum(notes.end[chosen], end) - first,
                    notes.pitch[chosen],
                    notes.velocity[chosen],
                    end - first,
                )
            )
        begin = end
