"""Train with bfloat16 and with float32 products side by side and compare what is learned.

    python benchmarks/precision.py DATASET

DATASET is a folder with `train.tfrecord.gz` and `eval.tfrecord.gz`, such as
`data/embedded/dataset-*`. Both trainings see the same batches from the same start weights, with
dropout; each is one run, so differences of a few thousandths of a nat are chance.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

PRECISIONS = ("bfloat16", "float32")

PROCESS = """
import json, sys
from pathlib import Path
from perfrnn.network.event_model import prepare_backend
from perfrnn.training.setup import TrainingFiles
from perfrnn.training.train import train
settings, paths = map(json.loads, sys.argv[1:])
prepare_backend(threads=2)
train("precision", settings, TrainingFiles(**{n: p and Path(p) for n, p in paths.items()}))
"""


def run(dataset: Path, folder: Path, precision: str, options: argparse.Namespace) -> pd.DataFrame:
    """Train once; return the history."""
    settings = {
        "model": "performance_with_dynamics",
        "network": {"layers": 3, "units": 512},
        "batch_size": options.batch,
        "dropout": 0.5,
        "learning_rate": {"schedule": "constant", "value": 1e-3},
        "max_steps": options.steps,
        "evaluate_every": max(1, options.steps // 6),
        "precision": precision,
        "seed": options.seed,
        "transpose": [0],
    }
    paths = {
        "train": str(dataset / "train.tfrecord.gz"),
        "eval": str(dataset / "eval.tfrecord.gz"),
        "start": None,
        **{n: str(folder / n) for n in ("state", "model.npz", "history.csv", "metrics.json")},
    }
    renamed = {name.partition(".")[0]: path for name, path in paths.items()}
    command = [sys.executable, "-c", PROCESS, json.dumps(settings), json.dumps(renamed)]
    subprocess.run(command, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    return pd.read_csv(folder / "history.csv").dropna(subset="eval_loss")


def main(arguments: list[str]) -> None:
    """Train with each precision and print the evaluation losses side by side."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    losses = {}
    for precision in PRECISIONS:
        with tempfile.TemporaryDirectory() as folder:
            history = run(options.dataset, Path(folder), precision, options)
        losses[precision] = history.set_index("step")["eval_loss"]
    print(pd.DataFrame(losses).round(4).to_string())


if __name__ == "__main__":
    main(sys.argv[1:])
