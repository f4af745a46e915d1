"""The table of the ablation: every variant measured on the same held-out music."""

import math

import numpy as np
import pandas as pd
import pytest

from perfrnn.dataset.batches import evaluation_batches
from perfrnn.dataset.segments import Segment, Segments, write_segments
from perfrnn.errors import PerfRNNError
from perfrnn.network.bundle import Bundle, expected_shapes
from perfrnn.network.model import PerformanceRNN
from perfrnn.network.pretrained import write_model
from perfrnn.training.ablation import compare, measure

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


@pytest.fixture
def model():
    network = PerformanceRNN(conditioned=False, layers=1, units=4, precision="float32", seed=1)
    rng = np.random.default_rng(2)
    network.set_named_weights(
        {name: rng.normal(0, 1, shape).astype("f4") for name, shape in network.shapes().items()}
    )
    return network


def segments(lengths):
    rng = np.random.default_rng(3)
    return Segments(
        rng.integers(0, 388, sum(lengths)).astype(np.int16),
        np.cumsum([0, *lengths]),
        *(np.array([str(i) for i in range(len(lengths))]),) * 2,
        np.zeros(len(lengths)),
        np.ones(len(lengths)),
    )


def measured(model, lengths, batch_size):
    music = segments(lengths)
    return measure(model, list(evaluation_batches(music, batch_size, conditioned=False)))


def test_segments_to_which_a_measure_does_not_apply_change_nothing(model):
    # Two windows of 64 events, and so a movement between them, need 128 labels.
    long, short = [200, 170, 150, 140], [50, 40, 30, 20]
    alone = measured(model, long, 4)
    # Batches are made by length: the four short ones are a batch of their own, then half of one.
    for batch_size in (4, 8):
        both = measured(model, [*long, *short], batch_size)
        assert both["harmonic_progression"] == pytest.approx(
            alone["harmonic_progression"], rel=1e-5
        )
        # They have windows and notes of their own, which do count.
        assert both["rhythm"] != pytest.approx(alone["rhythm"], rel=1e-3)
    assert alone["harmonic_progression"] > 0.01


def test_how_segments_are_grouped_changes_nothing(model):
    lengths = [300, 220, 140, 131, 129, 90, 65, 20, 9]
    one = measured(model, lengths, 1)
    for batch_size in (2, 4, 9):
        assert measured(model, lengths, batch_size) == pytest.approx(one, rel=1e-4)


def test_a_measure_that_applies_to_no_segment_is_none(model):
    assert math.isnan(measured(model, [100, 20], 2)["harmonic_progression"])


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
    # 70 events are less than two windows of 64: there is no movement to compare.
    assert table.harmonic_progression.isna().all()
    assert table.rhythm.tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def test_a_bundle_of_another_size_is_an_error_that_names_it(tmp_path, held_out):
    bundles = {"none": variant(tmp_path / "large.mag", C4, units=5)}
    with pytest.raises(PerfRNNError, match=r"large\.mag"):
        compare(bundles, held_out, SETTINGS, tmp_path / "ablation.csv")
    assert not (tmp_path / "ablation.csv").exists()
