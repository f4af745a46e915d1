"""Scores as arrays: places in quarters, chords, metre."""

import numpy as np
from note_seq.protobuf.music_pb2 import NoteSequence

from perfrnn.performing.score import read_score


def make_sequence(notes, tempos=(), metres=()):
    sequence = NoteSequence()
    for start, end, pitch, velocity in notes:
        sequence.notes.add(start_time=start, end_time=end, pitch=pitch, velocity=velocity)
    for time, qpm in tempos:
        sequence.tempos.add(time=time, qpm=qpm)
    for time, beats, unit in metres:
        sequence.time_signatures.add(time=time, numerator=beats, denominator=unit)
    return sequence


def test_places_follow_the_tempos():
    # 60 quarters a minute for 2 s are 2 quarters, then 120: half a second a quarter.
    notes = [(0, 1, 60, 80), (2, 2.5, 62, 80), (3, 4, 64, 80)]
    score = read_score(make_sequence(notes, tempos=[(0, 60), (2, 120)]))
    np.testing.assert_allclose(score.place, [0, 2, 4])
    np.testing.assert_allclose(score.duration, [1, 1, 2])
    np.testing.assert_allclose(score.clock.to_seconds(np.array([1.0, 2.0, 5.0])), [1, 2, 3.5])


def test_without_tempo_and_metre_there_are_120_quarters_a_minute_in_four_four():
    score = read_score(make_sequence([(t / 2, t / 2 + 0.5, 60, 80) for t in range(6)]))
    np.testing.assert_allclose(score.place, [0, 1, 2, 3, 4, 5])
    np.testing.assert_allclose(score.bar, [0, 1, 2, 3, 0, 1])
    assert score.bar_number.tolist() == [0, 0, 0, 0, 1, 1]
    assert set(score.beat.tolist()) == {1.0}


def test_a_metre_begins_with_a_barline():
    # An upbeat of a quarter in 1/4, then 6/8: measures of three quarters, beats of a half and one.
    notes = [(t / 2, t / 2 + 0.5, 60, 80) for t in (0, 1, 2.5, 4)]
    score = read_score(make_sequence(notes, metres=[(0, 1, 4), (0.5, 6, 8)]))
    np.testing.assert_allclose(score.bar, [0, 0, 1.5, 0])
    assert score.bar_number.tolist() == [0, 1, 1, 2]
    np.testing.assert_allclose(score.beat, [1, 1.5, 1.5, 1.5])


def test_notes_stand_by_chord_and_pitch_and_know_where_they_were():
    notes = [(0, 1, 67, 80), (0.001, 1, 60, 70), (1, 2, 64, 60), (0, 1, 64, 90)]
    score = read_score(make_sequence(notes))
    assert score.pitch.tolist() == [60, 64, 67, 64]
    assert score.chord.tolist() == [0, 0, 0, 1]
    assert score.order.tolist() == [1, 3, 0, 2]
    np.testing.assert_allclose(score.average(score.velocity), [80, 60])


def test_drums_are_no_part_of_a_score():
    sequence = make_sequence([(0, 1, 60, 80)])
    sequence.notes.add(start_time=0, end_time=1, pitch=36, velocity=80, is_drum=True)
    assert read_score(sequence).pitch.tolist() == [60]
