"""The measures of a MusicXML part.

Element names and their meaning: W3C Music Notation Community Group, "MusicXML 4.0" (2021).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from perfrnn.errors import BadFileError
from perfrnn.sequences.score import Measure, ScoreNote

GRACE_QUARTERS = 0.125
"""Length of a grace note: 62 ms at 120 quarters a minute."""
MAX_GRACE_QUARTERS = 2.0
"""Most time that a group of grace notes takes; those of a longer group are shorter."""
ROUNDING_QUARTERS = 0.06
"""Less than a 64th note: what rounded tuplets may take from a measure or add to it."""

_SAME_TIME = 1e-6  # quarters; sums of fractions differ in their last bits
_OFFSET_DIGITS = 6  # likewise, where an offset is looked up

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_BEAT_UNITS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25}
_QPM_RANGE = 5.0, 1000.0  # tempos outside are taken for damage and left out

# Velocities of dynamics as MuseScore Studio plays them by default; a score begins mezzoforte.
_DYNAMICS = {
    "pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64,
    "mf": 80, "f": 96, "ff": 112, "fff": 126, "ffff": 127,
}  # fmt: skip
_ACCENTS = {"sf": 112, "sfz": 112, "sffz": 126, "fz": 112, "rf": 112, "rfz": 112}
_DEFAULT_VELOCITY = _DYNAMICS["mf"]
_FORTE = 90  # MusicXML gives the dynamics of sound as a percentage of this velocity


@dataclass(slots=True)
class _GraceChord:
    """Grace notes struck together, and whether their stem has a slash."""

    is_slashed: bool
    notes: list[ScoreNote] = field(default_factory=list)


class PartParser:
    """Reads a part's measures one after the other, keeping what carries over."""

    def __init__(self) -> None:
        self._divisions = 1.0
        self._transposition = 0
        self._velocity = _DEFAULT_VELOCITY
        self._full_length = 0.0  # quarters, by the time signature

    def parse(self, elements: Iterable[Element]) -> list[Measure]:
        """Return the measures of a part given by its `measure` elements.

        Raises
        ------
        BadFileError
            If a pitch is no MIDI pitch.
        ValueError, AttributeError, TypeError
            If an element lacks what it must have.
        """
        endings: frozenset[int] = frozenset()
        measures = []
        for element in elements:
            measure = self._measure(element)
            endings = _parse_barlines(element, measure, endings)
            measures.append(measure)
        return measures

    def _measure(self, element: Element) -> Measure:
        measure = Measure()
        dynamics: list[tuple[float, int]] = [(0.0, self._velocity)]
        accents: dict[float, int] = {}
        graces: list[_GraceChord] = []
        position = start = delay = 0.0
        for child in element:
            tag = child.tag
            if tag == "note":
                grace = child.find("grace")
                duration = 0.0 if grace is not None else self._quarters(child)
                if child.find("chord") is None:
                    start = position
                    position += duration
                    if grace is not None:
                        graces.append(_GraceChord(grace.get("slash") == "yes"))
                    else:
                        delay = _place_graces(graces, start, duration)
                note = self._note(child, start + delay, duration - delay)
                if note is not None:
                    measure.notes.append(note)
                    if grace is not None and graces:
                        graces[-1].notes.append(note)
            elif tag == "backup" or tag == "forward":
                _place_graces(graces, position)
                quarters = self._quarters(child)
                position = max(0.0, position + (quarters if tag == "forward" else -quarters))
            elif tag == "attributes":
                self._attributes(child, measure)
            elif tag == "direction" or tag == "sound":
                _parse_direction(child, position, measure, dynamics, accents)
            measure.length = max(measure.length, position)
        _place_graces(graces, position)
        # A measure holds what it holds, be it more or less than the time signature says; but one
        # that is empty, or off by the rounding of tuplets, has the full length.
        if not measure.length or abs(measure.length - self._full_length) < ROUNDING_QUARTERS:
            measure.length = self._full_length
        self._shade(measure, dynamics, accents)
        return measure

    def _quarters(self, element: Element) -> float:
        """Return the duration of an element in quarters."""
        quarters = float(element.findtext("duration") or 0) / self._divisions
        if not abs(quarters) < 10_000:
            raise ValueError(f"a duration of {quarters} quarters")
        return max(
            0.0, quarters
        )  # MuseScore 3 writes a negative one now and then, for next to none

    def _note(self, element: Element, start: float, duration: float) -> ScoreNote | None:
        """Return a note that sounds; None for a rest or an unpitched note.

        Cue notes sound: in keyboard scores they are played notes in small print.
        """
        pitch = element.find("pitch")
        if pitch is None:
            return None
        alter = round(float(pitch.findtext("alter") or 0))
        octave = int(pitch.findtext("octave", ""))
        key = 12 * (octave + 1) + _STEPS[pitch.findtext("step", "")] + alter
        key += self._transposition
        if not 0 <= key < 128:
            raise BadFileError(f"damaged: a note of MIDI pitch {key}")
        ties = {tie.get("type") for tie in element.findall("tie")}
        velocity = element.get("dynamics")
        return ScoreNote(
            offset=start,
            duration=duration,
            pitch=key,
            velocity=_velocity(velocity) if velocity else 0,
            ties_back="stop" in ties,
            ties_on="start" in ties,
        )

    def _attributes(self, element: Element, measure: Measure) -> None:
        """Take in divisions, transposition, time and key."""
        divisions = element.findtext("divisions")
        if divisions is not None:
            self._divisions = float(divisions)
            if not self._divisions > 0:
                raise ValueError("divisions of zero")
        transpose = element.find("transpose")
        if transpose is not None:
            octaves = int(transpose.findtext("octave-change") or 0)
            self._transposition = int(transpose.findtext("chromatic") or 0) + 12 * octaves
        beats, beat_type = element.findtext("time/beats"), element.findtext("time/beat-type")
        if beats and beat_type:
            numerator = sum(int(term) for term in beats.split("+"))
            if numerator > 0 and int(beat_type) > 0:
                measure.time_signature = numerator, int(beat_type)
                self._full_length = 4 * numerator / int(beat_type)
        fifths = element.findtext("key/fifths")
        if fifths is not None:
            is_minor = element.findtext("key/mode") == "minor"
            # A fifth is seven semitones; a minor tonic is nine above its relative major's.
            tonic = 7 * int(fifths) + 9 * is_minor + self._transposition
            measure.key_signature = tonic % 12, is_minor

    def _shade(
        self, measure: Measure, dynamics: list[tuple[float, int]], accents: dict[float, int]
    ) -> None:
        """Give a velocity to the notes that have none of their own."""
        dynamics.sort(key=lambda mark: mark[0])
        offsets = [offset for offset, _ in dynamics]
        for note in measure.notes:
            if not note.velocity:
                latest = max(0, bisect_right(offsets, note.offset + _SAME_TIME) - 1)
                accent = accents.get(round(note.offset, _OFFSET_DIGITS))
                note.velocity = accent or dynamics[latest][1]
        self._velocity = dynamics[-1][1]


def _place_graces(graces: list[_GraceChord], position: float, duration: float = 0.0) -> float:
    """Give the grace notes met so far their time, and return how long they delay what follows.

    One grace note without a slash is an appoggiatura: it takes the beat and half of the note that
    follows. Others come before the beat.

    Parameters
    ----------
    position, duration : of the note that follows, in quarters; no duration if none follows.
    """
    if not graces:
        return 0.0
    is_appoggiatura = len(graces) == 1 and not graces[0].is_slashed
    step = min(GRACE_QUARTERS, MAX_GRACE_QUARTERS / len(graces))
    delay = duration / 2 if is_appoggiatura else 0.0
    for index, chord in enumerate(graces):
        for note in chord.notes:
            note.offset = position if delay else position - (len(graces) - index) * step
            note.duration = delay or step
    graces.clear()
    return delay


def _parse_direction(
    element: Element,
    position: float,
    measure: Measure,
    dynamics: list[tuple[float, int]],
    accents: dict[float, int],
) -> None:
    """Take in the tempo, the dynamics and the jumps of a `direction` or `sound` element."""
    sound = element if element.tag == "sound" else element.find("sound")
    attributes = {} if sound is None else sound.attrib
    qpm = float(attributes["tempo"]) if "tempo" in attributes else _metronome(element)
    if qpm is not None and _QPM_RANGE[0] <= qpm <= _QPM_RANGE[1]:
        measure.tempos.append((position, qpm))
    for mark in ("fine", "dacapo", "dalsegno", "tocoda", "segno", "coda"):
        if attributes.get(mark, "no") != "no":
            measure.marks.add(mark)
    written = element.find("direction-type/dynamics")
    name = written[0].tag if written is not None and len(written) else ""
    if name in _ACCENTS:
        accents[round(position, _OFFSET_DIGITS)] = _ACCENTS[name]
    elif "dynamics" in attributes:
        dynamics.append((position, _velocity(attributes["dynamics"])))
    elif name in _DYNAMICS:
        dynamics.append((position, _DYNAMICS[name]))


def _velocity(percentage: str) -> int:
    """Return the velocity that MusicXML gives as a percentage of forte."""
    return min(127, max(1, round(float(percentage) * _FORTE / 100)))


def _metronome(element: Element) -> float | None:
    """Return the quarters per minute of a metronome mark, if there is one that says them."""
    mark = element.find("direction-type/metronome")
    if mark is None:
        return None
    unit = _BEAT_UNITS.get(mark.findtext("beat-unit") or "")
    number = re.search(r"\d+(\.\d+)?", mark.findtext("per-minute") or "")
    if unit is None or number is None:
        return None
    dots = len(mark.findall("beat-unit-dot"))
    return float(number[0]) * unit * (2 - 0.5**dots)


def _parse_barlines(element: Element, measure: Measure, endings: frozenset[int]) -> frozenset[int]:
    """Take in a measure's repeats and endings; return the endings that last beyond it."""
    carried = endings
    for barline in element.findall("barline"):
        repeat, ending = barline.find("repeat"), barline.find("ending")
        if repeat is not None:
            if repeat.get("direction") == "forward":
                measure.repeat_begins = True
            else:
                measure.repeat_times = int(repeat.get("times") or 2)
        if ending is not None:
            numbers = re.findall(r"\d+", ending.get("number", ""))
            if ending.get("type") == "start":
                endings = carried = frozenset(map(int, numbers))
            else:
                carried = frozenset()
    measure.endings = endings
    return carried
