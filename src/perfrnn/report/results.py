"""What the earlier steps wrote, read for the report: metrics, histories, dataset, samples."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from perfrnn.errors import PerfRNNError

SAMPLE_KEYS = ("seed", "key", "temperature", "notes_per_second", "notes", "seconds")

FORMATS = {
    "mp3": "MP3",
    "wav": "WAV",
    "mid": "MIDI",
    "musicxml": "MusicXML",
    "pdf": "score as PDF",
    "svg": "score as SVG",
    "png": "piano roll as PNG",
}
"""File name endings of a sample and what people call them, the ones most asked for first."""

_SAMPLE_NAME = re.compile(r"^sample-(\d+)$")


class ReportError(PerfRNNError):
    """A file that the report shows is missing, unreadable or incomplete."""


@dataclass(frozen=True)
class Sample:
    """One sample of a model.

    Attributes
    ----------
    number : N of `sample-N`.
    about : the content of `sample-N.json`.
    files : path of each format there is, keyed and ordered as `FORMATS`.
    """

    number: int
    about: Mapping[str, Any]
    files: Mapping[str, Path]


@dataclass(frozen=True)
class Iteration:
    """One trained model, the content of its `metrics.json` and its samples."""

    name: str
    metrics: Mapping[str, Any]
    samples: tuple[Sample, ...]


def read_json(path: Path, required: tuple[str, ...]) -> dict[str, Any]:
    """Read an object of JSON.

    Raises
    ------
    ReportError
        If the file is missing, is no JSON or lacks a required key.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ReportError(f"{path}: {error}; delete it and run the workflow again") from error
    keys = content if isinstance(content, dict) else {}
    missing = [key for key in required if key not in keys]
    if missing:
        raise ReportError(f"{path}: lacks `{missing[0]}`; delete it and run the workflow again")
    return content


def read_csv(path: Path, required: tuple[str, ...]) -> pd.DataFrame:
    """Read a table; empty cells become NaN.

    Raises
    ------
    ReportError
        If the file is missing, lacks a required column or has no row.
    """
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:  # ValueError: of the parser, or no UTF-8
        raise ReportError(f"{path}: {error}; delete it and train again") from error
    missing = [column for column in required if column not in table.columns]
    if missing or table.empty:
        fault = f"lacks the column {missing[0]}" if missing else "has no row"
        raise ReportError(f"{path}: {fault}; delete it and train again")
    return table


# What the report needs of each file.
read_metrics = partial(
    read_json,
    required=(
        "iteration",
        "model",
        "start",
        "parameters",
        "steps",
        "steps_per_epoch",
        "stops",
        "kept",
        "start_metrics",
        "chance",
        "ended",
        "seconds",
        "events_per_second",
        "device",
        "precision",
        "parameters_count",
        "verdict",
    ),
)
read_dataset = partial(
    read_json,
    required=(
        "settings",
        "licence",
        "sources",
        "quarantined",
        "performed",
        "composers",
        "splits",
        "eval_is_test",
        "held_out_elsewhere",
        "piece_overlap",
        "duplicates",
    ),
)
read_evaluation = partial(read_json, required=("reference", "iterations", "comparisons"))
read_history = partial(read_csv, required=("step", "learning_rate", "loss", "eval_loss"))
read_likelihoods = partial(read_csv, required=("model", "events", "loss"))
read_overlap = partial(
    read_csv,
    required=(
        "iteration",
        "feature",
        "samples",
        "held_out",
        "seconds",
        "overlapping_area",
        "kl_divergence",
        "human_overlapping_area",
        "human_kl_divergence",
    ),
)
read_ablation = partial(
    read_csv,
    required=(
        "variant",
        "loss",
        "accuracy",
        "rhythm",
        "harmonic_progression",
        "harmonic_tension",
    ),
)


def read_iteration(name: str, folder: Path) -> Iteration:
    """Read `folder`, such as `results/iter1`: its `metrics.json` and `samples/`.

    Raises
    ------
    ReportError
        If a file is missing, is no JSON or lacks a key.
    """
    return Iteration(name, read_metrics(folder / "metrics.json"), read_samples(folder / "samples"))


def read_samples(folder: Path) -> tuple[Sample, ...]:
    """Read the samples of a folder, in the order of their numbers.

    A sample is there if its `sample-N.json` is; every other file of it is optional.

    Raises
    ------
    ReportError
        If a `sample-N.json` is no JSON or lacks a key.
    """
    samples = []
    for path in folder.glob("sample-*.json"):
        name = _SAMPLE_NAME.match(path.stem)
        if name is not None:
            candidates = {ending: path.with_suffix(f".{ending}") for ending in FORMATS}
            files = {ending: file for ending, file in candidates.items() if file.is_file()}
            samples.append(Sample(int(name[1]), read_json(path, SAMPLE_KEYS), files))
    return tuple(sorted(samples, key=lambda sample: sample.number))


def summarize_overlap(path: Path) -> list[dict[str, Any]]:
    """Return a row for each iteration of `overlap.csv`: means over its features.

    Returns
    -------
    Rows with the columns of the table. Areas and divergences are means, NaN where none is known;
    `feature` is the one whose overlapping area is least, empty if none is known.

    Raises
    ------
    ReportError
        If the table is missing or incomplete.
    """
    rows: list[dict[str, Any]] = []
    for iteration, part in read_overlap(path).groupby("iteration", sort=False):
        areas = part.set_index("feature")["overlapping_area"].dropna()
        least = str(areas.idxmin()) if len(areas) else ""
        about = part.iloc[0][["samples", "held_out", "seconds"]].to_dict()
        means = part.filter(regex="_(area|divergence)$").mean()
        row = {"iteration": str(iteration), "feature": least} | about | means.to_dict()
        rows.append({str(key): value for key, value in row.items()})
    return rows
