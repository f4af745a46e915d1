"""Scores that a machine plays are told from what was played by hand."""

import numpy as np
import pytest

from perfrnn.notes import Notes, to_note_sequence
from perfrnn.performing.deadpan import why_deadpan
from perfrnn.performing.perform import perform


def make_sequence(start, velocity, qpm=120, ticks=480):
    start = np.asarray(start, float)
    count = len(start)
    velocity = np.broadcast_to(velocity, count)
    pitch = 60 + np.arange(count) % 12
    sequence = to_note_sequence(Notes(start, start + 0.1, pitch, velocity, start.max() + 1))
    sequence.tempos.add(qpm=qpm)
    sequence.ticks_per_quarter = ticks
    return sequence


EIGHTHS = np.arange(200) / 4


def test_one_loudness_on_a_grid_is_deadpan():
    reason = why_deadpan(make_sequence(EIGHTHS, 80))
    assert reason == "one loudness (80) and 100 % of the onsets on a grid"


def test_so_are_dynamics_that_hold():
    velocity = np.repeat([49, 96, 49, 112], 50)  # 196 of 199 notes as loud as the one before
    reason = why_deadpan(make_sequence(EIGHTHS, velocity))
    assert (
        reason == "98 % of the notes as loud as the one before and 100 % of the onsets on a grid"
    )


def test_triplets_and_another_tempo_are_on_the_grid():
    start = np.arange(99) / 3 * 60 / 77  # triplet eighths at 77 quarters a minute
    assert why_deadpan(make_sequence(start, 64, qpm=77))


def test_hands_are_on_no_grid():
    rng = np.random.default_rng(0)
    assert not why_deadpan(make_sequence(EIGHTHS + rng.normal(0, 0.02, 200), 80))


def test_what_was_played_and_moved_onto_a_grid_is_left_alone():
    rng = np.random.default_rng(0)
    assert not why_deadpan(make_sequence(EIGHTHS, rng.integers(40, 100, 200)))


@pytest.mark.parametrize("count", [0, 1])
def test_next_to_nothing_has_an_answer(count):
    sequence = make_sequence(EIGHTHS, 80)
    del sequence.notes[count:]
    assert bool(why_deadpan(sequence)) == bool(count)


def test_a_performance_of_a_score_is_not_deadpan():
    assert not why_deadpan(perform(make_sequence(EIGHTHS, 80), seed=0))
