"""Rows of streams: copied as rarely as can be, and never over what is still to be copied."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.generation.places import Places


def test_who_stays_is_not_copied():
    places = Places(5)
    assert places.take(np.array([4, 0, 1])) == [(4, 2)]  # the last moves to where 2 was
    assert places.rows.tolist() == [2, 0, 1]
    assert places.take(np.array([1, 1, 2])) == [(0, 2)]
    assert places.rows.tolist() == [0, 2, 1]


@given(st.data())
def test_every_stream_finds_what_is_its_own(data):
    places, state = Places(4), list("abcd")
    streams = list("abcd")
    for _ in range(4):
        taken = data.draw(st.lists(st.integers(0, len(streams) - 1), min_size=1, max_size=9))
        streams = [streams[stream] for stream in taken]
        copies = places.take(np.array(taken))
        state += [None] * (len(taken) - len(state))
        before = list(state)
        for source, target in copies:
            assert state[source] == before[source]  # not overwritten yet
            state[target] = state[source]
        assert [state[row] for row in places.rows] == streams
        assert sorted(places.rows) == list(range(len(streams)))
