"""Excerpts for the blind listening test."""

import json
import re

import numpy as np
import pytest
import soundfile

from evaluation_music import music
from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.excerpts import as_sampled
from perfrnn.evaluation.listening import choose_items, render_items
from perfrnn.generation.samples import write_midi
from perfrnn.notes import to_note_sequence
from perfrnn.sequences.records import write_records

LATE = 7.0  # seconds of silence before the music of every test file


def ticking(pitch, seconds):
    """Return one pitch, struck every half second, after a silence."""
    onsets = np.arange(LATE, seconds - 0.2, 0.5)
    return music([(start, start + 0.2, pitch, 64) for start in onsets.tolist()], seconds)


@pytest.fixture
def experiment(tmp_path):
    """Two iterations of two and fourteen samples; pieces told apart by their pitches."""

    def make(*, held_out=20, sides=("test", "eval"), seconds=60.0, sample_seconds=60.0):
        for iteration, count, pitch in (("iter1", 2, 30), ("iter2", 14, 31)):
            folder = tmp_path / iteration / "midi"
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(1, count + 1):
                write_midi(folder / f"sample-{number}.mid", ticking(pitch, sample_seconds))
                about = {"number": number, "seconds": sample_seconds, "settings": {}}
                (folder / f"sample-{number}.json").write_text(json.dumps(about))
        rows, records = ["id\tpiece\tcomposer\tsegments\tsplit\n"], []
        for number in range(40):
            sequence = to_note_sequence(ticking(40 + number, seconds))
            sequence.id = f"source-{number}"
            records.append(sequence.SerializeToString())
            side = sides[0] if number < held_out else (sides[1], "train")[number % 4 // 2]
            rows.append(f"source-{number}\tpiece-{number // 2}\tSomeone\t1\t{side}\n")
        split, shard = tmp_path / "split.tsv", tmp_path / "shard.tfrecord.gz"
        split.write_text("".join(rows))
        write_records(shard, records)
        folders = {name: tmp_path / name / "midi" for name in ("iter1", "iter2")}
        return folders, split, [shard]

    return make


def names(items):
    return [item.source for item in items]


def test_as_many_humans_as_machines_from_what_was_held_out(experiment):
    items = choose_items(*experiment(held_out=40), seed=1)
    humans = [item for item in items if item.truth == "human"]
    machines = [item for item in items if item.truth == "machine"]
    assert (len(humans), len(machines)) == (12, 12)
    assert len({item.origin for item in humans}) == 12
    assert [item.origin for item in machines].count("iter1") == 2
    assert len(set(names(items))) == 24

    humans = [item for item in choose_items(*experiment(), seed=1) if item.truth == "human"]
    assert {item.origin for item in humans} == {f"piece-{number}" for number in range(10)}


def test_humans_are_of_the_evaluation_set_where_that_is_the_test_set_too(experiment):
    items = choose_items(*experiment(sides=("eval", "train")), seed=1)
    humans = {item.origin for item in items if item.truth == "human"}
    assert humans == {f"piece-{number}" for number in range(10)}


def test_every_item_holds_its_own_music_from_its_first_note_on(experiment):
    for item in choose_items(*experiment(), seed=1):
        own = {"iter1": 30, "iter2": 31}.get(item.origin)
        pitch = 40 + int(item.source.split("-")[1]) if own is None else own
        assert set(item.notes.pitch.tolist()) == {pitch}
        assert item.notes.start[0] == 0
        assert item.notes.total_time == 30
        assert len(item.notes) == 60


def test_both_sides_are_on_the_grid_of_the_events(experiment):
    for item in choose_items(*experiment(), seed=1):
        again = as_sampled(item.notes)
        np.testing.assert_array_equal(again.start, item.notes.start)
        np.testing.assert_array_equal(again.velocity, item.notes.velocity)
        assert (item.notes.velocity % 4 == 1).all()


def test_the_seed_decides(experiment):
    files = experiment()
    assert names(choose_items(*files, seed=1)) == names(choose_items(*files, seed=1))
    assert names(choose_items(*files, seed=1)) != names(choose_items(*files, seed=2))
    sides = {tuple(item.truth for item in choose_items(*files, seed=seed)) for seed in range(5)}
    assert len(sides) == 5, "the order is shuffled"


def test_short_samples_make_all_excerpts_short(experiment):
    items = choose_items(*experiment(sample_seconds=12.0), seed=1)
    assert {item.notes.total_time for item in items} == {12.0}


def test_without_a_human_there_is_nothing_to_judge(experiment):
    with pytest.raises(PerfRNNError, match=r"no piece of the test set lasts 30 s.*eval_ratio"):
        choose_items(*experiment(seconds=30.0), seed=1)


def test_rendered_items_are_alike(experiment, tmp_path):
    items = choose_items(*experiment(sample_seconds=9.0), seed=1)[:3]
    files = render_items(items, tmp_path / "audio")
    assert [file.name for file in files] == ["item-01.mp3", "item-02.mp3", "item-03.mp3"]
    assert sorted(files) == sorted((tmp_path / "audio").iterdir())
    assert {round(soundfile.info(file).duration, 1) for file in files} == {9.8}
    told = re.compile(rb"human|machine|sample|iter|source|piece")
    assert not [file for file in files if told.search(file.read_bytes())]
