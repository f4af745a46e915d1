"""Guards forbid events only where time stands still or nothing is played."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.generation.guards import MAX_EVENTS_PER_SECOND, Guards, hanging_notes

SHIFT_SECOND = 355


def feed(guards, *events):
    """Let one stream's events be observed one by one."""
    for event in events:
        guards.observe(np.array([[event]]))


def allowed(guards):
    logits = np.zeros((1, 388))
    guards.restrict(logits)
    return np.flatnonzero(np.isfinite(logits[0])).tolist()


def test_nothing_is_forbidden_at_first():
    assert allowed(Guards(1, 10.0)) == list(range(388))


def test_a_runaway_stream_must_pass_time():
    guards = Guards(1, 10.0)
    feed(guards, *[60] * (MAX_EVENTS_PER_SECOND - 1))
    assert len(allowed(guards)) == 388
    feed(guards, 188)
    assert allowed(guards) == list(range(256, 356))
    assert guards.forced_shifts.tolist() == [1]
    feed(guards, 256)  # 10 ms earn four events
    feed(guards, 60, 60, 60)
    assert len(allowed(guards)) == 388
    feed(guards, 60)
    assert allowed(guards) == list(range(256, 356))


def test_a_silent_stream_must_play():
    guards = Guards(1, 2.5)
    feed(guards, SHIFT_SECOND, SHIFT_SECOND)
    feed(guards, 60)  # a note starts the pause anew
    feed(guards, SHIFT_SECOND, SHIFT_SECOND)
    assert len(allowed(guards)) == 388
    feed(guards, 305)
    assert allowed(guards) == list(range(128))
    assert guards.forced_notes.tolist() == [1]
    feed(guards, 60)
    assert len(allowed(guards)) == 388


def test_streams_are_guarded_each_by_itself():
    guards = Guards(2, 1.0)
    guards.observe(np.array([[SHIFT_SECOND], [60]]))
    logits = np.zeros((2, 388))
    guards.restrict(logits)
    assert np.isfinite(logits).sum(axis=1).tolist() == [128, 388]
    guards.take(np.array([1, 0, 0]))
    assert guards.forced_notes.tolist() == [0, 1, 1]


# Runs of one event are what brings guards to act.
streams = st.lists(
    st.builds(
        lambda event, times: [event] * times,
        st.sampled_from([60, 188, 256, 300, SHIFT_SECOND, 370]),
        st.sampled_from([1, 2, 5, 150]),
    ),
    min_size=1,
    max_size=12,
).map(lambda runs: [event for run in runs for event in run])


@given(streams, st.data())
def test_many_events_at_once_are_the_same_as_one_by_one(events, data):
    together, alone = Guards(1, 2.5), Guards(1, 2.5)
    for after in np.split(events, sorted(data.draw(st.sets(st.integers(1, len(events)))))):
        if len(after):
            together.observe(after[None])
            feed(alone, *after)
        assert allowed(together) == allowed(alone)
        assert together.calm() == alone.calm()


@given(streams, streams)
def test_no_guard_steps_in_while_it_is_calm(before, after):
    guards = Guards(1, 2.5)
    feed(guards, *before)
    for event in after[: guards.calm()]:
        assert len(allowed(guards)) == 388
        feed(guards, event)


def test_after_calm_a_guard_can_step_in():
    guards = Guards(1, 2.5)
    assert guards.calm() == 3
    feed(guards, SHIFT_SECOND, SHIFT_SECOND, SHIFT_SECOND)
    assert guards.calm() == 0
    assert allowed(guards) == list(range(128))


def test_hanging_notes_are_counted():
    on, off = 60, 188
    assert hanging_notes(np.array([on, 256, off])) == 0
    assert hanging_notes(np.array([on, on, 256, off, 62])) == 2
    assert hanging_notes(np.array([off, on])) == 1
