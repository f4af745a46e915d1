"""LSTMs as the browser takes them: order and width of the weights, and what they are asked for."""

import numpy as np
import pytest

from perfrnn.network.bundle import BIAS, KERNEL, OUTPUT_BIASES, OUTPUT_WEIGHTS
from perfrnn.network.layouts import LAYOUTS, Layout
from perfrnn.play.lstm import Lstm


def pack(weights):
    return Lstm(weights, Layout()).pack()


def requests(layout):
    return {request.control: request.inputs for request in Lstm({}, layout).requests()}


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


def test_a_model_without_conditions_heeds_no_control():
    assert requests(Layout()) == {}


def test_a_conditioned_model_gets_what_it_is_asked_for_as_inputs():
    asked = requests(Layout(density=True, histogram=True))
    assert list(asked) == ["density", "key"]  # as its inputs come
    assert asked["density"][15] == [0, 0, 0, 0, 1, 0, 0, 0]  # from 8 up to 16
    assert asked["key"][""] == [np.float32(1 / 12)] * 12
    assert np.argmax(asked["key"]["Eb major"]) == 3
    assert sum(asked["key"]["Eb major"]) == pytest.approx(1)


def test_models_made_here_are_asked_between_two_classes():
    asked = requests(Layout(density=True, heeds_requests=True))
    # What plays 4 notes a second is asked for as 4 * 4 / 4.3 of them, between 2..4 and 4..8.
    place = np.log2(4 * 4 / 4.3) + 0.5
    expected = [0, 0, 3 - place, place - 2, 0, 0, 0, 0]
    np.testing.assert_allclose(asked["density"][4], expected, atol=1e-6)


def test_optional_conditions_are_heeded():
    asked = requests(LAYOUTS["optional_multiconditioned_performance_with_dynamics"])
    assert asked["density"][1] == [0, 0, 1, 0, 0, 0, 0, 0, 0]  # the first switches them off
    assert len(asked["key"]["C major"]) == 12
