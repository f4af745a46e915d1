"""What every workflow script needs: a log, and errors that speak to the user."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path
from typing import NoReturn

from perfrnn import runs
from perfrnn.errors import PerfRNNError, storage_fault

OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's own 700 cost a tenth of TensorFlow's import."""


@contextmanager
def job(log_file: str | Path) -> Iterator[None]:
    """Run the body of a workflow script.

    Everything logged goes to `log_file`, and so does what libraries in other languages than
    Python write to standard error: TensorFlow chats from its import on, so scripts import it in
    the body. What imports make is there to stay: the collector of garbage seldom looks through
    it, and not when the process ends.

    An expected error, and a disk that is full or may not be written, ends the script with status
    1 and one line on the terminal; any other keeps its traceback, in the log too. As long as the
    process lives, the run that started it counts as alive (`perfrnn.runs`).
    """
    try:
        runs.join()
        Path(log_file).parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(handlers=[LogFile(log_file)], level=logging.INFO, force=True)
        logging.captureWarnings(True)
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
        with _native_errors_to(Path(log_file)):
            yield
        gc.freeze()  # else the interpreter's end takes TensorFlow a second
    except PerfRNNError as error:
        _give_up(str(error))
    except OSError as error:
        fault = storage_fault(error)
        if fault is None:
            logging.exception("unexpected error")
            raise
        _give_up(fault)
    except Exception:
        logging.exception("unexpected error")
        raise


def _give_up(line: str) -> NoReturn:
    logging.error("%s", line)
    sys.exit(f"error: {line}")


class LogFile(logging.FileHandler):
    """Appends what is logged to a file, as far as the disk takes it."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, encoding="utf-8")
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say nothing of a disk that takes no more: what the job itself writes will tell."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        """Close the file; what a full disk has not taken is lost."""
        with suppress(OSError):
            super().close()


@contextmanager
def whole_story(path: str | Path) -> Iterator[None]:
    """Begin the log with what earlier runs logged into `path`, and log into `path` too.

    Snakemake empties a job's log at each attempt; `path` is a file that it does not know.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    root = logging.getLogger()
    logs = [handler for handler in root.handlers if isinstance(handler, LogFile)]
    if path.is_file():
        earlier = path.read_text(encoding="utf-8", errors="replace")
        for log in logs:
            with Path(log.baseFilename).open("a", encoding="utf-8") as file:
                file.write(earlier)
    kept = LogFile(path)
    root.addHandler(kept)
    try:
        yield
    finally:
        root.removeHandler(kept)
        kept.close()


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


def available_cpus(threads: int | None = None) -> int:
    """Return how many of `threads`, or of any number, this process may really use at once.

    `--cores` may promise more cores than there are.
    """
    # macOS has no affinity mask.
    has_mask = hasattr(os, "sched_getaffinity")
    usable = (len(os.sched_getaffinity(0)) if has_mask else os.cpu_count()) or 1
    return usable if threads is None else max(1, min(threads, usable))
