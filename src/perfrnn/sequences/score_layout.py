"""A score's measures laid out in time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.sequences.score import DEFAULT_QPM, Measure, ScoreNote
from perfrnn.sequences.ties import SAME_TIME, merge_ties


def lay_out(measures: Sequence[Measure], order: Sequence[int]) -> NoteSequence:
    """Return the NoteSequence of a score.

    Parameters
    ----------
    measures : the score.
    order : which measures are played, in time.

    Returns
    -------
    Notes on program 0 and instrument 0 in the order of their onsets, at most one of a pitch at a
    time; tempos, time and key signatures where they change. Times in seconds.
    """
    starts = np.append(0.0, np.cumsum([measures[index].length for index in order]))
    sequence = NoteSequence(ticks_per_quarter=220)
    tempo_quarters, qpms = _tempo_map(measures, order, starts)
    offsets = np.append(0.0, np.cumsum(np.diff(tempo_quarters) * 60.0 / qpms[:-1]))

    def seconds(quarters: np.ndarray) -> np.ndarray:
        interval = np.searchsorted(tempo_quarters, quarters, side="right") - 1
        return offsets[interval] + (quarters - tempo_quarters[interval]) * 60.0 / qpms[interval]

    for time, qpm in zip(offsets, qpms, strict=True):
        sequence.tempos.add(time=time, qpm=qpm)
    _add_signatures(sequence, measures, order, seconds(starts))
    notes = _sounding_notes(measures, order, starts)
    ends = seconds(np.array([note.offset + note.duration for note in notes]))
    onsets = seconds(np.array([note.offset for note in notes]))
    for note, onset, end in zip(notes, onsets, ends, strict=True):
        sequence.notes.add(
            pitch=note.pitch, velocity=note.velocity, start_time=onset, end_time=end
        )
    sequence.total_time = max(ends, default=0.0)
    return sequence


def _tempo_map(
    measures: Sequence[Measure], order: Sequence[int], starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return where tempos begin, in quarters, and the tempos in quarters per minute."""
    entering = [DEFAULT_QPM]  # the tempo in which a measure begins, as written
    for measure in measures:
        entering.append(measure.tempos[-1][1] if measure.tempos else entering[-1])
    quarters, qpms = [0.0], [DEFAULT_QPM]
    for start, index in zip(starts, order, strict=False):
        for offset, qpm in [(0.0, entering[index]), *measures[index].tempos]:
            if start + offset <= quarters[-1]:
                qpms[-1] = qpm
            elif qpm != qpms[-1]:
                quarters.append(start + offset)
                qpms.append(qpm)
    return np.array(quarters), np.array(qpms)


def _add_signatures(
    sequence: NoteSequence, measures: Sequence[Measure], order: Sequence[int], times: np.ndarray
) -> None:
    """Add the time and key signatures where they change."""
    meter = key = None
    for time, index in zip(times, order, strict=False):
        measure = measures[index]
        if measure.time_signature and measure.time_signature != meter:
            meter = measure.time_signature
            sequence.time_signatures.add(time=time, numerator=meter[0], denominator=meter[1])
        if measure.key_signature and measure.key_signature != key:
            key = measure.key_signature
            sequence.key_signatures.add(time=time, key=key[0], mode=int(key[1]))


def _sounding_notes(
    measures: Sequence[Measure], order: Sequence[int], starts: np.ndarray
) -> list[ScoreNote]:
    """Return the notes as a piano sounds them, with offsets from the beginning of the piece."""
    notes = [
        replace(note, offset=max(0.0, float(start) + note.offset))
        for start, index in zip(starts, order, strict=False)
        for note in measures[index].notes
        if note.duration > 0
    ]
    notes.sort(key=lambda note: (note.offset, note.pitch))
    tied = merge_ties(notes, measures, order, starts)
    return _restrike([note for note in tied if note.velocity])


def _restrike(notes: list[ScoreNote]) -> list[ScoreNote]:
    """Let each key sound once at a time.

    Of notes that begin together on one pitch, one stays, as long as the longest and as loud as the
    loudest. A note that begins while another of its pitch sounds ends that one, since the key has
    to go up, and takes over what is left of it.
    """
    kept: list[ScoreNote] = []
    latest: dict[int, ScoreNote] = {}
    for note in notes:
        before = latest.get(note.pitch)
        end = note.end if before is None else max(before.end, note.end)
        if before is not None and before.end > note.offset + SAME_TIME:
            if note.offset - before.offset < SAME_TIME:
                before.duration = end - before.offset
                before.velocity = max(before.velocity, note.velocity)
                continue
            before.duration = note.offset - before.offset
            note.duration = end - note.offset
        kept.append(note)
        latest[note.pitch] = note
    return kept
