"""Training records: integer events of music segments, in compressed TFRecords.

A record holds what cannot be derived: the events, where they come from and how they were
stretched. Inputs, labels, control signals and transpositions are made when a batch is read
(`perfrnn.dataset.batches`), which keeps a record a few thousand times smaller than Magenta's
one-hot inputs.
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfrnn.dataset.parameters import SegmentMode
from perfrnn.errors import CorpusError
from perfrnn.events import vocabulary as ev
from perfrnn.files import MAKE_AGAIN, atomic
from perfrnn.notes import Notes
from perfrnn.sequences.records import write_records

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


def write_segments(path: str | Path, segments: Iterable[Segment]) -> int:
    """Write `segments` as gzip TFRecord of `tf.train.Example`; return how many.

    Equal segments give equal bytes, so that a dataset made again is known to be the same.
    """
    import tensorflow as tf

    # An Example keeps its features in a map, which is written in any order if not told otherwise.
    records = (_example(tf, segment).SerializeToString(deterministic=True) for segment in segments)
    return write_records(path, records, level=_COMPRESSION_LEVEL)


def _example(tf, segment: Segment):  # type: ignore[no-untyped-def]
    def text(value: str) -> object:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))

    def number(value: float) -> object:
        return tf.train.Feature(float_list=tf.train.FloatList(value=[value]))

    def integers(values: list[int]) -> object:
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))

    return tf.train.Example(
        features=tf.train.Features(
            feature={
                "events": integers(segment.events.tolist()),
                "piece": text(segment.piece),
                "source": text(segment.source),
                "start": number(segment.start),
                "stretch": number(segment.stretch),
                "performed": integers([int(segment.performed)]),
            }
        )
    )


@dataclass(frozen=True)
class Segments:
    """A split in memory: S segments, their events end to end.

    Attributes
    ----------
    events : int16 [sum of lengths].
    offsets : int64 [S + 1]; segment s is `events[offsets[s]:offsets[s + 1]]`.
    pieces, sources : str arrays [S].
    starts, stretches : float arrays [S].
    """

    events: np.ndarray
    offsets: np.ndarray
    pieces: np.ndarray
    sources: np.ndarray
    starts: np.ndarray
    stretches: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> np.ndarray:
        """Return the events of one segment: int16 [E]."""
        return self.events[self.offsets[index] : self.offsets[index + 1]]

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
            np.delete(self.events, repeated),
            np.concatenate([[0], np.cumsum(np.add.reduceat(lengths, first))]),
            self.pieces[first],
            self.sources[first],
            self.starts[first],
            self.stretches[first],
        )

    def save(self, path: str | Path) -> None:
        """Write a compressed .npz, for machines without TensorFlow."""
        with atomic(path) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **vars(self))


def _damaged(path: str | Path, reason: object) -> CorpusError:
    first_line = str(reason).split("\n")[0]
    return CorpusError(f"{path}: damaged ({first_line}); {MAKE_AGAIN}")


def read_segments(path: str | Path) -> Segments:
    """Read a file written by `write_segments`, or by `Segments.save` if it ends in .npz.

    Raises
    ------
    CorpusError
        If it is damaged or holds nothing.
    """
    if Path(path).suffix == ".npz":
        try:
            with Path(path).open("rb") as stream, np.load(stream) as file:
                return Segments(**file)
        except (EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise _damaged(path, error) from error
    import tensorflow as tf

    spec = {
        "events": tf.io.RaggedFeature(tf.int64),
        "piece": tf.io.FixedLenFeature([], tf.string),
        "source": tf.io.FixedLenFeature([], tf.string),
        "start": tf.io.FixedLenFeature([], tf.float32),
        "stretch": tf.io.FixedLenFeature([], tf.float32),
    }
    records = tf.data.TFRecordDataset(str(path), compression_type="GZIP").batch(4096)
    try:
        parts = [tf.io.parse_example(batch, spec) for batch in records]
    except (tf.errors.DataLossError, tf.errors.InvalidArgumentError) as error:
        raise _damaged(path, error.message) from error
    if not parts:
        raise _damaged(path, "it holds no record")
    lengths = [part["events"].row_lengths().numpy() for part in parts]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([part[name].numpy() for part in parts])

    def texts(name: str) -> np.ndarray:
        return np.array([value.decode() for value in joined(name)])

    return Segments(
        events=np.concatenate([part["events"].flat_values.numpy() for part in parts]).astype(
            ev.EVENT_DTYPE
        ),
        offsets=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        pieces=texts("piece"),
        sources=texts("source"),
        starts=joined("start"),
        stretches=joined("stretch"),
    )
