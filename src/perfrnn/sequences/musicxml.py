"""MusicXML scores to NoteSequences for one piano.

An own reader: on ASAP's scores it agrees with the scores' own MIDI files on more notes than
note_seq's (which does not tie notes, honour tempo changes in all parts or repeat), music21's,
partitura's and verovio's do (benchmarks/musicxml_readers.py).

What a file lacks or says wrongly costs no more than it must: what no note needs is left out and
logged; only a score whose notes cannot be placed is refused. What is not read at all stands in
config/README.md, list "Lost".
"""

import logging
from pathlib import Path
from xml.etree.ElementTree import Element

from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.errors import BadFileError
from perfrnn.sequences.divisions import find_divisions
from perfrnn.sequences.limits import MAX_NOTES, check_limits
from perfrnn.sequences.musicxml_file import read_root
from perfrnn.sequences.musicxml_parts import PartParser
from perfrnn.sequences.musicxml_values import Remarks
from perfrnn.sequences.piano_parts import find_piano_parts
from perfrnn.sequences.repeats import unfold
from perfrnn.sequences.score import Measure, merge_parts
from perfrnn.sequences.score_layout import lay_out

MAX_MEASURES = 20_000
MAX_PARTS = 1000

_logger = logging.getLogger(__name__)


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
    dynamics as MuseScore plays them; cue notes and notes of no dynamics are left out. Pitches are
    sounding pitches. Times in seconds. What was left out otherwise is logged as a warning, in one
    line that begins with the path.

    Raises
    ------
    BadFileError
        If the file cannot be read, is not MusicXML, is damaged, does not tell how long its notes
        are, holds no note, or goes beyond `MAX_MEASURES`, `MAX_PARTS` or the limits of
        `perfrnn.sequences.musicxml_file` and `perfrnn.sequences.limits`.
    """
    remarks = Remarks()
    root = read_root(path, remarks)
    sequence = _sequence(root, unfold_repeats, remarks)
    if not sequence.notes and str(remarks):
        raise BadFileError(f"it holds no note that can be played: {remarks}")
    check_limits(sequence)
    if str(remarks):
        _logger.warning("%s: %s", path, remarks)
    return sequence


def _sequence(root: Element, unfold_repeats: bool, remarks: Remarks) -> NoteSequence:
    """Return the NoteSequence of a score's root element."""
    elements = _part_measures(root)
    if len(elements) > MAX_PARTS:
        raise BadFileError(f"it holds {len(elements)} parts, more than {MAX_PARTS}")
    sounding = find_piano_parts(root, elements)
    whole = merge_parts(_parse_parts(root, elements, sounding, remarks), sounding)
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


def _parse_parts(
    root: Element, elements: dict[str, list[Element]], sounding: set[str], remarks: Remarks
) -> dict[str, list[Measure]]:
    """Return the measures of the parts; of those that do not sound, only if they can be read."""
    software = [one.text or "" for one in root.iterfind("identification/encoding/software")]
    is_musescore = any(name.startswith("MuseScore") for name in software)
    parts = {}
    for part, divisions in find_divisions(elements, remarks).items():
        if divisions is None and part in sounding:
            raise BadFileError(
                "it cannot be told how long its notes are: it declares no divisions, and neither"
                " the notes' types nor a time signature tell them"
            )
        if divisions is None:
            remarks.add("a part other than the piano's left out, as it declares no divisions")
            continue
        parser = PartParser(part, divisions, is_musescore=is_musescore, remarks=remarks)
        try:
            parts[part] = parser.parse(elements[part])
        except BadFileError as error:
            if part in sounding:
                raise
            remarks.add(f"a part other than the piano's left out: {error}")
    return parts


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
