"""Figures of training: one for each iteration, and one that compares them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from perfrnn.report.figures import BLUE, GREEN, INK, MUTED, ORANGE, write_figure
from perfrnn.report.results import read_history, read_metrics

MAX_POINTS = 400
"""Longer histories are drawn as this many means, with a band from lowest to highest."""

CHANCE_REACH = 1.0
"""Chance is drawn when a loss comes this near (nats); losses further above it are cut off."""

PERPLEXITIES = (1, 2, 5, 10, 20, 50, 100, 200, 388)
"""Ticks of the comparison's upper axis."""


def draw_curves(history: Path, metrics: Path, out: Path) -> None:
    """Draw the training of one iteration: losses above, learning rate below.

    Shows the cross-entropy in training and at each evaluation (nats per event), the step that was
    kept, every early stop and, where the curves come near it, chance (`metrics["chance"]`).

    Parameters
    ----------
    history, metrics : the iteration's `history.csv` and `metrics.json`.
    out : figure to write; the suffix gives the format.

    Raises
    ------
    ReportError
        If an input is missing or incomplete.
    """
    table, facts = read_history(history), read_metrics(metrics)

    def draw(figure: Figure) -> None:
        loss, rate = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        _draw_losses(loss, table, facts)
        _draw_rate(rate, table, facts)
        figure.legend(loc="outside lower center", ncols=2, frameon=False)

    write_figure(draw, out, size=(6, 5.6))


def draw_comparison(metrics: Mapping[str, Path], out: Path) -> None:
    """Draw the evaluation loss before and after training, a row for each iteration.

    Parameters
    ----------
    metrics : `metrics.json` of each iteration, by name.
    out : figure to write; the suffix gives the format.

    Raises
    ------
    ReportError
        If an input is missing or incomplete.
    """
    facts = {name: read_metrics(path) for name, path in metrics.items()}

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        for row, fact in enumerate(facts.values()):
            _draw_row(axes, row, fact)
        _label_rows(axes, list(facts))
        _draw_comparison_frame(axes, list(facts.values()))

    write_figure(draw, out, size=(6, 1.8 + 0.5 * len(facts)))


def draw_schedules(histories: Mapping[str, Path], out: Path) -> None:
    """Draw the same training under several learning-rate schedules.

    Above, the evaluation loss (nats per event), from which the best is told apart; below, the
    learning rates.

    Parameters
    ----------
    histories : `history.csv` of each training, by the name to show.
    out : figure to write; the suffix gives the format.

    Raises
    ------
    ReportError
        If an input is missing or incomplete.
    """
    tables = {name: read_history(path) for name, path in histories.items()}
    looks = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"))

    def draw(figure: Figure) -> None:
        loss, rate = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        for (name, table), (color, marker) in zip(tables.items(), looks, strict=False):
            scored = table.dropna(subset=["eval_loss"])
            best = scored["eval_loss"].min()
            loss.plot(
                scored["step"],
                scored["eval_loss"],
                color=color,
                marker=marker,
                label=f"{name}: best {best:.3f}",
            )
            rates = table.dropna(subset=["learning_rate"])
            rate.plot(rates["step"], rates["learning_rate"], color=color)
        loss.set_title("Evaluation loss (nats per event)")
        loss.grid(axis="y")
        rate.set_title("Learning rate")
        rate.set_xlabel("training step")
        rate.set_ylim(bottom=0)
        rate.grid(axis="y")
        figure.legend(loc="outside lower center", ncols=2, frameon=False)

    write_figure(draw, out, size=(6, 5))


def _draw_losses(axes: Axes, table: pd.DataFrame, facts: Mapping[str, Any]) -> None:
    chance, kept, stops = facts["chance"], facts["kept"], facts["stops"]
    training = table.dropna(subset=["loss"])
    band = _condense(training["step"], training["loss"])
    if len(band) < len(training):
        axes.fill_between(band["step"], band["low"], band["high"], color=BLUE, alpha=0.2, lw=0)
    axes.plot(band["step"], band["mean"], color=BLUE, lw=1.8, label="training")

    scored = table.dropna(subset=["eval_loss"])
    few = len(scored) <= 40
    axes.plot(
        scored["step"],
        scored["eval_loss"],
        color=ORANGE,
        lw=1.4,
        marker="o" if few else None,
        ms=5,
        label="evaluation",
    )
    axes.plot(
        kept["step"],
        kept["loss"],
        marker="*",
        ms=17,
        ls="none",
        color=GREEN,
        mec="white",
        zorder=5,
        label=f"kept: {kept['loss']:.3f} at step {kept['step']:,}",
    )
    values = pd.concat([training["loss"], scored["eval_loss"]])
    low, high = values.min(), min(values.max(), chance + CHANCE_REACH)
    if high > chance - CHANCE_REACH:
        high = max(high, chance)
        axes.axhline(
            chance, color=MUTED, lw=1.2, ls=(0, (5, 3)), label=f"blind guessing: {chance:.2f}"
        )
    margin = 0.08 * max(high - low, 0.1)
    axes.set_ylim(low - margin, high + margin)
    axes.set_title(f"{facts['iteration']}: loss (nats per event)", pad=20 if stops else None)
    if stops:
        _draw_stops(axes, stops)
        _number_stops(axes, stops)
    axes.grid(axis="y")


def _draw_rate(axes: Axes, table: pd.DataFrame, facts: Mapping[str, Any]) -> None:
    rates = table.dropna(subset=["learning_rate"])
    condensed = _condense(rates["step"], rates["learning_rate"])
    # A band: the mean of a bin would hide cycles shorter than it.
    band = axes.fill_between(condensed["step"], condensed["low"], condensed["high"], lw=1.4)
    band.set(facecolor=(*to_rgb(INK), 0.25), edgecolor=INK)
    axes.set_ylim(bottom=0)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-3, 3), useMathText=True)
    axes.set_title("Learning rate")
    axes.set_xlabel("training step")
    end = max(1, facts["steps"])
    axes.set_xlim(-0.02 * end, 1.02 * end)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes.grid(axis="y")
    _draw_stops(axes, facts["stops"])


def _draw_stops(axes: Axes, stops: list[dict[str, Any]]) -> None:
    for stop in stops:
        axes.axvline(stop["step"], color=MUTED, lw=1.4, ls=":")


def _number_stops(axes: Axes, stops: list[dict[str, Any]]) -> None:
    """Write the number of each stop above the axes, and explain the lines in the legend."""
    for number, stop in enumerate(stops, start=1):
        axes.annotate(
            str(number),
            (stop["step"], 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            color=MUTED,
        )
    axes.plot([], [], color=MUTED, lw=1.4, ls=":", label="early stop, by number")


def _condense(steps: pd.Series, values: pd.Series) -> pd.DataFrame:
    """Return columns `step`, `mean`, `low`, `high`, of at most `MAX_POINTS` rows."""
    table = pd.DataFrame({"step": steps, "mean": values, "low": values, "high": values})
    if len(table) <= MAX_POINTS:
        return table
    group = np.arange(len(table)) * MAX_POINTS // len(table)
    how = {"step": "mean", "mean": "mean", "low": "min", "high": "max"}
    return table.groupby(group).agg(how)


def _draw_row(axes: Axes, row: int, facts: Mapping[str, Any]) -> None:
    before, after = facts["start_metrics"]["loss"], facts["kept"]["loss"]
    axes.annotate(
        "",
        (after, row),
        (before, row),
        arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1.6, "shrinkA": 6, "shrinkB": 6},
    )
    axes.plot(before, row, "o", ms=10, mfc="white", mec=ORANGE, mew=2)
    axes.plot(after, row, "*", ms=17, color=GREEN, mec="white")
    labels = ((before, "normal", before >= after), (after, "bold", after > before))
    for value, weight, rightwards in labels:
        axes.annotate(
            f"{value:.2f}",
            (value, row),
            (12 if rightwards else -12, 0),
            textcoords="offset points",
            ha="left" if rightwards else "right",
            va="center",
            weight=weight,
            bbox={"fc": "white", "ec": "none", "pad": 1},
        )


def _label_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), labels=names, weight="bold")
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_comparison_frame(axes: Axes, facts: list[Mapping[str, Any]]) -> None:
    chance = max(fact["chance"] for fact in facts)
    values = [fact[key]["loss"] for fact in facts for key in ("start_metrics", "kept")]
    axes.axvline(chance, color=MUTED, lw=1.2, ls=(0, (5, 3)), zorder=0, label="blind guessing")
    low, high = min(values), max([*values, chance])
    margin = 0.15 * max(high - low, 0.5)
    axes.set_xlim(low - margin, high + margin)
    axes.set_xlabel("evaluation loss (nats per event): further left is better")
    axes.grid(axis="x")
    above = axes.twiny()
    above.set_xlim(axes.get_xlim())
    shown = [n for n in PERPLEXITIES if low - margin <= np.log(n) <= high + margin]
    above.set_xticks(np.log(shown), labels=[str(n) for n in shown])
    above.set_xlabel("as unsure as among so many equally likely events")
    above.spines["top"].set_visible(True)
    axes.plot([], [], "o", ms=9, mfc="white", mec=ORANGE, mew=2, label="before training")
    axes.plot([], [], "*", ms=14, color=GREEN, mec="white", label="after (the step kept)")
    axes.figure.legend(loc="outside lower center", ncols=3, frameon=False)
