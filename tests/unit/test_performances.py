"""Sample files: what pretty_midi reads is what was asked for."""

import json

import numpy as np
import pretty_midi
import pytest

from perfrnn.bundle import Bundle, expected_shapes, write_bundle
from perfrnn.notes import Notes
from perfrnn.performances import without_overlaps, write_midi, write_samples


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    rng = np.random.default_rng(0)
    shapes = expected_shapes(408, 388, layers=1, units=4)
    weights = {name: rng.normal(0, 0.3, shape).astype("f4") for name, shape in shapes.items()}
    path = tmp_path_factory.mktemp("model") / "model.mag"
    write_bundle(path, Bundle("multiconditioned_performance_with_dynamics", "", weights))
    return path


SETTINGS = {
    "count": 3,
    "keys": ["C major", "D minor"],
    "notes_per_second": 15.0,
    "num_steps": 1000,
    "seed": 7,
    "temperature": 1.0,
}


def test_samples_have_the_length_and_the_keys_asked_for(bundle, tmp_path):
    write_samples(bundle, tmp_path, SETTINGS)
    records = [json.loads((tmp_path / f"sample-{n}.json").read_text()) for n in (1, 2, 3)]
    assert [record["key"] for record in records] == ["C major", "D minor", "C major"]
    assert [record["seed"] for record in records] == [7, 8, 9]
    for number, record in enumerate(records, 1):
        midi = pretty_midi.PrettyMIDI(str(tmp_path / f"sample-{number}.mid"))
        assert midi.get_end_time() == pytest.approx(10.0, abs=1e-3)
        assert sum(len(i.notes) for i in midi.instruments) == record["notes"]


def test_the_same_settings_give_the_same_bytes(bundle, tmp_path):
    write_samples(bundle, tmp_path / "a", SETTINGS)
    write_samples(bundle, tmp_path / "b", SETTINGS)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(names) == 6
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


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
