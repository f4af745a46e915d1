"""The configuration: validated against its schema, filled with defaults, cut into parameters.

Jobs never see the whole configuration. Each gets the canonical parameters of its own step (keys
sorted, inert values dropped), so that Snakemake re-runs exactly what an edit concerns.
"""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfrnn.errors import ConfigError
from perfrnn.generation import settings as sample_settings
from perfrnn.generation.layouts import LAYOUTS

if TYPE_CHECKING:
    import jsonschema

Config = dict[str, Any]

CONDITIONED_MODEL = "multiconditioned_performance_with_dynamics"
"""The model config whose inputs include note density and pitch-class histogram."""

AUXILIARY_LOSSES = ("rhythm", "harmonic_progression", "harmonic_tension")
"""Names of the losses that can be added to the cross-entropy (`perfrnn.losses`)."""

BUNDLED_NETWORK = {"layers": 3, "units": 512}
"""Size of the networks that ship with the package, and of Magenta's."""

FIXED_RATE = 1e-3
"""Learning rate of the variant to compare a schedule with: Magenta's default."""

_EPOCHS = re.compile(r"^\s*(\d+(?:\.\d+)?)\s+epochs?\s*$")
_BARE_EXPONENT = re.compile(r"^[+-]?\d+[eE][+-]?\d+$")


def load_schema(path: str | Path) -> dict[str, Any]:
    """Read a JSON schema written in YAML."""
    import yaml

    with Path(path).open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def validate(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Config:
    """Return a copy of `config` with defaults filled in.

    Raises
    ------
    ConfigError
        If a key is unknown, a value is of the wrong type or out of range, values contradict each
        other or a named file does not exist. The message names the first offending key.
    """
    import jsonschema

    from perfrnn.scalars import read_scalars

    filled = deepcopy(dict(config))
    if isinstance(filled.get("iterations"), dict):  # an overlay leaves one out with null
        filled["iterations"] = {k: v for k, v in filled["iterations"].items() if v is not None}
    _fill_defaults(filled, schema, schema)
    validator = jsonschema.Draft202012Validator(schema)
    read_scalars(filled, validator)
    error = jsonschema.exceptions.best_match(validator.iter_errors(filled))
    if error is not None:
        raise ConfigError(_explain(error))
    for problem in _contradictions(filled):
        raise ConfigError(problem)
    return filled


def steps(duration: int | str, steps_per_epoch: int) -> int:
    """Return a duration in steps: `470` is itself, `"2 epochs"` is twice `steps_per_epoch`."""
    if isinstance(duration, int):
        return duration
    match = _EPOCHS.match(duration)
    if match is None:
        raise ConfigError(f"{duration!r} is no duration: write steps (470) or '2 epochs'")
    return max(1, math.ceil(float(match[1]) * steps_per_epoch))


def dataset_parameters(config: Config) -> Config:
    """Return what the dataset step depends on."""
    dataset = dict(config["dataset"])
    dataset.pop("transpose")  # applied when a batch is read
    if dataset["segments"] == "full":
        dataset.pop("segment_seconds")
    if dataset["held_out"] is None:
        dataset.pop("held_out")
    return canonical(dataset | {"seed": config["seed"]})


def ablation_variants(config: Config) -> dict[str, Config]:
    """Return the variants of one iteration that show what its ingredients do, by name.

    Without auxiliary losses, with each alone, with all; and without any at a fixed learning rate.
    Otherwise they are as the iteration that `ablation.iteration` names, but for
    `ablation.max_steps` and without early stopping.
    """
    ablation, iterations = config["ablation"], config["iterations"]
    chosen = ablation["iteration"] or next(
        (name for name, settings in iterations.items() if settings["losses"]),
        next(iter(iterations)),
    )
    base = iterations[chosen] | {"max_steps": ablation["max_steps"], "early_stopping": None}
    weights = {name: base["losses"].get(name) or ablation["weight"] for name in AUXILIARY_LOSSES}
    mixtures: dict[str, dict[str, float]] = {"none": {}, "all": weights}
    mixtures |= {name: {name: weight} for name, weight in weights.items()}
    variants = {name: base | {"losses": losses} for name, losses in mixtures.items()}
    fixed = {"schedule": "constant", "value": FIXED_RATE}
    variants["fixed_rate"] = base | {"losses": {}, "learning_rate": fixed}
    return {f"ablation/{name}": variant for name, variant in variants.items()}


def training_chain(config: Config, iteration: str) -> list[str]:
    """Return the iterations that lead to one, the first one first, itself last."""
    chain = [iteration]
    while (earlier := config["iterations"][chain[0]]["start"]) is not None:
        chain.insert(0, earlier)
    return chain


def training_parameters(config: Config, iteration: str) -> Config:
    """Return what the training of an iteration or a variant depends on, the budget cap applied."""
    chosen = (config["iterations"] | ablation_variants(config))[iteration]
    parameters = {key: value for key, value in chosen.items() if key != "samples"}
    budget = config["budget"] or {}
    for key in ("max_steps", "batch_size"):
        if budget.get(key) is not None:
            parameters[key] = min(parameters[key], budget[key])
    parameters["losses"] = {name: w for name, w in parameters["losses"].items() if w}
    for inert in ("l1", "losses", "early_stopping", "dropout", "truncate", "start"):
        if not parameters[inert]:
            del parameters[inert]
    return canonical(
        parameters
        | {
            "seed": config["seed"],
            "transpose": config["dataset"]["transpose"],
            "network": config["network"],
            "precision": config["precision"],
        }
    )


def sample_parameters(config: Config, iteration: str) -> Config:
    """Return what the samples of one iteration depend on."""
    chosen = config["iterations"][iteration]
    own = chosen.get("samples") or {}
    merged = sample_settings.merge(config["samples"], own, LAYOUTS[chosen["model"]])
    return canonical(merged | {"seed": config["seed"]})


def canonical(value: Any) -> Any:
    """Return `value` with mappings sorted by key, so that equal settings compare equal as text."""
    if isinstance(value, Mapping):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return value


def _fill_defaults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    if not isinstance(value, dict):
        return
    for key, child in schema.get("properties", {}).items():
        if key not in value and "default" in child:
            value[key] = deepcopy(child["default"])
        if key in value:
            _fill_defaults(value[key], child, root)
    extra = schema.get("additionalProperties")
    if isinstance(extra, Mapping):
        for key in value.keys() - schema.get("properties", {}).keys():
            _fill_defaults(value[key], extra, root)


def _explain(error: jsonschema.ValidationError) -> str:
    """Return one line that names the key, the fault and the mend."""
    key = ".".join(str(part) for part in error.absolute_path)
    value: Any = error.instance
    schema: Any = error.schema
    argument: Any = error.validator_value
    if error.validator == "additionalProperties" and isinstance(value, dict):
        allowed = sorted(schema.get("properties", {}))
        unknown = sorted(set(value) - set(allowed), key=str)[0]
        near = difflib.get_close_matches(str(unknown), allowed, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(allowed)}"
        where = f"{key}." if key else ""
        return f"config: unknown key `{where}{unknown}`; {hint}"
    if error.validator == "required" and isinstance(value, dict):
        missing = next(name for name in argument if name not in value)
        where = f"{key}." if key else ""
        return f"config: `{where}{missing}` is missing; add it"
    mend = " ".join(schema.get("description", "").split()).rstrip(".")
    if isinstance(value, str) and _BARE_EXPONENT.match(value):
        mend = f"a number with a point, such as 1.0e-4 (YAML reads {value} as text)"
    return f"config: `{key}` {_fault(error)}, not {value!r}" + (
        f"; expected: {mend}" if mend else ""
    )


def _fault(error: jsonschema.ValidationError) -> str:
    bound: Any = error.validator_value
    match error.validator:
        case "minimum":
            return f"must be at least {bound}"
        case "exclusiveMinimum":
            return f"must be above {bound}"
        case "maximum":
            return f"must be at most {bound}"
        case "exclusiveMaximum":
            return f"must be below {bound}"
        case "minItems" | "maxItems" if bound > 1:
            return f"must have {bound} entries"
        case "minItems" | "minProperties" | "minLength":
            return "must not be empty"
        case "enum":
            return f"must be one of {', '.join(map(str, bound))}"
        case "type":
            return f"must be of type {' or '.join(bound if isinstance(bound, list) else [bound])}"
        case "pattern":
            return f"must match {bound}"
        case _:
            return "has the wrong form"


def _contradictions(config: Config) -> Iterator[str]:
    """Yield what a schema cannot say."""
    dataset = config["dataset"]
    if dataset["min_events"] > dataset["max_events"]:
        yield "config: `dataset.min_events` is above `dataset.max_events`; lower it"
    if config["corpus"] == "folder":
        folder = config["folder"]["path"]
        if not folder:
            yield "config: `corpus: folder` needs `folder.path`, the folder of your music"
        elif not Path(folder).is_dir():
            yield f"config: `folder.path`: there is no folder {folder}; correct the path"
    source = config["pretrained"]["source"]
    if source not in ("bundled", "magenta", "scratch") and not Path(source).is_file():
        yield (
            f"config: `pretrained.source`: there is no file {source}; "
            "give a .mag file, or one of bundled, magenta, scratch"
        )
    if source == "bundled" and config["network"] != BUNDLED_NETWORK:
        yield (
            "config: `network` is not that of the bundled models (3 layers of 512 units); "
            "set `pretrained.source: scratch`"
        )
    held_out = dataset["held_out"]
    if held_out and not Path(held_out).is_file():
        yield f"config: `dataset.held_out`: there is no file {held_out}; give a table of pieces"
    soundfont = config["render"]["soundfont"]
    if soundfont and not Path(soundfont).is_file():
        yield f"config: `render.soundfont`: there is no file {soundfont}; give an .sf2 or .sf3"
    ablated = config["ablation"]["iteration"]
    if ablated is not None and ablated not in config["iterations"]:
        yield f"config: `ablation.iteration`: there is no iteration {ablated}; name one of yours"
    for name, iteration in config["iterations"].items():
        yield from _iteration_contradictions(f"iterations.{name}", iteration)
        yield from _start_contradictions(name, config["iterations"])
        if iteration["truncate"] and dataset["segments"] != "full":
            yield f"config: `iterations.{name}.truncate` needs `dataset.segments: full`"
        yield from _sample_contradictions(
            f"iterations.{name}.samples", iteration["model"], iteration.get("samples") or {}
        )
    yield from _sample_contradictions("samples", CONDITIONED_MODEL, config["samples"])


def _iteration_contradictions(where: str, iteration: Config) -> Iterator[str]:
    rate = iteration["learning_rate"]
    if rate["schedule"] == "piecewise":
        if len(rate["values"]) != len(rate["boundaries"]) + 1:
            yield (
                f"config: `{where}.learning_rate.values` needs one value more than `boundaries`: "
                f"{len(rate['boundaries']) + 1}, not {len(rate['values'])}"
            )
        if any(a >= b for a, b in itertools.pairwise(rate["boundaries"])):
            yield f"config: `{where}.learning_rate.boundaries` must ascend; sort them"
    if rate["schedule"] == "cyclical" and rate["lower"] > rate["upper"]:
        yield f"config: `{where}.learning_rate.lower` is above `upper`; swap them"


def _start_contradictions(name: str, iterations: Config) -> Iterator[str]:
    """Yield what is wrong with the chain of iterations that one starts from."""
    seen = {name}
    start = iterations[name]["start"]
    while start is not None:
        if start not in iterations:
            yield f"config: `iterations.{name}.start`: there is no iteration {start}; name another"
            return
        if start in seen:
            yield f"config: `iterations.{name}.start` leads back to {start}; set one to null"
            return
        seen.add(start)
        start = iterations[start]["start"]


def _sample_contradictions(where: str, model: str, samples: Config) -> Iterator[str]:
    for setting, problem in sample_settings.problems(samples, LAYOUTS[model]):
        yield f"config: `{where}.{setting}`: {problem}"
