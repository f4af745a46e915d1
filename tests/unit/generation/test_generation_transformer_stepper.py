"""The transformer step by step, against its function written out in float64, nothing kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfrnn.generation import transformer_stepper
from perfrnn.generation import transformer_weights as prepared_weights
from perfrnn.generation.transformer_stepper import TransformerStepper
from transformer_networks import (
    COMPOSERS,
    DENSITIES,
    KEYS,
    transformer_logits,
    transformer_weights,
)

HEADS = 3
NOTHING = (0, 0, np.eye(DENSITIES)[0])


def prepared(weights, context):
    return TransformerStepper(weights, heads=HEADS, context=context)


def random_events(rng, shape):
    """Events of which half start or end one of a few notes."""
    notes = 60 + rng.integers(4, size=shape) + 128 * rng.integers(2, size=shape)
    return np.where(rng.random(shape) < 0.5, notes, rng.integers(388, size=shape))


def random_requests(rng, length):
    return [
        (rng.integers(COMPOSERS), rng.integers(KEYS), rng.dirichlet(np.ones(DENSITIES)))
        for _ in range(length)
    ]


@pytest.mark.parametrize("streams", [1, 3, 9])
@pytest.mark.parametrize("context", [1, 8, 64])
def test_what_is_kept_changes_nothing(streams, context):
    """A context of 8 slides five times."""
    rng = np.random.default_rng(1)
    weights = transformer_weights()
    events = random_events(rng, (40, streams))
    asked = [random_requests(rng, 40) for _ in range(streams)]
    stepper = prepared(weights, context)
    network = stepper.start(streams)
    found = []
    for row, requests in zip(events, zip(*asked, strict=True), strict=True):
        signals = np.array([stepper.weights.condition(*request) for request in requests])
        found.append(network.step(row, signals))
    found = np.array(found)
    assert (stepper.classes, stepper.control_size) == (388, 24)
    assert found.dtype == np.float32
    for s in range(streams):
        expected = transformer_logits(weights, events[:, s], asked[s], HEADS, context)
        np.testing.assert_allclose(found[:, s], expected, atol=1e-5)


def expected_last(weights, events, context, asked=NOTHING):
    return transformer_logits(weights, events, [asked] * len(events), HEADS, context)[-1]


def test_an_inner_layer_in_pieces_is_the_whole(monkeypatch):
    monkeypatch.setattr(prepared_weights, "MOST_ROWS", 40)
    weights = transformer_weights()  # 96 units in an inner layer
    events = random_events(np.random.default_rng(8), (3, 10))
    for streams in (2, 10):
        network = prepared(weights, 8).start(streams)
        pieces = network._weights.blocks[0].down
        assert [len(piece.matrix) for piece in pieces] == [32, 32, 32]
        found = [network.step(row[:streams]) for row in events][-1]
        for s in range(streams):
            np.testing.assert_allclose(
                found[s], expected_last(weights, events[:, s], 8), atol=1e-5
            )


@pytest.mark.parametrize("context", [8, 300])
@pytest.mark.parametrize("length", [1, 150])
def test_what_is_heard_at_once_is_as_if_step_by_step(context, length, monkeypatch):
    """Streams that begin at different events of what is heard; 40 are heard at once."""
    monkeypatch.setattr(transformer_stepper, "HEARD", 40)
    rng = np.random.default_rng(2)
    weights = transformer_weights()
    events = random_events(rng, (3, length + 2))
    begin = np.array([0, length // 2, length])
    network = prepared(weights, context).start(3)
    network.hear(events[:, :length], None, begin)
    network.step(events[:, length])
    found = network.step(events[:, length + 1])
    for s in range(3):
        expected = expected_last(weights, events[s, begin[s] :], context)
        np.testing.assert_allclose(found[s], expected, atol=1e-5)


def test_a_stream_may_begin_in_a_later_call():
    rng = np.random.default_rng(3)
    weights = transformer_weights()
    events = random_events(rng, (2, 13))
    network = prepared(weights, 64).start(2)
    network.hear(events[:, :5], None, np.array([0, 8]))
    network.hear(events[:, 5:12], None, np.array([-5, 3]))
    found = network.step(events[:, 12])
    for s, begin in enumerate([0, 8]):
        expected = expected_last(weights, events[s, begin:], 64)
        np.testing.assert_allclose(found[s], expected, atol=1e-5)


def test_what_all_hear_alike_is_computed_once(monkeypatch):
    rng = np.random.default_rng(9)
    weights = transformer_weights()
    network = prepared(weights, 16).start(3)
    computed = []
    hear = network._hear
    monkeypatch.setattr(network, "_hear", lambda rows, x: computed.append(len(x)) or hear(rows, x))
    same, other = random_events(rng, 10), random_events(rng, (3, 4))
    network.hear(np.tile(same, (3, 1)), None, np.full(3, 2))
    network.hear(other, None, np.zeros(3, int))
    network.hear(np.tile(same, (3, 1)), None, np.zeros(3, int))
    assert computed == [1, 3, 3]
    found = network.step(np.array([60, 61, 62]))
    for s in range(3):
        events = np.concatenate([same[2:], other[s], same, [60 + s]])
        np.testing.assert_allclose(found[s], expected_last(weights, events, 16), atol=1e-5)


def test_what_is_asked_for_while_hearing_counts():
    rng = np.random.default_rng(4)
    weights = transformer_weights()
    events = random_events(rng, 9)
    asked = random_requests(rng, 9)
    stepper = prepared(weights, 64)
    signals = np.array([stepper.weights.condition(*each) for each in asked])
    network = stepper.start(1)
    network.hear(events[None, :8], signals[None, :8], np.array([0]))
    found = network.step(events[8:], signals[8:])[0]
    expected = transformer_logits(weights, events, asked, HEADS, 64)[-1]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@settings(max_examples=20)
@given(st.data())
def test_streams_may_be_dropped_doubled_and_reordered(data):
    """Whatever was taken, each stream goes on from what it has heard itself."""
    rng = np.random.default_rng(5)
    weights = transformer_weights(blocks=1)
    network = prepared(weights, 6).start(3)
    heard = [np.empty(0, int)] * 3
    for _ in range(4):
        for _ in range(data.draw(st.integers(1, 4))):
            events = random_events(rng, len(heard))
            found = network.step(events)
            heard = [np.append(h, event) for h, event in zip(heard, events, strict=True)]
        for h, logits in zip(heard, found, strict=True):
            np.testing.assert_allclose(logits, expected_last(weights, h, 6), atol=1e-5)
        taken = data.draw(st.lists(st.integers(0, len(heard) - 1), min_size=1, max_size=11))
        network.take(np.array(taken))
        heard = [heard[stream] for stream in taken]


def test_nothing_asked_for_is_the_first_row_of_each_table():
    stepper = prepared(transformer_weights(), 8)
    event = np.array([60])
    named = stepper.start(1).step(event, stepper.weights.condition(*NOTHING)[None])
    np.testing.assert_array_equal(stepper.start(1).step(event), named)


def test_positions_may_grow():
    """Distances count, so that after a day of music nothing is coarser."""
    rng = np.random.default_rng(6)
    weights = transformer_weights()
    events = random_events(rng, 20)
    network = prepared(weights, 8).start(1)
    for array in (*network._memory.keys, *network._memory.values):
        array[:] = 1.0
    network._position = 8 * 10**6
    network._memory.begin(np.array([0]), network._position)
    found = [network.step(np.array([event]))[0] for event in events]
    np.testing.assert_allclose(found[-1], expected_last(weights, events, 8), atol=1e-5)


def test_a_pass_has_as_many_streams_as_a_gigabyte_remembers(monkeypatch):
    weights = transformer_weights()  # two blocks, of which a head has 8 numbers
    of_stream = 2 * 2 * 64 * 8 * 4
    assert prepared(weights, 64).most_streams == 2**30 // of_stream
    monkeypatch.setattr(transformer_stepper, "MOST_BYTES", 3 * of_stream + 1)
    assert prepared(weights, 64).most_streams == 3
    monkeypatch.setattr(transformer_stepper, "MOST_BYTES", 5)
    assert prepared(weights, 64).most_streams == 1


def test_one_head_is_enough():
    weights = transformer_weights(width=8)
    events = random_events(np.random.default_rng(7), 5)
    network = TransformerStepper(weights, heads=1, context=4).start(1)
    found = [network.step(np.array([event]))[0] for event in events]
    expected = transformer_logits(weights, events, [NOTHING] * 5, 1, 4)
    np.testing.assert_allclose(found, expected, atol=1e-5)
