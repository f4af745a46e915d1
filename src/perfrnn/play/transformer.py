"""A transformer as the page plays it (`templates/transformer.js`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from perfrnn.events.keys import parse_key
from perfrnn.events.requests import NOTHING, density_weights, key_row
from perfrnn.generation.conditions import TRANSFORMER_ABILITIES
from perfrnn.network.bundle import Weights
from perfrnn.network.transformer_layout import TransformerSettings
from perfrnn.play.controls import (
    COMPOSER,
    DENSITIES,
    DENSITY,
    KEY,
    KEYS,
    NO_DENSITY,
    NO_KEY,
    NOBODY,
    Request,
)
from perfrnn.play.weights import in_fours, joined

KIND = "transformer"

TABLES = ("composer", "key", "density")
"""Weights whose rows are asked for, in the order of the control inputs."""


class Transformer:
    """A transformer; see `perfrnn.play.networks.PlayedNetwork`.

    Its control inputs are how much each row of the tables of weights counts.

    Parameters
    ----------
    weights : by name, see `perfrnn.network.transformer_layout`.
    """

    def __init__(self, weights: Weights, settings: TransformerSettings) -> None:
        self.abilities = TRANSFORMER_ABILITIES
        self._weights, self._settings = weights, settings

    def requests(self) -> list[Request]:
        """Return the controls that it heeds."""
        return [
            Request(COMPOSER, self._composers()),
            Request(KEY, self._keys()),
            Request(DENSITY, self._densities()),
        ]

    def pack(self) -> tuple[dict[str, Any], np.ndarray]:
        """Return what the browser's network is, and its weights in the order that it takes.

        Returns
        -------
        description : `kind`, `bits` of each weight, the rows of each of the tables of `requests`,
            and the sizes `blocks`, `width`, `heads`, `context` and `classes`.
        values : float16 or float32 [W], little-endian. Width d and size s of a head are filled up
            with zeros to multiples of 4. What is looked up: rows [d] of the tables, of held
            pitches and of events. Of each block what is multiplied: queries, key and value
            [(heads + 2) * s, d]; output [d, heads * s]; up [4 * d', d] and down [d, 4 * d'], d'
            not filled up. Then the output [classes, d].
        """
        weights, heads = self._weights, self._settings.heads
        width, classes = weights["output"].shape
        blocks = sum(name.endswith(".query") for name in weights)
        tables = [weights[name] for name in TABLES]
        parts = [in_fours(rows, 1) for rows in (*tables, weights["held"], weights["events"])]
        for block in range(blocks):
            parts += self._block(f"blocks.{block}.", width // heads)
        bits, values = joined([*parts, in_fours(weights["output"], 0).T])
        description = {
            "kind": KIND,
            "bits": bits,
            "requests": [len(table) for table in tables],
            "blocks": blocks,
            "width": width,
            "heads": heads,
            "context": self._settings.context,
            "classes": classes,
        }
        return description, values

    def _block(self, prefix: str, size: int) -> Iterator[np.ndarray]:
        """Yield the matrices of a block.

        Parameters
        ----------
        size : of a head.
        """
        weights = {
            name.removeprefix(prefix): value
            for name, value in self._weights.items()
            if name.startswith(prefix)
        }
        for part in ("query", "key", "value"):
            filled = in_fours(weights[part].reshape(len(weights[part]), -1, size), 0, 2)
            yield filled.reshape(len(filled), -1).T
        filled = in_fours(weights["output"].reshape(-1, size, len(weights["output"])), 1, 2)
        yield filled.reshape(-1, filled.shape[-1]).T
        yield in_fours(weights["up"], 0).T
        yield in_fours(weights["down"], 1).T

    def _composers(self) -> dict[str | int, list[float]]:
        names = (NOBODY, *self._settings.composers[1:])
        return {name: self._row("composer", row) for row, name in enumerate(names)}

    def _keys(self) -> dict[str | int, list[float]]:
        rows = {NO_KEY: NOTHING} | {key: key_row(*parse_key(key)) for key in KEYS}
        return {key: self._row("key", row) for key, row in rows.items()}

    def _densities(self) -> dict[str | int, list[float]]:
        edges = self._settings.density_edges
        inputs: dict[str | int, list[float]] = {NO_DENSITY: self._row("density", NOTHING)}
        for density in DENSITIES:
            inputs[density] = density_weights(density, edges).tolist()
        return inputs

    def _row(self, table: str, row: int) -> list[float]:
        """Return inputs that ask for one row of a table."""
        return np.eye(1, len(self._weights[table]), row)[0].tolist()
