"""What a source file may hold at most: bounds on the time and memory that reading one can take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perfrnn.errors import BadFileError

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

MAX_NOTES = 250_000
"""Most notes: ten times the longest performance of ASAP."""
MAX_SECONDS = 24 * 3600.0
"""Longest music; beyond it, a tempo or a time is damaged."""


def read_limited(path: str | Path, limit: int) -> bytes:
    """Return a file's content; raise a BadFileError if it is unreadable or above `limit` bytes."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise BadFileError(f"it cannot be read: {error.strerror or error}") from error
    if not content:
        raise BadFileError("it is empty")
    if len(content) > limit:
        raise BadFileError(f"it is larger than {limit / 2**20:g} MiB")
    return content


def check_limits(sequence: NoteSequence) -> None:
    """Raise a BadFileError if a sequence has no notes, too many, or lasts too long."""
    if not sequence.notes:
        raise BadFileError("it holds no note")
    check_size(len(sequence.notes), sequence.total_time)


def check_size(notes: int, seconds: float) -> None:
    """Raise a BadFileError if these are too many notes or too many seconds of music."""
    if notes > MAX_NOTES:
        raise BadFileError(f"it holds {notes} notes, more than {MAX_NOTES}")
    if not seconds <= MAX_SECONDS:
        hours, most = seconds / 3600, MAX_SECONDS / 3600
        raise BadFileError(f"it lasts {hours:.0f} hours, longer than {most:.0f}")
