"""Source files to shards of NoteSequences, with what cannot be converted in quarantine."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfrnn.corpus.manifest import Source
from perfrnn.sequences.pool import Task, convert_files
from perfrnn.sequences.quarantine import Quarantine, write_quarantine
from perfrnn.sequences.records import read_records, write_records

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence


def convert_shard(
    sources: Sequence[Source],
    notesequences: str | Path,
    quarantine: str | Path,
    *,
    processes: int = 1,
    unfold_repeats: bool = False,
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
    processes : files converted at the same time.
    unfold_repeats : whether scores are read as played, repeats and endings unfolded, instead of as
        written.
    timeout_seconds : a file that takes longer is left out.

    Returns
    -------
    The number of sources converted.
    """
    left_out: dict[int, Quarantine] = {}
    tasks: dict[int, Task] = {}
    for row, source in enumerate(sources):
        if source.problem:
            left_out[row] = Quarantine(source.id, source.path, "fetch", source.problem)
        else:
            tasks[row] = Task(
                source.id, source.path, source.format, collection_name, unfold_repeats
            )

    def converted() -> Iterator[bytes]:
        results = convert_files(
            list(tasks.values()), processes=processes, timeout_seconds=timeout_seconds
        )
        for (row, task), result in zip(tasks.items(), results, strict=True):
            if isinstance(result, bytes):
                yield result
            else:
                left_out[row] = Quarantine(task.id, task.path, "convert", result)

    count = write_records(notesequences, converted())
    write_quarantine(quarantine, [left_out[row] for row in sorted(left_out)])
    return count


def read_notesequences(paths: Iterable[str | Path]) -> Iterator["NoteSequence"]:
    """Yield the NoteSequences of shards, one at a time, in order.

    Raises
    ------
    CorpusError
        If a shard is damaged.
    """
    from note_seq.protobuf.music_pb2 import NoteSequence  # costs a second that writers don't need

    for path in paths:
        for record in read_records(path):
            yield NoteSequence.FromString(record)
