"""Tempo, dynamics, jumps, repeats and endings of MusicXML."""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from xml.etree.ElementTree import Element

from perfrnn.sequences.musicxml_values import Remarks, note_length, quoted, to_integer, to_number
from perfrnn.sequences.score import QPM_RANGE, Measure, ScoreNote

# Velocities of dynamics as MuseScore Studio plays them by default; a score begins mezzoforte.
_DYNAMICS = {
    "pppppp": 1, "ppppp": 5, "pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64,
    "mf": 80, "f": 96, "ff": 112, "fff": 126, "ffff": 127, "fffff": 127, "ffffff": 127,
}  # fmt: skip
_ACCENTS = {"sf": 112, "sfz": 112, "sffz": 126, "fz": 112, "rf": 112, "rfz": 112}
# Struck loud, what follows is soft.
_ACCENTED_DYNAMICS = {"fp": (96, 49), "sfp": (112, 49), "sfpp": (112, 33), "sfzp": (112, 49)}
DEFAULT_VELOCITY = _DYNAMICS["mf"]
_FORTE = 90  # MusicXML gives the dynamics of sound as a percentage of this velocity
_JUMPS = ("fine", "dacapo", "dalsegno", "tocoda", "segno", "coda")
_SAME_TIME = 1e-6  # quarters; sums of fractions differ in their last bits


@dataclass(slots=True)
class Marks:
    """The dynamics of a part, with the measure and the offset in it from which they hold.

    Attributes
    ----------
    dynamics : (measure, offset in quarters, velocity), in the order of the file.
    accents : the same for what holds for single notes.
    """

    dynamics: list[tuple[int, float, int]] = field(default_factory=list)
    accents: list[tuple[int, float, int]] = field(default_factory=list)

    def add_written(self, name: str, index: int, offset: float) -> None:
        """Take in a dynamic by its name, as "mf" or "sfz"; others say nothing."""
        accent, level = _ACCENTED_DYNAMICS.get(name, (_ACCENTS.get(name), _DYNAMICS.get(name)))
        if accent is not None:
            self.accents.append((index, offset, accent))
        if level is not None:
            self.dynamics.append((index, offset, level))


def velocity(percentage: float) -> int:
    """Return the velocity that MusicXML gives as a percentage of forte; 0 is silence."""
    return min(127, max(1, round(percentage * _FORTE / 100))) if percentage > 0 else 0


def parse_velocity(text: str | None, remarks: Remarks) -> int | None:
    """Return the velocity of a `dynamics` attribute; None without one that makes sense."""
    if text is None:
        return None
    percentage = to_number(text)
    if percentage is None or percentage < 0:
        remarks.add(f"dynamics of {quoted(text)} left out")
        return None
    return velocity(percentage)


def written_dynamics(element: Element, path: str) -> list[str]:
    """Return the names of the dynamics that an element holds under `path`."""
    names = []
    for one in element.iterfind(f"{path}/*"):
        words = (one.text or "").split() if one.tag == "other-dynamics" else [one.tag]
        names += words[:1]
    return names


def parse_direction(
    element: Element,
    measures: list[Measure],
    offset: float,
    divisions: float,
    marks: Marks,
    remarks: Remarks,
) -> None:
    """Take in the tempo, the dynamics and the jumps of a `direction` or `sound` element.

    Parameters
    ----------
    measures : those of the part so far; the element is in the last one.
    offset : where the element stands in it, in quarters.
    """
    index = len(measures) - 1
    sound = element if element.tag == "sound" else element.find("sound")
    attributes = {} if sound is None else sound.attrib
    offset += _sound_offset(element, sound) / divisions
    _parse_tempo(element, attributes.get("tempo"), measures[-1], offset, remarks)
    for mark in _JUMPS:
        if attributes.get(mark, "no") != "no":
            measures[-1].marks.add(mark)
    names = written_dynamics(element, "direction-type/dynamics")
    level = parse_velocity(attributes.get("dynamics"), remarks)
    if level is not None and not any(name in _ACCENTS for name in names):
        names = [name for name in names if name in _ACCENTED_DYNAMICS]
        if not names:
            marks.dynamics.append((index, offset, level))
    for name in names[:1]:
        marks.add_written(name, index, offset)


def _sound_offset(element: Element, sound: Element | None) -> float:
    """Return by how many divisions a direction sounds later than it stands.

    The offset of a `direction` is one of print unless it says otherwise; that of `sound` itself is
    one of sound.
    """
    own = None if sound is None else sound.find("offset")
    if own is not None and own.get("sound") != "no":
        return to_number(own.text) or 0.0
    offset = element.find("offset")
    if offset is not None and offset.get("sound") == "yes":
        return to_number(offset.text) or 0.0
    return 0.0


def _parse_tempo(
    element: Element, stated: str | None, measure: Measure, offset: float, remarks: Remarks
) -> None:
    """Take in a tempo in quarters a minute, or what a metric modulation makes of the last one."""
    qpm = to_number(stated)
    if stated is not None and (qpm is None or "," in stated):
        taken = "left out" if qpm is None else f"taken as {qpm:g}"
        remarks.add(f"a tempo of {quoted(stated)} {taken}")
    mark = element.find("direction-type/metronome")
    if qpm is None and mark is not None:
        left, right = _metronome_sides(mark)
        text = mark.findtext("per-minute")
        number = re.search(r"\d+([.,]\d+)?", (text or "")[:100])
        if number and left:
            qpm = (to_number(number[0]) or 0.0) * left
        elif left and right:
            measure.modulations.append((offset, right / left))
    if qpm is None:
        return
    if QPM_RANGE[0] <= qpm <= QPM_RANGE[1]:
        measure.tempos.append((offset, qpm))
    else:
        remarks.add(f"a tempo of {qpm:g} left out")


def _metronome_sides(mark: Element) -> tuple[float, float]:
    """Return the quarters of what stands left and right in a metronome mark; 0 for nothing.

    A side is a note value with dots, perhaps tied to others (`beat-unit`), or notes in a row,
    perhaps in tuplets (`metronome-note`).
    """
    sides = [0.0, 0.0]
    side, has_relation = -1, False
    last = 0.0  # what was added last; its dots add a half, a quarter, ...
    for child in mark:
        name = None
        if child.tag == "beat-unit":
            side += 1
            name = child.text
        elif child.tag == "beat-unit-dot":
            last /= 2
        elif child.tag == "beat-unit-tied":
            name = child.findtext("beat-unit")
        elif child.tag == "metronome-relation":
            has_relation = True
            continue
        elif child.tag == "metronome-note":
            side = int(has_relation)
            name = child.findtext("metronome-type")
        else:
            continue
        if name is not None:
            dots = len(child.findall("metronome-dot")) + len(child.findall("beat-unit-dot"))
            last = (note_length(name, dots) or 0.0) * _tuplet(child)
        if not last or not 0 <= side < len(sides):
            return 0.0, 0.0
        sides[side] += last
    return sides[0], sides[1]


def _tuplet(note: Element) -> float:
    """Return the factor on the length of a `metronome-note` in a tuplet."""
    actual = to_number(note.findtext("metronome-tuplet/actual-notes"))
    normal = to_number(note.findtext("metronome-tuplet/normal-notes"))
    return normal / actual if actual and normal and min(actual, normal) > 0 else 1.0


def shade(measures: list[Measure], marks: Marks, unmarked: list[tuple[int, ScoreNote]]) -> None:
    """Give a velocity to the notes of a part that have none of their own.

    Parameters
    ----------
    unmarked : those notes, and the measures that they are in.
    """
    starts = _starts(measures)
    dynamics = [(*_settled(i, offset, starts), level) for i, offset, level in marks.dynamics]
    dynamics.sort(key=lambda mark: mark[:2])  # of marks in one place, the last holds
    places = [(index, offset) for index, offset, _ in dynamics]
    accents = {
        (index, round(offset, 6)): level
        for i, offset, level in marks.accents
        for index, offset in [_settled(i, offset, starts)]
    }
    for index, note in unmarked:
        latest = bisect_right(places, (index, note.offset + _SAME_TIME)) - 1
        level = dynamics[latest][2] if latest >= 0 else DEFAULT_VELOCITY
        note.velocity = accents.get((index, round(note.offset, 6)), level)


def settle_tempos(measures: list[Measure]) -> None:
    """Put tempos that sound before their measure or after it into the measure where they do."""
    starts = _starts(measures)
    tempos = [(*_settled(i, o, starts), v) for i, m in enumerate(measures) for o, v in m.tempos]
    modulations = [
        (*_settled(i, o, starts), v) for i, m in enumerate(measures) for o, v in m.modulations
    ]
    for measure in measures:
        measure.tempos, measure.modulations = [], []
    for index, offset, qpm in tempos:
        measures[index].tempos.append((offset, qpm))
    for index, offset, ratio in modulations:
        measures[index].modulations.append((offset, ratio))


def _starts(measures: list[Measure]) -> list[float]:
    """Return where measures begin, and where the last one ends, in quarters."""
    return [0.0, *accumulate(measure.length for measure in measures)]


def _settled(index: int, offset: float, starts: list[float]) -> tuple[int, float]:
    """Return the measure in which an offset from the beginning of measure `index` lies.

    Parameters
    ----------
    starts : where measures begin, and where the last one ends.
    """
    start = starts[index]
    if not -_SAME_TIME <= offset <= starts[index + 1] - start + _SAME_TIME:
        place = bisect_right(starts, start + offset + _SAME_TIME, hi=len(starts) - 1) - 1
        index = max(0, place)
        offset += start - starts[index]
    return index, max(0.0, offset)


def parse_barlines(
    element: Element, measure: Measure, endings: frozenset[int], remarks: Remarks
) -> frozenset[int]:
    """Take in a measure's repeats and endings; return the endings that last beyond it."""
    carried = endings
    for barline in element.findall("barline"):
        repeat, ending = barline.find("repeat"), barline.find("ending")
        if repeat is not None:
            if repeat.get("direction") == "forward":
                measure.repeat_begins = True
            else:
                times = to_integer(repeat.get("times", "2"))
                if times is None or times < 0:
                    remarks.add(f"repeat times of {quoted(repeat.get('times'))} left out")
                measure.repeat_times = times if times and times > 0 else 2
        if ending is not None:
            numbers = re.findall(r"\d{1,4}", ending.get("number", ""))
            if ending.get("type") == "start":
                endings = carried = frozenset(map(int, numbers))
            else:
                carried = frozenset()
    measure.endings = endings
    return carried
