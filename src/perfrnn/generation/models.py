"""A trained model as generation uses it: its network, and what it makes of what is asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from perfrnn.errors import SettingError
from perfrnn.events import conditioning
from perfrnn.events.keys import key_histogram, parse_key
from perfrnn.events.requests import NOTHING, density_weights, key_row
from perfrnn.generation.conditions import (
    TRANSFORMER_ABILITIES,
    Abilities,
    Conditions,
    rnn_abilities,
)
from perfrnn.generation.contract import Stepper
from perfrnn.generation.guidance import Guided
from perfrnn.generation.signals import Signals, joined, make_signals
from perfrnn.generation.stepper import StepWeights
from perfrnn.generation.transformer_stepper import TransformerStepper
from perfrnn.network.bundle import Bundle, Weights
from perfrnn.network.layouts import Layout, find_layout
from perfrnn.network.pretrained import read_start
from perfrnn.network.transformer_layout import TRANSFORMER_MODEL, TransformerSettings


class Model(Protocol):
    """A model that music can be generated from.

    Attributes
    ----------
    name : of the model config.
    classes : number of events.
    abilities : what can be asked of it.
    """

    name: str
    classes: int
    abilities: Abilities

    def signals(self, asked: Conditions) -> Signals | None:
        """Return what the network hears of what is asked for; None if it has no such input.

        Raises
        ------
        SettingError
            If it knows no such composer.
        """

    def stepper(self, guidance: float = 1.0) -> Stepper:
        """Return the network's weights as single steps need them.

        Parameters
        ----------
        guidance : see `perfrnn.generation.guidance`; 1 for a network without.
        """


class RnnModel:
    """A Performance RNN; see `Model`."""

    def __init__(self, bundle: Bundle, layout: Layout) -> None:
        self.name, self.classes = bundle.model, layout.classes
        self.abilities = rnn_abilities(layout)
        self._layout, self._weights = layout, bundle.weights

    def signals(self, asked: Conditions) -> Signals | None:
        """Return control inputs over time; None without conditions."""
        if not self._layout.control_size:
            return None
        histogram = asked.histogram or [(0, conditioning.DEFAULT_HISTOGRAM)]
        if asked.keys:
            histogram = [(seconds, key_histogram(name).tolist()) for seconds, name in asked.keys]
        return make_signals(
            self._layout,
            density=asked.density or [(0, conditioning.DEFAULT_NOTES_PER_SECOND)],
            histogram=histogram,
            conditions=asked.heeded,
        )

    def stepper(self, guidance: float = 1.0) -> Stepper:
        """Return the LSTM; it cannot be guided."""
        return StepWeights(self._weights)


class TransformerModel:
    """A transformer; see `Model`."""

    def __init__(self, weights: Weights, settings: TransformerSettings) -> None:
        self.name, self.abilities = TRANSFORMER_MODEL, TRANSFORMER_ABILITIES
        self._settings = settings
        self._stepper = TransformerStepper(weights, heads=settings.heads, context=settings.context)
        self.classes = self._stepper.classes

    def signals(self, asked: Conditions) -> Signals:
        """Return rows of the network's width over time.

        Raises
        ------
        SettingError
            If it knows no such composer.
        """
        composer = NOTHING
        if asked.composer:
            composer = find_composer(asked.composer, self._settings.composers)
        steps, requests = joined(asked.keys or [(0, None)], asked.density or [(0, None)])
        edges = self._settings.density_edges
        none = np.eye(1, len(edges) + 2, dtype=np.float32)[0]
        vectors = [
            self._stepper.weights.condition(
                composer,
                NOTHING if key is None else key_row(*parse_key(key)),
                none if density is None else density_weights(density, edges),
            )
            for key, density in requests
        ]
        return Signals(steps, np.array(vectors))

    def stepper(self, guidance: float = 1.0) -> Stepper:
        """Return the transformer, guided if the factor is not 1."""
        if guidance == 1:
            return self._stepper
        return Guided(self._stepper, self._stepper.weights.free, guidance)


def open_model(path: Path) -> Model:
    """Read a model: of this project, of Magenta, or a base model.

    Raises
    ------
    BundleError
        If it cannot be read or generated from.
    """
    bundle = read_start(path)
    if bundle.settings is not None:
        return TransformerModel(bundle.weights, bundle.settings)
    return RnnModel(bundle, find_layout(bundle, path))


def find_composer(asked: str, composers: Sequence[str]) -> int:
    """Return the row of the one composer in whose name are all words of what is asked for.

    Accents and capitals do not matter: `chopin` is Frédéric Chopin.

    Parameters
    ----------
    composers : names by row; the first stands for none.

    Raises
    ------
    SettingError
        If there is none, or several.
    """
    words = _words(asked)
    names = dict(enumerate(composers[1:], start=1))
    found = [row for row, name in names.items() if _words(name) == words]
    found = found or [row for row, name in names.items() if words and words <= _words(name)]
    if len(found) == 1:
        return found[0]
    if found:
        several = " and ".join(names[row] for row in found)
        raise SettingError("composer", f"{asked!r} may be {several}; give the full name")
    known = ", ".join(sorted(names.values())) or "none"
    raise SettingError("composer", f"this model knows no {asked!r}; it knows {known}")


def _words(name: str) -> frozenset[str]:
    """Return the words of a name without accents and capitals."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return frozenset("".join(c if c.isalnum() else " " for c in letters).split())
