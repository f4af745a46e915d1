"""What a schema cannot say: settings that contradict each other, files that are not there."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from perfrnn.config.networks import network_problems
from perfrnn.config.parameters import start_source
from perfrnn.config.places import name_problems, results_problems
from perfrnn.corpus.folder import music_files
from perfrnn.corpus.names import sources_of
from perfrnn.corpus.tables import read_column
from perfrnn.errors import ConfigError, CorpusError
from perfrnn.generation import settings as sample_settings
from perfrnn.generation.conditions import Abilities, abilities_of
from perfrnn.network.layouts import BUNDLED_NETWORK, CONDITIONED_MODEL
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL

Config = Mapping[str, Any]


def contradictions(config: Config) -> Iterator[str]:
    """Yield a line for everything that is wrong with a configuration that fits the schema."""
    yield from _braces(config)
    dataset = config["dataset"]
    if dataset["min_events"] > dataset["max_events"]:
        yield "config: `dataset.min_events` is above `dataset.max_events`; lower it"
    yield from _corpus_problems(config)
    yield from name_problems(config["iterations"])
    source = config["pretrained"]["source"]
    if source not in ("bundled", "magenta", "scratch") and not _is_file(source):
        yield (
            f"config: `pretrained.source`: there is no file {source}; "
            "give a .mag, .npz or .safetensors file, or one of bundled, magenta, scratch"
        )
    models = {iteration["model"] for iteration in config["iterations"].values()}
    starts = {start_source(config, model) for model in models - {TRANSFORMER_MODEL}}
    if "bundled" in starts and config["network"] != BUNDLED_NETWORK:
        yield (
            "config: `network` is not that of the bundled models (3 layers of 512 units); "
            "set `pretrained.source: scratch`"
        )
    if dataset["held_out"]:
        yield from _table_problems(dataset["held_out"])
    soundfont = config["render"]["soundfont"]
    if soundfont and not _is_file(soundfont):
        yield f"config: `render.soundfont`: there is no file {soundfont}; give an .sf2 or .sf3"
    ablated = config["ablation"]["iteration"]
    if ablated is not None and ablated not in config["iterations"]:
        yield f"config: `ablation.iteration`: there is no iteration {ablated}; name one of yours"
    elif ablated is not None and config["iterations"][ablated]["model"] == TRANSFORMER_MODEL:
        yield f"config: `ablation.iteration`: {ablated} is a transformer; name an LSTM"
    for name, iteration in config["iterations"].items():
        yield from _iteration_contradictions(f"iterations.{name}", iteration)
        yield from _start_contradictions(name, config["iterations"])
        yield from network_problems(name, iteration, start_source(config, iteration["model"]))
        if iteration["truncate"] and dataset["segments"] != "full":
            yield f"config: `iterations.{name}.truncate` needs `dataset.segments: full`"
        for setting in ("latches", "held_controls", "spans"):
            if iteration[setting] and not iteration["truncate"]:
                yield f"config: `iterations.{name}.{setting}` needs `truncate`; set it, to 128 say"
        yield from _sample_contradictions(
            f"iterations.{name}.samples",
            abilities_of(iteration["model"]),
            iteration.get("samples") or {},
        )
    yield from _common_sample_contradictions(config)


def _corpus_problems(config: Config) -> Iterator[str]:
    """Yield what is wrong with the corpus, or with results that would lie among the music."""
    music, sources = None, []
    try:
        sources = sources_of(config["corpus"])
    except ConfigError as error:
        yield str(error)
    if "folder" in sources:
        music = config["folder"]["path"]
        if music:
            yield from _music_problems(music)
        else:
            yield (
                f"config: `corpus: {config['corpus']}` needs `folder.path`, the folder of your "
                "music"
            )
    yield from results_problems(config["results"], music)


def _braces(config: Config) -> Iterator[str]:
    """Yield the paths that become inputs of rules but that Snakemake takes for patterns."""
    paths = {
        "dataset.held_out": config["dataset"]["held_out"],
        "pretrained.source": config["pretrained"]["source"],
    }
    samples = {"samples": config["samples"]} | {
        f"iterations.{name}.samples": iteration.get("samples") or {}
        for name, iteration in config["iterations"].items()
    }
    paths |= {
        f"{where}.primer.midi": (chosen.get("primer") or {}).get("midi")
        for where, chosen in samples.items()
    }
    for key, path in paths.items():
        if path and {"{", "}"} & set(path):
            yield f"config: `{key}`: {path} has a brace in its name; rename the file"


def _is_file(path: str) -> bool:
    """Whether there is a file; unlike Path's, it raises nothing where a folder may not be read."""
    return os.path.isfile(path)  # noqa: PTH113


def _table_problems(path: str) -> Iterator[str]:
    if not _is_file(path):
        yield f"config: `dataset.held_out`: there is no file {path}; give a table of pieces"
        return
    try:
        read_column(path, "piece")
    except CorpusError as error:
        yield f"config: `dataset.held_out`: {error}; give a table whose column `piece` names them"


def _music_problems(folder: str) -> Iterator[str]:
    """Yield why a folder of music cannot be read; a single file may, and goes to quarantine."""
    if not os.path.isdir(folder):  # noqa: PTH112 - unlike Path's, it raises nothing
        yield f"config: `folder.path`: there is no folder {folder}; correct the path"
        return
    try:
        music_files(Path(folder))
    except ConfigError as error:
        yield f"config: {error}"


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
    start, model = iterations[name]["start"], iterations[name]["model"]
    earlier = model if start is None else iterations[start]["model"]
    if (model == TRANSFORMER_MODEL) != (earlier == TRANSFORMER_MODEL):
        yield (
            f"config: `iterations.{name}.start`: of {start} and {name} one is a transformer, and "
            "the other cannot start from it; name an iteration of the same model"
        )
    elif model != CONDITIONED_MODEL == earlier:
        yield (
            f"config: `iterations.{name}.start`: {start} is a conditioned model, and a plain one "
            "cannot start from it; name a plain iteration, or make both conditioned"
        )


def _common_sample_contradictions(config: Config) -> Iterator[str]:
    """Yield what is wrong with the samples of all; a model leaves out what it does not heed."""
    models = {CONDITIONED_MODEL, *(each["model"] for each in config["iterations"].values())}
    heeded = frozenset().union(*(abilities_of(model).settings for model in models))
    yield from _sample_contradictions("samples", Abilities(heeded), config["samples"])


def _sample_contradictions(where: str, abilities: Abilities, samples: Config) -> Iterator[str]:
    for setting, problem in sample_settings.problems(samples, abilities):
        yield f"config: `{where}.{setting}`: {problem}"
