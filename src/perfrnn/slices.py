"""Training in slices, on a machine that has no TensorFlow, no network and no Snakemake.

Such a machine is a GPU lent for minutes at a time: everything travels as plain files.

    python -m perfrnn.slices pack --configfile config/base.yaml --iteration NAME PACK
    KERAS_BACKEND=jax python -m perfrnn.slices run PACK STATE --seconds 500
    python -m perfrnn.slices unpack STATE results/base/NAME

`pack` writes the dataset, which the workflow has made, as .npz, with the settings. `run` trains on
from the state in STATE until the time is up, and leaves a state there in files below 16 MiB each;
the same command goes on. Once training has ended, STATE holds the model in half precision,
`history.csv` and `metrics.json`, and `unpack` makes of them what the `train` rule makes.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
from pathlib import Path

from perfrnn.dataset import read_segments
from perfrnn.errors import PerfRNNError
from perfrnn.files import atomic
from perfrnn.pretrained import read_start, write_model
from perfrnn.state import STATE_FILE
from perfrnn.training import TrainingFiles, TrainingInterruptedError, train

PIECE = 15 * 2**20
"""Bytes of one file of a saved state."""

SPLITS = ("train", "eval")
SETTINGS, START, MODEL = "settings.json", "start.npz", "model.npz"
TABLES = ("history.csv", "metrics.json")


def pack(dataset: Path, settings: dict, start: Path | None, out: Path) -> None:
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


def _pack_iteration(options: argparse.Namespace) -> None:
    """Take settings and dataset of one iteration from the configuration, as the workflow does."""
    import yaml
    from snakemake.utils import update_config

    from perfrnn import config as c

    config = yaml.safe_load(Path("config/config.yaml").read_text(encoding="utf-8"))
    if options.configfile:
        update_config(config, yaml.safe_load(options.configfile.read_text(encoding="utf-8")))
    schema = c.load_schema("workflow/schemas/config.schema.yaml")
    config = c.validate(config, schema)
    settings = c.training_parameters(config, options.iteration)
    dataset = Path("data") / config["corpus"] / "dataset"
    pack(dataset, settings, options.start, options.out)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="perfrnn.slices", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("pack", help="write what `run` needs")
    command.add_argument("--configfile", type=Path, help="overlay over config/config.yaml")
    command.add_argument("--iteration", required=True)
    command.add_argument("--start", type=Path, help="model to start from (.mag or .npz)")
    command.add_argument("out", type=Path)
    command = commands.add_parser("run", help="train on for a while")
    command.add_argument("packed", type=Path)
    command.add_argument("folder", type=Path)
    command.add_argument("--seconds", type=float, default=540)
    command = commands.add_parser("unpack", help="make the results of the `train` rule")
    command.add_argument("folder", type=Path)
    command.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "pack":
            _pack_iteration(options)
        elif options.command == "run":
            ended = run(options.packed, options.folder, options.seconds)
            print("ended" if ended else "not ended: run it again")
        else:
            unpack(options.folder, options.out)
    except PerfRNNError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
