"""MusicXML scores to NoteSequences for one piano.

An own reader: on ASAP's scores it agrees with the scores' own MIDI files on more notes than
note_seq's (which does not tie notes, honour tempo changes in all parts or repeat), music21's,
partitura's and verovio's do, within a fifth of a second a score (benchmarks/musicxml_readers.py).

Lost are: trills, turns, mordents and tremolos (the written note sounds), rolled chords (struck
together), articulations, pedal marks, hairpins and fermatas, and tempo given in words alone.
"""

import io
import lzma
import re
import struct
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.errors import BadFileError
from perfrnn.sequences.limits import MAX_NOTES, check_limits, read_limited
from perfrnn.sequences.musicxml_parts import PartParser
from perfrnn.sequences.repeats import unfold
from perfrnn.sequences.score import merge_parts
from perfrnn.sequences.score_layout import lay_out

MAX_BYTES = 16 * 2**20
"""Largest score, uncompressed: four times ASAP's largest."""
MAX_TAGS = 1_000_000
"""Most tags, likewise; parsing takes time and memory by their number."""
MAX_MEASURES = 20_000

_KEYBOARD = re.compile(
    r"piano|klavier|clavier|keyboard|harpsichord|cembalo|clavecin|spinet|\bpf\b|\bpno\b", re.I
)
_XML_ENCODINGS = "utf-8", "utf-16-le", "utf-16-be"
# What zipfile raises for damaged, encrypted or unusually compressed archives.
_ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
_PIANO_PROGRAMS = range(1, 9)  # General MIDI's piano family, counted from one


def read_musicxml(path: str | Path, *, unfold_repeats: bool = False) -> NoteSequence:
    """Read a score as one piano plays it.

    Of a score with other parts, the piano's parts are read. If it has none, as a string quartet or
    a chorale, all pitched parts are, as a keyboard reduction.

    Parameters
    ----------
    path : a .musicxml or .xml file (partwise or timewise), or a compressed .mxl.
    unfold_repeats : whether repeats, endings, da capo and dal segno are played, or each measure
        once, as written.

    Returns
    -------
    Notes on program 0 and instrument 0, in the order of their onsets, at most one of a pitch at a
    time: tied notes are one, a key struck anew ends what it sounded. Tempo marks are honoured, in
    whatever part they stand; without one, 120 quarters a minute. Velocities are those of the
    dynamics as MuseScore plays them. Pitches are sounding pitches. Times in seconds.

    Raises
    ------
    BadFileError
        If the file cannot be read, is not MusicXML, is damaged, holds no note, or goes beyond
        `MAX_BYTES`, `MAX_TAGS`, `MAX_MEASURES` or the limits of `perfrnn.sequences.limits`.
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
    elements = _part_measures(root)
    parts = {part: PartParser().parse(measures) for part, measures in elements.items()}
    whole = merge_parts(parts, _piano_parts(root, elements))
    if len(whole) > MAX_MEASURES:
        raise BadFileError(f"it holds {len(whole)} measures, more than {MAX_MEASURES}")
    order = unfold(whole) if unfold_repeats else list(range(len(whole)))
    note_count = sum(len(whole[index].notes) for index in order)
    if note_count > MAX_NOTES:
        raise BadFileError(f"it holds {note_count} notes, more than {MAX_NOTES}")
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
    """Return the ids of the parts to read: the piano's, or all if there is none.

    What tells a piano, and the first that tells any decides: the name of the part; the names and
    sounds of its instruments; a program of the piano family on several staves; several staves.
    """
    rungs: list[set[str]] = [set(), set(), set(), set()]
    for listed in root.iterfind("part-list/score-part"):
        part = listed.get("id", "")
        if part not in parts:
            continue
        staves = (one.findtext("attributes/staves") for one in parts[part])
        has_staves = any(int(count or 1) > 1 for count in staves)
        programs = [int(one.text or 0) for one in listed.iterfind(".//midi-program")]
        if _is_keyboard(listed, "part-name", "part-abbreviation"):
            rungs[0].add(part)
        if _is_keyboard(listed, ".//instrument-name", ".//instrument-sound"):
            rungs[1].add(part)
        if has_staves and any(program in _PIANO_PROGRAMS for program in programs):
            rungs[2].add(part)
        if has_staves:
            rungs[3].add(part)
    return next(filter(None, rungs), set(parts))


def _is_keyboard(listed: Element, *paths: str) -> bool:
    """Return whether one of the texts of a listed part names a keyboard with strings."""
    return any(_KEYBOARD.search(one.text or "") for path in paths for one in listed.iterfind(path))


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
    except _ARCHIVE_ERRORS as error:
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
    if content.count(b"<") > MAX_TAGS:
        raise BadFileError(f"it holds more than {MAX_TAGS} tags")
    try:
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadFileError(f"not XML: {error}") from error
