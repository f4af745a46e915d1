"""From encoded shards to the dataset: split, records, counts.

Segments are read one at a time, so that memory does not grow with the length of the music.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.division import Division, divide, draw
from perfrnn.dataset.duplicates import Entry, joined_pieces
from perfrnn.dataset.encoding import Encoded
from perfrnn.dataset.held_out import HeldOut, read_held_out
from perfrnn.dataset.official import has_official_split
from perfrnn.dataset.parameters import DatasetParameters, SplitBy
from perfrnn.dataset.segments import Segment, arrays_path, write_segments
from perfrnn.dataset.split import Split
from perfrnn.dataset.split_table import write_split
from perfrnn.errors import CorpusError
from perfrnn.files import atomic
from perfrnn.sequences.performed import Performed, read_performed, write_performed
from perfrnn.sequences.quarantine import Quarantine, read_quarantine, write_quarantine


@dataclass(frozen=True)
class DatasetFiles:
    """What the dataset step writes."""

    train: Path
    eval: Path
    test: Path
    split: Path
    quarantine: Path
    performed: Path
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
    *,
    performed: Sequence[Path] = (),
    corpora: Collection[str] = (),
    heard: Collection[str] = (),
    duplicates: Sequence[Entry] = (),
) -> dict[str, Any]:
    """Split all encoded sources and write their records; return the summary.

    Parameters
    ----------
    shards : what encoding wrote (`perfrnn.dataset.encoding`).
    quarantines, performed : what conversion wrote, one of each for each shard.
    licence : licence of the music, for the summary.
    corpora : what the corpus is made of, such as `asap` and `musescore`.
    heard : pieces that the start weights learned from, which can be trained on only.
    duplicates : what the corpus has more than once (`perfrnn.dataset.duplicates`).

    Raises
    ------
    CorpusError
        If nothing was converted, a set of the split would be empty, or `held_out` names pieces
        that there are not.
    """
    by_id = {source.id: source for source in sources}
    twice = {entry.id: entry for entry in duplicates if not entry.kept}
    left_out = [row for path in quarantines for row in read_quarantine(path)]
    music = Encoded.read(shards, twice)
    _check_any(music, sources, left_out)
    played = [row for path in performed for row in read_performed(path) if row.id in music.places]
    counts = music.counts()
    left_out += _rejected(by_id, counts, settings)
    listed = _listed(sources, settings, corpora)
    named = listed.pieces if listed else None
    division = divide(sources, counts, duplicates, settings, held_out=named, heard=heard)
    left_out += _found_twice(by_id, twice, division.apart)
    described = _Writer(by_id, music, played).write(files, division.split)
    write_split(files.split, division.split, by_id, counts)
    _write_tables(files, left_out, played)
    summary = {
        "settings": dict(settings),
        "licence": licence,
        **_contents(sources, music),
        "performed": len(played),
        "splits": described,
        "eval_is_test": "test" not in division.split.values(),
        "held_out_elsewhere": list(listed.elsewhere) if listed else [],
        "events_kept": music.events_kept(),
        "short_segments": int(music.total("short_segments")),
        "piece_overlap": _overlap(sources, counts, duplicates, division.split, settings),
        "duplicates": _count_duplicates(duplicates, division),
    }
    _write_summary(files.summary, summary)
    return summary


def _check_any(music: Encoded, sources: Sequence[Source], left_out: Sequence[Quarantine]) -> None:
    """Raise `CorpusError` with the first reasons if nothing was converted."""
    if not music.places:
        reasons = "; ".join(f"{row.path}: {row.reason}" for row in left_out[:3])
        raise CorpusError(
            f"none of the {len(sources)} source files could be converted ({reasons})"
        )


def _write_tables(
    files: DatasetFiles, left_out: Sequence[Quarantine], played: Sequence[Performed]
) -> None:
    write_quarantine(files.quarantine, left_out)
    write_performed(files.performed, played)


def _write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def _listed(
    sources: Sequence[Source], settings: DatasetParameters, corpora: Collection[str]
) -> HeldOut | None:
    """Return what the table of pieces to hold out names, if there is one."""
    if "held_out" not in settings:
        return None
    return read_held_out(Path(settings["held_out"]), {row.piece for row in sources}, corpora)


def _count_duplicates(duplicates: Sequence[Entry], division: Division) -> dict[str, int]:
    """Return how many files have music that another has or start weights heard, and what of it."""
    return {
        "same_performance": sum(bool(entry.same_performance) for entry in duplicates),
        "left_out": sum(not entry.kept for entry in duplicates),
        "kept_apart": len(division.apart),
        "heard_before": len(division.moved),
    }


def _found_twice(
    by_id: Mapping[str, Source], twice: Mapping[str, Entry], apart: Mapping[str, str]
) -> Iterator[Quarantine]:
    """Yield a row for each source that is left out for the sake of another."""
    for id_, entry in twice.items():
        others = ", ".join(entry.same_performance)
        reason = f"has the same performance as {others}, and one of each is kept"
        yield Quarantine(id_, by_id[id_].path, "dataset", reason)
    for id_, held_out in apart.items():
        reason = f"shares a piece with {held_out}, which is held out"
        yield Quarantine(id_, by_id[id_].path, "dataset", reason)


@dataclass(frozen=True)
class _Writer:
    """Writes the records of all sets.

    Attributes
    ----------
    music : of training sources every rendition is written, of others the first.
    played : the scores that were performed.
    """

    by_id: Mapping[str, Source]
    music: Encoded
    played: Sequence[Performed]

    def write(self, files: DatasetFiles, split: Mapping[str, Split]) -> dict[str, dict[str, int]]:
        """Write the records of all sets; return the counts of each."""
        sides: dict[Split, Path] = {"train": files.train, "eval": files.eval, "test": files.test}
        described: dict[str, dict[str, int]] = {}
        for side, path in sides.items():
            chosen = [self.by_id[id_] for id_ in sorted(split) if split[id_] == side]
            if side == "test" and not chosen:  # one set is both
                for one, other in ((files.eval, path), *[map(arrays_path, (files.eval, path))]):
                    with atomic(other) as temporary:
                        shutil.copyfile(one, temporary)
                described[side] = described["eval"]
                continue
            tally = _Tally()
            write_segments(path, self._records(chosen, tally, is_training=side == "train"))
            described[side] = _describe(tally, path)
        return described

    def _records(
        self, sources: Sequence[Source], tally: _Tally, *, is_training: bool
    ) -> Iterator[Segment]:
        performed = {row.id for row in self.played}
        for source in sources:
            tally.sources.add(source.id)
            tally.pieces.add(source.piece)
            shard, row = self.music.places[source.id]
            for index, events in shard.segments_of(row, is_training=is_training):
                tally.segments += 1
                tally.events += len(events)
                yield Segment(
                    events=events,
                    piece=source.piece,
                    source=source.id,
                    start=float(shard.starts[index]),
                    stretch=float(shard.stretches[index]),
                    performed=source.id in performed,
                )


def _contents(sources: Sequence[Source], music: Encoded) -> dict[str, Any]:
    """Return what the corpus holds; of several renditions the first counts."""
    composers = Counter(source.composer for source in sources if source.id in music.places)
    return {
        "sources": len(sources),
        "converted": len(music.places),
        "quarantined": len(sources) - len(music.places),
        "renditions": int(max(music.column("renditions"))),
        "composers": dict(sorted(composers.items())),
        "seconds": round(float(sum(music.column("seconds"))), 1),
        "notes": int(music.total("notes")),
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


def _rejected(
    by_id: Mapping[str, Source], counts: Mapping[str, int], settings: DatasetParameters
) -> Iterator[Quarantine]:
    """Yield a row for each source without a segment."""
    for id_, count in counts.items():
        if not count:
            yield Quarantine(
                id_,
                by_id[id_].path,
                "dataset",
                f"no segment has the {settings['min_events']} events that dataset.min_events "
                "asks for",
            )


def _overlap(
    sources: Sequence[Source],
    counts: Mapping[str, int],
    duplicates: Sequence[Entry],
    split: Mapping[str, Split],
    settings: DatasetParameters,
) -> dict[str, dict[str, int]]:
    """Return, for each way of splitting, how many held-out files share a piece with training.

    A way that was not taken is left out where it cannot be: pieces, if there is only one, and
    the official split, if there is none.
    """
    pieces = {source.id: source.piece for source in sources if counts.get(source.id, 0) > 0}
    joined = {s.piece for s in joined_pieces(sources, duplicates) if s.id in pieces}
    official = has_official_split([source for source in sources if source.id in pieces])
    splits: dict[str, Mapping[str, Split]] = {settings["split_by"]: split}
    for way in get_args(SplitBy):
        possible = official if way == "official" else len(joined) > 1
        if way not in splits and possible:
            splits[way] = draw(sources, counts, duplicates, way, settings)
    table = {}
    for way in sorted(splits):
        trained = {pieces[id_] for id_, side in splits[way].items() if side == "train"}
        held_out = [pieces[id_] for id_, side in splits[way].items() if side != "train"]
        shared = sum(piece in trained for piece in held_out)
        table[way] = {"held_out_files": len(held_out), "sharing_a_piece": shared}
    return table
