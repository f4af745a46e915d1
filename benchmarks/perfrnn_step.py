"""Our training step. Usage: `python perfrnn_step.py BATCH.npz DROPOUT PRECISION THREADS`."""

import sys

import numpy as np
from step_server import serve

from perfrnn.dataset.batches import Batch
from perfrnn.network.event_model import prepare_backend
from perfrnn.network.model import PerformanceRNN


def main(path: str, dropout: str, precision: str, threads: str) -> None:
    """Build the model and serve steps."""
    data = np.load(path)
    inputs = {"events": data["events"].astype(np.int32)}
    labels = data["labels"].astype(np.int32)
    batch = Batch(inputs, labels, np.ones(labels.shape, np.float32))
    prepare_backend(int(threads))
    model = PerformanceRNN(conditioned=False, dropout=float(dropout), precision=precision)
    serve(lambda: model.train_step_on(batch, learning_rate=1e-3)["loss"])


if __name__ == "__main__":
    main(*sys.argv[1:])
