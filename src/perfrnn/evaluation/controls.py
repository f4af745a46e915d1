"""Controls: music that is wrong in one known way, made from human excerpts.

A measure that cannot tell these from the excerpts themselves says nothing about how human a
sample is. Each control keeps what it does not spoil, so it spoils one thing only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from perfrnn.evaluation.excerpts import SECONDS, as_sampled, excerpt
from perfrnn.notes import Notes

JITTER_SECONDS = 0.1
"""Standard deviation of the time by which jittered onsets move."""

SNIPPET_SECONDS = 3.0
WRONG_SHARE = 0.2
WRONG_SEMITONES = (-2, -1, 1, 2)

LOWEST, HIGHEST = 21, 108
"""Pitches of a piano's 88 keys."""


def random_notes(notes: Notes, rng: np.random.Generator) -> Notes:
    """Return as many notes as in `notes`, at random times and pitches.

    Pitches are uniform over the range of the music; its lengths and velocities are dealt out.
    """
    count = len(notes)
    if count == 0:
        return notes
    start = np.sort(rng.uniform(0.0, notes.total_time, count))
    length = rng.permutation(notes.end - notes.start)
    return replace(
        notes,
        start=start,
        end=np.minimum(start + length, notes.total_time),
        pitch=rng.integers(notes.pitch.min(), notes.pitch.max() + 1, count),
        velocity=rng.permutation(notes.velocity),
    )


def shuffled_pitches(notes: Notes, rng: np.random.Generator) -> Notes:
    """Return `notes` with their pitches dealt out anew: the rhythm and the notes of the whole."""
    return replace(notes, pitch=rng.permutation(notes.pitch))


def jittered_onsets(notes: Notes, rng: np.random.Generator) -> Notes:
    """Return `notes` each moved in time by 0.1 s (standard deviation): the harmony, no rhythm."""
    moved = notes.start + rng.normal(0.0, JITTER_SECONDS, len(notes))
    start = np.clip(moved, 0.0, np.nextafter(notes.total_time, 0.0))
    end = np.minimum(start + (notes.end - notes.start), notes.total_time)
    return replace(notes, start=start, end=end)


def wrong_notes(notes: Notes, rng: np.random.Generator) -> Notes:
    """Return `notes` with a fifth of the pitches off by one or two semitones."""
    wrong = rng.random(len(notes)) < WRONG_SHARE
    steps = rng.choice(WRONG_SEMITONES, len(notes))
    return replace(notes, pitch=np.clip(notes.pitch + wrong * steps, LOWEST, HIGHEST))


def collage(sources: Sequence[Notes], rng: np.random.Generator) -> Notes:
    """Return a minute of 3 s snippets, each from another place in one of `sources`.

    What happens within three seconds is human, what happens beyond is chance.
    """
    parts = []
    count = int(SECONDS / SNIPPET_SECONDS)
    chosen = rng.choice(len(sources), count, replace=len(sources) < count)
    for number, index in enumerate(chosen.tolist()):
        latest = max(0.0, sources[index].total_time - SNIPPET_SECONDS)
        snippet = excerpt(sources[index], rng.uniform(0.0, latest), SNIPPET_SECONDS)
        offset = number * SNIPPET_SECONDS
        parts.append(replace(snippet, start=snippet.start + offset, end=snippet.end + offset))
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("start", "end", "pitch", "velocity")
    }
    return Notes(**columns, total_time=SECONDS)


SPOILT: dict[str, Callable[[Notes, np.random.Generator], Notes]] = {
    "random notes": random_notes,
    "shuffled pitches": shuffled_pitches,
    "jittered onsets": jittered_onsets,
    "20 % wrong notes": wrong_notes,
}
"""Controls made from one excerpt each."""

COLLAGE = "collage of 3 s snippets"
DEADPAN = "deadpan score"
"""Excerpts of scores as notation programs play them; they need no making."""

CONTROLS = (*SPOILT, COLLAGE, DEADPAN)


def spoil(humans: Sequence[Notes], rng: np.random.Generator) -> Iterator[tuple[str, int, Notes]]:
    """Yield every control that is made from one excerpt.

    Yields
    ------
    Name of the control, index of the excerpt it was made from and its notes, as sampled.
    """
    for index, notes in enumerate(humans):
        for name, spoilt in SPOILT.items():
            yield name, index, as_sampled(spoilt(notes, rng))


def make_collages(
    humans: Sequence[Notes], folds: np.ndarray, rng: np.random.Generator
) -> list[Notes]:
    """Return a collage for each excerpt, made from excerpts of its own fold, as sampled.

    So whoever holds out a fold holds out all collages in which its music is heard.

    Parameters
    ----------
    folds : int [excerpts], the fold of each.
    """
    made = []
    for fold in folds.tolist():
        sources = [humans[index] for index in np.flatnonzero(folds == fold).tolist()]
        made.append(as_sampled(collage(sources, rng)))
    return made
