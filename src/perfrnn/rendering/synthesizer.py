"""What the synthesizer is given: a MIDI file written anew from what was read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from perfrnn.sequences.midi_notes import (
    CHANNEL_PRESSURE,
    CONTROL_CHANGE,
    DRUM_CHANNEL,
    NOTE_OFF,
    NOTE_ON,
    PROGRAM_CHANGE,
)
from perfrnn.sequences.midi_performance import Performance

TICKS_PER_QUARTER = 22050
"""At the default 120 quarters a minute a tick is a sample of 44.1 kHz."""

TICKS_PER_SECOND = 2 * TICKS_PER_QUARTER

EXPRESSION = 11
"""MIDI control number."""

_CHANNELS = 16
_LONGEST_STEP = 2**28 - 1  # ticks between two events
_NOTHING = b"\xff\x01\x00"  # an empty text
_END_OF_TRACK = b"\xff\x2f\x00"


class _Event(NamedTuple):
    """An event; within a tick, what shapes sound comes first, then ends, then beginnings."""

    tick: int
    rank: int
    message: bytes


def to_midi(performance: Performance, seconds: float, *, softer: int = 0) -> bytes:
    """Return a performance as a MIDI file of one track.

    A synthesizer cannot tell two sounding notes of one pitch and channel apart. Where such notes
    end apart, one of them goes to a channel that the performance leaves free, with all that
    shapes the sound of its own; only where none is left do they end together.

    Parameters
    ----------
    seconds : the file's length; events later than that are left out.
    softer : how often the expression control is halved, which synthesizers square: 12 dB each.
    """
    notes = performance.notes
    start = _ticks(notes.start)
    end = np.maximum(_ticks(notes.end), start + 1)
    channels = _spread(performance.channel, _lanes(start, end, notes.pitch, performance.channel))
    events = _shaping(performance, channels, softer)
    columns = (start, end, notes.pitch, notes.velocity, channels)
    for begin, stop, pitch, velocity, channel in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        events.append(_Event(begin, 2, bytes([NOTE_ON | channel, pitch, velocity])))
        events.append(_Event(stop, 1, bytes([NOTE_OFF | channel, pitch, 0])))
    last = round(seconds * TICKS_PER_SECOND)
    kept = [event for event in events if event.tick <= last]
    return _write(sorted(kept, key=lambda event: event[:2]), last)


def _ticks(seconds: np.ndarray) -> np.ndarray:
    return np.rint(seconds * TICKS_PER_SECOND).astype(np.int64)


def _lanes(
    start: np.ndarray, end: np.ndarray, pitch: np.ndarray, channel: np.ndarray
) -> list[int]:
    """Return numbers for notes, given by their start, that one channel cannot tell apart.

    Of one pitch and channel, notes that overlap and end apart differ in number; others are 0.
    """
    taken: dict[tuple[int, int], list[int]] = {}  # the last end in each lane
    lanes = []
    for begin, stop, *key in zip(*(c.tolist() for c in (start, end, pitch, channel)), strict=True):
        ends = taken.setdefault((key[0], key[1]), [])
        lane = next((n for n, last in enumerate(ends) if last <= begin or last == stop), len(ends))
        ends[lane : lane + 1] = [stop]
        lanes.append(lane)
    return lanes


def _spread(channel: np.ndarray, lanes: list[int]) -> np.ndarray:
    """Return the channel of each note that is written: its own in lane 0, a free one in others."""
    pairs = list(zip(channel.tolist(), lanes, strict=True))
    own = {source for source, _ in pairs} | {DRUM_CHANNEL}
    free = iter(sorted(set(range(_CHANNELS)) - own))
    written = {}
    for source, lane in sorted(set(pairs), key=lambda pair: pair[::-1]):
        is_own = lane == 0 or source == DRUM_CHANNEL
        written[source, lane] = source if is_own else next(free, source)
    return np.array([written[pair] for pair in pairs], dtype=np.int64)


def _shaping(performance: Performance, channels: np.ndarray, softer: int) -> list[_Event]:
    """Return the events of rank 0, each in all channels that the notes of its own are in."""
    pairs = set(zip(performance.channel.tolist(), channels.tolist(), strict=True))
    copies: dict[int, list[int]] = {}
    for source, target in sorted(pairs):
        copies.setdefault(source, []).append(target)
    events = [
        _Event(0, 0, bytes([CONTROL_CHANGE | target, EXPRESSION, 127 >> softer]))
        for target in sorted(set(channels.tolist()))
        if softer
    ]
    controls = performance.controls
    for tick, kind, source, first, second in zip(
        _ticks(controls.time).tolist(),
        controls.kind.tolist(),
        controls.channel.tolist(),
        controls.first.tolist(),
        controls.second.tolist(),
        strict=True,
    ):
        is_expression = kind == CONTROL_CHANGE and first == EXPRESSION
        data = [first, second >> softer if is_expression else second]
        size = 1 if kind in (PROGRAM_CHANGE, CHANNEL_PRESSURE) else 2
        for target in copies.get(source, []):
            events.append(_Event(tick, 0, bytes([kind | target, *data[:size]])))
    return events


def _write(events: Iterable[_Event], last: int) -> bytes:
    """Return a MIDI file of `events`, sorted, that ends at the tick `last`."""
    track = bytearray()
    now = 0
    for tick, _, message in [*events, _Event(last, 0, _NOTHING)]:
        while tick - now > _LONGEST_STEP:
            track += _quantity(_LONGEST_STEP) + _NOTHING
            now += _LONGEST_STEP
        track += _quantity(tick - now) + message
        now = tick
    track += _quantity(0) + _END_OF_TRACK
    numbers = (
        (0).to_bytes(2, "big") + (1).to_bytes(2, "big") + TICKS_PER_QUARTER.to_bytes(2, "big")
    )
    header = b"MThd" + len(numbers).to_bytes(4, "big") + numbers
    return header + b"MTrk" + len(track).to_bytes(4, "big") + bytes(track)


def _quantity(value: int) -> bytes:
    """Return a variable-length quantity."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(reversed(digits))
