"""The state of a training, saved so that a killed run goes on exactly where it was."""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from perfrnn import training
from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic

STATE_FILE = "state.npz"


class StateError(PerfRNNError):
    """The state of a training cannot be saved or read."""


def fingerprint(settings: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Return 16 hexadecimal digits that stand for everything a training depends on.

    Parameters
    ----------
    settings : canonical hyper-parameters.
    inputs : digests of the dataset files and of the start weights, by name.
    """
    content = json.dumps(
        {"recipe": training.RECIPE_VERSION, "settings": settings, "inputs": inputs},
        sort_keys=True,
    )
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def save_state(folder: Path, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
    """Save `arrays` and the JSON-able `record`; the state before is kept until this one is whole.

    Raises
    ------
    StateError
        If the disk is full or not writable.
    """
    try:
        with atomic(folder / STATE_FILE) as temporary, temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, record=np.array(json.dumps(record)), **arrays)
    except OSError as error:
        raise StateError(
            f"{folder}: cannot save the state of the training ({error.strerror}); make room, then "
            "run the same command: training goes on from the state saved before"
        ) from error


def load_state(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Return the saved arrays and record, or None if nothing was saved.

    Raises
    ------
    StateError
        If the file is damaged.
    """
    path = folder / STATE_FILE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as stream, np.load(stream) as file:
            arrays = {name: file[name] for name in file.files}
        record = json.loads(str(arrays.pop("record")))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise StateError(f"{path}: damaged; delete the folder to train afresh") from error
    return arrays, record


class SaveClock:
    """Says when to save, so that saving costs at most a given share of the time.

    Parameters
    ----------
    every : seconds that pass at least between two saves.
    share : of the running time that saving may take.
    """

    def __init__(self, every: float = 10.0, share: float = 0.02) -> None:
        self._every, self._share = every, share
        self._last = time.monotonic()
        self._cost = 0.0

    def is_due(self) -> bool:
        """Return whether it is time to save."""
        return time.monotonic() - self._last >= max(self._every, self._cost / self._share)

    def saved(self, started: float) -> None:
        """Note that a save that began at `started` (`time.monotonic`) is done."""
        self._last = time.monotonic()
        self._cost = self._last - started
