"""The pitches that the models were trained on, and those of the test set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from perfrnn.dataset.split_table import read_split
from perfrnn.evaluation.copying import played_pitches
from perfrnn.evaluation.excerpts import SECONDS
from perfrnn.sequences.convert import read_notesequences

MOST_HELD_OUT = 100
"""Held-out pieces that are searched for copies: enough for a median and a 95 % quantile."""


@dataclass(frozen=True)
class TrainingSet:
    """Pitches in the order they are struck.

    Attributes
    ----------
    train : of whole training sources, read anew each time they are gone through.
    held_out : of minutes of the test set.
    tested : `test`, or `eval_and_test` where that set chose the kept step too.
    """

    train: Iterable[np.ndarray]
    held_out: Sequence[np.ndarray]
    tested: str = "test"


@dataclass(frozen=True)
class _Pitches:
    """Pitches of some sources of a corpus, one source at a time."""

    shards: Sequence[Path]
    ids: Collection[str]
    seconds: float = np.inf

    def __iter__(self) -> Iterator[np.ndarray]:
        for sequence in read_notesequences(self.shards):
            if sequence.id in self.ids:
                yield played_pitches(sequence, self.seconds)


def read_training_set(split: Path, shards: Iterable[Path]) -> TrainingSet:
    """Open the sources of a dataset.

    Parameters
    ----------
    split : the dataset's `split.tsv`.
    shards : the corpus's NoteSequences.

    Raises
    ------
    CorpusError
        If the table or a shard is damaged.
    """
    table = read_split(split)
    trained = {row["id"] for row in table.side("train")}
    tested = {row["id"] for row in table.test} - trained
    shards = list(shards)
    held_out = list(islice(_Pitches(shards, tested, SECONDS), min(MOST_HELD_OUT, len(tested))))
    return TrainingSet(_Pitches(shards, trained), held_out, table.tested)
