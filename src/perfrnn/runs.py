"""Runs that keep out of each other's way, by claims that end with their processes.

Snakemake's own lock is a file that outlives a killed run and then refuses the same command until
`--unlock`. A claim is a file as well, but it counts only while a process holds it with flock(2),
and the kernel lets go when the last process is dead, whatever killed it. The jobs of a run hold
its claim too: a training that outlives its Snakemake is still at work on its files.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import secrets
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from perfrnn.errors import PerfRNNError

FOLDER = Path(".snakemake/perfrnn")
"""Where claims lie, below the folder that the workflow runs in."""

VARIABLE = "PERFRNN_CLAIM"
"""Environment variable by which a run tells its jobs the path of its claim."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # Linux only

_held: list[IO[str]] = []  # a claim is let go when its file is closed


class RunError(PerfRNNError):
    """Another run is at work on the same files, or the run that a job belongs to is over."""


def claim(reads: Iterable[str], writes: Iterable[str], folder: Path = FOLDER) -> Path:
    """Claim files for this process and those that `join` it; return the path of the claim.

    The claim ends with the last of these processes. Claims of runs that are dead are removed.
    Where the file system knows no locks, or the claim was made on another machine, whose locks
    may not be seen from here, nobody can tell whether a run is dead: it counts as alive.

    Parameters
    ----------
    reads, writes : paths relative to the working directory. Runs may read the same files, but
        what one writes no other may read or write.

    Raises
    ------
    RunError
        If a living run is in the way.
    """
    mine = {
        "process": os.getpid(),
        **_machine(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "reads": sorted(set(reads)),
        "writes": sorted(set(writes)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder):
        for path in sorted(folder.glob("*.claim")):
            if not _remove_if_over(path):
                _keep_apart(path, mine)
        path = (folder / f"{secrets.token_hex(8)}.claim").absolute()
        file = path.open("x+", encoding="utf-8")  # on NFS a shared lock is for readers only
        file.write(json.dumps(mine) + "\n")
        file.flush()
        _lock(file, fcntl.LOCK_SH)
    _held.append(file)
    os.environ[VARIABLE] = str(path)
    atexit.register(_let_go, path, file, os.getpid())
    return path


def join() -> None:
    """Hold, until this process ends, the claim of the run that started it, if there is one.

    Raises
    ------
    RunError
        If that run is over: another may be at work on the same files by now.
    """
    path = Path(os.environ.get(VARIABLE, ""))
    if not path.name or not path.parent.is_dir():  # no run, or one on a disk that is not here
        return
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND), "a+", encoding="utf-8")
        _lock(file, fcntl.LOCK_SH)
        is_there = os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        is_there = False
    if not is_there:
        raise RunError(f"{path}: the run that started this job is over; start it again")
    file.write(json.dumps({"process": os.getpid(), **_machine()}) + "\n")
    file.flush()
    _held.append(file)


def _keep_apart(path: Path, mine: dict[str, Any]) -> None:
    """Refuse to go on if the living claim at `path` is in the way of `mine`."""
    theirs, *jobs = _read(path)
    shared = (set(theirs["writes"]) & {*mine["reads"], *mine["writes"]}) | (
        set(theirs["reads"]) & set(mine["writes"])
    )
    if not shared:
        return
    where = f"{min(shared)}: another run is at work on it"
    if _is_elsewhere(theirs):
        raise RunError(
            f"{where} on {theirs['host']}, since {theirs['since']}; wait for it, "
            f"or, if it is dead, delete {path}"
        )
    afar = sorted({job["host"] for job in jobs if _is_elsewhere(job)})  # may be over by now
    here = [each["process"] for each in (theirs, *jobs) if not _is_elsewhere(each)]
    alive = [str(process) for process in here if _exists(process)]
    who = f"process{'es' * (len(alive) > 1)} {', '.join(alive)}; " if alive else ""
    who += f"jobs on {', '.join(afar)}; " if afar else ""
    mend = "wait for it, or end it" if alive else f"wait for it, or, if it is dead, delete {path}"
    raise RunError(f"{where} since {theirs['since']} ({who}{path}); {mend}")


def _remove_if_over(path: Path) -> bool:
    """Remove a claim if it is certain that no process holds it any more; return whether it is."""
    try:
        with path.open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lines = _read(path)
            if lines and _is_elsewhere(lines[0]):
                return False
            path.unlink()  # while it is locked, so that no job joins in between
    except FileNotFoundError:
        return True
    except OSError:  # it is held, or there are no locks here
        return False
    return True


def _read(path: Path) -> list[dict[str, Any]]:
    """Return the run that made a claim, then the jobs that joined; nothing if it was cut short."""
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return [json.loads(line) for line in lines]


def _machine() -> dict[str, str]:
    """Return what tells machines apart: containers on one machine differ in name only."""
    boot = _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""
    return {"host": socket.gethostname(), "boot": boot}


def _is_elsewhere(theirs: dict[str, Any]) -> bool:
    here = _machine()
    same_boot = here["boot"] and theirs["boot"] == here["boot"]
    return theirs["host"] != here["host"] and not same_boot


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lock(file: IO[str], how: int) -> None:
    """Lock a file where the file system knows locks; where not, no claim is ever over."""
    with suppress(OSError):
        fcntl.flock(file, how)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "guard").open("w", encoding="utf-8") as file:
        _lock(file, fcntl.LOCK_EX)
        yield


def _let_go(path: Path, file: IO[str], process: int) -> None:
    """Remove the claim of a run that ends, unless one of its jobs is still ending too."""
    if os.getpid() != process:  # a fork
        return
    file.close()
    try:
        with path.open("r+", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except BlockingIOError:  # the next run removes it
        return
    except OSError:  # there are no locks here, or nothing to remove
        path.unlink(missing_ok=True)
