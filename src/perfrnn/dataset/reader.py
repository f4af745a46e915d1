"""A reader: one process that makes batches as fast as they are taken.

`perfrnn.dataset.readers` runs it as `python -m perfrnn.dataset.reader FD`, where FD is the file
descriptor of an inherited pipe. It is sent the batches, the first to make and how many to go on by
each time, and makes batches until the pipe closes.
"""

import signal
import sys
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection


def main() -> None:
    """Send batches until the other end closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller gets it too, and ends its readers
    connection = Connection(int(sys.argv[1]))
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        batches, first, stride = connection.recv()
        for step in count(first, stride):
            connection.send(batches[step])


if __name__ == "__main__":
    main()
