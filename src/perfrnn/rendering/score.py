"""Performance MIDI to a readable piano score."""

from pathlib import Path

import numpy as np

from perfrnn.files import atomic
from perfrnn.notes import Notes
from perfrnn.rendering.engrave import engrave
from perfrnn.rendering.measures import write_voice
from perfrnn.rendering.musicxml import PianoScore, to_musicxml
from perfrnn.rendering.notation import TICKS, GridNote, Metre
from perfrnn.rendering.pianoroll import read_notes
from perfrnn.rendering.spelling import key_signature, spell
from perfrnn.rendering.tonality import Key, chroma, estimate_key
from perfrnn.rendering.voices import make_voices

MIDDLE_C = 60


def write_score(
    midi: Path, musicxml: Path, svg: Path, pdf: Path, *, title: str, composer: str = ""
) -> None:
    """Write a performance as a score: MusicXML, SVG (one tall page) and PDF (A4 pages)."""
    document = to_musicxml(make_score(read_notes(midi), title, composer))
    with atomic(musicxml) as temporary:
        temporary.write_bytes(document)
    engrave(document, svg, pdf)


def make_score(notes: Notes, title: str, composer: str = "") -> PianoScore:
    """Return the score of a performance."""
    metre = Metre(4, 4)
    tempo = 120.0
    key = estimate_key(chroma(notes.start, notes.end, notes.pitch)) or Key(0, "major", 0.0)
    grid = _quantise(notes, tempo)
    last = max((note.onset + note.duration for note in grid), default=1)
    measures = -(-last // metre.measure_ticks)
    staves = [
        [
            write_voice(voice, metre, measures, frozenset(), lambda pitch: spell(pitch, key))
            for voice in make_voices([note for note in grid if note.staff == staff])
        ]
        for staff in (0, 1)
    ]
    return PianoScore(title, composer, metre, key_signature(key), key.mode, tempo, staves)


def _quantise(notes: Notes, tempo: float) -> list[GridNote]:
    step = TICKS // 4
    begin = notes.start.min(initial=np.inf)
    scale = tempo / 60 * TICKS / step
    onset = np.rint((notes.start - begin) * scale).astype(int) * step
    end = np.rint((notes.end - begin) * scale).astype(int) * step
    return [
        GridNote(a, max(b - a, step), p, int(p < MIDDLE_C))
        for a, b, p in zip(onset.tolist(), end.tolist(), notes.pitch.tolist(), strict=True)
    ]
