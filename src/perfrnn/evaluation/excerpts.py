"""Excerpts of equal length and equal resolution, so that only the music differs."""

from __future__ import annotations

import numpy as np

from perfrnn.events import vocabulary as ev
from perfrnn.generation.sampler import MAX_NOTE_SECONDS
from perfrnn.generation.samples import without_overlaps
from perfrnn.notes import Notes

SECONDS = 60.0
"""Length of an excerpt: that of the default samples."""


def excerpt(notes: Notes, start: float, seconds: float = SECONDS) -> Notes:
    """Return the notes struck from `start` on, for `seconds`; times count from `start`.

    Notes that sound on are cut at the end; notes struck before are left out.
    """
    inside = (notes.start >= start) & (notes.start < start + seconds)
    return Notes(
        notes.start[inside] - start,
        np.minimum(notes.end[inside] - start, seconds),
        notes.pitch[inside],
        notes.velocity[inside],
        seconds,
    )


def as_sampled(notes: Notes) -> Notes:
    """Return `notes` as the model could have played them.

    Times in steps of 10 ms, 32 velocities, no note longer than 5 s, and a note ends where its
    pitch is struck again. Without this the grid alone would tell a sample from a human. Samples
    themselves stay as they are.
    """
    events = ev.encode(without_overlaps(notes))
    coarse = without_overlaps(ev.decode(events, max_note_seconds=MAX_NOTE_SECONDS))
    return Notes(coarse.start, coarse.end, coarse.pitch, coarse.velocity, notes.total_time)


def opening(notes: Notes) -> Notes:
    """Return the first minute of `notes` (all of them if they are shorter) as sampled."""
    return as_sampled(excerpt(notes, 0.0, min(SECONDS, notes.total_time)))


def random_excerpt(notes: Notes, rng: np.random.Generator) -> Notes | None:
    """Return a minute from between the first and the last onset of `notes`, as sampled.

    None if they are less than a minute apart.
    """
    if len(notes) == 0 or np.ptp(notes.start) < SECONDS:
        return None
    start = rng.uniform(notes.start.min(), notes.start.max() - SECONDS)
    return as_sampled(excerpt(notes, start))
