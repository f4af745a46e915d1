"""A piano score as MusicXML.

Written element by element: music21 would take a second to import and longer than the whole
rendering to fill its streams.
"""

from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree as ET

from perfrnn.rendering.beams import beams
from perfrnn.rendering.notation import TICKS, Event, Metre, PianoScore, Span, Staff

TYPES = {96: "whole", 48: "half", 24: "quarter", 12: "eighth", 6: "16th", 3: "32nd"}

DOCTYPE = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" \
"http://www.musicxml.org/dtds/partwise.dtd">
"""


def to_musicxml(score: PianoScore) -> bytes:
    """Return the score as a MusicXML 4.0 document."""
    root = ET.Element("score-partwise", version="4.0")
    _add(_add(root, "work"), "work-title", score.title)
    if score.composer:
        _add(_add(root, "identification"), "creator", score.composer, type="composer")
    _add(_add(_add(root, "part-list"), "score-part", id="P1"), "part-name", "Piano")
    part = _add(root, "part", id="P1")
    for index in range(score.measures):
        begin = 0 if index else score.upbeat
        measure = _add(part, "measure", number=index if score.upbeat else index + 1)
        if begin:
            measure.set("implicit", "yes")
        _write_attributes(measure, score, index)
        if index == 0:
            _write_tempo(measure, score)
        for number, staff in enumerate(score.staves, start=1):
            if number == 2:
                _add(_add(measure, "backup"), "duration", score.metre.measure_ticks - begin)
            _write_staff(measure, staff, number, index, score.metre)
        if index == score.measures - 1:
            _add(_add(measure, "barline", location="right"), "bar-style", "light-heavy")
    ET.indent(root)
    return DOCTYPE + ET.tostring(root, encoding="utf-8") + b"\n"


def _add(
    parent: ET.Element, tag: str, text: str | int | None = None, **attributes: str | int
) -> ET.Element:
    """Append an element to `parent` and return it."""
    element = ET.SubElement(parent, tag, {key: str(value) for key, value in attributes.items()})
    if text is not None:
        element.text = str(text)
    return element


def _write_attributes(measure: ET.Element, score: PianoScore, index: int) -> None:
    """Write key and metre in the first measure, and clefs where they change."""
    clefs = [
        (number, staff.clefs[index])
        for number, staff in enumerate(score.staves, start=1)
        if index == 0 or staff.clefs[index] is not staff.clefs[index - 1]
    ]
    if not clefs:
        return
    attributes = _add(measure, "attributes")
    if index == 0:
        _add(attributes, "divisions", TICKS)
        key = _add(attributes, "key")
        _add(key, "fifths", score.fifths)
        _add(key, "mode", score.mode)
        time = _add(attributes, "time")
        _add(time, "beats", score.metre.beats)
        _add(time, "beat-type", score.metre.unit)
        _add(attributes, "staves", 2)
    for number, clef in clefs:
        element = _add(attributes, "clef", number=number)
        _add(element, "sign", clef.sign)
        _add(element, "line", clef.line)


def _write_tempo(measure: ET.Element, score: PianoScore) -> None:
    direction = _add(measure, "direction", placement="above")
    metronome = _add(_add(direction, "direction-type"), "metronome")
    _add(metronome, "beat-unit", "quarter")
    if score.metre.is_compound:
        _add(metronome, "beat-unit-dot")
    _add(metronome, "per-minute", score.tempo)
    _add(direction, "staff", 1)
    quarters = score.tempo * score.metre.beat_ticks // TICKS
    _add(direction, "sound", tempo=quarters)


def _write_staff(measure: ET.Element, staff: Staff, number: int, index: int, metre: Metre) -> None:
    """Write one measure of a staff: its spans one by one, in each voice by voice."""
    spans = staff.spans[index]
    voices = [
        list(_elements(voice[index], 4 * (number - 1) + place + 1, number, metre, spans))
        for place, voice in enumerate(staff.voices)
        if not all(event.is_hidden for event in voice[index])
    ]
    before = staff.spans[index - 1][-1].octaves if index else 0
    after = staff.spans[index + 1][0].octaves if index + 1 < len(staff.spans) else 0
    for place, span in enumerate(spans):
        is_last = place + 1 == len(spans)
        end = metre.measure_ticks if is_last else spans[place + 1].onset
        if span.octaves and span.octaves != (spans[place - 1].octaves if place else before):
            _write_octave_line(measure, span.octaves, number)
        for voice_number, pairs in enumerate(voices):
            if voice_number:
                _add(_add(measure, "backup"), "duration", end - span.onset)
            for event, elements in pairs:
                if span.onset <= event.onset < end:
                    measure.extend(elements)
        if span.octaves and span.octaves != (after if is_last else spans[place + 1].octaves):
            _write_octave_line(measure, span.octaves, number, is_end=True)


def _write_octave_line(
    measure: ET.Element, octaves: int, staff: int, *, is_end: bool = False
) -> None:
    kind = "down" if octaves > 0 else "up"
    direction = _add(measure, "direction", placement="above" if octaves > 0 else "below")
    _add(
        _add(direction, "direction-type"),
        "octave-shift",
        type="stop" if is_end else kind,
        size=7 * abs(octaves) + 1,
        number=staff,
    )
    _add(direction, "staff", staff)


def _elements(
    events: list[Event], voice: int, staff: int, metre: Metre, spans: list[Span]
) -> Iterator[tuple[Event, list[ET.Element]]]:
    """Yield each event of a measure and its elements: the notes of a chord, or a rest."""
    brackets = _tuplet_brackets(events)
    for event, beam, bracket in zip(events, beams(events, metre, spans), brackets, strict=True):
        written = []
        for place in range(max(1, len(event.heads))):
            note = ET.Element("note", {"print-object": "no"} if event.is_hidden else {})
            _write_note(note, event, place, voice, staff, metre)
            if place == 0:
                for level, word in enumerate(beam, start=1):
                    _add(note, "beam", word, number=level)
            _write_notations(note, event, place, bracket)
            written.append(note)
        yield event, written


def _write_note(
    note: ET.Element, event: Event, place: int, voice: int, staff: int, metre: Metre
) -> None:
    """Write a note of a chord, or a rest, up to its staff."""
    if event.heads:
        head = event.heads[place]
        if place:
            _add(note, "chord")
        pitch = _add(note, "pitch")
        _add(pitch, "step", head.pitch.step)
        if head.pitch.alter:
            _add(pitch, "alter", head.pitch.alter)
        _add(pitch, "octave", head.pitch.octave)
    is_measure = not event.heads and event.duration == metre.measure_ticks
    if not event.heads:
        _add(note, "rest", **({"measure": "yes"} if is_measure else {}))
    _add(note, "duration", event.duration)
    if event.heads:
        for kind in _ties(event, place):
            _add(note, "tie", type=kind)
    _add(note, "voice", voice)
    if not is_measure:
        is_dotted = event.nominal not in TYPES
        _add(note, "type", TYPES[event.nominal * 2 // 3 if is_dotted else event.nominal])
        if is_dotted:
            _add(note, "dot")
    if event.heads and event.heads[place].accidental:
        _add(note, "accidental", event.heads[place].accidental)
    if event.is_triplet:
        modification = _add(note, "time-modification")
        _add(modification, "actual-notes", 3)
        _add(modification, "normal-notes", 2)
    _add(note, "staff", staff)


def _ties(event: Event, place: int) -> list[str]:
    head = event.heads[place]
    return ["stop"] * head.tied_from + ["start"] * head.tied_to


def _write_notations(note: ET.Element, event: Event, place: int, bracket: str) -> None:
    ties = _ties(event, place) if event.heads else []
    if not ties and (place or not bracket):
        return
    notations = _add(note, "notations")
    for kind in ties:
        _add(notations, "tied", type=kind)
    if bracket and place == 0:
        _add(notations, "tuplet", type=bracket)


def _tuplet_brackets(events: list[Event]) -> list[str]:
    """Return `start` and `stop` for the first and last event of each triplet beat."""
    words = []
    for (_, is_triplet), members in groupby(
        events, key=lambda event: (event.onset // TICKS, event.is_triplet)
    ):
        count = len(list(members))
        words += (
            ["start", *[""] * (count - 2), "stop"] if is_triplet and count > 1 else [""] * count
        )
    return words
