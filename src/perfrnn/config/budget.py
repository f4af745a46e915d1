"""The caps that a short run puts on every iteration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COUNTS = ("max_steps", "batch_size", "dropout", "l1")
"""Settings of an iteration that are no more than the cap of the same name."""

RATES = ("value", "values", "lower", "upper", "peak")
"""Settings of a `learning_rate` that are rates."""


def capped(iteration: Mapping[str, Any], budget: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an iteration's settings, none above the budget's caps.

    A schedule whose highest rate is above `learning_rate` is scaled as a whole, so that it keeps
    its shape.

    Parameters
    ----------
    budget : config `budget`; a cap that is None or absent is none.
    """
    caps = {name: cap for name, cap in (budget or {}).items() if cap is not None}
    settings = dict(iteration)
    for name in COUNTS:
        if name in caps and settings.get(name) is not None:
            settings[name] = min(settings[name], caps[name])
    if "losses" in caps and settings.get("losses"):
        weights = {name: min(each, caps["losses"]) for name, each in settings["losses"].items()}
        settings["losses"] = {name: weight for name, weight in weights.items() if weight}
    if "learning_rate" in caps:
        settings["learning_rate"] = _scaled(settings["learning_rate"], caps["learning_rate"])
    return settings


def _scaled(schedule: Mapping[str, Any], cap: float) -> dict[str, Any]:
    rates = {name: schedule[name] for name in RATES if name in schedule}
    highest = max(max(rate) if isinstance(rate, list) else rate for rate in rates.values())
    if highest <= cap:
        return dict(schedule)

    def scaled(rate: float) -> float:
        return float(f"{rate * cap / highest:.6g}")

    return dict(schedule) | {
        name: list(map(scaled, rate)) if isinstance(rate, list) else scaled(rate)
        for name, rate in rates.items()
    }
