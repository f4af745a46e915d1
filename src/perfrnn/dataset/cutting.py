"""Notes cut into segments of events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from perfrnn.dataset.parameters import SegmentMode
from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes


@dataclass(frozen=True)
class Segmentation:
    """Segments of one source, and how many events there were and were left out."""

    segments: list[tuple[float, np.ndarray]]
    events: int
    cut_events: int
    short_segments: int
    short_events: int


def segment_notes(
    notes: Notes,
    *,
    mode: SegmentMode,
    segment_seconds: float,
    min_events: int,
    max_events: int,
) -> Segmentation:
    """Cut `notes` into segments of at most `max_events` events.

    `magenta` does what `performance_rnn_create_dataset` does: notes are split at every multiple of
    `segment_seconds`, sounding notes are cut there, each part starts at time 0, events past
    `max_events` are dropped. `full` encodes the whole performance and cuts it into consecutive
    windows; each starts with the event that ended the one before (it is the first input, never a
    label), so every event but the very first is predicted once.

    A segment below `min_events` is left out; with `full` only a whole performance is, since the
    short rest after full windows belongs to them.
    """
    if mode == "full":
        parts = _windows(ev.encode(notes), max_events)
        whole = [(start, events, len(events)) for start, events in parts]
    else:
        whole = [
            (start, events[:max_events], len(events))
            for start, events in _hops(notes, segment_seconds)
        ]
    least = 2 if mode == "full" and len(whole) > 1 else min_events
    kept = [(start, events) for start, events, _ in whole if len(events) >= least]
    short = [length for _, events, length in whole if len(events) < least]
    return Segmentation(
        segments=kept,
        events=sum(length for _, _, length in whole),
        cut_events=sum(length - len(events) for _, events, length in whole),
        short_segments=len(short),
        short_events=sum(short),
    )


def _hops(notes: Notes, seconds: float) -> Iterator[tuple[float, np.ndarray]]:
    """Yield start and events of each part with notes in it (note_seq's `split_note_sequence`)."""
    bounds = np.concatenate([[0.0], np.arange(seconds, notes.total_time, seconds)])
    if notes.total_time > bounds[-1]:
        bounds = np.append(bounds, notes.total_time)
    by_start = np.argsort(notes.start, kind="stable")
    part = np.searchsorted(bounds, notes.start[by_start], side="right") - 1
    edges = np.searchsorted(part, np.arange(len(bounds)))
    for index, (first, stop) in enumerate(itertools.pairwise(edges)):
        if first == stop:
            continue
        chosen = by_start[first:stop]
        begin, end = bounds[index], bounds[index + 1]
        inside = Notes(
            notes.start[chosen] - begin,
            np.minimum(notes.end[chosen], end) - begin,
            notes.pitch[chosen],
            notes.velocity[chosen],
            end - begin,
        )
        yield float(begin), ev.encode(inside)


def _windows(events: np.ndarray, size: int) -> Iterator[tuple[float, np.ndarray]]:
    elapsed = np.concatenate([[0], np.cumsum(ev.shift_steps(events))]) / ev.STEPS_PER_SECOND
    for first in range(0, max(1, len(events) - 1), size - 1):
        yield float(elapsed[first]), events[first : first + size]
