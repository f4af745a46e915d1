"""The settings of a training run in plain words, and which of them are out of the ordinary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from perfrnn.network.transformer_layout import TRANSFORMER_MODEL
from perfrnn.training.hyperparameters import Duration, Stopping, TrainingParameters, steps
from perfrnn.words import count, listed

MODELS = {
    "performance_with_dynamics": "Performance RNN with dynamics",
    "multiconditioned_performance_with_dynamics": (
        "Performance RNN with dynamics, which can be asked for a key and a note density"
    ),
    TRANSFORMER_MODEL: (
        "transformer, which can be asked for a composer, a key and a note density"
    ),
}

PLAIN_MODEL = "performance_with_dynamics"

MAGENTA = {"batch_size": 64, "network": {"layers": 3, "units": 512}, "rate": 1e-3, "clip": 3}
"""Hyper-parameters of both models in Magenta 2.1.4 (`performance_model.py`).

There the rate is constant, and there is no dropout, L1, extra loss or early stopping.
"""

TIMES = {1: "once", 2: "twice"}


class Setting(NamedTuple):
    """One setting in words; `differs` if Magenta trains otherwise."""

    name: str
    text: str
    differs: bool


def describe_network(metrics: Mapping[str, Any]) -> str:
    """Return what a transformer has that Performance RNN lacks, in a sentence; else nothing."""
    if metrics["model"] != TRANSFORMER_MODEL:
        return ""
    context = metrics["parameters"]["network"]["context"]
    return (
        "What is new: this model is a transformer, which looks back at the last "
        f"{context:,} events that it played, where the LSTM of Performance RNN must carry all "
        "that matters of them in a fixed set of numbers."
    )


def describe_settings(metrics: Mapping[str, Any]) -> list[Setting]:
    """Return the training settings of a `metrics.json` in words."""
    parameters: TrainingParameters = metrics["parameters"]
    epoch = metrics["steps_per_epoch"]
    network = parameters["network"]
    dropout, l1 = parameters.get("dropout", 0), parameters.get("l1", 0)
    transpose = parameters["transpose"]
    return [
        Setting(
            "Model",
            MODELS.get(metrics["model"], metrics["model"]),
            metrics["model"] != PLAIN_MODEL,
        ),
        Setting(
            "Network",
            f"{_network(parameters)}, {metrics['parameters_count']:,} weights",
            network != MAGENTA["network"],
        ),
        Setting(
            "Batch",
            _batch(parameters, epoch),
            parameters["batch_size"] != MAGENTA["batch_size"],
        ),
        Setting("Learning rate", *_learning_rate(parameters, epoch)),
        Setting(
            "Dropout",
            f"{dropout:.0%} of each layer's outputs, in training" if dropout else "none",
            bool(dropout),
        ),
        Setting("Gradients", *_gradients(parameters)),
        Setting("L1", f"{l1:g} times the sum of absolute weights" if l1 else "none", bool(l1)),
        Setting("Extra losses", *_extra_losses(parameters.get("losses", {}))),
        Setting("Early stopping", *_early_stopping(parameters.get("early_stopping"), epoch)),
        Setting("Longest run", f"{count(parameters['max_steps'], 'step')}", False),
        Setting("Evaluation", f"every {duration(parameters['evaluate_every'], epoch)}", False),
        Setting(
            "Transposition",
            "none" if transpose == [0] else f"by {listed(transpose)} semitones, drawn at random",
            transpose != [0],
        ),
        *_wiring(parameters),
        Setting("Arithmetic", f"{metrics['precision']}, on {metrics['device']}", False),
        Setting("Seed", str(parameters["seed"]), False),
    ]


def _network(parameters: TrainingParameters) -> str:
    size: Mapping[str, Any] = parameters["network"]
    if "layers" in size:
        return f"{size['layers']} LSTM layers of {size['units']} units"
    return (
        f"{size['blocks']} blocks of width {size['width']} with {count(size['heads'], 'head')}, "
        f"which look back at {size['context']:,} events"
    )


def _gradients(parameters: TrainingParameters) -> tuple[str, bool]:
    if "optimizer" not in parameters:
        each = parameters.get("clip_norm", MAGENTA["clip"])
        return f"each clipped to norm {each:g}", each != MAGENTA["clip"]
    clip = parameters.get("clip_norm")
    names = {"adamw": "AdamW", "muon": "Muon, with AdamW for what goes in and out"}
    decay = parameters.get("weight_decay")
    return (
        f"all together clipped to norm {1 if clip is None else clip:g}; "
        f"{names[parameters['optimizer']]}; weight decay {0.1 if decay is None else decay:g}",
        True,
    )


def _wiring(parameters: TrainingParameters) -> Iterator[Setting]:
    """Yield what base models are trained with and iterations are not."""
    if parameters.get("latches"):
        yield Setting("Latches", "units that know which notes are held wired into the start", True)
    if "spans" in parameters:
        spans = parameters["spans"]
        which = "all performances" if spans["of"] == "all" else "stretched performances"
        text = f"{which} cut into spans of {spans['seconds']:g} s that start in silence"
        yield Setting("Spans", text, True)
    if parameters.get("held_controls"):
        share = parameters["held_controls"]
        yield Setting(
            "Conditions",
            f"one request from beginning to end in {share:.0%} of the performances, Magenta's "
            "moving windows in the others",
            True,
        )


def duration(value: Duration, steps_per_epoch: int) -> str:
    """Return a duration of the config in both units: `2 epochs (44 steps)`."""
    in_steps = steps(value, steps_per_epoch)
    if isinstance(value, int):
        return count(in_steps, "step")
    amount = value.split()[0]
    return f"{amount} epoch{'' if amount == '1' else 's'} ({count(in_steps, 'step')})"


def _batch(parameters: TrainingParameters, epoch: int) -> str:
    size, truncate = parameters["batch_size"], parameters.get("truncate")
    what = f"{truncate} events of each of {size} performances" if truncate else f"{size} segments"
    return f"{what} a step, {epoch:,} steps an epoch"


def _learning_rate(parameters: TrainingParameters, epoch: int) -> tuple[str, bool]:
    rate = parameters["learning_rate"]
    match rate["schedule"]:
        case "constant":
            return f"{rate['value']:g} throughout", rate["value"] != MAGENTA["rate"]
        case "cosine":
            warmup = duration(rate.get("warmup", 1), epoch)
            return f"rises to {rate['peak']:g} over {warmup}, then falls slowly to 0", True
        case "trapezoid":
            warmup = duration(rate.get("warmup", 1), epoch)
            cooldown = duration(rate["cooldown"], epoch)
            return (
                f"rises to {rate['peak']:g} over {warmup}, falls to 0 over the last {cooldown}",
                True,
            )
        case "cyclical":
            return (
                f"cycles between {rate['lower']:g} and {rate['upper']:g}, "
                f"{duration(rate['half_cycle'], epoch)} each way",
                True,
            )
        case _:
            changes = zip(rate["boundaries"], rate["values"][1:], strict=True)
            reached = [
                f"{value:g} from step {step:,}"
                for step, value in changes
                if step < parameters["max_steps"]
            ]
            later = len(rate["boundaries"]) - len(reached)
            text = ", ".join([f"{rate['values'][0]:g}", *reached])
            if later:
                text += f" ({count(later, 'later change')} not reached in this run)"
            return text, bool(reached) or rate["values"][0] != MAGENTA["rate"]


def _extra_losses(losses: Mapping[str, float]) -> tuple[str, bool]:
    if not losses:
        return "none", False
    named = [f"{name.replace('_', ' ')} (weight {weight:g})" for name, weight in losses.items()]
    return listed(named), True


def _early_stopping(settings: Stopping | None, epoch: int) -> tuple[str, bool]:
    if not settings:
        return "none", False
    text = f"after {duration(settings['patience'], epoch)} without a better evaluation"
    restarts = settings.get("restarts", 0)
    if restarts:
        text += f"; then goes on, {TIMES.get(restarts, f'{restarts} times')} at most"
        if "restart_patience" in settings:
            text += f", waiting {duration(settings['restart_patience'], epoch)}"
    return text, True
