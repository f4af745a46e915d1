"""Source files to shards of NoteSequences, with what cannot be converted in quarantine."""

import heapq
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfrnn.corpus.manifest import Source
from perfrnn.performing.parameters import PerformParameters, performing_of
from perfrnn.sequences.performed import Performed, write_performed
from perfrnn.sequences.pool import Converted, Task, convert_files
from perfrnn.sequences.quarantine import Quarantine, write_quarantine
from perfrnn.sequences.records import read_records, write_records

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

log = logging.getLogger(__name__)


def convert_shard(
    sources: Sequence[Source],
    notesequences: str | Path,
    quarantine: str | Path,
    *,
    performed: str | Path | None = None,
    processes: int = 1,
    unfold_repeats: bool = False,
    perform: PerformParameters | None = None,
    timeout_seconds: float = 20.0,
    collection_name: str = "perfrnn",
) -> int:
    """Convert one shard of a manifest.

    Parameters
    ----------
    sources : the shard's rows.
    notesequences : where to write the NoteSequences, a gzip TFRecord in the order of `sources`;
        the same sources and readers give the same bytes. Each has its source's id as `id`, its
        path as `filename`, and `collection_name`.
    quarantine : where to write the table of the sources left out, in the same order. Every source
        is in exactly one of the two files.
    performed : where to write the table of the scores that were performed, in the same order;
        None writes none. Each has as many NoteSequences, one after another, as it has renditions.
    processes : files converted at the same time.
    unfold_repeats : whether scores are read as played, repeats and endings unfolded, instead of as
        written.
    perform : which scores are performed; None leaves all as they are. MusicXML files are scores,
        and MIDI files of that role, or that are deadpan (`perfrnn.performing.deadpan`).
    timeout_seconds : a file that takes longer is left out.

    Returns
    -------
    The number of sources converted.
    """
    tasks, left_out = _sort_out(sources, collection_name, unfold_repeats, perform)
    played: list[Performed] = []
    count = 0

    def converted() -> Iterator[bytes]:
        nonlocal count
        results = convert_files(
            list(tasks.values()), processes=processes, timeout_seconds=timeout_seconds
        )
        for (row, task), result in zip(tasks.items(), results, strict=True):
            if isinstance(result, Converted):
                yield from result.records
                count += 1
                played.extend(_played(task, result))
            else:
                left_out[row] = Quarantine(task.id, task.path, "convert", result)

    write_records(notesequences, converted())
    write_quarantine(quarantine, [left_out[row] for row in sorted(left_out)])
    if performed is not None:
        write_performed(performed, played)
    return count


def _sort_out(
    sources: Sequence[Source],
    collection_name: str,
    unfold_repeats: bool,
    perform: PerformParameters | None,
) -> tuple[dict[int, Task], dict[int, Quarantine]]:
    """Return by row what is to be done, and what was not even fetched."""
    tasks: dict[int, Task] = {}
    left_out: dict[int, Quarantine] = {}
    for row, source in enumerate(sources):
        if source.problem:
            left_out[row] = Quarantine(source.id, source.path, "fetch", source.problem)
            continue
        chosen = performing_of(
            perform,
            path=source.path,
            name=source.id,
            composer=source.composer,
            is_score=source.role == "score",
        )
        names = source.id, source.path, source.format, collection_name
        tasks[row] = Task(*names, unfold_repeats, chosen)
    return tasks, left_out


def _played(task: Task, result: Converted) -> Iterator[Performed]:
    """Yield the row of a source that was performed, and log it."""
    if task.performing and result.deadpan:
        log.info("%s: performed, as it is %s", task.path, result.deadpan)
        yield Performed(
            task.id, task.path, result.deadpan, task.performing.style, str(len(result.records))
        )


def read_notesequences(
    paths: Iterable[str | Path], *, renditions: bool = False
) -> Iterator["NoteSequence"]:
    """Yield the NoteSequences of shards, one at a time, in order.

    Parameters
    ----------
    renditions : whether all renditions of a performed score are read, or the first alone, so that
        every source is there once.

    Raises
    ------
    CorpusError
        If a shard is damaged.
    """
    from note_seq.protobuf.music_pb2 import NoteSequence  # costs a second that writers don't need

    for path in paths:
        for record in read_records(path):
            sequence = NoteSequence.FromString(record)
            if renditions or not sequence.reference_number:
                yield sequence


def read_by_id(paths: Iterable[str | Path]) -> Iterator["NoteSequence"]:
    """Yield the NoteSequences of all shards of one manifest by id, one of every shard in memory.

    Of a performed score the first rendition. Each shard is in the order of the manifest, so that
    merging them sorts the whole.

    Raises
    ------
    CorpusError
        If a shard is damaged.
    """
    shards = [read_notesequences([path]) for path in paths]
    return heapq.merge(*shards, key=lambda sequence: sequence.id)
