"""Batches: Magenta's alignment of inputs, labels and controls; a stream one can enter anywhere."""

import numpy as np
import pytest

from perfrnn.dataset.batches import TrainingBatches, evaluation_batches, make_batch, read_ahead
from perfrnn.dataset.segments import Segments
from perfrnn.events import conditioning


def segments(lengths, seed=0):
    rng = np.random.default_rng(seed)
    events = [rng.integers(0, 388, length).astype(np.int16) for length in lengths]
    count = len(lengths)
    return Segments(
        np.concatenate(events),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.array(["p"] * count),
        np.array([f"s{i}" for i in range(count)]),
        np.zeros(count),
        np.ones(count),
    )


def test_labels_follow_inputs_and_controls_are_those_of_the_label():
    sequence = np.array([380, 60, 300, 188, 355], np.int16)
    batch = make_batch([sequence], conditioned=True)
    assert batch.inputs["events"][0, :4].tolist() == [380, 60, 300, 188]
    assert batch.labels[0, :4].tolist() == [60, 300, 188, 355]
    np.testing.assert_array_equal(
        batch.inputs["controls"][0, :4], conditioning.control_signals(sequence)[1:]
    )
    assert batch.mask[0].tolist() == [1.0] * 4 + [0.0] * 60
    assert batch.events == 4


def test_padding_is_to_the_longest_and_masked():
    batch = make_batch([np.arange(10), np.arange(100)], conditioned=False)
    assert batch.labels.shape == (2, 128)
    assert batch.mask.sum(axis=1).tolist() == [9, 99]
    assert "controls" not in batch.inputs


def test_each_epoch_reads_every_segment_once():
    data = segments([5, 6, 7, 8, 9, 10])
    stream = TrainingBatches(data, 4, conditioned=False, seed=1)
    assert stream.steps_per_epoch == 2
    lengths = np.concatenate([stream[step].mask.sum(axis=1) for step in range(3)])
    assert sorted(lengths[:6].tolist()) == [4, 5, 6, 7, 8, 9]
    assert sorted(lengths[6:].tolist()) == [4, 5, 6, 7, 8, 9]


def test_a_batch_depends_on_seed_and_step_alone():
    data = segments([20] * 30)
    once = TrainingBatches(data, 8, conditioned=True, seed=1, transpose=(-1, 0, 1))
    again = TrainingBatches(data, 8, conditioned=True, seed=1, transpose=(-1, 0, 1))
    _ = again[0], again[1]
    np.testing.assert_array_equal(once[7].labels, again[7].labels)
    np.testing.assert_array_equal(once[7].inputs["controls"], again[7].inputs["controls"])
    other = TrainingBatches(data, 8, conditioned=True, seed=2, transpose=(-1, 0, 1))
    assert (once[7].labels != other[7].labels).any()


def test_transposition_is_drawn_for_each_segment():
    data = segments([2] * 64)
    data.events[:] = 60
    stream = TrainingBatches(data, 64, conditioned=False, seed=3, transpose=(-2, 0, 2))
    assert set(stream[0].labels[:, 0].tolist()) == {58, 60, 62}


def test_a_segment_that_would_leave_the_keyboard_stays_put():
    data = segments([2] * 8)
    data.events[:] = 127
    stream = TrainingBatches(data, 8, conditioned=False, seed=3, transpose=(1,))
    assert set(stream[0].labels[:, 0].tolist()) == {127}


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_evaluation_reads_everything_once(batch_size):
    data = segments([5, 9, 6, 8, 7])
    batches = list(evaluation_batches(data, batch_size, conditioned=False))
    assert sum(batch.events for batch in batches) == 4 + 8 + 5 + 7 + 6
    assert sum(len(batch.labels) for batch in batches) == 5


def test_reading_ahead_gives_the_same_batches():
    batches = TrainingBatches(segments([9, 20, 15]), batch_size=2, conditioned=True, seed=1)
    ahead = read_ahead(batches, 4)
    for step in range(4, 9):
        np.testing.assert_array_equal(next(ahead).labels, batches[step].labels)


class OneRead:
    """A stream that breaks off, and counts what is read."""

    def __init__(self):
        self.read = []

    def __getitem__(self, step):
        self.read.append(step)
        if step == 2:
            raise OSError("disk gone")
        return step


def test_one_batch_is_read_ahead_and_an_error_comes_with_its_batch():
    stream = OneRead()
    ahead = read_ahead(stream, 0)
    assert [next(ahead), next(ahead)] == [0, 1]
    with pytest.raises(OSError, match="disk gone"):
        next(ahead)
    assert stream.read == [0, 1, 2, 3]
