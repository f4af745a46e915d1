"""Excerpts for a blind listening test: humans and models, told apart by the music alone."""

from __future__ import annotations

import dataclasses
import logging
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import Literal

import numpy as np

from perfrnn.evaluation.evaluate import read_samples
from perfrnn.evaluation.held_out import (
    SECONDS,
    choose_passages,
    from_first_note,
    nothing_long_enough,
)
from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes
from perfrnn.rendering.audio import render_audio

log = logging.getLogger(__name__)

MOST_SAMPLES = 12
"""More than twice as many excerpts tire a listener."""


@dataclass(frozen=True)
class Item:
    """One excerpt and where it comes from.

    Attributes
    ----------
    source : id of the corpus's source, or a sample such as `iter1/sample-2`.
    origin : the piece, or the iteration.
    composer : empty for a machine.
    notes : what is heard, on the model's grid, from an onset on.
    """

    truth: Literal["human", "machine"]
    source: str
    origin: str
    composer: str
    notes: Notes


def choose_items(
    folders: Mapping[str, Path], split: Path, shards: Iterable[Path], *, seed: int
) -> list[Item]:
    """Return as many excerpts by humans as by models, shuffled; equal input gives equal items.

    A model's excerpt is the opening of a sample, a human's begins at any onset of a piece of
    the test set. All are equally long, begin with their first note and went through the
    model's events, so that neither length nor timing resolution tells them apart.

    Parameters
    ----------
    folders : where each iteration's `sample-N.mid` and `sample-N.json` are, by iteration.
    split : the dataset's `split.tsv`.
    shards : the corpus's NoteSequences.

    Raises
    ------
    PerfRNNError
        If no piece of the test set is long enough, or a file is missing or damaged.
    """
    rng = np.random.default_rng(seed)
    samples = _choose_samples(folders, rng)
    seconds = min([SECONDS, *(item.notes.total_time for item in samples)])
    passages = choose_passages(split, shards, seconds=seconds, most=len(samples), rng=rng)
    if not passages:
        raise nothing_long_enough(seconds)
    humans = [Item("human", p.source, p.piece, p.composer, p.notes) for p in passages]
    machines = [
        dataclasses.replace(item, notes=from_first_note(item.notes, seconds))
        for item in samples[: len(humans)]
    ]
    items = humans + machines
    log.info("%d excerpts by humans and as many by machines, of %g s", len(humans), seconds)
    return [items[index] for index in rng.permutation(len(items))]


def render_items(
    items: Sequence[Item], folder: Path, *, soundfont: str | Path | None = None
) -> list[Path]:
    """Render items as `item-01.mp3`, ... into `folder` and return the files, in order.

    All have the same soundfont and loudness (`perfrnn.rendering.audio`); neither names nor times
    of the files tell where an item comes from.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"item-{number:02d}.mp3" for number in range(1, len(items) + 1)]
    with tempfile.TemporaryDirectory() as scratch:
        midi, wav = Path(scratch, "item.mid"), Path(scratch, "item.wav")
        for item, file in zip(items, files, strict=True):
            write_midi(midi, item.notes)
            seconds = item.notes.total_time
            render_audio(midi, wav, file, soundfont=soundfont, seconds=seconds)
    return files


def _choose_samples(folders: Mapping[str, Path], rng: np.random.Generator) -> list[Item]:
    """Return at most `MOST_SAMPLES` samples, whole, one of each iteration in turn."""
    shuffled = []
    for iteration, folder in folders.items():
        samples = read_samples(folder)
        shuffled.append(
            [
                Item("machine", f"{iteration}/sample-{sample.number}", iteration, "", sample.notes)
                for sample in (samples[index] for index in rng.permutation(len(samples)))
            ]
        )
    in_turn = chain.from_iterable(zip_longest(*shuffled))
    return [item for item in in_turn if item is not None][:MOST_SAMPLES]
