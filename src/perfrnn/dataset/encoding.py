"""A shard of NoteSequences as events: all segments of its sources that a dataset may have.

Which of them it has depends on the whole corpus (`perfrnn.dataset.build`); what costs time does
not, so shards are encoded side by side.
"""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self, get_args

import numpy as np

from perfrnn.arrays import Sliced, Spool, open_arrays, save_arrays
from perfrnn.dataset.cutting import Segmentation, segment_notes
from perfrnn.dataset.parameters import EncodingParameters, SegmentMode
from perfrnn.errors import CorpusError
from perfrnn.events import vocabulary as ev
from perfrnn.files import MAKE_AGAIN
from perfrnn.notes import Notes, from_note_sequence
from perfrnn.sequences.convert import read_notesequences

MODES: tuple[SegmentMode, ...] = get_args(SegmentMode)


@dataclass(frozen=True)
class EncodedShard:
    """N sources with S segments.

    The segments of a source follow one another: for each stretch those of every rendition.

    Attributes
    ----------
    ids : str [N], the sources'.
    notes, renditions, short_segments : int64 [N]; of several renditions the first counts.
    seconds : float64 [N].
    kept, lost : int64 [N, 2], events that each of `MODES` keeps and loses, at stretch 1.
    events : int16, all segments end to end.
    offsets : int64 [S + 1]; segment s is `events[offsets[s]:offsets[s + 1]]`.
    owners : int64 [S], its source: a row of `ids`, in ascending order.
    starts, stretches : float64 [S], seconds and factors.
    trained : bool [S], which segments training may have: those of the settings' stretches.
    held_out : bool [S], which of them other sets have: the first rendition, at stretch 1.
    """

    ids: np.ndarray
    notes: np.ndarray
    renditions: np.ndarray
    short_segments: np.ndarray
    seconds: np.ndarray
    kept: np.ndarray
    lost: np.ndarray
    events: Sliced
    offsets: np.ndarray
    owners: np.ndarray
    starts: np.ndarray
    stretches: np.ndarray
    trained: np.ndarray
    held_out: np.ndarray

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a file written by `encode_shard`; its events stay on the disk.

        Raises
        ------
        CorpusError
            If it cannot be read or is damaged.
        """
        try:
            arrays: dict[str, Any] = open_arrays(path, stored="events")
            return cls(**arrays)
        except FileNotFoundError as error:
            raise CorpusError(f"{path}: is not there; the same command makes it again") from error
        except (EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
            raise CorpusError(f"{path}: damaged ({error}); {MAKE_AGAIN}") from error

    def segments_of(self, row: int, *, is_training: bool) -> Iterator[tuple[int, np.ndarray]]:
        """Yield number and events of the segments of one source that a set has, in order."""
        first, stop = np.searchsorted(self.owners, [row, row + 1])
        chosen = (self.trained if is_training else self.held_out)[first:stop]
        for index in (first + np.flatnonzero(chosen)).tolist():
            yield index, self.events[self.offsets[index] : self.offsets[index + 1]]


class _Source(NamedTuple):
    ids: str
    notes: int
    renditions: int
    short_segments: int
    seconds: float
    kept: tuple[int, ...]
    lost: tuple[int, ...]


class _Segment(NamedTuple):
    owners: int
    starts: float
    stretches: float
    trained: bool
    held_out: bool


_DTYPES = {
    "ids": np.str_, "notes": np.int64, "renditions": np.int64, "short_segments": np.int64,
    "seconds": np.float64, "kept": np.int64, "lost": np.int64, "owners": np.int64,
    "starts": np.float64, "stretches": np.float64, "trained": np.bool_, "held_out": np.bool_,
}  # fmt: skip


@dataclass(frozen=True)
class Encoded:
    """The sources of a corpus that were converted.

    Attributes
    ----------
    places : shard of each source and its row there, by id, shard after shard.
    """

    places: Mapping[str, tuple[EncodedShard, int]]

    @classmethod
    def read(cls, shards: Iterable[Path], without: Collection[str] = ()) -> Self:
        """Open shards; `without` are ids to leave out.

        Raises
        ------
        CorpusError
            If a shard cannot be read or is damaged.
        """
        opened = map(EncodedShard.read, shards)
        return cls(
            {
                id_: (shard, row)
                for shard in opened
                for row, id_ in enumerate(shard.ids.tolist())
                if id_ not in without
            }
        )

    def column(self, name: str) -> list[Any]:
        """Return one of the arrays of `EncodedShard` that have a row a source."""
        return [getattr(shard, name)[row] for shard, row in self.places.values()]

    def total(self, name: str) -> np.ndarray:
        """Return the sum of such an array."""
        return np.sum(self.column(name), axis=0)

    def counts(self) -> dict[str, int]:
        """Return how many segments each source has as it was played, by id."""
        found: dict[str, int] = {}
        for id_, (shard, row) in self.places.items():
            first, stop = np.searchsorted(shard.owners, [row, row + 1])
            found[id_] = int(shard.held_out[first:stop].sum())
        return found

    def events_kept(self) -> dict[str, dict[str, int]]:
        """Return how many events each way of cutting keeps and loses, at stretch 1."""
        kept, lost = self.total("kept"), self.total("lost")
        return {
            mode: {"kept": int(kept[number]), "lost": int(lost[number])}
            for number, mode in enumerate(MODES)
        }


def encode_shard(shard: str | Path, out: str | Path, settings: EncodingParameters) -> None:
    """Encode a shard of NoteSequences, one source at a time.

    Parameters
    ----------
    shard : gzip TFRecord of NoteSequences, the renditions of a source one after another.
    out : the file to write.

    Raises
    ------
    CorpusError
        If the shard is damaged.
    """
    sequences = read_notesequences([shard], renditions=True)
    events = Spool(Path(out).parent, ev.EVENT_DTYPE)
    sources: list[_Source] = []
    segments: list[_Segment] = []
    offsets = [0]
    for row, (id_, group) in enumerate(itertools.groupby(sequences, lambda each: each.id)):
        renditions = [from_note_sequence(sequence) for sequence in group]
        by_mode = [segment_with(renditions[0], settings, mode) for mode in MODES]
        plain = by_mode[MODES.index(settings["segments"])]
        sources.append(_source(id_, renditions, plain, by_mode))
        for start, part, stretch, trained, held_out in _variants(renditions, plain, settings):
            events.append(part)
            offsets.append(len(events))
            segments.append(_Segment(row, start, stretch, trained, held_out))
    columns = _columns(_Source, sources) | _columns(_Segment, segments)
    save_arrays(out, columns | {"offsets": np.array(offsets), "events": events})


def segment_with(
    notes: Notes, settings: EncodingParameters, mode: SegmentMode | None = None
) -> Segmentation:
    """Return the segments of `notes` that settings ask for, or another way of cutting gives."""
    return segment_notes(
        notes,
        mode=mode or settings["segments"],
        segment_seconds=settings.get("segment_seconds", 30),
        min_events=settings["min_events"],
        max_events=settings["max_events"],
    )


def _source(
    id_: str, renditions: Sequence[Notes], plain: Segmentation, by_mode: Sequence[Segmentation]
) -> _Source:
    lost = [parts.cut_events + parts.short_events for parts in by_mode]
    return _Source(
        ids=id_,
        notes=len(renditions[0]),
        renditions=len(renditions),
        short_segments=plain.short_segments,
        seconds=renditions[0].total_time,
        kept=tuple(parts.events - gone for parts, gone in zip(by_mode, lost, strict=True)),
        lost=tuple(lost),
    )


def _variants(
    renditions: Sequence[Notes], plain: Segmentation, settings: EncodingParameters
) -> Iterator[tuple[float, np.ndarray, float, bool, bool]]:
    """Yield the segments of one source: start, events, stretch, whether trained, held out."""
    stretches = settings["stretch"]
    wanted = [(stretch, True) for stretch in stretches]
    if 1.0 not in stretches:
        wanted.append((1.0, False))
    as_played = [stretch for stretch, _ in wanted].index(1.0)
    for number, (stretch, trained) in enumerate(wanted):
        for rendition, notes in enumerate(renditions if trained else renditions[:1]):
            held_out = number == as_played and rendition == 0
            parts = plain if held_out else segment_with(notes.stretched(stretch), settings)
            for start, events in parts.segments:
                yield start, events, stretch, trained, held_out


def _columns(kind: type[NamedTuple], rows: Sequence[NamedTuple]) -> dict[str, np.ndarray]:
    return {
        name: np.array([getattr(row, name) for row in rows], _DTYPES[name])
        for name in kind._fields
    }
