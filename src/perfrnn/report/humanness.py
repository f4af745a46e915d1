"""The figure that places samples between human performances and spoilt ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perfrnn.evaluation.reference import Reference
from perfrnn.evaluation.verdicts import TOO_FEW
from perfrnn.report.figures import BLUE, GREEN, MUTED, ORANGE, write_figure
from perfrnn.report.results import read_evaluation

BEFORE = "before "
"""How names in `evaluation.json` of models that training started from begin, and no others."""

PANELS = (
    ("share_inside", "Measures within human range (%)", 100.0),
    ("percentile", "More human than so many humans (%)", 1.0),
)


class Row(NamedTuple):
    """What is drawn of one maker of music, by panel: a range or none, its middle, samples."""

    name: str
    color: str
    marker: str
    ranges: Mapping[str, Sequence[float] | None]
    middle: Mapping[str, float]
    points: Mapping[str, Sequence[float]]


def draw_humanness(evaluation: Path, reference: Reference, out: Path) -> None:
    """Draw how near to human performances the samples of every iteration come.

    A row each: human performances and controls with the range of 90 % of them; iterations with
    every sample, their mean and its 95 % interval, if there are samples enough for one.

    Parameters
    ----------
    evaluation : `evaluation.json`.
    reference : the humans and controls.
    out : figure to write; the suffix gives the format.

    Raises
    ------
    ReportError
        If the input is missing or incomplete.
    """
    rows = _rows(read_evaluation(evaluation), reference.summary)

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (key, title, scale) in zip(panels, PANELS, strict=True):
            for place, row in enumerate(rows):
                _draw_row(axes, place, row, key, scale)
            axes.set_title(title, fontsize=10)
            axes.set_xlim(-4, 104)
            axes.grid(axis="x")
            axes.tick_params(axis="y", length=0)
        panels[0].set_yticks(range(len(rows)), labels=[row.name for row in rows])
        panels[0].set_ylim(len(rows) - 0.5, -0.5)
        panels[0].plot([], [], "o", ms=5, color=BLUE, alpha=0.4, label="one sample")
        panels[0].plot([], [], "*", ms=14, color=BLUE, label=_mean_label(rows))
        panels[0].plot([], [], "o", ms=8, color=MUTED, label="median of 90 % (line)")
        figure.legend(loc="outside lower center", ncols=2, frameon=False)

    write_figure(draw, out, size=(8, 1.8 + 0.42 * len(rows)))


def _mean_label(rows: Sequence[Row]) -> str:
    """Return what the stars are, and the lines that go with them."""
    if all(row.ranges[PANELS[0][0]] for row in rows):
        return "mean of the samples, 95 % interval (line)"
    return f"mean of the samples (no line: {TOO_FEW})"


def _rows(evaluation: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Row]:
    humans = {"share_inside": summary["human_share_inside"], "percentile": [5, 25, 50, 75, 95]}
    rows = [_of_quantiles("human performances", GREEN, humans)]
    for name, found in evaluation["iterations"].items():
        color = ORANGE if name.startswith(BEFORE) else BLUE
        means = {key: found[key] for key, _, _ in PANELS}
        rows.append(
            Row(
                name,
                color,
                "*",
                ranges={key: mean["interval"] for key, mean in means.items()},
                middle={key: mean["mean"] for key, mean in means.items()},
                points={
                    key: [sample[key] for sample in found["per_sample"]] for key, _, _ in PANELS
                },
            )
        )
    rows += [_of_quantiles(name, MUTED, found) for name, found in summary["controls"].items()]
    return rows


def _of_quantiles(name: str, color: str, quantiles: Mapping[str, Sequence[float]]) -> Row:
    """Return the row of something known by its 5, 25, 50, 75 and 95 % quantiles."""
    ranges = {key: [quantiles[key][0], quantiles[key][4]] for key, _, _ in PANELS}
    middle = {key: quantiles[key][2] for key, _, _ in PANELS}
    return Row(name, color, "o", ranges, middle, {})


def _draw_row(axes: Axes, place: int, row: Row, key: str, scale: float) -> None:
    points = [scale * value for value in row.points.get(key, ())]
    axes.plot(points, [place] * len(points), "o", ms=5, color=row.color, alpha=0.4, lw=0)
    ends = row.ranges[key]
    if ends is not None:
        axes.plot([scale * end for end in ends], [place] * 2, color=row.color, lw=2)
    axes.plot(
        scale * row.middle[key],
        place,
        row.marker,
        ms=14 if row.marker == "*" else 8,
        color=row.color,
        mec="white",
        zorder=5,
    )
