"""Processes of our own at the other end of a pipe.

They are started as `python -m MODULE FD`, FD being the file descriptor of their end, and not by
`multiprocessing`, since that would run the caller's script once more in each of them.
"""

import signal
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe


class PipedProcess:
    """A process that runs a module, and the caller's end of a pipe to it.

    Parameters
    ----------
    module : calls `pipe_to_caller`.
    options : for Python.
    """

    def __init__(self, module: str, *options: str) -> None:
        self.connection: Connection
        self.connection, other_end = Pipe()
        command = [sys.executable, "-P", *options, "-m", module, str(other_end.fileno())]
        self.process = subprocess.Popen(command, pass_fds=[other_end.fileno()])
        other_end.close()

    def end(self) -> int:
        """Kill the process and return its exit status."""
        self.process.kill()
        self.connection.close()
        return self.process.wait()


def pipe_to_caller() -> Connection:
    """Return the end of the pipe of this process, whose caller ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller gets it too
    return Connection(int(sys.argv[1]))
