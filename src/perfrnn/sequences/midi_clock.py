"""From the ticks of a MIDI file to seconds."""

from collections.abc import Iterable

import numpy as np

from perfrnn.errors import BadFileError
from perfrnn.sequences.midi_events import TEMPO, Track


class Clock:
    """Turns ticks into seconds by the tempo changes of some tracks.

    Parameters
    ----------
    tracks : whose tempo changes count, all merged. Of several at one tick the last one holds.
        After the first track, where note_seq has no eye for them, impossible ones are passed over.
    ticks_per_quarter : of the file.

    Attributes
    ----------
    tempos : time in seconds and quarters a minute of each tempo.

    Raises
    ------
    BadFileError
        If a tempo of the first track is impossible.
    """

    def __init__(self, tracks: Iterable[Track], ticks_per_quarter: int) -> None:
        metas = [
            (number, meta)
            for number, track in enumerate(tracks)
            for meta in track.metas
            if meta.kind == TEMPO
        ]
        starts, scales = [0], [60.0 / (120.0 * ticks_per_quarter)]
        for number, meta in sorted(metas, key=lambda change: change[1].tick):
            microseconds = int.from_bytes(meta.payload[:3], "big")
            if len(meta.payload) < 3 or not microseconds:
                if number:
                    continue
                raise BadFileError("damaged: an impossible tempo")
            # These expressions are pretty_midi's, so that times are equal to the last bit.
            scale = 60.0 / ((6e7 / microseconds) * ticks_per_quarter)
            if meta.tick == 0:
                starts, scales = [0], [scale]
            elif scale != scales[-1]:
                starts.append(meta.tick)
                scales.append(scale)
        self._starts = np.array(starts)
        self._scales = np.array(scales)
        elapsed = np.diff(self._starts) * self._scales[:-1]
        self._offsets = np.append(0.0, np.cumsum(elapsed))
        qpms = 60.0 / (self._scales * ticks_per_quarter)
        self.tempos = list(zip(self._offsets.tolist(), qpms.tolist(), strict=True))

    def seconds(self, ticks: np.ndarray) -> np.ndarray:
        """Return the times of `ticks` in seconds."""
        interval = np.searchsorted(self._starts, ticks, side="right") - 1
        return self._offsets[interval] + self._scales[interval] * (ticks - self._starts[interval])

    def agrees(self, other: "Clock", last: int) -> bool:
        """Return whether both give the same seconds for all ticks up to `last`."""
        borders = np.union1d(self._starts, other._starts)
        ticks = np.append(borders[borders < last], last)
        return np.allclose(self.seconds(ticks), other.seconds(ticks), rtol=0, atol=1e-9)
