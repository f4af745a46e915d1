"""Notes of one staff as at most two voices of chords."""

from dataclasses import dataclass

from perfrnn.rendering.notation import GridNote


@dataclass(frozen=True)
class Chord:
    """Notes struck and released together: ticks and MIDI pitches in rising order."""

    onset: int
    end: int
    pitches: tuple[int, ...]


def make_voices(notes: list[GridNote]) -> list[list[Chord]]:
    """Return the voices of one staff."""
    struck: dict[int, list[GridNote]] = {}
    for note in notes:
        struck.setdefault(note.onset, []).append(note)
    onsets = sorted(struck)
    voice = []
    for place, onset in enumerate(onsets):
        end = onset + max(note.duration for note in struck[onset])
        if place + 1 < len(onsets):
            end = min(end, onsets[place + 1])
        voice.append(Chord(onset, end, tuple(sorted({note.pitch for note in struck[onset]}))))
    return [voice]
