"""What came of a training: its verdict in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfrnn.evaluation.scoring import CHANCE


def verdict(kept: Mapping[str, Any], start: Mapping[str, Any], steps: int) -> str:
    """Say which step was kept and why.

    Parameters
    ----------
    kept, start : the best evaluation and the one before the first step: `step`, `loss`.
    steps : that were taken.
    """
    if kept["step"] == 0:
        return (
            f"no step of {steps} beat the start weights "
            f"({start['loss']:.3f} nats per event), so these are kept"
        )
    return (
        f"step {kept['step']} of {steps} is kept: {kept['loss']:.3f} nats per event on "
        f"the evaluation set, from {start['loss']:.3f} at the start (chance is {CHANCE:.3f})"
    )
