"""Base models in half precision: what comes back, and clear errors."""

import numpy as np
import pytest

from perfrnn.network import pretrained
from perfrnn.network.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS, Bundle, BundleError
from perfrnn.network.pretrained import read_arrays, read_start, write_arrays


def bundle():
    rng = np.random.default_rng(0)
    shapes = {
        KERNEL.format(0): (392, 16),
        BIAS.format(0): (16,),
        OUTPUT_WEIGHTS: (4, 388),
        OUTPUT_BIASES: (388,),
    }
    weights = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return Bundle("performance_with_dynamics", "a test", weights)


@pytest.mark.parametrize(("half", "error"), [(False, 0.0), (True, 2**-11)])
def test_weights_come_back_whole_or_to_eleven_bits(tmp_path, half, error):
    before = bundle()
    write_arrays(tmp_path / "model.npz", before, half=half)
    after = read_start(tmp_path / "model.npz")
    assert (after.model, after.description) == (before.model, before.description)
    assert after.weights.keys() == before.weights.keys()
    for name, value in before.weights.items():
        assert after.weights[name].dtype == np.float32
        difference = np.abs(after.weights[name] - value)
        assert np.all(difference <= error * np.maximum(np.abs(value), 1e-4))


def test_equal_models_are_equal_files(tmp_path):
    for name in ("one.npz", "other.npz"):
        write_arrays(tmp_path / name, bundle())
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut short"])
def test_a_damaged_file_is_a_clear_error(tmp_path, content):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    with pytest.raises(BundleError, match=r"damaged .*; fetch it again"):
        read_arrays(path)


def test_a_damaged_base_model_is_to_be_installed_again(tmp_path, monkeypatch):
    path = tmp_path / "performance_with_dynamics.npz"
    path.write_bytes(b"no zip")
    monkeypatch.setattr(pretrained, "bundled_path", lambda model: path)
    with pytest.raises(BundleError, match="install the package again"):
        read_arrays(path)


def test_other_arrays_are_a_clear_error(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    with pytest.raises(BundleError, match="no model of perfrnn"):
        read_start(tmp_path / "other.npz")


@pytest.mark.parametrize("weights", [{}, {OUTPUT_WEIGHTS: np.zeros((4, 388), np.float16)}])
def test_a_file_without_weights_is_a_clear_error(tmp_path, weights):
    np.savez(tmp_path / "empty.npz", model="performance_with_dynamics", description="", **weights)
    with pytest.raises(BundleError, match=r"empty\.npz: .* no Performance RNN"):
        read_start(tmp_path / "empty.npz")
