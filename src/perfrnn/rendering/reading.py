"""The MIDI file that is rendered, read once for sound, score and piano roll alike."""

from __future__ import annotations

from pathlib import Path

from perfrnn.errors import BadFileError, PerfRNNError
from perfrnn.notes import Notes
from perfrnn.sequences.midi_performance import Performance, read_performance


def read_music(midi: Path) -> Performance:
    """Read a MIDI file.

    Raises
    ------
    PerfRNNError
        If it cannot be read.
    """
    try:
        return read_performance(midi)
    except BadFileError as error:
        raise PerfRNNError(f"{midi}: not a MIDI file that can be read ({error})") from error


def read_notes(midi: Path) -> Notes:
    """Read the pitched notes of a MIDI file, in seconds, without pedal.

    Raises
    ------
    PerfRNNError
        If it cannot be read.
    """
    return read_music(midi).pitched()
