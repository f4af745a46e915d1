"""A score as its measures say it: notes in quarters from the barline, marks, repeats.

This is what a MusicXML file becomes before it is laid out in time.
"""

from collections import Counter
from dataclasses import dataclass, field

DEFAULT_QPM = 120.0
"""Tempo of a score that states none, in quarters a minute."""
QPM_RANGE = 5.0, 1000.0
"""Tempos outside are taken for damage and left out."""


@dataclass(slots=True)
class ScoreNote:
    """One written note.

    Attributes
    ----------
    offset : quarters from the measure's beginning; a grace note's may be negative.
    duration : quarters.
    pitch : sounding MIDI pitch, 0 to 127.
    velocity : 1 to 127; 0 for a note that is silent.
    ties_back, ties_on : whether it continues an earlier note of its pitch, and is continued.
    voice : the part and the voice that it is in.
    """

    offset: float
    duration: float
    pitch: int
    velocity: int
    ties_back: bool = False
    ties_on: bool = False
    voice: tuple[str, str] = ("", "")

    @property
    def end(self) -> float:
        """Where it ends, counted like `offset`."""
        return self.offset + self.duration


@dataclass(slots=True)
class Measure:
    """One written measure.

    Attributes
    ----------
    length : quarters.
    notes : in the order of the file.
    tempos : (offset in quarters, quarters per minute).
    modulations : (offset in quarters, factor on the tempo that held before).
    time_signature : (beats, beat type) where it changes.
    key_signature : (pitch class of the tonic, whether minor) where it changes.
    repeat_begins : whether a repeated section begins here.
    repeat_times : how often the section that ends here is played; 0 if none ends here.
    endings : on which passes it is played; empty outside of endings.
    marks : those of `fine`, `dacapo`, `dalsegno`, `tocoda` at its end, `segno`, `coda` at its
        beginning.
    """

    length: float = 0.0
    notes: list[ScoreNote] = field(default_factory=list)
    tempos: list[tuple[float, float]] = field(default_factory=list)
    modulations: list[tuple[float, float]] = field(default_factory=list)
    time_signature: tuple[int, int] | None = None
    key_signature: tuple[int, bool] | None = None
    repeat_begins: bool = False
    repeat_times: int = 0
    endings: frozenset[int] = frozenset()
    marks: set[str] = field(default_factory=set)


def merge_parts(parts: dict[str, list[Measure]], sounding: set[str]) -> list[Measure]:
    """Lay parts on top of each other, measure by measure, and return the whole as one part.

    Parameters
    ----------
    parts : each part's measures. All of them give tempos, repeats and lengths.
    sounding : the parts whose notes are taken.

    Returns
    -------
    As many measures as the longest part has. A measure's length is that on which most of the parts
    with notes in it agree, or the longest of several; signatures are those of the first part that
    has any.
    """
    merged = [Measure() for _ in range(max(map(len, parts.values()), default=0))]
    for index, whole in enumerate(merged):
        measures = {part: one[index] for part, one in parts.items() if index < len(one)}
        lengths = Counter(one.length for one in measures.values() if one.notes)
        lengths = lengths or Counter(one.length for one in measures.values())
        whole.length = max(lengths, key=lambda length: (lengths[length], length))
        whole.tempos = sorted({tempo for one in measures.values() for tempo in one.tempos})
        whole.modulations = sorted({one for m in measures.values() for one in m.modulations})
        for part, measure in measures.items():
            if part in sounding:
                whole.notes += measure.notes
            whole.time_signature = whole.time_signature or measure.time_signature
            whole.key_signature = whole.key_signature or measure.key_signature
            whole.repeat_begins |= measure.repeat_begins
            whole.repeat_times = max(whole.repeat_times, measure.repeat_times)
            whole.endings |= measure.endings
            whole.marks |= measure.marks
    _resolve_modulations(merged)
    return merged


def _resolve_modulations(measures: list[Measure]) -> None:
    """Make tempos of the modulations; a tempo stated in the same place goes before."""
    qpm = DEFAULT_QPM
    for measure in measures:
        stated = {offset for offset, _ in measure.tempos}
        changes = [(offset, value, False) for offset, value in measure.tempos]
        changes += [(o, factor, True) for o, factor in measure.modulations if o not in stated]
        measure.tempos = []
        for offset, value, is_factor in sorted(changes, key=lambda change: change[0]):
            tempo = qpm * value if is_factor else value
            if QPM_RANGE[0] <= tempo <= QPM_RANGE[1]:
                measure.tempos.append((offset, tempo))
                qpm = tempo
