"""Render one sample: sound, score and piano roll."""

from pathlib import Path

from snakemake.iocontainers import Snakemake

from perfrnn.files import read_json
from perfrnn.jobs import job
from perfrnn.rendering.audio import render_audio
from perfrnn.rendering.pianoroll import draw_pianoroll
from perfrnn.rendering.score import write_score

snakemake: Snakemake

with job(snakemake.log[0]):
    number = snakemake.wildcards.number
    midi = Path(snakemake.input.midi) / f"sample-{number}.mid"
    record = read_json(
        midi.with_suffix(".json"),
        {"seconds": (int, float)},
        mend=f"delete the folder {midi.parent}, and the same command makes it again",
    )
    title = f"{snakemake.wildcards.iteration}, sample {number}"
    files = {name: Path(path) for name, path in snakemake.output.items()}
    render_audio(
        midi,
        files["wav"],
        files["mp3"],
        soundfont=snakemake.params.soundfont,
        seconds=record["seconds"],
    )
    write_score(midi, files["musicxml"], files["svg"], files["pdf"], title=title)
    draw_pianoroll(midi, files["pianoroll"], title=title, seconds=record["seconds"])
