"""A transformer's weights as single steps need them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from perfrnn.generation.factor import Factor

EPSILON = 1e-6
ROTARY_BASE = 10_000.0


class Share:
    """Some of the heads of every block, and as much of its inner layer.

    What a block adds is the sum of what its shares add. Queries and keys come in pairs, see
    `_in_pairs`.

    Parameters
    ----------
    weights : by name, float32, see `perfrnn.network.transformer`.
    size : of a head.
    heads, inner : which heads, and which units of the inner layers.

    Attributes
    ----------
    attend, output : of each block, [d, 3 * h * size], for queries, keys and values of h heads, and
        [h * size, d].
    up, down : of each block, [d, units] and [units, d].
    scales : float32 [2 * h], what normalised queries and keys are multiplied with.
    """

    def __init__(
        self, weights: Mapping[str, np.ndarray], size: int, heads: slice, inner: slice
    ) -> None:
        self.heads, self.size = heads, size
        of = slice(heads.start * size, heads.stop * size)
        self.attend, self.output, self.up, self.down = (list[Factor]() for _ in range(4))
        while (name := f"blocks.{len(self.up)}.") + "up" in weights:
            pairs = [_in_pairs(weights[name + part][:, of], size) for part in ("query", "key")]
            self.attend.append(_factor(np.hstack([*pairs, weights[name + "value"][:, of]])))
            self.output.append(_factor(weights[name + "output"][of]))
            self.up.append(_factor(np.ascontiguousarray(weights[name + "up"][:, inner])))
            self.down.append(_factor(weights[name + "down"][inner]))
        count = heads.stop - heads.start
        self.scales = np.repeat([1 / math.sqrt(size), 1.0], count).astype(np.float32)


class TransformerWeights:
    """The weights of a transformer: to be made once a model.

    Parameters
    ----------
    weights : by name, float32, see `perfrnn.network.transformer`.
    heads : H, attention heads of a block.
    context : positions that each looks back at most, itself included.

    Attributes
    ----------
    width, size, classes : d, that of a head, and the number of events.
    event_rows, held_rows : [classes, d] and [128, d].
    output : [d, classes].
    free : float32 [d], `condition` where nothing is asked for.
    whole : all heads of all blocks.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], *, heads: int, context: int) -> None:
        self.heads, self.context = heads, context
        self.width, self.classes = weights["output"].shape
        self.size = self.width // heads
        self.event_rows, self.held_rows = weights["events"], weights["held"]
        self.output = _factor(weights["output"])
        self._weights = weights
        self._inner = weights["blocks.0.up"].shape[1]
        self.whole = self._share(slice(0, heads), slice(0, self._inner))
        self.free = self.condition(0, 0, np.eye(1, len(weights["density"]))[0])
        self._frequencies = ROTARY_BASE ** (-np.arange(self.size // 2) / (self.size // 2))

    def halves(self) -> list[Share]:
        """Return two shares of about one size, of a network with two heads or more."""
        heads, inner = -(-self.heads // 2), self._inner // 2
        return [
            self._share(slice(0, heads), slice(0, inner)),
            self._share(slice(heads, self.heads), slice(inner, self._inner)),
        ]

    def condition(self, composer: int, key: int, densities: np.ndarray) -> np.ndarray:
        """Return what a position hears of what is asked for: float32 [d].

        Parameters
        ----------
        composer, key : ids, 0 for none.
        densities : weights of the rows for density, the first of which is none.
        """
        weights = self._weights
        density = np.asarray(densities, np.float32) @ weights["density"]
        return weights["composer"][composer] + weights["key"][key] + density

    def rotation(self, positions: int | np.ndarray) -> np.ndarray:
        """Return by what the pairs of a head turn: complex64 [..., size / 2].

        Angles are float64, so that positions may grow for hours.
        """
        return np.exp(1j * np.multiply.outer(positions, self._frequencies)).astype(np.complex64)

    def _share(self, heads: slice, inner: slice) -> Share:
        return Share(self._weights, self.size, heads, inner)


def normed(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Divide by the root of the mean square of the last axis."""
    return np.divide(x, root_mean_square(x)[..., None], out=out)


def turn(heads: np.ndarray, rotation: np.ndarray, scales: np.ndarray) -> None:
    """Normalise, scale and turn queries and keys, [..., 2 * h, size], in place."""
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


def _factor(matrix: np.ndarray) -> Factor:
    return Factor(matrix, least=1)
