"""From logits to an event: temperature, top-k, top-p, min-p, and the draw itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Filters:
    """How the softmax is shaped before an event is drawn, in this order.

    Attributes
    ----------
    temperature : divides the logits.
    top_k : keep the k most probable events; None keeps all.
    top_p : of what is left, keep the fewest most probable events whose probabilities add up to at
        least this (nucleus sampling, Holtzman et al., ICLR 2020); None keeps all.
    min_p : of what is left, keep events at least this share as probable as the most probable one
        (Nguyen et al., 2024); None keeps all.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None


def probabilities(logits: np.ndarray, filters: Filters) -> np.ndarray:
    """Return the distributions to draw from: float64 [S, classes], each summing to 1.

    Parameters
    ----------
    logits : [S, classes]; -inf forbids an event.
    """
    scaled = logits.astype(np.float64)
    scaled /= filters.temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    shares = np.exp(scaled, out=scaled)
    if filters.top_k is not None or filters.top_p is not None:
        shares = _keep_top(shares, filters.top_k, filters.top_p)
    if filters.min_p is not None:
        shares[shares < filters.min_p * shares.max(axis=1, keepdims=True)] = 0.0
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _keep_top(shares: np.ndarray, top_k: int | None, top_p: float | None) -> np.ndarray:
    """Return `shares`, 0 where top-k or top-p leave an event out; of equals the first stay."""
    order = np.argsort(-shares, axis=1, kind="stable")
    ranked = np.take_along_axis(shares, order, axis=1)
    if top_k is not None:
        ranked[:, top_k:] = 0.0
    if top_p is not None:
        before = np.cumsum(ranked, axis=1)
        enough = top_p * before[:, -1:]
        ranked[:, 1:][before[:, :-1] >= enough] = 0.0
    kept = np.empty_like(shares)
    np.put_along_axis(kept, order, ranked, axis=1)
    return kept


def draw(shares: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Draw a class for each stream by inversion of its distribution: int64 [S].

    Parameters
    ----------
    shares : [S, classes], not negative, of any sum above 0.
    uniforms : [S], from 0 to below 1.
    """
    cumulative = np.cumsum(shares, axis=1)
    total = cumulative[:, -1]
    # Rounding must not lift the threshold to the sum, beyond the last class.
    threshold = np.minimum(uniforms * total, np.nextafter(total, 0.0))
    return (cumulative <= threshold[:, None]).sum(axis=1)
