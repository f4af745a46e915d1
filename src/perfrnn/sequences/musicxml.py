"""MusicXML scores to NoteSequences for one piano.

An own reader ...
"""

import io
import re
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.errors import BadFileError
from perfrnn.sequences.limits import check_limits, read_limited
from perfrnn.sequences.musicxml_parts import PartParser
from perfrnn.sequences.repeats import unfold
from perfrnn.sequences.score import merge_parts
from perfrnn.sequences.score_layout import lay_out

MAX_BYTES = 16 * 2**20
"""Largest score, uncompressed: four times ASAP's largest."""

_KEYBOARD = re.compile(
    r"piano|klavier|clavier|keyboard|harpsichord|cembalo|clavecin|spinet|\bpf\b|\bpno\b", re.I
)
_XML_ENCODINGS = "utf-8", "utf-16-le", "utf-16-be"
# What zipfile raises for damaged, encrypted or unusually compressed archives.
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)
_PIANO_PROGRAMS = range(1, 9)  # General MIDI's piano family, counted from one


def read_musicxml(path: str | Path, *, unfold_repeats: bool = False) -> NoteSequence:
    """Read a score's piano part.

    Parameters
    ----------
    path : a .musicxml or .xml file (partwise or timewise), or a compressed .mxl.
    unfold_repeats : whether repeats, endings, da capo and dal segno are played, or each measure
        once, as written.

    Returns
    -------
    ...

    Raises
    ------
    BadFileError
        If the file cannot be read, is no MusicXML, is damaged, holds no note, or goes beyond the
        limits.
    """
    root = _root(_content(path))
    try:
        sequence = _sequence(root, unfold_repeats)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise BadFileError(f"damaged: {type(error).__name__}: {error}") from error
    check_limits(sequence)
    return sequence


def _sequence(root: Element, unfold_repeats: bool) -> NoteSequence:
    """Return the NoteSequence of a score's root element."""
    parts = _part_measures(root)
    chosen = _piano_parts(root, parts)
    measures = []
    for part, elements in parts.items():
        parsed = PartParser().parse(elements)
        if part not in chosen:
            for measure in parsed:
                measure.notes.clear()
        measures.append(parsed)
    whole = merge_parts(measures)
    order = unfold(whole) if unfold_repeats else list(range(len(whole)))
    sequence = lay_out(whole, order)
    sequence.source_info.source_type = NoteSequence.SourceInfo.SCORE_BASED
    sequence.source_info.encoding_type = NoteSequence.SourceInfo.MUSIC_XML
    return sequence


def _part_measures(root: Element) -> dict[str, list[Element]]:
    """Return each part's measures, in the order of the score."""
    parts: dict[str, list[Element]] = {}
    if root.tag == "score-partwise":
        for part in root.iterfind("part"):
            parts.setdefault(part.get("id", ""), []).extend(part.iterfind("measure"))
    elif root.tag == "score-timewise":
        for part in root.iterfind("measure/part"):
            parts.setdefault(part.get("id", ""), []).append(part)
    else:
        raise BadFileError(f"not MusicXML: its root element is {root.tag[:40]!r}")
    return parts


def _piano_parts(root: Element, parts: dict[str, list[Element]]) -> set[str]:
    """Return the parts to read: the piano's, or all if there is none.

    The first of these that finds a part decides: a keyboard's name among the part's or its
    instruments' names and sounds; a program of the piano family on more than one staff; more than
    one staff.
    """
    named, programmed, staved = set(), set(), set()
    for part in root.iterfind("part-list/score-part"):
        number = part.get("id", "")
        names = ("part-name", "part-abbreviation", ".//instrument-name", ".//instrument-sound")
        if any(_KEYBOARD.search(one.text or "") for name in names for one in part.iterfind(name)):
            named.add(number)
        staves = (
            one.text
            for measure in parts.get(number, [])
            for one in measure.iterfind("attributes/staves")
        )
        if any(int(count or 1) > 1 for count in staves):
            staved.add(number)
            programs = (
                int(one.text or 0) for one in part.iterfind("midi-instrument/midi-program")
            )
            if any(program in _PIANO_PROGRAMS for program in programs):
                programmed.add(number)
    return next((found for found in (named, programmed, staved) if found & set(parts)), set(parts))


def _content(path: str | Path) -> bytes:
    """Return the XML of a file, taken out of its archive if it is compressed."""
    content = read_limited(path, MAX_BYTES)
    if not content.startswith(b"PK"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            container = _root(_member(archive, "META-INF/container.xml", 2**16))
            files = container.iterfind(".//{*}rootfile")
            names = [file.get("full-path", "") for file in files]
            if not names:
                raise BadFileError("its container names no score")
            return _member(archive, names[0], MAX_BYTES)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BadFileError(f"damaged archive: {error}") from error


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Return a file of an archive, whatever size the archive claims it to have."""
    try:
        with archive.open(name) as file:
            content = file.read(limit + 1)
    except KeyError:
        raise BadFileError(f"its archive holds no {name}") from None
    if len(content) > limit:
        raise BadFileError(f"{name} in it is larger than {limit / 2**20:g} MiB")
    return content


def _root(content: bytes) -> Element:
    """Return the root element of an XML document that declares no entities."""
    # Entities that expand to ever more entities exhaust the memory; MusicXML has no use for them.
    if any("<!ENTITY".encode(encoding) in content for encoding in _XML_ENCODINGS):
        raise BadFileError("it declares XML entities, which no MusicXML file needs")
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadFileError(f"not well-formed XML: {error}") from error
