"""Shards: every source is converted or in quarantine, in order, bit for bit the same."""

import json
import os
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from perfrnn.corpus.manifest import Source
from perfrnn.sequences.convert import convert_shard, read_notesequences
from perfrnn.sequences.performed import read_performed
from perfrnn.sequences.quarantine import read_quarantine
from source_builders import build_midi, build_mxl, build_note, build_score

ON, OFF = b"\x90\x3c\x40", b"\x80\x3c\x00"
MIDI = build_midi([(0, ON), (480, OFF)])
SCORE = build_score(["<attributes><divisions>1</divisions></attributes>" + build_note("E4", 4)])


def make_source(name, path, kind="midi", problem=""):
    return Source(
        id=name,
        role="score" if kind == "musicxml" else "performance",
        format=kind,
        composer="",
        title="",
        piece=name,
        path=str(path),
        problem=problem,
    )


@pytest.fixture
def sources(tmp_path):
    contents = {
        "a.mid": MIDI,
        "b.mid": MIDI[:-9],
        "c.mxl": build_mxl(SCORE),
        "d.musicxml": SCORE.encode(),
        "e.xml": b"not XML",
        "f.mid": MIDI,
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "g.mid").mkdir()
    rows = [
        make_source(name[0], tmp_path / name, "midi" if name.endswith("mid") else "musicxml")
        for name in [*contents, "g.mid", "missing.mid"]
    ]
    return [*rows, make_source("altered", tmp_path / "a.mid", problem="altered: another hash")]


def test_every_source_is_in_one_of_the_two_files(sources, tmp_path):
    shard, table = tmp_path / "out" / "shard-000.tfrecord.gz", tmp_path / "out" / "q.tsv"
    count = convert_shard(sources, shard, table, processes=2, collection_name="test")
    sequences = list(read_notesequences([shard]))
    rows = read_quarantine(table)
    assert count == len(sequences) == 4
    assert [sequence.id for sequence in sequences] == ["a", "c", "d", "f"]
    assert [sequence.filename for sequence in sequences] == [
        source.path for source in sources if source.id in "acdf"
    ]
    assert {sequence.collection_name for sequence in sequences} == {"test"}
    assert [note.pitch for sequence in sequences for note in sequence.notes] == [60, 64, 64, 60]
    assert [(row.id, row.stage) for row in rows] == [
        ("b", "convert"),
        ("e", "convert"),
        ("g", "convert"),
        ("m", "convert"),
        ("altered", "fetch"),
    ]
    for row, reason in zip(rows, ["trunc", "XML", "directory", "No such", "altered"], strict=True):
        assert reason in row.reason
    assert sorted(path.name for path in shard.parent.iterdir()) == ["q.tsv", shard.name]


def test_the_bytes_do_not_depend_on_the_number_of_processes(sources, tmp_path):
    contents = set()
    for processes in (1, 2):
        shard = tmp_path / f"{processes}.tfrecord.gz"
        convert_shard(sources, shard, tmp_path / "q.tsv", processes=processes)
        contents.add(shard.read_bytes())
    assert len(contents) == 1


def test_repeats_are_unfolded_on_request(tmp_path):
    repeat = '<barline><repeat direction="backward"/></barline>'
    path = tmp_path / "score.musicxml"
    path.write_text(SCORE.replace("</measure>", repeat + "</measure>"))
    counts = []
    for unfold in (False, True):
        shard = tmp_path / "shard.tfrecord.gz"
        source = make_source("a", path, "musicxml")
        convert_shard([source], shard, tmp_path / "q.tsv", unfold_repeats=unfold)
        (sequence,) = read_notesequences([shard])
        counts.append(len(sequence.notes))
    assert counts == [1, 2]


def test_scores_are_performed_and_performances_are_not(tmp_path):
    rng = random.Random(0)
    typed = [(240 * i, OFF if i % 2 else ON) for i in range(40)]
    # By hand: no two strokes alike, and no two notes equally long.
    struck = [bytes([ON[0], ON[1], rng.randrange(30, 90)]) for _ in range(40)]
    by_hand = [(240 * i + rng.randrange(200), OFF if i % 2 else struck[i]) for i in range(40)]
    contents = {
        "typed.mid": build_midi(typed),
        "played.mid": build_midi(by_hand),
        "score.musicxml": SCORE.encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    rows = [
        make_source(name, tmp_path / name, "midi" if name.endswith("mid") else "musicxml")
        for name in contents
    ]
    shard, table, performed = (tmp_path / name for name in ("s.gz", "q.tsv", "performed.tsv"))
    plain = tmp_path / "plain.gz"
    convert_shard(rows, plain, table)
    settings = {"renditions": 3, "seed": 1}
    assert convert_shard(rows, shard, table, performed=performed, perform=settings) == 3
    written = {sequence.id: sequence for sequence in read_notesequences([plain])}
    first = {sequence.id: sequence for sequence in read_notesequences([shard])}
    everything = list(read_notesequences([shard], renditions=True))
    assert [sequence.id for sequence in everything] == (
        ["typed.mid"] * 3 + ["played.mid"] + ["score.musicxml"] * 3
    )
    assert list(first) == list(contents)
    assert first["played.mid"] == written["played.mid"]
    for name in ("typed.mid", "score.musicxml"):
        renditions = [sequence for sequence in everything if sequence.id == name]
        for one in renditions:
            assert [n.pitch for n in one.notes] == [n.pitch for n in written[name].notes]
        assert len({one.notes[0].end_time for one in [*renditions, written[name]]}) == 4
    assert [
        (row.id, row.reason, row.style, row.renditions) for row in read_performed(performed)
    ] == [
        ("typed.mid", "one loudness (64) and 100 % of the onsets on a grid", "romantic", "3"),
        ("score.musicxml", "a MusicXML score", "romantic", "3"),
    ]


def test_what_its_source_has_for_a_score_is_performed_whatever_it_looks_like(tmp_path):
    rng = random.Random(0)
    loud = [bytes([ON[0], ON[1], rng.randrange(30, 90)]) for _ in range(40)]
    moved = [(240 * i, OFF if i % 2 else loud[i]) for i in range(40)]  # on a grid, no two alike
    (tmp_path / "a.mid").write_bytes(build_midi(moved))
    row = make_source("a", tmp_path / "a.mid")
    reasons = []
    for role in ("performance", "score"):
        performed = tmp_path / "performed.tsv"
        convert_shard(
            [replace(row, role=role)],
            tmp_path / "s.gz",
            tmp_path / "q.tsv",
            performed=performed,
            perform={"renditions": 1, "seed": 1},
        )
        reasons.append([one.reason for one in read_performed(performed)])
    assert reasons == [[], ["a score by its source"]]


def test_scores_elsewhere_are_left_as_they_are(tmp_path):
    (tmp_path / "score.musicxml").write_text(SCORE)
    row = make_source("a", tmp_path / "score.musicxml", "musicxml")
    shards = tmp_path / "plain.gz", tmp_path / "elsewhere.gz"
    table = tmp_path / "q.tsv"
    convert_shard([row], shards[0], table)
    elsewhere = {"renditions": 2, "seed": 1, "folders": [str(tmp_path / "other")]}
    convert_shard([row], shards[1], table, perform=elsewhere)
    assert shards[0].read_bytes() == shards[1].read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe that never yields")
def test_a_file_that_cannot_be_read_in_time_is_left_out(tmp_path):
    os.mkfifo(tmp_path / "pipe.mid")
    (tmp_path / "a.mid").write_bytes(MIDI)
    sources = [make_source(name, tmp_path / f"{name}.mid") for name in ("pipe", "a")]
    shard, table = tmp_path / "shard.tfrecord.gz", tmp_path / "q.tsv"
    assert convert_shard(sources, shard, table, timeout_seconds=1.0) == 1
    (row,) = read_quarantine(table)
    assert (row.id, row.reason) == ("pipe", "reading it took longer than 1 s")


def test_a_script_without_a_main_guard_may_convert(sources, tmp_path):
    # As Snakemake's scripts are; multiprocessing would run the script again in each worker.
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys\n"
        "from perfrnn.corpus.manifest import Source\n"
        "from perfrnn.sequences.convert import convert_shard\n"
        "source = Source(**json.loads(sys.argv[1]))\n"
        "print('run', convert_shard([source], sys.argv[2], sys.argv[3], processes=2))\n"
        "print([name for name in ('tensorflow', 'note_seq') if name in sys.modules])\n"
    )
    row = json.dumps(sources[0].__dict__)
    command = [sys.executable, script, row, tmp_path / "s.tfrecord.gz", tmp_path / "q.tsv"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output == "run 1\n[]\n"


def test_the_log_names_files_that_are_read_as_note_seq_reads_them(tmp_path, capfd):
    tempo = b"\xff\x51\x03\x0f\x42\x40"
    contents = {"plain": MIDI, "late": build_midi([], [(0, tempo), (0, ON), (480, OFF)])}
    for name, content in contents.items():
        (tmp_path / f"{name}.mid").write_bytes(content)
    rows = [make_source(name, tmp_path / f"{name}.mid") for name in contents]
    assert convert_shard(rows, tmp_path / "shard.tfrecord.gz", tmp_path / "quarantine.tsv") == 2
    # What workers write to standard error is in the log of the job that starts them.
    (line,) = [line for line in capfd.readouterr().err.splitlines() if ".mid" in line]
    assert line.startswith(f"{tmp_path / 'late.mid'}: tempo changes outside the first track")
