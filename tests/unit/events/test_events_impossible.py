"""Impossible events: counted by hand, and none in encoded music."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfrnn.events import vocabulary as ev
from perfrnn.events.impossible import ImpossibleEvents, impossible_events
from perfrnn.notes import Notes

C, D, SHIFT = 60, 62, 256 + 9
C_OFF, D_OFF = 128 + C, 128 + D


def test_a_pitch_struck_twice_and_ended_twice():
    events = np.array([C, SHIFT, C, D, SHIFT, C_OFF, C_OFF, D_OFF])
    assert impossible_events([events]) == ImpossibleEvents(3, 3, 1, 1)


def test_a_pitch_ended_before_it_is_struck():
    found = impossible_events([np.array([D_OFF, SHIFT, D, SHIFT, D_OFF, C])])
    assert found == ImpossibleEvents(2, 2, 0, 1)
    assert (found.note_on_share, found.note_off_share) == (0.0, 0.5)


def test_every_sequence_begins_in_silence():
    assert impossible_events([np.array([C]), np.array([C, C_OFF])]).impossible_note_ons == 0
    assert impossible_events([np.array([C]), np.array([C_OFF])]).impossible_note_offs == 1


def test_nothing_is_impossible_where_nothing_is_played():
    found = impossible_events([np.array([SHIFT])])
    assert (found.note_on_share, found.note_off_share) == (0.0, 0.0)


note = st.tuples(st.integers(0, 500), st.integers(2, 100), st.integers(21, 108))


@given(st.lists(note, min_size=1, max_size=60))
def test_encoded_music_has_none(rows):
    by_pitch = {}
    for start, length, pitch in sorted(rows):
        if start > by_pitch.get(pitch, (0, -2))[1] + 1:
            by_pitch[pitch] = (start, start + length)
    start, end = np.array(list(by_pitch.values())).T / ev.STEPS_PER_SECOND
    notes = Notes(start, end, np.array(list(by_pitch)), np.full(len(start), 80), end.max())
    found = impossible_events([ev.encode(notes)])
    assert found.note_ons == found.note_offs == len(start)
    assert (found.impossible_note_ons, found.impossible_note_offs) == (0, 0)
