"""MIDI files to NoteSequences, equal to note_seq's and many times faster.

`perfrnn.sequences.midi_performance` reads the same events and notes for everything that is heard
or seen. Where note_seq's reading is not what a file means, a line in the log says so.
"""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.errors import BadFileError
from perfrnn.sequences.limits import check_limits
from perfrnn.sequences.midi_clock import Clock
from perfrnn.sequences.midi_events import (
    KEY_SIGNATURE,
    TIME_SIGNATURE,
    MidiFile,
    Track,
    load_midi,
)
from perfrnn.sequences.midi_notes import (
    CONTROL_CHANGE,
    DRUM_CHANNEL,
    Instrument,
    pedal_changes,
    track_instruments,
)

log = logging.getLogger(__name__)

MAX_CONTROLS = 1_000_000
"""Most control changes and pitch bends, counted once for each instrument that has them."""
MAX_INSTRUMENTS = 256


def read_midi(path: str | Path) -> NoteSequence:
    """Read a MIDI file into a NoteSequence.

    Parameters
    ----------
    path : a Standard MIDI File of any format, with its division in ticks per quarter note.

    Returns
    -------
    What `note_seq.midi_file_to_note_sequence` returns for the file, field for field: notes,
    control changes, pitch bends, tempos, time and key signatures, instrument names; times in
    seconds. An impossible time or key signature is left out, where note_seq refuses the file.
    Tempos count in the first track alone, controllers for the notes of their own track and
    program, tracks as many as the header tells of; the log says where that changes the music.

    Raises
    ------
    BadFileError
        If the file cannot be read, is not MIDI, is damaged, holds no note, or goes beyond
        `MAX_CONTROLS`, `MAX_INSTRUMENTS` or the limits of `perfrnn.sequences.limits`.
    """
    midi = load_midi(path)
    tracks = midi.tracks[: midi.declared_tracks or None]
    clock = Clock(tracks[:1], midi.ticks_per_quarter)
    sequence = NoteSequence(ticks_per_quarter=midi.ticks_per_quarter)
    sequence.source_info.parser = NoteSequence.SourceInfo.PRETTY_MIDI
    sequence.source_info.encoding_type = NoteSequence.SourceInfo.MIDI
    for time, qpm in clock.tempos:
        sequence.tempos.add(time=time, qpm=qpm)
    _add_signatures(sequence, tracks[0], clock)
    instruments: list[tuple[Track, Instrument]] = []
    for track in tracks:
        for instrument in track_instruments(track):
            _add_instrument(sequence, len(instruments), instrument, track, clock)
            instruments.append((track, instrument))
            if len(instruments) > MAX_INSTRUMENTS or len(sequence.control_changes) > MAX_CONTROLS:
                raise BadFileError(
                    f"more than {MAX_INSTRUMENTS} instruments or {MAX_CONTROLS} control changes"
                )
    check_limits(sequence)
    for difference in _differences(midi, clock, instruments):
        log.warning("%s: %s", path, difference)
    return sequence


def _differences(
    midi: MidiFile, clock: Clock, instruments: list[tuple[Track, Instrument]]
) -> Iterator[str]:
    """Yield in what the reading differs from what the file means."""
    missing = len(midi.tracks) - midi.declared_tracks
    if missing > 0 and midi.declared_tracks:
        yield f"tracks beyond those its header tells of ({missing}) are left out, as by note_seq"
    last = max(int(track.ticks[own.ends].max()) for track, own in instruments)
    if not clock.agrees(Clock(midi.tracks, midi.ticks_per_quarter), last):
        yield "tempo changes outside the first track are left out, as by note_seq"
    for channel in sorted({own.channel for _, own in instruments} - {DRUM_CHANNEL}):
        whole = pedal_changes(midi.tracks, channel)
        heard = [
            pedal_changes([track], channel, own.controls)
            for track, own in instruments
            if own.channel == channel
        ]
        if (len(heard) > 1 and len(whole)) or not np.array_equal(whole, heard[0]):
            yield (
                f"the pedal of channel {channel + 1} holds the notes of its own track and program "
                "alone, as by note_seq"
            )


def _add_signatures(sequence: NoteSequence, track: Track, clock: Clock) -> None:
    """Add the time and key signatures of the first track."""
    for meta in track.metas:
        if len(meta.payload) < 2:
            continue
        time = float(clock.seconds(np.array(meta.tick)))
        first, second = meta.payload[:2]
        if meta.kind == TIME_SIGNATURE and first and second < 31:
            sequence.time_signatures.add(time=time, numerator=first, denominator=2**second)
        elif meta.kind == KEY_SIGNATURE and second in (0, 1):
            fifths = first - 256 if first > 127 else first
            if abs(fifths) <= 7:
                # A fifth is seven semitones; a minor tonic is nine above its relative major's.
                key = (7 * fifths + 9 * second) % 12
                sequence.key_signatures.add(time=time, key=key, mode=second)


def _add_instrument(
    sequence: NoteSequence, number: int, instrument: Instrument, track: Track, clock: Clock
) -> None:
    """Add one instrument's name, notes and controllers, as instrument `number`."""
    common = {
        "instrument": number,
        "program": instrument.program,
        "is_drum": int(instrument.is_drum),
    }
    if instrument.name:
        sequence.instrument_infos.add(instrument=number, name=instrument.name)
    starts, ends = instrument.starts, instrument.ends
    _add_messages(
        sequence,
        "notes",
        pitch=track.first[starts],
        velocity=track.second[starts],
        start_time=clock.seconds(track.ticks[starts]),
        end_time=clock.seconds(track.ticks[ends]),
        **common,
    )
    sequence.total_time = max(sequence.total_time, clock.seconds(track.ticks[ends]).max())
    is_change = track.kinds[instrument.controls] == CONTROL_CHANGE
    changes, bends = instrument.controls[is_change], instrument.controls[~is_change]
    _add_messages(
        sequence,
        "control_changes",
        time=clock.seconds(track.ticks[changes]),
        control_number=track.first[changes],
        control_value=track.second[changes],
        **common,
    )
    values = track.first[bends] + (track.second[bends] << 7) - 8192
    for time, bend in zip(clock.seconds(track.ticks[bends]), values, strict=True):
        sequence.pitch_bends.add(time=time, bend=bend, **common)


def _add_messages(sequence: NoteSequence, field: str, **columns: np.ndarray | int) -> None:
    """Add a message to the repeated `field` for each row of `columns`.

    Integers must be in [0, 16384). The rows are laid out in protobuf's wire format as one array
    and parsed in one go, which takes a sixth of the time of adding them one by one.
    """
    repeated = NoteSequence.DESCRIPTOR.fields_by_name[field]
    numbers = repeated.message_type.fields_by_name
    layout: list[tuple] = [("header", "u1", 2)]
    for name, values in columns.items():
        is_double = isinstance(values, np.ndarray) and values.dtype.kind == "f"
        layout += [(f"{name} tag", "u1"), (name, "<f8") if is_double else (name, "u1", 2)]
    count = next(len(values) for values in columns.values() if isinstance(values, np.ndarray))
    rows = np.empty(count, dtype=layout)
    rows["header"] = repeated.number << 3 | 2, rows.itemsize - 2  # a message of so many bytes
    for name, values in columns.items():
        number = numbers[name].number
        if rows[name].ndim == 1:
            rows[f"{name} tag"] = number << 3 | 1  # eight bytes
            rows[name] = values
        else:
            rows[f"{name} tag"] = number << 3  # a varint, here always of two bytes
            rows[name][:, 0] = values & 0x7F | 0x80
            rows[name][:, 1] = values >> 7
    sequence.MergeFromString(rows.tobytes())
