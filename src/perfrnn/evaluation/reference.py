"""What human performances measure: read from the package, written from a corpus.

The package holds two small files made from ASAP by the rule `human_reference`, so that a run
needs no ASAP to compare its samples with humans. They hold measures, no notes:

`reference.json` : where it is from, quantiles of every measure for humans and controls, the
    calibration, the discriminator and its scores.
`humans.tsv` : the measures of each human excerpt, for bootstraps and for judges trained against
    samples.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from perfrnn.errors import PerfRNNError
from perfrnn.evaluation.discriminator import Discriminator
from perfrnn.evaluation.metrics import NAMES
from perfrnn.files import atomic

SUMMARY_FILE = "reference.json"
HUMANS_FILE = "humans.tsv"

HUMAN_COLUMNS = ("id", "piece", "composer", "score", "share_inside")
"""Columns of `humans.tsv` beside the measures.

`score` is by a discriminator that was chosen and trained without the piece, `share_inside` by
measures and a band of other pieces.
"""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Reference:
    """The humans that samples are compared with.

    Attributes
    ----------
    summary : the content of `reference.json`.
    humans : a row an excerpt, columns `HUMAN_COLUMNS` and every measure.
    """

    summary: Mapping[str, Any]
    humans: pd.DataFrame

    @property
    def counting(self) -> list[str]:
        """Return the measures that count."""
        return [name for name in NAMES if self.summary["metrics"][name]["counts"]]

    @property
    def penalty(self) -> float:
        """Return the penalty on weights that the judge was trained with."""
        return self.summary["discriminator"]["penalty"]

    @property
    def discriminator(self) -> Discriminator:
        """Return the judge trained on humans and controls."""
        return Discriminator.from_json(self.summary["discriminator"]["model"])

    def write(self, summary: Path, humans: Path) -> None:
        """Write both files."""
        with atomic(summary) as temporary:
            text = json.dumps(_rounded(self.summary), indent=1, allow_nan=False)
            temporary.write_text(text + "\n", encoding="utf-8")
        with atomic(humans) as temporary:
            self.humans.to_csv(temporary, sep="\t", index=False, float_format="%.4g")


def read_reference(folder: Path | None = None) -> Reference:
    """Read the reference of `folder`, or the package's.

    Raises
    ------
    PerfRNNError
        If a file is missing or damaged, or was made for other measures.
    """
    source = folder if folder is not None else resources.files("perfrnn.evaluation")
    try:
        summary = json.loads(source.joinpath(SUMMARY_FILE).read_text(encoding="utf-8"))
        with source.joinpath(HUMANS_FILE).open("r", encoding="utf-8") as file:
            humans = pd.read_csv(file, sep="\t")
    except (OSError, ValueError) as error:
        raise PerfRNNError(
            f"{source}: no human reference ({error}); run human_reference"
        ) from error
    lacking = sorted(
        {*HUMAN_COLUMNS, *NAMES} - set(humans) | set(NAMES) ^ set(summary.get("metrics", ()))
    )
    if lacking:
        raise PerfRNNError(
            f"{source}: the human reference and the measures differ in `{lacking[0]}`; "
            "run human_reference"
        )
    return Reference(summary, humans)


def _rounded(value: Any) -> Any:
    """Return JSON values with numbers of five digits, and null where there is none."""
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if value == value else None
    return value
