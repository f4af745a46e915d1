"""Batches read by processes: a GPU uses them faster than one thread can make them.

Readers are started as `python -m perfrnn.dataset.reader`, not by `multiprocessing`, since that
would run the caller's script once more in each of them.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection, Pipe

from perfrnn.dataset.batches import Batch, BatchStream

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
    with ExitStack() as stack:
        readers = [stack.enter_context(_Reader()) for _ in range(count)]
        for number, reader in enumerate(readers):
            reader.send(batches, first + number, count)
        yield _Shared(readers, first)


class _Shared:
    """Batches of several readers, each of which makes every so-many-th."""

    def __init__(self, readers: list[_Reader], first: int) -> None:
        self._readers, self._next = readers, first
        self._first = first

    def __getitem__(self, step: int) -> Batch:
        if step != self._next:
            raise ValueError(f"batch {step} is asked for where {self._next} is the next")
        self._next += 1
        return self._readers[(step - self._first) % len(self._readers)].receive()


class _Reader:
    """One process that reads; leaving the context ends it."""

    def __init__(self) -> None:
        self._connection: Connection
        self._connection, other_end = Pipe()
        command = [sys.executable, "-P", "-m", READER_MODULE, str(other_end.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[other_end.fileno()])
        other_end.close()

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def send(self, batches: BatchStream, first: int, stride: int) -> None:
        """Let it read batch `first` and every `stride`-th after it."""
        with suppress(BrokenPipeError):  # one that has died is noticed when it is listened to
            self._connection.send((batches, first, stride))

    def receive(self) -> Batch:
        """Return the next of its batches.

        Raises
        ------
        RuntimeError
            If it has died.
        """
        try:
            return self._connection.recv()
        except (EOFError, OSError) as error:
            status = self._process.wait()
            raise RuntimeError(
                f"a reader of batches ended with status {status}; its error is above"
            ) from error
