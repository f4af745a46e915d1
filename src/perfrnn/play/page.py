"""The page on which models play live; it opens from disk and asks nothing of the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from perfrnn.events import conditioning
from perfrnn.events.keys import PITCH_CLASS_NAMES, key_histogram, parse_key
from perfrnn.generation.conditions import rnn_abilities
from perfrnn.generation.key_bias import key_bias
from perfrnn.generation.key_plans import is_plan, tonic_of
from perfrnn.generation.sampler import MAX_NOTE_SECONDS, MAX_PAUSE_SECONDS
from perfrnn.generation.settings import SampleParameters, key_schedule, schedule, with_defaults
from perfrnn.generation.signals import make_signals
from perfrnn.network.layouts import Layout, find_layout
from perfrnn.network.pretrained import read_start
from perfrnn.play.networks import write_network
from perfrnn.report.templating import write_template

KEYS = [f"{name} {mode}" for mode in ("major", "minor") for name in PITCH_CLASS_NAMES]

NO_KEY = ""
"""What the page calls music in no particular key."""

DENSITIES = range(1, 41)
"""Notes per second that can be asked for."""


@dataclass(frozen=True)
class PlayModel:
    """A model of the run.

    Attributes
    ----------
    name, title : a file's name and the reader's.
    bundle : the weights.
    settings : how its samples are made; the page begins with the same.
    """

    name: str
    title: str
    bundle: Path
    settings: SampleParameters


def write_play_page(out: Path, models: Sequence[PlayModel], *, piano: Path, licence: str) -> None:
    """Write the page and, beside it, a script `models/NAME.js` with the weights of each model.

    Parameters
    ----------
    out : the page, such as `results/play/index.html`; what it loads is named relative to it.
    piano : the samples (`perfrnn.play.piano.write_piano`).
    licence : the terms of the music that the models learned from.

    Raises
    ------
    BundleError
        If a bundle cannot be read.
    """
    described = []
    for number, model in enumerate(models):
        bundle = read_start(model.bundle)
        layout = find_layout(bundle, model.bundle)
        script = out.parent / "models" / f"{model.name}.js"
        write_network(script, number, bundle.weights)
        url = {"script": f"models/{quote(script.name)}"}
        described.append(describe_model(model, layout) | url)
    page = {
        "keys": KEYS,
        "models": described,
        "least_density": DENSITIES[0],
        "most_density": DENSITIES[-1],
    }
    write_template(
        "play.html.j2",
        out,
        room="perfrnn.play",
        page=page,
        piano=piano,
        licence=licence,
        seed=models[0].settings["seed"],
    )


def describe_model(model: PlayModel, layout: Layout) -> dict[str, Any]:
    """Return what the page has to know of a model, all numbers as Python would use them.

    Keys are asked for as `perfrnn generate` asks for them: by the network's input for keys, or by
    a bias where it has none.

    Returns
    -------
    title : for the reader.
    prefix, densities, histograms : what the control inputs consist of, by density and key; None
        where the network has no such input.
    biases : by key, what is added to the logits of the NOTE_ONs of each pitch class; None where
        nothing is.
    drawing, maxNoteSeconds : settings without a control on the page.
    defaults : what the controls begin with, by their names.
    """
    abilities = rnn_abilities(layout)
    settings = with_defaults(model.settings, abilities)
    strength = settings.get("key_strength", abilities.key_strength)
    return {
        "title": model.title,
        "prefix": [0.0] if layout.optional else [],
        "densities": _densities(layout) if layout.density else None,
        "histograms": _histograms(layout) if layout.histogram else None,
        "biases": _biases(strength) if strength else None,
        "drawing": {
            "topK": settings.get("top_k"),
            "minP": settings.get("min_p"),
            "maxPauseSeconds": settings.get("max_pause_seconds", MAX_PAUSE_SECONDS),
        },
        "maxNoteSeconds": settings.get("max_note_seconds", MAX_NOTE_SECONDS),
        "defaults": _defaults(settings),
    }


def _densities(layout: Layout) -> dict[int, list[float]]:
    first = int(layout.optional)
    vectors = {
        density: make_signals(layout, density=[(0, density)]).vectors[0] for density in DENSITIES
    }
    return {
        density: vector[first : first + conditioning.DENSITY_CLASSES].tolist()
        for density, vector in vectors.items()
    }


def _histograms(layout: Layout) -> dict[str, list[float]]:
    asked: dict[str, Sequence[float]] = {NO_KEY: conditioning.DEFAULT_HISTOGRAM}
    asked |= {key: key_histogram(key).tolist() for key in KEYS}
    return {
        key: make_signals(layout, histogram=[(0, histogram)])
        .vectors[0, -conditioning.PITCH_CLASSES :]
        .tolist()
        for key, histogram in asked.items()
    }


def _biases(strength: float) -> dict[str, list[float]]:
    octave = slice(conditioning.PITCH_CLASSES)  # pitch 0 is a C
    return {key: key_bias([(0, key)], strength).vectors[0, octave].tolist() for key in KEYS}


def _defaults(settings: SampleParameters) -> dict[str, Any]:
    """Return what the controls begin with: of what changes over time, its beginning."""
    keys = settings.get("keys")
    density = schedule(settings.get("notes_per_second")) or [
        (0, conditioning.DEFAULT_NOTES_PER_SECOND)
    ]
    return {
        "key": _spelled(keys[0]) if keys else NO_KEY,
        "density": min(max(round(density[0][1]), DENSITIES[0]), DENSITIES[-1]),
        "temperature": settings["temperature"],
        "top-p": settings.get("top_p", 1.0),
    }


def _spelled(key: Any) -> str:
    """Return an entry of `keys`, or its first key, as the page names it."""
    tonic, mode = parse_key(tonic_of(key) if is_plan(key) else key_schedule(key)[0][1])
    return f"{PITCH_CLASS_NAMES[tonic]} {mode}"
