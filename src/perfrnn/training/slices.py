"""Training in slices, on a machine that has no TensorFlow, no network and no Snakemake.

Such a machine is a GPU lent for minutes at a time: everything travels as plain files.
`perfrnn.commands.slices` is the program.
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

from perfrnn.dataset.segments import read_segments
from perfrnn.files import atomic
from perfrnn.network.pretrained import read_start, write_model
from perfrnn.training.hyperparameters import TrainingParameters
from perfrnn.training.setup import TrainingFiles
from perfrnn.training.state import STATE_FILE
from perfrnn.training.train import TrainingInterruptedError, train

PIECE = 15 * 2**20
"""Bytes of one file of a saved state."""

SPLITS = ("train", "eval")
SETTINGS, START, MODEL = "settings.json", "start.npz", "model.npz"
TABLES = ("history.csv", "metrics.json")


def pack(dataset: Path, settings: TrainingParameters, start: Path | None, out: Path) -> None:
    """Write what `run` needs into the folder `out`.

    Parameters
    ----------
    dataset : folder with `train.tfrecord.gz` and `eval.tfrecord.gz`.
    settings : `perfrnn.config.training_parameters`.
    start : model to start from; None for random weights.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in SPLITS:
        read_segments(dataset / f"{name}.tfrecord.gz").save(out / f"{name}.npz")
    (out / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    if start is not None:
        write_model(out / START, read_start(start))


def run(packed: Path, folder: Path, seconds: float) -> bool:
    """Train for at most about `seconds`; return whether training has ended.

    Parameters
    ----------
    packed : what `pack` wrote.
    folder : for the state and the results.
    """
    work = folder / "work"
    _join(folder, work)
    start = packed / START
    files = TrainingFiles(
        **{name: packed / f"{name}.npz" for name in SPLITS},
        start=start if start.exists() else None,
        state=work,
        bundle=folder / MODEL,
        history=folder / TABLES[0],
        metrics=folder / TABLES[1],
    )
    settings = json.loads((packed / SETTINGS).read_text(encoding="utf-8"))
    try:
        train(packed.name, settings, files, seconds=seconds)
        ended = True
    except TrainingInterruptedError as interruption:
        logging.info("%s", interruption)
        ended = False
    _split(work, folder)
    return ended


def unpack(folder: Path, out: Path) -> None:
    """Make of a training that `run` has ended what the `train` rule makes."""
    out.mkdir(parents=True, exist_ok=True)
    write_model(out / "model.mag", read_start(folder / MODEL))
    for name in TABLES:
        shutil.copyfile(folder / name, out / name)


def _split(work: Path, folder: Path) -> None:
    """Cut the one state below `work` into pieces named after its fingerprint."""
    for old in folder.glob("state-*.piece"):
        old.unlink()
    for path in work.glob(f"*/{STATE_FILE}"):
        content = path.read_bytes()
        for number, begin in enumerate(range(0, len(content), PIECE)):
            piece = folder / f"state-{path.parent.name}-{number:02d}.piece"
            with atomic(piece) as temporary:
                temporary.write_bytes(content[begin : begin + PIECE])
    shutil.rmtree(work)


def _join(folder: Path, work: Path) -> None:
    """Put the pieces together again."""
    shutil.rmtree(work, ignore_errors=True)
    for piece in sorted(folder.glob("state-*.piece")):
        state = work / piece.name.split("-")[1] / STATE_FILE
        state.parent.mkdir(parents=True, exist_ok=True)
        with state.open("ab") as file:
            file.write(piece.read_bytes())
