"""Dynamics and texture: how loud, how dense, how high, how long, and with how much pedal."""

from __future__ import annotations

import numpy as np

from perfrnn.evaluation.windows import TICK, chords, mean, share
from perfrnn.notes import Notes

RELEASE_TOGETHER = 0.02
"""Seconds within which notes that end together may have been released by the pedal."""

STRUCK_APART = 0.1
"""Seconds: notes struck further apart than this are no chord."""


def velocity_mean(notes: Notes) -> float:
    """Return the mean velocity of the notes: MIDI units, 1 to 127."""
    return mean(notes.velocity.astype(float))


def velocity_spread(notes: Notes) -> float:
    """Return the standard deviation of velocity: MIDI units, 0 to 63."""
    return float(np.std(notes.velocity)) if len(notes) > 1 else float("nan")


def velocity_continuity(notes: Notes) -> float:
    """Return the correlation of loudness from chord to chord, -1 to 1.

    0 for velocities drawn at random, near 1 for smooth crescendi; NaN if all are equally loud.
    """
    groups = chords(notes)
    loudness = groups.average(groups.velocity)
    if len(loudness) < 3 or np.ptp(loudness[1:]) == 0 or np.ptp(loudness[:-1]) == 0:
        return float("nan")
    return float(np.corrcoef(loudness[1:], loudness[:-1])[0, 1])


def voicing(notes: Notes) -> float:
    """Return how much louder than its chord the top note is: mean of MIDI units, -126 to 126.

    Pianists bring the melody out (Repp, "Patterns of note onset asynchronies in expressive piano
    performance", 1996).
    """
    groups = chords(notes)
    is_last = np.append(np.diff(groups.number) > 0, True)
    # By (start, pitch) the last note of a chord need not be its top one.
    order = np.lexsort((groups.pitch, groups.number))
    top = groups.velocity[order][is_last] if len(groups.onset) else np.empty(0)
    return mean((top - groups.average(groups.velocity))[groups.size > 1])


def chord_asynchrony(notes: Notes) -> float:
    """Return the mean time from the first to the last note of chords: ms, 0 on paper."""
    groups = chords(notes)
    last = np.zeros(len(groups.onset))
    np.maximum.at(last, groups.number, groups.start)
    return 1000 * mean((last - groups.onset)[groups.size > 1])


def chord_share(notes: Notes) -> float:
    """Return the share of notes that are struck together with another, 0 to 1."""
    size = chords(notes).size
    return share(size[size > 1].sum(), len(notes))


def note_density(notes: Notes) -> float:
    """Return notes per second of the whole length."""
    return share(len(notes), notes.total_time)


def density_spread(notes: Notes) -> float:
    """Return the coefficient of variation of notes per 2 s window: 0 for an even flow."""
    windows = max(1, int(notes.total_time / 2))
    counts = np.histogram(notes.start, bins=windows, range=(0, 2 * windows))[0]
    return share(counts.std(), counts.mean())


def polyphony(notes: Notes) -> float:
    """Return the mean number of notes that sound at a time, pedal included, silence left out."""
    return share((notes.end - notes.start).sum(), notes.total_time - _silence(notes))


def _silence(notes: Notes) -> float:
    """Return the seconds in which nothing sounds."""
    order = np.argsort(notes.start)
    start = np.append(notes.start[order], notes.total_time)
    reached = np.maximum.accumulate(np.append(0.0, notes.end[order]))
    return float(np.maximum(start - reached, 0.0).sum())


def silence_share(notes: Notes) -> float:
    """Return the share of time in which nothing sounds, 0 to 1."""
    return share(_silence(notes), notes.total_time)


def register(notes: Notes) -> float:
    """Return the mean pitch: MIDI number, 60 is middle C."""
    return mean(notes.pitch.astype(float))


def pitch_spread(notes: Notes) -> float:
    """Return the standard deviation of pitch: semitones."""
    return float(np.std(notes.pitch)) if len(notes) > 1 else float("nan")


def melodic_step(notes: Notes) -> float:
    """Return the mean interval from top note to top note of successive chords: semitones."""
    return mean(np.abs(np.diff(chords(notes).top)).astype(float))


def note_length(notes: Notes) -> float:
    """Return the median time a note sounds, pedal included: seconds."""
    return float(np.median(notes.end - notes.start)) if len(notes) else float("nan")


def overlap_share(notes: Notes) -> float:
    """Return the share of notes that still sound 0.1 s after the next but one chord, 0 to 1.

    Fingers hold some, the pedal holds all.
    """
    groups = chords(notes)
    later = np.append(groups.onset, [np.inf, np.inf])[groups.number + 2]
    end = notes.end[np.lexsort((notes.pitch, notes.start))]
    return share((end > later + STRUCK_APART + TICK).sum(), len(notes))


def joint_release_share(notes: Notes) -> float:
    """Return the share of notes that end together with one struck at another time, 0 to 1.

    The mark that a lifted pedal leaves on notes that last as long as they sound.
    """
    order = np.lexsort((notes.start, notes.end))
    start, end = notes.start[order], notes.end[order]
    joint = (np.diff(end) <= RELEASE_TOGETHER + TICK) & (
        np.abs(np.diff(start)) > STRUCK_APART + TICK
    )
    return share((np.append(joint, False) | np.append(False, joint)).sum(), len(notes))
