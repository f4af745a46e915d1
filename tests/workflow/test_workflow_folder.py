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
    project.snakemake("dataset")
    table = pd.read_csv(project.made("folder", "dataset", "quarantine.tsv"), sep="\t")
    assert sorted(table["id"]) == ["cut", "text"]
    assert table["reason"].str.len().min() > 10
    summary = json.loads(project.made("folder", "dataset", "dataset.json").read_text())
    assert (summary["sources"], summary["converted"], summary["quarantined"]) == (6, 4, 2)


def test_a_new_file_is_noticed(project, music):
    project.configure(corpus="folder", folder={"path": str(music)})
    project.snakemake("manifest")
    assert project.planned("manifest") == set()
    (music / "new.mid").write_bytes((music / "nested/piece-1.mid").read_bytes())
    assert "Listing the corpus" in project.planned("manifest")


def test_one_changed_file_makes_its_shard_alone_anew(project, music):
    def files(shard):
        names = (f"converted-*/shard-{shard}.tfrecord.gz", f"encoded-*/shard-{shard}.npz")
        return [next((project.folder / "data/folder").glob(name)).stat().st_ino for name in names]

    project.configure(corpus="folder", folder={"path": str(music)}, convert={"shards": 2})
    project.snakemake("dataset")
    before = {shard: files(shard) for shard in ("000", "001")}
    write_piece(music / "nested/piece-1.mid", seed=9)  # the second by its id
    project.snakemake("dataset")
    assert files("000") == before["000"]
    assert not set(files("001")) & set(before["001"])
    assert project.planned("dataset") == set()


def test_an_edit_of_the_table_of_pieces_is_noticed(project, music):
    project.configure(corpus="folder", folder={"path": str(music)})
    table = music / "pieces.tsv"
    project.snakemake("manifest")
    for rows in (["nested/piece-0.mid\tsonata"], ["nested/piece-0.mid\tvariations"]):
        table.write_text("\n".join(["path\tpiece", *rows]))
        assert project.planned("manifest") == {"Listing the corpus"}
        assert "Splitting the dataset and writing its records" in project.planned("dataset")
        project.snakemake("manifest")
        assert project.planned("manifest") == set()
        pieces = pd.read_csv(project.made("folder", "converted", "manifest.tsv"), sep="\t")
        assert pieces["piece"].tolist()[0] == rows[0].split("\t")[1]
    table.unlink()
    assert project.planned("manifest") == {"Listing the corpus"}


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
    project.snakemake("dataset")
    manifest = pd.read_csv(project.made("folder", "converted", "manifest.tsv"), sep="\t")
    taken = manifest[manifest["problem"].isna()]
    assert {str(music / name) for name in names} <= set(taken["path"])
    quarantine = pd.read_csv(project.made("folder", "dataset", "quarantine.tsv"), sep="\t")
    (row,) = quarantine.itertuples()
    assert row.path == str(music / "line\\nbreak.mid")
    assert "line break" in row.reason


def test_a_new_table_of_pieces_is_noticed(project, music):
    project.configure(corpus="folder", folder={"path": str(music)})
    project.snakemake("manifest")
    (music / "pieces.tsv").write_text("path\tpiece\nnested/piece-0.mid\tOne\n")
    assert project.planned("manifest") == {"Listing the corpus"}


def test_an_empty_folder_is_one_clear_line(project, tmp_path):
    (tmp_path / "empty").mkdir()
    project.configure(corpus="folder", folder={"path": str(tmp_path / "empty")})
    done = project.snakemake("manifest", check=False)
    assert done.returncode != 0
    assert "error: folder.path:" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_table_that_names_no_piece_is_one_clear_line(project, music):
    (project.folder / "mine.tsv").write_text("piece\npiece-0\npiece-o\n")
    project.configure(
        corpus="folder", folder={"path": str(music)}, dataset={"held_out": "mine.tsv"}
    )
    done = project.snakemake("dataset", check=False)
    assert done.returncode != 0
    assert "error: mine.tsv: 1 of 2 names match no piece of the corpus (piece-o)" in done.stdout
    assert "Traceback" not in done.stdout


def test_what_the_bundled_models_learned_from_is_trained_on_only(project, music):
    """Four pieces, of which the base models know three by name."""
    known = ("ravel-miroirs-3-une-barque", "balakirev-islamey", "prokofiev-toccata")
    rows = [f"nested/piece-{number}.mid\t{name}" for number, name in enumerate(known)]
    (music / "pieces.tsv").write_text("\n".join(["path\tpiece", *rows]))
    project.configure(
        corpus="folder",
        folder={"path": str(music)},
        pretrained={"source": "bundled"},
        network={"layers": 3, "units": 512},
        dataset={"eval_ratio": 0.5},
    )
    project.snakemake("dataset")
    split = pd.read_csv(project.made("folder", "dataset", "split.tsv"), sep="\t")
    sides = split.set_index("piece")["split"].to_dict()
    assert sides == {**dict.fromkeys(known, "train"), "piece-3": "eval"}
