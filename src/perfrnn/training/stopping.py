"""When training stops, and whether it goes on after a stop."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class EarlyStopping:
    """Watches the evaluation loss; stops after `patience` steps without a new best of the run.

    After a stop, training goes on from where it is (not from the best weights) with a new
    learning-rate cycle, as often as `restarts` allows, each time with `restart_patience`. The
    evaluation at the stop is the first of the new run: what is no better is no improvement. The
    best evaluation over all runs is the one to keep. This is the dissertation's procedure, after
    Prechelt, "Early Stopping - But When?" (1998): several runs, keep the best validation loss.

    Attributes
    ----------
    patience, restart_patience : steps; `None` never stops.
    best_loss, best_step : of the best evaluation so far (nats per event).
    run_start : step at which the current run began.
    waiting_since : step of the last improvement within the current run, or of its beginning.
    run_best : the best evaluation of the current run (nats per event).
    stops : each stop, as {"step", "loss", "best_step", "best_loss"}.
    """

    patience: int | None = None
    restarts: int = 0
    restart_patience: int | None = None
    best_loss: float = math.inf
    best_step: int = -1
    run_start: int = 0
    waiting_since: int = 0
    run_best: float = math.inf
    stops: list[dict[str, Any]] = field(default_factory=list)

    def observe(self, step: int, loss: float) -> bool:
        """Take one evaluation after `step` steps; return whether it is the best of all runs.

        A loss that is not a number is never an improvement.
        """
        if loss < self.run_best:
            self.run_best = loss
            self.waiting_since = step
        if loss < self.best_loss:
            self.best_loss, self.best_step = loss, step
            return True
        return False

    def should_stop(self, step: int) -> bool:
        """Return whether patience is used up after `step` steps."""
        patience = self.restart_patience if self.stops else self.patience
        return patience is not None and step - self.waiting_since >= patience

    def stop(self, step: int, loss: float) -> bool:
        """Note a stop; return whether a new run begins.

        Parameters
        ----------
        loss : of the evaluation at this step.
        """
        self.stops.append(
            {
                "step": step,
                "loss": loss,
                "best_step": self.best_step,
                "best_loss": self.best_loss,
            }
        )
        if len(self.stops) > self.restarts:
            return False
        self.run_start = self.waiting_since = step
        self.run_best = math.inf if math.isnan(loss) else loss
        return True

    def state(self) -> dict[str, Any]:
        """Return everything needed to go on, as JSON can hold it."""
        return asdict(self)
