"""Training in slices, on a machine that has no TensorFlow, no network and no Snakemake.

Such a machine is a GPU lent for minutes at a time: everything travels as plain files.
`perfrnn.commands.slices` is the program.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from perfrnn.dataset.segments import read_segments
from perfrnn.files import atomic
from perfrnn.network.bundle import write_bundle
from perfrnn.network.devices import is_first_process, join_processes
from perfrnn.network.pretrained import read_start, suffix_of, write_half, write_model
from perfrnn.training.hyperparameters import TrainingParameters
from perfrnn.training.setup import TrainingFiles
from perfrnn.training.state import STATE_FILE, StateError
from perfrnn.training.train import TrainingInterruptedError, train

log = logging.getLogger(__name__)

PIECE = 15 * 2**20
"""Bytes of one file of a saved state."""

SPLITS = ("train", "eval")
SETTINGS, MANIFEST = "settings.json", "manifest.tsv"
START, MODEL = "start", "model"
"""Names of models, but for the suffix (`_suffix`)."""

TABLES = ("history.csv", "metrics.json")

_PIECE_NAME = re.compile(r"^state-(\d+)-(.+)-(\d+)of\d+-([0-9a-f]{16})\.piece$")


def pack(
    dataset: Path,
    settings: TrainingParameters,
    start: Path | None,
    out: Path,
    manifest: Path | None = None,
) -> None:
    """Write what `run` needs into the folder `out`.

    Parameters
    ----------
    dataset : folder with `train.tfrecord.gz` and `eval.tfrecord.gz`.
    settings : `perfrnn.config.training_parameters`.
    start : model to start from; None for random weights.
    manifest : of the corpus, which names the composers that a transformer learns.
    """
    out.mkdir(parents=True, exist_ok=True)
    for name in SPLITS:
        read_segments(dataset / f"{name}.tfrecord.gz").save(out / f"{name}.npz")
    (out / SETTINGS).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    if start is not None:
        write_half((out / START).with_suffix(suffix_of(settings["model"])), read_start(start))
    if manifest is not None:
        shutil.copyfile(manifest, out / MANIFEST)


def run(packed: Path, folder: Path, seconds: float, devices: int = 0) -> bool:
    """Train for at most about `seconds`; return whether training has ended.

    Each task of an `srun` calls it.

    Parameters
    ----------
    packed : what `pack` wrote.
    folder : for the state and the results; all tasks must see it.
    devices : see `perfrnn.training.train.train`.
    """
    join_processes()
    work = folder / "work"
    if is_first_process():  # the others wait for it before they look for a state
        _join(folder, work)
    settings = json.loads((packed / SETTINGS).read_text(encoding="utf-8"))
    suffix = suffix_of(settings["model"])
    start, manifest = (packed / START).with_suffix(suffix), packed / MANIFEST
    files = TrainingFiles(
        **{name: packed / f"{name}.npz" for name in SPLITS},
        start=start if start.exists() else None,
        state=work,
        model=(folder / MODEL).with_suffix(suffix),
        history=folder / TABLES[0],
        metrics=folder / TABLES[1],
        manifest=manifest if manifest.exists() else None,
        half=True,
    )
    try:
        train(packed.name, settings, files, seconds=seconds, devices=devices)
        ended = True
    except TrainingInterruptedError as interruption:
        log.info("%s", interruption)
        ended = False
    if is_first_process():
        _split(work, folder)
    return ended


def unpack(folder: Path, out: Path) -> None:
    """Make of a training that `run` has ended what the `train` rule makes."""
    out.mkdir(parents=True, exist_ok=True)
    compact = next(folder.glob(f"{MODEL}.*"))
    bundle = read_start(compact)
    write_model(out / compact.name, bundle)
    if bundle.settings is None:
        write_bundle(out / f"{MODEL}.mag", bundle)
    for name in TABLES:
        shutil.copyfile(folder / name, out / name)


def _split(work: Path, folder: Path) -> None:
    """Cut the last state below `work` into pieces, then delete the pieces of the one before."""
    old = [_parse(path) for path in folder.glob("*.piece")]
    generation = 1 + max((piece.generation for piece in old), default=0)
    last = max(work.glob(f"*/{STATE_FILE}"), key=lambda path: path.stat().st_mtime_ns)
    content = last.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:16]
    begins = range(0, len(content), PIECE)
    for number, begin in enumerate(begins):
        name = f"state-{generation}-{last.parent.name}-{number + 1}of{len(begins)}-{digest}.piece"
        with atomic(folder / name) as temporary:
            temporary.write_bytes(content[begin : begin + PIECE])
    for piece in old:
        piece.path.unlink()
    shutil.rmtree(work)


def _join(folder: Path, work: Path) -> None:
    """Put the pieces of the last whole state together again.

    Raises
    ------
    StateError
        If there are pieces, but no state that is whole.
    """
    shutil.rmtree(work, ignore_errors=True)
    states: dict[int, list[Piece]] = {}
    for path in folder.glob("*.piece"):
        piece = _parse(path)
        states.setdefault(piece.generation, []).append(piece)
    for generation in sorted(states, reverse=True):
        pieces = sorted(states[generation], key=lambda piece: piece.number)
        content = b"".join(piece.path.read_bytes() for piece in pieces)
        if hashlib.sha256(content).hexdigest().startswith(pieces[0].digest):
            state = work / pieces[0].state / STATE_FILE
            state.parent.mkdir(parents=True)
            state.write_bytes(content)
            return
        log.warning("%s: state %d is not whole", folder, generation)
    if states:
        raise StateError(f"{folder}: no state is whole; delete the .piece files to train afresh")


class Piece(NamedTuple):
    """A file of a saved state, by what its name says.

    Attributes
    ----------
    generation : 1 for the first state saved in a folder, 2 for the next.
    state : folder that the state belongs in.
    number : of the piece, from 1.
    digest : beginning of the SHA-256 of the whole state.
    """

    path: Path
    generation: int
    state: str
    number: int
    digest: str


def _parse(path: Path) -> Piece:
    """Return the piece in a file.

    Raises
    ------
    StateError
        If the name is not one that `_split` gives.
    """
    name = _PIECE_NAME.match(path.name)
    if name is None:
        raise StateError(f"{path}: of another version of perfrnn; delete it to train afresh")
    return Piece(path, int(name[1]), name[2], int(name[3]), name[4])
