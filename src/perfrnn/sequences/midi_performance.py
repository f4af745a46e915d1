"""MIDI files as they are meant: what sound, score and piano roll are made of.

Events and notes are those that `perfrnn.sequences.midi` makes NoteSequences of. The difference is
in what holds for a note: tempo changes of all tracks, and controllers and programs of the note's
channel, whichever track they stand in (MIDI 1.0: channel messages belong to a channel).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perfrnn.notes import PEDAL_DOWN, SUSTAIN, Notes, apply_sustain
from perfrnn.sequences.limits import check_size
from perfrnn.sequences.midi_clock import Clock
from perfrnn.sequences.midi_events import MidiFile, load_midi
from perfrnn.sequences.midi_notes import (
    CHANNEL_PRESSURE,
    CONTROL_CHANGE,
    DRUM_CHANNEL,
    PITCH_BEND,
    PROGRAM_CHANGE,
    pair_notes,
)

_CHANNEL_MODES = 120
"""First of the control numbers that are commands, such as "all notes off", and no controllers."""


@dataclass(frozen=True)
class Controls:
    """M program changes, controllers, pitch bends and channel pressures, in the order they come.

    Attributes
    ----------
    time : float64 [M], seconds.
    kind, channel : int64 [M], the two halves of the status byte.
    first, second : int64 [M], the data bytes; `second` is 0 where there is but one.
    """

    time: np.ndarray
    kind: np.ndarray
    channel: np.ndarray
    first: np.ndarray
    second: np.ndarray


@dataclass(frozen=True)
class Performance:
    """The music of a MIDI file.

    Attributes
    ----------
    notes : N notes of all channels as they are keyed, without pedal, by start, end and pitch.
    channel : int64 [N], the notes' channels, from 0.
    controls : what shapes their sound, by channel.
    """

    notes: Notes
    channel: np.ndarray
    controls: Controls

    def pitched(self) -> Notes:
        """Return the notes that are not percussion."""
        return _chosen(self.notes, self.channel != DRUM_CHANNEL)

    def sounding(self) -> Notes:
        """Return the notes as long as their channel's sustain pedal holds them.

        The rules of `perfrnn.notes.from_note_sequence`, but for whose the pedal is.
        """
        notes, controls = self.notes, self.controls
        is_pedal = (controls.kind == CONTROL_CHANGE) & (controls.first == SUSTAIN)
        is_pedal &= np.isin(controls.channel, self.channel)
        if not len(notes) or not is_pedal.any():
            return notes
        table = [notes.start, notes.end, notes.pitch, notes.velocity, self.channel]
        pedal = [controls.time, controls.second >= PEDAL_DOWN, controls.channel]
        ends, keep, total_time = apply_sustain(
            np.stack(table, axis=1).astype(float),
            np.stack(pedal, axis=1).astype(float)[is_pedal],
            notes.total_time,
        )
        held = Notes(notes.start, ends, notes.pitch, notes.velocity, total_time)
        return _chosen(held, keep)


def read_performance(path: str | Path) -> Performance:
    """Read a MIDI file as it is meant.

    Parameters
    ----------
    path : a Standard MIDI File of any format, with its division in ticks per quarter note.

    Raises
    ------
    BadFileError
        If the file cannot be read, is not MIDI, is damaged, or goes beyond the limits of
        `perfrnn.sequences.limits`.
    """
    midi = load_midi(path)
    clock = Clock(midi.tracks, midi.ticks_per_quarter)
    start, end, pitch, velocity, channel = _notes(midi)
    check_size(len(start), float(clock.seconds(end.max(initial=0))))
    # Ticks, not seconds, decide the order: these may agree to the last bit where those differ.
    order = np.lexsort((velocity, pitch, end, start))
    start, end = clock.seconds(start[order]), clock.seconds(end[order])
    total_time = float(end.max(initial=0.0))
    notes = Notes(start, end, pitch[order], velocity[order], total_time)
    return Performance(notes, channel[order], _controls(midi, clock))


def _chosen(notes: Notes, keep: np.ndarray) -> Notes:
    """Return some of the notes; they last as long as the last of them if any is left out."""
    if keep.all():
        return notes
    end = notes.end[keep]
    total_time = float(end.max(initial=0.0))
    return Notes(notes.start[keep], end, notes.pitch[keep], notes.velocity[keep], total_time)


def _notes(midi: MidiFile) -> np.ndarray:
    """Return start and end in ticks, pitch, velocity and channel of all notes: int64 [5, N]."""
    columns = []
    for track in midi.tracks:
        starts, ends = pair_notes(track)
        ticks = track.ticks[starts], track.ticks[ends]
        columns.append([*ticks, track.first[starts], track.second[starts], track.channels[starts]])
    return np.concatenate(columns, axis=1).astype(np.int64)


def _controls(midi: MidiFile, clock: Clock) -> Controls:
    """Return all tracks' controls, by tick and then by track."""
    columns = []
    for track in midi.tracks:
        is_control = np.isin(
            track.kinds, (CONTROL_CHANGE, PROGRAM_CHANGE, CHANNEL_PRESSURE, PITCH_BEND)
        )
        is_mode = (track.kinds == CONTROL_CHANGE) & (track.first >= _CHANNEL_MODES)
        own = is_control & ~is_mode
        fields = (track.ticks, track.kinds, track.channels, track.first, track.second)
        columns.append([field[own] for field in fields])
    ticks, kind, channel, first, second = np.concatenate(columns, axis=1).astype(np.int64)
    order = np.argsort(ticks, kind="stable")
    kind, channel, first, second = (field[order] for field in (kind, channel, first, second))
    return Controls(clock.seconds(ticks[order]), kind, channel, first, second)
