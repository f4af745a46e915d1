"""The longest passage that a performance shares with the training set.

Passages are compared as the intervals between successive notes, in the order in which they are
struck (by steps of 10 ms, then by pitch), so that a transposed or slowed copy is found. Scales,
trills and repeated notes are shared by all music: the measure means something only beside that of
music which the model has not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes

if TYPE_CHECKING:
    from note_seq import NoteSequence

# All arithmetic is modulo 2^64, where odd numbers have an inverse.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
NOTES_AT_ONCE = 1 << 18
"""Notes of the training set that are searched together: 2 MB of hashes for each length tried."""

_SEPARATOR = 1000  # no interval between two MIDI pitches


def played_pitches(sequence: NoteSequence, seconds: float = np.inf) -> np.ndarray:
    """Return the pitches of a NoteSequence in the order they are struck: int64.

    Drums are left out, and notes struck later than `seconds` after the first.
    """
    rows = [(note.start_time, note.pitch) for note in sequence.notes if not note.is_drum]
    table = np.array(rows, float).reshape(-1, 2)
    begin = table[:, 0].min(initial=np.inf)
    start, pitch = table[table[:, 0] < begin + seconds].T
    return _in_order(start, pitch.astype(np.int64))


def pitches_of(notes: Notes) -> np.ndarray:
    """Return the pitches of `notes` in the order they are struck."""
    return _in_order(notes.start, notes.pitch)


def _in_order(start: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """Return `pitch` by time in the model's steps, lower pitches first within a step."""
    return pitch[np.lexsort((pitch, ev.quantize(start)))]


def longest_copies(samples: Sequence[np.ndarray], pieces: Iterable[np.ndarray]) -> np.ndarray:
    """Return the length of the longest passage that each sample shares with any piece: int64.

    Pieces are searched a part of the training set at a time, which is all of it that is in memory.

    Parameters
    ----------
    samples, pieces : pitches in the order they are struck; pieces are read once.
    """
    longest = np.zeros(len(samples), np.int64)
    for some in _portions(pieces):
        index = CopyIndex(some)
        longest[:] = [
            index.longest_copy(pitches, known)
            for pitches, known in zip(samples, longest.tolist(), strict=True)
        ]
    return longest


def _portions(pieces: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """Yield pieces, together of about `NOTES_AT_ONCE` notes."""
    some: list[np.ndarray] = []
    for piece in pieces:
        some.append(piece)
        if sum(map(len, some)) >= NOTES_AT_ONCE:
            yield some
            some = []
    yield some


class CopyIndex:
    """Pieces of the training set, ready to be searched."""

    def __init__(self, pieces: Iterable[np.ndarray]) -> None:
        """Take the pitches of each training piece: integers, in the order they are struck."""
        parts = [part for piece in pieces if len(piece) for part in (np.diff(piece), [_SEPARATOR])]
        self._intervals = np.concatenate([np.empty(0, np.int64), *parts])
        self._grams: dict[int, np.ndarray] = {}

    def longest_copy(self, pitches: np.ndarray, known: int = 0) -> int:
        """Return the length of the longest shared passage: notes, 0 if there are none.

        A single note is always shared if there is any. Passages are compared by 64-bit
        polynomial hashes (Karp & Rabin 1987): a false match has a chance of 1e-9 or so.

        Parameters
        ----------
        known : a length that is shared with other music; a shorter one is not looked for.
        """
        intervals = np.diff(pitches)
        if len(pitches) == 0 or len(self._intervals) == 0:
            return known
        longest = min(len(intervals), len(self._intervals))
        shared, missing = max(0, known - 1), longest + 1
        if known and (shared >= longest or not self._shares(intervals, known)):
            return known
        while missing - shared > 1:
            # Doubling first, then halves: passages are short unless the model recites.
            length = min(max(4, 2 * shared), (shared + missing) // 2)
            if self._shares(intervals, length):
                shared = length
            else:
                missing = length
        return shared + 1

    def _shares(self, intervals: np.ndarray, length: int) -> bool:
        """Return whether `length` successive intervals occur in the training set."""
        if length not in self._grams:
            # Not `np.unique`, which is far slower: some are there twice, which does no harm.
            self._grams[length] = np.sort(_hashes(self._intervals, length))
        known = self._grams[length]
        wanted = _hashes(intervals, length)
        place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return bool((known[place] == wanted).any())


def _hashes(values: np.ndarray, length: int) -> np.ndarray:
    """Return a hash of every `length` successive values: uint64 [len(values) - length + 1]."""
    count = len(values) - length + 1
    powers, inverses = (
        np.cumprod(np.concatenate([np.ones(1, np.uint64), np.full(len(values), factor)]))
        for factor in (_BASE, _INVERSE)
    )
    # Sums of values times powers; the difference of two sums is a window's, times the power of
    # the place where it begins.
    terms = (values + _SEPARATOR).astype(np.uint64) * powers[:-1]
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)])
    return (sums[length:] - sums[:count]) * inverses[:count]
