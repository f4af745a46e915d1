"""Render a MIDI file as sound (WAV, MP3), score (MusicXML, SVG, PDF) and piano roll (PNG)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from perfrnn.errors import PerfRNNError
from perfrnn.files import staged

EPILOG = """\
example:
  perfrnn render sample.mid --out rendered
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("midi", type=Path, metavar="FILE.mid")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for the files, which are named like FILE",
    )
    parser.add_argument("--title", help="above score and picture (default: the name of FILE)")
    parser.add_argument(
        "--soundfont",
        type=Path,
        help="an .sf2 or .sf3 file (default: TimGM6mb, which pretty_midi ships)",
    )


def run(options: argparse.Namespace) -> None:
    """Render everything inside the folder, then move it up, so that nothing is half there."""
    from perfrnn.rendering.audio import render_audio
    from perfrnn.rendering.pianoroll import draw_pianoroll
    from perfrnn.rendering.score import write_score

    if not options.midi.is_file():
        raise PerfRNNError(f"there is no file {options.midi}; give a MIDI file")
    if options.out.exists() and not options.out.is_dir():
        raise PerfRNNError(f"--out: {options.out} is a file; name a folder")
    name = options.midi.stem
    title = options.title or name
    suffixes = ("wav", "mp3", "musicxml", "svg", "pdf", "png")
    names = [f"{name}.{suffix}" for suffix in suffixes]
    with staged(options.out) as temporary:
        # Not under their own name, which libraries may be unable to spell.
        files = [temporary / f"music.{suffix}" for suffix in suffixes]
        wav, mp3, musicxml, svg, pdf, png = files
        draw_pianoroll(options.midi, png, title=title)
        render_audio(options.midi, wav, mp3, soundfont=options.soundfont)
        write_score(options.midi, musicxml, svg, pdf, title=title)
        for file, final in zip(files, names, strict=True):
            file.rename(temporary / final)
    for final in names:
        print(os.fsencode(options.out / final).decode(errors="replace"))
