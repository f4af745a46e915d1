"""Spans: what they hold, counted on made-up performances."""

import numpy as np
import pytest

from perfrnn.dataset.segments import Segments
from perfrnn.dataset.spans import LEAST_NOTES, cut_spans
from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes


def played(seconds, seed=0):
    """Return a performance of about so many seconds, 10 notes each."""
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0, seconds, 10 * seconds))
    notes = Notes(
        start,
        start + rng.uniform(0.05, 2, len(start)),
        rng.integers(30, 90, len(start)),
        rng.integers(1, 128, len(start)),
        seconds + 2.0,
    )
    events = ev.encode(notes)
    one = np.array(["x"])
    return Segments(events, np.array([0, len(events)]), one, one, np.zeros(1), np.ones(1))


def test_spans_start_in_silence_and_hold_every_note_once():
    music = played(100)
    spans = cut_spans(music, 30.0, of="all", seed=4)
    assert len(spans) >= 3
    notes = [ev.decode(spans[i]) for i in range(len(spans))]
    assert [n.start.min() for n in notes] == [0.0] * len(spans)
    assert max(n.end.max() for n in notes) <= 30.0
    assert sum(map(len, notes)) == pytest.approx(len(ev.decode(music[0])), abs=LEAST_NOTES)


def test_unstretched_performances_can_stay_whole():
    music = played(100)
    assert np.array_equal(cut_spans(music, 30.0, of="stretched", seed=4).events, music.events)
