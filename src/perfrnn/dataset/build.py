"""From NoteSequence shards to the dataset: split, segments, records, counts."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.parameters import DatasetParameters, SegmentMode, SplitBy
from perfrnn.dataset.segments import Segment, Segmentation, segment_notes, write_segments
from perfrnn.dataset.split import Split, assign_splits, hold_out
from perfrnn.errors import CorpusError
from perfrnn.files import atomic
from perfrnn.notes import Notes, from_note_sequence
from perfrnn.sequences.convert import read_notesequences
from perfrnn.sequences.quarantine import Quarantine, read_quarantine, write_quarantine

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DatasetFiles:
    """What the dataset step writes."""

    train: Path
    eval: Path
    split: Path
    quarantine: Path
    summary: Path


@dataclass
class _Tally:
    """Counts of one split."""

    sources: set[str] = field(default_factory=set)
    pieces: set[str] = field(default_factory=set)
    segments: int = 0
    events: int = 0


def build_dataset(
    sources: Sequence[Source],
    shards: Sequence[Path],
    quarantines: Sequence[Path],
    files: DatasetFiles,
    settings: DatasetParameters,
    licence: str,
) -> dict[str, Any]:
    """Encode all converted sources, split them and write records; return the summary.

    Parameters
    ----------
    shards, quarantines : what conversion wrote, a pair for each shard.
    licence : licence of the music, for the summary.

    Raises
    ------
    CorpusError
        If nothing was converted, or one side of the split would be empty.
    """
    by_id = {source.id: source for source in sources}
    notes = {s.id: from_note_sequence(s) for s in read_notesequences(shards)}
    left_out = [row for path in quarantines for row in read_quarantine(path)]
    if not notes:
        reasons = "; ".join(f"{row.path}: {row.reason}" for row in left_out[:3])
        raise CorpusError(
            f"none of the {len(sources)} source files could be converted ({reasons})"
        )

    segmented = {id_: _segment(music, settings) for id_, music in notes.items()}
    left_out += [
        row for id_, parts in segmented.items() for row in _rejected(by_id[id_], parts, settings)
    ]
    counts = {id_: len(parts.segments) for id_, parts in segmented.items()}
    splits = {way: _assign(sources, counts, way, settings) for way in get_args(SplitBy)}
    split = splits[settings["split_by"]]
    if "held_out" in settings:
        split = hold_out(sources, counts, _listed_pieces(Path(settings["held_out"])))

    sides: dict[Split, Path] = {"train": files.train, "eval": files.eval}
    described = {}
    for side, path in sides.items():
        chosen = [by_id[id_] for id_ in sorted(split) if split[id_] == side]
        tally = _Tally()
        stretches = settings["stretch"] if side == "train" else [1.0]
        write_segments(path, _records(chosen, notes, settings, stretches, tally))
        described[side] = _describe(tally, path)
    _write_split(files.split, split, by_id, counts)
    write_quarantine(files.quarantine, left_out)

    summary = {
        "settings": dict(settings),
        "licence": licence,
        **_contents(sources, notes),
        "splits": described,
        "events_kept": _kept(notes, settings),
        "short_segments": sum(parts.short_segments for parts in segmented.values()),
        "piece_overlap": _overlap(splits, by_id),
    }
    with atomic(files.summary) as temporary:
        temporary.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def _assign(
    sources: Sequence[Source], counts: Mapping[str, int], way: SplitBy, settings: DatasetParameters
) -> dict[str, Split]:
    return assign_splits(
        sources, counts, eval_ratio=settings["eval_ratio"], split_by=way, seed=settings["seed"]
    )


def _listed_pieces(path: Path) -> set[str]:
    table = pd.read_csv(path, sep="\t")
    if "piece" not in table:
        raise CorpusError(f"{path}: no column `piece`; add the header line")
    return set(table["piece"])


def _contents(sources: Sequence[Source], notes: Mapping[str, Notes]) -> dict[str, Any]:
    """Return what the corpus holds."""
    composers = Counter(source.composer for source in sources if source.id in notes)
    return {
        "sources": len(sources),
        "converted": len(notes),
        "quarantined": len(sources) - len(notes),
        "composers": dict(sorted(composers.items())),
        "seconds": round(sum(music.total_time for music in notes.values()), 1),
        "notes": sum(len(music) for music in notes.values()),
    }


def _describe(tally: _Tally, path: Path) -> dict[str, int]:
    """Return the counts of one split and the size of its file."""
    return {
        "sources": len(tally.sources),
        "pieces": len(tally.pieces),
        "segments": tally.segments,
        "events": tally.events,
        "bytes": path.stat().st_size,
    }


def _segment(
    notes: Notes, settings: DatasetParameters, mode: SegmentMode | None = None
) -> Segmentation:
    return segment_notes(
        notes,
        mode=mode or settings["segments"],
        segment_seconds=settings.get("segment_seconds", 30),
        min_events=settings["min_events"],
        max_events=settings["max_events"],
    )


def _rejected(
    source: Source, parts: Segmentation, settings: DatasetParameters
) -> Iterator[Quarantine]:
    if not parts.segments:
        yield Quarantine(
            source.id,
            source.path,
            "dataset",
            f"no segment has the {settings['min_events']} events that dataset.min_events asks for",
        )


def _records(
    sources: Sequence[Source],
    notes: Mapping[str, Notes],
    settings: DatasetParameters,
    stretches: Sequence[float],
    tally: _Tally,
) -> Iterator[Segment]:
    for id_, piece in ((source.id, source.piece) for source in sources):
        tally.sources.add(id_)
        tally.pieces.add(piece)
        for stretch in stretches:
            for start, events in _segment(notes[id_].stretched(stretch), settings).segments:
                tally.segments += 1
                tally.events += len(events)
                yield Segment(events=events, piece=piece, source=id_, start=start, stretch=stretch)


def _kept(notes: Mapping[str, Notes], settings: DatasetParameters) -> dict[str, dict[str, int]]:
    """Return how many events each way of cutting keeps and loses, at stretch 1."""
    table = {}
    for mode in get_args(SegmentMode):
        parts = [_segment(music, settings, mode) for music in notes.values()]
        lost = sum(part.cut_events + part.short_events for part in parts)
        table[mode] = {"kept": sum(part.events for part in parts) - lost, "lost": lost}
    return table


def _overlap(
    splits: Mapping[str, Mapping[str, Split]], by_id: Mapping[str, Source]
) -> dict[str, dict[str, int]]:
    """Return, for each way of splitting, how many evaluation files share a piece with training."""
    table = {}
    for way, split in splits.items():
        trained = {by_id[id_].piece for id_, side in split.items() if side == "train"}
        held_out = [id_ for id_, side in split.items() if side == "eval"]
        shared = sum(by_id[id_].piece in trained for id_ in held_out)
        table[way] = {"eval_files": len(held_out), "sharing_a_piece": shared}
    return table


def _write_split(
    path: Path,
    split: Mapping[str, Split],
    by_id: Mapping[str, Source],
    counts: Mapping[str, int],
) -> None:
    rows = [
        (id_, by_id[id_].piece, by_id[id_].composer, counts[id_], split[id_])
        for id_ in sorted(split)
    ]
    table = pd.DataFrame(rows, columns=["id", "piece", "composer", "segments", "split"])
    with atomic(path) as temporary:
        table.to_csv(temporary, sep="\t", index=False)
