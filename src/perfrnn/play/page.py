"""The page on which models play live; it opens from disk and asks nothing of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from perfrnn.events import conditioning
from perfrnn.events.keys import PITCH_CLASS_NAMES, parse_key
from perfrnn.generation.key_bias import key_bias
from perfrnn.generation.key_plans import is_plan, tonic_of
from perfrnn.generation.models import find_composer
from perfrnn.generation.sampler import MAX_NOTE_SECONDS, MAX_PAUSE_SECONDS
from perfrnn.generation.settings import SampleParameters, key_schedule, schedule, with_defaults
from perfrnn.play.controls import (
    COMPOSER,
    DENSITIES,
    DENSITY,
    KEY,
    KEYS,
    NO_DENSITY,
    NO_KEY,
    NOBODY,
)
from perfrnn.play.networks import PlayedNetwork, open_network, write_network
from perfrnn.report.templating import write_template


@dataclass(frozen=True)
class PlayModel:
    """A model of the run.

    Attributes
    ----------
    name, title : a file's name and the reader's.
    file : the model.
    settings : how its samples are made; the page begins with the same.
    """

    name: str
    title: str
    file: Path
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
        If a model cannot be read or played.
    SettingError
        If samples are asked for a composer whom their model does not know.
    """
    described = []
    for number, model in enumerate(models):
        network = open_network(model.file)
        script = out.parent / "models" / f"{model.name}.js"
        write_network(script, number, network)
        url = {"script": f"models/{quote(script.name)}"}
        described.append(describe_model(model, network) | url)
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


def describe_model(model: PlayModel, network: PlayedNetwork) -> dict[str, Any]:
    """Return what the page has to know of a model, all numbers as Python would use them.

    What is asked for is asked as `perfrnn generate` asks for it: keys by the network's input for
    them, or by a bias where it has none.

    Returns
    -------
    title : for the reader.
    requests : of each control that the network heeds, in the order of its control inputs, its name
        and what the network hears for each of the choices (`perfrnn.play.controls.Request`).
    biases : by key, what is added to the logits of the NOTE_ONs of each pitch class; None where
        nothing is.
    guidance : how much what is asked for counts; 1 as learned.
    drawing, maxNoteSeconds : settings without a control on the page.
    defaults : what the controls begin with, by their names.
    """
    abilities = network.abilities
    settings = with_defaults(model.settings, abilities)
    # The page may ask for what the samples are not asked for.
    asked = with_defaults({**model.settings, "keys": settings.get("keys") or [KEYS[0]]}, abilities)
    strength = asked.get("key_strength", abilities.key_strength)
    requests = network.requests()
    return {
        "title": model.title,
        "requests": [asdict(request) for request in requests],
        "biases": _biases(strength) if strength else None,
        "guidance": asked.get("guidance", 1.0),
        "drawing": {
            "topK": settings.get("top_k"),
            "minP": settings.get("min_p"),
            "maxPauseSeconds": settings.get("max_pause_seconds", MAX_PAUSE_SECONDS),
        },
        "maxNoteSeconds": settings.get("max_note_seconds", MAX_NOTE_SECONDS),
        "defaults": _defaults(settings, {request.control: request.inputs for request in requests}),
    }


def _biases(strength: float) -> dict[str, list[float]]:
    octave = slice(conditioning.PITCH_CLASSES)  # pitch 0 is a C
    return {key: key_bias([(0, key)], strength).vectors[0, octave].tolist() for key in KEYS}


def _defaults(settings: SampleParameters, requests: Mapping[str, Mapping]) -> dict[str, Any]:
    """Return what the controls begin with: of what changes over time, its beginning."""
    keys = settings.get("keys")
    return {
        COMPOSER: _composer(settings, list(requests.get(COMPOSER, [NOBODY]))),
        KEY: _spelled(keys[0]) if keys else NO_KEY,
        DENSITY: _density(settings, NO_DENSITY in requests.get(DENSITY, {})),
        "temperature": settings["temperature"],
        "top-p": settings.get("top_p", 1.0),
    }


def _composer(settings: SampleParameters, composers: Sequence[str]) -> str:
    """Return the composer's name as the model knows it.

    Parameters
    ----------
    composers : the choices, the first of them `NOBODY`.
    """
    asked = settings.get("composer")
    return composers[find_composer(asked, composers)] if asked else NOBODY


def _density(settings: SampleParameters, is_free: bool) -> int:
    """Return the density, or the nearest that there is.

    Parameters
    ----------
    is_free : whether the model may be asked for none.
    """
    asked = schedule(settings.get("notes_per_second"))
    if asked is None:
        return NO_DENSITY if is_free else round(conditioning.DEFAULT_NOTES_PER_SECOND)
    return min(max(round(asked[0][1]), DENSITIES[0]), DENSITIES[-1])


def _spelled(key: Any) -> str:
    """Return an entry of `keys`, or its first key, as the page names it."""
    tonic, mode = parse_key(tonic_of(key) if is_plan(key) else key_schedule(key)[0][1])
    return f"{PITCH_CLASS_NAMES[tonic]} {mode}"
