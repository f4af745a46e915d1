"""MusicXML to NoteSequences."""

from pathlib import Path

from note_seq import musicxml_reader
from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.errors import BadFileError


def read_musicxml(path: str | Path, *, unfold_repeats: bool = False) -> NoteSequence:
    """Read a MusicXML file."""
    try:
        sequence = musicxml_reader.musicxml_file_to_sequence_proto(str(path))
    except Exception as error:
        raise BadFileError(f"cannot be read: {error}") from error
    for note in sequence.notes:
        note.instrument = note.program = 0
    return sequence
