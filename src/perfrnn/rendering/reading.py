"""The MIDI file that is rendered, read once for sound, score and piano roll alike."""

from __future__ import annotations

from pathlib import Path

from perfrnn.errors import BadFileError, PerfRNNError
from perfrnn.notes import Notes
from perfrnn.sequences.midi_performance import Performance, read_performance

LONGEST_SECONDS = 2 * 3600
"""Longest performance that is rendered: its sound takes 5 GB, its beats 250 MB."""


def read_music(midi: Path) -> Performance:
    """Read a MIDI file.

    Raises
    ------
    PerfRNNError
        If it cannot be read, or lasts longer than `LONGEST_SECONDS`.
    """
    try:
        music = read_performance(midi)
    except BadFileError as error:
        raise PerfRNNError(f"{midi}: not a MIDI file that can be read ({error})") from error
    hours = music.sounding().total_time / 3600  # a pedal may hold notes for long
    if not hours <= LONGEST_SECONDS / 3600:
        raise PerfRNNError(
            f"{midi}: lasts {hours:,.1f} hours, longer than the {LONGEST_SECONDS / 3600:g} that "
            "are rendered; cut it"
        )
    return music


def read_notes(midi: Path) -> Notes:
    """Read the pitched notes of a MIDI file, in seconds, without pedal.

    Raises
    ------
    PerfRNNError
        If it cannot be read or lasts too long.
    """
    return read_music(midi).pitched()
