"""Performance MIDI to a readable piano score."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from perfrnn.files import atomic
from perfrnn.notes import Notes
from perfrnn.rendering.beats import estimate_beats
from perfrnn.rendering.durations import triplet_beats, write_durations
from perfrnn.rendering.engrave import engrave
from perfrnn.rendering.hands import LEFT, RIGHT, assign_hands
from perfrnn.rendering.measures import write_voice
from perfrnn.rendering.metre import estimate_measures, time_signature
from perfrnn.rendering.musicxml import to_musicxml
from perfrnn.rendering.notation import Metre, PianoScore, Register, Staff, Voice
from perfrnn.rendering.pianoroll import read_notes
from perfrnn.rendering.quantize import Grid, quantise
from perfrnn.rendering.registers import choose_registers
from perfrnn.rendering.spelling import key_signature, spell, written_key
from perfrnn.rendering.tonality import Key
from perfrnn.rendering.voices import make_voices

HOME = {RIGHT: Register.TREBLE, LEFT: Register.BASS}


def write_score(
    midi: Path, musicxml: Path, svg: Path, pdf: Path, *, title: str, composer: str = ""
) -> None:
    """Write a performance as a score: MusicXML, SVG (one tall page) and PDF (A4 pages).

    Raises
    ------
    PerfRNNError
        If the MIDI file cannot be read.
    """
    document = to_musicxml(make_score(read_notes(midi), title, composer))
    with atomic(musicxml) as temporary:
        temporary.write_bytes(document)
    engrave(document, svg, pdf)


def make_score(notes: Notes, title: str, composer: str = "") -> PianoScore:
    """Return the score of a performance, whose notes come in order of their start.

    One metre, one key and one tempo mark hold for the whole piece. Without notes it is a measure
    of rests.
    """
    hand = assign_hands(notes.start, notes.pitch)
    beats = estimate_beats(notes)
    grid = quantise(notes.start, notes.end, hand, beats)
    group, first = estimate_measures(notes, beats)
    metre = time_signature(group, grid.is_compound)
    grid = _from_downbeat(grid, first, metre)
    key = written_key(notes)
    end = int(np.max(grid.onset, initial=0)) + 1
    measures = -(-end // metre.measure_ticks)
    staves = [
        _staff(grid, notes.pitch, hand == which, metre, measures, key, HOME[which])
        for which in (RIGHT, LEFT)
    ]
    tempo = round(60 / float(np.median(np.diff(beats))))
    return PianoScore(
        title, composer, metre, key_signature(key), key.mode, tempo, (staves[0], staves[1])
    )


def _from_downbeat(grid: Grid, first: int, metre: Metre) -> Grid:
    """Return the grid with tick 0 on the downbeat of the measure where the music starts."""
    if len(grid.onset) == 0:
        return grid
    shift = first * metre.beat_ticks
    earliest = int(grid.onset.min())
    shift += (earliest - shift) // metre.measure_ticks * metre.measure_ticks
    return grid._replace(onset=grid.onset - shift, end=grid.end - shift)


def _staff(
    grid: Grid,
    pitch: np.ndarray,
    mine: np.ndarray,
    metre: Metre,
    measures: int,
    key: Key,
    home: Register,
) -> Staff:
    """Return the staff of one hand, whose notes are `mine`."""
    triplets = triplet_beats(set(grid.onset[mine].tolist()), metre)
    end = measures * metre.measure_ticks
    voices = [
        write_voice(
            write_durations(chords, metre, triplets, end),
            metre,
            measures,
            triplets,
            lambda note: spell(note, key),
        )
        for chords in make_voices(grid.onset[mine], grid.end[mine], pitch[mine])
    ]
    registers = choose_registers(voices, home)
    return Staff(_without_clutter(voices), registers)


def _without_clutter(voices: list[Voice]) -> list[Voice]:
    """Return the voices with those rests hidden that another voice makes superfluous."""
    upper, lower = voices
    result: list[Voice] = [[], []]
    for first, second in zip(upper, lower, strict=True):
        upper_sings = any(event.heads for event in first)
        lower_sings = any(event.heads for event in second)
        for number, (events, hide) in enumerate(
            ((first, lower_sings and not upper_sings), (second, True))
        ):
            result[number].append(
                [replace(event, is_hidden=hide) if not event.heads else event for event in events]
            )
    return result
