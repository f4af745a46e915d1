"""Sources joined by `+`: what two of them have under different names is there once."""

import csv
import hashlib
import json
import zipfile
from functools import partial

import numpy as np

from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes

WORKS = {
    # the name in the archive: seed of the music, title, part of the official split
    "2004/one.midi": (1, "Etude Op. 10 No. 1", "train"),
    "2004/two.midi": (2, "Etude Op. 10 No. 2", "train"),
    "2018/three.midi": (3, "Etude Op. 10 No. 3", "test"),
}


def play(path, *, music, touch, first=0, last=300):
    """Write notes `first` to `last` of the piece with the seed `music` as one pianist plays it."""
    pitch = np.random.default_rng(music).integers(30, 90, 300)
    hand = np.random.default_rng([music, touch])
    start = np.cumsum(hand.uniform(0.1, 0.3, 300))
    notes = Notes(start, start + 0.2, pitch, hand.integers(30, 100, 300), start[-1] + 1)
    span = slice(first, last)
    part = Notes(
        notes.start[span] - notes.start[first],
        notes.end[span] - notes.start[first],
        notes.pitch[span],
        notes.velocity[span],
        notes.end[last - 1] - notes.start[first],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_midi(path, part)


def table(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_maestro_and_a_folder_with_parts_of_it(project, tmp_path):
    rows = ["path\tbytes\tsha256\tcomposer\ttitle\tsplit\tyear"]
    with zipfile.ZipFile(tmp_path / "maestro.zip", "w") as archive:
        for name, (music, title, split) in WORKS.items():
            play(tmp_path / "packed" / name, music=music, touch=1)
            content = (tmp_path / "packed" / name).read_bytes()
            archive.writestr(f"maestro-v3.0.0/{name}", content)
            digest = hashlib.sha256(content).hexdigest()
            rows.append(f"{name}\t{len(content)}\t{digest}\tChopin\t{title}\t{split}\t2004")
        archive.writestr("maestro-v3.0.0/LICENSE", "terms")
    (project.folder / "config/maestro.tsv").write_text("\n".join(rows) + "\n")
    mine = tmp_path / "mine"
    play(mine / "cut.mid", music=1, touch=1, first=50, last=200)  # out of MAESTRO's recording
    play(mine / "other.mid", music=2, touch=2)  # another pianist
    play(mine / "tested.mid", music=3, touch=2)  # of a piece that MAESTRO holds out
    project.configure(
        corpus="maestro+folder",
        maestro={"url": (tmp_path / "maestro.zip").as_uri(), "missing": "skip"},
        folder={"path": str(mine)},
    )
    project.snakemake("dataset")
    made = partial(project.made, "maestro+folder")

    titles = {row["id"]: row["title"] for row in table(made("converted", "manifest.tsv"))}
    split = {titles[row["id"]]: row["split"] for row in table(made("dataset", "split.tsv"))}
    assert split == {
        "Etude Op. 10 No. 1": "train",
        "Etude Op. 10 No. 2": "train",
        "other": "train",
        "Etude Op. 10 No. 3": "eval",  # no validation part: one set is both
    }
    reasons = {row["id"]: row["reason"] for row in table(made("dataset", "quarantine.tsv"))}
    assert set(reasons) == {"cut", "tested"}
    assert "same performance as maestro-2004-" in reasons["cut"]
    assert "which is held out" in reasons["tested"]
    summary = json.loads(made("dataset", "dataset.json").read_text())
    assert summary["duplicates"] == {
        "same_performance": 2, "left_out": 1, "kept_apart": 1, "heard_before": 0,
    }  # fmt: skip
    assert summary["licence"].startswith("MAESTRO dataset v3.0.0")
