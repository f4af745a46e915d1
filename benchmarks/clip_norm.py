"""What clipping gradients does to the first steps from random weights: loss by clip norm.

    python benchmarks/clip_norm.py data/asap/dataset --norms 3 0.25

The training is that of `config/base.yaml`: whole performances in parts of 128 events, Adam at a
learning rate that rises to 3e-3 within 100 steps and stays there, the same batches for every norm.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import trange

from perfrnn.dataset import read_segments
from perfrnn.model import PerformanceRNN, prepare_backend
from perfrnn.streams import StreamBatches

RATE, WARMUP = 3e-3, 100
BATCH_SIZE, LENGTH = 32, 128
WINDOW = 50
SEMITONES = (-3, -2, -1, 0, 1, 2, 3)


def learn(batches: StreamBatches, norm: float, steps: int) -> list[float]:
    """Return the loss of every step, nats per event."""
    model = PerformanceRNN(conditioned=False, streams=BATCH_SIZE, clip_norm=norm, seed=1)
    return [
        model.train_step_on(batches[step], RATE * min(1.0, (step + 1) / WARMUP))["loss"]
        for step in trange(steps, desc=f"norm {norm:g}")
    ]


def main() -> None:
    """Train with each norm, print the mean losses of every 50 steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="folder with train.tfrecord.gz, full segments")
    parser.add_argument("--norms", type=float, nargs="+", default=[3.0, 0.25])
    parser.add_argument("--steps", type=int, default=350)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    prepare_backend(options.threads)
    performances = read_segments(options.dataset / "train.tfrecord.gz").joined()
    batches = StreamBatches(performances, BATCH_SIZE, LENGTH, False, 1, SEMITONES)
    losses = pd.DataFrame({norm: learn(batches, norm, options.steps) for norm in options.norms})
    means = losses.groupby(np.arange(options.steps) // WINDOW * WINDOW + WINDOW).mean()
    print(means.rename_axis("step").rename_axis("norm", axis="columns").round(3).to_string())


if __name__ == "__main__":
    main()
