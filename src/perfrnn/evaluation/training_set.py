"""The pitches that the models were trained on, and those of the test set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    train : of whole training sources.
    held_out : of minutes of the test set.
    tested : `test`, or `eval_and_test` where that set chose the kept step too.
    """

    train: Sequence[np.ndarray]
    held_out: Sequence[np.ndarray]
    tested: str = "test"


def read_training_set(split: Path, shards: Iterable[Path]) -> TrainingSet:
    """Read the sources of a dataset.

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
    tested = {row["id"] for row in table.test}
    train: list[np.ndarray] = []
    held_out: list[np.ndarray] = []
    for sequence in read_notesequences(shards):
        if sequence.id in trained:
            train.append(played_pitches(sequence))
        elif sequence.id in tested and len(held_out) < MOST_HELD_OUT:
            held_out.append(played_pitches(sequence, SECONDS))
    return TrainingSet(train, held_out, table.tested)
