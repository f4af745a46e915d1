"""What a network plays by itself: forced by its biases, so that the shares are known."""

import pytest

from generation_networks import favour, small_weights
from perfrnn.generation.free_running import free_run
from transformer_networks import transformer_settings, transformer_weights


def test_a_network_that_strikes_one_pitch_for_ever():
    found = free_run(small_weights(bias=favour(60)), seed=1)
    assert found.note_ons == 64 * 128
    assert found.impossible_note_ons == 64 * 127


def test_a_network_that_only_ends_notes():
    found = free_run(small_weights(bias=favour(188)), seed=1)
    assert (found.note_ons, found.note_off_share) == (0, 1.0)


def test_of_two_events_at_random_half_are_impossible():
    found = free_run(small_weights(bias=favour(60, 188)), seed=1)
    assert found.note_on_share == pytest.approx(0.5, abs=0.1)
    assert found.note_off_share == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("inputs", [388, 408])
def test_the_same_seed_plays_the_same(inputs):
    weights = small_weights(inputs=inputs)
    assert free_run(weights, seed=3) == free_run(weights, seed=3) != free_run(weights, seed=4)


def test_a_transformer_plays_freely_too():
    found = free_run(transformer_weights(width=16), 3, transformer_settings())
    assert 1000 < found.note_ons + found.note_offs < 64 * 128
    assert free_run(transformer_weights(width=16), 3, transformer_settings()) == found
