"""Training in slices: the same result as in one go, on either backend."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from perfrnn.dataset.segments import Segment, write_segments
from perfrnn.network.bundle import Bundle, expected_shapes, read_bundle
from perfrnn.network.pretrained import read_compact, write_compact
from perfrnn.training import slices

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
    write_compact(folder / "start.npz", start)
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
        pieces = list(state.glob("state-*.piece"))
        assert len(pieces) > 1
        assert all(piece.stat().st_size <= 20_000 for piece in pieces)
        assert not (state / "model.npz").exists()
    assert rounds == 3
    assert (state / "history.csv").read_text() == (whole / "history.csv").read_text()
    slices.unpack(state, tmp_path / "unpacked")
    model = read_bundle(tmp_path / "unpacked" / "model.mag")
    expected = read_compact(whole / "model.npz").weights
    assert model.model == SETTINGS["model"]
    for name, value in expected.items():
        np.testing.assert_array_equal(model.weights[name], value)
    assert (tmp_path / "unpacked" / "metrics.json").exists()


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
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "history.csv"), pd.read_csv(whole / "history.csv"), rtol=1e-4
    )
