"""Batches read by processes: a GPU uses them faster than one thread can make them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import cycle

from perfrnn.dataset.batches import Batch, BatchStream
from perfrnn.processes import PipedProcess

READER_MODULE = "perfrnn.dataset.reader"


@contextmanager
def reader_processes(batches: BatchStream, first: int, count: int) -> Iterator[BatchStream]:
    """Give the body the batches from number `first` on, to be asked for one after another.

    Parameters
    ----------
    count : processes that read, each at most one batch ahead; 0 gives the batches as they are.
    """
    if not count:
        yield batches
        return
    readers: list[_Reader] = []
    try:
        for number in range(count):
            readers.append(_Reader())
            readers[-1].send(batches, first + number, count)
        yield _Shared(readers, first)
    finally:
        for reader in readers:
            reader.end()


class _Shared:
    """Batches of several readers, each of which makes every so-many-th."""

    def __init__(self, readers: list[_Reader], first: int) -> None:
        self._turns, self._next = cycle(readers), first

    def __getitem__(self, step: int) -> Batch:
        if step != self._next:
            raise ValueError(f"batch {step} is asked for where {self._next} is the next")
        self._next += 1
        return next(self._turns).receive()


class _Reader(PipedProcess):
    """One process that reads."""

    def __init__(self) -> None:
        super().__init__(READER_MODULE)

    def send(self, batches: BatchStream, first: int, stride: int) -> None:
        """Let it read batch `first` and every `stride`-th after it."""
        with suppress(BrokenPipeError):  # one that has died is noticed when it is listened to
            self.connection.send((batches, first, stride))

    def receive(self) -> Batch:
        """Return the next of its batches.

        Raises
        ------
        RuntimeError
            If it has died.
        """
        try:
            return self.connection.recv()
        except (EOFError, OSError) as error:
            status = self.process.wait()
            raise RuntimeError(
                f"a reader of batches ended with status {status}; its error is above"
            ) from error
