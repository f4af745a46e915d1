"""Training in slices: the same result as in one go, on either backend."""

import os
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from perfrnn.dataset.segments import Segment, write_segments
from perfrnn.files import atomic
from perfrnn.network.bundle import Bundle, expected_shapes, read_bundle
from perfrnn.network.pretrained import read_arrays, write_arrays
from perfrnn.training import slices
from perfrnn.training.state import StateError
from perfrnn.training.train import TrainingInterruptedError

SETTINGS = {
    "batch_size": 2,
    "evaluate_every": 2,
    "learning_rate": {"schedule": "cosine", "peak": 1e-2, "warmup": 1},
    "max_steps": 4,
    "model": "multiconditioned_performance_with_dynamics",
    "network": {"layers": 2, "units": 8},
    "precision": "float32",
    "seed": 3,
    "transpose": [-1, 0, 1],
    "truncate": 16,
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for name, count in (("train", 5), ("eval", 2)):
        write_segments(
            folder / f"{name}.tfrecord.gz",
            [
                Segment(
                    events=np.tile(rng.integers(20, 360, 8), 10),
                    piece=f"{name}{i}",
                    source=f"{name}{i}",
                    start=0.0,
                    stretch=1.0,
                )
                for i in range(count)
            ],
        )
    start = Bundle(SETTINGS["model"], "", random_weights())
    write_arrays(folder / "start.npz", start, half=True)
    slices.pack(folder, SETTINGS, folder / "start.npz", folder / "packed")
    return folder / "packed"


def random_weights():
    rng = np.random.default_rng(1)
    shapes = expected_shapes(408, 388, 2, 8)
    return {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def whole(packed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert slices.run(packed, folder, 600)
    return folder


def test_slices_end_where_one_go_ends(packed, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(slices, "PIECE", 20_000)
    state = tmp_path / "slices"
    rounds = 0
    while not slices.run(packed, state, 0):
        rounds += 1
        assert len(pieces(state)) > 1
        assert all(piece.stat().st_size <= 20_000 for piece in pieces(state))
        assert not (state / "model.npz").exists()
    assert rounds == 3
    assert (state / "history.csv").read_text() == (whole / "history.csv").read_text()
    slices.unpack(state, tmp_path / "unpacked")
    model = read_bundle(tmp_path / "unpacked" / "model.mag")
    expected = read_arrays(whole / "model.npz").weights
    assert model.model == SETTINGS["model"]
    for name, value in expected.items():
        np.testing.assert_array_equal(model.weights[name], value)
    kept = read_arrays(tmp_path / "unpacked" / "model.npz").weights
    assert all(np.array_equal(kept[name], value) for name, value in expected.items())
    assert (tmp_path / "unpacked" / "metrics.json").exists()


class Trainer:
    """Stands for `train`: saves a state a call, and asks to be called again."""

    def __init__(self, monkeypatch):
        self.states, self.found = [], None
        monkeypatch.setattr(slices, "train", self)
        monkeypatch.setattr(slices, "PIECE", 400)

    def __call__(self, name, settings, files, *, seconds, devices=None):
        self.found = next((p.read_bytes() for p in files.state.glob("*/state.npz")), None)
        state = files.state / "0123456789abcdef-100" / "state.npz"
        state.parent.mkdir(parents=True, exist_ok=True)
        self.states.append(np.random.default_rng(len(self.states)).bytes(1000))
        state.write_bytes(self.states[-1])
        raise TrainingInterruptedError("time is up")


@pytest.fixture
def trainer(monkeypatch):
    return Trainer(monkeypatch)


def pieces(folder):
    return sorted(folder.glob("*.piece"))


def test_a_state_travels_in_pieces_and_only_the_last_stays(trainer, packed, tmp_path):
    for count in (1, 2, 3):
        assert not slices.run(packed, tmp_path, 0)
        assert trainer.found == (trainer.states[count - 2] if count > 1 else None)
        assert [path.stat().st_size for path in pieces(tmp_path)] == [400, 400, 200]
    assert not (tmp_path / "work").exists()


def test_the_state_before_stays_until_the_new_one_is_whole(
    trainer, packed, tmp_path, monkeypatch, caplog
):
    slices.run(packed, tmp_path, 0)
    written = []

    @contextmanager
    def full(path):
        if len(written) == 2:
            raise OSError("disk full")
        written.append(path)
        with atomic(path) as temporary:
            yield temporary

    monkeypatch.setattr(slices, "atomic", full)
    with pytest.raises(OSError, match="disk full"):
        slices.run(packed, tmp_path, 0)
    assert len(pieces(tmp_path)) == 5
    monkeypatch.setattr(slices, "atomic", atomic)
    slices.run(packed, tmp_path, 0)
    assert trainer.found == trainer.states[0]
    assert "state 2 is not whole" in caplog.text
    # What was left of it is gone, and the next goes on from the last.
    slices.run(packed, tmp_path, 0)
    assert trainer.found == trainer.states[2]


def test_a_state_of_which_a_byte_or_a_piece_is_missing_is_named(trainer, packed, tmp_path):
    slices.run(packed, tmp_path, 0)
    first, *_ = pieces(tmp_path)
    content = first.read_bytes()
    first.write_bytes(b"?" + content[1:])
    with pytest.raises(StateError, match=r"no state is whole; delete the \.piece files"):
        slices.run(packed, tmp_path, 0)
    first.unlink()
    with pytest.raises(StateError, match="no state is whole"):
        slices.run(packed, tmp_path, 0)
    first.write_bytes(content)
    slices.run(packed, tmp_path, 0)
    assert trainer.found == trainer.states[0]


def test_pieces_of_another_version_are_not_passed_over(trainer, packed, tmp_path):
    (tmp_path / "state-0123456789abcdef-00.piece").write_bytes(b"")
    with pytest.raises(StateError, match=r"abcdef-00\.piece: of another version"):
        slices.run(packed, tmp_path, 0)


def test_jax_trains_the_same_where_there_is_no_tensorflow(packed, whole, tmp_path):
    pytest.importorskip("jax")
    script = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from perfrnn.commands.slices import main\n"
        "sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "run", str(packed), str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "ended\n"
    assert "device: jax on CPU; precision: float32" in done.stderr
    histories = [pd.read_csv(folder / "history.csv") for folder in (tmp_path, whole)]
    # A draw that a last bit turns round changes all that follows it: these are not compared.
    ours, other = (each.drop(columns=list(each.filter(like="impossible"))) for each in histories)
    pd.testing.assert_frame_equal(ours, other, rtol=1e-4)
