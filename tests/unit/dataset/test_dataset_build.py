"""The dataset step as a whole, on sequences made by hand."""

import json
import os
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.build import DatasetFiles, build_dataset
from perfrnn.dataset.segments import read_segments
from perfrnn.errors import CorpusError
from perfrnn.notes import Notes, to_note_sequence
from perfrnn.sequences.quarantine import Quarantine, read_quarantine, write_quarantine
from perfrnn.sequences.records import write_records

SETTINGS = {
    "eval_ratio": 0.2,
    "max_events": 100,
    "min_events": 32,
    "seed": 1,
    "segment_seconds": 30,
    "segments": "magenta",
    "split_by": "piece",
    "stretch": [1.0],
}


def source(name, piece):
    return Source(
        id=name,
        role="performance",
        format="midi",
        composer="Bach",
        title=name,
        piece=piece,
        path=f"raw/{name}.mid",
    )


def notes(seed, count=100, seconds=40.0):
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0, seconds - 1, count))
    return Notes(start, start + 0.5, rng.integers(50, 80, count), np.full(count, 80), seconds)


@pytest.fixture
def corpus(tmp_path):
    """Eleven sources of ten pieces; one too short, one that conversion left out."""
    sources = [source(f"s{i:02d}", f"p{min(i, 9)}") for i in range(11)]
    sources += [source("short", "short"), source("broken", "broken")]
    sequences = {row.id: to_note_sequence(notes(i)) for i, row in enumerate(sources[:11])}
    sequences["short"] = to_note_sequence(notes(99, count=3, seconds=2.0))
    for name, sequence in sequences.items():
        sequence.id = name
    shard = tmp_path / "shard-000.tfrecord.gz"
    write_records(shard, (sequence.SerializeToString() for sequence in sequences.values()))
    quarantine = tmp_path / "shard-000.quarantine.tsv"
    write_quarantine(quarantine, [Quarantine("broken", "raw/broken.mid", "convert", "no notes")])
    return sources, [shard], [quarantine]


def dataset_files(out):
    return DatasetFiles(
        train=out / "train.tfrecord.gz",
        eval=out / "eval.tfrecord.gz",
        split=out / "split.tsv",
        quarantine=out / "quarantine.tsv",
        summary=out / "dataset.json",
    )


@pytest.fixture
def files(tmp_path):
    return dataset_files(tmp_path / "dataset")


def test_counts_agree_with_the_files(corpus, files):
    summary = build_dataset(*corpus, files, SETTINGS, "CC0")
    assert json.loads(files.summary.read_text()) == summary
    assert (summary["sources"], summary["converted"], summary["quarantined"]) == (13, 12, 1)
    for name, path in (("train", files.train), ("eval", files.eval)):
        segments = read_segments(path)
        counted = summary["splits"][name]
        assert counted["segments"] == len(segments)
        assert counted["events"] == len(segments.events)
        assert counted["sources"] == len(set(segments.sources.tolist()))
        assert counted["pieces"] == len(set(segments.pieces.tolist()))
        assert counted["bytes"] == path.stat().st_size


def test_no_piece_is_in_both_files(corpus, files):
    build_dataset(*corpus, files, SETTINGS, "CC0")
    train, held_out = read_segments(files.train), read_segments(files.eval)
    assert not set(train.pieces.tolist()) & set(held_out.pieces.tolist())
    table = pd.read_csv(files.split, sep="\t").set_index("id")["split"]
    assert table["s09"] == table["s10"]  # two performances of one piece


def test_every_source_is_in_the_split_or_in_quarantine(corpus, files):
    build_dataset(*corpus, files, SETTINGS, "CC0")
    split = set(pd.read_csv(files.split, sep="\t")["id"])
    left_out = {row.id: row for row in read_quarantine(files.quarantine)}
    assert split | left_out.keys() == {row.id for row in corpus[0]}
    assert not split & left_out.keys()
    assert left_out["broken"].reason == "no notes"
    reason = "no segment has the 32 events that dataset.min_events asks for"
    assert left_out["short"].reason == reason


def test_stretches_multiply_training_only(corpus, files):
    plain = build_dataset(*corpus, files, SETTINGS, "CC0")["splits"]
    stretched = build_dataset(*corpus, files, SETTINGS | {"stretch": [0.95, 1.0]}, "CC0")["splits"]
    assert stretched["eval"]["segments"] == plain["eval"]["segments"]
    factors = set(read_segments(files.train).stretches.astype(str).tolist())
    assert factors == {"0.95", "1.0"}


def test_what_each_way_of_cutting_keeps(corpus, files):
    kept = build_dataset(*corpus, files, SETTINGS, "CC0")["events_kept"]
    assert kept["magenta"]["lost"] > 0  # max_events is 100
    assert kept["full"]["kept"] > kept["magenta"]["kept"]


BUILD = """
import pickle, sys
from perfrnn.dataset.build import build_dataset
with open(sys.argv[1], "rb") as file:
    build_dataset(*pickle.load(file))
"""


def test_two_processes_write_the_same_bytes(corpus, tmp_path):
    contents = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        arguments = (*corpus, dataset_files(folder), SETTINGS, "CC0")
        (tmp_path / "arguments").write_bytes(pickle.dumps(arguments))
        subprocess.run(
            [sys.executable, "-c", BUILD, str(tmp_path / "arguments")],
            env=os.environ | {"PYTHONHASHSEED": seed, "TF_CPP_MIN_LOG_LEVEL": "2"},
            check=True,
        )
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0].keys() >= {"train.tfrecord.gz", "eval.tfrecord.gz", "dataset.json"}
    assert contents[0] == contents[1]


def test_nothing_converted_is_a_clear_error(tmp_path, files):
    shard, quarantine = tmp_path / "shard.gz", tmp_path / "q.tsv"
    write_records(shard, [])
    write_quarantine(quarantine, [Quarantine("a", "raw/a.mid", "convert", "not MIDI")])
    with pytest.raises(CorpusError, match=r"raw/a\.mid: not MIDI"):
        build_dataset([source("a", "a")], [shard], [quarantine], files, SETTINGS, "CC0")
    assert not files.train.exists()
