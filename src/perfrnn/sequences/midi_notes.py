"""Notes and instruments from MIDI events, by the rules of pretty_midi.

note_seq reads MIDI through pretty_midi 0.2, so its rules are the reference, oddities included:

- A note-off ends all sounding notes of its channel and pitch but those that begin at its own tick.
  These sound on; if there are no others, they are dropped. So is a note without a note-off.
- An instrument is one program on one channel of one track. It comes into being when its first note
  ends. Until then the channel's controllers wait; the next instrument takes the list of those
  waiting, which stays open: what waits later on the channel, or belongs to another instrument that
  took the list, is added for all of them.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from perfrnn.notes import PEDAL_DOWN, SUSTAIN
from perfrnn.sequences.midi_events import TRACK_NAME, Track

NOTE_OFF, NOTE_ON, CONTROL_CHANGE = 0x80, 0x90, 0xB0
PROGRAM_CHANGE, CHANNEL_PRESSURE, PITCH_BEND = 0xC0, 0xD0, 0xE0
DRUM_CHANNEL = 9


@dataclass(frozen=True)
class Instrument:
    """One instrument of a track.

    Attributes
    ----------
    channel, program : its MIDI channel, from 0, and General MIDI program.
    is_drum, name : whether it is percussion, the track's name.
    starts, ends : [n] events of its track that begin and end its notes, in the order of `ends`.
    controls : events of its track that are its control changes and pitch bends, in order.
    """

    channel: int
    program: int
    is_drum: bool
    name: str
    starts: np.ndarray
    ends: np.ndarray
    controls: np.ndarray


def track_instruments(track: Track) -> Iterator[Instrument]:
    """Yield a track's instruments in the order of the ends of their first notes."""
    starts, ends = pair_notes(track)
    groups = track.channels << 7 | _programs(track)
    owners, first = np.unique(groups[ends], return_index=True)
    births = np.full(16 * 128, len(groups))  # the end of the group's first note, if it has any
    births[owners] = ends[first]
    controls = np.flatnonzero((track.kinds == CONTROL_CHANGE) | (track.kinds == PITCH_BEND))
    control_groups = groups[controls]
    control_births = births[control_groups]
    names = [meta for meta in track.metas if meta.kind == TRACK_NAME]
    name_starts = [meta.index for meta in names]
    for owner in owners[np.argsort(births[owners])]:
        channel, program = divmod(int(owner), 128)
        birth = births[owner]
        on_channel = control_groups >> 7 == channel
        waiting = controls[on_channel & (control_births > controls)]
        if len(waiting) and waiting[0] < birth:
            # It takes the waiting list, as do all but those that came before there was one.
            is_own = on_channel & (control_births > waiting[0])
        else:
            is_own = control_groups == owner
        named = bisect_right(name_starts, birth)
        is_own_note = groups[ends] == owner
        yield Instrument(
            channel=channel,
            program=program,
            is_drum=channel == DRUM_CHANNEL,
            name=names[named - 1].payload.decode("latin1") if named else "",
            starts=starts[is_own_note],
            ends=ends[is_own_note],
            controls=controls[is_own],
        )


def pedal_changes(
    tracks: Sequence[Track], channel: int, controls: np.ndarray | None = None
) -> np.ndarray:
    """Return the ticks at which the sustain pedal of a channel goes down, up, down and so on.

    Parameters
    ----------
    tracks : whose events count, all merged; of several at one tick the last one holds.
    controls : the events of a single track that count; None lets all count.
    """
    ticks, is_down = [], []
    for track in tracks:
        is_pedal = (track.kinds == CONTROL_CHANGE) & (track.first == SUSTAIN)
        is_pedal &= track.channels == channel
        events = np.flatnonzero(is_pedal) if controls is None else controls[is_pedal[controls]]
        ticks.append(track.ticks[events])
        is_down.append(track.second[events] >= PEDAL_DOWN)
    when, down = np.concatenate(ticks), np.concatenate(is_down)
    order = np.argsort(when, kind="stable")
    when, down = when[order], down[order]
    holds = np.append(when[1:] != when[:-1], True)[: len(when)]
    when, down = when[holds], down[holds]
    return when[down != np.append(False, down[:-1])[: len(down)]]


def pair_notes(track: Track) -> tuple[np.ndarray, np.ndarray]:
    """Return the events that begin and end each note, in the order of the ends.

    Returns
    -------
    starts, ends : [n] int64 indices of a track's events.
    """
    events = np.flatnonzero((track.kinds == NOTE_ON) | (track.kinds == NOTE_OFF))
    keys = track.channels[events] << 7 | track.first[events]
    order = np.argsort(keys, kind="stable")
    events, keys = events[order], keys[order]
    ticks = track.ticks[events]
    is_on = (track.kinds[events] == NOTE_ON) & (track.second[events] > 0)
    # Most keys are plain: on, off, on, off, each note longer than nothing.
    follows = np.append(False, keys[1:] == keys[:-1])
    previous_on = np.append(False, is_on[:-1]) & follows
    is_zero = np.append(False, ticks[1:] == ticks[:-1]) & ~is_on
    odd_keys = np.unique(keys[(is_on == previous_on) | (is_zero & previous_on)])
    is_odd = np.isin(keys, odd_keys)
    plain_ends = np.flatnonzero(previous_on & ~is_on & ~is_odd)
    odd_starts, odd_ends = _pair_odd(
        keys[is_odd].tolist(), ticks[is_odd].tolist(), is_on[is_odd].tolist()
    )
    odd_events = events[is_odd]
    starts = np.concatenate([events[plain_ends - 1], odd_events[odd_starts]])
    ends = np.concatenate([events[plain_ends], odd_events[odd_ends]])
    in_order = np.lexsort((starts, ends))
    return starts[in_order], ends[in_order]


def _pair_odd(
    keys: list[int], ticks: list[int], is_on: list[bool]
) -> tuple[np.ndarray, np.ndarray]:
    """Pair note-ons and note-offs that overlap, last no time or lack a partner."""
    starts: list[int] = []
    ends: list[int] = []
    sounding: dict[int, list[int]] = {}
    for index, (key, tick) in enumerate(zip(keys, ticks, strict=True)):
        if is_on[index]:
            sounding.setdefault(key, []).append(index)
            continue
        started = sounding.pop(key, [])
        ending = [start for start in started if ticks[start] != tick]
        starts += ending
        ends += [index] * len(ending)
        if 0 < len(ending) < len(started):
            sounding[key] = started[len(ending) :]  # in the order of their ticks, so the last ones
    return np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)


def _programs(track: Track) -> np.ndarray:
    """Return the program of each event's channel at that event, 0 before the first change."""
    programs = np.zeros_like(track.first)
    changes = np.flatnonzero(track.kinds == PROGRAM_CHANGE)
    for channel in np.unique(track.channels[changes]):
        own = changes[track.channels[changes] == channel]
        events = np.flatnonzero(track.channels == channel)
        latest = np.searchsorted(own, events, side="right") - 1
        values = track.first[own][latest]
        programs[events] = np.where(latest >= 0, values, 0)
    return programs
