"""The events of a Standard MIDI File, track by track.

An own parser, because neither library at hand serves: symusic is fast but gives notes that it has
paired by rules of its own (of two overlapping notes of one pitch that end together it loses one),
and mido, which pretty_midi reads through, takes most of note_seq's time. It follows "Standard MIDI
Files 1.0" (MIDI Manufacturers Association, 1996) and is strict where a mistake would shift every
event after it, so that a damaged file is refused instead of read as noise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import numpy as np

from perfrnn.errors import BadFileError

MAX_TRACKS = 1000
MAX_TICK = 2**38

TRACK_NAME, END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x03, 0x2F, 0x51, 0x58, 0x59
_META = 0xFF
_SYSTEM_EXCLUSIVE = (0xF0, 0xF7)


@dataclass(frozen=True)
class Meta:
    """A meta event: its tick, how many channel events of the track precede it, type, payload."""

    tick: int
    index: int
    kind: int
    payload: bytes


@dataclass(frozen=True)
class Track:
    """One track.

    Attributes
    ----------
    ticks : [n] int64, the channel events' times from the track's beginning.
    kinds, channels : [n] int64, the two halves of the events' status bytes.
    first, second : [n] int64, the events' data bytes; `second` is 0 where there is but one.
    metas : the meta events in their order.
    """

    ticks: np.ndarray
    kinds: np.ndarray
    channels: np.ndarray
    first: np.ndarray
    second: np.ndarray
    metas: list[Meta]


@dataclass(frozen=True)
class MidiFile:
    """Ticks per quarter note, and the tracks in their order (at least one)."""

    ticks_per_quarter: int
    tracks: list[Track]


def parse_midi(content: bytes) -> MidiFile:
    """Parse a MIDI file's content.

    Chunks other than MTrk are skipped, as the standard asks.

    Raises
    ------
    BadFileError
        If the content is not MIDI, is cut short or is damaged.
    """
    if not content.startswith(b"MThd"):
        raise BadFileError("not a MIDI file: it does not begin with MThd")
    position = 8 + int.from_bytes(content[4:8], "big")
    if position < 14 or len(content) < position:
        raise BadFileError("truncated or damaged: the MIDI header is incomplete")
    division = int.from_bytes(content[12:14], "big")
    if division == 0 or division & 0x8000:
        raise BadFileError("its time division is not in ticks per quarter note")
    tracks: list[Track] = []
    while position + 8 <= len(content):
        name = content[position : position + 4]
        end = position + 8 + int.from_bytes(content[position + 4 : position + 8], "big")
        if end > len(content):
            raise BadFileError(f"truncated: track {len(tracks)} is longer than the file")
        if name == b"MTrk":
            tracks.append(_parse_track(content[position + 8 : end], len(tracks)))
        if len(tracks) > MAX_TRACKS:
            raise BadFileError(f"it holds more than {MAX_TRACKS} tracks")
        position = end
    if not tracks:
        raise BadFileError("it has no track")
    return MidiFile(division, tracks)


def _parse_track(data: bytes, number: int) -> Track:
    """Return the events of a track chunk."""
    try:
        ticks, codes, metas = _scan(data)
    except StopIteration:
        raise BadFileError(f"damaged: track {number} ends in the middle of an event") from None
    if ticks and ticks[-1] > MAX_TICK:
        raise BadFileError(f"damaged: an event at tick {ticks[-1]}")
    events = np.array(codes, dtype=np.int64)
    if np.any(events & 0x8080):
        raise BadFileError(f"damaged: track {number} has a status byte in the middle of an event")
    return Track(
        ticks=np.array(ticks, dtype=np.int64),
        kinds=events >> 16 & 0xF0,
        channels=events >> 16 & 0x0F,
        first=events >> 8 & 0x7F,
        second=events & 0x7F,
        metas=metas,
    )


def _scan(data: bytes) -> tuple[list[int], list[int], list[Meta]]:
    """Return the ticks of a track's channel events, these events, and its meta events.

    A channel event is given as one integer, status byte, first and second data byte from high to
    low, since this loop takes half of the time that a file takes. A StopIteration means that
    `data` ends in the middle of an event.
    """
    ticks: list[int] = []
    codes: list[int] = []
    metas: list[Meta] = []
    tick = running_status = 0
    remaining = iter(data)
    take = remaining.__next__
    add_tick, add_code = ticks.append, codes.append
    for delta in remaining:
        tick += delta if delta < 0x80 else _variable_length(delta, take)
        status = take()
        if status < 0x80:
            if not running_status:
                raise BadFileError("damaged: a data byte where an event should begin")
            first, status = status, running_status
        elif status < 0xF0:
            first, running_status = take(), status
        elif status == _META or status in _SYSTEM_EXCLUSIVE:
            # By the standard, these end running status. Not every writer heeds that, and files
            # that go on can be read in no other way, so it is kept.
            kind = take() if status == _META else None
            length = _variable_length(take(), take)
            payload = bytes(islice(remaining, length))
            if len(payload) < length:
                raise StopIteration
            if kind is not None:
                metas.append(Meta(tick, len(codes), kind, payload))
            if kind == END_OF_TRACK:
                break
            continue
        else:
            raise BadFileError(f"damaged: status byte {status:#04x} has no place in a file")
        second = 0 if 0xC0 <= status < 0xE0 else take()  # the 0xC0s and 0xD0s have one data byte
        add_tick(tick)
        add_code(status << 16 | first << 8 | second)
    return ticks, codes, metas


def _variable_length(byte: int, take: Callable[[], int]) -> int:
    """Return the variable-length quantity, of at most four bytes, that begins with `byte`."""
    value = byte & 0x7F
    for _ in range(3):
        if byte < 0x80:
            return value
        byte = take()
        value = value << 7 | byte & 0x7F
    if byte < 0x80:
        return value
    raise BadFileError("damaged: a time or length of more than four bytes")
