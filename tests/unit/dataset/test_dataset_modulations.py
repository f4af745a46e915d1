"""Parts in other keys: notes keep everything but their pitch, and move as a whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_up_music import played
from perfrnn.dataset.modulations import modulated
from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes

NOTHING = np.zeros(128, bool)


def in_parts(events, count):
    return np.array_split(np.arange(len(events)), count)


def line(*pitches):
    """Return the events of notes of a second each, one after another."""
    start = np.arange(len(pitches), dtype=float)
    notes = Notes(start, start + 1, np.array(pitches), np.full(len(pitches), 64), len(pitches) + 1)
    return ev.encode(notes)


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_notes_keep_everything_but_their_pitch(seed, count):
    events = played(8, seed=seed % 7).events
    moved = modulated(events, NOTHING, in_parts(events, count), np.random.default_rng(seed))
    old, new = ev.decode(events), ev.decode(moved)
    order = [np.lexsort((notes.end, notes.velocity, notes.start)) for notes in (old, new)]
    for name in ("start", "end", "velocity"):
        before, after = (getattr(n, name)[o] for n, o in zip((old, new), order, strict=True))
        np.testing.assert_array_equal(before, after)
    assert np.array_equal(events[events >= ev.TIME_SHIFT], moved[events >= ev.TIME_SHIFT])


def test_a_part_is_moved_by_one_number_of_semitones_and_the_first_by_none():
    events = line(*range(40, 80))
    pitched = np.flatnonzero(ev.is_note_on(events))
    seen = set()
    for seed in range(40):
        moved = modulated(events, NOTHING, in_parts(events, 3), np.random.default_rng(seed))
        steps = (moved - events)[pitched]
        first, *others = [steps[np.isin(pitched, part)] for part in in_parts(events, 3)]
        assert not first.any()
        for other in others:
            assert len(set(other)) == 1
            seen.add(int(other[0]))
    assert seen == set(range(-6, 7))


def test_a_note_that_sounds_into_another_part_ends_where_it_began():
    events = line(60, 62)
    bounds = np.flatnonzero(ev.is_note_on(events))[0] + 1  # the next part begins while C sounds
    parts = [np.arange(bounds), np.arange(bounds, len(events))]
    pitches = {
        tuple(ev.decode(modulated(events, NOTHING, parts, np.random.default_rng(seed))).pitch)
        for seed in range(300)
    }
    assert pitches == {(60, 62 + moved) for moved in range(-6, 7)}


@pytest.mark.parametrize("held", [60, 70])
def test_a_note_that_was_held_before_ends_and_none_is_struck_upon_it(held):
    before = NOTHING.copy()
    before[held] = True
    events = np.concatenate([line(64), line(64), [ev.NOTE_OFF + held]]).astype(ev.EVENT_DTYPE)
    half = len(line(64))
    parts = [np.arange(half), np.arange(half, len(events))]
    for seed in range(60):
        moved = modulated(events, before, parts, np.random.default_rng(seed))
        assert moved[-1] == ev.NOTE_OFF + held
        assert held not in moved[ev.is_note_on(moved)]


def test_music_at_the_end_of_the_range_stays_within_it():
    events = line(*[0, 127] * 10)
    for seed in range(20):
        moved = modulated(events, NOTHING, in_parts(events, 4), np.random.default_rng(seed))
        assert np.array_equal(moved, events)
