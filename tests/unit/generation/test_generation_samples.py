"""Sample files: what pretty_midi reads is what was asked for."""

import gzip
import hashlib
import json

import numpy as np
import pretty_midi
import pytest

from perfrnn.errors import PerfRNNError, SettingError
from perfrnn.files import sha256
from perfrnn.generation.samples import Choice, without_overlaps, write_midi, write_samples
from perfrnn.network.bundle import Bundle, BundleError, expected_shapes, write_bundle
from perfrnn.notes import Notes
from transformer_networks import write_random_transformer


def make_bundle(path, model, inputs, classes=388):
    rng = np.random.default_rng(0)
    shapes = expected_shapes(inputs, classes, layers=1, units=4)
    weights = {name: rng.normal(0, 0.3, shape).astype("f4") for name, shape in shapes.items()}
    write_bundle(path, Bundle(model, "", weights))
    return path


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.mag"
    return make_bundle(path, "multiconditioned_performance_with_dynamics", 408)


def names(folder, count=3):
    return [folder / f"sample-{number}.mid" for number in range(1, count + 1)]


SETTINGS = {
    "count": 3,
    "keys": ["C major", "D minor"],
    "notes_per_second": 15.0,
    "num_steps": 1000,
    "seed": 7,
    "temperature": 1.0,
}


def test_samples_have_the_length_and_the_keys_asked_for(bundle, tmp_path):
    write_samples(bundle, names(tmp_path), SETTINGS)
    records = [json.loads((tmp_path / f"sample-{n}.json").read_text()) for n in (1, 2, 3)]
    assert [record["key"] for record in records] == ["C major", "D minor", "C major"]
    assert [record["seed"] for record in records] == [7, 8, 9]
    for number, record in enumerate(records, 1):
        midi = pretty_midi.PrettyMIDI(str(tmp_path / f"sample-{number}.mid"))
        assert midi.get_end_time() == pytest.approx(10.0, abs=1e-3)
        assert sum(len(i.notes) for i in midi.instruments) == record["notes"]


def test_the_same_settings_give_the_same_bytes(bundle, tmp_path):
    write_samples(bundle, names(tmp_path / "a"), SETTINGS)
    write_samples(bundle, names(tmp_path / "b"), SETTINGS)
    written = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(written) == 6
    for name in written:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_record_says_what_it_was_made_of(bundle, tmp_path):
    primer, dataset = tmp_path / "primer.mid", tmp_path / "train.tfrecord.gz"
    one = Notes(np.array([0.0]), np.array([0.5]), np.array([60]), np.array([100]), 0.5)
    write_midi(primer, one)
    dataset.write_bytes(gzip.compress(b"records"))
    settings = SETTINGS | {
        "count": 1,
        "keys": [[[0, "D minor"], [5, "F major"]]],
        "notes_per_second": [[0, 4], [5, 9]],
        "primer": {"midi": str(primer), "continue": True},
        "top_p": 0.9,
    }
    write_samples(bundle, names(tmp_path, 1), settings, dataset=dataset)
    record = json.loads((tmp_path / "sample-1.json").read_text())
    assert record["settings"] == settings
    assert record["model"] == "multiconditioned_performance_with_dynamics"
    assert record["model_sha256"] == sha256(bundle)
    assert record["dataset_sha256"] == hashlib.sha256(b"records").hexdigest()
    assert record["primer_sha256"] == sha256(primer)
    assert record["key"] == "D minor, F major from 5 s"
    assert record["seed"] == 7
    assert record["seconds"] == 10.5
    counted = ("hanging_notes", "cut_notes", "forced_shifts", "forced_notes")
    counted += ("impossible_note_ons", "impossible_note_offs")
    assert all(isinstance(record[name], int) for name in counted)
    assert set(record["versions"]) == {"perfrnn", "numpy", "pretty_midi"}
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "sample-1.mid"))
    assert midi.get_end_time() == pytest.approx(10.5, abs=1e-3)
    first = min(midi.instruments[0].notes, key=lambda note: note.start)
    # The model hears velocity 100 as one of 32 steps, and writes it as that step's smallest.
    assert (first.start, first.end, first.pitch, first.velocity) == (0.0, 0.5, 60, 97)


@pytest.mark.parametrize(
    ("model", "inputs", "classes", "conditions"),
    [
        ("performance", 356, 356, {}),
        ("performance_with_dynamics", 388, 388, {}),
        ("density_conditioned_performance_with_dynamics", 396, 388, {"notes_per_second": 4}),
        ("pitch_conditioned_performance_with_dynamics", 400, 388, {"keys": ["E minor"]}),
        ("optional_multiconditioned_performance_with_dynamics", 409, 388, {"conditions": False}),
    ],
)
def test_every_performance_config_generates(tmp_path, model, inputs, classes, conditions):
    path = make_bundle(tmp_path / "model.mag", model, inputs, classes)
    settings = {"count": 1, "num_steps": 500, "seed": 1, "temperature": 1.0} | conditions
    write_samples(path, names(tmp_path, 1), settings)
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "sample-1.mid"))
    assert midi.get_end_time() == pytest.approx(5.0, abs=1e-3)
    velocities = {note.velocity for note in midi.instruments[0].notes}
    assert (velocities == {100}) == (model == "performance")


def test_settings_that_do_not_fit_the_model_write_nothing(tmp_path):
    path = make_bundle(tmp_path / "model.mag", "performance_with_dynamics", 388)
    settings = {"count": 1, "num_steps": 500, "seed": 1, "temperature": 1.0}
    for wrong in ({"keys": ["C major"]}, {"primer": {"pitches": [60]}, "num_steps": 50}):
        with pytest.raises(PerfRNNError):
            write_samples(path, names(tmp_path, 1), settings | wrong)
    other = make_bundle(tmp_path / "other.mag", "melody_rnn", 388)
    with pytest.raises(BundleError, match="generation knows performance"):
        write_samples(other, names(tmp_path, 1), settings)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.mag", "other.mag"]


def test_midi_holds_the_notes_to_the_millisecond(tmp_path):
    notes = Notes(
        np.array([0.0, 0.5, 1.25]),
        np.array([0.51, 1.99, 1.75]),
        np.array([60, 64, 67]),
        np.array([1, 64, 127]),
        3.0,
    )
    write_midi(tmp_path / "x.mid", notes)
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "x.mid"))
    read = sorted((n.start, n.end, n.pitch, n.velocity) for n in midi.instruments[0].notes)
    expected = [(0.0, 0.51, 60, 1), (0.5, 1.99, 64, 64), (1.25, 1.75, 67, 127)]
    np.testing.assert_allclose(read, expected, atol=5e-4)
    assert midi.get_end_time() == pytest.approx(3.0)


def test_a_restruck_pitch_ends_first():
    notes = Notes(
        np.array([0.0, 1.0, 1.0]),
        np.array([2.0, 3.0, 2.5]),
        np.array([60, 60, 62]),
        np.array([80, 80, 80]),
        3.0,
    )
    clean = without_overlaps(notes)
    assert clean.end.tolist() == [1.0, 3.0, 2.5]


def test_a_transformer_plays_what_it_is_asked_for(tmp_path):
    model = write_random_transformer(tmp_path / "model.safetensors")
    settings = SETTINGS | {"num_steps": 300, "composer": "Chopin", "guidance": 2.0, "count": 2}
    settings |= {"keys": [[[0, "D minor"], [1, "F major"]]], "notes_per_second": 8.0}
    write_samples(model, names(tmp_path, 2), settings)
    record = json.loads((tmp_path / "sample-1.json").read_text())
    assert record["settings"] == settings
    assert record["model"] == "performance_transformer"
    assert record["model_sha256"] == sha256(model)
    assert record["key"] == "D minor, F major from 1 s"
    played = {}
    for name in ("composer", "guidance", "keys", "notes_per_second"):
        less = {key: value for key, value in settings.items() if key != name}
        write_samples(model, names(tmp_path / name, 2), less)
        played[name] = (tmp_path / name / "sample-1.mid").read_bytes()
    # Each of them is heard: without any one the music is another.
    assert len({*played.values(), (tmp_path / "sample-1.mid").read_bytes()}) == 5


def test_a_composer_whom_the_model_does_not_know_is_told(tmp_path):
    model = write_random_transformer(tmp_path / "model.safetensors")
    with pytest.raises(SettingError, match="it knows Frédéric Chopin"):
        write_samples(model, names(tmp_path), SETTINGS | {"composer": "Brahms"})


def test_the_chosen_candidates_are_written(bundle, tmp_path):
    offered = []

    def last(candidates, record):
        offered.append((record["number"], candidates))
        return Choice(len(candidates) - 1, {"of": len(candidates)})

    settings = SETTINGS | {"count": 2, "candidates": 3, "num_steps": 300}
    write_samples(bundle, names(tmp_path, 2), settings, choose=last)
    assert [(number, len(candidates)) for number, candidates in offered] == [(1, 3), (2, 3)]
    for number, seed in ((1, 7 + 4), (2, 8 + 4)):
        record = json.loads((tmp_path / f"sample-{number}.json").read_text())
        assert record["seed"] == seed
        assert record["chosen"] == {"candidate": 3, "of": 3}
        assert record["notes"] == len(offered[number - 1][1][-1])
    # A chosen sample can be made again by its seed.
    alone = settings | {"count": 1, "candidates": 1, "seed": 11}
    write_samples(bundle, names(tmp_path / "again", 1), alone)
    again = json.loads((tmp_path / "again/sample-1.json").read_text())
    assert "chosen" not in again
    assert (tmp_path / "again/sample-1.mid").read_bytes() == (
        tmp_path / "sample-1.mid"
    ).read_bytes()


def test_candidates_need_somebody_to_choose(bundle, tmp_path):
    with pytest.raises(ValueError, match="choose between"):
        write_samples(bundle, names(tmp_path), SETTINGS | {"candidates": 2, "num_steps": 100})
    assert list(tmp_path.iterdir()) == []
