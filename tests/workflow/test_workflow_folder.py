"""One's own folder of music, with a bad file in it."""

import json

import numpy as np
import pandas as pd
import pytest

from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    rng = np.random.default_rng(0)
    for number in range(4):
        start = np.sort(rng.uniform(0, 55, 300))
        write_midi(
            folder / "nested" / f"piece-{number}.mid",
            Notes(
                start,
                start + 0.5,
                rng.integers(40, 90, 300),
                rng.integers(20, 110, 300),
                60.0,
            ),
        )
    return folder


def test_a_corrupted_midi_is_quarantined_and_the_run_goes_on(project, music):
    whole = (music / "nested/piece-0.mid").read_bytes()
    (music / "cut.mid").write_bytes(whole[:200])
    (music / "text.mid").write_text("This is no MIDI file.")
    project.configure(corpus="folder", folder={"path": str(music)})
    project.snakemake("data/folder/dataset/dataset.json")
    table = pd.read_csv(project.folder / "data/folder/quarantine.tsv", sep="\t")
    assert sorted(table["id"]) == ["cut", "text"]
    assert table["reason"].str.len().min() > 10
    summary = json.loads((project.folder / "data/folder/dataset/dataset.json").read_text())
    assert (summary["sources"], summary["converted"], summary["quarantined"]) == (6, 4, 2)


def test_a_new_file_is_noticed(project, music):
    project.configure(corpus="folder", folder={"path": str(music)})
    project.snakemake("data/folder/manifest.tsv")
    assert project.planned("data/folder/manifest.tsv") == set()
    (music / "new.mid").write_bytes((music / "nested/piece-1.mid").read_bytes())
    assert "Listing the corpus" in project.planned("data/folder/manifest.tsv")


def test_an_empty_folder_is_one_clear_line(project, tmp_path):
    (tmp_path / "empty").mkdir()
    project.configure(corpus="folder", folder={"path": str(tmp_path / "empty")})
    done = project.snakemake("data/folder/manifest.tsv", check=False)
    assert done.returncode != 0
    assert "error: folder.path:" in done.stdout
    assert "Traceback" not in done.stdout
