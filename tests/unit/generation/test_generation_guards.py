"""Guards forbid events only where time stands still or nothing is played."""

import numpy as np

from perfrnn.generation.guards import MAX_EVENTS_PER_SECOND, Guards, hanging_notes

SHIFT_SECOND = 355


def feed(guards, event, steps=0, times=1):
    for _ in range(times):
        guards.observe(np.array([event]), np.array([steps]))


def allowed(guards):
    logits = np.zeros((1, 388))
    guards.restrict(logits)
    return np.flatnonzero(np.isfinite(logits[0])).tolist()


def test_nothing_is_forbidden_at_first():
    assert allowed(Guards(1, 10.0)) == list(range(388))


def test_a_runaway_stream_must_pass_time():
    guards = Guards(1, 10.0)
    feed(guards, 60, times=MAX_EVENTS_PER_SECOND - 1)
    assert len(allowed(guards)) == 388
    feed(guards, 188)
    assert allowed(guards) == list(range(256, 356))
    assert guards.forced_shifts.tolist() == [1]
    feed(guards, 256, steps=1)  # 10 ms earn four events
    feed(guards, 60, times=3)
    assert len(allowed(guards)) == 388
    feed(guards, 60)
    assert allowed(guards) == list(range(256, 356))


def test_a_silent_stream_must_play():
    guards = Guards(1, 2.5)
    feed(guards, SHIFT_SECOND, steps=100, times=2)
    feed(guards, 60)  # a note starts the pause anew
    feed(guards, SHIFT_SECOND, steps=100, times=2)
    assert len(allowed(guards)) == 388
    feed(guards, 305, steps=50)
    assert allowed(guards) == list(range(128))
    assert guards.forced_notes.tolist() == [1]
    feed(guards, 60)
    assert len(allowed(guards)) == 388


def test_streams_are_guarded_each_by_itself():
    guards = Guards(2, 1.0)
    guards.observe(np.array([SHIFT_SECOND, 60]), np.array([100, 0]))
    logits = np.zeros((2, 388))
    guards.restrict(logits)
    assert np.isfinite(logits).sum(axis=1).tolist() == [128, 388]
    guards.take(np.array([1, 0, 0]))
    assert guards.forced_notes.tolist() == [0, 1, 1]


def test_hanging_notes_are_counted():
    on, off = 60, 188
    assert hanging_notes(np.array([on, 256, off])) == 0
    assert hanging_notes(np.array([on, on, 256, off, 62])) == 2
    assert hanging_notes(np.array([off, on])) == 1
