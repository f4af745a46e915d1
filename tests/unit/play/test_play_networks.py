"""Networks as the browser takes them: order, precision and width."""

import base64
import json
import re

import numpy as np
import pytest

from generation_networks import small_weights
from perfrnn.network.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS
from perfrnn.network.pretrained import base_models, bundled_path, read_start
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL
from perfrnn.play.networks import pack, write_network


def counted(units, inputs, classes):
    """Weights of two layers, each a number of its own."""
    shapes = {
        KERNEL.format(0): (inputs + units, 4 * units),
        BIAS.format(0): (4 * units,),
        KERNEL.format(1): (2 * units, 4 * units),
        BIAS.format(1): (4 * units,),
        OUTPUT_WEIGHTS: (units, classes),
        OUTPUT_BIASES: (classes,),
    }
    weights, first = {}, 0
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        weights[name] = np.arange(first, first + count, dtype=np.float32).reshape(shape)
        first += count
    return weights


def test_rows_to_look_up_stay_and_those_to_multiply_turn():
    weights = counted(units=4, inputs=3, classes=2)
    description, values = pack(weights)
    assert description == {
        "kind": "lstm", "bits": 16, "layers": 2, "units": 4, "inputs": 3, "classes": 2,
    }  # fmt: skip
    assert values[: 3 * 16].tolist() == list(range(48))  # three inputs of 16 gates
    recurrent = values[48 : 48 + 64].tolist()  # of the first gate: its weight in each of 4 rows
    assert recurrent[:4] == [48, 64, 80, 96]
    assert values[112:128].tolist() == list(range(112, 128))  # biases
    assert values[128:132].tolist() == [128, 144, 160, 176]  # second layer, first gate
    assert values[-2:].tolist() == weights[OUTPUT_BIASES].tolist()
    assert len(values) == sum(weight.size for weight in weights.values())


def test_weights_that_half_precision_would_change_stay_as_they_are():
    weights = counted(units=4, inputs=3, classes=2)
    weights[OUTPUT_BIASES] = np.array([1 / 3, 0], np.float32)
    description, values = pack(weights)
    assert (description["bits"], values.dtype) == (32, np.dtype("<f4"))
    assert values[-2] == np.float32(1 / 3)


def test_a_width_that_cannot_be_cut_in_fours_gets_idle_units():
    weights = counted(units=3, inputs=2, classes=4)
    description, values = pack(weights)
    assert description["units"] == 4
    first_input = values[:16].reshape(4, 4)  # gates i, j, f, o, each of four units
    assert first_input[:, :3].ravel().tolist() == list(range(12))
    assert first_input[:, 3].tolist() == [0, 0, 0, 0]
    recurrent = values[32 : 32 + 64].reshape(16, 4)
    assert recurrent[:, 3].tolist() == [0] * 16  # nobody hears an idle unit
    assert recurrent[3].tolist() == [0] * 4  # and nothing drives it


def test_the_script_calls_the_page_with_what_is_packed(tmp_path):
    weights = small_weights()
    write_network(tmp_path / "models/iter1.js", 7, weights)
    script = (tmp_path / "models/iter1.js").read_text(encoding="ascii")
    match = re.fullmatch(r'perfrnnNetwork\((\d+), (\{.*\}), "([A-Za-z0-9+/=]+)"\);\n', script)
    description, values = pack(weights)
    assert (int(match[1]), json.loads(match[2])) == (7, description)
    assert base64.b64decode(match[3]) == values.tobytes()


@pytest.mark.parametrize("model", sorted({*base_models()} - {TRANSFORMER_MODEL}))
def test_base_models_are_half_precision_as_they_ship(model):
    description, _ = pack(read_start(bundled_path(model)).weights)
    assert description["bits"] == 16
