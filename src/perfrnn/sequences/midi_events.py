"""The events of a Standard MIDI File, track by track.

An own parser, because neither library at hand serves: symusic is fast but gives notes that it has
paired by rules of its own (of two overlapping notes of one pitch that end together it loses one),
and mido, which pretty_midi reads through, takes most of note_seq's time. It follows "Standard MIDI
Files 1.0" (MIDI Manufacturers Association, 1996) and is strict where a mistake would shift every
event after it, so that a damaged file is refused instead of read as noise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perfrnn.errors import BadFileError

MAX_TRACKS = 1000
MAX_TICK = 2**38

TRACK_NAME, END_OF_TRACK, TEMPO, TIME_SIGNATURE, KEY_SIGNATURE = 0x03, 0x2F, 0x51, 0x58, 0x59
_META = 0xFF
_SYSTEM_EXCLUSIVE = (0xF0, 0xF7)
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
    scanner = _Scanner(data)
    try:
        scanner.scan()
    except IndexError:
        raise BadFileError(f"damaged: track {number} ends in the middle of an event") from None
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
    """

    def __init__(self, data: bytes) -> None:
        nothing = np.zeros(0, dtype=np.int64)
        self.runs: list[tuple[ArrayLike, ...]] = [(nothing, nothing, nothing, nothing)]
        self.metas: list[Meta] = []
        self.tick = 0
        self._data = data
        self._array = np.frombuffer(data, dtype=np.uint8)
        self._position = 0
        self._running_status = 0
        self._count = 0  # channel events so far

    def scan(self) -> None:
        """Read all events, up to the end of the track or of the data.

        Raises
        ------
        IndexError
            If the data end in the middle of an event.
        BadFileError
            If they are damaged.
        """
        width, singles = _SHORTEST_RUN, 1
        while True:
            if self._read_run(width):
                width, singles = min(8 * width, _LONGEST_RUN), 1
            else:  # trying costs as much as ten single events, so try less and less often
                width, singles = _SHORTEST_RUN, min(2 * singles, _MOST_SINGLES)
            for _ in range(singles):
                if self._position >= len(self._data) or not self._read_event():
                    return

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

    def _read_event(self) -> bool:
        """Read one event of any kind; return whether the track goes on."""
        self.tick += self._read_quantity()
        status = self._data[self._position]
        if status >= 0x80:
            self._position += 1
            # By the standard, meta and system exclusive events end running status. Not every
            # writer heeds that, and files that go on can be read in no other way, so it is kept.
            if status < 0xF0:
                self._running_status = status
        elif self._running_status:
            status = self._running_status
        else:
            raise BadFileError("damaged: a data byte where an event should begin")
        if status < 0xF0:
            has_second = not 0xC0 <= status < 0xE0
            first = self._data[self._position]
            second = self._data[self._position + 1] if has_second else 0
            if (first | second) > 0x7F:
                raise BadFileError("damaged: a status byte in the middle of an event")
            self.runs.append(([self.tick], [status], [first], [second]))
            self._position += 1 + has_second
            self._count += 1
            return True
        if status == _META:
            kind = self._data[self._position]
            self._position += 1
            payload = self._read_payload()
            self.metas.append(Meta(self.tick, self._count, kind, payload))
            return kind != END_OF_TRACK
        if status not in _SYSTEM_EXCLUSIVE:
            raise BadFileError(f"damaged: status byte {status:#04x} has no place in a file")
        self._read_payload()
        return True

    def _read_payload(self) -> bytes:
        """Read a length and as many bytes."""
        length = self._read_quantity()
        self._position += length
        if self._position > len(self._data):
            raise IndexError
        return self._data[self._position - length : self._position]

    def _read_quantity(self) -> int:
        """Read a variable-length quantity, of at most four bytes."""
        value = 0
        for _ in range(4):
            byte = self._data[self._position]
            self._position += 1
            value = value << 7 | byte & 0x7F
            if byte < 0x80:
                return value
        raise BadFileError("damaged: a time or length of more than four bytes")
