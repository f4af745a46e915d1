"""The test set as whole performances, on which models are scored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from perfrnn.dataset.cutting import segment_notes
from perfrnn.dataset.segments import Segments
from perfrnn.dataset.split_table import read_split
from perfrnn.evaluation.scoring import WINDOW
from perfrnn.events import vocabulary as ev
from perfrnn.notes import from_note_sequence
from perfrnn.sequences.convert import read_notesequences


def write_scored_performances(split: Path, shards: Sequence[Path], out: Path) -> None:
    """Write the whole music of a corpus's test set as arrays, in consecutive windows.

    Parameters
    ----------
    split : `split.tsv`.
    shards : NoteSequences of the whole corpus.

    Raises
    ------
    CorpusError
        If the table or a shard is damaged.
    """
    windows_of({row["id"] for row in read_split(split).test}, shards).save(out)


def windows_of(ids: Collection[str], shards: Sequence[Path]) -> Segments:
    """Return the whole music of some sources, in consecutive windows of `WINDOW` events."""
    events, sources, starts = [], [], []
    for sequence in read_notesequences(shards):
        if sequence.id not in ids:
            continue
        cut = segment_notes(
            from_note_sequence(sequence),
            mode="full",
            segment_seconds=1,
            min_events=2,
            max_events=WINDOW,
        )
        starts += [start for start, _ in cut.segments]
        events += [window for _, window in cut.segments]
        sources += [sequence.id] * len(cut.segments)
    return Segments(
        np.concatenate(events).astype(ev.EVENT_DTYPE),
        np.cumsum([0, *map(len, events)]),
        np.array(sources),
        np.array(sources),
        np.array(starts),
        np.ones(len(events)),
    )
