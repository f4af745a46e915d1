"""More samples from the command line, as config/README.md says."""

import json
import os
import shutil
from pathlib import Path

import pretty_midi
import pytest


def read(folder):
    return [json.loads(path.read_text()) for path in sorted(folder.glob("sample-*.json"))]


def test_more_samples_without_editing_a_file(edited):
    command = ("results/iter1/samples", "--config", "samples={count: 2, temperature: 0.9}")
    expected = {"Generating 2 samples of iter1", "Collecting the samples of iter1"}
    expected |= {f"Rendering sample {number} of iter1" for number in (1, 2)}
    assert edited.planned(*command) == expected
    edited.snakemake(*command)
    records = read(edited.folder / "results/iter1/samples")
    assert [record["temperature"] for record in records] == [0.9, 0.9]
    assert records[1]["seed"] == records[0]["seed"] + 1
    assert len(records[0]["dataset_sha256"]) == 64


def test_other_keys_and_a_primer_for_one_iteration(edited):
    samples = (
        "{keys: [[[0, E minor], [2, G]]], primer: {pitches: [60, 64, 67], continue: true},"
        " notes_per_second: [[0, 4], [1, 12]], beam: {size: 2, branch_factor: 2}, candidates: 2}"
    )
    wanted = "results/iter3/midi"
    edited.snakemake(wanted, "--config", f"iterations={{iter3: {{samples: {samples}}}}}")
    (record,) = read(edited.folder / wanted)
    assert record["key"] == "E minor, G from 2 s"
    assert record["settings"]["notes_per_second"] == [[0, 4], [1, 12]]
    assert record["chosen"]["of"] == 2
    midi = pretty_midi.PrettyMIDI(str(edited.folder / wanted / "sample-1.mid"))
    assert midi.get_end_time() == pytest.approx(4.5, abs=0.01)
    chord = {note.pitch for note in midi.instruments[0].notes if note.start == 0}
    assert chord == {60, 64, 67}


@pytest.mark.parametrize(
    ("iter2", "measured"),
    [({}, ["iter1", "iter3"]), ({"samples": {"temperature": 0.9}}, ["iter1", "iter2", "iter3"])],
)
def test_what_iterations_start_from_is_asked_for_what_they_are(project, iter2, measured):
    project.configure(
        network={"layers": 3, "units": 512},
        pretrained={"source": "bundled"},
        iterations={"iter2": iter2},
    )
    planned = project.planned("results/evaluation.json")
    expected = {f"Generating 1 samples of what {name} starts from" for name in measured}
    assert {message for message in planned if "starts from" in message} == expected


def test_another_soundfont_under_the_same_name_is_noticed(edited):
    soundfont = edited.folder / "piano.sf2"
    shutil.copyfile(Path(pretty_midi.__file__).parent / "TimGM6mb.sf2", soundfont)
    command = ("results/iter1/audio/sample-1.wav", "--config", "render={soundfont: piano.sf2}")
    assert edited.planned(*command) == {"Rendering sample 1 of iter1"}
    edited.snakemake(*command)
    assert edited.planned(*command) == set()
    os.utime(soundfont, ns=(0, 0))  # an older file, put in its place
    assert edited.planned(*command) == {"Rendering sample 1 of iter1"}


def test_samples_and_held_out_music_for_other_tools(edited):
    wanted = "results/evaluation/midi"
    exported = edited.folder / wanted
    edited.snakemake(wanted)
    made = sorted(str(path.relative_to(exported)) for path in exported.glob("samples/*/*"))
    assert made == [f"samples/iter{number}/sample-001.mid" for number in (1, 2, 3)]
    held_out = list(exported.glob("held_out/*.mid"))
    assert held_out
    assert len((exported / "held_out.tsv").read_text().splitlines()) == 1 + len(held_out)
    for path in (*held_out, *exported.glob("samples/*/*")):
        assert pretty_midi.PrettyMIDI(str(path)).get_end_time() == pytest.approx(4, abs=0.01)
    assert edited.planned(wanted) == set()


def test_what_is_wrong_on_the_command_line_is_told_clearly(project):
    for value, text in (
        ("{count: five}", "`samples.count` must be"),
        ("{num_steps: -5}", "`samples.num_steps` must be at least 100"),
        ("{primer: {midi: gone.mid}}", "`samples.primer.midi`: there is no file gone.mid"),
        ("{keys: [H dur]}", "`samples.keys`: 'H dur' is no key"),
    ):
        done = project.snakemake("--dry-run", "all", "--config", f"samples={value}", check=False)
        assert done.returncode != 0
        assert text in done.stdout
        assert "Traceback" not in done.stdout
