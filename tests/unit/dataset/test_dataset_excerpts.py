"""Excerpts of performances: where they begin, what they hear, what they are asked to be."""

import numpy as np
import pytest

from made_up_music import played
from perfrnn.dataset.excerpts import ExcerptBatches, unasked
from perfrnn.dataset.performance_batches import evaluation_performances
from perfrnn.dataset.segments import Segments
from perfrnn.events import requests
from perfrnn.events import vocabulary as ev
from perfrnn.notes import Notes


def joined(*parts):
    lengths = [len(part.events) for part in parts]
    names = np.array([f"p{i}" for i in range(len(parts))])
    return Segments(
        np.concatenate([part.events for part in parts]),
        np.cumsum([0, *lengths]),
        names, names, np.zeros(len(parts)), np.ones(len(parts)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def music():
    return joined(played(20, seed=1), played(5, seed=2))


def batches(music, **settings):
    composers = np.arange(1, len(music) + 1)
    return ExcerptBatches(
        music, **{"batch_size": 4, "length": 96, "composers": composers, "seed": 0} | settings
    )


def test_any_batch_can_be_made_at_any_time(music):
    first, again = batches(music)[5], batches(music)[5]
    other = batches(music)[6]
    for name, value in first.inputs.items():
        np.testing.assert_array_equal(value, again.inputs[name])
    assert not np.array_equal(first.inputs["events"], other.inputs["events"])


def test_labels_are_the_events_that_follow_in_the_music(music):
    texts = [music[i].tobytes() for i in range(2)]
    found = 0
    for step in range(20):
        batch = batches(music)[step]
        for events, labels in zip(batch.inputs["events"], batch.labels, strict=True):
            # Where another performance begins, its first input is the event of generation's start.
            starts = np.flatnonzero(events[1:] != labels[:-1]) + 1
            assert (events[starts] == ev.DEFAULT_EVENT).all()
            for part in np.split(labels, starts):
                assert any(part.astype(np.int16).tobytes() in text for text in texts)
            found += len(starts)
    assert found > 0


def test_about_half_of_the_excerpts_begin_where_the_music_does(music):
    long = joined(played(60, seed=3))
    rows = [
        batches(long, length=len(long.events) // 2)[step].inputs["events"][:, 0]
        for step in range(40)
    ]
    # A start is drawn from the whole performance; what lies before half an excerpt begins at 0.
    share = np.mean(np.concatenate(rows) == ev.DEFAULT_EVENT)
    assert 0.15 < share < 0.4


def without_overlaps():
    """Return 40 s of ten notes a second, of which no two of one pitch sound at once."""
    start = np.arange(400) / 10
    length = np.random.default_rng(4).uniform(0.05, 5, 400)
    notes = Notes(start, start + length, 30 + np.arange(400) % 60, np.full(400, 64), 46.0)
    one = np.array(["x"])
    events = ev.encode(notes)
    return Segments(events, np.array([0, len(events)]), one, one, np.zeros(1), np.ones(1))


def test_what_is_held_is_what_the_whole_performance_holds():
    """At a row's beginning too: each NOTE_OFF ends a pitch that was heard to sound before it."""
    music = without_overlaps()
    for step in range(20):
        batch = batches(music)[step]
        events, held = batch.inputs["events"], batch.inputs["held"]
        for row in range(len(events)):
            for t in range(events.shape[1]):
                label = batch.labels[row, t]
                if ev.NOTE_OFF <= label < ev.TIME_SHIFT:
                    assert held[row, t, label - ev.NOTE_OFF] == 1
                elif label < ev.NOTE_OFF:
                    assert held[row, t, label] == 0


def test_transposing_moves_events_and_what_is_held(music):
    plain, moved = batches(music)[3], batches(music, transpose=(2,))[3]
    events = plain.inputs["events"]
    pitched = events < ev.TIME_SHIFT
    np.testing.assert_array_equal(moved.inputs["events"], events + 2 * pitched)
    np.testing.assert_array_equal(moved.inputs["held"], np.roll(plain.inputs["held"], 2, axis=-1))


def test_requests_are_of_the_music_or_dropped(music):
    asked = {"composer": [], "key": [], "density": []}
    for step in range(60):
        inputs = batches(music)[step].inputs
        assert set(np.unique(inputs["composer"])) <= {0, 1, 2}
        np.testing.assert_allclose(inputs["density"].sum(axis=-1), 1, atol=1e-5)
        asked["composer"] += (inputs["composer"][:, 0] > 0).tolist()
        asked["key"] += (inputs["key"][:, 0] > 0).tolist()
        asked["density"] += (inputs["density"][:, 0, 0] == 0).tolist()
    for shares in asked.values():  # 0.8 of the excerpts are asked anything, 0.7 of these for this
        assert np.mean(shares) == pytest.approx(0.56, abs=0.1)
    together = np.mean(np.all([*asked.values()], axis=0))
    assert together == pytest.approx(0.8 * 0.7**3, abs=0.1)


def test_the_density_asked_for_is_the_musics(music):
    """Ten notes a second, see `played`, in whatever part."""
    expected = requests.density_weights(10)
    inputs = batches(music, length=192)[0].inputs
    asked = inputs["density"][inputs["density"][..., 0] == 0]
    middle = asked @ np.arange(12)
    assert len(middle)
    assert np.abs(middle - expected @ np.arange(12)).max() < 1


def test_evaluation_hears_whole_performances_and_asks_nothing(music):
    held = {0: [], 1: []}
    parts = list(unasked(evaluation_performances(music, 2, 64, conditioned=False)))
    for batch in parts:
        for row in range(2):
            count = int(batch.mask[row].sum())
            held[row].append(batch.inputs["held"][row, :count])
        assert not batch.inputs["composer"].any()
        assert not batch.inputs["key"].any()
        assert (batch.inputs["density"] == requests.no_density()).all()
    for row, performance in enumerate((music[0], music[1])):
        expected = requests.held_pitches(performance[:-1])
        np.testing.assert_array_equal(np.concatenate(held[row])[: len(expected)], expected)
