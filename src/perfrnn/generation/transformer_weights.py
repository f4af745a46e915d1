"""A transformer's weights as single steps need them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from perfrnn.generation.factor import BLOCK, FEW, Factor

EPSILON = 1e-6
ROTARY_BASE = 10_000.0
"""Both as in `perfrnn.network.attention`, which takes a backend to import."""

PARTS = ("query", "key", "value", "output", "up", "down")
"""The weights of a block."""

MOST_ROWS = 10**6 // (FEW * BLOCK)
"""Rows of a factor up to which OpenBLAS takes a block as it is: products of a million numbers.

Measured for 32 rows by 1280 by 320, six of them: 1.7 ms in two pieces and 2.7 ms in one.
"""


class BlockWeights:
    """The weights of one block.

    Parameters
    ----------
    weights : by the last part of their names, float32.
    size : of a head.

    Attributes
    ----------
    attend : [d, d + 2 * size], for queries and keys in pairs (`_in_pairs`), and values.
    output : [d, d].
    up : [d, inner].
    down : [inner, d], in pieces that add up.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], size: int) -> None:
        query, key = (_in_pairs(weights[part], size) for part in ("query", "key"))
        self.attend = _factor(np.hstack([query, key, weights["value"]]))
        self.output, self.up = _factor(weights["output"]), _factor(weights["up"])
        self.down = _pieces(weights["down"])


class TransformerWeights:
    """The weights of a transformer: to be made once a model.

    Parameters
    ----------
    weights : by name, float32, see `perfrnn.network.transformer`.
    heads : H, attention heads of a block.
    context : positions that each looks back at most, itself included.

    Attributes
    ----------
    width, size, inner, classes : d, that of a head, of an inner layer, and the number of events.
    event_rows, held_rows : [classes, d] and [128, d].
    blocks : of each block.
    output : [d, classes].
    scales : float32 [H + 1], what normalised queries and key are multiplied with.
    free : float32 [d], `condition` where nothing is asked for.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], *, heads: int, context: int) -> None:
        self.heads, self.context = heads, context
        self.width, self.classes = weights["output"].shape
        self.size = self.width // heads
        self.event_rows, self.held_rows = weights["events"], weights["held"]
        count = sum(name.endswith(".query") for name in weights)
        self.blocks = [
            BlockWeights({part: weights[f"blocks.{block}.{part}"] for part in PARTS}, self.size)
            for block in range(count)
        ]
        self.inner = self.blocks[0].up.matrix.shape[1]
        self.output = _factor(weights["output"])
        self.scales = np.append(np.full(heads, 1 / math.sqrt(self.size)), 1.0).astype(np.float32)
        self._tables = {name: weights[name] for name in ("composer", "key", "density")}
        self.free = self.condition(0, 0, np.eye(1, len(weights["density"]))[0])
        self._frequencies = ROTARY_BASE ** (-np.arange(self.size // 2) / (self.size // 2))

    def condition(self, composer: int, key: int, densities: np.ndarray) -> np.ndarray:
        """Return what a position hears of what is asked for: float32 [d].

        Parameters
        ----------
        composer, key : ids, 0 for none.
        densities : weights of the rows for density, the first of which is none.
        """
        tables = self._tables
        density = np.asarray(densities, np.float32) @ tables["density"]
        return tables["composer"][composer] + tables["key"][key] + density

    def rotation(self, positions: int | np.ndarray) -> np.ndarray:
        """Return by what the pairs of a head turn: complex64 [..., size / 2].

        Angles are float64, so that positions may grow for hours.
        """
        return np.exp(1j * np.multiply.outer(positions, self._frequencies)).astype(np.complex64)


def normed(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Divide by the root of the mean square of the last axis."""
    return np.divide(x, root_mean_square(x)[..., None], out=out)


def turn(heads: np.ndarray, rotation: np.ndarray, scales: np.ndarray) -> None:
    """Normalise, scale and turn queries and key, [..., H + 1, size], in place."""
    heads *= (scales / root_mean_square(heads))[..., None]
    pairs = heads.view(np.complex64)
    pairs *= rotation


def root_mean_square(x: np.ndarray) -> np.ndarray:
    """Return the root of the mean square of the last axis, which is never 0."""
    mean = np.einsum("...i,...i->...", x, x)
    mean *= 1 / x.shape[-1]
    mean += EPSILON
    return np.sqrt(mean, out=mean)


def _in_pairs(matrix: np.ndarray, size: int) -> np.ndarray:
    """Return queries' or keys' weights with the numbers side by side that turn together.

    Rotary positions turn number i of a head with number i + size / 2; as neighbours the two are a
    complex number. Queries and keys are reordered alike, which changes no product of theirs.

    Parameters
    ----------
    matrix : [d, heads * size].
    """
    halves = matrix.reshape(len(matrix), -1, 2, size // 2)
    return np.ascontiguousarray(halves.swapaxes(2, 3)).reshape(matrix.shape)


def _pieces(matrix: np.ndarray) -> list[Factor]:
    """Return a factor in as few parts of its rows as are fast with `FEW` rows of the other."""
    count = -(-len(matrix) // MOST_ROWS)
    return [_factor(part) for part in np.array_split(matrix, count)]


def _factor(matrix: np.ndarray) -> Factor:
    return Factor(matrix, least=1)
