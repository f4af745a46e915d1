"""Learning rates as functions of the training step."""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable

from perfrnn.training.hyperparameters import LearningRate, steps

Schedule = Callable[[int], float]
"""Learning rate of a step, counted from 0."""


PLANNED = ("cosine", "trapezoid")
"""Schedules whose first steps depend on how many are to follow (`max_steps`)."""


def constant(value: float) -> Schedule:
    """Return `value` at every step."""
    return lambda step: value


def piecewise(boundaries: list[int], values: list[float]) -> Schedule:
    """Return `values[i]` from step `boundaries[i - 1]` up to, not including, `boundaries[i]`."""
    return lambda step: values[bisect.bisect_right(boundaries, step)]


def cyclical(lower: float, upper: float, half_cycle: int) -> Schedule:
    """Return Smith's triangular policy: from `lower` up to `upper` and back, again and again.

    `half_cycle` is the paper's `stepsize`: the steps from `lower` to `upper`. Source: Smith,
    "Cyclical Learning Rates for Training Neural Networks" (2017), section 3.1.
    """

    def rate(step: int) -> float:
        position = step % (2 * half_cycle) / half_cycle
        return lower + (upper - lower) * (1 - abs(position - 1))

    return rate


def cosine(peak: float, warmup: int, max_steps: int) -> Schedule:
    """Return a linear rise to `peak` over `warmup` steps, then half a cosine down to 0.

    The decay is that of Loshchilov and Hutter, "SGDR" (2017), without restarts; it reaches 0 after
    `max_steps` steps, so that the last step still learns.
    """

    def rate(step: int) -> float:
        if step < warmup:
            return peak * (step + 1) / warmup
        progress = min(1.0, (step - warmup) / max(1, max_steps - warmup))
        return peak * (1 + math.cos(math.pi * progress)) / 2

    return rate


def trapezoid(peak: float, warmup: int, cooldown: int, max_steps: int) -> Schedule:
    """Return a linear rise to `peak`, a plateau, and a linear fall to 0 after `max_steps` steps.

    What is learned on the plateau is of use whatever comes after, so that a training can be gone
    on with (Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed Training
    Durations", 2024).
    """

    def rate(step: int) -> float:
        rise, fall = (step + 1) / warmup, (max_steps - step) / cooldown
        return peak * max(0.0, min(1.0, rise, fall))

    return rate


def build_schedule(settings: LearningRate, steps_per_epoch: int, max_steps: int) -> Schedule:
    """Return the schedule that a config's `learning_rate` describes."""
    match settings["schedule"]:
        case "constant":
            return constant(settings["value"])
        case "piecewise":
            return piecewise(settings["boundaries"], settings["values"])
        case "cyclical":
            half_cycle = steps(settings["half_cycle"], steps_per_epoch)
            return cyclical(settings["lower"], settings["upper"], half_cycle)
        case "cosine":
            warmup = steps(settings.get("warmup", 1), steps_per_epoch)
            return cosine(settings["peak"], warmup, max_steps)
        case "trapezoid":
            warmup = steps(settings.get("warmup", 1), steps_per_epoch)
            cooldown = steps(settings["cooldown"], steps_per_epoch)
            return trapezoid(settings["peak"], warmup, cooldown, max_steps)
    raise ValueError(f"unknown schedule {settings['schedule']!r}")
