"""Streams of whole performances: every event once, in order, from any step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_up_music import played
from perfrnn.dataset.performance_batches import PerformanceBatches, evaluation_performances
from perfrnn.dataset.segments import Segments, read_segments
from perfrnn.events import conditioning
from perfrnn.events import vocabulary as ev


def performances(lengths, seed=0):
    rng = np.random.default_rng(seed)
    count = len(lengths)
    return Segments(
        np.concatenate([rng.integers(0, 388, n) for n in lengths]).astype(np.int16),
        np.concatenate([[0], np.cumsum(lengths)]),
        np.array(["p"] * count),
        np.array([f"s{i}" for i in range(count)]),
        np.zeros(count),
        np.ones(count),
    )


def read_back(batches):
    """Return the label sequences that each row's parts give, cut at fresh starts."""
    rows = {}
    for batch in batches:
        for row in range(len(batch.labels)):
            if batch.inputs["fresh"][row]:
                rows.setdefault(row, []).append([])
            rows[row][-1].extend(batch.labels[row][batch.mask[row] > 0].tolist())
    return sorted(tuple(labels) for parts in rows.values() for labels in parts if labels)


@given(st.lists(st.integers(2, 60), min_size=1, max_size=9), st.integers(1, 4), st.integers(3, 20))
def test_evaluation_reads_every_label_once_in_order(lengths, rows, length):
    music = performances(lengths)
    batches = list(evaluation_performances(music, rows, length, conditioned=False))
    assert all(batch.labels.shape == (rows, length) for batch in batches)
    assert batches[0].inputs["fresh"].tolist() == [1.0] * rows
    expected = sorted(tuple(music[i][1:].tolist()) for i in range(len(music)))
    assert read_back(batches) == expected


def test_an_epoch_of_training_reads_every_performance_once():
    music = performances([50, 33, 21, 40])
    stream = PerformanceBatches(music, 1, 8, conditioned=False, seed=1)
    assert stream.steps_per_epoch == 7 + 4 + 3 + 5
    read = read_back(stream[step] for step in range(stream.steps_per_epoch))
    assert read == sorted(tuple(music[i][1:].tolist()) for i in range(4))


def test_inputs_are_the_events_before_the_labels():
    music = performances([50])
    batch = PerformanceBatches(music, 1, 16, conditioned=False, seed=0)[1]
    assert batch.inputs["events"][0].tolist() == music[0][16:32].tolist()
    assert batch.labels[0].tolist() == music[0][17:33].tolist()
    assert batch.inputs["fresh"].tolist() == [0.0]


def test_signals_see_past_the_end_of_a_part():
    music = performances([50])
    batch = PerformanceBatches(music, 1, 16, conditioned=True, seed=0)[0]
    np.testing.assert_array_equal(
        batch.inputs["controls"][0], conditioning.control_signals(music[0])[1:17]
    )


def test_a_batch_depends_on_seed_and_step_alone():
    music = performances([50, 90, 30, 70])
    settings = {"conditioned": True, "transpose": (-1, 0, 1)}
    straight = PerformanceBatches(music, 2, 8, seed=5, **settings)
    for step in range(40):
        expected = straight[step]
    got = PerformanceBatches(music, 2, 8, seed=5, **settings)[39]
    for name, value in expected.inputs.items():
        np.testing.assert_array_equal(got.inputs[name], value)
    np.testing.assert_array_equal(got.labels, expected.labels)
    other = PerformanceBatches(music, 2, 8, seed=6, **settings)[39]
    assert not np.array_equal(other.labels, expected.labels)


def test_a_reading_is_moved_as_a_whole():
    notes = np.tile(np.array([60, ev.TIME_SHIFT, 188], np.int16), 20)
    music = Segments(notes, np.array([0, 60]), *[np.array([x]) for x in ("p", "s", 0.0, 1.0)])
    stream = PerformanceBatches(music, 1, 30, conditioned=False, seed=0, transpose=(2,))
    for step in (0, 1):
        events = stream[step].inputs["events"][0][stream[step].mask[0] > 0]
        assert set(events.tolist()) == {62, ev.TIME_SHIFT, 190}


def test_windows_of_a_performance_are_joined():
    whole = performances([50, 20, 9])
    cut = [[whole[i][at : at + 8] for at in range(0, len(whole[i]) - 1, 7)] for i in range(3)]
    flat = [window for windows in cut for window in windows]
    owners = [i for i, windows in enumerate(cut) for _ in windows]
    segments = Segments(
        np.concatenate(flat),
        np.concatenate([[0], np.cumsum([len(window) for window in flat])]),
        np.array([f"p{i}" for i in owners]),
        np.array([f"s{i}" for i in owners]),
        np.concatenate([np.arange(len(windows)) for windows in cut]).astype(float),
        np.ones(len(flat)),
    )
    joined = segments.joined()
    assert joined.sources.tolist() == ["s0", "s1", "s2"]
    for i in range(3):
        np.testing.assert_array_equal(joined[i], whole[i])


def test_renditions_of_one_source_are_performances_of_their_own():
    # Three renditions: of two windows, of one, of one; the second window begins with the event
    # that ended the first.
    windows = [[1, 2, 3], [3, 4], [5, 6], [7, 8]]
    names = np.array(["s"] * 4)
    segments = Segments(
        np.concatenate(windows), np.array([0, 3, 5, 7, 9]), names, names,
        np.array([0.0, 2.0, 0.0, 0.0]), np.ones(4),
    )  # fmt: skip
    joined = segments.joined()
    assert [joined[i].tolist() for i in range(len(joined))] == [[1, 2, 3, 4], [5, 6], [7, 8]]


def test_segments_go_through_npz(tmp_path):
    music = performances([50, 20])
    music.save(tmp_path / "music.npz")
    back = read_segments(tmp_path / "music.npz")
    for name, value in vars(music).items():
        np.testing.assert_array_equal(getattr(back, name), value)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_short_performance_is_one_padded_part(rows):
    batch = next(evaluation_performances(performances([2]), rows, 16, conditioned=False))
    assert batch.mask.sum() == 1


def test_a_held_request_is_the_same_from_beginning_to_end():
    music = played(30)
    held = PerformanceBatches(music, 1, 64, conditioned=True, seed=0, held=1.0)
    moving = PerformanceBatches(music, 1, 64, conditioned=True, seed=0)
    first, second = held[0].inputs["controls"], held[1].inputs["controls"]
    assert np.ptp(np.concatenate([first, second], axis=1), axis=1).max() == 0
    assert np.ptp(moving[0].inputs["controls"], axis=1).max() > 0
    assert np.array_equal(held[0].labels, moving[0].labels)
