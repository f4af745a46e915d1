"""Any score as one pianist would play it: every part on one piano."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from note_seq import NoteSequence

# Binary and ternary divisions down to 1/128 of a quarter fall on whole ticks.
TICKS_PER_QUARTER = 480
PIANO = 0


def read_score(path: str | Path) -> NoteSequence:
    """Read a MusicXML file with note_seq, all parts, and mend what note_seq gets wrong.

    note_seq 0.0.5 strikes tied notes again, and puts B sharps an octave too low and C flats an
    octave too high. Grace notes, which it leaves without length at the very beginning, are
    dropped.

    Raises
    ------
    note_seq.musicxml_parser.MusicXMLParseError
        If it is not a MusicXML file.
    """
    from note_seq import musicxml_parser, musicxml_reader

    document = musicxml_parser.MusicXMLDocument(str(path))
    sequence = musicxml_reader.musicxml_to_sequence_proto(document)
    written = (
        note
        for part in document.parts
        for measure in part.measures
        for note in measure.notes
        if not note.is_rest
    )
    tied: dict[tuple[int, int, int], NoteSequence.Note] = {}
    kept = []
    for note, source in zip(sequence.notes, written, strict=True):
        name = source.pitch[0]
        if name.startswith(("B#", "Bx")):
            note.pitch += 12
        elif name.startswith("Cb"):
            note.pitch -= 12
        ties = {tie.get("type") for tie in source.xml_note.findall("tie")}
        key = (note.part, note.voice, note.pitch)
        first = tied.pop(key, None) if "stop" in ties else None
        if first is not None:
            first.end_time = note.end_time
        elif note.end_time > note.start_time:
            first = note
            kept.append(note)
        if "start" in ties and first is not None:
            tied[key] = first
    mended = type(sequence)()
    mended.CopyFrom(sequence)
    mended.ClearField("notes")
    mended.notes.extend(kept)
    return mended


def keyboard_reduction(sequence: NoteSequence) -> NoteSequence:
    """Return a copy of `sequence` with all notes on one piano.

    A key is struck when any part strikes it and stays down while any part holds it: notes of one
    pitch that begin together become one, and a note that is struck again while it sounds ends
    there, the new one lasting as long as the longer of the two. As they are, the first NOTE_OFF
    in a MIDI file would silence both.

    Dropped are notes without length, drums, pitch bends, controllers, and time signatures:
    for bars that do not add up note_seq's MusicXML reader invents ones such as 1531/1536, which
    no MIDI file can hold.

    Parameters
    ----------
    sequence : a NoteSequence in seconds, any number of instruments.

    Returns
    -------
    A NoteSequence with the tempos of `sequence`, sorted by time, and notes sorted by start and
    pitch, program 0, instrument 0.
    """
    reduced = type(sequence)(ticks_per_quarter=TICKS_PER_QUARTER)
    reduced.tempos.extend(sorted(sequence.tempos, key=lambda tempo: tempo.time))
    sounding: dict[int, NoteSequence.Note] = {}
    for note in sorted(sequence.notes, key=lambda note: (note.start_time, note.pitch)):
        if note.is_drum or note.end_time <= note.start_time:
            continue
        end = note.end_time
        earlier = sounding.get(note.pitch)
        if earlier is not None and earlier.end_time > note.start_time:
            end = max(end, earlier.end_time)
            if earlier.start_time == note.start_time:
                earlier.end_time = end
                earlier.velocity = max(earlier.velocity, note.velocity)
                continue
            earlier.end_time = note.start_time
        sounding[note.pitch] = reduced.notes.add(
            pitch=note.pitch,
            velocity=note.velocity,
            start_time=note.start_time,
            end_time=end,
            program=PIANO,
        )
    reduced.total_time = max((note.end_time for note in reduced.notes), default=0.0)
    return reduced
