"""What a score is made of: metre, quantised notes and the events of a voice."""

from dataclasses import dataclass

TICKS = 24
"""Score ticks of a quarter note: sixteenths (6), triplet eighths (8) and sextuplets (4) fit."""


@dataclass(frozen=True)
class Metre:
    """A time signature, such as 6/8."""

    beats: int
    unit: int

    @property
    def is_compound(self) -> bool:
        """Whether a beat has three parts."""
        return self.unit == 8 and self.beats % 3 == 0

    @property
    def beat_ticks(self) -> int:
        """Length of a felt beat."""
        return TICKS * 3 // 2 if self.is_compound else TICKS * 4 // self.unit

    @property
    def measure_ticks(self) -> int:
        """Length of a measure."""
        return self.beats * TICKS * 4 // self.unit


@dataclass(frozen=True)
class GridNote:
    """A note on the score's grid: onset and duration in ticks, MIDI pitch, staff 0 or 1."""

    onset: int
    duration: int
    pitch: int
    staff: int


@dataclass(frozen=True)
class Pitch:
    """A spelled pitch: step `A` to `G`, alteration in semitones, octave (middle C is C4)."""

    step: str
    alter: int
    octave: int


@dataclass(frozen=True)
class Head:
    """One note of a chord, and whether ties join it to its neighbours."""

    pitch: Pitch
    tied_from: bool = False
    tied_to: bool = False


@dataclass(frozen=True)
class Event:
    """A chord, or a rest when it has no heads, as long as one written note value.

    Attributes
    ----------
    onset : ticks from the start of the measure.
    duration : ticks.
    is_triplet : three in the time of two.
    """

    onset: int
    duration: int
    heads: tuple[Head, ...]
    is_triplet: bool = False
