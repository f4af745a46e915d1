"""Spans: what they hold, counted on made-up performances."""

import numpy as np
import pytest

from made_up_music import played
from perfrnn.dataset.spans import LEAST_NOTES, cut_spans
from perfrnn.events import vocabulary as ev


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
