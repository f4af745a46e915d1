"""The pitches that the models were trained on, and of music held out from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfrnn.corpus.tables import read_table
from perfrnn.evaluation.copying import played_pitches
from perfrnn.evaluation.excerpts import SECONDS
from perfrnn.sequences.convert import read_notesequences

SPLIT_COLUMNS = ("id", "piece", "composer", "segments", "split")

MOST_HELD_OUT = 100
"""Held-out pieces that are searched for copies: enough for a median and a 95 % quantile."""


@dataclass(frozen=True)
class TrainingSet:
    """Pitches in the order they are struck: of whole training sources, and of held-out minutes."""

    train: Sequence[np.ndarray]
    held_out: Sequence[np.ndarray]


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
    side = {row["id"]: row["split"] for row in read_table(split, SPLIT_COLUMNS)}
    train: list[np.ndarray] = []
    held_out: list[np.ndarray] = []
    for sequence in read_notesequences(shards):
        where = side.get(sequence.id)
        if where == "train":
            train.append(played_pitches(sequence))
        elif where == "eval" and len(held_out) < MOST_HELD_OUT:
            held_out.append(played_pitches(sequence, SECONDS))
    return TrainingSet(train, held_out)
