"""A model as a script that a page loads from disk: its weights as text, in the browser's order."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from perfrnn.files import atomic
from perfrnn.generation.conditions import Abilities
from perfrnn.network.layouts import find_layout
from perfrnn.network.pretrained import read_start
from perfrnn.play.controls import Request
from perfrnn.play.lstm import Lstm
from perfrnn.play.transformer import Transformer


class PlayedNetwork(Protocol):
    """A network that the page can play: one of those in `templates/networks.js`.

    Attributes
    ----------
    abilities : what can be asked of it.
    """

    abilities: Abilities

    def requests(self) -> list[Request]:
        """Return the controls that it heeds: one after another they give its control inputs."""

    def pack(self) -> tuple[dict[str, Any], np.ndarray]:
        """Return what the browser's network is, and its weights in the order that it takes.

        Returns
        -------
        description : `kind` names the network, `bits` is those of each weight.
        values : float16 or float32 [W], little-endian.
        """


def open_network(path: Path) -> PlayedNetwork:
    """Read a model's network.

    Raises
    ------
    BundleError
        If it cannot be read or played.
    """
    bundle = read_start(path)
    if bundle.settings is not None:
        return Transformer(bundle.weights, bundle.settings)
    return Lstm(bundle.weights, find_layout(bundle, path))


def write_network(path: Path, number: int, network: PlayedNetwork) -> None:
    """Write the script that hands a network to the page.

    It calls `perfrnnNetwork(number, description, weights)`: pages that are opened from disk may
    not fetch, but they may load scripts.

    Parameters
    ----------
    number : by which the page knows the model.
    """
    description, values = network.pack()
    text = base64.b64encode(values.tobytes()).decode("ascii")
    with atomic(path) as temporary:
        temporary.write_text(
            f'perfrnnNetwork({number}, {json.dumps(description)}, "{text}");\n', encoding="ascii"
        )
