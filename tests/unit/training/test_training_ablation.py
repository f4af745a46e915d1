"""The table of the ablation: every variant measured on the same held-out music."""

import numpy as np
import pandas as pd
import pytest

from perfrnn.dataset.segments import Segment, write_segments
from perfrnn.errors import PerfRNNError
from perfrnn.network.bundle import Bundle, expected_shapes
from perfrnn.network.pretrained import write_model
from perfrnn.training.ablation import compare

SETTINGS = {
    "model": "performance_with_dynamics",
    "precision": "float32",
    "network": {"layers": 1, "units": 4},
}
C4, CSHARP4 = 60, 61


@pytest.fixture
def held_out(tmp_path):
    """Sixteen segments that repeat one note and four that repeat another: two batches."""
    path = tmp_path / "eval.tfrecord.gz"
    write_segments(
        path,
        [
            Segment(
                events=np.full(71, note), piece=f"p{i}", source=f"p{i}", start=0.0, stretch=1.0
            )
            for i, note in enumerate([C4] * 16 + [CSHARP4] * 4)
        ],
    )
    return path


def variant(path, favourite, units=4):
    """Write a model that is nearly sure of one event, whatever came before."""
    shapes = expected_shapes(388, 388, 1, units)
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    biases = next(name for name, shape in shapes.items() if shape == (388,))
    weights[biases][favourite] = 30.0
    write_model(path, Bundle(SETTINGS["model"], "", weights))
    return path


def test_a_row_for_each_variant(tmp_path, held_out):
    bundles = {
        "none": variant(tmp_path / "none.mag", C4),
        "all": variant(tmp_path / "all.mag", CSHARP4),
    }
    out = tmp_path / "ablation.csv"
    compare(bundles, held_out, SETTINGS, out)
    table = pd.read_csv(out).set_index("variant")
    assert list(table.index) == ["none", "all"]
    # Always the same note: right in 16 or 4 of 20 segments, 30 nats for each wrong event.
    assert table.accuracy.tolist() == pytest.approx([0.8, 0.2])
    assert table.loss.tolist() == pytest.approx([0.2 * 30, 0.8 * 30], rel=1e-4)
    # A unison's tension is 0.5, a minor second's 2.
    assert table.harmonic_tension.tolist() == pytest.approx([0.8, 1.7], rel=1e-4)
    assert table.harmonic_progression.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert table.rhythm.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_bundle_of_another_size_is_an_error_that_names_it(tmp_path, held_out):
    bundles = {"none": variant(tmp_path / "large.mag", C4, units=5)}
    with pytest.raises(PerfRNNError, match=r"large\.mag"):
        compare(bundles, held_out, SETTINGS, tmp_path / "ablation.csv")
    assert not (tmp_path / "ablation.csv").exists()
