"""What the auxiliary losses do: the same training without, with each, and with all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from keras import ops

from perfrnn.dataset.batches import Batch, evaluation_batches
from perfrnn.dataset.segments import read_segments
from perfrnn.evaluation.scoring import score
from perfrnn.files import atomic
from perfrnn.network.bundle import check_fit
from perfrnn.network.layouts import CONDITIONED_MODEL
from perfrnn.network.losses import LEAST_COUNT, SUMS
from perfrnn.network.model import PerformanceRNN
from perfrnn.network.pretrained import read_start
from perfrnn.training.hyperparameters import TrainingParameters

BATCH_SIZE = 16


def compare(
    bundles: Mapping[str, Path], test_file: Path, settings: TrainingParameters, out: Path
) -> pd.DataFrame:
    """Measure trained variants on the test set and write the table.

    Parameters
    ----------
    bundles : the trained model of each variant, by name.
    test_file : records of the test set.
    settings : `perfrnn.config.training_parameters` of any variant; gives model and network.
    out : CSV file, one row a variant: `loss` (nats per event), `accuracy`, and the value of every
        auxiliary loss, whether or not the variant was trained on it.
    """
    segments = read_segments(test_file)
    conditioned = settings["model"] == CONDITIONED_MODEL
    model = PerformanceRNN(
        conditioned=conditioned, precision=settings["precision"], **settings["network"]
    )
    batches = list(evaluation_batches(segments, BATCH_SIZE, conditioned=conditioned))
    rows = []
    for name, path in bundles.items():
        bundle = read_start(path)
        check_fit(bundle, settings["model"], model.shapes(), path)
        model.set_named_weights(bundle.weights)
        rows.append({"variant": name, **measure(model, batches)})
    table = pd.DataFrame(rows)
    with atomic(out) as temporary:
        table.to_csv(temporary, index=False)
    return table


def measure(model: PerformanceRNN, batches: Sequence[Batch]) -> dict[str, float]:
    """Return evaluation loss, accuracy and auxiliary measures of a model.

    Numerators and denominators of the measures add up over batches, so that how segments are
    grouped, and segments to which a measure does not apply, change nothing. A measure that applies
    to none is NaN.
    """
    sums = {name: np.zeros(2) for name in SUMS}

    def observe(batch: Batch, logits: np.ndarray) -> None:
        tensors = [ops.convert_to_tensor(part) for part in (logits, batch.labels, batch.mask)]
        for name, function in SUMS.items():
            sums[name] += [float(ops.convert_to_numpy(part)) for part in function(*tensors)]

    result = score(model.predict_logits, batches, observe)
    means = {
        name: float(total / count) if count > LEAST_COUNT else math.nan
        for name, (total, count) in sums.items()
    }
    return {"loss": result.loss, "accuracy": result.accuracy, **means}
