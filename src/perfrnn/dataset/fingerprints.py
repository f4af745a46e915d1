"""Which music is the same, told by content: the same performance, or another of the same piece.

A performance is compared as its n-grams of notes in the order in which they are struck; notes
struck within `CHORD_SECONDS` of one another are one chord, lowest first, since no two hands break
a chord alike. n-grams of pitch and loudness recur only where a performance does; n-grams of pitch
wherever the piece does. They are kept as hashes, of which every fourth (by its value, so that all
files keep the same ones) is enough to tell the share of one file that another contains (Broder
1997, "On the resemblance and containment of documents").
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from perfrnn.arrays import save_arrays
from perfrnn.errors import CorpusError
from perfrnn.files import MAKE_AGAIN

if TYPE_CHECKING:
    from note_seq import NoteSequence

CHORD_SECONDS = 0.03
PERFORMANCE_NOTES = 6
PIECE_NOTES = 8

VELOCITY_WIDTH = 4
"""Velocities that count as one degree of loudness."""

SAMPLING = 4
"""Of so many hashes one is kept."""

SAME_PERFORMANCE = 0.1
"""Least share of the smaller file. Of the pairs among ASAP's 1,067 performances and MAESTRO's
1,276, 630 share 0.8 or more, and all others less than 0.01."""

SAME_PIECE = 0.04
"""Least share of the smaller file. In ASAP, whose folders tell pieces apart, all 4,996 pairs with
one piece share 0.048 or more (median 0.42), all 563,715 others 0.040 or less. With MAESTRO 35
pairs by different composers share more, of over two million: most of them one song, under its
composer's name and under its arranger's."""

FILES_AT_ONCE = 256
"""Files that are compared with all others in one product."""

_KINDS = ("performance", "piece")

_BASE = np.uint64(0x9E3779B97F4A7C15)  # all arithmetic is modulo 2^64
_MIXERS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_MOST_VELOCITIES = np.uint64(128)


class Fingerprint(NamedTuple):
    """What is kept of one file.

    Attributes
    ----------
    id : the source's.
    notes : how many it has.
    performance : uint64, sampled hashes of its n-grams of pitch and loudness, sorted, each once.
    piece : the same for pitch alone.
    """

    id: str
    notes: int
    performance: np.ndarray
    piece: np.ndarray


class Match(NamedTuple):
    """Two files that have music in common.

    Attributes
    ----------
    one, other : their ids.
    share : of the smaller file's n-grams, those that the other has.
    """

    one: str
    other: str
    share: float


def fingerprint(sequence: NoteSequence) -> Fingerprint:
    """Return the fingerprint of a NoteSequence, drums left out."""
    rows = [(n.start_time, n.pitch, n.velocity) for n in sequence.notes if not n.is_drum]
    start, pitch, velocity = np.array(rows, float).reshape(-1, 3).T
    order = np.lexsort((pitch, _chords(start)))
    pitches = pitch[order].astype(np.uint64)
    loudness = velocity[order].astype(np.uint64) // np.uint64(VELOCITY_WIDTH)
    return Fingerprint(
        id=sequence.id,
        notes=len(rows),
        performance=_sampled(_hashes(pitches * _MOST_VELOCITIES + loudness, PERFORMANCE_NOTES)),
        piece=_sampled(_hashes(pitches, PIECE_NOTES)),
    )


def fingerprints(sequences: Iterable[NoteSequence]) -> list[Fingerprint]:
    """Return the fingerprints of NoteSequences, read one at a time, sorted by id."""
    return _by_id(fingerprint(sequence) for sequence in sequences)


def write_fingerprints(path: str | Path, prints: Sequence[Fingerprint]) -> None:
    """Write fingerprints as an .npz."""
    arrays: dict[str, np.ndarray] = {
        "ids": np.array([found.id for found in prints], np.str_),
        "notes": np.array([found.notes for found in prints], np.int64),
    }
    for kind in _KINDS:
        parts = [getattr(found, kind) for found in prints]
        arrays[kind] = np.concatenate([np.empty(0, np.uint64), *parts])
        arrays[f"{kind}_ends"] = np.cumsum([len(part) for part in parts], dtype=np.int64)
    save_arrays(path, arrays)


def read_fingerprints(paths: Iterable[Path]) -> list[Fingerprint]:
    """Read files written by `write_fingerprints`; return all, sorted by id.

    Raises
    ------
    CorpusError
        If one cannot be read or is damaged.
    """
    return _by_id(found for path in paths for found in _read(path))


def _read(path: Path) -> list[Fingerprint]:
    try:
        with path.open("rb") as stream, np.load(stream) as arrays:
            ids, notes = arrays["ids"].tolist(), arrays["notes"].tolist()
            parts = [np.split(arrays[kind], arrays[f"{kind}_ends"])[:-1] for kind in _KINDS]
        return list(map(Fingerprint, ids, notes, *parts))
    except FileNotFoundError as error:
        raise CorpusError(f"{path}: is not there; the same command makes it again") from error
    except (EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise CorpusError(f"{path}: damaged ({error}); {MAKE_AGAIN}") from error


def _by_id(prints: Iterable[Fingerprint]) -> list[Fingerprint]:
    return sorted(prints, key=lambda found: found.id)


def same_performances(prints: Sequence[Fingerprint]) -> list[Match]:
    """Return the pairs of files of which one has the performance of the other, or a part of it."""
    return list(_matches(prints, [found.performance for found in prints], SAME_PERFORMANCE))


def same_pieces(prints: Sequence[Fingerprint]) -> list[Match]:
    """Return the pairs of files of which one has the piece of the other, or a part of it."""
    return list(_matches(prints, [found.piece for found in prints], SAME_PIECE))


def _chords(start: np.ndarray) -> np.ndarray:
    """Return the number of the chord that each note belongs to, in order of time: int64 [N]."""
    order = np.argsort(start, kind="stable")
    begins = np.diff(start[order], prepend=-np.inf) > CHORD_SECONDS
    chords = np.empty(len(start), np.int64)
    chords[order] = np.cumsum(begins)
    return chords


def _hashes(symbols: np.ndarray, length: int) -> np.ndarray:
    """Return a hash of every run of `length` symbols: uint64 [max(0, N - length + 1)]."""
    count = max(0, len(symbols) - length + 1)
    hashes = np.zeros(count, np.uint64)
    for offset in range(length):
        hashes = hashes * _BASE + symbols[offset : offset + count] + np.uint64(1)
    for shift, factor in _MIXERS:  # splitmix64's, so that the remainder is a fair sample
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * np.uint64(factor)
    return hashes ^ (hashes >> np.uint64(31))


def _sampled(hashes: np.ndarray) -> np.ndarray:
    return np.unique(hashes[hashes % np.uint64(SAMPLING) == 0])


def _matches(
    prints: Sequence[Fingerprint], hashes: Sequence[np.ndarray], least: float
) -> Iterator[Match]:
    """Yield the pairs of files of which the smaller is contained in the other by `least`."""
    size = np.array([len(part) for part in hashes])
    table = _shared_table(hashes)
    turned = table.T.tocsr()
    for first in range(0, len(hashes), FILES_AT_ONCE):
        rows = table[first : first + FILES_AT_ONCE]
        shared = sparse.triu(rows @ turned, k=first + 1).tocoo()
        row = shared.row + first
        share = shared.data / np.minimum(size[row], size[shared.col])
        for index in np.flatnonzero(share >= least):
            one, other = prints[row[index]], prints[shared.col[index]]
            yield Match(one.id, other.id, round(float(share[index]), 4))


def _shared_table(hashes: Sequence[np.ndarray]) -> sparse.csr_matrix:
    """Return which file has which hash: float32 [files, hashes], ones and zeros.

    Hashes that one file alone has are left out: few are in two.
    """
    every = np.sort(np.concatenate([np.empty(0, np.uint64), *hashes]))
    known = np.unique(every[1:][every[1:] == every[:-1]])
    del every
    columns, ends = [np.empty(0, np.int32)], [0]
    for part in hashes:
        place = np.searchsorted(known, part)
        inside = place < len(known)
        inside[inside] = known[place[inside]] == part[inside]
        columns.append(place[inside].astype(np.int32))
        ends.append(ends[-1] + len(columns[-1]))
    ones = np.ones(ends[-1], np.float32)  # exact up to 16 million n-grams of one file
    shape = (len(hashes), len(known))
    return sparse.csr_matrix((ones, np.concatenate(columns), ends), shape=shape)
