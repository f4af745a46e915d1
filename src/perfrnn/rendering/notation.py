"""What a score is made of: metre, voices, staves."""

from dataclasses import dataclass
from enum import Enum

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
class Pitch:
    """A spelled pitch: step `A` to `G`, alteration in semitones, octave (middle C is C4)."""

    step: str
    alter: int
    octave: int


@dataclass(frozen=True)
class Head:
    """One note of a chord.

    Attributes
    ----------
    tied_from, tied_to : whether ties join it to the note before and to the note after.
    accidental : MusicXML's name of the sign before it, if there is one.
    """

    pitch: Pitch
    tied_from: bool = False
    tied_to: bool = False
    accidental: str = ""


@dataclass(frozen=True)
class Event:
    """A chord, or a rest when it has no heads, as long as one written note value.

    Attributes
    ----------
    onset : ticks from the start of the measure.
    duration : ticks.
    is_triplet : whether three take the time of two.
    is_hidden : whether a rest is not printed.
    """

    onset: int
    duration: int
    heads: tuple[Head, ...]
    is_triplet: bool = False
    is_hidden: bool = False

    @property
    def nominal(self) -> int:
        """Ticks of the note value as it is drawn."""
        return self.duration * 3 // 2 if self.is_triplet else self.duration


class Clef(Enum):
    """A clef: its sign, and the diatonic place of its middle line counted from C0."""

    TREBLE = ("G", 2, 34)
    BASS = ("F", 4, 22)

    def __init__(self, sign: str, line: int, middle: int) -> None:
        self.sign = sign
        self.line = line
        self.middle = middle


Voice = list[list[Event]]
"""A voice: the events of each measure."""


@dataclass(frozen=True)
class Span:
    """From `onset` (ticks in the measure) on, a staff sounds `octaves` higher than it is drawn."""

    onset: int
    octaves: int


@dataclass(frozen=True)
class Staff:
    """One staff.

    Attributes
    ----------
    voices : from the top, at least one.
    clefs : of each measure.
    spans : of each measure, the first at its start. No event goes on over the start of a span.
    """

    voices: list[Voice]
    clefs: list[Clef]
    spans: list[list[Span]]


@dataclass(frozen=True)
class PianoScore:
    """A score of two staves, as long as each other.

    Attributes
    ----------
    fifths, mode : the key signature: sharps (above 0) or flats (below), `major` or `minor`.
    tempo : beats a minute.
    """

    title: str
    composer: str
    metre: Metre
    fifths: int
    mode: str
    tempo: int
    staves: tuple[Staff, Staff]

    @property
    def measures(self) -> int:
        """Number of measures."""
        return len(self.staves[0].clefs)

    @property
    def upbeat(self) -> int:
        """Tick of the first measure where its events begin: above 0 where it is an upbeat."""
        return self.staves[0].voices[0][0][0].onset
