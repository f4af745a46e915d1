"""Performances: the same notes, moved as pianists move them."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.notes import SUSTAIN, from_note_sequence
from perfrnn.performing.perform import perform
from perfrnn.performing.pianist import NOTE_OUTPUTS, TRAITS, read_pianist, stack_features
from perfrnn.performing.score import read_score
from perfrnn.performing.styles import STYLES


def add(sequence, start, length, pitch, velocity=80, instrument=0):
    sequence.notes.add(
        start_time=start,
        end_time=start + length,
        pitch=pitch,
        velocity=velocity,
        instrument=instrument,
    )
    sequence.total_time = max(sequence.total_time, start + length)


def chorale(measures):
    """Return four voices in quarters at 120 a minute: a chord each half second."""
    sequence = NoteSequence(ticks_per_quarter=220)
    for beat in range(4 * measures):
        for pitch in (48, 55, 64, 72):
            add(sequence, beat / 2, 0.5, pitch + beat * 7 % 5)
    return sequence


@st.composite
def scores(draw):
    """Any music: chords, unisons, overlaps, rests, metres and tempos, one note or none."""
    sequence = NoteSequence(ticks_per_quarter=draw(st.sampled_from([1, 24, 220, 480])))
    for _ in range(draw(st.integers(0, 30))):
        add(
            sequence,
            draw(st.integers(0, 60)) / draw(st.sampled_from([1, 3, 4, 16])),
            draw(st.sampled_from([0.001, 0.1, 0.5, 20.0])),
            draw(st.sampled_from([0, 59, 60, 61, 127])),
            draw(st.integers(1, 127)),
            draw(st.integers(0, 1)),
        )
    if draw(st.booleans()):
        sequence.notes.add(start_time=1, end_time=2, pitch=36, velocity=9, is_drum=True)
        sequence.total_time = max(sequence.total_time, 2)
    for _ in range(draw(st.integers(0, 3))):
        sequence.tempos.add(
            time=draw(st.integers(0, 60)), qpm=draw(st.sampled_from([5, 60, 1000]))
        )
    for _ in range(draw(st.integers(0, 2))):
        metre = draw(st.sampled_from([(1, 4), (7, 16), (6, 8), (4, 4)]))
        sequence.time_signatures.add(
            time=draw(st.integers(0, 9)), numerator=metre[0], denominator=metre[1]
        )
    return sequence


@given(scores(), st.sampled_from([0.0, 0.5, 1.0, 2.0]), st.sampled_from(STYLES))
@settings(max_examples=60, deadline=None)
def test_no_note_is_lost_and_none_is_added(score, expression, style):
    before = score.SerializeToString(deterministic=True)
    performed = perform(score, seed=1, expression=expression, style=style)
    assert score.SerializeToString(deterministic=True) == before
    assert len(performed.notes) == len(score.notes)
    for played, written in zip(performed.notes, score.notes, strict=True):
        assert (played.pitch, played.instrument, played.is_drum) == (
            written.pitch,
            written.instrument,
            written.is_drum,
        )
        assert 0 <= played.start_time < played.end_time <= performed.total_time + 1e-9
        assert 1 <= played.velocity <= 127
    pitched = [
        (n.pitch, w.start_time, n.start_time)
        for n, w in zip(performed.notes, score.notes, strict=True)
        if not n.is_drum
    ]
    for pitch in {row[0] for row in pitched}:
        strokes = sorted({row[1:] for row in pitched if row[0] == pitch})
        # One key is struck in the order written, and once where it is written twice.
        for (first, played), (second, later) in itertools.pairwise(strokes):
            assert played < later or abs(second - first) < 0.1


@given(scores())
@settings(max_examples=20, deadline=None)
def test_without_expression_nothing_changes(score):
    assert perform(score, seed=1, expression=0.0) == score


def test_the_seed_decides():
    score = chorale(4)
    assert perform(score, seed=1) == perform(score, seed=1)
    assert perform(score, seed=1) != perform(score, seed=2)


def test_notes_of_one_place_are_spread_and_the_top_is_brought_out():
    notes = from_note_sequence(perform(chorale(40), seed=0))
    assert len(notes) == 640
    order = np.lexsort((notes.pitch, np.repeat(np.arange(160), 4)))
    start = notes.start[order].reshape(160, 4)
    velocity = notes.velocity[order].reshape(160, 4)
    spread = np.ptp(start, axis=1)
    assert 0.005 < np.median(spread) < 0.06
    assert 1 < (velocity[:, 3] - velocity.mean(axis=1)).mean() < 20
    tempo = np.diff(start.mean(axis=1))
    assert 0.01 < np.std(np.log(tempo)) < 0.4
    assert np.median(tempo) == pytest.approx(0.5, rel=0.2)


def test_more_expression_goes_further():
    score = chorale(40)
    spreads = []
    for expression in (0.5, 1.0, 2.0):
        played = perform(score, seed=0, expression=expression)
        start = np.array([note.start_time for note in played.notes]).reshape(160, 4)
        spreads.append(np.ptp(start, axis=1).mean())
    assert spreads[0] < spreads[1] < spreads[2]


def test_the_pedal_ends_up_and_replaces_what_was_there():
    score = chorale(20)
    score.control_changes.add(time=1.0, control_number=SUSTAIN, control_value=127)
    score.control_changes.add(time=1.0, control_number=7, control_value=100)
    played = perform(score, seed=0)
    pedal = [c for c in played.control_changes if c.control_number == SUSTAIN]
    assert len(pedal) > 4
    assert pedal[-1].control_value == 0
    assert [c.time for c in pedal] == sorted(c.time for c in pedal)
    assert [c.control_value for c in played.control_changes if c.control_number == 7] == [100]


def test_beats_lie_in_the_performance_as_in_the_score():
    played = perform(chorale(8), seed=0)
    clock = read_score(played)
    # By the performance's own tempos every chord is near its quarter.
    first = [note.start_time for note in played.notes][::4]
    assert np.abs(clock.clock.to_quarters(np.array(first)) - np.arange(32)).max() < 0.4


def test_ten_thousand_measures_take_seconds():
    score = chorale(10_000)
    began = time.process_time()
    played = perform(score, seed=0)
    assert len(played.notes) == 160_000
    assert time.process_time() - began < 20


def test_the_fitted_arrays_belong_to_the_features():
    score = read_score(chorale(1))
    chords, notes = stack_features(score)
    pianist = read_pianist()
    assert pianist.networks["chords"].inner.shape[0] == chords.shape[1]
    assert pianist.networks["notes"].inner.shape[0] == chords.shape[1] + notes.shape[1]
    assert pianist.networks["notes"].outer.shape[1] == len(NOTE_OUTPUTS)
    assert pianist.deviations.shape == (len(TRAITS), len(TRAITS))
    assert set(pianist.styles) == set(STYLES)
