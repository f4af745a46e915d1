"""Excerpts of held-out music that are as long as samples, for comparison side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfrnn.dataset.split_table import read_split
from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.excerpts import as_sampled, excerpt
from perfrnn.notes import Notes, from_note_sequence
from perfrnn.sequences.convert import read_notesequences

SECONDS = 30.0
"""Length of a passage, less if the samples are shorter: many pieces do not last a minute."""


@dataclass(frozen=True)
class Passage:
    """An excerpt of the test set, on the model's grid, from an onset on.

    Attributes
    ----------
    source : id of the corpus's source.
    """

    source: str
    piece: str
    composer: str
    notes: Notes


def choose_passages(
    split: Path, shards: Iterable[Path], *, seconds: float, most: int, rng: np.random.Generator
) -> list[Passage]:
    """Return passages of at most `most` pieces of the test set, one of each, in random order.

    Of a piece one source is drawn, of a source the onset where the passage begins. Sources
    shorter than `seconds` are left out; so the list may be empty.

    Parameters
    ----------
    split : the dataset's `split.tsv`.
    shards : the corpus's NoteSequences.

    Raises
    ------
    CorpusError
        If the table or a shard is damaged.
    """
    by_piece: dict[str, list[Mapping[str, str]]] = {}
    for row in sorted(read_split(split).test, key=lambda row: row["id"]):
        by_piece.setdefault(row["piece"], []).append(row)
    chosen = [group[rng.integers(len(group))] for _, group in sorted(by_piece.items())]
    wanted = {row["id"] for row in chosen}
    music = {s.id: from_note_sequence(s) for s in read_notesequences(shards) if s.id in wanted}
    passages: list[Passage] = []
    for index in rng.permutation(len(chosen)):
        id_, piece, composer = (chosen[index][name] for name in ("id", "piece", "composer"))
        if len(passages) == most or id_ not in music:
            continue
        heard = _passage(music[id_], seconds, rng)
        if heard is not None:
            passages.append(Passage(id_, piece, composer, heard))
    return passages


def nothing_long_enough(seconds: float) -> PerfRNNError:
    """Return the error of a test set without a passage of so many seconds."""
    return PerfRNNError(
        f"no piece of the test set lasts {seconds:g} s, so there is nothing to compare the "
        "samples with; hold out more music with `dataset.eval_ratio`"
    )


def from_first_note(notes: Notes, seconds: float) -> Notes:
    """Return the first `seconds` of `notes` from the first one on, as sampled."""
    start = float(notes.start.min()) if len(notes) else 0.0
    return as_sampled(excerpt(notes, start, seconds))


def _passage(notes: Notes, seconds: float, rng: np.random.Generator) -> Notes | None:
    """Return `seconds` of `notes` from a random onset on; None if they are shorter."""
    latest = notes.end.max(initial=0.0) - seconds
    onsets = np.unique(notes.start[notes.start <= latest])
    if len(onsets) == 0:
        return None
    return as_sampled(excerpt(notes, float(rng.choice(onsets)), seconds))
