"""Render one sample: sound, score and piano roll."""

import json
from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.jobs import job
from perfrnn.rendering.audio import render_audio
from perfrnn.rendering.pianoroll import draw_pianoroll
from perfrnn.rendering.score import write_score

snakemake: Snakemake

with job(snakemake.log[0]):
    number = snakemake.wildcards.number
    midi = Path(snakemake.input.midi) / f"sample-{number}.mid"
    seconds = json.loads(midi.with_suffix(".json").read_text(encoding="utf-8"))["seconds"]
    title = f"{snakemake.wildcards.iteration}, sample {number}"
    files = {name: Path(path) for name, path in snakemake.output.items()}
    render_audio(
        midi,
        files["wav"],
        files["mp3"],
        soundfont=snakemake.params.soundfont,
        seconds=seconds,
    )
    write_score(midi, files["musicxml"], files["svg"], files["pdf"], title=title)
    draw_pianoroll(midi, files["pianoroll"], title=title, seconds=seconds)
