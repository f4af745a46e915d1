"""The worker pool: order, and what becomes of a worker that dies, hangs or does not start."""

import time

import pytest

from perfrnn.sequences import pool
from perfrnn.sequences.pool import Task, convert_files

WORKER = """
import os, sys, time
from multiprocessing.connection import Connection

connection = Connection(int(sys.argv[1]))
connection.send(None)
while True:
    try:
        path = connection.recv().path
    except EOFError:
        break
    if path == "crash":
        os.abort()
    if path == "exit":
        sys.exit(3)
    if path == "hang":
        time.sleep(1000)
    if path == "slow":
        time.sleep(0.3)
    connection.send(path.encode() if path != "bad" else "a reason")
"""


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Puts a worker in place that does as a task's path says."""

    def install(source):
        (tmp_path / "stand_in_worker.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setattr(pool, "WORKER_MODULE", "stand_in_worker")

    return install


def convert(paths, processes, seconds=20.0):
    tasks = [Task(str(number), path, "midi", "", False) for number, path in enumerate(paths)]
    return list(convert_files(tasks, processes=processes, timeout_seconds=seconds))


def test_results_come_in_the_order_of_the_tasks(worker):
    worker(WORKER)
    paths = ["slow", *(f"file {number}" for number in range(100)), "bad", "slow"]
    expected = [path.encode() if path != "bad" else "a reason" for path in paths]
    assert convert(paths, processes=3) == expected
    assert convert(paths[:1], processes=3) == expected[:1]
    assert convert([], processes=3) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_a_worker_that_dies_costs_its_own_file_only(worker, processes):
    worker(WORKER)
    results = convert(["a", "crash", "b", "exit", "c"], processes)
    assert results[::2] == [b"a", b"b", b"c"]
    assert results[1] == "the reader crashed (exit status -6)"
    assert results[3] == "the reader crashed (exit status 3)"


def test_a_worker_that_hangs_is_killed_in_time(worker):
    worker(WORKER)
    begin = time.monotonic()
    results = convert(["a", "hang", "b"], processes=1, seconds=0.5)
    assert results == [b"a", "reading it took longer than 0.5 s", b"b"]
    assert time.monotonic() - begin < 20


def test_workers_that_cannot_start_end_the_run(worker):
    worker("raise SystemExit(1)")
    with pytest.raises(RuntimeError, match="did not start"):
        convert(["a"], processes=2)


def test_leaving_early_leaves_no_worker_behind(worker):
    worker(WORKER)
    tasks = [Task("1", "hang", "midi", "", False)] * 3
    results = convert_files(
        [Task("0", "a", "midi", "", False), *tasks], processes=2, timeout_seconds=60
    )
    assert next(results) == b"a"
    begin = time.monotonic()
    results.close()
    assert time.monotonic() - begin < 20
