"""The look that all figures of the report share, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from perfrnn.files import atomic

INK = "#1b1f24"
MUTED = "#57606a"
GRID = "#d8dee4"
BLUE = "#1f5fa8"
ORANGE = "#b5440b"
GREEN = "#1a7f37"
"""Readable on white (4.5:1 or better) and told apart by colour-blind readers; shapes differ."""

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so figures are the same everywhere
    "font.size": 11,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 12,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "svg.hashsalt": "perfrnn",  # equal figures are equal files
}


def write_figure(draw: Callable[[Figure], None], out: Path, *, size: tuple[float, float]) -> None:
    """Let `draw` fill a figure of `size` inches in the shared style and write it to `out`.

    The format follows the suffix of `out` (`.svg`, `.png`, `.pdf`). Equal input gives equal bytes.
    """
    dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        with atomic(out) as temporary:
            figure.savefig(
                temporary, dpi=200, facecolor="white", metadata=dates.get(out.suffix.lower())
            )
