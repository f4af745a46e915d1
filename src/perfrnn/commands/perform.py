"""Perform a score (MusicXML or MIDI) as a pianist might, as a MIDI file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from perfrnn.commands.values import number
from perfrnn.errors import BadFileError, PerfRNNError
from perfrnn.files import atomic
from perfrnn.performing.styles import DEFAULT, STYLES

if TYPE_CHECKING:
    from note_seq import NoteSequence

EPILOG = """\
example:
  perfrnn perform score.musicxml --style baroque --expression 1.2 --out performance.mid
"""

MOST_EXPRESSION = 3
MOST_SEED = 2**31 - 1

TICKS_PER_QUARTER = 960
"""Of the file: a tick is half a millisecond at 120 quarters a minute."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument(
        "score", type=Path, metavar="SCORE", help="a .musicxml, .xml, .mxl, .mid or .midi file"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.mid")
    parser.add_argument("--style", choices=STYLES, default=DEFAULT, help=f"(default {DEFAULT})")
    parser.add_argument(
        "--expression",
        type=number(float, least=0, most=MOST_EXPRESSION),
        default=1.0,
        metavar="NUMBER",
        help="0 as written, 1 as humans do, 2 exaggerated (default 1)",
    )
    parser.add_argument(
        "--seed",
        type=number(int, least=0, most=MOST_SEED),
        default=0,
        help="another one is another performance (default 0)",
    )
    parser.add_argument(
        "--unfold-repeats", action="store_true", help="play the repeats of a MusicXML score"
    )


def run(options: argparse.Namespace) -> None:
    """Read, perform, write, and say what was written."""
    if options.out.suffix.lower() not in (".mid", ".midi"):
        raise PerfRNNError(f"--out: {options.out} is no name for a MIDI file; end it in .mid")
    from note_seq import note_sequence_to_pretty_midi

    from perfrnn.performing.perform import perform

    sequence = perform(
        _read(options.score, unfold_repeats=options.unfold_repeats),
        seed=options.seed,
        expression=options.expression,
        style=options.style,
    )
    sequence.ticks_per_quarter = TICKS_PER_QUARTER
    with atomic(options.out) as temporary:
        note_sequence_to_pretty_midi(sequence).write(str(temporary))
    print(f"{options.out}: {len(sequence.notes)} notes in {sequence.total_time:.1f} s")


def _read(path: Path, *, unfold_repeats: bool) -> NoteSequence:
    """Return the NoteSequence of a score."""
    from perfrnn.corpus.manifest import format_of
    from perfrnn.sequences.midi import read_midi
    from perfrnn.sequences.musicxml import read_musicxml

    if not path.is_file():
        raise PerfRNNError(f"there is no file {path}; give a score")
    kind = format_of(path)
    if kind is None:
        raise PerfRNNError(f"{path}: is no score by its suffix; give MusicXML or MIDI")
    try:
        if kind == "midi":
            return read_midi(path)
        return read_musicxml(path, unfold_repeats=unfold_repeats)
    except BadFileError as error:
        raise PerfRNNError(f"{path}: {error}; give another file") from error
