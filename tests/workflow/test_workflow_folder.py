"""One's own folder of music, with a bad file in it."""

import json

import numpy as np
import pandas as pd
import pytest

from perfrnn.generation.samples import write_midi
from perfrnn.notes import Notes


def write_piece(path, seed):
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0, 55, 300))
    pitch, velocity = rng.integers(40, 90, 300), rng.integers(20, 110, 300)
    write_midi(path, Notes(start, start + 0.5, pitch, velocity, 60.0))


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    for number in range(4):
        write_piece(folder / "nested" / f"piece-{number}.mid", number)
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


def test_a_file_may_have_any_name(project, music):
    names = [
        "Song {live}.mid",
        "{iteration}/{0}.mid",
        "100% done.mid",
        'it\'s "quoted" $HOME.mid',
        "夜 想曲.mid",
    ]
    for seed, name in enumerate([*names, "line\nbreak.mid"], 10):
        write_piece(music / name, seed)
    project.configure(corpus="folder", folder={"path": str(music)})
    project.snakemake("data/folder/dataset/dataset.json")
    manifest = pd.read_csv(project.folder / "data/folder/manifest.tsv", sep="\t")
    taken = manifest[manifest["problem"].isna()]
    assert {str(music / name) for name in names} <= set(taken["path"])
    quarantine = pd.read_csv(project.folder / "data/folder/quarantine.tsv", sep="\t")
    (row,) = quarantine.itertuples()
    assert row.path == str(music / "line\\nbreak.mid")
    assert "line break" in row.reason


def test_a_new_table_of_pieces_is_noticed(project, music):
    project.configure(corpus="folder", folder={"path": str(music)})
    project.snakemake("data/folder/manifest.tsv")
    (music / "pieces.tsv").write_text("path\tpiece\nnested/piece-0.mid\tOne\n")
    assert project.planned("data/folder/manifest.tsv") == {"Listing the corpus"}


def test_an_empty_folder_is_one_clear_line(project, tmp_path):
    (tmp_path / "empty").mkdir()
    project.configure(corpus="folder", folder={"path": str(tmp_path / "empty")})
    done = project.snakemake("data/folder/manifest.tsv", check=False)
    assert done.returncode != 0
    assert "error: folder.path:" in done.stdout
    assert "Traceback" not in done.stdout
