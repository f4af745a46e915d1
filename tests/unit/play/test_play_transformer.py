"""Transformers as the browser takes them: order and width, and what they are asked for."""

import numpy as np
import pytest

from perfrnn.network.transformer_layout import TransformerSettings, expected_shapes
from perfrnn.play.transformer import Transformer
from transformer_networks import (
    COMPOSERS,
    DENSITIES,
    NAMES,
    transformer_settings,
    transformer_weights,
)


def counted(blocks, width, heads):
    """Weights each of which is a number of its own."""
    weights, first = {}, 0
    for name, shape in expected_shapes(blocks, width, heads, COMPOSERS, DENSITIES).items():
        count = int(np.prod(shape))
        weights[name] = np.arange(first, first + count, dtype=np.float32).reshape(shape)
        first += count
    return weights


def cut(values, *shapes):
    """Cut what was packed into matrices."""
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    assert ends[-1] == len(values)
    parts = np.split(values, ends[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]


def test_rows_to_look_up_stay_and_those_to_multiply_turn():
    weights = counted(blocks=2, width=8, heads=2)
    description, values = Transformer(weights, transformer_settings(2, 32)).pack()
    assert description == {
        "kind": "transformer", "bits": 32, "requests": [4, 25, 6], "blocks": 2, "width": 8,
        "heads": 2, "context": 32, "classes": 388,
    }  # fmt: skip
    looked_up = ["composer", "key", "density", "held", "events"]
    parts = ["query", "key", "value", "output", "up", "down"]
    multiplied = [f"blocks.{block}.{part}" for block in (0, 1) for part in parts] + ["output"]
    expected = [weights[name].ravel() for name in looked_up]
    expected += [weights[name].T.ravel() for name in multiplied]
    np.testing.assert_array_equal(values, np.concatenate(expected))


def test_widths_that_cannot_be_cut_in_fours_are_filled_up():
    """Heads of 2 and a width of 6."""
    weights = counted(blocks=1, width=6, heads=3)
    _, values = Transformer(weights, transformer_settings(3, 32)).pack()
    tables, query, key, value, output, up, down, last = cut(
        values, (4 + 25 + 6 + 128 + 388, 8), (12, 8), (4, 8), (4, 8), (8, 12), (24, 8), (8, 24),
        (388, 8),
    )  # fmt: skip
    for matrix in (tables, query, key, value, up, last):
        assert not matrix[:, 6:].any()  # what nobody says
    kept = [0, 1, 4, 5, 8, 9]  # of the three heads
    idle = [2, 3, 6, 7, 10, 11]
    np.testing.assert_array_equal(query[kept, :6], weights["blocks.0.query"].T)
    np.testing.assert_array_equal(output[:6, kept], weights["blocks.0.output"].T)
    np.testing.assert_array_equal(key[:2, :6], weights["blocks.0.key"].T)
    np.testing.assert_array_equal(down[:6], weights["blocks.0.down"].T)
    for rows in (query[idle], output[:, idle].T, key[2:], value[2:], output[6:], down[6:]):
        assert not rows.any()


@pytest.fixture(scope="module")
def requests():
    network = Transformer(transformer_weights(), transformer_settings())
    return {request.control: request.inputs for request in network.requests()}


def test_one_row_of_a_table_is_asked_for(requests):
    assert list(requests) == ["composer", "key", "density"]  # as in the description
    assert list(requests["composer"]) == ["", *NAMES[1:]]
    assert requests["composer"]["Frédéric Chopin"] == [0, 1, 0, 0]
    assert len(requests["key"]) == 25
    assert np.argmax(requests["key"]["C major"]) == 1
    assert np.argmax(requests["key"]["B major"]) == 12
    assert requests["key"]["D minor"] == [*[0] * 15, 1, *[0] * 9]


def test_nothing_is_asked_for_by_the_first_rows(requests):
    assert requests["composer"][""] == [1, 0, 0, 0]
    assert requests["key"][""] == [1, *[0] * 24]
    assert requests["density"][0] == [1, 0, 0, 0, 0, 0]


def test_a_density_lies_between_two_classes(requests):
    # Edges are 2, 4, 8 and 16; in octaves, 4 is half-way between the middles of 2..4 and 4..8.
    assert requests["density"][4] == pytest.approx([0, 0, 0.5, 0.5, 0, 0])
    assert requests["density"][1] == [0, 1, 0, 0, 0, 0]
    assert requests["density"][40] == [0, 0, 0, 0, 0, 1]
    assert list(requests["density"]) == list(range(41))


def test_a_model_may_know_no_composer():
    weights = transformer_weights() | {"composer": np.zeros((1, 24), np.float32)}
    composer, *_ = Transformer(weights, TransformerSettings(3, 32)).requests()
    assert composer.inputs == {"": [1]}
