"""Work done by a second thread."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from threading import Lock, Thread

Work = Callable[[], object]


class Rota:
    """Turns that a second thread takes one after the other, round after round.

    `concurrent.futures` is more general and takes ten times as long to hand over a turn, which a
    step of one stream would feel. The thread ends with this object.

    Parameters
    ----------
    turns : of a round, from 1 on. They must be begun in their order, from the first on.
    """

    def __init__(self, turns: int) -> None:
        self._turns = [_Turn() for _ in range(turns)]
        Thread(target=_take_turns, args=(self._turns,), daemon=True).start()
        weakref.finalize(self, _dismiss, self._turns)

    def begin(self, turn: int, work: Work) -> None:
        """Let the thread do some work in this turn; the turn's last one must have been awaited."""
        self._turns[turn].begin(work)

    def wait(self, turn: int) -> None:
        """Return when a turn's work is done, at once if there is none; raise what it raised."""
        self._turns[turn].wait()


class _Turn:
    """One turn. A lock that is free says that there is something to take it for."""

    def __init__(self) -> None:
        self._work: Work | None = None
        self._problem: BaseException | None = None
        self._awaited = False
        self._begun, self._done = Lock(), Lock()
        self._begun.acquire()
        self._done.acquire()

    def begin(self, work: Work | None) -> None:
        self._work, self._awaited = work, True
        self._begun.release()

    def wait(self) -> None:
        if self._awaited:
            self._done.acquire()
            self._awaited = False
            problem, self._problem = self._problem, None
            if problem:
                raise problem

    def take(self) -> bool:
        """Wait for work and do it; return whether there was any."""
        self._begun.acquire()
        if self._work is None:
            return False
        try:
            self._work()
        except BaseException as problem:  # it belongs to the thread that waits
            self._problem = problem
        self._done.release()
        return True


def _take_turns(turns: list[_Turn]) -> None:
    for turn in cycle(turns):
        if not turn.take():
            return


def _dismiss(turns: list[_Turn]) -> None:
    for turn in turns:
        with suppress(BaseException):  # nobody is left to be told
            turn.wait()
        turn.begin(None)
