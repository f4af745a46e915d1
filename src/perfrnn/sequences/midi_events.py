"""The events of a Standard MIDI File, track by track.

An own parser, because mido, through which note_seq reads, takes most of note_seq's time and
refuses what the standard allows. It follows "Standard MIDI Files 1.0" (MIDI Manufacturers
Association, 1996) and is strict where a mistake would shift every event after it, so that a
damaged file is refused instead of read as noise. What the standard forbids and can still be read
in one way only is read: bytes after the last track, messages of the wire, events after an end of
track, running status kept through what should end it, quantities with zeros in front.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from perfrnn.errors import BadFileError
from perfrnn.sequences.limits import read_limited

MAX_BYTES = 4 * 2**20
"""Largest file, fifteen times ASAP's largest; parsing it takes a second or two."""
MAX_TRACKS = 1000
MAX_TICK = 2**38

TRACK_NAME, END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x03, 0x2F, 0x51, 0x58, 0x59
_META = 0xFF
_SYSTEM_EXCLUSIVE = (0xF0, 0xF7)
# Data bytes of the messages that belong on a wire, not in a file.
_WIRE = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}
_SHORTEST_RUN, _LONGEST_RUN = 256, 131072  # bytes
_MOST_SINGLES = 256  # events


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
    """The content of a file.

    Attributes
    ----------
    ticks_per_quarter : of all tracks.
    tracks : in their order, at least one.
    declared_tracks : how many tracks the header tells of; not every writer counts right.
    """

    ticks_per_quarter: int
    tracks: list[Track]
    declared_tracks: int


def load_midi(path: str | Path) -> MidiFile:
    """Read and parse a MIDI file.

    Raises
    ------
    BadFileError
        If it cannot be read, is larger than `MAX_BYTES`, or `parse_midi` refuses it.
    """
    return parse_midi(read_limited(path, MAX_BYTES))


def parse_midi(content: bytes) -> MidiFile:
    """Parse a MIDI file's content.

    Chunks other than MTrk are skipped, as the standard asks, and so is what follows the last
    chunk. A track that is said to be longer than the file is whole if its end of track is there.

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
    declared = int.from_bytes(content[10:12], "big")
    tracks: list[Track] = []
    while position + 8 <= len(content):
        name = content[position : position + 4]
        begin = position + 8
        position = begin + int.from_bytes(content[position + 4 : begin], "big")
        if name != b"MTrk":
            continue
        is_cut = position > len(content)
        try:
            tracks.append(_parse_track(content[begin:position], len(tracks), is_cut=is_cut))
        except BadFileError:
            if 0 < declared <= len(tracks):
                break  # more than the header tells of, so no reader misses it
            raise
        if len(tracks) > MAX_TRACKS:
            raise BadFileError(f"it holds more than {MAX_TRACKS} tracks")
    if len(tracks) < declared and position != len(content):
        raise BadFileError(
            f"truncated or damaged: its header tells of {declared} tracks, "
            f"but only {len(tracks)} can be found"
        )
    if not tracks:
        raise BadFileError("it has no track")
    return MidiFile(division, tracks, declared)


def _parse_track(data: bytes, number: int, *, is_cut: bool) -> Track:
    """Return the events of a track chunk; `is_cut` if the file ends before the chunk does."""
    scanner = _Scanner(data)
    try:
        scanner.scan()
    except IndexError:
        if is_cut:
            raise BadFileError(f"truncated: track {number} is longer than the file") from None
        raise BadFileError(f"damaged: track {number} ends in the middle of an event") from None
    if is_cut and not scanner.has_end:
        raise BadFileError(f"truncated: track {number} is longer than the file")
    if scanner.tick > MAX_TICK:
        raise BadFileError(f"damaged: an event at tick {scanner.tick}")
    ticks, statuses, first, second = map(np.concatenate, zip(*scanner.runs, strict=True))
    return Track(ticks, statuses & 0xF0, statuses & 0x0F, first, second, scanner.metas)


class _Scanner:
    """Reads the events of a track's data.

    Nearly all events are channel events of two data bytes. Long runs of these are read at once,
    the other events one by one.

    Attributes
    ----------
    runs : the channel events in their order, some at a time, as columns of int64: ticks, status
        bytes, first and second data bytes.
    metas : the meta events.
    tick : the last event's time.
    has_end : whether there was an end of track.
    """

    def __init__(self, data: bytes) -> None:
        nothing = np.zeros(0, dtype=np.int64)
        self.runs: list[tuple[ArrayLike, ...]] = [(nothing, nothing, nothing, nothing)]
        self.metas: list[Meta] = []
        self.tick = 0
        self.has_end = False
        self._data = data
        self._array = np.frombuffer(data, dtype=np.uint8)
        self._position = 0
        self._running_status = 0
        self._count = 0  # channel events so far
        self._end = (0, 0, 0)  # runs, meta events and time up to the last end of track

    def scan(self) -> None:
        """Read all events. What follows an end of track counts if it is events to the last byte.

        Raises
        ------
        IndexError
            If the data end in the middle of an event.
        BadFileError
            If they are damaged.
        """
        try:
            self._read_all()
        except (IndexError, BadFileError):
            if not self.has_end:
                raise
            runs, metas, self.tick = self._end
            del self.runs[runs:], self.metas[metas:]

    def _read_all(self) -> None:
        """Read events up to the end of the data."""
        width, singles = _SHORTEST_RUN, 1
        while self._position < len(self._data):
            if self._read_run(width):
                width, singles = min(8 * width, _LONGEST_RUN), 1
            else:  # trying costs as much as ten single events, so try less and less often
                width, singles = _SHORTEST_RUN, min(2 * singles, _MOST_SINGLES)
            for _ in range(singles):
                if self._position < len(self._data):
                    self._read_event()

    def _read_run(self, width: int) -> bool:
        """Read channel events of two data bytes, as long as no others come, from `width` bytes.

        Of the bytes of such an event, three are below 0x80: the last one of its time and its data.
        With these in rows of three, all others must be where times and status bytes belong. Up to
        the first row where they are not, the rows are events; what is wrong with that one is
        for `_read_event` to say.

        Returns
        -------
        Whether there were no others.
        """
        data = self._array[self._position : self._position + width].astype(np.int64)
        low = np.flatnonzero(data < 0x80)
        ends, first, second = low[: len(low) // 3 * 3].reshape(-1, 3).T
        begins = np.append(0, second + 1)[:-1]
        has_status = first - ends == 2
        statuses = data[first - 1]
        is_other = ((statuses & 0xE0) == 0xC0) | (statuses >= 0xF0)
        is_event = (ends - begins < 4) & (second == first + 1)
        is_event &= np.where(has_status, ~is_other, first - ends == 1)
        if len(low) >= 3 and not has_status[0]:
            is_event[0] &= 0x80 <= self._running_status < 0xC0 or self._running_status >= 0xE0
        count = len(is_event) if is_event.all() else int(np.argmin(is_event))
        if count == 0:
            return False
        begins, ends, first, second = (column[:count] for column in (begins, ends, first, second))
        latest = np.maximum.accumulate(np.where(has_status[:count], np.arange(count), -1))
        statuses = np.where(latest < 0, self._running_status, statuses[latest])
        steps = data[ends]
        for more in (1, 2, 3):
            steps += np.where(ends - begins >= more, (data[ends - more] & 0x7F) << 7 * more, 0)
        ticks = self.tick + np.cumsum(steps)
        self.runs.append((ticks, statuses, data[first], data[second]))
        self.tick, self._running_status = int(ticks[-1]), int(statuses[-1])
        self._count += count
        self._position += int(second[-1]) + 1
        return count == len(is_event)

    def _read_event(self) -> None:
        """Read one event of any kind."""
        self.tick += self._read_quantity()
        status = self._data[self._position]
        if status >= 0x80:
            self._position += 1
            # By the standard, meta and system events end running status. Not every writer heeds
            # that, and files that go on can be read in no other way, so it is kept.
            if status < 0xF0:
                self._running_status = status
        elif self._running_status:
            status = self._running_status
        else:
            raise BadFileError("damaged: a data byte where an event should begin")
        if status < 0xF0:
            first, second = self._read_data(1 if 0xC0 <= status < 0xE0 else 2)
            self.runs.append(([self.tick], [status], [first], [second]))
            self._count += 1
        elif status == _META:
            self._read_meta()
        elif status in _SYSTEM_EXCLUSIVE:
            self._read_payload()
        elif status in _WIRE:
            self._read_data(_WIRE[status])
        else:
            raise BadFileError(f"damaged: status byte {status:#04x} has no place in a file")

    def _read_data(self, count: int) -> tuple[int, int]:
        """Read `count` data bytes, at most two; return them, 0 for those that are not there."""
        data = self._data[self._position : self._position + count]
        if len(data) < count:
            raise IndexError
        if any(byte > 0x7F for byte in data):
            raise BadFileError("damaged: a status byte in the middle of an event")
        self._position += count
        first, second, *_ = *data, 0, 0
        return first, second

    def _read_meta(self) -> None:
        """Read type and payload of a meta event."""
        kind = self._data[self._position]
        self._position += 1
        self.metas.append(Meta(self.tick, self._count, kind, self._read_payload()))
        if kind == END_OF_TRACK:
            self.has_end = True
            self._end = (len(self.runs), len(self.metas), self.tick)

    def _read_payload(self) -> bytes:
        """Read a length and as many bytes."""
        length = self._read_quantity()
        self._position += length
        if self._position > len(self._data):
            raise IndexError
        return self._data[self._position - length : self._position]

    def _read_quantity(self) -> int:
        """Read a variable-length quantity: four bytes at most, but for zeros in front."""
        value = 0
        while value < 1 << 21:
            byte = self._data[self._position]
            self._position += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise BadFileError("damaged: a time or length of more than four bytes")
