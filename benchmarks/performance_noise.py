"""How far pianists are from what pianists do on average, and how that goes on over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from performance_targets import Targets, chord_mean
from scipy.optimize import nnls

from perfrnn.performing.pianist import TRAITS, Network

if TYPE_CHECKING:
    from fit_performance import Piece

SPANS = np.array([0.5, 1, 2, 4, 8, 16, 32])
"""Quarters of the parts that fluctuation is made of."""

KEPT = {"timing": 0.6, "tempo": 0.64, "loudness": 0.8}
"""Shares of the deviations that become chance. What is left out is how notes were laid, and what
`fit_performance.EMPHASIS` puts in its place.

So chosen that the scores of the training side, performed, have the intervals that its
performances have: equal to the one before 24 to 26 % (humans 29), entropy 3.0 bits (3.1),
contrast 33 (32), a pulse of 0.42 (0.42); with 1.0 they have 20 %, 3.2 bits, 37 and 0.34.
"""

LONGEST_LAG = 12.0
"""Quarters over which likeness is compared."""

FARTHEST = 3.0
"""Deviations beyond which a chord or note is taken for one that was laid wrongly."""

PEDAL_LIMIT = 4.0
"""Greatest log odds by which one performance's pedal differs from others."""


def fit_noise(
    pieces: Sequence[Piece], networks: Mapping[str, Network], styles: Sequence[str]
) -> dict[str, np.ndarray]:
    """Return the arrays of noise, traits and styles (see `perfrnn.performing.pianist.Pianist`)."""
    levels = _level(pieces)
    curves: dict[str, list[np.ndarray]] = {}
    sizes, traits, style_of, under_pedal = [], [], [], []
    for piece in pieces:
        chords = networks["chords"](piece.chords)
        notes = networks["notes"](piece.note_inputs())
        odds = networks["pedal"](piece.chords)
        for target in piece.targets:
            rest = _residuals(piece, target, chords, notes)
            size = {name: _deviation(r) for name, r in rest.items()}
            size["spread"] = float(np.nanmean(np.abs(rest["spread"])))
            sizes.append(size)
            for name in ("tempo", "timing", "loudness", "length"):
                unit = np.clip(rest[name] / max(size[name], 1e-6), -FARTHEST, FARTHEST)
                curves.setdefault(name, []).append(_on_grid(piece, unit))
            level = target.mean_velocity - np.polyval(levels, piece.score.velocity.mean() - 80)
            traits.append([size[n] for n in ("tempo", "timing", "loudness", "touch", "spread")])
            traits[-1] = [*np.log(traits[-1]), _pedal_trait(target, odds), level]
            style_of.append(piece.style)
            under_pedal.append(_under_pedal(piece, target, rest["length"]))
    usual = {name: float(np.exp(np.mean([np.log(s[name]) for s in sizes]))) for name in sizes[0]}
    table = np.array(traits) - [*(np.log(usual[n]) for n in TRAITS[:5]), 0, 0]
    return _arrays(curves, usual, table, np.array(style_of), styles) | {
        "level": np.array([levels[1], levels[0]]),
        "white/length under pedal": np.array(np.nanmean(under_pedal)),
    }


def _deviation(values: np.ndarray) -> float:
    """Return the standard deviation of a normal distribution that is as wide as `values`.

    Not that of the values themselves: a few notes that were laid wrongly would make it.
    """
    low, high = np.nanquantile(values, [0.16, 0.84])
    return max(float(high - low) / 2, 1e-6)


def _residuals(
    piece: Piece, target: Targets, chords: np.ndarray, notes: np.ndarray
) -> dict[str, np.ndarray]:
    """Return what is left of a performance when the average is taken away."""
    score = piece.score
    loudness, length = target.loudness - notes[:, 0], target.length - notes[:, 2]
    by_chord = {"loudness": chord_mean(score, loudness), "length": chord_mean(score, length)}
    several = score.size[score.chord] > 1
    return by_chord | {
        "tempo": target.tempo - chords[:, 0],
        "timing": target.timing - chords[:, 1],
        "spread": target.spread - notes[:, 1],
        "touch": np.where(several, loudness - by_chord["loudness"][score.chord], np.nan),
        "note length": np.where(several, length - by_chord["length"][score.chord], np.nan),
    }


def _on_grid(piece: Piece, values: np.ndarray) -> np.ndarray:
    """Return the mean of `values` [C] in each cell [G], NaN where there is none."""
    grid, known = piece.grid, np.isfinite(values)
    count = np.bincount(grid.cell[known], minlength=grid.cells)
    total = np.bincount(grid.cell[known], weights=values[known], minlength=grid.cells)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _pedal_trait(target: Targets, odds: np.ndarray) -> float:
    """Return the log odds by which this pedal is down more than others."""
    before_down, _, lift, before_up, press = target.pedal.T
    share = 1 / (1 + np.exp(-odds))
    pressed = np.log((press.sum() + 1) / ((before_up * share[:, 2]).sum() + 1))
    lifted = np.log((lift.sum() + 1) / ((before_down * share[:, 1]).sum() + 1))
    return float(np.clip((pressed - lifted) / 2, -PEDAL_LIMIT, PEDAL_LIMIT))


def _under_pedal(piece: Piece, target: Targets, length: np.ndarray) -> float:
    """Return how much shorter (log2) keys are held while the pedal is down."""
    before_down, _, lift, _, press = target.pedal.T > 0
    after_down, known = (before_down & ~lift) | press, target.pedal.any(axis=1)
    down, up = length[known & after_down], length[known & ~after_down]
    if min(np.isfinite(down).sum(), np.isfinite(up).sum()) < 50:
        return float("nan")
    return float(np.nanmean(down) - np.nanmean(up))


def _level(pieces: Sequence[Piece]) -> np.ndarray:
    """Return slope and height of the line from a score's mean velocity over 80 to a pianist's."""
    points = [
        (piece.score.velocity.mean() - 80, target.mean_velocity)
        for piece in pieces
        for target in piece.targets
    ]
    return np.polyfit(*np.array(points).T, 1)


def _parts(curves: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
    """Return the deviations of each span's part, and of white noise, of curves of size 1."""
    lags = np.arange(int(LONGEST_LAG * 4) + 1)
    total, count = np.zeros(len(lags)), np.zeros(len(lags))
    for curve in curves:
        known = np.isfinite(curve)
        values = np.where(known, curve, 0.0)
        for lag in lags[: len(curve)].tolist():
            total[lag] += values[: len(curve) - lag] @ values[lag:]
            count[lag] += (known[: len(curve) - lag] & known[lag:]).sum()
    likeness, quarters = total / np.maximum(count, 1), lags / 4
    # White noise smoothed by a bell of deviation s is alike over q by exp(-q^2 / 4 s^2).
    shapes = np.exp(-(quarters[:, None] ** 2) / (4 * SPANS**2))
    shapes = np.concatenate([shapes, (lags == 0)[:, None].astype(float)], axis=1)
    weight = 1 / np.sqrt(1 + lags)
    variances, _ = nnls(shapes * weight[:, None], likeness * weight)
    return np.sqrt(variances[:-1]), float(np.sqrt(variances[-1]))


def _arrays(
    curves: Mapping[str, Sequence[np.ndarray]],
    usual: Mapping[str, float],
    table: np.ndarray,
    style_of: np.ndarray,
    styles: Sequence[str],
) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {"spans": SPANS}
    for name, found in curves.items():
        parts, white = _parts(found)
        size = usual[name] * KEPT.get(name, 1.0)
        arrays[f"noise/{name}"], arrays[f"white/{name}"] = parts * size, white * size
    arrays["white/touch"] = np.array(usual["touch"])
    arrays["white/note length"] = np.array(usual["note length"])
    arrays["white/spread"] = np.array(usual["spread"])
    rest = table.copy()
    for style in styles:
        own = style_of == style
        arrays[f"styles/{style}"] = table[own].mean(axis=0)
        rest[own] -= table[own].mean(axis=0)
    arrays["deviations"] = np.linalg.cholesky(np.cov(rest.T))
    for name, value in arrays.items():
        print(name, np.round(value, 4).tolist())
    return {name: np.asarray(value, np.float32) for name, value in arrays.items()}


def fit_pedal_moments(pieces: Sequence[Piece]) -> dict[str, np.ndarray]:
    """Return when the pedal moves: seconds after the nearest chord, of lift and press."""
    lifts, presses = [], []
    for piece in pieces:
        for struck, pedal in zip(piece.struck, piece.pedals, strict=True):
            if len(pedal) < 2 or len(struck) < 2:
                continue
            place = np.clip(np.searchsorted(struck, pedal[:, 0]), 1, len(struck) - 1)
            near = np.where(
                pedal[:, 0] - struck[place - 1] < struck[place] - pedal[:, 0], place - 1, place
            )
            after = pedal[:, 0] - struck[near]
            lifts.append(after[pedal[:, 1] == 0])
            presses.append(after[pedal[:, 1] > 0])
    moments = [
        (np.median(both), (np.quantile(both, 0.84) - np.quantile(both, 0.16)) / 2)
        for both in (np.concatenate(lifts), np.concatenate(presses))
    ]
    print("moments", np.round(moments, 4).tolist())
    return {"moments": np.array(moments, np.float32)}
