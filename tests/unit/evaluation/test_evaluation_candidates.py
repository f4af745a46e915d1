"""Candidates: the key asked for first, then the judge."""

import numpy as np
import pandas as pd
import pytest

from perfrnn.evaluation import verdicts
from perfrnn.evaluation.candidates import choose
from perfrnn.notes import Notes

CHORDS = {"C": (0, 5, 7), "A": (9, 2, 4)}
"""Roots of tonic, subdominant and dominant."""


def cadences(key, seconds=12.0):
    """Major or minor triads on three degrees, one a second."""
    roots = [CHORDS[key][step % 3] for step in range(int(seconds))]
    third = 4 if key == "C" else 3
    pitches = [48 + root + above for root in roots for above in (0, third, 7)]
    start = np.repeat(np.arange(seconds), 3)
    return Notes(start, start + 0.9, np.array(pitches), np.full(len(start), 80), seconds)


@pytest.fixture
def scores(monkeypatch):
    """Let the judge give these scores, in turn."""
    given = []
    monkeypatch.setattr(
        verdicts, "judge_samples", lambda measures, reference: pd.DataFrame({"score": given})
    )
    return given


def record(**settings):
    return {"number": 1, "settings": {"count": 1, "seed": 0, "num_steps": 1200, **settings}}


def test_the_key_asked_for_goes_before_the_judge(scores):
    scores += [3.0, -2.0, -1.0]
    offered = [cadences("A"), cadences("C"), cadences("C")]
    choice = choose(offered, record(keys=["C major"]))
    assert choice.candidate == 2
    assert choice.reasons == {"of": 3, "key_found": 1.0, "score": -1.0}


def test_without_a_key_the_judge_alone_chooses(scores):
    scores += [0.5, 3.0, 3.0]
    choice = choose([cadences("C"), cadences("A"), cadences("C")], record())
    assert choice.candidate == 1
    assert choice.reasons == {"of": 3, "key_found": None, "score": 3.0}


def test_the_judge_is_that_of_the_evaluation():
    notes = cadences("C", 60.0)
    silent = Notes(*(np.empty(0) for _ in range(4)), 60.0)
    choice = choose([silent, notes], record(keys=["C major"]))
    assert choice.candidate == 1
    assert np.isfinite(choice.reasons["score"])
