"""What a schema cannot say: settings that contradict each other, files that are not there."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from perfrnn.generation import settings as sample_settings
from perfrnn.network.layouts import BUNDLED_NETWORK, CONDITIONED_MODEL, LAYOUTS

Config = Mapping[str, Any]


def contradictions(config: Config) -> Iterator[str]:
    """Yield a line for everything that is wrong with a configuration that fits the schema."""
    yield from _braces(config)
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
