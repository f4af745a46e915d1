"""From sample files to `evaluation.csv` and `evaluation.json`."""

import json

import numpy as np
import pandas as pd
import pytest

from evaluation_music import chord_loop, music, noise
from perfrnn.errors import PerfRNNError
from perfrnn.evaluation import training_set
from perfrnn.evaluation.copying import pitches_of
from perfrnn.evaluation.evaluate import COLUMNS, _copy_record, evaluate, read_samples
from perfrnn.evaluation.metrics import NAMES
from perfrnn.evaluation.reference import read_reference
from perfrnn.evaluation.training_set import TrainingSet, read_training_set
from perfrnn.generation.samples import write_midi
from perfrnn.notes import to_note_sequence
from perfrnn.rendering.reading import read_notes
from perfrnn.sequences.records import write_records


def write_sample(folder, number, notes, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    write_midi(folder / f"sample-{number}.mid", notes)
    key = (settings.get("keys") or [None])[0]
    about = {"number": number, "seconds": notes.total_time, "key": key}
    about["settings"] = {"seed": 1, "count": 12} | settings
    (folder / f"sample-{number}.json").write_text(json.dumps(about))


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    for number in (1, 2, 10):
        write_sample(folder / "iter1/midi", number, noise(seed=number))
        write_sample(
            folder / "iter3/midi",
            number,
            chord_loop(each=0.5),
            keys=["C major"],
            notes_per_second=3.0,
            candidates=4,
        )
    write_sample(folder / "iter3/midi", 11, music([], 60.0), keys=["D minor"])
    # As in the file, whose milliseconds may fall into another step of 10 ms.
    written = read_notes(folder / "iter1/midi/sample-2.mid")
    music_of_training = TrainingSet(
        [pitches_of(written)[100:140]], [pitches_of(chord_loop()), np.array([60, 61])]
    )
    evaluate(
        {name: folder / name / "midi" for name in ("iter1", "iter3")},
        read_reference(),
        music_of_training,
        table=folder / "evaluation.csv",
        verdicts=folder / "evaluation.json",
        seed=1,
    )
    return folder


@pytest.fixture(scope="module")
def table(results):
    return pd.read_csv(results / "evaluation.csv")


@pytest.fixture(scope="module")
def verdicts(results):
    return json.loads((results / "evaluation.json").read_text())


def test_a_row_for_each_sample_and_measure(table):
    assert tuple(table.columns) == COLUMNS
    assert not table.duplicated(["iteration", "sample", "metric"]).any()
    measured = table[table["metric"].isin(NAMES)]
    assert len(measured) == 7 * len(NAMES)
    assert measured["counts"].notna().all()
    assert measured["human_median"].notna().all()
    assert sorted(table["sample"].unique()) == [1, 2, 10, 11]


def test_rows_hold_what_was_measured(table):
    loop = table[(table["iteration"] == "iter3") & (table["sample"] == 1)].set_index("metric")
    assert loop.loc["in_scale_share", "value"] == 1
    assert loop.loc["in_scale_share", "percentile"] > 90
    assert not loop.loc["in_scale_share", "inside"]
    assert loop.loc["note_density", "value"] == 6
    assert loop.loc["asked_key_found", "value"] == 1
    assert loop.loc["asked_density_ratio", "value"] == pytest.approx(2)
    other = table[(table["iteration"] == "iter1") & (table["sample"] == 1)].set_index("metric")
    assert "asked_key_found" not in other.index
    assert other.loc["in_scale_share", "percentile"] < 1


def test_verdicts_of_every_iteration(verdicts):
    assert set(verdicts["iterations"]) == {"iter1", "iter3"}
    first = verdicts["iterations"]["iter1"]
    assert first["samples"] == 3
    assert "are told from humans" in first["verdict"]
    assert first["adherence"] is None
    assert first["longest_copy"]["most"] == 40
    assert first["longest_copy"]["held_out"]["pieces"] == 2
    assert first["longest_copy"]["held_out"]["set"] == "test"
    third = verdicts["iterations"]["iter3"]
    assert third["adherence"]["asked_key_found"] == pytest.approx(3 / 4)
    assert [row["number"] for row in third["per_sample"]] == [1, 2, 10, 11]
    assert third["per_sample"][0]["estimated_key"] == "C major"
    assert third["per_sample"][3]["estimated_key"] is None
    assert len(verdicts["comparisons"]) == 1


def test_verdicts_say_where_samples_were_chosen(verdicts):
    assert verdicts["iterations"]["iter3"]["candidates"] == 4
    assert "candidates" not in verdicts["iterations"]["iter1"]


def test_copies_are_beside_the_middle_and_the_high_end_of_what_was_held_out():
    record = _copy_record([3, 5, 9], np.arange(1, 22), "test")
    assert record == {
        "median": 5,
        "most": 9,
        "held_out": {"set": "test", "pieces": 21, "median": 11, "high": 20},
    }


def test_the_shortest_sample_says_how_fair_the_comparison_is(tmp_path):
    write_sample(tmp_path / "midi", 1, chord_loop(seconds=60))
    write_sample(tmp_path / "midi", 2, chord_loop(seconds=20))
    verdicts = tmp_path / "evaluation.json"
    evaluate(
        {"iter1": tmp_path / "midi"},
        read_reference(),
        TrainingSet([], []),
        table=tmp_path / "evaluation.csv",
        verdicts=verdicts,
        seed=1,
    )
    found = json.loads(verdicts.read_text())["iterations"]["iter1"]
    assert found["seconds"] == 20
    assert "so the comparison is not quite fair" in found["verdict"]
    assert "held_out" not in found["longest_copy"]


def test_an_iteration_without_samples_is_named(tmp_path):
    with pytest.raises(PerfRNNError, match=r"no sample-N\.mid"):
        read_samples(tmp_path)


@pytest.mark.parametrize(
    "content", [None, "{", "{}", "[]", '{"seconds": null}', '{"seconds": 60}']
)
def test_a_sample_without_a_record_is_named(tmp_path, content):
    write_sample(tmp_path, 1, chord_loop())
    about = tmp_path / "sample-1.json"
    about.unlink()
    if content is not None:
        about.write_text(content)
    with pytest.raises(PerfRNNError, match=r"sample-1\.json"):
        read_samples(tmp_path)


def test_only_the_first_minute_is_compared(tmp_path):
    write_sample(tmp_path, 1, chord_loop(seconds=80))
    write_sample(tmp_path, 2, chord_loop(seconds=20))
    assert [sample.notes.total_time for sample in read_samples(tmp_path)] == [60, 20]


@pytest.mark.parametrize(
    ("sides", "pitches", "tested"),
    [
        (("train", "eval", "test", ""), 62, "test"),  # the evaluation set chose the kept step
        (("train", "eval", "", ""), 61, "eval_and_test"),
    ],
)
def test_the_training_set_is_read_by_the_split(tmp_path, monkeypatch, sides, pitches, tested):
    shard, split = tmp_path / "shard.tfrecord.gz", tmp_path / "split.tsv"
    sequences, rows = [], ["id\tpiece\tcomposer\tsegments\tsplit\n"]
    for number, side in enumerate(sides):
        sequence = to_note_sequence(music([(t, t + 1, 60 + number) for t in range(90)]))
        sequence.id = f"source-{number}"
        sequences.append(sequence.SerializeToString())
        if side:
            rows.append(f"source-{number}\tp\tc\t1\t{side}\n")
    split.write_text("".join(rows))
    write_records(shard, sequences)
    found = read_training_set(split, [shard])
    assert [set(struck) for struck in found.train] == [{60}]
    assert [set(struck) for struck in found.held_out] == [{pitches}]
    assert found.tested == tested
    assert (len(next(iter(found.train))), len(found.held_out[0])) == (90, 60)
    assert len(list(found.train)) == 1  # it can be gone through again
    monkeypatch.setattr(training_set, "MOST_HELD_OUT", 0)
    assert read_training_set(split, [shard]).held_out == []
