"""The configuration cut into what each job depends on.

Jobs never see the whole configuration. Each gets the canonical parameters of its own step (keys
sorted, inert values dropped), so that Snakemake re-runs exactly what an edit concerns.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from perfrnn.config.budget import capped
from perfrnn.corpus.names import sources_of
from perfrnn.dataset.parameters import DatasetParameters, EncodingParameters
from perfrnn.generation.conditions import abilities_of
from perfrnn.generation.settings import SampleParameters, merge
from perfrnn.network import transformer_file
from perfrnn.network.pretrained import is_bundled
from perfrnn.network.transformer_layout import BUNDLED_TRANSFORMER, TRANSFORMER_MODEL
from perfrnn.performing.parameters import PerformParameters
from perfrnn.training.hyperparameters import AUXILIARY_LOSSES, TrainingParameters

Config = Mapping[str, Any]

EMBEDDED_FOLDER = "data/embedded/raw"
"""Where the works of the source `embedded` lie."""

INERT = (
    "dropout",
    "early_stopping",
    "held_controls",
    "l1",
    "latches",
    "losses",
    "spans",
    "start",
    "truncate",
    "weight_decay",
)
"""Settings of an iteration that, when empty or zero, a training does not depend on."""

MAGENTAS_CLIP_NORM = 3.0
"""Of an LSTM's gradients, unless said otherwise."""

FIXED_RATE = 1e-3
"""Learning rate of the variant to compare a schedule with: Magenta's default."""

_ADDRESSES = ("url",)
"""Settings that say where files come from, not which files they are."""


@dataclass(frozen=True)
class DataFolders:
    """Where the data of one experiment lies; the names follow from the settings that made it.

    Experiments that share settings share files, others cannot overwrite them.

    Attributes
    ----------
    inventories : the list of fetched files of each source of the corpus.
    converted : folder of the manifest and the NoteSequences.
    encoded : folder of the segments of all files.
    dataset : folder of the training records.
    """

    inventories: dict[str, str]
    converted: str
    encoded: str
    dataset: str


def data_folders(config: Config) -> DataFolders:
    """Return where the data of an experiment lies, relative to the working directory."""
    corpus = config["corpus"]
    chosen = {
        source: {key: value for key, value in config[source].items() if key not in _ADDRESSES}
        for source in sources_of(corpus)
    }
    conversion = {"sources": chosen, "convert": conversion_parameters(config)}
    dataset = conversion | {"dataset": dataset_parameters(config)}
    return DataFolders(
        {name: f"data/{name}/fetched-{digest(own)}.tsv" for name, own in chosen.items()},
        f"data/{corpus}/converted-{digest(conversion)}",
        f"data/{corpus}/encoded-{digest(conversion | {'encode': encoding_parameters(config)})}",
        f"data/{corpus}/dataset-{digest(dataset)}",
    )


def conversion_parameters(config: Config) -> dict[str, Any]:
    """Return what the NoteSequences of a corpus depend on, besides its files."""
    convert = {key: config["convert"][key] for key in ("shards", "unfold_repeats")}
    return cast(dict[str, Any], canonical(convert | {"perform": perform_parameters(config)}))


def perform_parameters(config: Config) -> PerformParameters | None:
    """Return which scores are performed, and how often; None if none is."""
    perform, sources = config["convert"]["perform"], sources_of(config["corpus"])
    parameters = {"renditions": config["convert"]["renditions"], "seed": config["seed"]}
    if perform == "auto":
        homes = {"embedded": EMBEDDED_FOLDER, "folder": config["folder"]["path"]}
        parameters["folders"] = [homes[source] for source in sources if source in homes]
        if not parameters["folders"]:
            return None
    return cast(PerformParameters, canonical(parameters)) if perform else None


def digest(settings: Config) -> str:
    """Return eight hexadecimal digits that stand for settings, in whatever order they are."""
    text = json.dumps(canonical(settings))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def dataset_parameters(config: Config) -> DatasetParameters:
    """Return what the dataset step depends on."""
    dataset = dict(config["dataset"])
    dataset.pop("transpose")  # applied when a batch is read
    if dataset["segments"] == "full":
        dataset.pop("segment_seconds")
    if dataset["held_out"] is None:
        dataset.pop("held_out")
    if starts_from_bundled(config):
        dataset["unheard_by"] = "bundled"
    return cast(DatasetParameters, canonical(dataset | {"seed": config["seed"]}))


def encoding_parameters(config: Config) -> EncodingParameters:
    """Return what the segments of each file depend on."""
    dataset = cast(dict[str, Any], dataset_parameters(config))
    known = EncodingParameters.__annotations__
    return cast(EncodingParameters, {key: dataset[key] for key in dataset if key in known})


def ablation_variants(config: Config) -> dict[str, Config]:
    """Return the variants of one iteration that show what its ingredients do, by name.

    Without auxiliary losses, with each alone, with all; and without any at a fixed learning rate.
    None if there are transformers only.
    Otherwise they are as the iteration that `ablation.iteration` names, but for
    `ablation.max_steps` and without early stopping.
    """
    ablation, iterations = config["ablation"], config["iterations"]
    lstms = [name for name, each in iterations.items() if each["model"] != TRANSFORMER_MODEL]
    with_losses = [name for name in lstms if iterations[name]["losses"]]
    chosen = ablation["iteration"] or next(iter(with_losses + lstms), None)
    if chosen is None:
        return {}
    base = iterations[chosen] | {"max_steps": ablation["max_steps"], "early_stopping": None}
    weights = {name: base["losses"].get(name) or ablation["weight"] for name in AUXILIARY_LOSSES}
    mixtures: dict[str, dict[str, float]] = {"none": {}, "all": weights}
    mixtures |= {name: {name: weight} for name, weight in weights.items()}
    variants = {name: base | {"losses": losses} for name, losses in mixtures.items()}
    fixed = {"schedule": "constant", "value": FIXED_RATE}
    variants["fixed_rate"] = base | {"losses": {}, "learning_rate": fixed}
    return {f"ablation/{name}": variant for name, variant in variants.items()}


def start_source(config: Config, model: str) -> str:
    """Return what iterations of a model start from: `pretrained.source`, or else `bundled`.

    That is where the source is weights of LSTMs, as all of Magenta's are, and the model is a
    transformer, or the other way round.
    """
    source = config["pretrained"]["source"]
    if source in ("bundled", "scratch"):
        return cast(str, source)
    of_transformers = Path(source).suffix == transformer_file.SUFFIX
    return source if of_transformers == (model == TRANSFORMER_MODEL) else "bundled"


def starts_from_bundled(config: Config) -> bool:
    """Return whether any iteration starts from a base model."""
    models = {iteration["model"] for iteration in config["iterations"].values()}
    return any(is_bundled(start_source(config, model)) for model in models)


def training_chain(config: Config, iteration: str) -> list[str]:
    """Return the iterations that lead to one, the first one first, itself last."""
    chain = [iteration]
    while (earlier := config["iterations"][chain[0]]["start"]) is not None:
        chain.insert(0, earlier)
    return chain


def training_parameters(config: Config, iteration: str) -> TrainingParameters:
    """Return what the training of an iteration or a variant depends on, the budget cap applied."""
    chosen = (config["iterations"] | ablation_variants(config))[iteration]
    parameters = capped(chosen, config["budget"])
    parameters.pop("samples", None)
    parameters.pop("devices")  # which take the same steps, however many
    parameters["losses"] = {name: w for name, w in parameters["losses"].items() if w}
    weight_decay = parameters["weight_decay"]
    for inert in INERT:
        if not parameters[inert]:
            del parameters[inert]
    common = {
        "seed": config["seed"],
        "transpose": config["dataset"]["transpose"],
        "precision": config["precision"],
    }
    if chosen["model"] == TRANSFORMER_MODEL:
        parameters["network"] = BUNDLED_TRANSFORMER | (parameters["network"] or {})
        parameters["optimizer"] = parameters["optimizer"] or "adamw"
        if weight_decay is not None:
            parameters["weight_decay"] = weight_decay
        if parameters["clip_norm"] is None:
            del parameters["clip_norm"]
    else:
        del parameters["optimizer"]
        parameters["network"] = config["network"]
        parameters["clip_norm"] = parameters["clip_norm"] or MAGENTAS_CLIP_NORM
    return cast(TrainingParameters, canonical(parameters | common))


def training_devices(config: Config, iteration: str) -> int:
    """Return among how many devices the batches of a training are shared out; 0 for `auto`."""
    devices = (config["iterations"] | ablation_variants(config))[iteration]["devices"]
    return 0 if devices == "auto" else devices


def sample_parameters(config: Config, iteration: str) -> SampleParameters:
    """Return what the samples of one iteration depend on."""
    chosen = config["iterations"][iteration]
    own = chosen.get("samples") or {}
    merged = merge(config["samples"], own, abilities_of(chosen["model"]))
    return cast(SampleParameters, canonical(merged | {"seed": config["seed"]}))


def canonical(value: Any) -> Any:
    """Return `value` with mappings sorted by key, so that equal settings compare equal as text."""
    if isinstance(value, Mapping):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return value
