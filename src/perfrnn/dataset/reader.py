"""A reader: one process that makes batches as fast as they are taken.

`perfrnn.dataset.readers` starts it (`perfrnn.processes`). It is sent the batches, the first to
make and how many to go on by each time, and makes batches until the pipe closes.
"""

from contextlib import suppress
from itertools import count

from perfrnn.processes import pipe_to_caller


def main() -> None:
    """Send batches until the other end closes the pipe."""
    connection = pipe_to_caller()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        batches, first, stride = connection.recv()
        for step in count(first, stride):
            connection.send(batches[step])


if __name__ == "__main__":
    main()
