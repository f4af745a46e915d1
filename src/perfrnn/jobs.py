"""What every workflow script needs: a log, and errors that speak to the user."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path

from perfrnn import runs
from perfrnn.errors import PerfRNNError


@contextmanager
def job(log_file: str | Path) -> Iterator[None]:
    """Run the body of a workflow script.

    Everything logged goes to `log_file`, and so does what libraries in other languages than
    Python write to standard error: TensorFlow chats from its import on, so scripts import it in
    the body. An expected error ends the script with status 1 and one line on the terminal; any
    other keeps its traceback, in the log too. As long as the process lives, the run that started
    it counts as alive (`perfrnn.runs`).
    """
    Path(log_file).parent.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log_file,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    logging.captureWarnings(True)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        runs.join()
        with _native_errors_to(Path(log_file)):
            yield
    except PerfRNNError as error:
        logging.error("%s", error)
        sys.exit(f"error: {error}")
    except Exception:
        logging.exception("unexpected error")
        raise


@contextmanager
def _native_errors_to(path: Path) -> Iterator[None]:
    """Append to a file what the body writes to standard error other than through `sys.stderr`."""
    terminal = os.fdopen(os.dup(2), "w", buffering=1)
    with path.open("ab") as file, terminal, redirect_stderr(terminal):
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal.fileno(), 2)


def available_cpus(threads: int) -> int:
    """Return how many of `threads` this process may really use at once.

    `--cores` may promise more cores than there are.
    """
    # macOS has no affinity mask.
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(threads, usable or 1))
