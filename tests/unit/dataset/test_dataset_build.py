"""The dataset step as a whole, on sequences made by hand."""

import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from perfrnn.corpus.manifest import Source
from perfrnn.dataset.build import DatasetFiles, build_dataset
from perfrnn.dataset.duplicates import Entry
from perfrnn.dataset.encoding import encode_shard
from perfrnn.dataset.segments import arrays_path, read_segments
from perfrnn.dataset.split_table import read_split
from perfrnn.errors import CorpusError
from perfrnn.notes import Notes, to_note_sequence
from perfrnn.sequences.convert import read_notesequences
from perfrnn.sequences.performed import Performed, read_performed, write_performed
from perfrnn.sequences.quarantine import Quarantine, read_quarantine, write_quarantine
from perfrnn.sequences.records import read_records, write_records

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
        test=out / "test.tfrecord.gz",
        split=out / "split.tsv",
        quarantine=out / "quarantine.tsv",
        performed=out / "performed.tsv",
        summary=out / "dataset.json",
    )


def build(sources, shards, quarantines, files, settings, licence, **more):
    """Encode shards of NoteSequences and make a dataset of them."""
    encoded = [shard.with_name(f"{shard.name}.npz") for shard in shards]
    for shard, out in zip(shards, encoded, strict=True):
        encode_shard(shard, out, settings)
    return build_dataset(sources, encoded, quarantines, files, settings, licence, **more)


@pytest.fixture
def files(tmp_path):
    return dataset_files(tmp_path / "dataset")


def test_counts_agree_with_the_files(corpus, files):
    summary = build(*corpus, files, SETTINGS, "CC0")
    assert json.loads(files.summary.read_text()) == summary
    assert (summary["sources"], summary["converted"], summary["quarantined"]) == (13, 12, 1)
    for name in ("train", "eval", "test"):
        path = getattr(files, name)
        segments = read_segments(path)
        counted = summary["splits"][name]
        assert counted["segments"] == len(segments)
        assert counted["events"] == len(segments.events)
        assert counted["sources"] == len(set(segments.sources.tolist()))
        assert counted["pieces"] == len(set(segments.pieces.tolist()))
        assert counted["bytes"] == path.stat().st_size


def test_no_piece_is_in_both_files(corpus, files):
    build(*corpus, files, SETTINGS, "CC0")
    train, held_out = read_segments(files.train), read_segments(files.eval)
    assert not set(train.pieces.tolist()) & set(held_out.pieces.tolist())
    table = pd.read_csv(files.split, sep="\t").set_index("id")["split"]
    assert table["s09"] == table["s10"]  # two performances of one piece


def test_a_small_corpus_has_one_set_for_evaluation_and_test_and_says_so(corpus, files):
    summary = build(*corpus, files, SETTINGS, "CC0")
    assert summary["eval_is_test"] is True
    for one, other in ((files.test, files.eval), map(arrays_path, (files.test, files.eval))):
        assert one.read_bytes() == other.read_bytes()
    assert summary["splits"]["test"] == summary["splits"]["eval"]
    table = read_split(files.split)
    assert table.eval_is_test
    assert {row["id"] for row in table.test} == set(read_segments(files.eval).sources.tolist())


def test_listed_pieces_are_the_test_file_and_no_other(corpus, files, tmp_path):
    listed = tmp_path / "held_out.tsv"
    listed.write_text("piece\tcorpus\np9\tasap\np0\t\nlied\tmusescore\n")
    settings = SETTINGS | {"held_out": str(listed)}
    summary = build(*corpus, files, settings, "CC0", corpora=["asap"])
    sets = [read_segments(path) for path in (files.train, files.eval, files.test)]
    train, evaluation, test = (set(segments.pieces.tolist()) for segments in sets)
    assert test == {"p0", "p9"}
    assert train | evaluation == {f"p{number}" for number in range(1, 9)}
    assert not train & evaluation
    assert summary["eval_is_test"] is False
    assert summary["held_out_elsewhere"] == ["lied"]
    assert summary["splits"]["test"]["sources"] == 3  # p9 was played twice
    assert summary["piece_overlap"]["piece"]["held_out_files"] == 3 + len(evaluation)
    listed.write_text("piece\np0\nlied\n")
    with pytest.raises(CorpusError, match=r"1 of 2 names match no piece of the corpus \(lied\)"):
        build(*corpus, files, settings, "CC0", corpora=["asap"])


def test_a_held_out_piece_may_be_one_that_could_not_be_converted(corpus, files, tmp_path):
    (tmp_path / "held_out.tsv").write_text("piece\nbroken\np0\n")
    settings = SETTINGS | {"held_out": str(tmp_path / "held_out.tsv")}
    build(*corpus, files, settings, "CC0")
    assert set(read_segments(files.test).pieces.tolist()) == {"p0"}


def test_what_the_start_weights_heard_is_trained_on_only(corpus, files):
    heard = {f"p{number}" for number in range(8)} | {"of another corpus"}
    build(*corpus, files, SETTINGS, "CC0", heard=heard)
    for path in (files.eval, files.test):
        assert set(read_segments(path).pieces.tolist()) <= {"p8", "p9"}


def test_files_of_one_piece_can_be_split_by_file(corpus, files):
    sources = [replace(row, piece="one") for row in corpus[0]]
    settings = SETTINGS | {"split_by": "file"}
    overlap = build(sources, *corpus[1:], files, settings, "CC0")["piece_overlap"]
    assert overlap == {"file": {"held_out_files": 2, "sharing_a_piece": 2}}


def test_every_source_is_in_the_split_or_in_quarantine(corpus, files):
    build(*corpus, files, SETTINGS, "CC0")
    split = set(pd.read_csv(files.split, sep="\t")["id"])
    left_out = {row.id: row for row in read_quarantine(files.quarantine)}
    assert split | left_out.keys() == {row.id for row in corpus[0]}
    assert not split & left_out.keys()
    assert left_out["broken"].reason == "no notes"
    reason = "no segment has the 32 events that dataset.min_events asks for"
    assert left_out["short"].reason == reason


@pytest.fixture
def doubled(corpus):
    """The corpus with a split of its own, s01 once more as s00, and s02's piece in s03."""
    sources, shards, quarantines = corpus
    official = {"s03": "validation", "s04": "test"}
    sources = [replace(row, official_split=official.get(row.id, "train")) for row in sources]
    entries = [
        Entry(id="s00", kept=False, same_performance=("s01",), same_piece=("s01",)),
        Entry(id="s01", same_performance=("s00",), same_piece=("s00",)),
        Entry(id="s02", same_piece=("s03",)),
        Entry(id="s03", same_piece=("s02",)),
    ]
    return (sources, shards, quarantines), entries


def test_the_official_split_without_what_it_would_leak(doubled, files):
    corpus, entries = doubled
    settings = SETTINGS | {"split_by": "official"}
    summary = build(*corpus, files, settings, "CC0", duplicates=entries)
    split = pd.read_csv(files.split, sep="\t").set_index("id")["split"]
    assert sorted(split.index[split == "eval"]) == ["s03"]
    assert sorted(split.index[split == "test"]) == ["s04"]
    assert sorted(split.index[split == "train"]) == ["s01", *(f"s{i:02d}" for i in range(5, 11))]
    left_out = {row.id: row.reason for row in read_quarantine(files.quarantine)}
    assert left_out["s00"] == "has the same performance as s01, and one of each is kept"
    assert left_out["s02"] == "shares a piece with s03, which is held out"
    assert summary["duplicates"] == {
        "same_performance": 2, "left_out": 1, "kept_apart": 1, "heard_before": 0,
    }  # fmt: skip
    assert summary["piece_overlap"]["official"] == {"held_out_files": 2, "sharing_a_piece": 0}


def test_a_table_of_pieces_is_held_out_besides_the_official_split(doubled, files, tmp_path):
    corpus, entries = doubled
    table = tmp_path / "held_out.tsv"
    table.write_text("piece\np9\n")
    settings = SETTINGS | {"split_by": "official", "held_out": str(table)}
    build(*corpus, files, settings, "CC0", duplicates=entries)
    split = pd.read_csv(files.split, sep="\t").set_index("id")["split"]
    assert sorted(split.index[split == "eval"]) == ["s03"]
    assert sorted(split.index[split == "test"]) == ["s04", "s09", "s10"]


def test_a_split_by_piece_keeps_on_one_side_what_content_joins(doubled, files):
    corpus, entries = doubled
    for seed in range(8):
        build(*corpus, files, SETTINGS | {"seed": seed}, "CC0", duplicates=entries)
        split = pd.read_csv(files.split, sep="\t").set_index("id")["split"]
        assert split["s02"] == split["s03"]
        assert "s00" not in split


def test_without_an_official_split_it_is_by_piece(corpus, files):
    build(*corpus, files, SETTINGS, "CC0")
    by_piece = files.split.read_text()
    build(*corpus, files, SETTINGS | {"split_by": "official"}, "CC0")
    assert files.split.read_text() == by_piece


def test_renditions_are_for_training_only_and_records_tell_of_them(corpus, files, tmp_path):
    sources, shards, quarantines = corpus
    plain = build(*corpus, files, SETTINGS, "CC0")
    assert (plain["performed"], plain["renditions"]) == (0, 1)
    sequences = []
    for sequence in read_notesequences(shards):
        for number in range(3):
            sequence.reference_number = number
            sequences.append(sequence.SerializeToString())
    shard, table = tmp_path / "renditions.tfrecord.gz", tmp_path / "performed.tsv"
    write_records(shard, sequences)
    rows = [Performed(f"s{i:02d}", f"{i}.mxl", "a score", "modern", "3") for i in range(11)]
    write_performed(table, rows)
    summary = build(sources, [shard], quarantines, files, SETTINGS, "CC0", performed=[table])
    assert (summary["performed"], summary["renditions"]) == (11, 3)
    assert summary["converted"] == plain["converted"]
    for name, times in (("train", 3), ("eval", 1), ("test", 1)):
        assert summary["splits"][name]["events"] == times * plain["splits"][name]["events"]
        assert summary["splits"][name]["sources"] == plain["splits"][name]["sources"]
    assert read_performed(files.performed) == rows
    told = {}
    for record in (*read_records(files.train), *read_records(files.eval)):
        features = tf.train.Example.FromString(record).features.feature
        (source,) = features["source"].bytes_list.value
        (told[source.decode()],) = features["performed"].int64_list.value
    assert told == {f"s{i:02d}": 1 for i in range(11)}


def test_stretches_multiply_training_only(corpus, files):
    plain = build(*corpus, files, SETTINGS, "CC0")["splits"]
    stretched = build(*corpus, files, SETTINGS | {"stretch": [0.95, 1.0]}, "CC0")["splits"]
    assert stretched["eval"]["segments"] == plain["eval"]["segments"]
    factors = set(read_segments(files.train).stretches.astype(str).tolist())
    assert factors == {"0.95", "1.0"}


def test_what_is_held_out_is_never_stretched(corpus, files):
    """Not even where training has no music as it was played."""
    plain = build(*corpus, files, SETTINGS, "CC0")["splits"]["eval"]
    build(*corpus, files, SETTINGS | {"stretch": [0.95, 1.05]}, "CC0")
    train, held_out = read_segments(files.train), read_segments(files.eval)
    assert set(train.stretches.astype(str).tolist()) == {"0.95", "1.05"}
    assert set(held_out.stretches.tolist()) == {1.0}
    assert len(held_out.events) == plain["events"]


def test_a_corpus_in_several_shards_is_the_same_dataset(corpus, files, tmp_path):
    sources, [shard], quarantines = corpus
    build(*corpus, files, SETTINGS, "CC0")
    whole = [path.read_bytes() for path in (files.train, files.eval, files.split, files.summary)]
    records = list(read_records(shard))
    shards = [tmp_path / f"part-{number}.tfrecord.gz" for number in range(3)]
    for number, path in enumerate(shards):
        write_records(path, records[number::3])
    build(sources, shards, quarantines, files, SETTINGS, "CC0")
    paths = (files.train, files.eval, files.split, files.summary)
    assert [path.read_bytes() for path in paths] == whole


def test_what_each_way_of_cutting_keeps(corpus, files):
    kept = build(*corpus, files, SETTINGS, "CC0")["events_kept"]
    assert kept["magenta"]["lost"] > 0  # max_events is 100
    assert kept["full"]["kept"] > kept["magenta"]["kept"]


BUILD = """
import pickle, sys
from perfrnn.dataset.build import build_dataset
from perfrnn.dataset.encoding import encode_shard
with open(sys.argv[1], "rb") as file:
    sources, [shard], quarantines, files, settings, licence = pickle.load(file)
encoded = files.train.with_name("encoded.npz")
encode_shard(shard, encoded, settings)
build_dataset(sources, [encoded], quarantines, files, settings, licence)
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
    assert contents[0].keys() == {
        "train.tfrecord.gz", "eval.tfrecord.gz", "test.tfrecord.gz",
        "train.npz", "eval.npz", "test.npz", "encoded.npz",
        "split.tsv", "dataset.json", "quarantine.tsv", "performed.tsv",
    }  # fmt: skip
    assert contents[0] == contents[1]


def test_nothing_converted_is_a_clear_error(tmp_path, files):
    shard, quarantine = tmp_path / "shard.gz", tmp_path / "q.tsv"
    write_records(shard, [])
    write_quarantine(quarantine, [Quarantine("a", "raw/a.mid", "convert", "not MIDI")])
    with pytest.raises(CorpusError, match=r"raw/a\.mid: not MIDI"):
        build([source("a", "a")], [shard], [quarantine], files, SETTINGS, "CC0")
    assert not files.train.exists()
