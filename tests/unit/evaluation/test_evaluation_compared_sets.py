"""Samples and held-out music as two sets of one length, in memory and as MIDI files."""

import csv
import json

import numpy as np
import pretty_midi
import pytest

from evaluation_music import metronome, music
from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.compared_sets import ComparedSets, export_midi, read_compared_sets
from perfrnn.generation.samples import write_midi
from perfrnn.notes import to_note_sequence
from perfrnn.sequences.records import write_records


@pytest.fixture
def experiment(tmp_path):
    """Two iterations, of samples of pitch 30 and 31, and six held-out pieces of pitch 40 on."""

    def make(*, sample_seconds=60.0):
        folders = {}
        for iteration, pitch in (("iter1", 30), ("iter2", 31)):
            folders[iteration] = tmp_path / iteration / "midi"
            folders[iteration].mkdir(parents=True)
            for number in (1, 2):
                late = music([(start, start + 0.1, pitch) for start in np.arange(3, 59, 0.5)], 60)
                write_midi(folders[iteration] / f"sample-{number}.mid", late)
                about = {"number": number, "seconds": sample_seconds, "settings": {}}
                (folders[iteration] / f"sample-{number}.json").write_text(json.dumps(about))
        rows, records = ["id\tpiece\tcomposer\tsegments\tsplit\n"], []
        for number in range(8):
            seconds = 12.0 if number == 0 else 90.0
            sequence = to_note_sequence(metronome(0.5, seconds, 40 + number))
            sequence.id = f"source-{number}"
            records.append(sequence.SerializeToString())
            side = "train" if number > 5 else "test"
            rows.append(f"source-{number}\tpiece-{number}\tSomeone\t1\t{side}\n")
        split, shard = tmp_path / "split.tsv", tmp_path / "shard.tfrecord.gz"
        split.write_text("".join(rows))
        write_records(shard, records)
        return folders, split, [shard]

    return make


def test_all_passages_are_half_a_minute_and_begin_with_a_note(experiment):
    sets = read_compared_sets(*experiment(), seed=3)
    assert sets.seconds == 30
    assert {name: len(each) for name, each in sets.samples.items()} == {"iter1": 2, "iter2": 2}
    assert sorted(p.source for p in sets.held_out) == [f"source-{n}" for n in range(1, 6)]
    passages = [*sets.samples["iter1"], *(passage.notes for passage in sets.held_out)]
    for notes in passages:
        assert notes.total_time == 30
        assert notes.start[0] == 0
        assert len(notes) == 60  # two a second
    assert {int(notes.pitch[0]) for notes in sets.samples["iter2"]} == {31}


def test_short_samples_make_short_passages_and_more_pieces_serve(experiment):
    sets = read_compared_sets(*experiment(sample_seconds=10.0), seed=3)
    assert sets.seconds == 10
    assert len(sets.held_out) == 6


def test_both_sets_are_written_as_folders_of_midi(experiment, tmp_path):
    sets = read_compared_sets(*experiment(), seed=3)
    folder = tmp_path / "midi"
    export_midi(folder, sets)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.mid"))
    assert files == [
        *(f"held_out/passage-{number:03d}.mid" for number in range(1, 6)),
        *(f"samples/{name}/sample-{n:03d}.mid" for name in ("iter1", "iter2") for n in (1, 2)),
    ]
    with (folder / "held_out.tsv").open() as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    assert {row["composer"] for row in rows} == {"Someone"}
    for row in rows:
        midi = pretty_midi.PrettyMIDI(str(folder / row["file"]))
        (pitch,) = {note.pitch for note in midi.instruments[0].notes}
        assert row["source"] == f"source-{pitch - 40}"
        assert row["piece"] == f"piece-{pitch - 40}"
        assert midi.get_end_time() == pytest.approx(30, abs=0.5)


def test_nothing_is_exported_where_nothing_was_held_out(tmp_path):
    sets = ComparedSets({"iter1": [metronome(seconds=30)]}, [], 30.0)
    with pytest.raises(PerfRNNError, match=r"no piece of the test set lasts 30 s.*eval_ratio"):
        export_midi(tmp_path / "midi", sets)
    assert not (tmp_path / "midi").exists()
