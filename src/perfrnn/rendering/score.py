"""Performance MIDI to a readable piano score."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from perfrnn.events.key_finding import Key
from perfrnn.files import atomic
from perfrnn.notes import Notes
from perfrnn.rendering.accidentals import mark_accidentals
from perfrnn.rendering.beats import estimate_beats
from perfrnn.rendering.durations import triplet_beats, write_durations
from perfrnn.rendering.engrave import engrave
from perfrnn.rendering.hands import LEFT, RIGHT, assign_hands
from perfrnn.rendering.measures import write_voice
from perfrnn.rendering.metre import estimate_measures
from perfrnn.rendering.musicxml_writer import to_musicxml
from perfrnn.rendering.notation import TICKS, Clef, Event, Metre, PianoScore, Staff, Voice
from perfrnn.rendering.quantize import Grid, has_thirds, quantise
from perfrnn.rendering.reading import read_notes
from perfrnn.rendering.registers import choose_clefs, choose_spans
from perfrnn.rendering.spelling import key_signature, spell, written_key
from perfrnn.rendering.titles import clean, printable
from perfrnn.rendering.voices import join_voices, make_voices

HOME = {RIGHT: Clef.TREBLE, LEFT: Clef.BASS}


def write_score(
    midi: Path, musicxml: Path, svg: Path, pdf: Path, *, title: str, composer: str = ""
) -> None:
    """Write a performance as a score: MusicXML, SVG (one tall page) and PDF (A4 pages).

    Title and composer stand in the PDF as far as there are fonts for them; MusicXML and SVG keep
    them, since whatever shows these looks for fonts itself.

    Raises
    ------
    PerfRNNError
        If the MIDI file cannot be read, or lasts too long.
    """
    notes = read_notes(midi)
    score = make_score(notes, clean(title), clean(composer))
    document = to_musicxml(score)
    with atomic(musicxml) as temporary:
        temporary.write_bytes(document)
    head, name = printable(title), printable(composer)
    printed = to_musicxml(replace(score, title=head.text, composer=name.text))
    fonts = [font for font in (head.font, name.font) if font]
    engrave(document, svg, printed, pdf, fonts=fonts)


def make_score(notes: Notes, title: str, composer: str = "") -> PianoScore:
    """Return the score of a performance, whose notes come in order of their start.

    One metre, one key and one tempo mark hold for the whole piece. Without notes it is a measure
    of rests.
    """
    hand = assign_hands(notes.start, notes.pitch)
    beats = estimate_beats(notes)
    metre, beats, first = estimate_measures(
        notes, beats, has_thirds=has_thirds(notes.start, hand, beats)
    )
    grid = quantise(notes.start, notes.end, hand, beats, is_compound=metre.is_compound)
    grid = _from_downbeat(grid, first, metre)
    key = written_key(notes)
    end = int(np.max(grid.onset, initial=0)) + 1
    measures = -(-end // metre.measure_ticks)
    upbeat = int(np.min(grid.onset, initial=end)) // metre.beat_ticks * metre.beat_ticks
    staves = [
        _staff(grid, notes.pitch, hand == which, metre, measures, upbeat, key, HOME[which])
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
    upbeat: int,
    key: Key,
    home: Clef,
) -> Staff:
    """Return the staff of one hand, whose notes are `mine`."""
    triplets = triplet_beats(set(grid.onset[mine].tolist()), metre)
    end = measures * metre.measure_ticks
    chords = make_voices(grid.onset[mine], grid.end[mine], pitch[mine])
    voices = [
        write_voice(
            write_durations(voice, metre, triplets, end),
            metre,
            measures,
            triplets,
            lambda note: spell(note, key),
            upbeat,
        )
        for voice in join_voices(chords, metre.measure_ticks)
    ]
    clefs = choose_clefs(voices, home)
    spans = choose_spans(voices, clefs)
    marked = mark_accidentals(_without_clutter(voices), key_signature(key))
    return Staff(marked, clefs, spans)


def _without_clutter(voices: list[Voice]) -> list[Voice]:
    """Return the two voices with the rests hidden that tell a reader nothing.

    In a measure these are all rests of one voice, the upper one if it is silent, and those of the
    other under which the first sounds; but never those that complete a triplet.
    """
    result: list[Voice] = [[], []]
    for measure in zip(*voices, strict=True):
        sings = [any(event.heads for event in events) for events in measure]
        main = 1 if sings[1] and not sings[0] else 0
        for number, events in enumerate(measure):
            clutter = partial(
                _is_clutter, voice=events, other=measure[1 - number], is_main=number == main
            )
            result[number].append([replace(event, is_hidden=clutter(event)) for event in events])
    return result


def _is_clutter(event: Event, voice: list[Event], other: list[Event], *, is_main: bool) -> bool:
    """Whether an event of a measure is a rest that tells a reader nothing beside the other."""
    if event.heads or _completes_triplet(event, voice):
        return False
    return not is_main or _is_covered(event, other)


def _completes_triplet(rest: Event, voice: list[Event]) -> bool:
    """Whether a rest is part of a triplet in which its voice sounds too."""
    return rest.is_triplet and any(
        event.heads and event.is_triplet and event.onset // TICKS == rest.onset // TICKS
        for event in voice
    )


def _is_covered(rest: Event, other: list[Event]) -> bool:
    """Whether another voice sounds all through a rest."""
    sounding = sum(
        min(rest.onset + rest.duration, event.onset + event.duration)
        - max(rest.onset, event.onset)
        for event in other
        if event.heads
        and event.onset < rest.onset + rest.duration
        and rest.onset < event.onset + event.duration
    )
    return sounding == rest.duration
