"""The notes and measures of a MusicXML part.

Element names and their meaning: W3C Music Notation Community Group, "MusicXML 4.0" (2021).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from perfrnn.errors import BadFileError
from perfrnn.sequences.musicxml_attributes import parse_key, parse_signature, parse_transposition
from perfrnn.sequences.musicxml_directions import (
    Marks,
    parse_barlines,
    parse_direction,
    parse_velocity,
    settle_tempos,
    shade,
    written_dynamics,
)
from perfrnn.sequences.musicxml_values import (
    Remarks,
    quoted,
    to_integer,
    to_number,
    written_length,
)
from perfrnn.sequences.score import Measure, ScoreNote

GRACE_QUARTERS = 0.125
"""Length of a grace note: 62 ms at 120 quarters a minute."""
MAX_GRACE_QUARTERS = 2.0
"""Most time that a group of grace notes takes; those of a longer group are shorter."""
ROUNDING_QUARTERS = 0.06
"""Less than a 64th note: what rounded tuplets may take from a measure or add to it."""

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_FIRST_VOICES = frozenset(["1", "5", "9", "13"])
"""Of staves, in MuseScore, where each has four."""
_MAX_QUARTERS = 10_000


@dataclass(slots=True)
class _GraceChord:
    """Grace notes struck together, and whether their stem has a slash."""

    is_slashed: bool
    notes: list[ScoreNote] = field(default_factory=list)


class PartParser:
    """Reads a part's measures one after the other, keeping what carries over.

    Parameters
    ----------
    part : the part's id.
    divisions : of a quarter, before the part's first `divisions` element, after it, and so on.
    is_musescore : whether MuseScore wrote it, which has its habits: it writes small notes as
        cue notes, though it plays them, and fills each measure in the first voice of each staff.
    remarks : is told what is left out.
    """

    def __init__(
        self, part: str, divisions: Sequence[float], *, is_musescore: bool, remarks: Remarks
    ) -> None:
        self._part = part
        self._is_musescore = is_musescore
        self._remarks = remarks
        self._next_divisions = iter(divisions)
        self._divisions = next(self._next_divisions)
        self._transposition = 0
        self._full_length = 0.0  # quarters, by the time signature
        self._marks = Marks()
        self._unmarked: list[tuple[int, ScoreNote]] = []  # notes without a velocity of their own

    def parse(self, elements: Iterable[Element]) -> list[Measure]:
        """Return the measures of a part given by its `measure` elements.

        Raises
        ------
        BadFileError
            If it cannot be told how long something lasts.
        """
        endings: frozenset[int] = frozenset()
        measures: list[Measure] = []
        for element in elements:
            measures.append(Measure())
            self._measure(element, measures)
            endings = parse_barlines(element, measures[-1], endings, self._remarks)
        shade(measures, self._marks, self._unmarked)
        settle_tempos(measures)
        return measures

    def _measure(self, element: Element, measures: list[Measure]) -> None:
        """Fill the last of the measures."""
        measure = measures[-1]
        graces: list[_GraceChord] = []
        ends: dict[str, float] = {}  # of voices
        voice = ""
        position = start = delay = duration = 0.0
        for child in element:
            tag = child.tag
            if tag == "note":
                grace = child.find("grace")
                is_chord = child.find("chord") is not None
                duration = 0.0 if grace is not None else self._duration(child, duration, is_chord)
                if not is_chord:
                    start = position
                    position += duration
                    if grace is not None:
                        graces.append(_GraceChord(grace.get("slash") == "yes"))
                    else:
                        delay = _place_graces(graces, start, duration)
                voice = child.findtext("voice") or ""
                ends[voice] = max(ends.get(voice, 0.0), position)
                notations = child.find("notations")
                if notations is not None:
                    for name in written_dynamics(notations, "dynamics")[:1]:
                        self._marks.add_written(name, len(measures) - 1, start)
                note = self._note(child, start + delay, duration - delay)
                if note is not None:
                    self._add(note, child, measures)
                    if grace is not None and graces:
                        graces[-1].notes.append(note)
            elif tag == "backup" or tag == "forward":
                _place_graces(graces, position)
                quarters = self._shift(child)
                position = max(0.0, position + (quarters if tag == "forward" else -quarters))
                if tag == "forward" and voice in ends:
                    ends[voice] = max(ends[voice], position)
            elif tag == "attributes":
                self._attributes(child, measure)
            elif tag == "direction" or tag == "sound":
                parse_direction(
                    child, measures, position, self._divisions, self._marks, self._remarks
                )
            measure.length = max(measure.length, position)
        _place_graces(graces, position)
        measure.length = self._length(measure.length, ends)

    def _length(self, longest: float, ends: dict[str, float]) -> float:
        """Return how long a measure is whose voices end at `ends`, all of it at `longest`.

        A measure holds what it holds, be it more or less than the time signature says; but one
        that is empty, or off by the rounding of tuplets, has the full length. In MuseScore's
        files, what goes beyond the first voices of the staves, or beyond one of them that has the
        full length, is an error of its export.
        """
        full = self._full_length
        first = [end for voice, end in ends.items() if voice in _FIRST_VOICES]
        if self._is_musescore and first:
            exact = [end for end in first if abs(end - full) < ROUNDING_QUARTERS]
            longest = max(exact or first)
        return full if not longest or abs(longest - full) < ROUNDING_QUARTERS else longest

    def _duration(self, note: Element, before: float, is_chord: bool) -> float:
        """Return the duration of a note in quarters, from its type if it states none.

        Parameters
        ----------
        before : that of the note before it, which a note of the same chord shares.
        """
        divisions = to_number(note.findtext("duration"))
        if divisions is not None:
            return self._quarters(divisions)
        rest = note.find("rest")
        written = written_length(note)
        if rest is not None and (rest.get("measure") == "yes" or written is None):
            written = self._full_length
        if written is None and is_chord:
            written = before
        if written is None:
            text = note.findtext("duration")
            raise BadFileError(f"damaged: a note with a duration of {quoted(text)} and no type")
        self._remarks.add("a note without a duration, taken as long as its type")
        return written

    def _shift(self, element: Element) -> float:
        """Return the quarters that a `backup` or `forward` element goes."""
        divisions = to_number(element.findtext("duration"))
        if divisions is None:
            text = quoted(element.findtext("duration"))
            raise BadFileError(f"damaged: a {element.tag} element with a duration of {text}")
        return self._quarters(divisions)

    def _quarters(self, divisions: float) -> float:
        quarters = divisions / self._divisions
        if abs(quarters) >= _MAX_QUARTERS:
            raise BadFileError(f"damaged: a duration of {quarters:.3g} quarters")
        # MuseScore 3 writes a negative one now and then, for next to none.
        return max(0.0, quarters)

    def _note(self, element: Element, start: float, duration: float) -> ScoreNote | None:
        """Return a note that sounds; None for a rest, an unpitched note or a cue note.

        A cue note that is not printed can only be there to be played: editors have no other way to
        write out an ornament.
        """
        pitch = element.find("pitch")
        if pitch is None:
            return None
        is_printed = element.get("print-object") != "no"
        if element.find("cue") is not None and is_printed and not self._is_musescore:
            self._remarks.add("a cue note, which is silent")
            return None
        key = self._key(pitch)
        if key is None:
            return None
        # What sounds is `tie`; some programs write only what is seen.
        ties = {tie.get("type") for tie in element.findall("tie")}
        notations = element.find("notations")
        if not ties and notations is not None:
            ties = {tie.get("type") for tie in notations.findall("tied")}
        return ScoreNote(
            offset=start,
            duration=duration,
            pitch=key,
            velocity=0,
            ties_back="stop" in ties or "continue" in ties,
            ties_on="start" in ties or "continue" in ties,
            voice=(self._part, element.findtext("voice") or ""),
        )

    def _key(self, pitch: Element) -> int | None:
        """Return a sounding MIDI pitch; None, and a remark, for what is none."""
        step, octave, alter = (pitch.findtext(tag) for tag in ("step", "octave", "alter"))
        place = _STEPS.get((step or "").strip().upper())
        number, semitones = to_integer(octave), to_number(alter or "0")
        if place is None or number is None or semitones is None:
            shown = quoted(f"{step} {alter or ''} {octave}")
            self._remarks.add(f"a note of pitch {shown} left out")
            return None
        key = 12 * (number + 1) + place + round(semitones) + self._transposition
        if not 0 <= key < 128:
            self._remarks.add(f"a note of MIDI pitch {key} left out")
            return None
        return key

    def _add(self, note: ScoreNote, element: Element, measures: list[Measure]) -> None:
        """Add a note to the last measure, with what it says of its own loudness."""
        measures[-1].notes.append(note)
        velocity = parse_velocity(element.get("dynamics"), self._remarks)
        if velocity is None:
            self._unmarked.append((len(measures) - 1, note))
        else:
            note.velocity = velocity

    def _attributes(self, element: Element, measure: Measure) -> None:
        """Take in divisions, transposition, time and key."""
        for _ in element.iterfind("divisions"):
            self._divisions = next(self._next_divisions)
        transposition = parse_transposition(element, self._remarks)
        if transposition is not None:
            self._transposition = transposition
        signature = parse_signature(element, self._remarks)
        if signature is not None:
            measure.time_signature = signature.beats, signature.beat_type
            self._full_length = signature.quarters
        key = parse_key(element, self._transposition, self._remarks)
        measure.key_signature = key or measure.key_signature


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
