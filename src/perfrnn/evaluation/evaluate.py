"""From the samples of all iterations to two files: a tidy table and the verdicts."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.adherence import adherence, estimated_key, key_name
from perfrnn.evaluation.copying import longest_copies, pitches_of
from perfrnn.evaluation.excerpts import opening
from perfrnn.evaluation.inside import bands, percentiles
from perfrnn.evaluation.metrics import METRICS, NAMES, measure
from perfrnn.evaluation.reference import Reference
from perfrnn.evaluation.training_set import TrainingSet
from perfrnn.evaluation.verdicts import compare, judge_iteration, judge_samples
from perfrnn.files import atomic
from perfrnn.notes import Notes
from perfrnn.rendering.reading import read_notes

log = logging.getLogger(__name__)

COLUMNS = (
    "iteration",
    "sample",
    "group",
    "metric",
    "value",
    "unit",
    "counts",
    "inside",
    "percentile",
    "human_low",
    "human_median",
    "human_high",
)
"""Columns of `evaluation.csv`: a row for each sample and measure.

`group` is that of the measure, or `verdict`, `adherence` or `copying` for what is no measure of
the music alone; `inside`, `percentile` and the human columns are empty there unless they apply.
"""

RECORD_TYPES: dict[str, type | tuple[type, ...]] = {
    "number": int,
    "seconds": (int, float),
    "settings": dict,
}
"""What is read of a `sample-N.json`."""

_NAME = re.compile(r"^sample-(\d+)$")


@dataclass(frozen=True)
class Sample:
    """One sample: its first minute, and the content of its `sample-N.json`."""

    number: int
    notes: Notes
    record: Mapping[str, Any]


def evaluate(
    folders: Mapping[str, Path],
    reference: Reference,
    training_set: TrainingSet,
    *,
    table: Path,
    verdicts: Path,
    seed: int,
) -> None:
    """Measure all samples and write `evaluation.csv` and `evaluation.json`.

    Parameters
    ----------
    folders : where each iteration's `sample-N.mid` and `sample-N.json` are, by iteration.
    training_set : what the models were trained on, and the test set.
    table, verdicts : the files to write.
    seed : of the bootstraps.

    Raises
    ------
    PerfRNNError
        If an iteration has no sample, or one cannot be read.
    """
    everything = {name: read_samples(folder) for name, folder in folders.items()}
    unseen, copies = _copies(training_set, everything)
    frames: list[pd.DataFrame] = []
    iterations: dict[str, Any] = {}
    scores: dict[str, np.ndarray] = {}
    for name, samples in everything.items():
        measures = pd.DataFrame([measure(sample.notes) for sample in samples])
        judged = judge_samples(measures, reference)
        scores[name] = judged["score"].to_numpy()
        copied = copies[name]
        asked = [adherence(sample.notes, sample.record) for sample in samples]
        frames.append(_rows(name, samples, measures, reference))
        frames.append(_extra_rows(name, samples, judged, copied, asked))
        seconds = min(sample.notes.total_time for sample in samples)
        verdict = judge_iteration(measures, judged, reference, seconds=seconds, seed=seed)
        iterations[name] = verdict | {
            **_selection(samples),
            "longest_copy": _copy_record(copied, unseen, training_set.tested),
            "adherence": _means(asked),
            "per_sample": _per_sample(samples, judged, copied, asked),
        }
        log.info("%s: %s", name, iterations[name]["verdict"])
    record = {
        "reference": {"measures": len(reference.counting)}
        | {
            key: reference.summary[key]
            for key in ("origin", "excerpts", "pieces", "composers", "seconds", "rule", "controls")
        },
        "iterations": iterations,
        "comparisons": compare(scores, seed=seed),
    }
    with atomic(table) as temporary:
        pd.concat(frames)[list(COLUMNS)].to_csv(temporary, index=False, float_format="%.6g")
    with atomic(verdicts) as temporary:
        temporary.write_text(json.dumps(_finite(record), indent=2) + "\n", encoding="utf-8")


def read_samples(folder: Path) -> list[Sample]:
    """Read the samples of a folder, in the order of their numbers.

    Raises
    ------
    PerfRNNError
        If there is none, or a file of one cannot be read.
    """
    samples = []
    for path in folder.glob("sample-*.mid"):
        name = _NAME.match(path.stem)
        if name is None:
            continue
        record = _read_record(path.with_suffix(".json"))
        notes = dataclasses.replace(read_notes(path), total_time=float(record["seconds"]))
        samples.append(Sample(int(name[1]), opening(notes), record))
    if not samples:
        raise PerfRNNError(f"{folder}: there is no sample-N.mid; delete it to have them made")
    return sorted(samples, key=lambda sample: sample.number)


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PerfRNNError(f"{path}: {error}; delete its folder to have it made") from error
    for key, kind in RECORD_TYPES.items():
        if not isinstance(record, dict) or not isinstance(record.get(key), kind):
            raise PerfRNNError(f"{path}: lacks `{key}`; delete its folder to have it made")
    return record


def _rows(
    iteration: str, samples: Sequence[Sample], measures: pd.DataFrame, reference: Reference
) -> pd.DataFrame:
    """Return a row for each sample and measure of the music."""
    about = pd.DataFrame(
        [(m.group, m.name, m.unit) for m in METRICS], columns=["group", "metric", "unit"]
    )
    about["counts"] = about["metric"].isin(reference.counting)
    about = about.join(bands(reference.humans, NAMES).add_prefix("human_"), on="metric")
    wide = measures.assign(sample=[sample.number for sample in samples])
    rows = wide.melt("sample", var_name="metric").merge(about, on="metric")
    rows["inside"] = rows["value"].between(rows["human_low"], rows["human_high"])
    rows["percentile"] = np.concatenate(
        [percentiles(measures[n].to_numpy(), reference.humans[n].to_numpy()) for n in NAMES]
    )
    return rows.assign(iteration=iteration).sort_values("sample", kind="stable")


def _extra_rows(
    iteration: str,
    samples: Sequence[Sample],
    judged: pd.DataFrame,
    copied: Sequence[int],
    asked: Sequence[Mapping[str, float]],
) -> pd.DataFrame:
    """Return a row for each sample and everything that is no measure of the music alone."""
    rows = []
    for sample, (_, verdict), copy, measures in zip(
        samples, judged.iterrows(), copied, asked, strict=True
    ):
        found = [("verdict", name, float(value), "") for name, value in verdict.items()]
        found.append(("copying", "longest_copy", copy, "notes"))
        found += [("adherence", name, value, "") for name, value in measures.items()]
        rows += [(iteration, sample.number, *row) for row in found]
    names = ["iteration", "sample", "group", "metric", "value", "unit"]
    return pd.DataFrame(rows, columns=names).reindex(columns=list(COLUMNS))


def _copies(
    training_set: TrainingSet, samples: Mapping[str, Sequence[Sample]]
) -> tuple[np.ndarray, dict[str, list[int]]]:
    """Return the longest copies in held-out music, and in each sample of every iteration."""
    counts = [len(training_set.held_out), *map(len, samples.values())]
    pitches = [*training_set.held_out]
    pitches += [pitches_of(sample.notes) for each in samples.values() for sample in each]
    found = longest_copies(pitches, training_set.train)
    unseen, *copied = np.split(found, np.cumsum(counts)[:-1])
    return unseen, dict(zip(samples, (part.tolist() for part in copied), strict=True))


def _selection(samples: Sequence[Sample]) -> dict[str, int]:
    """Return of how many candidates each sample is the best, if of several."""
    most = max(sample.record["settings"].get("candidates", 1) for sample in samples)
    return {"candidates": most} if most > 1 else {}


def _copy_record(copied: Sequence[int], unseen: np.ndarray, tested: str) -> dict[str, Any]:
    """Return the samples' longest copies beside those of the test set."""
    record: dict[str, Any] = {"median": float(np.median(copied)), "most": int(max(copied))}
    if len(unseen):
        record["held_out"] = {
            "set": tested,
            "pieces": len(unseen),
            "median": float(np.median(unseen)),
            "high": float(np.quantile(unseen, 0.95)),
        }
    return record


def _per_sample(
    samples: Sequence[Sample],
    judged: pd.DataFrame,
    copied: Sequence[int],
    asked: Sequence[Mapping[str, float]],
) -> list[dict[str, Any]]:
    rows = []
    for sample, (_, verdict), copy, measures in zip(
        samples, judged.iterrows(), copied, asked, strict=True
    ):
        key = estimated_key(sample.notes)
        rows.append(
            {
                "number": sample.number,
                "asked_key": sample.record.get("key"),
                "estimated_key": key_name(key) if key is not None else None,
                "longest_copy": copy,
                **{str(name): float(value) for name, value in verdict.items()},
                **measures,
            }
        )
    return rows


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float] | None:
    """Return the mean of each measure over the samples that have it, None if none has any."""
    means = pd.DataFrame(list(rows)).mean()
    return {str(name): float(value) for name, value in means.items()} or None


def _finite(value: Any) -> Any:
    """Return JSON values with null for what is no finite number."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
