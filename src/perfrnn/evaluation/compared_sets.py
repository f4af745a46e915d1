"""Samples and held-out music as sets of passages of one length, for comparison set by set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfrnn.corpus.tables import write_table
from perfrnn.evaluation.evaluate import read_samples
from perfrnn.evaluation.held_out import (
    SECONDS,
    Passage,
    choose_passages,
    from_first_note,
    nothing_long_enough,
)
from perfrnn.files import staged
from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes

MOST_HELD_OUT = 100
"""Held-out pieces that are compared: their 4,950 distances leave a density little doubt."""

HELD_OUT_COLUMNS = ("file", "source", "piece", "composer")
"""Columns of `held_out.tsv`, which says what the exported passages are."""


@dataclass(frozen=True)
class ComparedSets:
    """What is compared: all passages are on the model's grid, and begin with a note.

    Attributes
    ----------
    samples : beginnings of the samples, by iteration.
    held_out : of the test set, a passage of each piece that lasts long enough.
    seconds : length of every passage.
    """

    samples: Mapping[str, Sequence[Notes]]
    held_out: Sequence[Passage]
    seconds: float


def read_compared_sets(
    folders: Mapping[str, Path], split: Path, shards: Iterable[Path], *, seed: int
) -> ComparedSets:
    """Return the samples of all iterations and passages of held-out music; equal if input is.

    Parameters
    ----------
    folders : where each iteration's `sample-N.mid` and `sample-N.json` are, by iteration.
    split : the dataset's `split.tsv`.
    shards : the corpus's NoteSequences.

    Raises
    ------
    PerfRNNError
        If an iteration has no sample, or a file is missing or damaged.
    """
    whole = {
        iteration: [sample.notes for sample in read_samples(folder)]
        for iteration, folder in folders.items()
    }
    seconds = min([SECONDS, *(notes.total_time for each in whole.values() for notes in each)])
    rng = np.random.default_rng(seed)
    passages = choose_passages(split, shards, seconds=seconds, most=MOST_HELD_OUT, rng=rng)
    samples = {
        iteration: [from_first_note(notes, seconds) for notes in each]
        for iteration, each in whole.items()
    }
    return ComparedSets(samples, passages, seconds)


def export_midi(folder: Path, sets: ComparedSets) -> None:
    """Write the sets as MIDI files: `held_out/` and `samples/<iteration>/`, for other tools.

    Beside them, `held_out.tsv` says which piece each held-out file is of.

    Raises
    ------
    PerfRNNError
        If there is no held-out passage.
    """
    if not sets.held_out:
        raise nothing_long_enough(sets.seconds)
    with staged(folder) as temporary:
        rows = []
        for number, passage in enumerate(sets.held_out, start=1):
            file = f"held_out/passage-{number:03d}.mid"
            _write(temporary / file, passage.notes)
            rows.append((file, passage.source, passage.piece, passage.composer))
        write_table(temporary / "held_out.tsv", HELD_OUT_COLUMNS, rows)
        for iteration, samples in sets.samples.items():
            for number, notes in enumerate(samples, start=1):
                _write(temporary / "samples" / iteration / f"sample-{number:03d}.mid", notes)


def _write(path: Path, notes: Notes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(path, notes)
