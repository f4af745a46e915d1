"""Render a MIDI file as sound (WAV, MP3), score (MusicXML, SVG, PDF) and piano roll (PNG)."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from perfrnn.errors import PerfRNNError

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
    """Render everything beside the folder, then move it in, so that nothing is half there."""
    from perfrnn.rendering.audio import render_audio
    from perfrnn.rendering.pianoroll import draw_pianoroll
    from perfrnn.rendering.score import write_score

    if not options.midi.is_file():
        raise PerfRNNError(f"there is no file {options.midi}; give a MIDI file")
    name = options.midi.stem
    title = options.title or name
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".perfrnn-", dir=options.out.parent) as temporary:
        # Not under their own name, which libraries may be unable to spell.
        wav, mp3, musicxml, svg, pdf, png = files = [
            Path(temporary) / f"music.{suffix}"
            for suffix in ("wav", "mp3", "musicxml", "svg", "pdf", "png")
        ]
        draw_pianoroll(options.midi, png, title=title)
        render_audio(options.midi, wav, mp3, soundfont=options.soundfont)
        write_score(options.midi, musicxml, svg, pdf, title=title)
        options.out.mkdir(exist_ok=True)
        for file in files:
            path = file.replace(options.out / f"{name}{file.suffix}")
            print(os.fsencode(path).decode(errors="replace"))
