"""Excerpts and the controls made from them."""

import numpy as np
import pytest

from evaluation_music import music, noise, scale
from perfrnn.evaluation import controls
from perfrnn.evaluation.excerpts import as_sampled, excerpt, opening, random_excerpt

RNG = np.random.default_rng


def test_an_excerpt_begins_at_zero_and_ends_on_time():
    notes = music([(0, 9, 60), (5, 6, 62), (9, 20, 64), (10, 11, 65)])
    part = excerpt(notes, 5.0, 5.0)
    assert part.start.tolist() == [0, 4]
    assert part.end.tolist() == [1, 5]
    assert part.pitch.tolist() == [62, 64]
    assert part.total_time == 5


def test_as_sampled_is_the_model_s_grid_and_changes_samples_no_more():
    notes = music([(0.004, 0.017, 60, 64), (1.0, 9.0, 62, 3), (2.0, 3.0, 62, 127)], 10.0)
    coarse = as_sampled(notes)
    np.testing.assert_allclose(coarse.start, [0.0, 1.0, 2.0])
    # One step at least, cut where the pitch is struck again.
    np.testing.assert_allclose(coarse.end, [0.02, 2.0, 3.0])
    assert coarse.velocity.tolist() == [61, 1, 125]
    assert coarse.total_time == 10
    again = as_sampled(coarse)
    for name in ("start", "end", "pitch", "velocity"):
        np.testing.assert_array_equal(getattr(again, name), getattr(coarse, name))


def test_long_notes_are_cut_as_in_generation():
    assert as_sampled(music([(0, 30, 60)])).end.tolist() == [5.0]


def test_the_opening_of_short_and_long_music():
    assert opening(scale(seconds=90)).total_time == 60
    assert opening(scale(seconds=10)).total_time == 10
    assert len(opening(music([], 60.0))) == 0


def test_a_minute_of_which_a_part_is_silence_or_one_long_note_has_no_excerpt():
    beats = [(t / 2, t / 2 + 0.4, 60) for t in range(100)]  # onsets from 0 to 49.5 s
    for rows in ([*beats, (50, 90, 64)], [(t + 30, end + 30, 60) for t, end, _ in beats]):
        assert random_excerpt(music(rows, 100.0), RNG(0)) is None


def test_random_excerpts_are_full_of_music():
    long_rest = music([(t + 100, t + 101, 60 + t % 12) for t in range(90)], 500.0)
    for seed in range(20):
        part = random_excerpt(long_rest, RNG(seed))
        assert part.total_time == 60
        assert len(part) == 60
    assert random_excerpt(scale(seconds=59), RNG(0)) is None
    assert random_excerpt(music([]), RNG(0)) is None


HUMAN = noise(count=500)


@pytest.mark.parametrize("name", controls.SPOILT)
def test_a_control_spoils_one_thing_only(name):
    spoilt = controls.SPOILT[name](HUMAN, RNG(0))
    assert len(spoilt) == len(HUMAN)
    assert spoilt.total_time == HUMAN.total_time
    assert spoilt.start.min() >= 0
    assert spoilt.end.max() <= HUMAN.total_time
    kept = {
        "random notes": (),
        "shuffled pitches": ("start", "end", "velocity"),
        "jittered onsets": ("pitch", "velocity"),
        "20 % wrong notes": ("start", "end", "velocity"),
    }[name]
    for column in kept:
        np.testing.assert_array_equal(getattr(spoilt, column), getattr(HUMAN, column))
    for column in ("pitch", "velocity"):
        if name in ("shuffled pitches", "random notes") and column == "velocity":
            assert sorted(spoilt.velocity) == sorted(HUMAN.velocity)


def test_shuffling_keeps_the_pitches():
    spoilt = controls.shuffled_pitches(HUMAN, RNG(0))
    assert sorted(spoilt.pitch) == sorted(HUMAN.pitch)
    assert (spoilt.pitch != HUMAN.pitch).mean() > 0.9


def test_a_fifth_of_the_notes_is_wrong_by_a_step():
    moved = controls.wrong_notes(HUMAN, RNG(0)).pitch - HUMAN.pitch
    assert (moved != 0).mean() == pytest.approx(0.2, abs=0.05)
    assert set(np.abs(moved)) == {0, 1, 2}


def test_jitter_has_the_stated_size():
    moved = controls.jittered_onsets(HUMAN, RNG(0)).start - HUMAN.start
    assert moved.std() == pytest.approx(0.1, rel=0.1)


def test_a_collage_takes_three_seconds_from_each_of_twenty():
    sources = [music([(t / 2, t / 2 + 1, pitch) for t in range(120)]) for pitch in range(40, 60)]
    mixed = controls.collage(sources, RNG(0))
    assert mixed.total_time == 60
    assert len(set(mixed.pitch)) == 20
    for first in range(0, 60, 3):
        inside = (mixed.start >= first) & (mixed.start < first + 3)
        assert len(set(mixed.pitch[inside])) == 1
        assert mixed.end[inside].max() <= first + 3


def test_controls_of_nothing_are_nothing():
    for spoil in controls.SPOILT.values():
        assert len(spoil(music([], 60.0), RNG(0))) == 0


def test_the_same_seed_makes_the_same_controls():
    one, other = (list(controls.spoil([HUMAN, scale()], RNG(3))) for _ in range(2))
    assert len(one) == 2 * len(controls.SPOILT)
    for (name, index, notes), (same_name, same_index, same) in zip(one, other, strict=True):
        assert (name, index) == (same_name, same_index)
        np.testing.assert_array_equal(notes.pitch, same.pitch)


def test_collages_are_made_of_their_own_fold():
    humans = [music([(t / 2, t / 2 + 1, pitch) for t in range(120)]) for pitch in range(40, 46)]
    folds = np.array([0, 1, 2, 0, 1, 0])
    heard = [set(notes.pitch) for notes in controls.make_collages(humans, folds, RNG(0))]
    # Twenty draws from two or three excerpts miss none of them.
    first, second, third = {40, 43, 45}, {41, 44}, {42}
    assert heard == [first, second, third, first, second, first]
