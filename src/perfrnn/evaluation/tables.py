"""The calibration as tables in Markdown, for the documentation and for reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfrnn.evaluation.controls import CONTROLS
from perfrnn.evaluation.reference import Reference


def calibration_table(reference: Reference) -> str:
    """Return a row for each measure: its power against each control, and the human band."""
    metrics = reference.summary["metrics"]
    rows = []
    for name, about in metrics.items():
        low, _, median, _, high = about["quantiles"]["human"]
        unit = f" {about['unit']}" if about["unit"] else ""
        rows.append(
            [
                f"`{name}`",
                about["group"],
                *(f"{about['power'][control]:.2f}" for control in CONTROLS),
                "yes" if about["counts"] else "describes",
                f"{median:.3g} ({low:.3g} to {high:.3g}){unit}",
            ]
        )
    return _markdown(["measure", "group", *CONTROLS, "counts", "humans"], rows)


def judge_table(reference: Reference) -> str:
    """Return a row for each control: how well the judge knows it, and how human it looks."""
    aucs = reference.summary["discriminator"]["auc"]
    rows = [
        [
            "all",
            *(
                f"{aucs[way]['all']:.3f} ({_span(aucs[way]['interval'], '.3f')})"
                for way in ("piece", "composer")
            ),
            "",
            "",
        ]
    ]
    for name, about in reference.summary["controls"].items():
        low, _, median, _, high = (100 * value for value in about["share_inside"])
        rows.append(
            [
                name,
                *(f"{aucs[way]['by_control'][name]:.3f}" for way in ("piece", "composer")),
                f"{median:.0f} % ({low:.0f} to {high:.0f})",
                f"{about['percentile'][2]:.1f}",
            ]
        )
    low, _, median, _, high = (100 * value for value in reference.summary["human_share_inside"])
    ceiling = reference.summary["discriminator"]["human_against_human"]
    against = f"{ceiling['mean']:.3f} ({_span(ceiling['interval'], '.3f')})"
    rows.append(["humans", against, "", f"{median:.0f} % ({low:.0f} to {high:.0f})", "50"])
    return _markdown(
        [
            "humans against",
            "AUC, piece unheard",
            "AUC, composer unheard",
            "measures inside the human band",
            "median percentile among humans",
        ],
        rows,
    )


def _span(interval: Sequence[float], spec: str) -> str:
    return f"{interval[0]:{spec}} to {interval[1]:{spec}}"


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
