"""Readers in processes: the same batches in the same order, and none of them outlives its user."""

import subprocess

import numpy as np
import pytest

from perfrnn.arrays import open_arrays, save_arrays
from perfrnn.dataset.excerpts import ExcerptBatches
from perfrnn.dataset.readers import reader_processes
from perfrnn.dataset.segments import Segments


def excerpts(events, lengths):
    count = len(lengths)
    performances = Segments(
        events,
        np.concatenate([[0], np.cumsum(lengths)]),
        np.array(["p"] * count),
        np.array([f"s{i}" for i in range(count)]),
        np.zeros(count),
        np.ones(count),
    )
    return ExcerptBatches(performances, 2, 16, np.arange(count), 1, (-1, 0, 1))


def test_readers_give_the_same_batches_of_what_lies_on_the_disk(tmp_path):
    lengths = [40, 25, 60]
    events = np.random.default_rng(0).integers(256, 388, sum(lengths)).astype(np.int16)
    path = tmp_path / "train.npz"
    save_arrays(path, {"events": np.zeros(0), "x": events})
    stored = excerpts(open_arrays(path, stored="x")["x"], lengths)
    plain = excerpts(events, lengths)
    with reader_processes(stored, 4, 3) as batches:
        for step in range(4, 12):
            batch = batches[step]
            np.testing.assert_array_equal(batch.labels, plain[step].labels)
            assert batch.inputs.keys() == plain[step].inputs.keys()
            for name, values in batch.inputs.items():
                np.testing.assert_array_equal(values, plain[step].inputs[name])


def test_no_reader_reads_here():
    batches = excerpts(np.zeros(40, np.int16), [40])
    with reader_processes(batches, 0, 0) as same:
        assert same is batches


def test_batches_come_one_after_another():
    with (
        reader_processes(excerpts(np.full(40, 300, np.int16), [40]), 2, 1) as batches,
        pytest.raises(ValueError, match="batch 3 is asked for where 2 is the next"),
    ):
        batches[3]


def test_a_reader_that_fails_is_told_of(capfd):
    broken = excerpts(np.zeros(10, np.int16), [40])  # the music ends before its last offset
    with (
        reader_processes(broken, 0, 2) as batches,
        pytest.raises(RuntimeError, match="a reader of batches ended with status 1"),
    ):
        list(map(batches.__getitem__, range(50)))
    assert "Traceback" in capfd.readouterr().err


def test_readers_end_with_their_user(monkeypatch):
    started = []
    popen = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1]
    )
    with pytest.raises(KeyError), reader_processes(excerpts(np.full(40, 300), [40]), 0, 2):
        raise KeyError
    assert [process.poll() for process in started] == [-9, -9]
