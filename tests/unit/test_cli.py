"""The command line: what it writes, and one line for everything that can be wrong."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import soundfile
import yaml

from full_disk import tiny_disk
from generation_networks import small_weights
from perfrnn.cli import main, make_parser
from perfrnn.commands import generate, slices, values
from perfrnn.generation.samples import write_midi
from perfrnn.network import pretrained
from perfrnn.network.bundle import Bundle, expected_shapes, write_bundle
from perfrnn.network.pretrained import write_arrays
from perfrnn.notes import Notes
from transformer_networks import write_random_transformer


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    rng = np.random.default_rng(0)
    shapes = expected_shapes(408, 388, layers=1, units=4)
    weights = {name: rng.normal(0, 0.3, shape).astype("f4") for name, shape in shapes.items()}
    path = tmp_path_factory.mktemp("model") / "model.mag"
    write_bundle(path, Bundle("multiconditioned_performance_with_dynamics", "", weights))
    return path


@pytest.fixture
def midi(tmp_path):
    time = np.arange(8) / 4
    notes = Notes(time, time + 0.25, 60 + np.arange(8), np.full(8, 80), 2.0)
    write_midi(tmp_path / "scale.mid", notes)
    return tmp_path / "scale.mid"


def run(*arguments):
    """Return the exit status, of argparse's own exits too."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as exit_:
        return exit_.code


def seconds(path):
    return pretty_midi.PrettyMIDI(str(path)).get_end_time()


def test_generate_writes_a_midi_file_and_its_record(bundle, tmp_path, capsys):
    out = tmp_path / "sample.mid"
    assert (
        run("generate", "--bundle", bundle, "--key", "D minor", "--seconds", 7, "--out", out) == 0
    )
    assert seconds(out) == pytest.approx(7.0, abs=1e-3)
    record = json.loads(out.with_suffix(".json").read_text())
    assert (record["key"], record["seed"]) == ("D minor", 0)
    assert capsys.readouterr().out == f"{out}: {record['notes']} notes in 7 s, seed 0, D minor\n"


@pytest.mark.parametrize(("flags", "strength"), [([], 1.25), (["--key-strength", "0.5"], 0.5)])
def test_a_key_can_be_asked_of_any_model(tmp_path, flags, strength):
    plain = tmp_path / "plain.npz"
    write_arrays(plain, Bundle("performance_with_dynamics", "", small_weights()))
    out = tmp_path / "sample.mid"
    key = ["--key", "D minor plan", "--seconds", 20, *flags]
    assert run("generate", "--bundle", plain, "--out", out, *key) == 0
    record = json.loads(out.with_suffix(".json").read_text())
    assert record["settings"]["key_strength"] == strength
    assert record["key"].startswith("D minor, F major from 6 s")


def test_a_base_model_goes_by_its_name(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    shapes = expected_shapes(388, 388, layers=1, units=4)
    weights = {name: rng.normal(0, 0.3, shape).astype("f4") for name, shape in shapes.items()}
    model = "performance_with_dynamics"
    pretrained.write_arrays(tmp_path / f"{model}.npz", Bundle(model, "", weights))
    monkeypatch.setattr(pretrained, "bundled_path", lambda name: tmp_path / f"{name}.npz")
    out = tmp_path / "sample.mid"
    assert run("generate", "--bundle", model, "--seconds", 2, "--out", out) == 0
    assert json.loads(out.with_suffix(".json").read_text())["model"] == model


def test_several_samples_are_numbered(bundle, tmp_path):
    out = tmp_path / "new" / "take.mid"
    flags = ("--count", 2, "--seed", 5, "--num-steps", 250)
    assert run("generate", "--bundle", bundle, "--out", out, *flags) == 0
    assert sorted(p.name for p in out.parent.iterdir()) == [
        "take-1.json", "take-1.mid", "take-2.json", "take-2.mid",
    ]  # fmt: skip
    records = [json.loads((out.parent / f"take-{n}.json").read_text()) for n in (1, 2)]
    assert [record["seed"] for record in records] == [5, 6]


def test_every_setting_reaches_the_record(bundle, tmp_path):
    out = tmp_path / "sample.mid"
    flags = [
        "--key", "D minor, 1.5: F major", "--notes-per-second", "4, 1: 12.5",
        "--temperature", 0.9, "--top-k", 50, "--top-p", 0.95, "--min-p", 0.01,
        "--beam-size", 2, "--branch-factor", 3, "--steps-per-iteration", 4,
        "--primer-melody", 60, -2, -1, "--continue",
        "--max-note-seconds", 2, "--max-pause-seconds", 3, "--num-steps", 200,
    ]  # fmt: skip
    assert run("generate", "--bundle", bundle, "--out", out, *flags) == 0
    assert json.loads(out.with_suffix(".json").read_text())["settings"] == {
        "count": 1,
        "seed": 0,
        "num_steps": 200,
        "keys": [[[0, "D minor"], [1.5, "F major"]]],
        "notes_per_second": [[0, 4.0], [1.0, 12.5]],
        "temperature": 0.9,
        "top_k": 50,
        "top_p": 0.95,
        "min_p": 0.01,
        "beam": {"size": 2, "branch_factor": 3, "steps_per_iteration": 4},
        "primer": {"melody": [60, -2, -1], "continue": True},
        "max_note_seconds": 2.0,
        "max_pause_seconds": 3.0,
    }
    assert seconds(out) == pytest.approx(2.25, abs=1e-3)


def test_a_transformer_is_asked_for_composer_key_and_density(tmp_path, capsys):
    model = write_random_transformer(tmp_path / "model.safetensors")
    out = tmp_path / "sample.mid"
    flags = ["--composer", "Chopin", "--key", "D minor", "--notes-per-second", 8]
    flags += ["--guidance", 1.5, "--candidates", 2, "--seconds", 3]
    assert run("generate", "--bundle", model, "--out", out, *flags) == 0
    record = json.loads(out.with_suffix(".json").read_text())
    asked = {name: record["settings"].get(name) for name in ("composer", "keys", "key_strength")}
    assert asked == {"composer": "Chopin", "keys": ["D minor"], "key_strength": None}
    assert (record["settings"]["guidance"], record["settings"]["notes_per_second"]) == (1.5, 8.0)
    assert record["chosen"]["of"] == record["settings"]["candidates"] == 2
    assert record["seed"] in (0, 1)
    assert capsys.readouterr().out.endswith(f"seed {record['seed']}, Chopin, D minor\n")


def test_a_composer_whom_a_model_does_not_know_is_told(bundle, tmp_path, capsys):
    model = write_random_transformer(tmp_path / "model.safetensors")
    for which, text in (
        (model, "--composer: this model knows no 'Brahms'; it knows Frédéric Chopin"),
        (
            bundle,
            "--composer: this model has no input for it; leave it out, or take performance_t",
        ),
    ):
        command = ["generate", "--bundle", which, "--out", tmp_path / "x.mid"]
        assert run(*command, "--composer", "Brahms") == 1
        message = capsys.readouterr().err
        assert text in message
        assert message.count("\n") == 1


def test_a_midi_file_is_continued(bundle, midi, tmp_path):
    out = tmp_path / "longer.mid"
    flags = ("--primer-midi", midi, "--continue", "--seconds", 3)
    assert run("generate", "--bundle", bundle, "--out", out, *flags) == 0
    assert seconds(out) == pytest.approx(5.0, abs=1e-3)
    notes = sorted(pretty_midi.PrettyMIDI(str(out)).instruments[0].notes, key=lambda n: n.start)
    assert [note.pitch for note in notes[:8]] == list(range(60, 68))


@pytest.mark.parametrize(
    ("flags", "status", "text"),
    [
        (["--key", "H dur"], 1, "--key: 'H dur' is no key"),
        (["--key", "C, 9: D, 5: E"], 1, "--key: the times of a schedule"),
        (["--primer-midi", "gone.mid"], 1, "--primer-midi: there is no file gone.mid"),
        (["--primer-midi", __file__], 1, "cannot be a primer"),
        (["--primer-pitches", "60", "--seconds", "0.3"], 1, "primer: lasts 0.5 s"),
        (
            ["--bundle", "performance_with_dynamics", "--notes-per-second", "4"],
            1,
            "--notes-per-second: this model has no input for it",
        ),
        (["--out", "sample.wav"], 1, "end it in .mid"),
        (["--disable-conditioning"], 1, "take optional_multiconditioned"),
        (["--guidance", "2"], 1, "--guidance: nothing is asked for"),
        (["--guidance", "2", "--key", "C"], 1, "--guidance: this model has no input for it"),
        (["--guidance", "11"], 2, "--guidance: must be at least 0 and at most 10"),
        (["--candidates", "0"], 2, "--candidates: must be at least 1 and at most 64"),
        (["--bundle", "gone.mag"], 1, "--bundle: there is no file gone.mag"),
        (["--bundle", "performance"], 1, "the base models are multiconditioned_performance"),
        (["--bundle", "."], 1, ".: Is a directory; name a Magenta bundle"),
        (["--bundle", __file__], 1, "not a Magenta bundle"),
        (["--seconds", "0"], 2, "--seconds: must be above 0"),
        (["--seconds", "-5"], 2, "--seconds: must be above 0 and at most 86400, not -5"),
        (["--seconds", "nan"], 2, "--seconds: must be above 0"),
        (["--seconds", "inf"], 2, "--seconds: must be above 0 and at most 86400, not inf"),
        (["--num-steps", "0"], 2, "--num-steps: must be at least 1 and at most 8640000, not 0"),
        (["--num-steps", "1000000000000"], 2, "at most 8640000, not 1000000000000"),
        (["--seed", str(10**30)], 2, "--seed: must be at least 0 and at most 2147483647, not 1"),
        (["--seed", "7.0"], 2, "--seed: '7.0' is no whole number"),
        (["--count", "1001"], 2, "--count: must be at least 1 and at most 1000"),
        (["--temperature", "nan"], 2, "--temperature: must be above 0 and at most 10, not nan"),
        (["--temperature", "inf"], 2, "--temperature"),
        (["--max-note-seconds", "inf"], 2, "--max-note-seconds: must be above 0 and at most 3600"),
        (["--max-pause-seconds", "nan"], 2, "--max-pause-seconds"),
        (["--key", "C, inf: D"], 2, "at most 86400, not"),
        (["--pitch-class-histogram", "nan 0 1 0 1 1 0 1 0 1 0 1"], 2, "at most 1000000, not nan"),
        (["--beam-size", "100000"], 2, "--beam-size: must be at least 1 and at most 256"),
        (["--steps-per-iteration", "1e9"], 2, "'1e9' is no whole number"),
        (["--num-steps", "1.5"], 2, "'1.5' is no whole number"),
        (["--temperature", "0"], 2, "--temperature"),
        (["--top-p", "1.1"], 2, "at most 1, not 1.1"),
        (["--primer-pitches", "128"], 2, "at most 127"),
        (["--notes-per-second", "4, 12"], 2, "', 30: VALUE'"),
        (["--pitch-class-histogram", "1 2 3"], 2, "12 numbers"),
        (["--primer-pitches", "60", "--primer-midi", "x.mid"], 2, "not allowed with"),
        (["--keys", "C major"], 2, "unrecognized arguments: --keys"),
    ],
)
def test_generate_tells_in_one_line_what_is_wrong(
    bundle, tmp_path, monkeypatch, capsys, flags, status, text
):
    monkeypatch.chdir(tmp_path)
    assert run("generate", "--bundle", bundle, "--out", "sample.mid", *flags) == status
    message = capsys.readouterr().err
    assert text in message
    assert message.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_render_writes_sound_score_and_picture(midi, tmp_path):
    out = tmp_path / "rendered"
    assert run("render", midi, "--out", out) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        f"scale.{suffix}" for suffix in ("mp3", "musicxml", "pdf", "png", "svg", "wav")
    ]
    samples, rate = soundfile.read(out / "scale.wav")
    assert len(samples) / rate == pytest.approx(2.8, abs=0.01)
    assert abs(samples).max() > 0.05


def test_render_takes_names_that_are_not_utf_8(midi, tmp_path, capsys):
    name = os.fsdecode(b"m17-\xc7\xa7\xb1\xbe\xd3\xa3")  # GB2312
    try:
        midi = midi.rename(tmp_path / f"{name}.mid")
    except OSError:
        pytest.skip("this file system takes no such names")
    assert run("render", midi, "--out", tmp_path / "rendered") == 0
    assert len(capsys.readouterr().out.splitlines()) == 6
    assert {path.stem for path in (tmp_path / "rendered").iterdir()} == {name}


@pytest.mark.parametrize(
    ("flags", "text"),
    [(["gone.mid"], "there is no file gone.mid"), ([__file__], "not a MIDI file")],
)
def test_render_tells_in_one_line_what_is_wrong(tmp_path, monkeypatch, capsys, flags, text):
    monkeypatch.chdir(tmp_path)
    assert run("render", *flags, "--out", "rendered") == 1
    message = capsys.readouterr().err
    assert text in message
    assert message.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_render_needs_a_folder_to_write_into(midi, tmp_path, capsys):
    (tmp_path / "taken").write_text("mine")
    assert run("render", midi, "--out", tmp_path / "taken") == 1
    assert capsys.readouterr().err.endswith("taken is a file; name a folder\n")
    assert (tmp_path / "taken").read_text() == "mine"


def test_every_number_of_the_command_line_has_an_end_to_both_sides(tmp_path, capsys):
    out = ["generate", "--bundle", "x", "--out", tmp_path / "x.mid"]
    parser = make_parser()._subparsers._group_actions[0].choices["generate"]
    numbers = [
        action.option_strings[0]
        for action in parser._actions
        if action.type not in (None, Path) and action.dest != "keys"
    ]
    assert len(numbers) == 20
    for flag in numbers:
        for value in ("nan", "inf", "-inf", "1e400", str(10**30), str(-(10**30))):
            assert run(*out, f"{flag}={value}") == 2, (flag, value)
            assert capsys.readouterr().err.count("\n") == 1


def test_bounds_are_those_of_the_configuration():
    root = Path(__file__).parents[2]
    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    defs = schema["$defs"]
    beam = defs["beam"]["properties"]
    assert schema["properties"]["seed"]["maximum"] == generate.MOST_SEED
    assert defs["count"]["maximum"] == generate.MOST_SAMPLES
    assert defs["temperature"]["maximum"] == generate.MOST_TEMPERATURE
    assert defs["top_k"]["maximum"] == generate.MOST_EVENTS
    assert generate.MOST_STREAMS == beam["size"]["maximum"] == beam["branch_factor"]["maximum"]
    assert beam["steps_per_iteration"]["maximum"] == generate.MOST_STEPS_PER_ITERATION
    assert defs["candidates"]["maximum"] == generate.MOST_CANDIDATES
    assert defs["guidance"]["maximum"] == generate.MOST_GUIDANCE
    assert defs["max_note_seconds"]["maximum"] == generate.MOST_GUARD_SECONDS
    assert defs["max_pause_seconds"]["maximum"] == generate.MOST_GUARD_SECONDS
    assert defs["seconds"]["maximum"] == values.MOST_SECONDS
    assert defs["weights"]["items"]["maximum"] == values.MOST_WEIGHT


def midi_of_days(path):
    """Write a MIDI file of 36 bytes whose one note lasts four million seconds.

    One tick is half a second: the header says one tick a quarter, of which there are 120 a minute.
    The note's length of 8,000,000 ticks is 0x83 0xE8 0xA4 0x00 as a variable-length quantity.
    """
    track = bytes.fromhex("00 90 3C 40  83 E8 A4 00 3C 00  00 FF 2F 00")
    header = bytes.fromhex("4D546864 00000006 0000 0001 0001  4D54726B") + bytes([0, 0, 0, 14])
    path.write_bytes(header + track)
    assert path.stat().st_size == 36
    return path


def test_music_of_days_is_refused_before_anything_is_made_of_it(tmp_path, capsys):
    midi = midi_of_days(tmp_path / "days.mid")
    assert run("render", midi, "--out", tmp_path / "rendered") == 1
    message = capsys.readouterr().err
    assert message.startswith(f"perfrnn: error: {midi}: ")
    assert "it lasts 1111 hours, longer than 24" in message
    assert list(tmp_path.iterdir()) == [midi]


def test_render_writes_into_a_folder_that_is_a_disk_of_its_own(midi, tmp_path):
    with tiny_disk(tmp_path / "disk", kilobytes=8000) as disk:
        assert run("render", midi, "--out", disk) == 0
        assert len(list(disk.iterdir())) == 6


def test_a_full_disk_is_one_line(midi, bundle, tmp_path, capsys):
    with tiny_disk(tmp_path / "disk", kilobytes=100) as disk:
        assert run("render", midi, "--out", disk / "rendered") == 1
        message = capsys.readouterr().err
        assert f"{disk / 'rendered'}" in message
        assert "No space left on device; make room on that disk" in message
        assert message.count("\n") == 1
        assert list(disk.iterdir()) == []
        (disk / "filler").write_bytes(bytes(100 * 1024))
        assert run("generate", "--bundle", bundle, "--seconds", 2, "--out", disk / "x.mid") == 1
        message = capsys.readouterr().err
        assert message.startswith(f"perfrnn: error: {disk / 'x.mid'}: No space left on device")
        assert message.count("\n") == 1


def test_slices_tell_of_a_full_disk_in_one_line(tmp_path, monkeypatch, capsys):
    def fill(folder, out):
        raise OSError(errno.ENOSPC, "No space left on device", str(out / "model.mag"))

    monkeypatch.setattr(slices, "unpack", fill)
    assert slices.main(["unpack", "state", str(tmp_path)]) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path / 'model.mag'}: No space left on device; make room on that disk, then "
        "run the same command again\n"
    )


@pytest.mark.parametrize("seconds", ["nan", "inf", "0", "-1"])
def test_slices_take_a_finite_time(seconds, capsys):
    with pytest.raises(SystemExit):
        slices.main(["run", "pack", "state", f"--seconds={seconds}"])
    assert "must be above 0 and at most 604800" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"", b"RIFF of another kind"])
def test_a_broken_soundfont_leaves_nothing_behind(midi, tmp_path, capfd, content):
    soundfont = tmp_path / "broken.sf2"
    if content is not None:
        soundfont.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    assert run("render", midi, "--out", tmp_path / "rendered", "--soundfont", soundfont) == 1
    message = capfd.readouterr().err
    assert "broken.sf2" in message
    assert message.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_it_runs_as_a_program():
    command = [sys.executable, "-m", "perfrnn.cli"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("perfrnn ")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
