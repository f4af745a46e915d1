"""Training in slices, on a machine that has no TensorFlow, no network and no Snakemake.

    python -m perfrnn.commands.slices pack --configfile config/base.yaml --iteration NAME PACK
    KERAS_BACKEND=jax python -m perfrnn.commands.slices run PACK STATE --seconds 500
    python -m perfrnn.commands.slices unpack STATE results/base/NAME

`pack` writes the dataset, which the workflow has made, as .npz, with the settings. `run` trains on
from the state in STATE until the time is up, and leaves a state there in files below 16 MiB each;
the same command goes on, with more devices or fewer if you like (`--devices`). Once training has
ended, STATE holds the model in half precision, `history.csv` and `metrics.json`, and `unpack`
makes of them what the `train` rule makes.

Several hosts train together by `srun python -m perfrnn.commands.slices run ...`, a task on each.
"""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from perfrnn.commands.values import number
from perfrnn.errors import PerfRNNError, storage_fault
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL
from perfrnn.training.slices import pack, run, unpack


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
    folders = c.data_folders(config)
    is_transformer = settings["model"] == TRANSFORMER_MODEL
    manifest = Path(folders.converted, "manifest.tsv") if is_transformer else None
    pack(Path(folders.dataset), settings, options.start, options.out, manifest)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(
        prog="perfrnn.commands.slices", description=__doc__.split("\n")[0]
    )
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("pack", help="write what `run` needs")
    command.add_argument("--configfile", type=Path, help="overlay over config/config.yaml")
    command.add_argument("--iteration", required=True)
    command.add_argument(
        "--start", type=Path, help="model to start from (.mag, .npz or .safetensors)"
    )
    command.add_argument("out", type=Path)
    command = commands.add_parser("run", help="train on for a while")
    command.add_argument("packed", type=Path)
    command.add_argument("folder", type=Path)
    command.add_argument("--seconds", type=number(float, above=0, most=7 * 86400), default=540)
    command.add_argument(
        "--devices",
        type=number(int, least=1, most=10000),
        default=0,
        help="devices that share each batch, all hosts' together (JAX only; without it all)",
    )
    command = commands.add_parser("unpack", help="make the results of the `train` rule")
    command.add_argument("folder", type=Path)
    command.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.command == "pack":
            _pack_iteration(options)
        elif options.command == "run":
            ended = run(options.packed, options.folder, options.seconds, options.devices)
            print("ended" if ended else "not ended: run it again")
        else:
            unpack(options.folder, options.out)
    except PerfRNNError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        fault = storage_fault(error)
        if fault is None:
            raise
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
