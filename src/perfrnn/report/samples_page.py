"""A folder of samples as a thing to hand on: a page to listen on, and a README."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from perfrnn.report.results import Iteration, ReportError, read_dataset, read_metrics, read_samples
from perfrnn.report.templating import write_template


def write_samples_page(
    folder: Path, *, iteration: str, metrics: Path, corpus: str, dataset: Path
) -> None:
    """Write `index.html` and `README.txt` into a folder of samples.

    Both name nothing outside the folder, so that it can be copied away.

    Parameters
    ----------
    folder : such as `results/iter1/samples`, complete but for the two files.
    iteration : name of the iteration.
    metrics : its `metrics.json`.
    corpus : name of the corpus in the config.
    dataset : `dataset.json`, for the licence of the training music.

    Raises
    ------
    ReportError
        If an input is missing or incomplete, or there is no sample.
    """
    samples = read_samples(folder)
    if not samples:
        raise ReportError(f"{folder}: no sample-N.json there; generate the samples again")
    context: dict[str, Any] = {
        "iteration": Iteration(iteration, read_metrics(metrics), samples),
        "corpus": corpus,
        "dataset": read_dataset(dataset),
    }
    write_template("samples.html.j2", folder / "index.html", **context)
    write_template("README.txt.j2", folder / "README.txt", **context)
