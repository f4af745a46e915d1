"""What tells in the first steps from random weights: clip norm, and the scale of the input rows.

    python benchmarks/first_steps.py data/asap/dataset-* --norms 3 0.25 --scales 0.026 0.5

An event is one row of the first layer's kernel. Glorot's initialisation draws the rows as if all
were added up at once, with a standard deviation of 0.026; an embedding would have about 1.

The training is that of `config/base.yaml`: whole performances in parts of 128 events, Adam at a
learning rate that rises to 3e-3 within 100 steps and stays there, the same batches each time.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import trange

from perfrnn.dataset.performance_batches import PerformanceBatches
from perfrnn.dataset.segments import read_segments
from perfrnn.events.vocabulary import NUM_CLASSES
from perfrnn.network.bundle import KERNEL
from perfrnn.network.event_model import prepare_backend
from perfrnn.network.model import PerformanceRNN

RATE, WARMUP = 3e-3, 100
BATCH_SIZE, LENGTH = 32, 128
WINDOW = 50
SEMITONES = (-3, -2, -1, 0, 1, 2, 3)


def learn(batches: PerformanceBatches, norm: float, scale: float, steps: int) -> list[float]:
    """Return the loss of every step, nats per event."""
    model = PerformanceRNN(conditioned=False, carried_rows=BATCH_SIZE, clip_norm=norm, seed=1)
    weights = model.named_weights()
    rows = weights[KERNEL.format(0)][:NUM_CLASSES]
    rows *= scale / rows.std()
    model.set_named_weights(weights)
    return [
        model.train_step_on(batches[step], RATE * min(1.0, (step + 1) / WARMUP))["loss"]
        for step in trange(steps, desc=f"norm {norm:g}, scale {scale:g}")
    ]


def main() -> None:
    """Train with each norm and scale, print the mean losses of every 50 steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="folder with train.tfrecord.gz, full segments")
    parser.add_argument("--norms", type=float, nargs="+", default=[3.0, 0.25])
    parser.add_argument("--scales", type=float, nargs="+", default=[0.026, 0.5])
    parser.add_argument("--steps", type=int, default=350)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    prepare_backend(options.threads)
    performances = read_segments(options.dataset / "train.tfrecord.gz").joined()
    batches = PerformanceBatches(performances, BATCH_SIZE, LENGTH, False, 1, SEMITONES)
    losses = pd.DataFrame(
        {
            pair: learn(batches, *pair, options.steps)
            for pair in itertools.product(options.norms, options.scales)
        }
    )
    means = losses.groupby(np.arange(options.steps) // WINDOW * WINDOW + WINDOW).mean()
    means.columns.names = ["norm", "scale"]
    print(means.rename_axis("step").round(3).to_string())


if __name__ == "__main__":
    main()
