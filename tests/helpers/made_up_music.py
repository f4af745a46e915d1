"""Made-up performances, as events."""

import numpy as np

from perfrnn.dataset.segments import Segments
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
