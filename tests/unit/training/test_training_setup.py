"""What a training begins with: weights wired with latches, widened by conditions."""

import numpy as np
import pytest

from perfrnn.dataset.performance_batches import PerformanceBatches
from perfrnn.dataset.segments import Segments
from perfrnn.network.bundle import KERNEL, Bundle
from perfrnn.network.latches import has_latches
from perfrnn.network.pretrained import write_arrays
from perfrnn.training.setup import load_start, make_network

PLAIN, CONDITIONED = (
    "performance_with_dynamics",
    "multiconditioned_performance_with_dynamics",
)
SETTINGS = {
    "batch_size": 2,
    "network": {"layers": 2, "units": 112},
    "precision": "float32",
    "seed": 1,
    "truncate": 16,
}


@pytest.fixture(scope="module")
def batches():
    rng = np.random.default_rng(0)
    events = rng.integers(0, 388, 4000).astype(np.int16)
    names = np.array(["a", "b"])
    ends, ones = np.array([0, 2000, 4000]), np.ones(2)
    return PerformanceBatches(
        Segments(events, ends, names, names, 0 * ones, ones), 2, 16, False, 0
    )


@pytest.fixture
def plain(tmp_path):
    path = tmp_path / "plain.npz"
    write_arrays(
        path, Bundle(PLAIN, "", make_network(SETTINGS | {"model": PLAIN}).named_weights())
    )
    return path


def started(settings, path, batches):
    model = make_network(SETTINGS | settings)
    load_start(model, SETTINGS | settings, path, batches)
    return model.named_weights()


def test_latches_are_wired_into_start_weights_and_into_random_ones(plain, batches):
    for path in (plain, None):
        assert has_latches(started({"model": PLAIN, "latches": True}, path, batches))
        assert not has_latches(started({"model": PLAIN}, path, batches))


def test_latches_that_are_there_are_left_alone(plain, batches, tmp_path):
    latched = started({"model": PLAIN, "latches": True}, plain, batches)
    write_arrays(tmp_path / "latched.npz", Bundle(PLAIN, "", latched), half=True)
    again = started({"model": PLAIN, "latches": True}, tmp_path / "latched.npz", batches)
    for name, value in latched.items():
        np.testing.assert_allclose(again[name], value, rtol=1e-3, atol=1e-6)  # half precision


def test_a_conditioned_model_that_starts_from_a_plain_one_hears_its_conditions(plain, batches):
    settings = {"model": CONDITIONED, "start": "first"}
    widened = started(settings, plain, batches)
    wired = started(settings | {"latches": True}, plain, batches)
    assert (widened[KERNEL.format(0)][:20] == 0).all()
    assert (wired[KERNEL.format(0)][:20] != 0).any(axis=1).all()
    assert has_latches(wired)


def test_latches_keep_the_weights_of_their_gates_in_training(plain, batches):
    settings = SETTINGS | {"model": PLAIN, "latches": True}
    model = make_network(settings)
    load_start(model, settings, plain, batches)
    before = model.named_weights()
    model.train_step_on(batches[0], 1e-2)
    after = model.named_weights()
    assert has_latches(after)
    kernel = KERNEL.format(1)
    assert (before[kernel] != after[kernel]).any()
