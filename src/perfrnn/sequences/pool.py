"""A pool of conversion workers that outlives what a file does to one of them.

`concurrent.futures` ends a whole pool when one process dies and cannot stop a task that hangs, so
each worker here has a pipe of its own, is killed when its task is late, and is replaced.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait

from perfrnn.performing.parameters import Performing
from perfrnn.processes import PipedProcess

WORKER_MODULE = "perfrnn.sequences.worker"
STARTUP_SECONDS = 300.0
"""How long a worker may take to import its libraries, on a busy machine with a cold disk."""
LOOKAHEAD = 16
"""Tasks begun ahead of the one whose result is due, per process: bounds the results held."""


@dataclass(frozen=True)
class Task:
    """One file to convert, and what its NoteSequence shall be called."""

    id: str
    path: str
    format: str
    collection_name: str
    unfold_repeats: bool
    performing: Performing | None = None
    """How it is performed if it is a score; None leaves it as it is."""


@dataclass(frozen=True)
class Converted:
    """What became of one file.

    Attributes
    ----------
    records : its NoteSequence, serialised, or of a performed score one for each rendition.
    deadpan : by what it was known for a score that needs performing; empty if it was not
        performed.
    """

    records: tuple[bytes, ...]
    deadpan: str = ""


class _Worker(PipedProcess):
    """One worker process; `index` is the task it works at, None while it starts or waits."""

    def __init__(self) -> None:
        # The libraries that a reader imports warn about tools that no reader needs (ffmpeg).
        super().__init__(WORKER_MODULE, "-W", "ignore")
        self.is_ready = False
        self.index: int | None = None
        self.deadline = time.monotonic() + STARTUP_SECONDS

    @property
    def is_idle(self) -> bool:
        return self.is_ready and self.index is None

    def begin(self, index: int, task: Task, seconds: float) -> None:
        self.index = index
        self.deadline = time.monotonic() + seconds
        with suppress(BrokenPipeError):  # a worker that has died is noticed when it is awaited
            self.connection.send(task)


def convert_files(
    tasks: Sequence[Task], *, processes: int, timeout_seconds: float
) -> Iterator[Converted | str]:
    """Convert files in parallel and yield the results in the order of `tasks`.

    Parameters
    ----------
    processes : number of workers, each a process of its own even if there is but one.
    timeout_seconds : a worker that takes longer over a file is killed.

    Yields
    ------
    What became of it, or the reason (a string) why there is no NoteSequence of it.
    """
    workers = [_Worker() for _ in range(min(processes, len(tasks)))]
    pending = deque(enumerate(tasks))
    results: dict[int, Converted | str] = {}
    try:
        for due in range(len(tasks)):
            while due not in results:
                horizon = due + LOOKAHEAD * processes
                for worker in workers:
                    if worker.is_idle and pending and pending[0][0] < horizon:
                        worker.begin(*pending.popleft(), timeout_seconds)
                _await_any(workers, results, timeout_seconds)
            yield results.pop(due)
    finally:
        for worker in workers:
            worker.end()


def _await_any(
    workers: list[_Worker], results: dict[int, Converted | str], timeout_seconds: float
) -> None:
    """Wait for an answer or a deadline; put answers into `results`, replace lost workers."""
    busy = [worker for worker in workers if not worker.is_idle]
    earliest = min(worker.deadline for worker in busy)
    answered = wait([w.connection for w in busy], max(0.0, earliest - time.monotonic()))
    for worker in busy:
        is_lost = False
        if worker.connection in answered:
            try:
                answer = worker.connection.recv()
            except (EOFError, OSError):
                is_lost = True
                answer = f"the reader crashed (exit status {worker.process.wait()})"
        elif worker.deadline <= time.monotonic():
            is_lost = True
            answer = f"reading it took longer than {timeout_seconds:g} s"
        else:
            continue
        if worker.index is not None:
            results[worker.index] = answer
        elif is_lost:
            raise RuntimeError("a conversion worker did not start; its error is above")
        if is_lost:
            worker.end()
            workers[workers.index(worker)] = _Worker()
        else:
            worker.is_ready, worker.index = True, None
