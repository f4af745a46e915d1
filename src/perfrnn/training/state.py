"""The state of a training, saved so that a killed run goes on exactly where it was."""

from __future__ import annotations

import hashlib
import json
import logging
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from perfrnn import training
from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic
from perfrnn.training.hyperparameters import TrainingParameters
from perfrnn.training.schedules import PLANNED

log = logging.getLogger(__name__)

STATE_FILE = "state.npz"
BEFORE_FILE = "state-before.npz"
"""The state saved before `STATE_FILE`, for the day on which that cannot be read."""

DAMAGE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile)
"""What reading a damaged state raises."""


class StateError(PerfRNNError):
    """The state of a training cannot be saved or read."""


def fingerprint(settings: TrainingParameters, inputs: Mapping[str, str]) -> str:
    """Return 16 hexadecimal digits that stand for everything a training's steps depend on.

    `max_steps` is left out where the steps before it are the same without it.

    Parameters
    ----------
    settings : canonical hyper-parameters.
    inputs : digests of the dataset files and of the start weights, by name.
    """
    decisive: dict[str, Any] = dict(settings)
    if settings["learning_rate"]["schedule"] not in PLANNED:
        del decisive["max_steps"]
    content = json.dumps(
        {"recipe": training.RECIPE_VERSION, "settings": decisive, "inputs": inputs},
        sort_keys=True,
    )
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def state_folder(root: Path, settings: TrainingParameters, inputs: Mapping[str, str]) -> Path:
    """Return the folder for the state of a training: its fingerprint and its `max_steps`."""
    return root / f"{fingerprint(settings, inputs)}-{settings['max_steps']}"


def find_state(folder: Path, max_steps: int) -> Path:
    """Return the folder of the state to go on from: `folder`, or one that is ahead of it.

    Trainings that differ in nothing but `max_steps` take the same steps, so that of another limit
    serves where it has not gone as far as `max_steps`.

    Parameters
    ----------
    folder : what `state_folder` gave; it need not exist.
    """
    prefix = folder.name.rsplit("-", 1)[0]
    found, farthest = folder, _saved_step(folder)
    for other in sorted(folder.parent.glob(f"{prefix}-*")):
        step = _saved_step(other)
        if other != folder and farthest < step < max_steps:
            found, farthest = other, step
    return found


def _saved_step(folder: Path) -> int:
    """Return the step of the state in `folder`, -1 if there is none that can be read."""
    for path in _files(folder):
        try:
            with np.load(path) as file:
                return json.loads(str(file["record"]))["step"]
        except DAMAGE as error:
            log.warning("%s: damaged (%s)", path, error)
    return -1


def _files(folder: Path) -> list[Path]:
    """Return the states that are in a folder, the last one first."""
    return [folder / name for name in (STATE_FILE, BEFORE_FILE) if (folder / name).is_file()]


def save_state(folder: Path, arrays: Mapping[str, np.ndarray], record: Mapping[str, Any]) -> None:
    """Save `arrays` and the JSON-able `record`; the state before is kept beside this one.

    Raises
    ------
    StateError
        If the disk is full or not writable.
    """
    path = folder / STATE_FILE
    try:
        with atomic(path) as temporary:
            with temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, record=np.array(json.dumps(record)), **arrays)
            if path.exists():
                path.replace(folder / BEFORE_FILE)
    except OSError as error:
        raise StateError(
            f"{folder}: cannot save the state of the training ({error.strerror}); make room, then "
            "run the same command: training goes on from the state saved before"
        ) from error


def load_state(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Return the saved arrays and record, or None if nothing was saved.

    If the last state is damaged, or was about to be replaced, the one before takes its place.

    Raises
    ------
    StateError
        If every file is damaged.
    """
    path = folder / STATE_FILE
    files = _files(folder)
    for candidate in files:
        try:
            found = _read(candidate)
        except DAMAGE as error:
            log.warning("%s: damaged (%s)", candidate, error)
            continue
        if candidate != path:
            log.warning("%s: going on from the state saved before it", path)
            candidate.replace(path)
        return found
    if files:
        raise StateError(f"{path}: damaged; delete the folder to train afresh")
    return None


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    with path.open("rb") as stream, np.load(stream) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(str(arrays.pop("record")))


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
