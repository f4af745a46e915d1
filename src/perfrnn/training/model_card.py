"""Base models made ready to ship: compact weights and a card that says what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from perfrnn.corpus.manifest import read_manifest
from perfrnn.dataset.duplicates import known_pieces, read_duplicates
from perfrnn.dataset.held_out import write_pieces
from perfrnn.dataset.segments import Segments, read_segments
from perfrnn.dataset.split_table import read_split
from perfrnn.errors import ConfigError
from perfrnn.evaluation.baselines import baseline_losses
from perfrnn.evaluation.likelihood import likelihood
from perfrnn.evaluation.scoring import CHANCE, Score
from perfrnn.files import atomic, read_json
from perfrnn.network.pretrained import PIECES, bundled_path, read_start, suffix_of, write_half
from perfrnn.training.description import describe_settings


@dataclass(frozen=True)
class Dataset:
    """What a base model was trained on.

    Attributes
    ----------
    train, test : records, cut with `segments: full`.
    split, summary : `split.tsv` and `dataset.json`.
    manifest : every file of the corpus.
    duplicates : what the corpus has more than once, if it was searched for that.
    """

    train: Path
    test: Path
    split: Path
    summary: Path
    manifest: Path
    duplicates: Path | None = None


def ship(trainings: Sequence[Sequence[Path]], dataset: Dataset, folder: Path) -> None:
    """Write, for each trained model, weights in half precision and a card `<model>.md`.

    A table `pieces.tsv` says what all of them learned from: who starts from them is not judged by
    those pieces.

    Parameters
    ----------
    trainings : for each model the folder of its training, with the model and `metrics.json`;
        before it those of the trainings that led to it, with `metrics.json`.
    folder : for the files.

    Raises
    ------
    ConfigError
        If there is nothing to ship.
    """
    if not trainings:
        raise ConfigError(
            "config: no iteration is named after its `model`, which is how base models are told; "
            "add --configfile config/base.yaml"
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_pieces(
        folder / PIECES,
        known_pieces(
            read_split(dataset.split).rows,
            read_manifest(dataset.manifest),
            read_duplicates(dataset.duplicates) if dataset.duplicates else (),
        ),
    )
    held_out = read_segments(dataset.test)
    baselines = baseline_losses(_as_played(read_segments(dataset.train).joined()), held_out)
    for chain in trainings:
        stories = [read_json(each / "metrics.json", {"parameters": dict}) for each in chain]
        bundle = read_start(chain[-1] / f"model{suffix_of(stories[-1]['model'])}")
        compact = folder / bundled_path(bundle.model).name
        write_half(compact, bundle)
        card = _card(
            stories=stories,
            score=likelihood(read_start(compact), held_out),
            baselines=baselines,
            dataset=dataset,
        )
        with atomic(folder / f"{bundle.model}.md") as temporary:
            temporary.write_text(card, encoding="utf-8")


def _as_played(performances: Segments) -> Iterator[np.ndarray]:
    """Yield the events of the performances that were not stretched."""
    for index in np.flatnonzero(np.isclose(performances.stretches, 1.0)).tolist():
        yield performances[index]


def _card(
    *,
    stories: Sequence[Mapping[str, Any]],
    score: Score,
    baselines: Mapping[str, float],
    dataset: Dataset,
) -> str:
    environment = Environment(
        loader=PackageLoader("perfrnn.network.pretrained", ""),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template("card.md.j2").render(
        metrics=stories[-1],
        trainings=[
            (metrics, {each.name: each.text for each in describe_settings(metrics)})
            for metrics in stories
        ],
        minutes=sum(metrics["seconds"] for metrics in stories) / 60,
        score=score,
        baselines=baselines,
        chance=CHANCE,
        summary=read_json(dataset.summary, {"splits": dict}),
        held_out=sorted({row["piece"] for row in read_split(dataset.split).test}),
        today=date.today().isoformat(),
    )
