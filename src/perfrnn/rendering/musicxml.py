"""A piano score as MusicXML."""

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from perfrnn.rendering.notation import TICKS, Event, Metre

TYPES = {96: "whole", 48: "half", 24: "quarter", 12: "eighth", 6: "16th", 3: "32nd"}


@dataclass(frozen=True)
class PianoScore:
    """A score of two staves.

    Attributes
    ----------
    fifths, mode : the key signature.
    tempo : beats a minute.
    staves : for each staff its voices, each a list of measures of events.
    """

    title: str
    composer: str
    metre: Metre
    fifths: int
    mode: str
    tempo: float
    staves: list[list[list[list[Event]]]] = field(default_factory=list)

    @property
    def measures(self) -> int:
        """Number of measures."""
        return len(self.staves[0][0])


def to_musicxml(score: PianoScore) -> bytes:
    """Return the score as a MusicXML 4.0 document (score-partwise)."""
    root = ET.Element("score-partwise", version="4.0")
    _text(ET.SubElement(root, "work"), "work-title", score.title)
    if score.composer:
        identification = ET.SubElement(root, "identification")
        _text(identification, "creator", score.composer).set("type", "composer")
    part_list = ET.SubElement(ET.SubElement(root, "part-list"), "score-part", id="P1")
    _text(part_list, "part-name", "Piano")
    part = ET.SubElement(root, "part", id="P1")
    for number in range(score.measures):
        measure = ET.SubElement(part, "measure", number=str(number + 1))
        if number == 0:
            _attributes(measure, score)
        label = 0
        for staff, voices in enumerate(score.staves):
            for voice in voices:
                if label:
                    backup = ET.SubElement(measure, "backup")
                    _text(backup, "duration", score.metre.measure_ticks)
                label += 1
                for event in voice[number]:
                    _event(measure, event, label, staff + 1)
    ET.indent(root)
    doctype = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
        '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
        '"http://www.musicxml.org/dtds/partwise.dtd">\n'
    )
    return doctype.encode() + ET.tostring(root, encoding="utf-8") + b"\n"


def _text(parent: ET.Element, tag: str, content: str | float) -> ET.Element:
    element = ET.SubElement(parent, tag)
    element.text = str(content)
    return element


def _attributes(measure: ET.Element, score: PianoScore) -> None:
    attributes = ET.SubElement(measure, "attributes")
    _text(attributes, "divisions", TICKS)
    key = ET.SubElement(attributes, "key")
    _text(key, "fifths", score.fifths)
    _text(key, "mode", score.mode)
    time = ET.SubElement(attributes, "time")
    _text(time, "beats", score.metre.beats)
    _text(time, "beat-type", score.metre.unit)
    _text(attributes, "staves", 2)
    for number, (sign, line) in enumerate((("G", 2), ("F", 4)), start=1):
        clef = ET.SubElement(attributes, "clef", number=str(number))
        _text(clef, "sign", sign)
        _text(clef, "line", line)


def _event(measure: ET.Element, event: Event, voice: int, staff: int) -> None:
    nominal = event.duration * 3 // 2 if event.is_triplet else event.duration
    dotted = nominal not in TYPES
    kind = TYPES[nominal * 2 // 3 if dotted else nominal]
    for place, head in enumerate(event.heads or (None,)):
        note = ET.SubElement(measure, "note")
        if head is None:
            ET.SubElement(note, "rest")
        else:
            if place:
                ET.SubElement(note, "chord")
            pitch = ET.SubElement(note, "pitch")
            _text(pitch, "step", head.pitch.step)
            if head.pitch.alter:
                _text(pitch, "alter", head.pitch.alter)
            _text(pitch, "octave", head.pitch.octave)
        _text(note, "duration", event.duration)
        ties = []
        if head is not None:
            ties = ["stop"] * head.tied_from + ["start"] * head.tied_to
        for tie in ties:
            ET.SubElement(note, "tie", type=tie)
        _text(note, "voice", voice)
        _text(note, "type", kind)
        if dotted:
            ET.SubElement(note, "dot")
        if event.is_triplet:
            modification = ET.SubElement(note, "time-modification")
            _text(modification, "actual-notes", 3)
            _text(modification, "normal-notes", 2)
        _text(note, "staff", staff)
        if ties:
            notations = ET.SubElement(note, "notations")
            for tie in ties:
                ET.SubElement(notations, "tied", type=tie)
