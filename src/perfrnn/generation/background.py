"""Work done by a second thread, unless the first gets to it before."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread


class Task:
    """Something to be done once, by whichever thread claims it."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._claim, self._running = Lock(), Lock()
        self._running.acquire()

    def run(self) -> None:
        """Do the work, unless another thread has claimed it."""
        if self._claim.acquire(blocking=False):
            try:
                self._work()
            finally:
                self._running.release()

    def wait(self) -> None:
        """Return when the work is done; do it here if nobody has begun."""
        self.run()
        self._running.acquire()
        self._running.release()


class Helper:
    """A thread that does tasks in the order of their coming, as long as this object lives.

    `concurrent.futures` does the same at ten times the cost, which a step of one stream would
    feel.
    """

    def __init__(self) -> None:
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        Thread(target=_work_off, args=(self._tasks,), daemon=True).start()
        weakref.finalize(self, self._tasks.put, None)

    def begin(self, work: Callable[[], object]) -> Task:
        """Hand over some work; ask the task for its end."""
        task = Task(work)
        self._tasks.put(task)
        return task


def _work_off(tasks: SimpleQueue[Task | None]) -> None:
    while (task := tasks.get()) is not None:
        task.run()
