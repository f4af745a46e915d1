"""Copies of the training set: none, some, whole, transposed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from note_seq.protobuf.music_pb2 import NoteSequence

from evaluation_music import music
from perfrnn.evaluation import copying
from perfrnn.evaluation.copying import CopyIndex, longest_copies, pitches_of, played_pitches

pitches = st.lists(st.integers(0, 127), max_size=30).map(lambda row: np.array(row, np.int64))


def longest_by_search(pieces, sample):
    """Return the answer by trying everything."""
    best = 1 if len(sample) and any(len(piece) for piece in pieces) else 0
    wanted = np.diff(sample).tolist()
    for piece in pieces:
        known = np.diff(piece).tolist()
        for i in range(len(wanted)):
            for j in range(len(known)):
                length = 0
                while (
                    i + length < len(wanted)
                    and j + length < len(known)
                    and wanted[i + length] == known[j + length]
                ):
                    length += 1
                best = max(best, length + 1)
    return best


@settings(max_examples=60)
@given(st.lists(pitches, max_size=4), pitches)
def test_the_longest_copy_is_found(pieces, sample):
    assert CopyIndex(pieces).longest_copy(sample) == longest_by_search(pieces, sample)


@settings(max_examples=60)
@given(st.lists(pitches, max_size=6), st.lists(pitches, max_size=4), st.integers(1, 60))
def test_a_training_set_read_in_portions_gives_the_same(pieces, samples, notes_at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "NOTES_AT_ONCE", notes_at_once)
        found = longest_copies(samples, iter(pieces)).tolist()
    assert found == [longest_by_search(pieces, sample) for sample in samples]


@settings(max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=40, max_size=300))
def test_few_pitches_make_long_copies(row):
    piece = 60 + np.array(row)
    sample = np.concatenate([[100, 3], piece[5:35] + 12, [90]])
    assert CopyIndex([piece[:20], piece]).longest_copy(sample) == longest_by_search(
        [piece[:20], piece], sample
    )


def test_a_transposed_recital_is_found_whole():
    piece = np.random.default_rng(0).integers(40, 90, 2000)
    assert CopyIndex([piece]).longest_copy(piece[100:1100] + 3) == 1000


def test_a_copy_does_not_run_from_one_piece_into_the_next():
    tune = np.random.default_rng(0).integers(40, 90, 20)
    assert CopyIndex([tune[:10], tune[10:]]).longest_copy(tune) == 10
    # No interval joins two pieces, not that of a repeated note either.
    pieces = [np.array([60, 62, 64]), np.array([70, 72, 74])]
    assert CopyIndex(pieces).longest_copy(np.array([60, 62, 64, 64, 66, 68])) == 3


def test_no_training_set_and_no_sample():
    assert CopyIndex([]).longest_copy(np.array([60, 62])) == 0
    assert CopyIndex([np.array([60, 62])]).longest_copy(np.empty(0, np.int64)) == 0


def test_pitches_come_in_the_order_they_are_struck():
    assert pitches_of(music([(1, 2, 60), (0, 1, 64), (0, 1, 62)])).tolist() == [62, 64, 60]
    sequence = NoteSequence()
    for start, pitch, is_drum in [(3.0, 60, False), (2.0, 72, False), (2.5, 36, True)]:
        sequence.notes.add(start_time=start, end_time=5, pitch=pitch, velocity=64, is_drum=is_drum)
    assert played_pitches(sequence).tolist() == [72, 60]
    assert played_pitches(sequence, 0.5).tolist() == [72]
