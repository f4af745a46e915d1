"""Transformers as files: what is written is read, damage and misfits are told."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest

from perfrnn.network.bundle import BundleError
from perfrnn.network.transformer_file import read_transformer, write_transformer
from perfrnn.network.transformer_layout import TransformerSettings, expected_shapes

SETTINGS = TransformerSettings(
    heads=2, context=16, composers=("unknown", "Frédéric Chopin"), density_edges=(2.0, 4.0),
    description="perfrnn test",
)  # fmt: skip


def random_weights(width=8, heads=2):
    rng = np.random.default_rng(0)
    shapes = expected_shapes(blocks=2, width=width, heads=heads, composers=2, densities=4)
    return {name: rng.standard_normal(s).astype(np.float32) for name, s in shapes.items()}


def test_weights_and_settings_come_back(tmp_path):
    weights = random_weights()
    write_transformer(tmp_path / "model.safetensors", weights, SETTINGS)
    found, settings = read_transformer(tmp_path / "model.safetensors")
    assert settings == SETTINGS
    assert found.keys() == weights.keys()
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == np.float32


def test_half_precision_keeps_eleven_bits_in_half_the_bytes(tmp_path):
    weights = random_weights()
    write_transformer(tmp_path / "whole.safetensors", weights, SETTINGS)
    write_transformer(tmp_path / "half.safetensors", weights, SETTINGS, half=True)
    found, _ = read_transformer(tmp_path / "half.safetensors")
    for name, value in weights.items():
        np.testing.assert_allclose(found[name], value, rtol=2**-11, atol=2**-24)
    count = sum(value.size for value in weights.values())
    sizes = [(tmp_path / f"{n}.safetensors").stat().st_size for n in ("whole", "half")]
    assert sizes[0] - sizes[1] == pytest.approx(2 * count, abs=64)


def test_the_file_is_what_the_format_says(tmp_path):
    """Eight bytes of length, a JSON header, then the numbers (safetensors' own description)."""
    weights = random_weights()
    write_transformer(tmp_path / "model.safetensors", weights, SETTINGS)
    content = (tmp_path / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    settings = json.loads(header["__metadata__"]["settings"])
    assert settings == {
        "format": 1, "heads": 2, "context": 16, "composers": ["unknown", "Frédéric Chopin"],
        "density_edges": [2.0, 4.0], "description": "perfrnn test",
    }  # fmt: skip
    first, last = header["blocks.1.up"]["data_offsets"]
    stored = np.frombuffer(content[8 + length + first : 8 + length + last], "<f4")
    np.testing.assert_array_equal(stored.reshape(8, 32), weights["blocks.1.up"])


def _cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def _other(path):
    path.write_bytes(b"RIFF" * 100)


def _without_settings(path):
    from safetensors.numpy import save

    path.write_bytes(save(random_weights()))


@pytest.mark.parametrize("damage", [_cut, _other, _without_settings])
def test_a_damaged_file_is_told_in_one_line(tmp_path, damage):
    path = tmp_path / "model.safetensors"
    write_transformer(path, random_weights(), SETTINGS)
    damage(path)
    with pytest.raises(BundleError, match="no transformer of perfrnn, or damaged") as told:
        read_transformer(path)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"absent\.safetensors: .*; name a model that is there"):
        read_transformer(tmp_path / "absent.safetensors")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"heads": 4}, "blocks.0.key"),
        ({"composers": ("unknown",)}, "composer"),
    ],
)
def test_weights_that_do_not_fit_the_settings_are_refused(tmp_path, changes, told):
    write_transformer(tmp_path / "m.safetensors", random_weights(), replace(SETTINGS, **changes))
    with pytest.raises(BundleError, match=told):
        read_transformer(tmp_path / "m.safetensors")


def test_heads_of_odd_size_are_refused(tmp_path):
    weights = random_weights(heads=8)
    write_transformer(tmp_path / "m.safetensors", weights, replace(SETTINGS, heads=8))
    with pytest.raises(BundleError, match="8 heads for a width of 8"):
        read_transformer(tmp_path / "m.safetensors")
