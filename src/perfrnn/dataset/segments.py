"""Training records: integer events of music segments, in compressed TFRecords.

A record holds what cannot be derived: the events, where they come from and how they were
stretched. Inputs, labels, control signals and transpositions are made when a batch is read
(`perfrnn.dataset.batches`), which keeps a record a few thousand times smaller than Magenta's
one-hot inputs.

Beside the records lie the same segments as arrays, of which any can be read without the others:
a training needs no more memory for a larger corpus.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from perfrnn.arrays import Sliced, Spool, open_arrays, save_arrays
from perfrnn.dataset.example import write_example
from perfrnn.dataset.joined_events import JoinedEvents
from perfrnn.errors import CorpusError
from perfrnn.events import vocabulary as ev
from perfrnn.files import MAKE_AGAIN, atomic
from perfrnn.sequences.records import write_records

_RECORDS = "record_bytes"
"""What the size of the records is called among their arrays."""

_COMPRESSION_LEVEL = 6  # zlib's own default, and TensorFlow's: read often, written once


@dataclass(frozen=True, kw_only=True)
class Segment:
    """Events of one stretch of music and where they come from.

    Attributes
    ----------
    events : int16 [E], E at least 2.
    piece, source : the manifest's `piece` and `id`.
    start : seconds from the beginning of the (stretched) source.
    stretch : factor by which times were multiplied.
    performed : whether it is a score that was performed (`perfrnn.performing`).
    """

    events: np.ndarray
    piece: str
    source: str
    start: float
    stretch: float
    performed: bool = False


def arrays_path(records: str | Path) -> Path:
    """Return where the arrays of a file of records are: `train.npz` of `train.tfrecord.gz`."""
    path = Path(records)
    return path.with_name(path.name.split(".")[0] + ".npz")


def write_segments(path: str | Path, segments: Iterable[Segment]) -> int:
    """Write `segments` as gzip TFRecord of `tf.train.Example`, and beside it as arrays.

    Equal segments give equal bytes, so that a dataset made again is known to be the same.

    Returns
    -------
    The number of segments.
    """
    arrays = _Arrays(Path(path).parent)

    def records() -> Iterator[bytes]:
        for segment in segments:
            arrays.append(segment)
            yield _record(segment)

    count = write_records(path, records(), level=_COMPRESSION_LEVEL)
    size = {_RECORDS: np.array(Path(path).stat().st_size)}
    save_arrays(arrays_path(path), arrays.by_name() | size)
    return count


class _Arrays:
    """Segments on their way to a file of arrays; those as long as the music wait on the disk."""

    def __init__(self, folder: Path) -> None:
        self._events = Spool(folder, ev.EVENT_DTYPE)
        self._offsets = Spool(folder, np.int64)
        self._numbers = Spool(folder, np.float32)
        self._codes = Spool(folder, np.int32)
        self._names: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._offsets.append(np.zeros(1))

    def append(self, segment: Segment) -> None:
        """Add one segment."""
        self._events.append(segment.events)
        self._offsets.append(np.array([len(self._events)]))
        self._numbers.append(np.array([segment.start, segment.stretch]))
        names = zip(self._names, (segment.piece, segment.source), strict=True)
        self._codes.append(np.array([known.setdefault(name, len(known)) for known, name in names]))

    def by_name(self) -> dict[str, np.ndarray | Spool]:
        """Return the arrays as `_opened` reads them."""
        starts, stretches = self._numbers.stored()[:].reshape(-1, 2).T
        codes = self._codes.stored()[:].reshape(-1, 2).T
        return {
            "events": self._events,
            "offsets": self._offsets,
            "starts": starts,
            "stretches": stretches,
            "pieces": codes[0],
            "pieces_names": np.array(list(self._names[0]), np.str_),
            "sources": codes[1],
            "sources_names": np.array(list(self._names[1]), np.str_),
        }


def _record(segment: Segment) -> bytes:
    return write_example(
        {
            "events": segment.events.tolist(),
            "piece": [segment.piece.encode()],
            "source": [segment.source.encode()],
            "start": [float(segment.start)],
            "stretch": [float(segment.stretch)],
            "performed": [int(segment.performed)],
        }
    )


@dataclass(frozen=True)
class Segments:
    """S segments, their events end to end.

    Attributes
    ----------
    events : int16 [sum of lengths]; in memory, or read from a file segment by segment.
    offsets : int64 [S + 1]; segment s is `events[offsets[s]:offsets[s + 1]]`.
    pieces, sources : str [S]; names that recur are kept once where they come from a file.
    starts, stretches : float arrays [S].
    """

    events: Sliced
    offsets: np.ndarray
    pieces: np.ndarray | pd.Categorical
    sources: np.ndarray | pd.Categorical
    starts: np.ndarray
    stretches: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        """Return the events of one segment: int16 [E]."""
        return self.events[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the events of every segment."""
        return map(self.__getitem__, range(len(self)))

    def joined(self) -> Segments:
        """Return whole performances: the consecutive windows of each, end to end.

        For windows cut with `full`, each of which starts with the event that ended the one before;
        such are the neighbours of one source and stretch of which the second starts later; one
        that starts no later is another rendition.
        """
        same = (
            (self.sources[1:] == self.sources[:-1])
            & (self.stretches[1:] == self.stretches[:-1])
            & (self.starts[1:] > self.starts[:-1])
        )
        first = np.flatnonzero(np.concatenate([[True], ~same]))
        repeated = self.offsets[1:-1][same]
        lengths = np.diff(self.offsets)
        lengths[1:][same] -= 1
        return Segments(
            JoinedEvents(self.events, repeated),
            np.concatenate([[0], np.cumsum(np.add.reduceat(lengths, first))]),
            self.pieces[first],
            self.sources[first],
            self.starts[first],
            self.stretches[first],
        )

    def save(self, path: str | Path) -> None:
        """Write a compressed .npz, for machines without TensorFlow, all names in full."""
        arrays = vars(self) | {
            "events": self.events[:],
            "pieces": np.array(self.pieces.tolist()),
            "sources": np.array(self.sources.tolist()),
        }
        with atomic(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)


def _damaged(path: str | Path, reason: object) -> CorpusError:
    first_line = str(reason).split("\n")[0]
    return CorpusError(f"{path}: damaged ({first_line}); {MAKE_AGAIN}")


def read_segments(path: str | Path) -> Segments:
    """Open a file written by `write_segments`, or by `Segments.save` if it ends in .npz.

    Events stay on the disk if their arrays lie beside the records.

    Raises
    ------
    CorpusError
        If it is damaged or holds nothing.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return _open(path)[0]
    if (beside := arrays_path(path)).exists():
        segments, size = _open(beside)
        # Records that were copied over others have no arrays of their own.
        if path.exists() and path.stat().st_size == size:
            return segments
    return _read_records(path)


def _open(path: Path) -> tuple[Segments, int]:
    """Return the segments of a file of arrays, and the size of the records beside it (bytes)."""
    try:
        arrays: dict[str, Any] = open_arrays(path, stored="events")
        for what in ("pieces", "sources"):
            if (names := arrays.pop(f"{what}_names", None)) is not None:
                arrays[what] = pd.Categorical.from_codes(arrays[what], categories=names)
        size = int(arrays.pop(_RECORDS, 0))
        return Segments(**arrays), size
    except (EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error


def _read_records(path: Path) -> Segments:
    import tensorflow as tf

    spec = {
        "events": tf.io.RaggedFeature(tf.int64),
        "piece": tf.io.FixedLenFeature([], tf.string),
        "source": tf.io.FixedLenFeature([], tf.string),
        "start": tf.io.FixedLenFeature([], tf.float32),
        "stretch": tf.io.FixedLenFeature([], tf.float32),
    }
    records = tf.data.TFRecordDataset(str(path), compression_type="GZIP").batch(1024)
    found: dict[str, list[np.ndarray]] = {name: [] for name in (*spec, "lengths")}
    try:
        for batch in records:
            parsed = tf.io.parse_example(batch, spec)
            events = parsed.pop("events")
            found["events"].append(events.flat_values.numpy().astype(ev.EVENT_DTYPE))
            found["lengths"].append(events.row_lengths().numpy())
            for name, values in parsed.items():
                found[name].append(values.numpy())
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        raise _damaged(path, error.message) from error
    if not found["events"]:
        raise _damaged(path, "it holds no record")
    whole = {name: np.concatenate(parts) for name, parts in found.items()}
    return Segments(
        events=whole["events"],
        offsets=np.concatenate([[0], np.cumsum(whole["lengths"])]),
        pieces=pd.Categorical(whole["piece"]).rename_categories(bytes.decode),
        sources=pd.Categorical(whole["source"]).rename_categories(bytes.decode),
        starts=whole["start"],
        stretches=whole["stretch"],
    )
