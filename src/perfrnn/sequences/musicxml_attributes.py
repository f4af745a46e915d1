"""Time and key signatures and transpositions of MusicXML."""

import re
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element

from perfrnn.sequences.musicxml_values import Remarks, quoted, to_integer, to_number

_MAX_BEATS = 1024
_MAX_FIFTHS = 12
"""Beyond, a key would need more than double accidentals."""
_MAX_TRANSPOSITION = 48
"""Semitones; the farthest instruments sound two octaves from what is written."""
_FIFTH, _MINOR_THIRD_DOWN = 7, 9  # semitones; the latter upwards, to the relative minor's tonic


@dataclass(frozen=True)
class TimeSignature:
    """A time signature: its beats, and what part of a whole note one is."""

    beats: int
    beat_type: int

    @property
    def quarters(self) -> float:
        """Length of a full measure."""
        return 4 * self.beats / self.beat_type


def parse_time(element: Element) -> TimeSignature | None:
    """Return the signature of a `time` element; None if it has none that can be counted.

    A composite one counts whole: 3/8+2/4 is 7/8; a fractional one in smaller units: 2.5/4 is 5/8.
    """
    beats = [one.text for one in element.findall("beats")]
    types = [to_integer(one.text) for one in element.findall("beat-type")]
    whole = Fraction(0)
    unit = 1
    for text, beat_type in zip(beats, types, strict=False):
        terms = [to_number(term) for term in re.split(r"\+", (text or "")[:100])]
        if not beat_type or not 0 < beat_type <= _MAX_BEATS or None in terms:
            return None
        whole += sum((Fraction(term) for term in terms if term), Fraction(0)) / beat_type
        unit = max(unit, beat_type)
    while unit < _MAX_BEATS and (whole * unit).denominator > 1:
        unit *= 2
    counted = whole * unit
    if not 0 < counted <= _MAX_BEATS or counted.denominator > 1:
        return None
    return TimeSignature(int(counted), unit)


def parse_signature(element: Element, remarks: Remarks) -> TimeSignature | None:
    """Return the signature of an `attributes` element, as `parse_time` does; tell odd ones."""
    time = element.find("time")
    beats = None if time is None else time.findtext("beats")
    if time is None or beats is None:
        return None
    signature = parse_time(time)
    shown = quoted(f"{beats}/{time.findtext('beat-type') or ''}")
    if signature is None:
        remarks.add(f"a time signature of {shown} left out")
    elif "." in beats or "," in beats:
        taken = f"{signature.beats}/{signature.beat_type}"
        remarks.add(f"a time signature of {shown} taken as {taken}")
    return signature


def parse_transposition(element: Element, remarks: Remarks) -> int | None:
    """Return the semitones from written to sounding pitch; None if an element says none."""
    transpose = element.find("transpose")
    if transpose is None:
        return None
    semitones = 0
    for tag, unit in (("chromatic", 1), ("octave-change", 12)):
        text = transpose.findtext(tag)
        steps = to_integer(text or "0")
        if steps is None or abs(steps * unit) > _MAX_TRANSPOSITION:
            remarks.add(f"a transposition ({tag}) of {quoted(text)} left out")
        else:
            semitones += steps * unit
    return semitones


def parse_key(element: Element, transposition: int, remarks: Remarks) -> tuple[int, bool] | None:
    """Return the pitch class of the sounding tonic and whether the key is minor, if it says so."""
    text = element.findtext("key/fifths")
    if text is None:
        return None
    fifths = to_integer(text)
    if fifths is None or abs(fifths) > _MAX_FIFTHS:
        remarks.add(f"a key of {quoted(text)} fifths left out")
        return None
    is_minor = (element.findtext("key/mode") or "").strip() == "minor"
    return (_FIFTH * fifths + _MINOR_THIRD_DOWN * is_minor + transposition) % 12, is_minor
