"""A score's NoteSequence as a pianist might play it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfrnn.notes import SUSTAIN
from perfrnn.performing.playing import Played, play, reach
from perfrnn.performing.score import Score, read_score

if TYPE_CHECKING:
    from note_seq import NoteSequence


def perform(
    sequence: NoteSequence, *, seed: int, expression: float = 1.0, style: str = "romantic"
) -> NoteSequence:
    """Return `sequence` as a pianist might play it.

    Parameters
    ----------
    sequence : a score: times as written, velocities as its dynamics say. It is not changed.
    seed : from which every chance follows; the same seed, the same performance.
    expression : 0 as written, 1 as humans do, 2 twice as much.
    style : `baroque`, `classical`, `romantic` or `modern`.

    Returns
    -------
    The same notes in the same order, played, with the sustain pedal's control changes instead of
    the score's own. Tempos and metres lie in the performance as they do in the score.

    Raises
    ------
    KeyError
        If there is no such style.
    """
    performed = type(sequence)()
    performed.CopyFrom(sequence)
    score = read_score(sequence)
    if not len(score.pitch) or expression == 0:
        return performed
    rng = np.random.default_rng(seed)
    played = play(score, rng=rng, expression=expression, style=style)
    _write(performed, score, played)
    return performed


def _write(sequence: NoteSequence, score: Score, played: Played) -> None:
    """Put what was played into the sequence that `score` was read from."""
    for index, start, end, velocity in zip(
        *(a.tolist() for a in (score.order, played.start, played.end, played.velocity)),
        strict=True,
    ):
        note = sequence.notes[index]
        note.start_time, note.end_time, note.velocity = start, end, velocity

    hands = {(note.instrument, note.program) for note in sequence.notes if not note.is_drum}
    kept = [one for one in sequence.control_changes if one.control_number != SUSTAIN]
    del sequence.control_changes[:]
    sequence.control_changes.extend(kept)
    _move(sequence, score, played)
    for instrument, program in sorted(hands):
        for time, is_down in played.pedal.tolist():
            sequence.control_changes.add(
                time=time,
                control_number=SUSTAIN,
                control_value=127 if is_down else 0,
                instrument=instrument,
                program=program,
            )
    _set_tempos(sequence, score, played)
    sequence.total_time = max(note.end_time for note in sequence.notes)


def _move(sequence: NoteSequence, score: Score, played: Played) -> None:
    """Move what is no pitched note along with the notes around it."""
    events = [
        (event, "time")
        for events in (
            sequence.time_signatures,
            sequence.key_signatures,
            sequence.control_changes,
            sequence.pitch_bends,
            sequence.text_annotations,
        )
        for event in events
    ]
    drums = [note for note in sequence.notes if note.is_drum]
    events += [(note, name) for note in drums for name in ("start_time", "end_time")]
    written = np.array([getattr(event, name) for event, name in events])
    places = score.clock.to_quarters(written)
    moved = np.where(places < played.edges[0], written, reach(places, played.edges, played.times))
    for (event, name), time in zip(events, moved.tolist(), strict=True):
        setattr(event, name, time)


def _set_tempos(sequence: NoteSequence, score: Score, played: Played) -> None:
    """Give the sequence the tempos that were played, one a quarter: beats stay beats."""
    before = [tempo for tempo in sequence.tempos if tempo.time < played.times[0]]
    stated = [(tempo.time, tempo.qpm) for tempo in before]
    del sequence.tempos[:]
    every = max(1, round(1 / (played.edges[1] - played.edges[0])))
    chosen = np.unique(np.append(np.arange(0, len(played.edges), every), len(played.edges) - 1))
    places, times = played.edges[chosen], played.times[chosen]
    qpm = 60 * np.diff(places) / np.maximum(np.diff(times), 1e-6)
    if times[0] > 0 and not stated:
        stated = [(0.0, 60 * float(score.clock.rate[0]))]
    for time, rate in [*stated, *zip(times[:-1].tolist(), qpm.tolist(), strict=True)]:
        sequence.tempos.add(time=time, qpm=rate)
