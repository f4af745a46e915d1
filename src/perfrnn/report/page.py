"""The page that a person opens: what was made, how it compares, and how it sounds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from perfrnn.report.results import (
    read_ablation,
    read_dataset,
    read_evaluation,
    read_iteration,
    read_likelihoods,
    summarize_overlap,
)
from perfrnn.report.templating import write_template


def write_page(
    out: Path,
    *,
    iterations: Mapping[str, Path],
    corpus: str,
    dataset: Path,
    curves: Mapping[str, Path],
    comparison: Path,
    humanness: Path,
    evaluation: Path,
    likelihoods: Path,
    overlap: Path,
    listening: Path | None = None,
    play: Path | None = None,
    ablation: Path | None = None,
    schedules: Path | None = None,
    magenta: bool = False,
) -> None:
    """Write the report on one experiment; it opens from disk and asks nothing of the network.

    Parameters
    ----------
    out : the page, such as `results/index.html`; links are relative to its folder.
    iterations : folder of each iteration by name, with `metrics.json` and `samples/` in it.
    corpus : name of the corpus in the config.
    dataset : `dataset.json`.
    curves : figure of each iteration, by name (`perfrnn.report.curves.draw_curves`).
    comparison : figure of all iterations (`perfrnn.report.curves.draw_comparison`).
    humanness : figure of humans, models and controls (`perfrnn.report.humanness`).
    evaluation, likelihoods, overlap : `evaluation.json`, `likelihood.csv`, `overlap.csv`.
    listening : the page of the blind listening test, if there is one.
    play : the page on which the models play live, if there is one.
    ablation : `ablation.csv`, if there is one.
    schedules : figure of learning-rate schedules (`perfrnn.report.curves.draw_schedules`).
    magenta : whether training started from Magenta's bundles.

    Raises
    ------
    ReportError
        If an input is missing or incomplete.
    """
    write_template(
        "page.html.j2",
        out,
        iterations=[read_iteration(name, folder) for name, folder in iterations.items()],
        corpus=corpus,
        dataset=read_dataset(dataset),
        data=dataset.parent,
        curves=curves,
        comparison=comparison,
        humanness=humanness,
        evaluation=read_evaluation(evaluation),
        likelihoods=read_likelihoods(likelihoods),
        overlap=summarize_overlap(overlap),
        listening=listening,
        play=play,
        ablation=read_ablation(ablation) if ablation else None,
        schedules=schedules,
        magenta=magenta,
    )
