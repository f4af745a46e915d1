"""Music whose parts are in other keys than they were played in, so that a key asked for is heeded.

Music stays in its key, so what was played tells a network all that a request for that key does;
once it has left the key that it is asked for, it stays in the other. Where a part is moved to
another key, only the request says so.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfrnn.events import vocabulary as ev

MOVED = 0.5
"""Share of the parts, but the first, that are moved."""

FARTHEST = 6
"""Semitones up or down that a part is moved at most: any key can be reached."""

DRAWS = 4
"""Draws of moves, the first of which is taken that leaves all notes as they are but for pitch."""


def modulated(
    events: np.ndarray, before: np.ndarray, parts: Sequence[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Return events with some of their parts moved, or as they are if no draw can be played.

    A note is moved as a whole, by the semitones of the part in which it begins.

    Parameters
    ----------
    events : int [E].
    before : which pitches sound before the first event, bool [128].
    parts : places in `events` of each part.
    """
    for _ in range(DRAWS):
        semitones = np.zeros(len(events), np.int64)
        for part in parts[1:]:
            if rng.random() < MOVED:
                semitones[part] = rng.integers(-FARTHEST, FARTHEST, endpoint=True)
        moved = _move(events, before, semitones)
        if moved is not None:
            return moved
    return events


def _move(events: np.ndarray, before: np.ndarray, semitones: np.ndarray) -> np.ndarray | None:
    """Return events with every note moved by the semitones [E] of where it begins.

    None if one would leave the MIDI range, or an event meet a sounding note that is not its own.
    """
    moved = events.copy()
    sounding = {pitch: pitch for pitch in np.flatnonzero(before).tolist()}  # where it is moved to
    for place in np.flatnonzero(events < ev.TIME_SHIFT).tolist():
        pitch = int(events[place]) % ev.NOTE_OFF
        is_on = ev.is_note_on(events[place])
        own = sounding.pop(pitch, None)
        target = pitch + int(semitones[place]) if is_on else pitch if own is None else own
        is_free = target not in sounding.values() and not (is_on and own not in (None, target))
        if not (is_free and 0 <= target < ev.NOTE_OFF):
            return None
        if is_on:
            sounding[pitch] = target
        moved[place] += target - pitch
    return moved
